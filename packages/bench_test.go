package packages_test

import (
	"testing"

	"github.com/stemma-go/stemma/layers"
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
