package scan_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/packages/scan"
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
			c := scan.NewCollector(nil)
			if _, err := layers.Read(b.Context(), img, &layers.Options{Wants: c.Wants()}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("attribute", func(b *testing.B) {
		c := scan.NewCollector(nil)
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

// BenchmarkCatalogers tells what each cataloger costs by itself, and "all" what a user
// pays: x-pass is the ratio to the pass without any, in turn, the fastest of each. The
// image is that of the chain, not compressed, where it is built (see
// testdata/chain/build.sh), else the sample, whose binaries are hollow.
func BenchmarkCatalogers(b *testing.B) {
	img := benchmarkImage(b)
	timed := func(b *testing.B, f func() error) time.Duration {
		began := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	against := func(opts *scan.Options) func(b *testing.B) {
		return func(b *testing.B) {
			var bare, with time.Duration = math.MaxInt64, math.MaxInt64
			for b.Loop() {
				bare = min(bare, timed(b, func() error { _, err := layers.Read(b.Context(), img, nil); return err }))
				with = min(with, timed(b, func() error { _, _, err := scan.Read(b.Context(), img, opts); return err }))
			}
			b.ReportMetric(float64(with)/float64(bare), "x-pass")
		}
	}
	b.Run("all", against(nil))
	for _, name := range scan.Catalogers() {
		b.Run(name, against(&scan.Options{Catalogers: []string{name}}))
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
	full := filepath.Join(cache, "chain", "forms", "oci-plain")
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
