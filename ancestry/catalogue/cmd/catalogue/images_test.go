package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/testdata/sample"
)

// keep writes an image as a layout, where it has a name if one is given.
func keep(t *testing.T, img v1.Image, name string) string {
	t.Helper()
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	var opts []layout.Option
	if name != "" {
		opts = append(opts, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": name}))
	}
	require.NoError(t, p.AppendImage(img, opts...))
	return "oci:" + dir
}

// catalogueOf runs the command and opens what it wrote.
func catalogueOf(t *testing.T, args ...string) *catalogue.Catalogue {
	t.Helper()
	file := filepath.Join(t.TempDir(), "own.stemma")
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), append([]string{"-o", file}, args...), time.Now(), &stdout, &stderr), stderr.String())
	require.Empty(t, stderr.String())
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	c, err := catalogue.Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return c
}

// The images below the sample are known; it is proved to stand on them, once its
// own layers have been read.
func TestImagesProveTheirChildren(t *testing.T) {
	stages, err := sample.Stages()
	require.NoError(t, err)
	var args []string
	for i, ref := range stages[:len(stages)-1] {
		img, err := sample.Stage(ref)
		require.NoError(t, err)
		if i == 0 {
			args = append(args, "-image", ref+"="+keep(t, img, ""))
		} else {
			args = append(args, "-image", keep(t, img, ref))
		}
	}
	own := catalogueOf(t, args...)

	img, err := sample.Open()
	require.NoError(t, err)
	idx, err := layers.Read(t.Context(), img, nil)
	require.NoError(t, err)
	verified := make([]bool, len(idx.Layers))
	for i := range verified {
		verified[i] = idx.Layers[i].Verified
	}
	for name, tt := range map[string]struct {
		verified []bool
		want     ancestry.Confidence
	}{"read": {verified, ancestry.Proved}, "configuration alone": {nil, ancestry.Recorded}} {
		t.Run(name, func(t *testing.T) {
			lin, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: ancestry.Hints{Verified: tt.verified}, Catalogues: []ancestry.Source{own}})
			require.NoError(t, err)
			require.Len(t, lin.Ancestors, len(stages))
			for i, a := range lin.Ancestors[1:] {
				assert.Equal(t, stages[len(stages)-2-i], a.String())
				assert.Equal(t, tt.want, a.Confidence, "%s: %v", a, a.Evidence)
			}
		})
	}
}

func TestImagesThatCantBeAdded(t *testing.T) {
	cfg := &v1.ConfigFile{RootFS: v1.RootFS{Type: "layers"}}
	img, err := mutate.ConfigFile(empty.Image, cfg)
	require.NoError(t, err)
	for want, arg := range map[string]string{
		"has no name":                  keep(t, img, ""),
		"no such file":                 "./nope.tar",
		`"UPPER//" is no name`:         "UPPER//=" + keep(t, img, ""),
		"no Dockerfile and no image f": "a/b:1=" + keep(t, img, ""),
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), []string{"-o", filepath.Join(t.TempDir(), "x"), "-image", arg}, time.Now(), &stdout, &stderr)
		require.Error(t, err)
		assert.True(t, strings.Contains(stderr.String()+err.Error(), want), "%s: %s %v", want, stderr.String(), err)
	}
}
