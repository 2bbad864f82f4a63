package report_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// memory is a cache.
type memory map[string][]byte

func (m memory) Get(key string) ([]byte, bool) { b, ok := m[key]; return b, ok }
func (m memory) Put(key string, b []byte)      { m[key] = b }

// Files learns the same from a layer that is read and from one that a cache has.
func TestFiles(t *testing.T) {
	program := make([]byte, 120)
	copy(program, "\x7fELF\x02\x01\x01")
	program[16], program[32], program[54], program[56], program[64] = 2, 64, 56, 1, 1
	img := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY x /", Files: []handmade.File{
		{Name: "etc/passwd", Body: "app:x:1000:1000:::\n"}, {Name: "etc/group", Size: 300_000}, {Name: "etc/shadow", Body: "app:secret:::\n"},
		{Name: "app", Body: string(program)}, {Name: "notes", Body: string(program), Mode: 0o644}, {Name: "lib.so.1", Body: string(program)}, {Name: "run.sh", Body: "#!/bin/sh\n"},
	}}}}.Build(t)
	cache := memory{}
	for _, cached := range []bool{false, true} {
		files := &report.Files{}
		idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: files.Wants(), Parallelism: 1, Cache: cache})
		require.NoError(t, err)
		require.Equal(t, cached, idx.Layers[0].Cached)
		kept, static := map[string]bool{}, map[string]bool{}
		for e := range idx.Entries(0) {
			if _, ok := idx.Content(e); ok {
				kept[e.Path] = true
			}
			if files.Static(e) {
				static[e.Path] = true
			}
		}
		assert.Equal(t, []string{"etc/passwd"}, slices.Sorted(maps.Keys(kept)), "no file of passwords, none that is too large")
		assert.Equal(t, []string{"app"}, slices.Sorted(maps.Keys(static)), "no library, and nothing that cannot run")
	}
}
