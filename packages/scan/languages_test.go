package scan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

func TestLanguages(t *testing.T) {
	idx, inv, err := scan.Read(t.Context(), packaged.Image(t, packaged.Text(packaged.Debian), packaged.Text(packaged.Languages)), nil)
	require.NoError(t, err)
	checkSums(t, idx, inv)
	checkLives(t, inv, `R-package jsonlite; 1 introduced 1.8.8; present
		binary openjdk; 1 introduced 17.0.9+9; present
		deb libc6:amd64; 0 introduced 2.36-9+deb12u4; present
		deb python3-six:all; 0 introduced 1:1.16.0-4; present
		dotnet Serilog; 1 introduced 2.10.0; present
		gem rack; 1 introduced 3.0.8; present
		lua-rocks lpeg; 1 introduced 1.0.2-1; present
		npm @x/y; 1 introduced 2.0.0; present
		npm app; 1 introduced 1.0.0; present
		npm lodash; 1 introduced 4.17.20; present
		php-composer monolog/monolog; 1 introduced 3.5.0; present
		python requests; 1 introduced 2.31.0; present
		python six; 0 introduced 1.16.0; present`)
	require.Len(t, inv.Problems, 1)
	assert.Equal(t, "usr/local/lib/node_modules/broken/package.json", inv.Problems[0].Path)
	assert.Equal(t, 1, inv.Problems[0].Layer)

	owned := func(name string) []int64 { p := find(t, inv, name); return []int64{int64(p.Files), p.Bytes.Visible} }
	assert.Equal(t, []int64{2, 116}, owned("rack"), "its directory and its gemspec")
	assert.Equal(t, "python3-six", find(t, inv, "six").Owner)
	assert.Zero(t, find(t, inv, "six").Bytes.Total())
	assert.Equal(t, 4, find(t, inv, "requests").Files, "RECORD's files, ../../../bin included, not the license")
	assert.Equal(t, 2, find(t, inv, "app").Files, "not its node_modules")
	assert.Equal(t, 2, find(t, inv, "lodash").Files)
}

func TestLanguageLives(t *testing.T) {
	const site = "usr/local/lib/python3.11/site-packages/"
	npm := func(version string) string {
		return "-- app/node_modules/lodash/package.json --\n{\"name\": \"lodash\", \"version\": \"" + version + "\"}\n"
	}
	python := func(version string) string {
		return "-- " + site + "six-" + version + ".dist-info/METADATA --\nMetadata-Version: 2.1\nName: six\nVersion: " + version + "\n"
	}
	tests := []struct {
		name   string
		layers [][]packaged.File
		want   string
	}{
		{"chown changes nothing",
			[][]packaged.File{packaged.Text(npm("4.17.20")), packaged.Owned(1000, packaged.Text(npm("4.17.20")))},
			"npm lodash; 0 introduced 4.17.20; present"},
		{"overwritten by a newer one",
			[][]packaged.File{packaged.Text(npm("4.17.9")), packaged.Text(npm("4.17.20"))},
			"npm lodash; 0 introduced 4.17.9; 1 upgraded 4.17.9 4.17.20; present"},
		{"removed with the directory, and back",
			[][]packaged.File{packaged.Text(npm("4.17.9")), packaged.Text("-- app/.wh.node_modules --\n"), packaged.Text(npm("4.17.9"))},
			"npm lodash; 0 introduced 4.17.9; 1 removed 4.17.9; 2 reinstalled 4.17.9; present"},
		{"an opaque directory hides what was there",
			[][]packaged.File{packaged.Text(npm("4.17.9")), packaged.Text("-- app/.wh..wh..opq --\n")},
			"npm lodash; 0 introduced 4.17.9; 1 removed 4.17.9; removed"},
		{"two copies are two packages",
			[][]packaged.File{packaged.Text(npm("4.17.9") + "-- b/node_modules/lodash/package.json --\n{\"name\": \"lodash\", \"version\": \"3.0.0\"}\n")},
			"npm lodash; 0 introduced 3.0.0; present\nnpm lodash; 0 introduced 4.17.9; present"},
		{"a new dist-info in the place of the old is an upgrade",
			[][]packaged.File{packaged.Text(python("1.9.0")), packaged.Text(python("1.16.0") + "-- " + site + ".wh.six-1.9.0.dist-info --\n")},
			"python six; 0 introduced 1.9.0; 1 upgraded 1.9.0 1.16.0; present"},
		{"no longer to be read: as it was, with a problem",
			[][]packaged.File{packaged.Text(npm("4.17.9")), packaged.Text("-- app/node_modules/lodash/package.json --\n{\n")},
			"npm lodash; 0 introduced 4.17.9; present"},
		{"a colon in the path",
			[][]packaged.File{packaged.Text("-- a: b/package.json --\n{\"name\": \"x\", \"version\": \"1.0.0\"}\n"), packaged.Text("-- a: c/x --\n")},
			"npm x; 0 introduced 1.0.0; present"},
		{"no longer to be read, and a colon in the path",
			[][]packaged.File{packaged.Text("-- a: b/package.json --\n{\"name\": \"x\", \"version\": \"1.0.0\"}\n"), packaged.Text("-- a: b/package.json --\n{\n")},
			"npm x; 0 introduced 1.0.0; present"},
		{"apk",
			[][]packaged.File{packaged.Text(packaged.Alpine),
				packaged.Text(strings.Replace(packaged.Alpine, "V:1.36.1-r15", "V:1.36.1-r19", 1)),
				packaged.Text("-- lib/apk/db/installed --\nP:musl\nV:1.2.4_git20230717-r4\nA:x86_64\n\n")},
			`apk busybox-binsh:x86_64; 0 introduced 1.36.1-r15; 1 upgraded 1.36.1-r15 1.36.1-r19; 2 removed 1.36.1-r19; removed
			apk musl:x86_64; 0 introduced 1.2.4_git20230717-r4; present`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			idx, inv, err := scan.Read(t.Context(), packaged.Image(t, tt.layers...), nil)
			require.NoError(t, err)
			checkSums(t, idx, inv)
			checkLives(t, inv, tt.want)
			assert.Equal(t, strings.HasPrefix(tt.name, "no longer"), len(inv.Problems) > 0, "%v", inv.Problems)
		})
	}
}

// TestJars: a jar is parsed in the pass; the jars inside are its own.
func TestJars(t *testing.T) {
	inner := packaged.Jar(t, "org.example", "inner", "2.0")
	v1 := packaged.Jar(t, "org.example", "app", "1.0", "BOOT-INF/lib/inner-2.0.jar", string(inner))
	v2 := packaged.Jar(t, "org.example", "app", "1.1", "BOOT-INF/lib/inner-2.0.jar", string(inner))
	idx, inv := read(t, packaged.Image(t,
		[]packaged.File{{Path: "app/app-1.0.jar", Content: v1}, {Path: "app/notes.zip", Content: packaged.Zip(t, "a.txt", "a")}},
		[]packaged.File{{Path: "app/app-1.1.jar", Content: v2}, {Path: "app/.wh.app-1.0.jar"}},
	))
	assert.Empty(t, inv.Problems)
	checkLives(t, inv, `java-archive app; 0 introduced 1.0; 1 changed 1.0 1.1; present
		java-archive inner; 0 introduced 2.0; present`)
	app, bundled := find(t, inv, "app"), find(t, inv, "inner")
	assert.Equal(t, packages.Bytes{Visible: int64(len(v2)), Shadowed: int64(len(v1)), ByLayer: map[int]int64{0: int64(len(v1)), 1: int64(len(v2))}}, app.Bytes)
	assert.Equal(t, "app/app-1.1.jar", bundled.Bundled)
	assert.Empty(t, app.Bundled)
	assert.Zero(t, bundled.Bytes.Total())
	assert.EqualValues(t, idx.Layers[0].Content-int64(len(v1)), inv.Layers[0].Unowned)
}

// TestJarNowDirectory: a file that became a directory is gone, whether the layer writes
// the directory out or only what is in it.
func TestJarNowDirectory(t *testing.T) {
	jar := packaged.Jar(t, "org.example", "app", "1.0")
	for _, above := range []packaged.File{{Path: "app/app.jar/"}, {Path: "app/app.jar/x"}} {
		_, inv, err := scan.Read(t.Context(), packaged.Image(t, []packaged.File{{Path: "app/app.jar", Content: jar}}, []packaged.File{above}), nil)
		require.NoError(t, err)
		checkLives(t, inv, "java-archive app; 0 introduced 1.0; 1 removed 1.0; removed")
	}
}

// TestOverLimit: a file that the pass did not read says nothing about its packages.
func TestOverLimit(t *testing.T) {
	npm := func(more int) packaged.File {
		return packaged.File{Path: "a/package.json", Content: []byte("{\"name\": \"x\", \"version\": \"1.0.0\"}" + strings.Repeat(" ", more))}
	}
	jar := packaged.Jar(t, "org.example", "app", "1.0")
	img := packaged.Image(t, []packaged.File{{Path: "a/app.jar", Content: jar}, npm(0)},
		[]packaged.File{{Path: "a/app.jar", Content: append(make([]byte, 500), jar...)}, npm(1000)})
	for _, lim := range []layers.Limits{{FileSize: 600}, {FileSize: 600, Kept: 100}} {
		c := scan.NewCollector(nil)
		idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: c.Wants(), Limits: lim})
		require.NoError(t, err)
		require.Len(t, idx.Problems, 2)
		inv, err := c.Attribute(t.Context(), idx)
		require.NoError(t, err)
		checkSums(t, idx, inv)
		checkLives(t, inv, "java-archive app; 0 introduced 1.0; present\nnpm x; 0 introduced 1.0.0; present")
	}
}

// TestColonJar: a colon in the path of a jar does not make it one inside of another.
func TestColonJar(t *testing.T) {
	inner := packaged.Jar(t, "org.example", "aaa", "2.0")
	_, inv := read(t, packaged.Image(t, []packaged.File{{Path: "opt/a:1/app.jar", Content: packaged.Jar(t, "org.example", "app", "1.0", "lib/aaa.jar", string(inner))}}))
	assert.Equal(t, "opt/a:1/app.jar", find(t, inv, "aaa").Bundled)
	assert.Positive(t, find(t, inv, "app").Bytes.Visible)
}

// TestBrokenJar: what can't be read says nothing, and nothing else is lost.
func TestBrokenJar(t *testing.T) {
	idx, inv, err := scan.Read(t.Context(), packaged.Image(t,
		[]packaged.File{{Path: "app/good.jar", Content: packaged.Jar(t, "org.example", "good", "1.0")}},
		[]packaged.File{{Path: "app/bad.jar", Content: []byte("PK\x03\x04 no jar")}, {Path: "app/good.jar", Content: []byte("PK\x03\x04 no more")}},
		packaged.Text("-- a/node_modules/x/package.json --\n{\"name\": \"x\", \"version\": \"1\"}\n")), nil)
	require.NoError(t, err)
	checkSums(t, idx, inv)
	require.Len(t, inv.Problems, 2)
	for i, p := range []string{"app/bad.jar", "app/good.jar"} {
		assert.Equal(t, p, inv.Problems[i].Path)
		assert.Equal(t, 1, inv.Problems[i].Layer)
	}
	checkLives(t, inv, `java-archive good; 0 introduced 1.0; present
		npm x; 2 introduced 1; present`)
}

func TestGoBinary(t *testing.T) {
	program := packaged.GoBinary(t)
	_, inv := read(t, packaged.Image(t, []packaged.File{{Path: "usr/local/bin/tool", Content: program}}))
	p := find(t, inv, "stdlib")
	assert.Equal(t, "go-module", p.Type)
	assert.Equal(t, "usr/local/bin/tool", p.Bundled)
	main := find(t, inv, "github.com/stemma-go/stemma")
	assert.EqualValues(t, len(program), main.Bytes.Visible)
	assert.Empty(t, main.Bundled)
}
