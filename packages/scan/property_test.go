package scan_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// randomLayer adds, changes and deletes files and packages at random, with owners
// that overlap, lists that name what is not there, and links among the directories.
func randomLayer(r *rand.Rand) []packaged.File {
	var b strings.Builder
	dirs := []string{"usr/bin", "bin", "opt/a", "opt/a/node_modules/x", "usr/lib/python3/dist-packages", "srv"}
	for range r.IntN(12) {
		fmt.Fprintf(&b, "-- %s/f%d --\n%s\n", dirs[r.IntN(len(dirs))], r.IntN(4), strings.Repeat("x", r.IntN(50)))
	}
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, "-- %s/.wh.f%d --\n", dirs[r.IntN(len(dirs))], r.IntN(4))
	}
	if r.IntN(8) == 0 {
		fmt.Fprintf(&b, "-- %s/.wh..wh..opq --\n", dirs[r.IntN(len(dirs))])
	}
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, "-- opt/a/node_modules/x/package.json --\n{\"name\": \"x\", \"version\": \"%d.0.0\"}\n", r.IntN(3))
	}
	if r.IntN(2) == 0 {
		var installed []string
		for i := range 4 {
			if r.IntN(2) == 0 {
				continue
			}
			installed = append(installed, fmt.Sprintf("p%d amd64 %d", i, r.IntN(3)))
			fmt.Fprintf(&b, "-- var/lib/dpkg/info/p%d.list --\n/%s/f%d\n/%s/f%d\n/nowhere\n", i, dirs[r.IntN(len(dirs))], i, dirs[r.IntN(len(dirs))], r.IntN(4))
		}
		b.WriteString(status(installed...))
	}
	if r.IntN(12) == 0 {
		b.WriteString("-- var/lib/dpkg/.wh.status --\n")
	}
	return linked(r, dirs, packaged.Text(b.String()))
}

// linked makes hard links to files of the layer, or to nothing: some come in place of the
// file, which comes under another name then.
func linked(r *rand.Rand, dirs []string, files []packaged.File) []packaged.File {
	name := func() string { return fmt.Sprintf("%s/f%d", dirs[r.IntN(len(dirs))], r.IntN(6)) }
	for range r.IntN(5) {
		if len(files) == 0 || r.IntN(8) == 0 {
			files = append(files, packaged.File{Path: name(), Hard: "nowhere/f"})
			continue
		}
		f := &files[r.IntN(len(files))]
		was, other := f.Path, name()
		if strings.Contains(was, ".wh.") {
			continue
		}
		if r.IntN(2) == 0 && f.Hard == "" {
			f.Path, other = other, was
			was = f.Path
		}
		files = append(files, packaged.File{Path: other, Hard: was})
	}
	return files
}

// TestSums checks the identity of bytes, and that a life is one that can be lived.
func TestSums(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := [][]packaged.File{packaged.Text(debian + "-- bin -> usr/bin --\n-- opt/a/f0 --\n0\n")}
		for range 1 + r.IntN(8) {
			all = append(all, randomLayer(r))
		}
		idx, inv, err := scan.Read(t.Context(), packaged.Image(t, all...), nil)
		require.NoError(t, err, "seed %d", seed)
		checkSums(t, idx, inv)
		checkSeen(t, idx, inv)
		checkCourses(t, idx, inv)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// checkSeen checks that what can be seen, and what cannot, is what the index says.
func checkSeen(t *testing.T, idx *layers.Index, inv *packages.Inventory) {
	t.Helper()
	var seen, shadowed, bytes int64
	for _, l := range idx.Layers {
		seen += l.Content - l.Shadowed
		shadowed += l.Shadowed
	}
	for _, p := range inv.Packages {
		seen -= p.Bytes.Visible
		shadowed -= p.Bytes.Shadowed
		assert.GreaterOrEqual(t, p.Bytes.Visible, int64(0), life(p))
		assert.GreaterOrEqual(t, p.Bytes.Shadowed, int64(0), life(p))
	}
	for _, d := range inv.Unowned {
		seen -= d.Bytes
	}
	for _, l := range inv.Layers {
		bytes += l.Metadata
	}
	assert.GreaterOrEqual(t, seen, int64(0), "more is said to be seen than there is")
	if !below(idx) {
		assert.LessOrEqual(t, seen, bytes, "all but databases is a package's or unowned")
	}
	assert.GreaterOrEqual(t, shadowed, int64(0), "more is said to be shadowed than is")
}

// below reports whether a layer has a hard link to a file of a lower one, which is not
// looked for.
func below(idx *layers.Index) bool {
	for n := range idx.Layers {
		for e := range idx.Entries(n) {
			if e.Type != layers.Hardlink {
				continue
			}
			if file, ok := idx.Resolve(n, e.Path); ok && file.Layer != n {
				return true
			}
		}
	}
	return false
}

// checkCourses checks that events follow from each other.
func checkCourses(t *testing.T, idx *layers.Index, inv *packages.Inventory) {
	t.Helper()
	for _, p := range inv.Packages {
		version, layer, there := "", -1, false
		for _, e := range p.Events {
			assert.GreaterOrEqual(t, e.Layer, layer, life(p))
			assert.Less(t, e.Layer, len(idx.Layers), life(p))
			switch e.Kind {
			case packages.Introduced, packages.Reinstalled:
				assert.False(t, there, life(p))
				there = true
			default:
				assert.True(t, there, life(p))
				assert.Equal(t, version, e.From, life(p))
				there = e.Kind != packages.Removed && e.Kind != packages.Unlisted
			}
			version, layer = e.To, e.Layer
		}
		assert.Equal(t, there, p.State == packages.Present, life(p))
		if there {
			assert.Equal(t, p.Version, version, life(p))
		}
	}
}

func TestSumsOfRandomImage(t *testing.T) {
	img, err := random.Image(4096, 5)
	require.NoError(t, err)
	_, inv := read(t, img)
	assert.Empty(t, inv.Packages)
}

func TestNoLayers(t *testing.T) {
	_, inv := read(t, packaged.Image(t))
	assert.Empty(t, inv.Packages)
	assert.Empty(t, inv.Layers)
}

// TestCancelled: an error, never a result.
func TestCancelled(t *testing.T) {
	img := text(t, debian+status("a amd64 1"), status("a amd64 2"))
	ctx, cancel := context.WithCancel(t.Context())
	c := scan.NewCollector(nil)
	idx, err := layers.Read(ctx, img, &layers.Options{Wants: c.Wants()})
	require.NoError(t, err)
	cancel()
	inv, err := c.Attribute(ctx, idx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, inv)
	idx, inv, err = scan.Read(ctx, img, nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, idx)
	assert.Nil(t, inv)
}

func TestCatalogers(t *testing.T) {
	img := packaged.Image(t, packaged.Text(packaged.Debian), packaged.Text(packaged.Languages))
	_, inv, err := scan.Read(t.Context(), img, &scan.Options{Catalogers: []string{"conda-meta-cataloger"}})
	require.NoError(t, err)
	assert.Equal(t, "conda zlib; 1 introduced 1.2.13; present", lives(inv))
	_, _, err = scan.Read(t.Context(), img, &scan.Options{Catalogers: []string{"no-such"}})
	require.EqualError(t, err, `cataloger "no-such": unknown`)
	assert.Contains(t, scan.Catalogers(), "dpkg-db-cataloger")
}

// TestDeterministic: the same image gives the same inventory, however the
// goroutines ran.
func TestDeterministic(t *testing.T) {
	img := packaged.Image(t, packaged.Text(packaged.Debian), packaged.Text(packaged.Languages), packaged.Text(packaged.Languages))
	_, first, err := scan.Read(t.Context(), img, nil)
	require.NoError(t, err)
	for range 5 {
		_, again, err := scan.Read(t.Context(), img, &scan.Options{Parallelism: 3})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(first), fmt.Sprint(again))
	}
}
