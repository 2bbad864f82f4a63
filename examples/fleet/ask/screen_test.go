package ask

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/charmbracelet/x/ansi"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// env is a terminal that shows more than ASCII.
func env(name string) string { return map[string]string{"LANG": "C.UTF-8"}[name] }

func said(t *testing.T, a answer, o Options) string {
	t.Helper()
	if o.Env == nil {
		o.Env = env
	}
	var b bytes.Buffer
	require.NoError(t, o.say(&b, a))
	return b.String()
}

func digest(n int) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%08x%056x", 7919*n, n)}
}

func on(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// large is a forest of 40 bases: two builds of a root, runtimes on them, bases of teams on those.
func large() []store.Node {
	nodes := []store.Node{
		{ID: 1, Name: "debian:12", Confidence: ancestry.Recognised, Images: 1500, Size: 48_500_000, Content: 117_000_000, Chain: digest(1).String(), Layers: 1, Created: on("2026-03-02")},
		{ID: 2, Name: "debian:12", Confidence: ancestry.Proved, Images: 300, Size: 48_900_000, Content: 118_000_000, Chain: digest(2).String(), Layers: 1, Created: on("2026-09-07")},
		{ID: 3, Name: "alpine:3.20", Confidence: ancestry.Inferred, Ties: "alpine:3.20.3, alpine:3", Images: 206, Size: 3_600_000, Chain: digest(3).String(), Layers: 1},
	}
	for i := range 12 {
		nodes = append(nodes, store.Node{ID: int64(10 + i), Parent: int64(1 + i%3/2), Name: fmt.Sprintf("runtime-%d:3.%d", i, i), Confidence: ancestry.Recognised, Images: 140 - 9*i, Size: 61_000_000, Chain: digest(10 + i).String(), Created: on("2026-04-01").AddDate(0, 0, i)})
	}
	for i := range 25 {
		nodes = append(nodes, store.Node{ID: int64(30 + i), Parent: int64(10 + i%12), Name: fmt.Sprintf("registry.example.org/team-%d/base:2", i), Confidence: ancestry.Proved, Itself: 1, Images: 30 - i, Size: 9_000_000, Chain: digest(30 + i).String(), Created: on("2026-05-01").AddDate(0, 0, i)})
	}
	for i := range nodes {
		nodes[i].Carried = nodes[i].Size * int64(nodes[i].Images+nodes[i].Itself)
	}
	return nodes
}

func whole() fleet { return fleet{Read: 2028, Current: 2006, Unreadable: 12, Partial: 3, Waiting: 1} }

func standers() []store.Stander {
	var all []store.Stander
	for i := range 1200 {
		s := store.Stander{Digest: digest(1000 + i), Refs: fmt.Sprintf("registry.example.org/shop/app-%d:2.4.1", i), Current: i%30 != 29, Owners: []string{"shop", "pay", "", "search", "login", "maps", "mail", "ads, mail"}[i%8],
			Since: on("2026-03-04").AddDate(0, 0, i%200), Ancestor: int64(1 + i%5/4), Name: "debian:12", Confidence: ancestry.Recognised, Depth: 1 + i%4}
		s.Chain = digest(int(s.Ancestor)).String()
		s.Tie = i%50 == 0
		all = append(all, s)
	}
	return all
}

func movedOn() []store.Moved {
	var all []store.Moved
	for i := range 700 {
		m := store.Moved{Digest: digest(1000 + i), Refs: fmt.Sprintf("registry.example.org/shop/app-%d:2.4.1", i), Owners: []string{"shop", "pay", ""}[i%3], Ancestor: int64(10 + i%12), Name: fmt.Sprintf("runtime-%d:3.%d", i%12, i%12),
			Depth: 1 + i%2, Since: on("2026-06-01").AddDate(0, 0, i%12), Now: digest(500 + i%12), Source: "fleet", Confidence: ancestry.Proved}
		if i%12 == 3 {
			m.Since, m.Now, m.Source, m.Confidence, m.Tie = time.Time{}, v1.Hash{}, "report", ancestry.Recognised, true
		}
		all = append(all, m)
		if i%4 == 0 {
			m.Ancestor, m.Name, m.Depth, m.Source = 1, "debian:12", 3, "report"
			all = append(all, m)
		}
	}
	return all
}

// moves has debian:12 of the March before that of September.
func moves() []store.Move {
	return []store.Move{{Ancestor: 1, Name: "debian:12", Now: digest(500), NowAncestor: 2, Since: on("2026-09-08"), Source: "fleet"}}
}

// The screens of a fleet of 2,000 images on 40 bases.
func TestLargeFleet(t *testing.T) {
	s := &standsOn{Asked: "debian:12", Known: true, Fleet: whole()}
	s.add(standers(), large(), old(moves(), func(store.Move) bool { return true }))
	moved := &stale{Fleet: whole()}
	moved.add(movedOn())
	forest := &tree{Fleet: whole()}
	forest.add(large(), moves())
	for name, a := range map[string]answer{"stands-on": s, "stale": moved, "tree": forest} {
		text := said(t, a, Options{})
		golden(t, "large-"+name+".txt", text)
		assert.LessOrEqual(t, strings.Count(text, "\n"), 50, "a screen")
		assert.Contains(t, text, "12 of 2,018 images could not be read")
		all := said(t, a, Options{All: true})
		assert.NotContains(t, all, " more: ")
		assert.NotContains(t, all, "-all")
		for _, width := range []int{40, 60, 80, 100, 200} {
			for _, l := range strings.Split(said(t, a, Options{Width: width, All: true}), "\n") {
				assert.LessOrEqual(t, ansi.StringWidth(l), width)
			}
		}
		for _, r := range said(t, a, Options{All: true, Env: func(string) string { return "" }}) {
			require.Less(t, r, rune(127), "where the locale is none, all is ASCII")
		}
	}
}

// Of an image with many references the first are shown, and how many more there are.
func TestManyReferences(t *testing.T) {
	var refs []string
	for i := range 1500 {
		refs = append(refs, fmt.Sprintf("r.example/app:%d", i))
	}
	images := standers()[:2]
	images[0].Refs = strings.Join(refs, ", ")
	rows := movedOn()[:2]
	rows[0].Refs = images[0].Refs
	s := &standsOn{Asked: "debian:12", Fleet: whole()}
	s.add(images, large(), nil)
	moved := &stale{Fleet: whole()}
	moved.add(rows)
	for _, a := range []answer{s, moved} {
		for _, all := range []bool{false, true} {
			assert.Regexp(t, `\n  r\.example/app:0, r\.example/app:1 +\+ 1,498  shop `, said(t, a, Options{All: all}))
		}
		assert.Contains(t, said(t, a, Options{JSON: true}), `"r.example/app:1499"`)
	}
}

// Which of several of one name is today's is told where it is known, and else by their layers.
func TestAlikes(t *testing.T) {
	nodes := []store.Node{
		{ID: 1, Name: "debian:12", Images: 5, Chain: digest(1).String()},
		{ID: 2, Name: "debian:12", Images: 4, Chain: digest(2).String()},
		{ID: 3, Name: "debian:12", Images: 3, Chain: digest(3).String(), Ties: "debian:12.1"},
		{ID: 4, Name: "node:20", Images: 2, Chain: digest(4).String()},
		{ID: 5, Name: "node:20", Images: 1, Chain: digest(5).String()},
		{ID: 6, Name: "app:1", Itself: 0, Chain: digest(6).String()},
		{ID: 7, Name: "app:1", Itself: 1, Chain: digest(7).String()},
		{ID: 8, Name: "node:20-slim", Images: 1, Chain: digest(8).String()},
	}
	a := &tree{Fleet: whole()}
	a.add(nodes, []store.Move{
		{Ancestor: 1, Name: "debian:12", NowAncestor: 2},
		{Ancestor: 3, Name: "debian:12", NowAncestor: 2},
		{Ancestor: 8, Name: "node:20", Now: digest(9)}, // another tag that it had
	})
	many := alikes(a.Nodes)
	var got []string
	for _, n := range a.Nodes {
		got = append(got, n.called()+", "+n.which(many))
	}
	assert.Equal(t, []string{"debian:12, old", "debian:12, today's", "debian:12 (a tie), old", "node:20, " + bare(digest(4).String()), "node:20, " + bare(digest(5).String()),
		"app:1, no longer", "app:1, ", "node:20-slim, "}, got)
}

// Names keep both ends; digests their beginning, as other screens have it; sentences theirs.
func TestCell(t *testing.T) {
	s := newScreen(io.Discard, 80, func(string) string { return "C.UTF-8" })
	for text, want := range map[string]string{
		"registry.example.org/shop/api:2.4.1":         "regis…hop/api:2.4.1",
		"sha256:dcdd55405bcb38c5af7a45ff0caebb2b348b": "sha256:dcdd55405bc…",
		"Debian GNU/Linux 13 (trixie)":                "Debian GNU/Linux 1…",
		"short":                                       "short",
	} {
		assert.Equal(t, want, s.cell(text, 19))
	}
}

// No text of an image gets onto the screen as it is.
func TestHostile(t *testing.T) {
	for _, evil := range []string{"\x1b[31mred", "two\nlines", "right\u202eleft", strings.Repeat("long", 1024), "\xff\xfe", "tab\tand\rback", "", "├─ a branch", strings.Repeat("界", 200)} {
		nodes, images, rows := large(), standers()[:20], movedOn()[:20]
		for i := range nodes {
			nodes[i].Name, nodes[i].Ties, nodes[i].Chain = evil, evil, evil
		}
		for i := range images {
			images[i].Refs, images[i].Owners, images[i].Name, images[i].Chain = evil, evil, evil, evil
			rows[i].Refs, rows[i].Owners, rows[i].Name, rows[i].Source = evil, evil, evil, evil
		}
		s := &standsOn{Asked: evil, Fleet: whole()}
		s.add(images, nodes, old([]store.Move{{Ancestor: 1, Name: evil, Source: evil}}, func(store.Move) bool { return true }))
		nobody := &standsOn{Asked: evil, Fleet: whole(), Like: []like{{Name: evil}}}
		moved := &stale{Fleet: whole()}
		moved.add(rows)
		forest := &tree{Fleet: whole()}
		forest.add(nodes, []store.Move{{Ancestor: 1, NowAncestor: 2, Name: evil, Source: evil}})
		list := &views{Views: []view{{Name: "v", Says: evil, Columns: []viewColumn{{evil, evil, evil}}}}}
		view := &rowsOf{Where: []string{evil}, table: []store.Column{{Name: evil, Type: "text"}}, Rows: [][]any{{evil}}}
		for _, a := range []answer{s, nobody, moved, forest, list, view, &allowed{Patterns: []string{evil}}, &written{Files: []writtenFile{{Path: evil}}}} {
			for _, all := range []bool{false, true} {
				text := said(t, a, Options{All: all, Width: 80})
				for _, bad := range []string{"\x1b", "\u202e", "\t", "\r", "two\n", "\xff"} {
					assert.NotContains(t, text, bad)
				}
				for _, l := range strings.Split(text, "\n") {
					assert.LessOrEqual(t, ansi.StringWidth(l), 80)
				}
			}
			assert.NotContains(t, said(t, a, Options{JSON: true}), "\x1b")
		}
	}
}

// Whatever is asked for, it is refused, or a question with a repository or a digest.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"debian:12", "a/b@sha256:" + strings.Repeat("0", 64), "sha256:" + strings.Repeat("a", 64), "localhost:5000/x:y", "docker.io/library/x", "@", ":", "a:", "name ~ x", "bases<>1", " <"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		questions, err := questionsOf(s)
		for _, q := range questions {
			assert.NoError(t, err)
			assert.True(t, q.Repository != "" || q.Digest != v1.Hash{})
		}
		if w, err := whereOf(s); err == nil {
			assert.NotEmpty(t, w.Column)
			assert.NotEmpty(t, w.Op)
		}
		likeness(store.Question{Repository: s}, s)
	})
}

// That nobody is known to stand on something is said with why, and no more than is known.
func TestWhyNobody(t *testing.T) {
	for want, a := range map[string]standsOn{
		"x: no ancestor has that name":                                                                        {},
		"x: its name is known, and no image has it":                                                           {Known: true},
		"x: it is an image of the fleet, and no other is known to be bu":                                      {Known: true, Itself: 1},
		"x: 1 image has the same layers, with another history: whether it was built on it is not known":       {Known: true, Itself: 1, SameLayers: 1},
		"x: 1,200 images have the same layers, with another history: whether they were built on it is not kn": {Known: true, Itself: 1, SameLayers: 1200},
	} {
		a.Asked = "x"
		assert.ErrorContains(t, a.nobody(), want)
		a.Fleet = fleet{Read: 3, Current: 3}
		assert.Equal(t, !a.Known, strings.Contains(said(t, &a, Options{}), "a name like it"))
	}
}
