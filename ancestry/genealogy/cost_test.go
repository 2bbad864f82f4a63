package genealogy_test

import (
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// A counter counts how often a file is read.
type counter struct {
	io.ReaderAt
	reads atomic.Int64
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	c.reads.Add(1)
	return c.ReaderAt.ReadAt(b, off)
}

// TestOthersCostLittle: an image that has nothing of a publisher's is resolved, from the
// second on, with some look-ups in his file, and not with one for each of its 800 parts.
func TestOthersCostLittle(t *testing.T) {
	official, err := genealogy.Official()
	require.NoError(t, err)
	files, err := filepath.Glob("publishers/*.stemma")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		f, err := os.Open(name)
		require.NoError(t, err)
		defer f.Close()
		s, err := f.Stat()
		require.NoError(t, err)
		r := &counter{ReaderAt: f}
		c, err := catalogue.Open(r, s.Size())
		require.NoError(t, err)
		all := catalogue.Join(official, c)
		var before int64
		for range 2 {
			before = r.reads.Load()
			_, err := ancestry.Resolve(t.Context(), fortySteps(t), &ancestry.Options{Catalogues: []ancestry.Source{all}})
			require.NoError(t, err)
		}
		assert.Positive(t, before, name)
		assert.LessOrEqual(t, r.reads.Load()-before, int64(50), name)
	}
}
