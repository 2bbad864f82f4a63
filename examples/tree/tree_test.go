package main

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/rules"
)

// tree runs the program and returns what it prints and its exit code.
func tree(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	if os.Getenv("XDG_CACHE_HOME") == "" { // what the user has fetched is no part of the tests
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
	}
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), code
}

const layout = "oci:../../testdata/sample/image"

func TestSample(t *testing.T) {
	out, errs, code := tree(t, "-v", "-width", "100")
	require.Zero(t, code, errs)
	require.Empty(t, errs, "silent where the output is no terminal")
	for _, want := range []string{
		"example.org/shop/api:2.4.1", "example.org/runtime/node:18", "example.org/build/toolchain:12", "example.org/base/debian:bookworm",
		"built 2026-09-30", "built 2025-08-19", "built 2024-07-23", "built 2023-07-04",
		"layers 13–25", "layers 5–12", "layers 1–4", "layer 0",
		"build-tools", "end-of-life", "shipped-removed", "copy-up", "born-old", "full-upgrade",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\x1b", "no escapes in a pipe")
}

// The first screen of the sample is 25 lines of 100 columns: what was read, the chain, and
// what to do first.
func TestFirstScreen(t *testing.T) {
	out, errs, code := tree(t, "-width", "100")
	require.Zero(t, code, errs)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	assert.Len(t, lines, 25, out)
	for _, l := range lines {
		assert.LessOrEqual(t, utf8.RuneCountInString(l), 100, l)
	}
	assert.Equal(t, "example.org/shop/api:2.4.1 linux/amd64", lines[0])
	for i, want := range []string{
		`^  image +built +age +unpacked +packages  findings$`,
		`^● example.org/shop/api:2.4.1 recognised +2026-09-30 .* 14 MB +77  ▲ 5 • 3$`,
		`^● example.org/runtime/node:18 recorded +2025-08-19 .* 263 MB +337  ▲ 6 • 2$`,
		`^● example.org/build/toolchain:12 recognised  2024-07-23 .* 300 MB +51  ▲ 6$`,
		`^○ example.org/base/debian:bookworm recorded  2023-07-04 .* 170 MB +87  ▲ 1$`,
		`^$`,
		`^what to do first$`,
		`^▲ keep this base for a build stage, and copy the result onto one without build tools$`,
		`^    saves 229 MB · mends build-tools ×5 · you, by another base or a rebuild$`,
	} {
		assert.Regexp(t, want, lines[i+3])
	}
	assert.Equal(t, "not shown: 5 remedies, 23 findings (✗ 0 serious · ▲ 18 warnings · • 5 notes): tree -v", lines[24])

	out, _, _ = tree(t, "-width", "60")
	assert.Len(t, names(out), 4)
	for l := range strings.Lines(out) {
		assert.LessOrEqual(t, utf8.RuneCountInString(l), 61, l)
	}
}

// One reading, several formats: each file is there in full.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	doc, screen := filepath.Join(dir, "report.json"), filepath.Join(dir, "report.txt")
	require.NoError(t, os.WriteFile(screen, []byte("old"), 0o644))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink("report.txt", link))
	out, errs, code := tree(t, "-format", "json="+doc, "-format", "text", "-o", link)
	require.Zero(t, code, errs)
	assert.Empty(t, out)
	f, err := os.Open(doc)
	require.NoError(t, err)
	defer f.Close()
	_, err = json.Decode(f)
	require.NoError(t, err)
	written, err := os.ReadFile(screen)
	require.NoError(t, err)
	assert.Contains(t, string(written), "what to do first")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 3, "no temporary file stays")

	out, errs, code = tree(t, "-format", "json="+doc, "-width", "80")
	require.Zero(t, code, errs)
	assert.Empty(t, out, "nothing was asked for")
	out, _, code = tree(t, "-json", "-format", "text="+screen)
	require.Zero(t, code)
	_, err = json.Decode(strings.NewReader(out))
	require.NoError(t, err)
}

// What cannot be written is told before the image is read, and what was there stays.
func TestFormatErrors(t *testing.T) {
	dir := t.TempDir()
	doc := filepath.Join(dir, "a.json")
	require.NoError(t, os.WriteFile(doc, []byte("old"), 0o644))
	missing := filepath.Join(dir, "no/where")
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown format":    {[]string{"-format", "yaml"}, 2, `unknown format "yaml": one of text, json`},
		"no file":           {[]string{"-format", "json="}, 2, "no file after ="},
		"two for stdout":    {[]string{"-json", "-format", "text"}, 2, "text and json both go to the standard output"},
		"two for one file":  {[]string{"-format", "json=" + doc, "-format", "text=" + dir + "/./a.json"}, 2, "json and text both go to " + doc},
		"nothing for -o":    {[]string{"-format", "json=" + doc, "-o", "x"}, 2, "-o x: every format has a file of its own"},
		"no directory":      {[]string{"-format", "json=" + doc, "-format", "text=" + missing}, 1, missing + ": "},
		"a directory":       {[]string{"-o", dir}, 1, dir + ": cannot write to a directory"},
		"a device":          {[]string{"-o", os.DevNull}, 1, "device"},
		"a dash":            {[]string{"-o", "-"}, 2, "- is no file"},
		"rules as JSON":     {[]string{"-rules", "-format", "json=" + doc}, 2, "write text alone"},
		"version of":        {[]string{"-version", "app.tar"}, 2, "read no image"},
		"platform":          {[]string{"-platform", "arm64"}, 2, "the sample has one platform"},
		"other image":       {[]string{"-other-image"}, 2, "-other-image is for -vulns"},
		"no such catalogue": {[]string{"-catalogue", "./nope.stemma"}, 1, "no such file"},
		"image of no image": {[]string{"-format", "json=" + doc, "./nope.tar"}, 1, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := tree(t, tt.args...)
			assert.Equal(t, tt.code, code)
			assert.Contains(t, errs, tt.says)
			assert.Empty(t, out)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Len(t, left, 1, "no temporary file stays")
			old, err := os.ReadFile(doc)
			require.NoError(t, err)
			assert.Equal(t, "old", string(old))
		})
	}
}

func TestJSON(t *testing.T) {
	out, errs, code := tree(t, "-json")
	require.Zero(t, code, errs)
	doc, err := json.Decode(bytes.NewReader([]byte(out)))
	require.NoError(t, err)
	require.Len(t, doc.Ancestors, 4)
	steps, layers := 0, 0
	for _, a := range doc.Ancestors {
		steps += len(a.Steps)
		layers += len(a.Layers)
		assert.NotEmpty(t, a.Repository)
		assert.NotEmpty(t, a.Evidence)
		assert.False(t, a.Created.IsZero())
	}
	assert.Equal(t, 45, steps, "every step belongs to one ancestor")
	assert.Equal(t, 26, layers, "every layer belongs to one ancestor")
	again, _, _ := tree(t, "-json")
	assert.Equal(t, masked(t, out), masked(t, again), "the same input gives the same output")
}

// masked takes out of a JSON report what differs from one run to the next.
func masked(t *testing.T, s string) map[string]any {
	t.Helper()
	var doc map[string]any
	require.NoError(t, stdjson.Unmarshal([]byte(s), &doc))
	delete(doc, "asOf")
	return doc
}

// catalogueDir lays the chain's Dockerfiles out as a catalogue.
func catalogueDir(t *testing.T) string {
	dir := t.TempDir()
	for from, to := range map[string]string{"1-toolchain": "example.org/build/toolchain/12", "2-runtime": "example.org/runtime/node/18", "3-app": "example.org/shop/api/2.4.1"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, to), 0o755))
		b, err := os.ReadFile(filepath.Join("../../testdata/chain", from, "Dockerfile"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to, "Dockerfile"), b, 0o644))
	}
	return dir
}

// From a layout on disk, with the catalogue as a directory, the tree is that of
// the embedded sample.
func TestCatalogueOfDockerfiles(t *testing.T) {
	out, errs, code := tree(t, "-v", "-dockerfiles", catalogueDir(t), layout)
	require.Zero(t, code, errs)
	sample, _, _ := tree(t, "-v")
	assert.Equal(t, names(sample), names(out))
	assert.Len(t, names(out), 4)
}

// A Dockerfile that cannot be read is reported, and the others still name.
func TestBrokenDockerfile(t *testing.T) {
	dir := catalogueDir(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "broken/1"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken/1/Dockerfile"), []byte("FRM debian\n"), 0o644))
	out, errs, code := tree(t, "-v", "-dockerfiles", dir, layout)
	require.Zero(t, code, errs)
	assert.Contains(t, errs, "broken/1/Dockerfile")
	assert.Contains(t, out, "all 9 instructions of example.org/build/toolchain:12 agree")
}

// With -v the whole tree is shown, with all evidence.
func TestVerbose(t *testing.T) {
	short, _, _ := tree(t, "-width", "100")
	out, errs, code := tree(t, "-v", "-width", "100")
	require.Zero(t, code, errs)
	assert.NotContains(t, short, "for, recorded:")
	assert.Contains(t, out, "for, recorded:")
	assert.Greater(t, len(out), len(short))
}

// What the rules look for is listed without an image.
func TestRules(t *testing.T) {
	out, errs, code := tree(t, "-rules", "-width", "60")
	require.Zero(t, code, errs)
	for _, r := range rules.All() {
		assert.Contains(t, out, r.Name+" · "+r.Severity.String()+"\n  ")
	}
	assert.Equal(t, len(rules.All()), strings.Count(strings.Join(strings.Fields(out), " "), "It is silent "))
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run(ctx, []string{layout}, &out, &errs))
	assert.Equal(t, "tree: interrupted\n", errs.String())
	assert.Empty(t, out.String())
}

// names returns the lines that name an ancestor.
func names(tree string) []string {
	return regexp.MustCompile(`(?m)^[●○] .*$`).FindAllString(tree, -1)
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("this is no image\n"), 0o644))
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"not an image":    {[]string{text}, 1, "notes.txt"},
		"missing file":    {[]string{"./nope.tar"}, 1, "no such file"},
		"unknown scheme":  {[]string{"ftp://example.org/image.tar"}, 1, "ftp"},
		"bad platform":    {[]string{"-platform", "a/b/c/d/e", text}, 1, "platform"},
		"no directory":    {[]string{"-dockerfiles", "./nowhere"}, 1, "-dockerfiles: open ./nowhere"},
		"no catalogue":    {[]string{"-catalogue", "nowhere"}, 1, "there is no file nowhere"},
		"no Dockerfiles":  {[]string{"-dockerfiles", dir}, 1, "no Dockerfile"},
		"two references":  {[]string{"a", "b"}, 2, `one reference at most, and not "b", too`},
		"flag at the end": {[]string{"./nope.tar", "-json"}, 1, "no such file"},
		"empty reference": {[]string{""}, 2, "empty"}, // of a variable that is not set; not the sample
		"unknown flag":    {[]string{"-nope"}, 2, "nope"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := tree(t, tt.args...)
			assert.Equal(t, tt.code, code)
			assert.Contains(t, errs, tt.says)
			assert.Empty(t, out)
			if code == 1 {
				assert.Len(t, bytes.Split(bytes.TrimSpace([]byte(errs)), []byte("\n")), 1, "one line: %q", errs)
			}
		})
	}
}

// A layer whose bytes do not match is reported, and so is all the rest.
func TestPartial(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("../../testdata/sample/image")))
	blobs, err := filepath.Glob(filepath.Join(dir, "blobs/sha256/*"))
	require.NoError(t, err)
	largest, size := "", int64(0)
	for _, b := range blobs {
		if st, err := os.Stat(b); err == nil && st.Size() > size {
			largest, size = b, st.Size()
		}
	}
	require.NoError(t, os.Truncate(largest, size/2))
	out, errs, code := tree(t, "oci:"+dir)
	assert.Equal(t, 3, code, errs)
	assert.Contains(t, out, "partial")
	assert.Len(t, names(out), 4, "the chain is still told")
}
