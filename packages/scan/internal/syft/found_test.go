package syft

import (
	"strings"
	"testing"

	"github.com/anchore/syft/syft/file"
	"github.com/anchore/syft/syft/pkg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// TestNote: what a note in a binary says is the package that the binary is, and owns
// nothing around it, whatever kind it says that it is of.
func TestNote(t *testing.T) {
	found := convert("elf", []pkg.Package{{
		Name: "x", Version: "1", Type: pkg.NpmPkg, Metadata: pkg.ELFBinaryPackageNoteJSONPayload{},
		Locations: file.NewLocationSet(file.NewLocation("/usr/bin/x")),
	}}, nil)
	require.Len(t, found, 1)
	assert.True(t, found[0].Main)
	assert.Equal(t, []string{"usr/bin/x"}, found[0].Evidence)
	assert.Empty(t, found[0].Dirs)
}

// TestHostileGlob: globs are made of names in the image.
func TestHostileGlob(t *testing.T) {
	name := "libruby.so" + strings.Repeat("a", 40)
	img := packaged.Image(t, []packaged.File{{Path: "usr/lib/" + name, Content: []byte("x")}})
	idx, err := layers.Read(t.Context(), img, nil)
	require.NoError(t, err)
	v := &View{Index: idx, Kept: func() []string { return []string{"usr/lib/" + name} }, cataloger: &Cataloger{}}
	for _, prefix := range []string{"**/", "/usr/lib/"} {
		_, err = v.FilesByGlob(prefix + "libruby.so" + strings.Repeat("{a,a}", 40) + "b")
		require.NoError(t, err)
	}
	l, err := v.FilesByGlob("**/libruby.so*")
	require.NoError(t, err)
	assert.Len(t, l, 1)
}
