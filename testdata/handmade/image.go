// Package handmade builds small images in memory for tests, and makes reports of
// them whose lineage and inventory the test states itself.
package handmade

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/compression"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// AsOf is the day for which the reports are made.
var AsOf = Day("2026-11-22")

// Day is midnight UTC of a day.
func Day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// A Step is a history entry; with Files it makes a layer.
type Step struct {
	CreatedBy, Comment string
	Created            time.Time
	Files              []File
}

// A File is an entry of a layer. A Name that ends with a slash is a directory,
// one of .wh.… a whiteout, one with a Link a symbolic link, one with Hard a hard
// link.
type File struct {
	Name, Body, Link string
	Hard             string
	Size             int // of zeros, in place of Body
	Mode             int64
	UID, GID         int
	Time             time.Time // 2020 if zero
}

// BuildKit is the comment that BuildKit gives to its steps.
const BuildKit = "buildkit.dockerfile.v0"

// An Ancestor is one of the lineage, with the number of its steps.
type Ancestor struct {
	Repository string
	Tag        string
	Steps      int
	Distro     ancestry.Distro
	Evidence   []ancestry.Evidence
}

// An Image is what a test states.
type Image struct {
	Config    v1.Config
	Steps     []Step
	Ancestors []Ancestor // oldest first; all steps belong to one unknown one if there are none
	Inventory *packages.Inventory
	Options   report.Options
}

// Build makes the image.
func (im Image) Build(t testing.TB) v1.Image {
	t.Helper()
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: im.Config, RootFS: v1.RootFS{Type: "layers"}})
	require.NoError(t, err)
	adds := make([]mutate.Addendum, 0, len(im.Steps))
	for _, s := range im.Steps {
		add := mutate.Addendum{History: v1.History{CreatedBy: s.CreatedBy, Comment: s.Comment, Created: v1.Time{Time: s.Created}, EmptyLayer: s.Files == nil}}
		if s.Files != nil {
			add.Layer = layer(t, s.Files)
		}
		adds = append(adds, add)
	}
	img, err = mutate.Append(img, adds...)
	require.NoError(t, err)
	return img
}

func layer(t testing.TB, files []File) v1.Layer {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		body := f.Body
		if f.Size > 0 {
			body = strings.Repeat("\x00", f.Size)
		}
		h := &tar.Header{Name: f.Name, Mode: f.Mode, Uid: f.UID, Gid: f.GID, Size: int64(len(body)), ModTime: Day("2020-01-01"), Typeflag: tar.TypeReg, Linkname: f.Link}
		if !f.Time.IsZero() {
			h.ModTime = f.Time
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		switch {
		case strings.HasSuffix(f.Name, "/"):
			h.Typeflag = tar.TypeDir
		case f.Link != "":
			h.Typeflag = tar.TypeSymlink
		case f.Hard != "":
			h.Typeflag, h.Linkname = tar.TypeLink, f.Hard
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := io.WriteString(w, body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil },
		tarball.WithCompression(compression.None)) // quick; other tests read compressed layers
	require.NoError(t, err)
	return l
}

// Report reads the image and joins it with the lineage and inventory that are stated.
func (im Image) Report(t testing.TB) *report.Report {
	t.Helper()
	im.Options.Files = &report.Files{}
	idx, err := layers.Read(t.Context(), im.Build(t), &layers.Options{Wants: im.Options.Files.Wants()})
	require.NoError(t, err)
	return im.Join(idx, idx.Steps)
}

// ConfigReport reports on the image's configuration alone.
func (im Image) ConfigReport(t testing.TB) *report.Report {
	t.Helper()
	cfg, err := im.Build(t).ConfigFile()
	require.NoError(t, err)
	steps, _ := history.Steps(cfg)
	return im.Join(nil, steps)
}

// Join makes the report of an index, or of steps alone.
func (im Image) Join(idx *layers.Index, steps []history.Step) *report.Report {
	opts := im.Options
	if opts.AsOf.IsZero() {
		opts.AsOf = AsOf
	}
	return report.New(idx, im.lineage(steps), im.Inventory, &opts)
}

func (im Image) lineage(steps []history.Step) *ancestry.Lineage {
	lin := &ancestry.Lineage{Steps: steps}
	stated := im.Ancestors
	if len(stated) == 0 {
		stated = []Ancestor{{Steps: len(steps)}}
	}
	step, layer := 0, 0
	for _, s := range stated {
		a := ancestry.Ancestor{Repository: s.Repository, Distro: s.Distro, Evidence: s.Evidence, Boundary: ancestry.Recognised}
		if s.Repository != "" {
			a.Confidence = ancestry.Recognised
		}
		if s.Tag != "" {
			a.Tags = []string{s.Tag}
		}
		a.Steps = ancestry.Span{From: step, To: step + s.Steps}
		a.Layers = ancestry.Span{From: layer, To: layer}
		for ; step < a.Steps.To; step++ {
			if steps[step].Layer != layers.None {
				a.Layers.To++
			}
			if c := steps[step].Created; c.After(a.Created) {
				a.Created = c
			}
		}
		layer = a.Layers.To
		lin.Ancestors = append([]ancestry.Ancestor{a}, lin.Ancestors...)
	}
	return lin
}

// User is a configuration with a user.
func User(name string) v1.Config { return v1.Config{User: name} }
