package scan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// A step that has no order has no direction either.
func TestChange(t *testing.T) {
	assert.Equal(t, packages.Upgraded, change("deb", "1.0~rc1", "1.0"))
	assert.Equal(t, packages.Downgraded, change("deb", "1:1.0", "2.0"))
	assert.Equal(t, packages.Changed, change("deb", "1.0", "1.0-0"), "equal")
	assert.Equal(t, packages.Changed, change("deb", "not a version", "2.0"))
	assert.Equal(t, packages.Changed, change("java-archive", "1.0", "2.0"))
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		f    syft.Found
		want string
	}{
		{syft.Found{Type: "deb", Manager: true, Evidence: []string{"var/lib/dpkg/status"}}, ""},
		{syft.Found{Type: "deb", Manager: true, Evidence: []string{"var/lib/dpkg/status.d/a"}}, ""},
		{syft.Found{Type: "deb", Manager: true, Evidence: []string{"srv/root/var/lib/dpkg/status"}}, "srv/root"},
		{syft.Found{Type: "rpm", Manager: true, Evidence: []string{"usr/lib/sysimage/rpm/rpmdb.sqlite"}}, ""},
		{syft.Found{Type: "python", Evidence: []string{"a/six-1.dist-info/METADATA"}}, "a"},
		{syft.Found{Type: "python", Evidence: []string{"a/six-1.egg-info"}}, "a"},
		{syft.Found{Type: "npm", Evidence: []string{"a/node_modules/b/package.json"}}, "a/node_modules/b"},
		{syft.Found{Type: "gem", Evidence: []string{"a/specifications/b-1.gemspec"}}, "a/specifications"},
		{syft.Found{Type: "binary", Evidence: []string{"usr/bin/node"}}, "usr/bin/node"},
		{syft.Found{Type: "binary"}, ""},
	} {
		assert.Equal(t, tt.want, place(&tt.f), tt.f.Evidence)
	}
}

func TestDirectories(t *testing.T) {
	files := map[string]int64{
		"usr/local/lib/python3.11/a.py": 400, "usr/local/lib/python3.11/b/c.py": 300, "usr/local/lib/python3.11/d/e.py": 300,
		"usr/local/bin/python": 10, "usr/share/dotnet/x/y.so": 500, "usr/share/dotnet/z": 400, "etc/passwd": 5, "top": 1,
	}
	tree := newTree()
	for p, size := range files {
		tree.add(layers.Entry{Path: p, Size: size, Layer: len(p) % 2})
	}
	var rows []string
	var bytes int64
	for _, d := range tree.rows() {
		rows = append(rows, d.Path)
		bytes += d.Bytes
	}
	assert.Equal(t, []string{"usr/local/lib/python3.11", "usr/share/dotnet", "usr/local/bin", "etc", "."}, rows)
	assert.EqualValues(t, 1916, bytes, "each file is in one row")
}

func TestOwners(t *testing.T) {
	o := newOwners()
	deb := &life{state: packages.Present, found: syft.Found{Name: "deb", Manager: true}}
	python := &life{state: packages.Present, found: syft.Found{Name: "python"}}
	outer, inner := &life{state: packages.Present}, &life{state: packages.Present}
	o.claimFile("six.py", deb, rankManager)
	o.claimFile("six.py", python, rankListed)
	assert.Same(t, deb, o.of("six.py"), "the distribution goes first, in whatever order")
	o.release(deb)
	o.claimFile("six.py", python, rankListed)
	o.claimFile("six.py", deb, rankManager)
	assert.Same(t, deb, o.of("six.py"))
	o.claimDir("app", outer)
	o.claimDir("app/node_modules/x", inner)
	assert.Same(t, outer, o.of("app/src/a.js"))
	assert.Same(t, inner, o.of("app/node_modules/x/lib/a.js"))
	assert.Nil(t, o.of("other"))
	o.release(inner)
	assert.Same(t, outer, o.of("app/node_modules/x/lib/a.js"))
}

// A path that very many claim costs no more for each than one that some do.
func TestSharers(t *testing.T) {
	o := newOwners()
	var all []*life
	for range 5 * maxSharers {
		l := &life{state: packages.Present, found: syft.Found{Manager: true}}
		o.claimFile("usr", l, rankManager)
		all = append(all, l)
	}
	assert.Len(t, o.under["usr"], maxSharers)
	for _, l := range all {
		o.release(l)
	}
	assert.Nil(t, o.of("usr"))
}

func FuzzParseList(f *testing.F) {
	f.Add("/.\n/bin\n/bin/ls\n")
	f.Add("/a/../../etc/passwd\n\x00\nrelative\r\n/x\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range parseList([]byte(s)) {
			require.NotEmpty(t, p)
			require.False(t, strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../"), p)
		}
	})
}
