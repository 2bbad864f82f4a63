package syft

import (
	"archive/zip"
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// archive returns an archive that has the same file under several names.
func archive(t *testing.T, content []byte, method uint16, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		require.NoError(t, err)
		_, err = f.Write(content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestCheckJar(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("lib/a%d.jar", i))
	}
	deep := func(levels, width int) []byte {
		b := []byte("x")
		for range levels {
			b = archive(t, b, zip.Deflate, names[:width]...)
		}
		return b
	}
	plain := archive(t, []byte("Manifest-Version: 1.0\n"), zip.Deflate, "META-INF/MANIFEST.MF")
	zeros := make([]byte, 8<<20)
	for name, tt := range map[string]struct {
		jar []byte
		ok  bool
	}{
		"no archive":                  {[]byte("PK\x03\x04 no"), true},
		"jars in a jar, compressed":   {archive(t, plain, zip.Deflate, names...), true},
		"jars in a jar, stored":       {archive(t, archive(t, plain, zip.Store, names...), zip.Store, names...), true},
		"a large file of no interest": {archive(t, zeros, zip.Deflate, "a", "b", "c", "d", "e", "f", "g", "h", "i"), true},
		"large jars":                  {archive(t, zeros, zip.Deflate, names[:9]...), false},
		"a large manifest":            {archive(t, make([]byte, 80<<20), zip.Deflate, "META-INF/MANIFEST.MF"), false},
		"six deep, each of four":      {deep(6, 4), false},
		"deep":                        {deep(jarDepth+3, 1), false},
		"deep, in a stored one":       {archive(t, deep(jarDepth+2, 1), zip.Store, "a.jar"), false},
	} {
		assert.Equal(t, tt.ok, checkJar(tt.jar) == nil, name)
	}
	set, err := NewSet([]string{javaArchives}, false)
	require.NoError(t, err)
	_, err = RunAlone(t.Context(), set.Catalogers[0], "a.jar", deep(6, 4))
	require.EqualError(t, err, "too many archives in an archive")
}

func FuzzCheckJar(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, b []byte) { _ = checkJar(b) })
}
