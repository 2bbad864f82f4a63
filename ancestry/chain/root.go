package chain

import (
	"context"
	"fmt"
	"math"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
)

const (
	// maxLayers is how many layers may say nothing of a distribution before no more are
	// read.
	maxLayers = 8
	// maxRatio bounds the decompressed bytes by those that may be read; real layers have
	// a ratio of two to four.
	maxRatio = 50
)

// A root is what the lowest layers say.
type root struct {
	files    map[int]ancestry.Files
	partial  bool // see ancestry.Hints.FilesPartial
	failed   bool // a layer could not be read
	problems []layers.Problem
}

// read reads the lowest layer as far as it takes to find the files that tell what it is,
// and those above it if it is no distribution's. Its error is ctx's.
func (r *root) read(ctx context.Context, img v1.Image, most int64) error {
	cfg, err := img.ConfigFile()
	if err != nil || cfg == nil || cfg.OS == "windows" {
		return ctx.Err() // ancestry.Resolve says what is wrong with the configuration
	}
	all, err := img.Layers()
	if err != nil {
		r.problem(layers.None, fmt.Errorf("layers: %w", err))
		r.failed = true
	}
	r.files = map[int]ancestry.Files{}
	for i := 0; i < min(len(all), maxLayers) && most > 0; i++ {
		found := newFinder()
		done, err := layers.ReadBeginning(ctx, all[i], most, layers.Limits{Uncompressed: maxRatio * min(most, math.MaxInt64/maxRatio)}, found.visit)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		files := found.files(done.Complete)
		r.files[i] = files
		r.partial = r.partial || !done.Complete
		switch {
		case err != nil:
			r.problem(i, err)
			r.failed = true
			return nil
		case found.full:
			r.problem(i, fmt.Errorf("more than %d files, or %d bytes of them, say what the root is; the rest was not read", maxFiles, maxKept))
			return nil
		case !done.Complete && !found.enough:
			r.problem(i, fmt.Errorf("not all files that tell what the root is are in its first %d bytes, and no more were read (MaxBytes of package chain)", done.Stored))
			return nil
		}
		if _, ok := files.Distro(); ok {
			return nil
		}
		most -= done.Stored
	}
	return nil
}

func (r *root) problem(layer int, err error) {
	r.problems = append(r.problems, layers.Problem{Layer: layer, Step: layers.None, Err: err})
}
