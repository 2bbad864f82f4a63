package packages

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTable: each row has a type of its own, and its paths are as entries write them.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Ecosystems() {
		assert.NotEmpty(t, e.Types)
		for _, kind := range e.Types {
			assert.False(t, seen[kind], "%s twice", kind)
			seen[kind] = true
			assert.Equal(t, e.Types, EcosystemOf(kind).Types)
		}
		dirs := append(append([]string{}, e.Databases...), e.History...)
		for _, c := range e.Caches {
			assert.NotEmpty(t, c.Tool)
			assert.NotEmpty(t, c.Remedy)
			dirs = append(dirs, c.Dir)
		}
		for _, dir := range append(dirs, e.PerPackage...) {
			assert.Equal(t, path.Clean(dir), dir)
			assert.False(t, path.IsAbs(dir), dir)
		}
		for _, m := range e.Managers {
			assert.NotEmpty(t, m.Programs)
			assert.NotEmpty(t, m.Upgrade)
		}
	}
	assert.Equal(t, Ecosystem{}, EcosystemOf("no such type"))
}

// TestDatabases: which files are part of a database, of which system, and whether it
// has an entry for each package.
func TestDatabases(t *testing.T) {
	for _, tt := range []struct {
		kind, file     string
		database       bool // of the image
		root           string
		ok             bool
		perPackageDirs string
	}{
		{"deb", "var/lib/dpkg/status", true, "", true, ""},
		{"deb", "usr/lib/dpkg/status", true, "", true, ""},
		{"deb", "var/lib/dpkg/status.d/base", true, "", true, "var/lib/dpkg/status.d"},
		{"deb", "var/lib/opkg/status", true, "", true, ""},
		{"deb", "srv/root/var/lib/dpkg/status", false, "srv/root", true, ""},
		{"deb", "xvar/lib/dpkg/status", false, "xvar", true, ""}, // lib/dpkg in a directory of that name
		{"deb", "etc/passwd", false, "", false, ""},
		{"deb", "var/lib/dpkg", false, "", false, ""}, // the directory itself
		{"apk", "usr/lib/apk/db/installed", true, "", true, ""},
		{"apk", "a/lib/apk/db/installed", false, "a", true, ""},
		{"rpm", "usr/share/rpm/rpmdb.sqlite", true, "", true, ""},
		{"rpm", "var/lib/dnf/history.sqlite", true, "", false, ""}, // lists no packages
		{"rpm", "var/lib/yum/yumdb/a", true, "", false, ""},
		{"alpm", "var/lib/pacman/local/bash-5.2-1/desc", true, "", true, "var/lib/pacman/local"},
		{"portage", "r/var/db/pkg/sys-apps/a-1/CONTENTS", false, "r", true, "r/var/db/pkg"},
		{"npm", "a/node_modules/b/package.json", false, "", false, ""},
	} {
		e := EcosystemOf(tt.kind)
		assert.Equal(t, tt.database, IsDatabase(tt.file), tt.file)
		root, ok := e.Root(tt.file)
		assert.Equal(t, tt.root, root, tt.file)
		assert.Equal(t, tt.ok, ok, tt.file)
		dir, ok := e.PerPackageDir(tt.file)
		assert.Equal(t, tt.perPackageDirs, dir, tt.file)
		assert.Equal(t, tt.perPackageDirs != "", ok, tt.file)
	}
}

func TestPlaceAndOwnDirectory(t *testing.T) {
	for _, tt := range []struct{ kind, file, name, place, own string }{
		{"python", "a/six-1.dist-info/METADATA", "six", "a", "a/six-1.dist-info"},
		{"python", "a/six-1.EGG-INFO/PKG-INFO", "six", "a", "a/six-1.EGG-INFO"},
		{"python", "a/six-1.egg-info", "six", "a", "a"},
		{"npm", "a/node_modules/b/package.json", "b", "a/node_modules/b", "a/node_modules/b"},
		{"npm", "package.json", "b", ".", ""},
		{"gem", "a/specifications/b-1.gemspec", "b", "a/specifications", "a/gems/b-1"},
		{"gem", "a/b-1.gemspec", "b", "a", ""},
		{"php-composer", "a/vendor/composer/installed.json", "m/n", "a/vendor/composer/installed.json", "a/vendor/m/n"},
		{"conda", "opt/conda/conda-meta/zlib-1.json", "zlib", "opt/conda/conda-meta", ""},
		{"java-archive", "app/a-1.jar", "a", "app", ""},
		{"jenkins-plugin", "app/a-1.hpi", "a", "app", ""},
		{"R-package", "usr/lib/R/library/x/DESCRIPTION", "x", "usr/lib/R/library/x", "usr/lib/R/library/x"},
		{"lua-rocks", "a/b-1.rockspec", "b", "a", "a"},
		{"wordpress-plugin", "a/plugins/b/b.php", "b", "a/plugins/b/b.php", "a/plugins/b"},
		{"homebrew", "a/Cellar/b/1/INSTALL_RECEIPT.json", "b", "a/Cellar/b/1/INSTALL_RECEIPT.json", "a/Cellar/b/1"},
		{"binary", "usr/bin/node", "node", "usr/bin/node", ""},
	} {
		e := EcosystemOf(tt.kind)
		assert.Equal(t, tt.place, e.Place(tt.file), "%s %s", tt.kind, tt.file)
		assert.Equal(t, tt.own, e.OwnDirectory(tt.file, tt.name), "%s %s", tt.kind, tt.file)
	}
}

func FuzzDirectories(f *testing.F) {
	f.Add("deb", "srv/var/lib/dpkg/status.d/x", "x")
	f.Add("php-composer", "vendor/composer/installed.json", "../../..")
	f.Add("gem", "/specifications/", "")
	f.Fuzz(func(t *testing.T, kind, file, name string) {
		e := EcosystemOf(kind)
		if root, ok := e.Root(file); ok {
			assert.True(t, strings.HasPrefix(file, root))
		}
		if dir, ok := e.PerPackageDir(file); ok {
			assert.True(t, strings.HasPrefix(file, dir+"/"))
		}
		_, _ = e.Place(file), e.OwnDirectory(file, name)
	})
}
