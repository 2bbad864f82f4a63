package scan

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/cache"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
	"github.com/stemma-go/stemma/testdata/sample"
)

// What is recalled is what was learnt.
func TestMemo(t *testing.T) {
	e := layers.Entry{Path: "a.dll", Layer: 3}
	at := version{3, "a.dll"}
	found := []syft.Found{{Type: "npm", Name: "n", Version: "1", Evidence: []string{"a"}, Owned: []string{"b"}, Main: true,
		Licenses: []packages.License{{SPDX: "MIT", Name: "mit"}}, CPEs: []string{"cpe:2.3:a:n:n:1:*:*:*:*:*:*:*"}}}
	var kept syft.Sparse
	require.NoError(t, json.Unmarshal([]byte(`{"Size":9,"Parts":[{"Off":2,"Data":"AAEC"}]}`), &kept))
	b, err := memo{Found: found, Assembly: &kept, Problems: []string{"x: broken"}, Copyright: []string{"GPL-2+"}}.encode()
	require.NoError(t, err)
	c := NewCollector(nil)
	require.NoError(t, c.recall(e, b))
	assert.Equal(t, found, c.learned.found[at])
	assert.Equal(t, &kept, c.learned.assemblies[at])
	assert.Equal(t, []string{"GPL-2+"}, c.learned.copyrights[at])
	assert.Equal(t, "layer 3: a.dll: x: broken", c.learned.problems[0].Error())
	assert.False(t, c.learned.unreadable[at])

	b, err = memo{}.encode()
	require.NoError(t, err)
	assert.NotNil(t, b)
	require.NoError(t, c.recall(e, b))
	assert.Empty(t, c.learned.found[at], "the later version of the path counts")
	assert.Empty(t, c.learned.copyrights[at])

	for _, bad := range []string{"{", `{"Assembly":{"Size":3,"Parts":[{"Off":2,"Data":"AAEC"}]}}`, `{"Assembly":{"Size":3,"Parts":[{"Off":-1}]}}`} {
		assert.Error(t, c.recall(e, []byte(bad)), bad)
	}
}

// What is no UTF-8 is recalled as it was: a path may be in Latin-1.
func TestMemoBytes(t *testing.T) {
	const p = "opt/caf\xe9/a.dll"
	found := []syft.Found{{Type: "java-archive", Name: "\xff", Evidence: []string{p}, Together: true}}
	var kept syft.Sparse
	require.NoError(t, json.Unmarshal([]byte(`{"Size":9,"Parts":[{"Off":2,"Data":"AAEC"}]}`), &kept))
	b, err := memo{Found: found, Assembly: &kept}.encode()
	require.NoError(t, err)
	c := NewCollector(nil)
	require.NoError(t, c.recall(layers.Entry{Path: p, Layer: 1}, b))
	assert.Equal(t, found, c.learned.found[version{1, p}])
	assert.Equal(t, &kept, c.learned.assemblies[version{1, p}])
	assert.Error(t, c.recall(layers.Entry{Path: p}, b[:len(b)/2]))
}

// TestAssemblyLimit: programs with .NET applications in them are kept whole, up to a limit.
func TestAssemblyLimit(t *testing.T) {
	var kept syft.Sparse
	require.NoError(t, json.Unmarshal([]byte(`{"Size":9,"Parts":[{"Off":2,"Data":"AAEC"}]}`), &kept))
	c := NewCollector(nil)
	c.assemblyBytes = maxAssemblyBytes - 4
	c.store(layers.Entry{Path: "a.exe"}, memo{Assembly: &kept})
	c.store(layers.Entry{Path: "b.exe"}, memo{Assembly: &kept})
	assert.Contains(t, c.learned.assemblies, version{0, "a.exe"})
	assert.NotContains(t, c.learned.assemblies, version{0, "b.exe"})
	require.Len(t, c.learned.problems, 1)
	assert.Equal(t, "layer 0: b.exe: assembly of 3 bytes not kept: over the limit of 536870912 for all", c.learned.problems[0].Error())
}

// With a cache, the second reading takes every layer from it and finds the same.
func TestCached(t *testing.T) {
	img, err := sample.Open()
	require.NoError(t, err)
	dir, err := cache.Open(t.TempDir()+"/cache", &cache.Options{Failed: func(err error) { t.Error(err) }})
	require.NoError(t, err)
	_, want, err := Read(t.Context(), img, nil)
	require.NoError(t, err)
	require.NotEmpty(t, want.Packages)
	for n := range 2 {
		c := NewCollector(nil)
		c.key = "test" // a test has no build information
		idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: c.Wants(), Cache: dir})
		require.NoError(t, err)
		for i, l := range idx.Layers {
			assert.True(t, l.Verified)
			assert.True(t, l.Cached || n == 0, "layer %d", i)
		}
		got, err := c.Attribute(t.Context(), idx)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// What has CPEs is not taken for what has none, and the reverse.
func TestCacheKey(t *testing.T) {
	assert.NotEqual(t, cacheKey("syft@1", false), cacheKey("syft@1", true))
	assert.NotEqual(t, cacheKey("syft@1", true), cacheKey("syft@2", true))
	assert.Empty(t, cacheKey("", true))
}
