package picture

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

var asOf = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func sample() Forest {
	return Forest{AsOf: asOf, Images: 2028, All: 2040, Unread: 12, Nodes: []Node{
		{ID: 1, Name: "debian:12", Sure: true, Built: day("2026-03-02"), Bytes: 74_000_000, Images: 1204},
		{ID: 4, Parent: 2, Name: "shop/base:2", Sure: true, Built: day("2026-05-02"), Bytes: 31_000_000, Images: 300, Note: "not an allowed base"},
		{ID: 2, Parent: 1, Name: "python:3.12", Sure: true, Built: day("2026-03-09"), Bytes: 120_000_000, Images: 800},
		{ID: 3, Name: "alpine:3.20", Built: day("2026-02-01"), Bytes: 3_000_000, Images: 60},
		{ID: 5, Parent: 1, Name: "an ancestor of unknown name", Images: 1},
	}}
}

func write(t testing.TB, f Forest) (dot, html string) {
	var d, h bytes.Buffer
	require.NoError(t, WriteDOT(&d, f))
	require.NoError(t, WriteHTML(&h, f))
	return d.String(), h.String()
}

func golden(t *testing.T, name, got string) {
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestGolden(t *testing.T) {
	dot, html := write(t, sample())
	golden(t, "forest.dot", dot)
	_, body, _ := strings.Cut(html, "</style>")
	golden(t, "forest.html", body)
	assert.Contains(t, html, `content="default-src &#39;none&#39;; style-src &#39;sha256-`)
	_, html = write(t, Forest{AsOf: asOf, Images: 1})
	assert.Contains(t, html, "No image is known to stand on another.")
	assert.NotContains(t, html, "could not be read")
}

// evils are names that an image may have.
func evils() []string {
	return []string{`"];a0->a1;[`, `\`, `\N\"`, "<script>alert(1)</script>", "\x1b[31m\n\u202e", strings.Repeat("x", 4096), "&lt;b&gt;", "</title></svg>", "\xff"}
}

// What an image says neither ends its label nor becomes markup.
func TestHostile(t *testing.T) {
	for _, evil := range evils() {
		f := sample()
		for i := range f.Nodes {
			f.Nodes[i].Name, f.Nodes[i].Note = evil, evil
		}
		dot, html := write(t, f)
		for _, out := range []string{dot, html} {
			assert.NotContains(t, out, "\x1b")
			assert.NotContains(t, out, "\u202e")
			assert.Less(t, len(out), 30_000)
		}
		assert.NotContains(t, html, "<script")
		assert.Equal(t, 1, strings.Count(html, "<title>Family"))
		assert.Equal(t, 6, strings.Count(html, "</title>"), "the page's, and one a box")
		assert.Equal(t, 6, strings.Count(html, "</svg>"))
	}
}

// A forest of many ancestors is drawn in part, and says so; one that no database can have is drawn all the same.
func TestLimits(t *testing.T) {
	f := Forest{Images: 5000}
	for i := range 5000 {
		f.Nodes = append(f.Nodes, Node{ID: int64(i + 1), Parent: int64(i), Name: fmt.Sprint("n", i), Sure: true, Images: 5000 - i})
	}
	dot, html := write(t, f)
	assert.Equal(t, Most, strings.Count(dot, "[label="))
	assert.Contains(t, dot, "4400 ancestors with fewer images are left out")
	assert.Equal(t, Most, strings.Count(html, "<tr class="))
	assert.Contains(t, html, "4400 ancestors with fewer images are left out")

	circle := Forest{Nodes: []Node{{ID: 1, Parent: 2, Images: 1}, {ID: 2, Parent: 1, Images: 1}, {ID: 3, Parent: 3, Images: 1}, {ID: 4, Parent: 1, Images: 1}, {ID: 5, Parent: 99, Images: 1}}}
	dot, html = write(t, circle)
	assert.Equal(t, 5, strings.Count(html, "<tr class="))
	assert.NotContains(t, dot, "a99")
}
