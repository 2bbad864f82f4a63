//go:build tagged

package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/diff"

	"github.com/stemma-go/stemma/testdata/aptmirror"
)

// A program on a full root, and a slim one as another base: what is said to be missing is what
// the loader of the slim root does not find.
func TestTaggedFullAndSlim(t *testing.T) {
	dir := t.TempDir()
	full := root(t, filepath.Join(dir, "full.tar"), "--include=libpq5,python3-minimal")
	slim := root(t, filepath.Join(dir, "slim.tar"), "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*")
	files := compile(t, dir)
	app := image(t, filepath.Join(dir, "app.tar"), full, files)
	other := image(t, filepath.Join(dir, "other.tar"), slim, nil)
	fullRoot := image(t, filepath.Join(dir, "root.tar"), full, nil)

	d := compared(t, app, other)
	require.True(t, d.Base)
	var got []string
	for _, l := range d.Losses {
		got = append(got, string(l.Kind)+" "+l.Name+" for "+strings.Join(l.Files, " "))
	}
	assert.Equal(t, []string{"command python3 for srv/tool", "library libpq.so.5 for srv/api"}, got)
	checkWithLoader(t, slim, files)

	// Full against slim: the packages are what dpkg has in each, and only documents are fewer.
	d = compared(t, fullRoot, other)
	want := map[string]bool{}
	in := installed(t, slim)
	for _, p := range installed(t, full) {
		if !slices.Contains(in, p) {
			want[p] = true
		}
	}
	require.NotEmpty(t, want)
	removed := map[string]bool{}
	for _, p := range d.Packages {
		if assert.Equal(t, diff.Removed, p.Change, p.Name) && p.Old[0].Type == "deb" {
			removed[p.Name] = true
		}
	}
	assert.Equal(t, want, removed)
	assert.Less(t, d.New.Content, d.Old.Content)
	assert.Empty(t, d.Losses, "the root's own programs find what they need")
}

func compared(t *testing.T, old, new string) *diff.Diff {
	t.Helper()
	start := time.Now()
	out, errs, code := program(t, "-format", "json", old, new)
	require.Equal(t, 1, code, errs)
	t.Logf("%s and %s compared in %v", filepath.Base(old), filepath.Base(new), time.Since(start).Round(time.Millisecond))
	var d diff.Diff
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	return &d
}

// root makes a root archive of Debian bookworm.
func root(t *testing.T, file string, args ...string) string {
	t.Helper()
	args = append(append([]string{"--quiet", "--variant=minbase"}, args...), "bookworm", file, aptmirror.Bookworm(t))
	out, err := exec.CommandContext(t.Context(), "mmdebstrap", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return file
}

// compile makes the program's files: one that needs libpq, one that needs a library of its own, and
// a script. The compiler is told of a library of that name; the root's is the real one.
func compile(t *testing.T, dir string) map[string]string {
	t.Helper()
	src, out := filepath.Join(dir, "src"), filepath.Join(dir, "srv")
	require.NoError(t, os.MkdirAll(src, 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(out, "lib"), 0o755))
	for name, text := range map[string]string{
		"pq.c": "int PQlibVersion(void) { return 0; }", "own.c": "int own(void) { return 1; }",
		"api.c":   "int PQlibVersion(void); int own(void); int main(void) { return PQlibVersion() < own(); }",
		"other.c": "int own(void); int main(void) { return own(); }",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(src, name), []byte(text), 0o644))
	}
	pq, own := filepath.Join(src, "libpq.so.5"), filepath.Join(out, "lib/libown.so")
	for _, args := range [][]string{
		{"-shared", "-fPIC", "-Wl,-soname,libpq.so.5", "-o", pq, "pq.c"},
		{"-shared", "-fPIC", "-Wl,-soname,libown.so", "-o", own, "own.c"},
		{"-o", out + "/api", "api.c", pq, own, "-Wl,-rpath,$ORIGIN/lib"},
		{"-o", out + "/other", "other.c", own, "-Wl,-rpath,$ORIGIN/lib"},
	} {
		cmd := exec.CommandContext(t.Context(), "gcc", args...)
		cmd.Dir = src
		log, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", log)
	}
	require.NoError(t, os.WriteFile(out+"/tool", []byte("#!/usr/bin/env python3\n"), 0o755))
	return map[string]string{"srv/api": out + "/api", "srv/other": out + "/other", "srv/lib/libown.so": own, "srv/tool": out + "/tool"}
}

// image writes an image of a root and files into a docker-archive.
func image(t *testing.T, file, root string, files map[string]string) string {
	t.Helper()
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers"}})
	require.NoError(t, err)
	lower, err := tarball.LayerFromFile(root)
	require.NoError(t, err)
	day := time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)
	adds := []mutate.Addendum{{Layer: lower, History: v1.History{Created: v1.Time{Time: day}, CreatedBy: "/bin/sh -c #(nop) ADD file:00 in / "}},
		{History: v1.History{Created: v1.Time{Time: day}, CreatedBy: `/bin/sh -c #(nop)  CMD ["bash"]`, EmptyLayer: true}}}
	if files != nil {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for at, from := range files {
			body, err := os.ReadFile(from)
			require.NoError(t, err)
			require.NoError(t, w.WriteHeader(&tar.Header{Name: at, Mode: 0o755, Size: int64(len(body)), Typeflag: tar.TypeReg}))
			_, err = w.Write(body)
			require.NoError(t, err)
		}
		require.NoError(t, w.Close())
		upper, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
		require.NoError(t, err)
		adds = append(adds, mutate.Addendum{Layer: upper, History: v1.History{Created: v1.Time{Time: day.AddDate(0, 0, 9)}, CreatedBy: "COPY srv /srv # buildkit", Comment: "buildkit.dockerfile.v0"}})
	}
	img, err = mutate.Append(img, adds...)
	require.NoError(t, err)
	ref, err := name.NewTag("example.org/" + strings.TrimSuffix(filepath.Base(file), ".tar"))
	require.NoError(t, err)
	require.NoError(t, tarball.WriteToFile(file, ref, img))
	return file
}

// checkWithLoader unpacks a root with the program's files, and asks its own loader.
func checkWithLoader(t *testing.T, root string, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "--exclude=./dev/*", "-xf", root).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for at, from := range files {
		body, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(at)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, at), body, 0o755))
	}
	list := func(program string) string {
		out, _ := exec.CommandContext(t.Context(), "chroot", dir, "/lib64/ld-linux-x86-64.so.2", "--list", program).CombinedOutput()
		return string(out)
	}
	assert.Regexp(t, `libpq.so.5: cannot open|libpq.so.5 => not found`, list("/srv/api"))
	assert.NotRegexp(t, "not found|cannot open", list("/srv/other"))
}

// installed are the packages that dpkg has in a root.
func installed(t *testing.T, root string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "tar", "-xOf", root, "./var/lib/dpkg/status").Output()
	require.NoError(t, err)
	var all []string
	for line := range strings.Lines(string(out)) {
		if p, ok := strings.CutPrefix(strings.TrimSpace(line), "Package: "); ok {
			all = append(all, p)
		}
	}
	return all
}
