package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/sample"
)

// program runs the program and returns what it prints and its exit code.
func program(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), code
}

// truth is what dpkg-query said inside a stage of the sample: package and architecture to version.
func truth(t *testing.T, stage string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../../testdata/chain/expected/" + stage + ".dpkg.tsv")
	require.NoError(t, err)
	all := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); f[3] == "installed" {
			all[f[0]+":"+f[1]] = f[2]
		}
	}
	return all
}

// The sample against each image below it: the chain is kept from there on down, and the packages
// of the distribution differ as dpkg itself says.
func TestSampleAgainstItsParents(t *testing.T) {
	stages, err := sample.Stages()
	require.NoError(t, err)
	require.Len(t, stages, 4)
	f := flags{}
	var reports []*report.Report
	var sets []*needs.Set
	for _, s := range stages {
		r, set, err := f.read(t.Context(), s, nil, io.Discard)
		require.NoError(t, err)
		reports, sets = append(reports, r), append(sets, set)
	}
	app := len(stages) - 1
	want := truth(t, "app")
	for i, stage := range []string{"debian", "toolchain", "runtime", "app"} {
		t.Run(stage, func(t *testing.T) {
			d := diff.New(reports[i], reports[app], &diff.Options{OldNeeds: sets[i], NewNeeds: sets[app]})
			assert.Equal(t, []string{"no program could be read, so what programs would miss is not known"}, d.NotKnown, "the sample's files are skeletons")
			assert.False(t, d.LossesKnown)
			assert.Empty(t, d.Losses)
			n := map[diff.Change]int{}
			for _, a := range d.Ancestors {
				n[a.Change]++
			}
			assert.Equal(t, i+1, n[diff.Kept])
			assert.Equal(t, app-i, n[diff.Added])
			assert.Len(t, d.Ancestors, len(stages))
			assert.Equal(t, i != app, d.Matters())

			was := truth(t, stage)
			for _, p := range d.Packages {
				switch p.Change {
				case diff.Added:
					if p.New[0].Type != "deb" {
						continue
					}
					key := p.Name + ":" + p.New[0].Arch
					assert.Empty(t, was[key], key)
					was[key] = p.New[0].Version
				case diff.Removed:
					key := p.Name + ":" + p.Old[0].Arch
					assert.Equal(t, was[key], p.Old[0].Version, key)
					delete(was, key)
				default:
					if p.New[0].Type == "deb" {
						require.Len(t, p.New, 1)
						key := p.New[0].Name + ":" + p.New[0].Arch
						assert.Equal(t, was[key], p.Old[0].Version, key)
						was[key] = p.New[0].Version
					}
				}
			}
			assert.Equal(t, want, was, "what differs, applied to the old packages, makes the new ones")
		})
	}
}

// archive writes an image into a file.
func archive(t *testing.T, file string, im handmade.Image) string {
	t.Helper()
	ref, err := name.NewTag("example.org/" + strings.TrimSuffix(filepath.Base(file), ".tar"))
	require.NoError(t, err)
	require.NoError(t, tarball.WriteToFile(file, ref, im.Build(t)))
	return file
}

const status = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\n"

// Exit codes and formats, on images whose program needs a library that the other base lacks.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	base := func(more ...handmade.File) handmade.Step {
		return handmade.Step{CreatedBy: "ADD rootfs.tar /", Created: handmade.Day("2025-01-01"), Files: append([]handmade.File{
			{Name: "lib64/ld-linux-x86-64.so.2", Body: string(handmade.ELF{}.Bytes())}, {Name: "var/lib/dpkg/status", Body: status},
		}, more...)}
	}
	libpq := handmade.File{Name: "usr/lib/libpq.so.5", Body: string(handmade.ELF{}.Bytes())}
	api := handmade.Step{CreatedBy: "COPY api /srv/", Created: handmade.Day("2025-02-01"), Files: []handmade.File{
		{Name: "srv/api", Body: string(handmade.ELF{Interpreter: "/lib64/ld-linux-x86-64.so.2", Needed: []string{"libpq.so.5"}}.Bytes())}}}
	cmd := handmade.Step{CreatedBy: `CMD ["/srv/api"]`}
	old := archive(t, dir+"/old.tar", handmade.Image{Steps: []handmade.Step{base(libpq), {CreatedBy: `CMD ["bash"]`}, api, cmd}})
	lean := archive(t, dir+"/lean.tar", handmade.Image{Steps: []handmade.Step{base(), {CreatedBy: `CMD ["bash"]`}}})

	out, errs, code := program(t, "-on", "losses", old, old)
	assert.Equal(t, 0, code, errs)
	assert.Contains(t, out, "Packages: all the same")
	assert.Empty(t, errs, "silent where the output is no terminal")

	out, errs, code = program(t, "-on", "losses", old, lean)
	assert.Equal(t, 1, code, errs)
	assert.Contains(t, strings.Join(strings.Fields(out), " "), "✗ the library libpq.so.5, for srv/api; the old image has it from")

	out, errs, code = program(t, "-on", "packages,new-findings", old, lean)
	assert.Equal(t, 0, code, "%s%s", errs, out)

	out, errs, code = program(t, "-on", "none", "-format", "json", old, lean)
	assert.Equal(t, 0, code, errs)
	var d diff.Diff
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.Len(t, d.Losses, 1)
	assert.Equal(t, []string{"srv/api"}, d.Losses[0].Files)
	assert.True(t, d.Base)

	file := filepath.Join(dir, "comment.md")
	out, errs, code = program(t, "-format", "markdown", "-o", file, old, lean)
	assert.Equal(t, 1, code, errs)
	assert.Empty(t, out)
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(b), "**1 thing** that the program's own files need would be missing")

	out, _, code = program(t, "-no-losses", "-on", "losses", old, lean)
	assert.Equal(t, 0, code)
	assert.NotContains(t, out, "libpq")

	// An image of which a part cannot be read is no proof that nothing differs.
	short := filepath.Join(dir, "short")
	_, err = layout.Write(short, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: handmade.Image{Steps: []handmade.Step{base(libpq), api}}.Build(t)}))
	require.NoError(t, err)
	blobs, err := filepath.Glob(short + "/blobs/sha256/*")
	require.NoError(t, err)
	largest, size := "", int64(0)
	for _, b := range blobs {
		if data, err := os.ReadFile(b); err == nil && int64(len(data)) > size && data[0] != '{' {
			largest, size = b, int64(len(data))
		}
	}
	require.NoError(t, os.Truncate(largest, size/2))
	out, errs, code = program(t, "-on", "none", old, "oci:"+short)
	assert.Equal(t, 3, code, errs)
	assert.Contains(t, strings.Join(strings.Fields(out), " "), "? some of the new image could not be read")
}

func TestWrongCommands(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"one reference":   {[]string{"a"}, "two references or none"},
		"three":           {[]string{"a", "b", "c"}, "two references or none"},
		"flag at the end": {[]string{"./nope.tar", "./nope.tar", "-all"}, "no such file"},
		"empty reference": {[]string{"a", ""}, "a reference is empty"},
		"unknown format":  {[]string{"-format", "html", "a", "b"}, "unknown format"},
		"unknown -on":     {[]string{"-on", "packages,bytes", "a", "b"}, `-on "bytes"`},
		"unknown flag":    {[]string{"-nope"}, "nope"},
		"no such file":    {[]string{"./nope.tar", "./nope.tar"}, "diff: ./nope.tar: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs, code := program(t, tt.args...)
			assert.Equal(t, 2, code)
			assert.Contains(t, errs, tt.says)
			assert.Empty(t, out)
		})
	}
	_, errs, code := program(t, "-h")
	assert.Equal(t, 0, code)
	assert.Contains(t, errs, "usage: diff [flags] [OLD NEW]")
}
