package cache_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/cache"
)

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	c, err := cache.Open(dir)
	require.NoError(t, err)
	var got map[string]string
	assert.False(t, c.Load("a", &got))
	require.NoError(t, c.Save("a", map[string]string{"x": "y"}))
	require.True(t, c.Load("a", &got))
	assert.Equal(t, map[string]string{"x": "y"}, got)
	assert.False(t, c.Load("b", &got))

	// What is damaged, or of another build, is not used.
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	whole, err := os.ReadFile(files[0])
	require.NoError(t, err)
	for _, damage := range [][]byte{nil, whole[:len(whole)-1], append([]byte{whole[0], whole[1], whole[2], whole[3], whole[4] ^ 1}, whole[5:]...)} {
		require.NoError(t, os.WriteFile(files[0], damage, 0o666))
		assert.False(t, c.Load("a", &got))
	}

	none, err := cache.Open("")
	require.NoError(t, err)
	require.NoError(t, none.Save("a", 1))
	assert.False(t, none.Load("a", &got))
	_, err = cache.Open(files[0])
	assert.Error(t, err, "a file")
}
