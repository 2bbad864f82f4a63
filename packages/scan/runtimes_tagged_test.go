//go:build tagged

package scan_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// Runtimes of this machine, copied to where somebody who builds his own puts them:
// each must be found with the version that it says itself, in the layer that
// brought it, owned by nobody else, and its tree among the unowned directories.
func TestTaggedRuntimes(t *testing.T) {
	layers := [][]packaged.File{packaged.Text(debian + status("libc6 amd64 2.36-9"))}
	want := map[string]struct {
		layer   int
		version string
	}{}
	for _, r := range []struct{ name, path, version string }{
		{"node", "usr/local/bin/node", "--version"},
		{"python", "opt/python/bin", "--version"},
		{"go", "usr/local/go/bin/go", "version"},
		{"java", "opt/java/bin/java", "--version"},
		{"php", "usr/local/bin/php", "--version"},
	} {
		files, version := runtimeOf(t, r.name, r.path, r.version)
		if files == nil {
			t.Logf("%s is not installed", r.name)
			continue
		}
		want[r.name] = struct {
			layer   int
			version string
		}{len(layers), version}
		layers = append(layers, files)
	}
	require.NotEmpty(t, want)
	layers = append(layers, packaged.Text("-- usr/lib/vendored/a.c --\na\n-- usr/lib/vendored/b.c --\nb\n"))
	_, inv := read(t, packaged.Image(t, layers...))
	assert.Empty(t, inv.Problems)
	for name, w := range want {
		found := false
		for _, p := range inv.Packages {
			if p.State == packages.Present && is(p, name) && versionIs(p.Version, w.version) {
				found = true
				assert.Equal(t, w.layer, p.Layer(), name)
				assert.True(t, p.Bytes.Visible > 0 || p.Bundled != "", name)
				assert.Empty(t, p.Owner, name)
			}
		}
		assert.True(t, found, "%s %s", name, w.version)
	}
	paths := map[string]bool{}
	for _, d := range inv.Unowned {
		paths[d.Path] = true
	}
	t.Log(want, paths, lives(inv))
	assert.True(t, paths["usr/lib/vendored"], "a tree that is no package")
}

// is allows for what a runtime is called.
func is(p packages.Package, name string) bool {
	switch name {
	case "java": // by its vendor and kind
		return p.FoundBy == "java-jvm-cataloger"
	case "php": // of which there are several programs
		return p.Name == "php-cli"
	}
	return p.Name == name
}

// versionIs allows for what a Java release says of its build.
func versionIs(got, want string) bool {
	rest, ok := strings.CutPrefix(got, want)
	return ok && (rest == "" || strings.HasPrefix(rest, "+"))
}

// runtimeOf is an installed runtime and what it says of its version, with the file
// beside it that tells what it is.
func runtimeOf(t *testing.T, name, to, flag string) ([]packaged.File, string) {
	t.Helper()
	command := name
	if name == "python" {
		command = "/usr/bin/python3" // a shim may stand before it
	}
	from, err := exec.LookPath(command)
	if err != nil {
		return nil, ""
	}
	from, err = filepath.EvalSymlinks(from)
	require.NoError(t, err)
	said, err := exec.CommandContext(t.Context(), from, flag).Output()
	require.NoError(t, err)
	version := regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(string(said))
	if name == "python" {
		to += "/" + filepath.Base(from) // python3.11: the version stands in the name, too
	}
	files := []packaged.File{{Path: to, Content: content(t, from)}}
	home, at := filepath.Dir(filepath.Dir(from)), filepath.Dir(filepath.Dir(to))
	switch name {
	case "go":
		files = append(files, packaged.File{Path: at + "/VERSION", Content: content(t, home+"/VERSION")})
	case "java":
		files = append(files, packaged.File{Path: at + "/release", Content: content(t, home+"/release")})
	}
	return files, version
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}
