package scan_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// TestThroughLink: what a layer puts below a link of its own is where that leads. What it
// puts below one of the layers below is in a directory of its own.
func TestThroughLink(t *testing.T) {
	jar := packaged.Jar(t, "org.example", "app", "1.0")
	img := packaged.Image(t, packaged.Text("-- usr/bin/x --\n"),
		[]packaged.File{{Path: "bin", Link: "usr/bin"}, {Path: "bin/app.jar", Content: jar}, {Path: "bin/bad.jar", Content: []byte("PK\x03\x04 no jar")}},
		[]packaged.File{{Path: "usr/bin/.wh.app.jar"}})
	_, inv := read(t, img)
	checkLives(t, inv, "java-archive app; 1 introduced 1.0; 2 removed 1.0; removed")
	app := find(t, inv, "app")
	assert.Equal(t, []packages.Location{{Path: "usr/bin/app.jar", Layer: 1}}, app.Locations)
	assert.EqualValues(t, len(jar), app.Bytes.Shadowed)

	idx, inv, err := scan.Read(t.Context(), packaged.Image(t, packaged.Text("-- bin -> usr/bin --\n-- usr/bin/x --\n"),
		[]packaged.File{{Path: "bin/app.jar", Content: jar}}, []packaged.File{{Path: "usr/bin/.wh.app.jar"}}), nil)
	require.NoError(t, err)
	assert.Len(t, idx.Problems, 1)
	checkLives(t, inv, "java-archive app; 1 introduced 1.0; present")
	assert.Equal(t, []packages.Location{{Path: "bin/app.jar", Layer: 1}}, find(t, inv, "app").Locations)
}

// TestHardLinks: uv and pnpm install hard links to the files of their caches. Each name of
// a file is as good as the other, and its bytes are seen while one of them is.
func TestHardLinks(t *testing.T) {
	const cache, site, sum = "root/.cache/uv/", "usr/lib/py/", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	dist := []string{"six-1.0.dist-info/METADATA", "six-1.0.dist-info/RECORD", "six.py"}
	files := packaged.Text("-- " + cache + dist[0] + " --\nMetadata-Version: 2.1\nName: six\nVersion: 1.0\n-- " + cache + dist[1] +
		" --\nsix.py,,\nsix-1.0.dist-info/METADATA,,\nsix-1.0.dist-info/RECORD,,\n-- " + cache + dist[2] + " --\nsix\n" +
		"-- root/.pnpm/files/01/" + sum + " --\n{\"name\": \"x\", \"version\": \"1.0.0\"}\n" +
		"-- srv/node_modules/x/package.json => root/.pnpm/files/01/" + sum + " --\n")
	for _, name := range dist {
		files = append(files, packaged.File{Path: site + name, Hard: cache + name})
	}
	idx, inv := read(t, packaged.Image(t, files, packaged.Text("-- root/.wh..cache --\n-- root/.wh..pnpm --\n")))
	assert.Empty(t, inv.Problems)
	checkLives(t, inv, `npm x; 0 introduced 1.0.0; present
		python six; 0 introduced 1.0; 1 removed 1.0; removed
		python six; 0 introduced 1.0; present`)
	assert.Zero(t, idx.Layers[0].Shadowed)
	for _, p := range inv.Packages {
		assert.Zero(t, p.Bytes.Shadowed, life(p))
		assert.Equal(t, p.State == packages.Present, p.Bytes.Visible > 0, life(p))
	}
	assert.Zero(t, inv.Layers[0].Unowned)
}

// TestHardLinkedJar: what is parsed in the pass has one name, the first; it goes on under
// another when that goes.
func TestHardLinkedJar(t *testing.T) {
	jar, next := packaged.Jar(t, "org.example", "app", "1.0"), packaged.Jar(t, "org.example", "app", "1.1")
	_, inv := read(t, packaged.Image(t,
		[]packaged.File{{Path: "cache/a.jar", Content: jar}, {Path: "srv/a.jar", Hard: "cache/a.jar"}},
		[]packaged.File{{Path: ".wh.cache"}}))
	checkLives(t, inv, "java-archive app; 0 introduced 1.0; present")
	app := find(t, inv, "app")
	assert.Equal(t, []packages.Location{{Path: "srv/a.jar", Layer: 0}}, app.Locations)
	assert.Equal(t, packages.Bytes{Visible: int64(len(jar)), ByLayer: map[int]int64{0: int64(len(jar))}}, app.Bytes)

	_, inv = read(t, packaged.Image(t,
		[]packaged.File{{Path: "cache/a.jar", Content: jar}, {Path: "srv/a.jar", Hard: "cache/a.jar"}, {Path: "usr/a.jar", Hard: "cache/a.jar"}},
		[]packaged.File{{Path: ".wh.cache"}}, []packaged.File{{Path: "srv/a.jar", Content: next}}))
	checkLives(t, inv, "java-archive app; 0 introduced 1.0; present\njava-archive app; 2 introduced 1.1; present")
}

// TestOtherName: the other name may itself go, or be another file, in a layer above; so may
// the first name come again.
func TestOtherName(t *testing.T) {
	jar, next := packaged.Jar(t, "org.example", "app", "1.0"), packaged.Jar(t, "org.example", "app", "1.1")
	below := []packaged.File{{Path: "cache/a.jar", Content: jar}, {Path: "srv/a.jar", Hard: "cache/a.jar"}}
	gone := []packaged.File{{Path: ".wh.cache"}}
	for name, tt := range map[string]struct {
		above []packaged.File
		want  string
	}{
		"gone":       {[]packaged.File{{Path: ".wh.srv"}}, "java-archive app; 0 introduced 1.0; 2 removed 1.0; removed"},
		"changed":    {[]packaged.File{{Path: "srv/a.jar", Content: next}}, "java-archive app; 0 introduced 1.0; 2 changed 1.0 1.1; present"},
		"owner":      {[]packaged.File{{Path: "srv/a.jar", Content: jar, UID: 1}}, "java-archive app; 0 introduced 1.0; present"},
		"comes back": {[]packaged.File{{Path: "cache/a.jar", Content: next}}, "java-archive app; 0 introduced 1.0; present\njava-archive app; 2 introduced 1.1; present"},
	} {
		idx, inv := read(t, packaged.Image(t, below, gone, tt.above))
		checkLives(t, inv, tt.want)
		checkSums(t, idx, inv)
		for _, p := range inv.Packages {
			if name == "comes back" {
				assert.Len(t, p.Bytes.ByLayer, 1, "%s: %s", name, life(p))
			}
		}
	}
}

// TestFamiliarName: a new file whose first name is new as well is known by the name that
// another had in the layers below.
func TestFamiliarName(t *testing.T) {
	jar, next := packaged.Jar(t, "org.example", "app", "1.0"), packaged.Jar(t, "org.example", "app", "1.1")
	linked := func(b []byte) []packaged.File {
		return []packaged.File{{Path: "cache/a.jar", Content: b}, {Path: "srv/a.jar", Hard: "cache/a.jar"}}
	}
	for name, tt := range map[string]struct {
		above [][]packaged.File
		want  string
	}{
		"upgraded":        {[][]packaged.File{linked(next)}, "java-archive app; 0 introduced 1.0; 1 changed 1.0 1.1; present"},
		"the same":        {[][]packaged.File{linked(jar)}, "java-archive app; 0 introduced 1.0; present\njava-archive app; 1 introduced 1.0; present"},
		"then first gone": {[][]packaged.File{linked(next), {{Path: ".wh.cache"}}}, "java-archive app; 0 introduced 1.0; 1 changed 1.0 1.1; present"},
		"then gone":       {[][]packaged.File{linked(next), {{Path: ".wh.srv"}}}, "java-archive app; 0 introduced 1.0; 1 changed 1.0 1.1; present"},
		"then both gone":  {[][]packaged.File{linked(next), {{Path: ".wh.srv"}, {Path: ".wh.cache"}}}, "java-archive app; 0 introduced 1.0; 1 changed 1.0 1.1; 2 removed 1.1; removed"},
	} {
		t.Run(name, func(t *testing.T) {
			idx, inv := read(t, packaged.Image(t, append([][]packaged.File{{{Path: "srv/a.jar", Content: jar}}}, tt.above...)...))
			checkLives(t, inv, tt.want)
			checkSums(t, idx, inv)
		})
	}
}

// TestLinkTellsName: of the names of a file, that of a hard link may be the one that tells
// what it is, and whose.
func TestLinkTellsName(t *testing.T) {
	box := []byte("\x00BusyBox v1.36.1 (2024-01-01)\x00")
	manifest := []byte("{\"name\": \"x\", \"version\": \"1.0.0\"}")
	below := []packaged.File{
		{Path: "bin/[", Content: box},
		{Path: "bin/[[", Hard: "bin/["},
		{Path: "bin/busybox", Hard: "bin/["},
		{Path: "objects/ab.file", Content: manifest},
		{Path: "srv/node_modules/x/package.json", Hard: "objects/ab.file"},
	}
	_, inv := read(t, packaged.Image(t, below))
	assert.Empty(t, inv.Problems)
	checkLives(t, inv, "binary busybox; 0 introduced 1.36.1; present\nnpm x; 0 introduced 1.0.0; present")
	assert.EqualValues(t, len(box), find(t, inv, "busybox").Bytes.Visible)
	assert.EqualValues(t, len(manifest), find(t, inv, "x").Bytes.Visible)

	idx, inv := read(t, packaged.Image(t, below, packaged.Text("-- bin/.wh.busybox --\n")))
	checkLives(t, inv, "binary busybox; 0 introduced 1.36.1; 1 removed 1.36.1; removed\nnpm x; 0 introduced 1.0.0; present")
	assert.Zero(t, idx.Layers[0].Shadowed)
	assert.EqualValues(t, len(box), inv.Layers[0].Unowned, "they are seen under other names")
}

// TestManyNames: a large file is parsed under a few names, however many it has.
func TestManyNames(t *testing.T) {
	for name, content := range map[string][]byte{
		"a.jar":                       append(bytes.Repeat([]byte("\n"), 5<<20), packaged.Jar(t, "org.example", "app", "1.0")...),
		"node_modules/x/package.json": append(bytes.Repeat([]byte(" "), 5<<20), `{"name": "x", "version": "1.0.0"}`...),
	} {
		files := []packaged.File{{Path: "store/0", Content: content}}
		for i := range 40 {
			files = append(files, packaged.File{Path: fmt.Sprintf("srv/%02d/%s", i, name), Hard: "store/0"})
		}
		idx, inv := read(t, packaged.Image(t, files))
		checkSums(t, idx, inv)
		assert.Len(t, inv.Packages, 16, name)
		require.Len(t, inv.Problems, 1, name)
		assert.EqualError(t, inv.Problems[0], fmt.Sprintf("layer 0: srv/16/%s: file of %d bytes not parsed under this name: it was under 16 other hard links", name, len(content)))
	}
}

// TestNotCollected: a file of a layer below that nobody could foresee is one problem, under
// the name that was asked for.
func TestNotCollected(t *testing.T) {
	_, inv := read(t, packaged.Image(t, packaged.Text("-- app/store/ab --\n{\"name\": \"x\", \"version\": \"1.0.0\"}\n"),
		[]packaged.File{{Path: "srv/node_modules/x/package.json", Hard: "app/store/ab"}}))
	require.Len(t, inv.Problems, 1)
	assert.Equal(t, "srv/node_modules/x/package.json", inv.Problems[0].Path)
}
