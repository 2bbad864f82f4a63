package genealogy_test

import (
	"fmt"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// fortySteps is a configuration of forty steps: php on debian, and ten steps of somebody's
// own.
func fortySteps(tb testing.TB) *configFile {
	tb.Helper()
	c, err := realimages.Named(tb, "php_8.1-apache-buster").ConfigFile()
	require.NoError(tb, err)
	cfg := c.DeepCopy()
	last := cfg.History[len(cfg.History)-1].Created.Time
	for i := len(cfg.History); i < 40; i++ {
		cfg.History = append(cfg.History, v1.History{
			Created: v1.Time{Time: last.Add(time.Hour)}, EmptyLayer: true, CreatedBy: fmt.Sprintf("/bin/sh -c #(nop)  ENV APP_%d=%d", i, i),
		})
	}
	return (*configFile)(cfg)
}

// BenchmarkParts resolves with a catalogue that has been used: with the official images
// alone, and with all. The other publishers' files must cost next to nothing.
func BenchmarkParts(b *testing.B) {
	cfg := fortySteps(b)
	for _, part := range []struct {
		name string
		open func() (*catalogue.Catalogue, error)
	}{{"official", genealogy.Official}, {"all", genealogy.Open}} {
		b.Run(part.name, func(b *testing.B) {
			c, err := part.open()
			require.NoError(b, err)
			for b.Loop() {
				_, err := ancestry.Resolve(b.Context(), cfg, &ancestry.Options{Catalogues: []ancestry.Source{c}})
				require.NoError(b, err)
			}
		})
	}
}
