package catalogue_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
)

// fortySteps is a configuration of forty steps: php on debian, and ten steps of
// somebody's own.
func fortySteps(b *testing.B) *config {
	cfg := realConfig(b, "php_8.1-apache-buster")
	last := cfg.History[len(cfg.History)-1].Created.Time
	for i := len(cfg.History); i < 40; i++ {
		cfg.History = append(cfg.History, v1.History{
			Created: v1.Time{Time: last.Add(time.Hour)}, EmptyLayer: true, CreatedBy: fmt.Sprintf("/bin/sh -c #(nop)  ENV APP_%d=%d", i, i),
		})
	}
	return (*config)(cfg)
}

// BenchmarkCold opens the genealogy and resolves.
func BenchmarkCold(b *testing.B) {
	cfg := fortySteps(b)
	file, err := os.ReadFile("../genealogy/genealogy.stemma")
	require.NoError(b, err)
	for b.Loop() {
		s, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
		require.NoError(b, err)
		_, err = ancestry.Resolve(b.Context(), cfg, &ancestry.Options{Catalogues: []ancestry.Source{s}})
		require.NoError(b, err)
	}
}

// BenchmarkWarm resolves with a genealogy that has been used.
func BenchmarkWarm(b *testing.B) {
	cfg, s := fortySteps(b), embedded(b)
	for b.Loop() {
		_, err := ancestry.Resolve(b.Context(), cfg, &ancestry.Options{Catalogues: []ancestry.Source{s}})
		require.NoError(b, err)
	}
}
