package reporttest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/reporttest"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestAssertions(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	broken := *r
	broken.Partial = true
	noLayers := *r
	noLayers.Index = nil
	noPackages := *r
	noPackages.Inventory = nil
	for name, tt := range map[string]struct {
		call func(testing.TB) bool
		want []string // parts of what is said; none if the assertion holds
	}{
		"no finding":         {func(t testing.TB) bool { return reporttest.NoFinding(t, r, "unverified") }, nil},
		"a finding":          {func(t testing.TB) bool { return reporttest.NoFinding(t, r, "build-tools") }, []string{"build-tools: ships compilers: gcc-10 [ancestor buildpack-deps:bullseye, layer 1, step 2]\n  remedy: use the -slim", "headers and -dev packages"}},
		"no severe one":      {func(t testing.TB) bool { return reporttest.NoFindingAbove(t, r, report.Serious) }, nil},
		"a severe one":       {func(t testing.TB) bool { return reporttest.NoFindingAbove(t, r, report.Warning) }, []string{"serious: end-of-life: Python 3.8", "serious: end-of-life: Debian 11"}},
		"descends":           {func(t testing.TB) bool { return reporttest.DescendsFrom(t, r, "debian") }, nil},
		"descends by tag":    {func(t testing.TB) bool { return reporttest.DescendsFrom(t, r, "python:3.8.16-bullseye") }, nil},
		"does not":           {func(t testing.TB) bool { return reporttest.DescendsFrom(t, r, "alpine") }, []string{"its chain is unknown (unknown) < python:3.8.16-bullseye (recognised) < buildpack-deps:bullseye (inferred) < debian:bullseye-20230109 (proved)"}},
		"not another tag":    {func(t testing.TB) bool { return reporttest.DescendsFrom(t, r, "python:3.9") }, []string{"does not descend"}},
		"not descends":       {func(t testing.TB) bool { return reporttest.NotDescendsFrom(t, r, "alpine") }, nil},
		"but it does":        {func(t testing.TB) bool { return reporttest.NotDescendsFrom(t, r, "buildpack-deps") }, []string{"descends from buildpack-deps:bullseye, by its layers 1 to 1 (inferred)"}},
		"has package":        {func(t testing.TB) bool { return reporttest.HasPackage(t, r, "deb", "libc6") }, nil},
		"has none":           {func(t testing.TB) bool { return reporttest.HasPackage(t, r, "deb", "curl") }, []string{"the image has no package deb curl"}},
		"removed is not had": {func(t testing.TB) bool { return reporttest.HasPackage(t, r, "", "git") }, []string{"the image has no package git"}},
		"no package":         {func(t testing.TB) bool { return reporttest.NoPackage(t, r, "deb", "clang*") }, nil},
		"removed is gone":    {func(t testing.TB) bool { return reporttest.NoPackage(t, r, "deb", "git") }, nil},
		"of another type":    {func(t testing.TB) bool { return reporttest.NoPackage(t, r, "apk", "libc6") }, nil},
		"a package":          {func(t testing.TB) bool { return reporttest.NoPackage(t, r, "deb", "gcc*") }, []string{"the image has the package deb gcc-10 10.2.1-6 [ancestor buildpack-deps:bullseye, layer 1, step 2]"}},
		"a bad pattern":      {func(t testing.TB) bool { return reporttest.NoPackage(t, r, "deb", "[") }, []string{"syntax error in pattern"}},
		"packages not asked": {func(t testing.TB) bool { return reporttest.NoPackage(t, &noPackages, "deb", "gcc") }, []string{"without packages"}},
		"size":               {func(t testing.TB) bool { return reporttest.MaxSize(t, r, 8<<20) }, nil},
		"too big":            {func(t testing.TB) bool { return reporttest.MaxSize(t, r, 1<<20) }, []string{"the image has 7.4 MB, more than 1.0 MB: unknown 2.9 MB, python:3.8.16-bullseye 1.4 MB"}},
		"size not known":     {func(t testing.TB) bool { return reporttest.MaxSize(t, &noLayers, 8<<20) }, []string{"without layers"}},
		"as well another":    {func(t testing.TB) bool { return reporttest.NotDescendsFrom(t, r, "python:3.8") }, []string{"may descend from python:3.8: its ancestor python:3.8.16-bullseye may as well be that"}},
		"complete":           {func(t testing.TB) bool { return reporttest.Complete(t, r) }, nil},
		"partial":            {func(t testing.TB) bool { return reporttest.Complete(t, &broken) }, []string{"could not be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{TB: t}
			assert.Equal(t, len(tt.want) == 0, tt.call(rec))
			if assert.Len(t, rec.said, len(tt.want)) {
				for i, w := range tt.want {
					assert.True(t, strings.Contains(rec.said[i], w), "%q is not in %q", w, rec.said[i])
				}
			}
		})
	}
	rec := &recorder{TB: t}
	assert.False(t, reporttest.NoFinding(rec, r))
	assert.Len(t, rec.said, len(r.Findings), "without names, all rules")
}

// What an image calls a file can't write a line of its own, nor reach the terminal.
func TestFailuresArePrintable(t *testing.T) {
	r := &report.Report{Findings: []report.Finding{{Rule: "add-remote", Message: "adds\nok\x1b[2J", Layer: -1, Step: -1, Ancestor: -1}},
		Ancestors: []report.Ancestor{{Ancestor: ancestry.Ancestor{Repository: "a\x1b[2J\nb"}}}}
	rec := &recorder{TB: t}
	assert.False(t, reporttest.NoFinding(rec, r))
	assert.False(t, reporttest.DescendsFrom(rec, r, "debian"))
	assert.Equal(t, []string{
		`note: add-remote: adds ok\x1b[2J` + "\n  remedy: ",
		`the image does not descend from debian; its chain is a\x1b[2J b (unknown)`,
	}, rec.said)
}

// What is not known holds no assertion.
func TestNotKnown(t *testing.T) {
	r := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY app /", Files: []handmade.File{{Name: "app"}}}},
		Inventory: &packages.Inventory{}, Options: report.Options{Rules: rules.All()}}.Report(t)
	rec := &recorder{TB: t}
	assert.False(t, reporttest.NoFinding(rec, r, "born-old"))
	assert.False(t, reporttest.NoPackage(rec, r, "deb", "gcc"))
	if assert.Len(t, rec.said, 2) {
		assert.Contains(t, rec.said[0], "note: unknown: no build date is known: the date of this image is not recorded")
		assert.Contains(t, rec.said[1], "which are there is not known")
	}
}

// Of an unknown ancestor nobody can say what it is not.
func TestNotDescendsFromUnknown(t *testing.T) {
	r := handmade.Sample(t, nil)
	r.Ancestors[2].Repository = ""
	rec := &recorder{TB: t}
	assert.False(t, reporttest.NotDescendsFrom(rec, r, "alpine"))
	assert.Equal(t, []string{"the image may descend from alpine: its ancestor of steps 2 to 2 is unknown"}, rec.said)
}
