package orchard

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"path"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A builder is the program that wrote an image's history.
type builder int

const (
	buildKit builder = iota
	buildah
	debian  // debuerreotype: one step
	archive // an archive unpacked into /, by BuildKit
)

// A step is one entry of a history. One with files makes a layer.
type step struct {
	keyword, args string // as in a Dockerfile
	files         []file
	layer         bool
	config        func(*v1.Config)
}

// A file of a layer: a directory if its name ends in a slash.
type file struct{ name, content string }

// build makes the image of its steps. Bytes that it hides, its own or its base's, are
// counted.
func (im *Image) build(host string, steps []step, labels map[string]string) error {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	im.files = map[string]int64{}
	from := ""
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers"}}
	if im.Base != nil {
		img, im.files, im.Shadowed = im.Base.Image, maps.Clone(im.Base.files), im.Base.Shadowed
		var err error
		if cfg, err = img.ConfigFile(); err != nil {
			return err
		}
		from = host + "/" + im.Base.Repository + ":" + im.Base.named()
	}
	cfg = cfg.DeepCopy()
	adds := make([]mutate.Addendum, 0, len(steps))
	for i, s := range steps {
		im.built = im.built.Add(7 * time.Second)
		if i == 0 && (im.builder == debian || im.builder == archive) {
			im.built = im.built.Add(-7 * time.Second)
		}
		add := mutate.Addendum{History: im.builder.entry(s, from, i == 0), MediaType: types.OCILayer}
		add.History.Created = v1.Time{Time: im.built}
		if s.layer {
			layer, err := im.layer(s.files)
			if err != nil {
				return err
			}
			add.Layer = layer
			im.Layers++
		}
		if s.config != nil {
			s.config(&cfg.Config)
		}
		adds = append(adds, add)
	}
	im.Steps = len(steps)
	cfg.Created = v1.Time{Time: im.built}
	img, err := mutate.ConfigFile(img, cfg)
	if err != nil {
		return err
	}
	if img, err = mutate.Append(img, adds...); err != nil {
		return err
	}
	if labels != nil {
		img = mutate.Annotations(img, labels).(v1.Image)
	}
	im.Image = img
	im.Digest, err = img.Digest()
	return err
}

// named is the tag by which those that stand on an image name it.
func (im *Image) named() string {
	if im.Moved != "" {
		return im.Moved
	}
	return im.Tags[0]
}

// entry is the step as the builder records it.
func (b builder) entry(s step, from string, first bool) v1.History {
	h := v1.History{EmptyLayer: !s.layer}
	switch {
	case b == debian:
		h.CreatedBy, h.Comment = s.args, "debuerreotype 0.16"
	case b == buildah:
		h.CreatedBy = "/bin/sh -c #(nop) " + s.keyword + " " + s.args
		if s.keyword == "RUN" {
			h.CreatedBy = "/bin/sh -c " + s.args
		}
		if first {
			h.Comment = "FROM " + from
		}
	default:
		h.Comment = "buildkit.dockerfile.v0"
		switch s.keyword {
		case "RUN":
			h.CreatedBy = "RUN /bin/sh -c " + s.args + " # buildkit"
		case "COPY", "ADD":
			h.CreatedBy = s.keyword + " " + s.args + " # buildkit"
		default:
			h.CreatedBy = s.keyword + " " + s.args
		}
	}
	return h
}

// layer makes a layer of files, stacks it upon those below and counts what it hides.
func (im *Image) layer(files []file) (v1.Layer, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), ModTime: im.built, Typeflag: tar.TypeReg}
		dir, base := path.Split(f.name)
		switch {
		case base == "":
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		case strings.HasPrefix(base, ".wh."):
			hidden := dir + strings.TrimPrefix(base, ".wh.")
			size, ok := im.files[hidden]
			if !ok {
				return nil, fmt.Errorf("%s: %s is deleted and was not there", im, hidden)
			}
			im.Shadowed += size
			delete(im.files, hidden)
		default:
			im.Shadowed += im.files[f.name]
			im.files[f.name] = h.Size
			im.Content += h.Size
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
}
