package layers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"
)

// TestStacking compares Read with the simple code of reference_test.go, on thousands of
// random stacks of layers that have few names, so that these often meet.
func TestStacking(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 200
	}
	for seed := range n {
		checkStack(t, uint64(seed))
	}
}

func checkStack(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	var blobs []v1.Layer
	var entries [][]refEntry
	var ids []v1.Hash
	for range 1 + r.IntN(6) {
		var lines []string
		var layer []refEntry
		for range r.IntN(12) {
			line, e := randomEntry(r)
			lines, layer = append(lines, line), append(layer, e)
		}
		b := archive(t, lines...)
		blobs, entries, ids = append(blobs, static.NewLayer(b, types.OCIUncompressedLayer)), append(entries, layer), append(ids, sum(b))
	}
	img := layersOf{reconfigured(t, empty.Image, func(c *v1.ConfigFile) { c.RootFS.DiffIDs = ids }), blobs}
	x := read(t, img, &Options{Parallelism: 1 + int(seed%3)})

	v := refView{}
	var want []*refLayer
	for i, layer := range entries {
		want = append(want, v.apply(i, layer))
	}
	seen := v.reachable()
	var visible, left int64
	for i := range seen {
		visible += int64(len(i.content))
	}
	for i, l := range x.Layers {
		w := want[i]
		for _, ino := range w.inodes {
			if !seen[ino] {
				w.shadowed += int64(len(ino.content))
			}
		}
		at := fmt.Sprintf("seed %d, layer %d: %+v", seed, i, entries)
		require.True(t, l.Verified, at)
		require.Equal(t, w.view.String(), viewString(x, i), at)
		j := 0
		for e := range x.Entries(i) {
			require.Equal(t, w.changes[j].String(), e.Change.String(), "entry %d: %s", j, at)
			require.Equal(t, w.paths[j], strings.TrimPrefix(e.Path, "."), "entry %d: %s", j, at)
			require.Equal(t, entries[i][j].typ, e.Type)
			j++
		}
		require.Equal(t, len(entries[i]), j)
		require.Equal(t, []int64{w.content, w.added, w.modified, w.rewritten, w.shadowed, w.hides, w.deletes, int64(w.deletedFiles)},
			[]int64{l.Content, l.Added, l.Modified, l.Rewritten, l.Shadowed, l.Hides, l.Deletes, int64(l.DeletedFiles)}, at)
		require.Equal(t, l.Content, l.Added+l.Modified+l.Rewritten)
		require.Equal(t, w.unplaced+w.conflicts+w.unboundLinks, len(layerProblems(x, i)), at)
		left += l.Content - l.Shadowed
	}
	require.Equal(t, visible, left)
}

func layerProblems(x *Index, layer int) []Problem {
	return slices.DeleteFunc(slices.Clone(x.Problems), func(p Problem) bool { return p.Layer != layer || p.Step != None || p.Path == "" })
}

var names = []string{"a", "b", "c"}

func randomPath(r *rand.Rand, most int) string {
	p := names[r.IntN(len(names))]
	for range r.IntN(most) {
		p += "/" + names[r.IntN(len(names))]
	}
	return p
}

// randomEntry returns an entry as a line for archive, and in the reference's form.
func randomEntry(r *rand.Rand) (string, refEntry) {
	p := randomPath(r, 3)
	mode := []int64{0o755, 0o700}[r.IntN(2)]
	with := fmt.Sprintf(" mode=%d", mode)
	text := strings.Repeat("x", 1+r.IntN(2)) + fmt.Sprint(r.IntN(2))
	switch r.IntN(10) {
	case 0, 1:
		return p + "/" + with, refEntry{path: p, typ: Directory, mode: mode}
	case 2:
		target := []string{"", "/", "../", "../../"}[r.IntN(4)] + randomPath(r, 2)
		return p + "->" + target + with, refEntry{path: p, typ: Symlink, text: target, mode: mode}
	case 3:
		target := randomPath(r, 3)
		return p + "=>" + target + with, refEntry{path: p, typ: Hardlink, text: target, mode: mode}
	case 4:
		dir, base := splitPath(p)
		return strings.TrimPrefix(dir+"/.wh."+base, "./"), refEntry{path: p, typ: Whiteout}
	case 5:
		if r.IntN(4) == 0 {
			return opaqueName, refEntry{path: "", typ: Whiteout, opaque: true}
		}
		return p + "/" + opaqueName, refEntry{path: p, typ: Whiteout, opaque: true}
	default:
		return p + "=" + text + with, refEntry{path: p, typ: Regular, text: text, mode: mode}
	}
}

// String writes a view: path, kind, size or target, layer of the content.
func (v refView) String() string {
	var all []string
	for p, n := range v {
		s := p + " "
		switch k := refKind(n); k {
		case Regular:
			s += fmt.Sprintf("%s %d %d", k, n.ino.layer, len(n.ino.content))
		case Directory:
			s += k.String()
		case Symlink:
			s += fmt.Sprintf("%s %d %s", k, n.ino.layer, n.ino.content)
		default:
			s += "dangling"
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func viewString(x *Index, layer int) string {
	var all []string
	for e := range x.Merged(layer) {
		if e.Path == "." {
			continue
		}
		s := e.Path + " "
		if id := x.state.recs.fileOf(x.state.visible(x.state.tree.find(e.Path), layer)); id == None {
			s += "dangling"
		} else if f := x.state.entry(id); f.Type == Regular {
			s += fmt.Sprintf("%s %d %d", f.Type, f.Layer, f.Size)
		} else if f.Type == Symlink {
			s += fmt.Sprintf("%s %d %s", f.Type, f.Layer, f.Link)
		} else {
			s += f.Type.String()
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}
