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

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		kind, a, b string
		want       packages.EventKind
	}{
		{"deb", "1.0~rc1", "1.0", packages.Upgraded},
		{"deb", "1:1.0", "2.0", packages.Downgraded},
		{"deb", "not a version", "2.0", packages.Changed},
		{"apk", "1.36.1-r15", "1.36.1-r19", packages.Upgraded},
		{"apk", "1.2_rc1-r0", "1.2-r0", packages.Upgraded},
		{"rpm", "0:5.1-2.el9", "5.1-10.el9", packages.Upgraded},
		{"rpm", "1:1.0-1", "2.0-1", packages.Downgraded},
		{"npm", "4.9.0", "4.10.0", packages.Upgraded},
		{"npm", "1.0.0", "1.0.0-rc.1", packages.Downgraded},
		{"python", "1.0.dev1", "1.0", packages.Upgraded},
		{"python", "2!1.0", "3.0", packages.Downgraded},
		{"go-module", "v1.9.0", "v1.10.0", packages.Upgraded},
		{"go-module", "go1.9", "go1.10.1", packages.Upgraded},
		{"go-module", "UNKNOWN", "v1", packages.Changed},
		{"dotnet", "1.9.0.0", "1.10.0.0", packages.Upgraded},
		{"dotnet", "13.0.3", "13.0.3-beta2", packages.Downgraded},
		{"gem", "1.2.3.4", "1.2.3.10", packages.Upgraded},
		{"gem", "1.0.0.pre1", "1.0.0", packages.Changed},
		{"php-composer", "v1.0.0-beta2", "v1.0.0-RC1", packages.Upgraded},
		{"php-composer", "1.0.0", "1.0.0-p1", packages.Changed},
		{"php-composer", "1.0.0-RC9", "1.0.0-RC10", packages.Upgraded},
		{"php-composer", "1.0.0-dev", "1.0.0-alpha1", packages.Upgraded},
		{"php-composer", "1.0.0-b2", "1.0.0-alpha3", packages.Downgraded},
		{"dotnet", "1.0.0-rc10", "1.0.0-rc9", packages.Upgraded}, // by SemVer: one word
		{"alpm", "2:2.12rc1-1", "2:2.12-1", packages.Upgraded},
		{"alpm", "1.0-1", "1.0.a-1", packages.Upgraded},
		{"alpm", "1.0-9", "1.0-10", packages.Upgraded},
		{"alpm", "1:1.0-1", "2.0-1", packages.Downgraded},
		{"alpm", "1.0.1-1", "1.0..1-1", packages.Upgraded},
		{"alpm", "1.0-1", "1.0", packages.Changed},
		{"alpm", "1.a-1", "1.1-1", packages.Upgraded},
		{"java-archive", "1.0", "2.0", packages.Changed},
	} {
		assert.Equal(t, tt.want, change(tt.kind, tt.a, tt.b), "%s %s %s", tt.kind, tt.a, tt.b)
	}
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

func FuzzCompare(f *testing.F) {
	f.Add("deb", "1:1.0-1", "2~rc")
	f.Add("apk", "1_p1-r0", "x")
	f.Add("rpm", "1:1-1", "~^")
	f.Add("python", "1!1.dev", "")
	f.Add("npm", "1.2.3-rc", "v1")
	f.Add("alpm", "1:1.0rc1-1", "1.0..a-")
	f.Add("php-composer", "v1.0.0-RC10", "1-dev")
	f.Fuzz(func(t *testing.T, kind, a, b string) {
		x, ok := compare(kind, a, b)
		y, back := compare(kind, b, a)
		require.Equal(t, ok, back)
		if ok && (x < 0) == (y < 0) && x != 0 && y != 0 {
			t.Errorf("%s %q %q: %d and %d", kind, a, b, x, y)
		}
	})
}
