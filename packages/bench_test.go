package packages_test

import (
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/testdata/sample"
)

// BenchmarkRead tells what packages add to reading the sample: "bare" is the pass
// without them, "pass" the pass with the wants, "attribute" what comes after it.
func BenchmarkRead(b *testing.B) {
	img, err := sample.Open()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if _, err := layers.Read(b.Context(), img, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pass", func(b *testing.B) {
		for b.Loop() {
			c := packages.NewCollector(nil)
			if _, err := layers.Read(b.Context(), img, &layers.Options{Wants: c.Wants()}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("attribute", func(b *testing.B) {
		c := packages.NewCollector(nil)
		idx, err := layers.Read(b.Context(), img, &layers.Options{Wants: c.Wants()})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := c.Attribute(b.Context(), idx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCatalogers tells what each cataloger costs by itself, on the full image of
// the chain where it is built (see testdata/chain/build.sh), else on the sample, whose
// binaries are hollow. "none" is the pass without any; "all" is what a user pays.
func BenchmarkCatalogers(b *testing.B) {
	img := benchmarkImage(b)
	b.Run("none", func(b *testing.B) {
		for b.Loop() {
			if _, err := layers.Read(b.Context(), img, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	read := func(b *testing.B, opts *packages.Options) {
		for b.Loop() {
			if _, _, err := packages.Read(b.Context(), img, opts); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("all", func(b *testing.B) { read(b, nil) })
	for _, name := range packages.Catalogers() {
		b.Run(name, func(b *testing.B) { read(b, &packages.Options{Catalogers: []string{name}}) })
	}
}

func benchmarkImage(b *testing.B) v1.Image {
	b.Helper()
	cache := os.Getenv("STEMMA_CACHE")
	if cache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(dir, "stemma")
		}
	}
	full := filepath.Join(cache, "chain", "stages", "app")
	if _, err := os.Stat(full); err == nil {
		img, err := source.Open(b.Context(), "oci:"+full, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = img.Close() })
		return img
	}
	img, err := sample.Open()
	if err != nil {
		b.Fatal(err)
	}
	return img
}
