package source

import (
	"fmt"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
)

// Of a blob whose beginning is read, a registry is asked for the first part, then for the
// rest of what may be read, and only then for more.
func TestBeginning(t *testing.T) {
	const size, most = 3 << 20, 2 << 20
	src, digests := largeImage(t, 2, size)
	stored, err := layersOf(t, src)[1].Size()
	require.NoError(t, err)
	first := fmt.Sprintf("bytes=0-%d", firstPart-1)
	second := fmt.Sprintf("bytes=%d-%d", firstPart, most-1)
	last := fmt.Sprintf("bytes=%d-%d", most, stored-1)
	for what, tt := range map[string]struct {
		read   int64
		faults []fault
		want   []string
	}{
		"nothing":      {0, nil, nil},
		"a byte":       {1, nil, []string{first}},
		"a part":       {firstPart, nil, []string{first}},
		"more":         {firstPart + 1, nil, []string{first, second}},
		"most":         {most, nil, []string{first, second}},
		"all":          {stored, nil, []string{first, second, last}},
		"dropped":      {most, []fault{dropped(1000), sound}, []string{first, fmt.Sprintf("bytes=1000-%d", firstPart-1), second}},
		"no ranges":    {stored, []fault{rangeless(sound)}, []string{first}},
		"more is sent": {most, []fault{sound, rangeless(sound)}, []string{first, second}},
		"refused":      {most, []fault{refused(416, ""), sound}, []string{first, ""}},
		"cut short":    {firstPart, []fault{truncated(1000, false), sound}, []string{first, fmt.Sprintf("bytes=1000-%d", firstPart-1)}},
	} {
		t.Run(what, func(t *testing.T) {
			ref, p := behind(t, src, digests[1], tt.faults...)
			img := mustOpen(t, ref, patient(4))
			rc, claimed, err := layersOf(t, img)[1].(layers.Begun).Beginning(most)
			require.NoError(t, err)
			assert.Equal(t, digests[1], claimed)
			whole, err := layersOf(t, src)[1].Compressed()
			require.NoError(t, err)
			right := make([]byte, tt.read)
			_, err = io.ReadFull(whole, right)
			require.NoError(t, err)
			got := make([]byte, tt.read)
			_, err = io.ReadFull(rc, got)
			require.NoError(t, err)
			assert.True(t, string(right) == string(got), "other bytes")
			require.NoError(t, rc.Close())
			assert.Equal(t, tt.want, p.asked(digests[1]))
		})
	}
}

func layersOf(t testing.TB, img v1.Image) []v1.Layer {
	t.Helper()
	all, err := img.Layers()
	require.NoError(t, err)
	return all
}
