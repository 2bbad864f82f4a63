package diff_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/report/markdown"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

const glibc = "/lib64/ld-linux-x86-64.so.2"

func elf(f handmade.ELF) string { return string(f.Bytes()) }

// needing reports on an image of a base and of own files, with what its programs need.
func needing(t *testing.T, name string, config v1.Config, base, own []handmade.File) (*report.Report, *needs.Set) {
	t.Helper()
	im := handmade.Image{
		Config:    config,
		Steps:     []handmade.Step{{CreatedBy: "ADD", Files: base}},
		Ancestors: []handmade.Ancestor{{Repository: name, Steps: 1, Distro: ancestry.Distro{ID: name}}},
		Options:   report.Options{Reference: name},
	}
	if own != nil {
		im.Steps = append(im.Steps, handmade.Step{CreatedBy: "COPY", Files: own})
		im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: "shop/api", Steps: 1})
		im.Options.Reference = "shop/api"
	}
	c := needs.New()
	idx, err := layers.Read(t.Context(), im.Build(t), &layers.Options{Wants: []layers.Want{c.Want()}})
	require.NoError(t, err)
	return im.Join(idx, idx.Steps), c.Set(idx)
}

// debian is a small glibc base, with more files.
func debian(version string, more ...handmade.File) []handmade.File {
	return append([]handmade.File{
		{Name: "lib", Link: "usr/lib"},
		{Name: "lib64/ld-linux-x86-64.so.2", Body: elf(handmade.ELF{})},
		{Name: "usr/lib/x86_64-linux-gnu/libc.so.6", Body: elf(handmade.ELF{Defines: []string{"GLIBC_2.34", version}})},
		{Name: "usr/bin/env", Body: "x"}, {Name: "usr/bin/dash", Body: "x"}, {Name: "bin/sh", Link: "../usr/bin/dash"},
	}, more...)
}

var (
	libpq  = handmade.File{Name: "usr/lib/x86_64-linux-gnu/libpq.so.5", Body: elf(handmade.ELF{Needed: []string{"libc.so.6"}})}
	python = handmade.File{Name: "usr/bin/python3", Body: elf(handmade.ELF{Interpreter: glibc})}
	bash   = handmade.File{Name: "usr/bin/bash", Body: elf(handmade.ELF{Interpreter: glibc})}
	alpine = []handmade.File{{Name: "lib/ld-musl-x86_64.so.1", Body: elf(handmade.ELF{})}, {Name: "lib/libc.musl-x86_64.so.1", Link: "ld-musl-x86_64.so.1"}, {Name: "bin/busybox", Body: "x"}, {Name: "bin/sh", Link: "busybox"}, {Name: "usr/bin/env", Link: "/bin/busybox"}}
	// what the program itself consists of
	own = []handmade.File{
		{Name: "srv/api", Body: elf(handmade.ELF{Interpreter: glibc, Needed: []string{"libpq.so.5", "libown.so", "libc.so.6"}, RunPath: "$ORIGIN/lib", Versions: map[string][]string{"libc.so.6": {"GLIBC_2.34", "GLIBC_2.36"}}})},
		{Name: "srv/lib/libown.so", Body: elf(handmade.ELF{Needed: []string{"libc.so.6", "libnever.so"}})},
		{Name: "srv/tool", Body: "#!/usr/bin/env python3\n"},
		{Name: "srv/start", Body: "#!/bin/bash\nexec /srv/api\n"},
		{Name: "srv/link", Link: "start"},
		{Name: "srv/static", Body: string(elf(handmade.ELF{}))},
		{Name: "srv/readme", Body: "text"},
	}
)

func TestLosses(t *testing.T) {
	full := debian("GLIBC_2.36", libpq, python, bash)
	for name, tt := range map[string]struct {
		base []handmade.File
		want []string
	}{
		"the same":            {full, nil},
		"a newer one":         {debian("GLIBC_2.36", libpq, python, bash, handmade.File{Name: "etc/more"}), nil},
		"without libpq":       {debian("GLIBC_2.36", python, bash), []string{"library libpq.so.5: srv/api"}},
		"without python":      {debian("GLIBC_2.36", libpq, bash), []string{"command python3: srv/tool"}},
		"without bash":        {debian("GLIBC_2.36", libpq, python), []string{"interpreter /bin/bash: srv/start"}},
		"an older glibc":      {debian("GLIBC_2.31", libpq, python, bash), []string{"version libc.so.6 GLIBC_2.36: srv/api"}},
		"libpq elsewhere":     {debian("GLIBC_2.36", handmade.File{Name: "opt/pg/libpq.so.5", Body: libpq.Body}, python, bash), []string{"library libpq.so.5: srv/api"}},
		"libpq by ld.so.conf": {debian("GLIBC_2.36", handmade.File{Name: "opt/pg/libpq.so.5", Body: libpq.Body}, handmade.File{Name: "etc/ld.so.conf.d/pg.conf", Body: "/opt/pg\n"}, python, bash), nil},
		"musl":                {alpine, []string{"interpreter /bin/bash: srv/start", "interpreter /lib64/ld-linux-x86-64.so.2: srv/api", "command python3: srv/tool", "library libc.so.6: srv/lib/libown.so", "library libpq.so.5: srv/api"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := v1.Config{Entrypoint: []string{"/srv/start"}}
			old, oldNeeds := needing(t, "full", config, append([]handmade.File{{Name: "bin/bash", Link: "../usr/bin/bash"}}, full...), own)
			base := tt.base
			if name != "musl" && name != "without bash" {
				base = append([]handmade.File{{Name: "bin/bash", Link: "../usr/bin/bash"}}, base...)
			}
			new, newNeeds := needing(t, "other", v1.Config{Cmd: []string{"bash"}}, base, nil)
			d := diff.New(old, new, &diff.Options{OldNeeds: oldNeeds, NewNeeds: newNeeds})
			require.True(t, d.LossesKnown)
			assert.True(t, d.Base, "it is told that the other is a base")
			var got []string
			for _, l := range d.Losses {
				got = append(got, fmt.Sprintf("%s %s: %s", l.Kind, l.Name, strings.Join(l.Files, " ")))
				assert.Equal(t, "full:latest", strings.TrimSuffix(l.Ancestor, ":latest")+":latest", "who had it")
				assert.NotEmpty(t, l.At)
				assert.Equal(t, len(l.Files), l.Count)
			}
			assert.Equal(t, tt.want, got)

			// The same base below the same files, built: another way to ask the same.
			new, newNeeds = needing(t, "other", config, base, own)
			d = diff.New(old, new, &diff.Options{OldNeeds: oldNeeds, NewNeeds: newNeeds})
			assert.False(t, d.Base, "it is told that the other is a build of the program")
			got = nil
			for _, l := range d.Losses {
				got = append(got, fmt.Sprintf("%s %s: %s", l.Kind, l.Name, strings.Join(l.Files, " ")))
			}
			assert.Equal(t, tt.want, got, "built")
		})
	}
}

// The losses are said with the files, in text and in Markdown.
func TestLossesAreSaid(t *testing.T) {
	old, oldNeeds := needing(t, "debian", v1.Config{}, debian("GLIBC_2.36", libpq, python, bash), own)
	new, newNeeds := needing(t, "slim", v1.Config{}, debian("GLIBC_2.36", python, bash), nil)
	d := diff.New(old, new, &diff.Options{OldNeeds: oldNeeds, NewNeeds: newNeeds})
	assert.True(t, d.Matters())
	assert.Contains(t, text(t, d), `What the old image's own programs need, and would not find on the new one as their base
  ✗ the library libpq.so.5, for srv/api; the old image has it from debian:
    usr/lib/x86_64-linux-gnu/libpq.so.5
`)
	var b bytes.Buffer
	require.NoError(t, markdown.WriteDiff(&b, d, nil))
	assert.Contains(t, b.String(), "- **1 thing** that the program's own files need would be missing on this image as their base.\n")
	assert.Contains(t, b.String(), "- The library libpq.so.5, for srv/api; the old image has it from debian: usr/lib/x86\\_64-linux-gnu/libpq.so.5\n")
	d = diff.New(old, old, &diff.Options{OldNeeds: oldNeeds, NewNeeds: oldNeeds})
	assert.Contains(t, text(t, d), "The new image's own programs find all that they found before\n")
	assert.NotContains(t, text(t, diff.New(old, new, nil)), "find all", "nothing is said where nothing was looked for")
}

// What the container starts is looked for, too.
func TestStart(t *testing.T) {
	files := []handmade.File{{Name: "srv/app.py", Body: "print()"}}
	old, oldNeeds := needing(t, "debian", v1.Config{Entrypoint: []string{"python3", "/srv/app.py"}}, debian("GLIBC_2.36", python), files)
	new, newNeeds := needing(t, "slim", v1.Config{}, debian("GLIBC_2.36"), nil)
	d := diff.New(old, new, &diff.Options{OldNeeds: oldNeeds, NewNeeds: newNeeds})
	require.Len(t, d.Losses, 1)
	assert.Equal(t, "the command python3, for the container's start; the old image has it from debian: usr/bin/python3", diff.LossText(d.Losses[0]))
}

// Twenty files are named, and the others counted.
func TestManyFiles(t *testing.T) {
	var many []handmade.File
	for i := range 50 {
		many = append(many, handmade.File{Name: fmt.Sprintf("srv/p%02d", i), Body: elf(handmade.ELF{Interpreter: glibc, Needed: []string{"libpq.so.5"}})})
	}
	old, oldNeeds := needing(t, "debian", v1.Config{}, debian("GLIBC_2.36", libpq), many)
	new, newNeeds := needing(t, "slim", v1.Config{}, debian("GLIBC_2.36"), nil)
	d := diff.New(old, new, &diff.Options{OldNeeds: oldNeeds, NewNeeds: newNeeds})
	require.Len(t, d.Losses, 1)
	assert.Len(t, d.Losses[0].Files, 20)
	assert.Equal(t, 50, d.Losses[0].Count)
	assert.Contains(t, diff.LossText(d.Losses[0]), "srv/p19 and 30 more files")
}

// A build that has moved its files elsewhere is a build all the same, if its name says so.
func TestMovedFiles(t *testing.T) {
	var moved []handmade.File
	for _, f := range own {
		f.Name = "app" + strings.TrimPrefix(f.Name, "srv")
		moved = append(moved, f)
	}
	old, oldNeeds := needing(t, "debian", v1.Config{}, debian("GLIBC_2.36", libpq, python, bash), own)
	new, newNeeds := needing(t, "slim", v1.Config{}, debian("GLIBC_2.36", python, bash), moved)
	d := diff.New(old, new, &diff.Options{OldNeeds: oldNeeds, NewNeeds: newNeeds})
	assert.False(t, d.Base)
	require.Len(t, d.Losses, 1)
	assert.Equal(t, []string{"app/api"}, d.Losses[0].Files)
}

// What the own layers brought comes along to another base, and is no difference.
func TestAnotherBase(t *testing.T) {
	report := func(ancestors []handmade.Ancestor, list ...packages.Package) *report.Report {
		im := handmade.Image{Ancestors: ancestors, Inventory: &packages.Inventory{Packages: list, Layers: make([]packages.LayerBytes, 2)}, Options: report.Options{Rules: rules.All()}}
		for i := range ancestors {
			im.Steps = append(im.Steps, handmade.Step{CreatedBy: fmt.Sprint("RUN ", i), Files: []handmade.File{{Name: fmt.Sprint("f", i), Size: 1000}}})
		}
		return im.Report(t)
	}
	base := []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}}
	slim := []handmade.Ancestor{{Repository: "debian", Tag: "12-slim", Steps: 1}}
	libc, tzdata, flask := handmade.OS("deb", "libc6", "2.36-9", "glibc", 0), handmade.OS("deb", "tzdata", "2025b-0", "", 0), handmade.OS("deb", "flask", "1", "", 1)
	d := diff.New(report(append(base, handmade.Ancestor{Repository: "shop/api", Steps: 1}), libc, tzdata, flask), report(slim, libc), &diff.Options{Base: true})
	require.Len(t, d.Packages, 1)
	assert.Equal(t, "tzdata", d.Packages[0].Name)
	assert.Empty(t, d.Findings)
	assert.Equal(t, int64(1000), d.Old.Content)
	assert.Equal(t, 2, d.Old.Packages)
	assert.Equal(t, 1, d.Old.Layers)
}
