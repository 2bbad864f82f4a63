package diff_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func text(t testing.TB, d *diff.Diff) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, diff.WriteText(&b, d, nil))
	return b.String()
}

func TestGolden(t *testing.T) {
	old, new := handmade.Pair(t, rules.All())
	d := diff.New(old, new, nil)
	golden.Check(t, "pair.txt", []byte(text(t, d)))
	var b bytes.Buffer
	require.NoError(t, diff.WriteJSON(&b, d))
	golden.Check(t, "pair.json", b.Bytes())
	var back diff.Diff
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	assert.Equal(t, d, &back, "JSON has all of it")
}

// An image is the same as itself.
func TestSame(t *testing.T) {
	for _, r := range []*report.Report{handmade.Sample(t, rules.All()), {}} {
		d := diff.New(r, r, nil)
		assert.False(t, d.Matters())
		assert.Empty(t, d.Packages)
		assert.Empty(t, d.Findings)
		for _, a := range d.Ancestors {
			assert.Equal(t, diff.Kept, a.Change)
			assert.Equal(t, a.Old, a.New)
		}
	}
}

// What one comparison gains the other way round loses.
func TestBackwards(t *testing.T) {
	old, new := handmade.Pair(t, rules.All())
	there, back := diff.New(old, new, nil), diff.New(new, old, nil)
	opposite := map[diff.Change]diff.Change{diff.Added: diff.Removed, diff.Removed: diff.Added, diff.Up: diff.Down, diff.Down: diff.Up, diff.Other: diff.Other, diff.Moved: diff.Moved, diff.Replaced: diff.Replaced, diff.Kept: diff.Kept}
	want := map[string]diff.Change{}
	for _, p := range there.Packages {
		want[p.Name] = opposite[p.Change]
	}
	got := map[string]diff.Change{}
	for _, p := range back.Packages {
		got[p.Name] = p.Change
	}
	assert.Equal(t, want, got)
	assert.Len(t, back.Ancestors, len(there.Ancestors))
	for i, a := range there.Ancestors {
		assert.Equal(t, opposite[a.Change], back.Ancestors[i].Change)
	}
	assert.Len(t, back.Findings, len(there.Findings))
}

// chain is a report of ancestors, the oldest first: NAME or NAME:TAG, and = what it holds.
func chain(t testing.TB, names ...string) *report.Report {
	t.Helper()
	var im handmade.Image
	for i, n := range names {
		n, body, _ := strings.Cut(n, "=")
		repository, tag, _ := strings.Cut(n, ":")
		im.Steps = append(im.Steps, handmade.Step{CreatedBy: fmt.Sprint("RUN ", i), Created: handmade.Day("2025-01-01").AddDate(0, i, 0), Files: []handmade.File{{Name: fmt.Sprint("f", n), Body: body}}})
		im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: repository, Tag: tag, Steps: 1})
	}
	return im.Report(t)
}

func TestAncestors(t *testing.T) {
	for name, tt := range map[string]struct {
		old, new []string
		want     string // the youngest first
	}{
		"same":                         {[]string{"debian=1", "app=1"}, []string{"debian=1", "app=1"}, "kept app/app, kept debian/debian"},
		"the base moved on":            {[]string{"debian:1=1", "app=1"}, []string{"debian:2=2", "app=1"}, "kept app/app, moved debian:1/debian:2"},
		"another base":                 {[]string{"debian=1", "app=1"}, []string{"alpine=2", "app=2"}, "moved app/app, replaced debian/alpine"},
		"one more":                     {[]string{"debian=1", "app=1"}, []string{"debian=1", "python=2", "app=1"}, "kept app/app, added /python, kept debian/debian"},
		"one fewer":                    {[]string{"debian=1", "buildpack=1", "python=1", "app=1"}, []string{"debian=1", "python=1", "app=2"}, "moved app/app, kept python/python, removed buildpack/, kept debian/debian"},
		"an image and its base":        {[]string{"debian=1", "python=1", "app=1"}, []string{"debian=1", "python=1"}, "removed app/, kept python/python, kept debian/debian"},
		"nothing in common":            {[]string{"debian=1", "python=1", "app=1"}, []string{"alpine=1", "job=1"}, "replaced app/job, removed python/, replaced debian/alpine"},
		"names that are not known":     {[]string{"debian=1", "=1", "=2"}, []string{"debian=1", "=3", "=4"}, "moved /, replaced /, kept debian/debian"},
		"another name, the same bytes": {[]string{"debian:12=1", "app=1"}, []string{"debian:bookworm=1", "app=1"}, "kept app/app, moved debian:12/debian:bookworm"},
	} {
		t.Run(name, func(t *testing.T) {
			old, new := chain(t, tt.old...), chain(t, tt.new...)
			name := func(r *report.Report, s *diff.Side) string {
				if s == nil || !s.Known {
					return ""
				}
				return strings.TrimSuffix(r.Ancestors[s.Index].String(), ":latest")
			}
			var got []string
			for _, a := range diff.New(old, new, nil).Ancestors {
				got = append(got, fmt.Sprintf("%s %s/%s", a.Change, name(old, a.Old), name(new, a.New)))
			}
			assert.Equal(t, tt.want, strings.Join(got, ", "))
		})
	}
}

// A rebuild that changes dates, logs and caches alone is the same; one that changes an
// instruction without files is not.
func TestRebuild(t *testing.T) {
	im := func(day, log, cmd string) *report.Report {
		return handmade.Image{Steps: []handmade.Step{
			{CreatedBy: "RUN x", Created: handmade.Day(day), Files: []handmade.File{{Name: "usr/bin/x", Body: "x", Time: handmade.Day(day)}, {Name: "var/log/dpkg.log", Body: log}, {Name: "var/lib/dpkg/status", Body: log}}},
			{CreatedBy: cmd, Created: handmade.Day(day)},
		}, Ancestors: []handmade.Ancestor{{Repository: "app", Steps: 2}}}.Report(t)
	}
	old := im("2025-01-01", "a", "CMD x")
	assert.False(t, diff.New(old, im("2026-01-01", "b", "CMD x"), nil).Matters())
	assert.True(t, diff.New(old, im("2025-01-01", "a", "CMD y"), nil).Matters())
}

// present makes reports of packages, all of one layer, or of the layer after the @.
func present(t testing.TB, list ...packages.Package) *report.Report {
	t.Helper()
	im := handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "ADD", Files: []handmade.File{{Name: "a"}}}, {CreatedBy: "RUN", Files: []handmade.File{{Name: "b"}}}},
		Ancestors: []handmade.Ancestor{{Repository: "base", Steps: 1}, {Repository: "app", Steps: 1}},
		Inventory: &packages.Inventory{Packages: list, Layers: make([]packages.LayerBytes, 2)},
	}
	return im.Report(t)
}

func TestPackages(t *testing.T) {
	deb := func(name, version, source string) packages.Package {
		return handmade.OS("deb", name, version, source, 0)
	}
	apk := func(name, version, source string) packages.Package {
		return handmade.OS("apk", name, version, source, 0)
	}
	rpm := func(name, version, source string) packages.Package {
		return handmade.OS("rpm", name, version, source, 0)
	}
	npm := func(name, version, place string) packages.Package {
		p := handmade.OS("npm", name, version, "", 1)
		p.Arch, p.Locations[0].Path = "", place+"/node_modules/"+name+"/package.json"
		return p
	}
	own := func(p packages.Package) packages.Package {
		p.Events = []packages.Event{{Kind: packages.Introduced, Layer: 1, To: p.Version}}
		return p
	}
	gone := deb("zlib1g", "1", "zlib")
	gone.State = packages.Gone
	for name, tt := range map[string]struct {
		old, new []packages.Package
		want     string
	}{
		"same":                          {[]packages.Package{deb("a", "1", "")}, []packages.Package{deb("a", "1", "")}, ""},
		"up":                            {[]packages.Package{deb("a", "1.9-1", "")}, []packages.Package{deb("a", "1.10-1", "")}, "up a"},
		"down":                          {[]packages.Package{deb("a", "1:1", "")}, []packages.Package{deb("a", "2", "")}, "down a"},
		"added and removed":             {[]packages.Package{deb("a", "1", "")}, []packages.Package{deb("b", "1", "")}, "added b, removed a"},
		"moved":                         {[]packages.Package{deb("a", "1", "")}, []packages.Package{own(deb("a", "1", ""))}, "moved a"},
		"up and moved":                  {[]packages.Package{deb("a", "1", "")}, []packages.Package{own(deb("a", "2", ""))}, "up a moved"},
		"gone is not there":             {[]packages.Package{deb("a", "1", ""), gone}, []packages.Package{deb("a", "1", "")}, ""},
		"two architectures":             {[]packages.Package{deb("a", "1", "")}, []packages.Package{func() packages.Package { p := deb("a", "1", ""); p.Arch = "arm64"; return p }()}, ""},
		"two places":                    {[]packages.Package{npm("x", "1.0.0", "a"), npm("x", "2.0.0", "b")}, []packages.Package{npm("x", "1.0.0", "a"), npm("x", "2.1.0", "b")}, "up x"},
		"other places":                  {[]packages.Package{npm("x", "1.0.0", "a")}, []packages.Package{npm("x", "1.0.0", "b")}, ""},
		"fewer places":                  {[]packages.Package{npm("x", "1.0.0", "a"), npm("x", "1.0.0", "b")}, []packages.Package{npm("x", "1.0.0", "c")}, ""},
		"other versions of several":     {[]packages.Package{npm("x", "1.0.0", "a"), npm("x", "2.0.0", "b")}, []packages.Package{npm("x", "3.0.0", "c")}, "other x"},
		"a library's number":            {[]packages.Package{deb("libssl1.1", "1.1.1w-0", "openssl")}, []packages.Package{deb("libssl3t64", "3.2.2-1", "openssl")}, "up libssl3t64"},
		"a source's number":             {[]packages.Package{deb("gcc-12-base", "12.2.0-14", "gcc-12")}, []packages.Package{deb("gcc-14-base", "14.2.0-19", "gcc-14")}, "up gcc-14-base"},
		"python's number":               {[]packages.Package{deb("libpython3.11-stdlib", "3.11.2-6", "python3.11")}, []packages.Package{deb("libpython3.13-stdlib", "3.13.5-2", "python3.13")}, "up libpython3.13-stdlib"},
		"one source is not one package": {[]packages.Package{deb("eject", "2.38-5", "util-linux")}, []packages.Package{deb("lsfd", "2.38-5", "util-linux")}, "added lsfd, removed eject"},
		"openssl": {[]packages.Package{deb("libssl3", "3.0.15-1", "openssl"), deb("openssl", "3.0.15-1", "")},
			[]packages.Package{apk("libcrypto3", "3.5.1-r0", "openssl"), apk("libssl3", "3.5.1-r0", "openssl")}, "other openssl"},
		"zlib":                    {[]packages.Package{deb("zlib1g", "1:1.2.13", "zlib")}, []packages.Package{rpm("zlib-ng-compat", "2.1.6-3", "zlib-ng-2.1.6-3.el10.src.rpm")}, "other zlib"},
		"xz":                      {[]packages.Package{deb("liblzma5", "5.4.1", "xz-utils")}, []packages.Package{apk("xz-libs", "5.8.1-r0", "xz")}, "other xz"},
		"same name, other system": {[]packages.Package{deb("bash", "5.2.15-2", "")}, []packages.Package{apk("bash", "5.2.37-r0", "")}, "other bash"},
		"python":                  {[]packages.Package{deb("python3.11-minimal", "3.11.2-6", "python3.11")}, []packages.Package{apk("python3", "3.12.11-r0", "")}, "other python3"},
		"not software":            {[]packages.Package{deb("flask", "1", "")}, []packages.Package{{Type: "python", Name: "flask", Version: "1", State: packages.Present, Events: []packages.Event{{Kind: packages.Introduced, Layer: 1, To: "1"}}}}, "added flask, removed flask"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range diff.New(present(t, tt.old...), present(t, tt.new...), nil).Packages {
				s := string(p.Change) + " " + p.Name
				if p.Moved && p.Change != diff.Moved {
					s += " moved"
				}
				got = append(got, s)
			}
			assert.Equal(t, tt.want, strings.Join(got, ", "))
		})
	}
}

func TestFindings(t *testing.T) {
	finding := func(rule, subject string, severity report.Severity, ancestor int) report.Finding {
		return report.Finding{Rule: rule, Subject: subject, Severity: severity, Ancestor: ancestor, Message: subject, Layer: -1, Step: -1}
	}
	old, new := chain(t, "debian:12=1", "app=1"), chain(t, "debian:13=2", "python:3=1", "app=1")
	old.Findings = []report.Finding{
		finding("a", "layer 4 and 5", report.Serious, 0), finding("b", "debian:12", report.Note, 1), finding("c", "x", report.Warning, 0), finding("c", "x", report.Warning, 0), finding("d", "x", report.Warning, -1),
		finding("e", "x", report.Note, 1),
	}
	new.Findings = []report.Finding{
		finding("a", "layer 7", report.Serious, 0), finding("b", "debian:13", report.Warning, 2), finding("c", "x", report.Warning, 0), finding("d", "x", report.Warning, -1), finding("e", "x", report.Note, 1),
	}
	var got []string
	for _, f := range diff.New(old, new, nil).Findings {
		got = append(got, fmt.Sprintf("%s %s %s of %q", f.Change, f.Rule, f.Severity, f.Ancestor))
	}
	assert.Equal(t, []string{`removed c warning of "this image"`, `other b warning of "debian:13"`, `added e note of "python:3"`, `removed e note of "debian:12"`}, got)
}

func TestNotKnown(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "CMD x"}}}
	d := diff.New(im.ConfigReport(t), im.Report(t), nil)
	assert.Equal(t, []string{
		"the layers of the old image were not read, so neither bytes nor files are compared",
		"the packages of the old image were not looked for, so packages are not compared",
		"the packages of the new image were not looked for, so packages are not compared",
	}, d.NotKnown)
	assert.NotContains(t, text(t, d), "all the same")
	partial := present(t)
	partial.Partial = true
	d = diff.New(partial, present(t), nil)
	assert.Contains(t, d.NotKnown, "some of the old image could not be read, so what seems added or removed may be there")
	assert.Contains(t, d.NotKnown, "no package was found in the new image, so packages are not compared")
}

// Hostile text writes no line of its own and no control character.
func TestHostile(t *testing.T) {
	const evil = "a\x1b]0;owned\a\r\n- b\u202e\u0085\xff\t\x00c\u0301"
	old, new := handmade.Pair(t, rules.All())
	for _, r := range []*report.Report{old, new} {
		r.Reference = evil
		for i := range r.Ancestors {
			r.Ancestors[i].Repository += evil
			r.Ancestors[i].Distro.PrettyName = evil
		}
		for i := range r.Inventory.Packages {
			r.Inventory.Packages[i].Name += evil
			r.Inventory.Packages[i].Version += evil
		}
		for i := range r.Findings {
			r.Findings[i].Message = evil
		}
	}
	d := diff.New(old, new, nil)
	d.LossesKnown, d.Losses = true, []diff.Loss{{Kind: "library", Name: evil, At: evil, Ancestor: evil, Files: []string{evil}, Count: 1}}
	var b bytes.Buffer
	require.NoError(t, diff.WriteJSON(&b, d))
	for _, out := range []string{text(t, d), b.String()} {
		for _, c := range out {
			require.False(t, c != '\n' && unicode.IsControl(c), "%q", c)
		}
	}
	for line := range strings.Lines(text(t, d)) {
		assert.NotRegexp(t, `^- b`, line)
	}
}

// However long the chains are, they are compared.
func TestLongChains(t *testing.T) {
	r := func(n int) *report.Report {
		lin := &ancestry.Lineage{}
		for i := range n {
			lin.Ancestors = append(lin.Ancestors, ancestry.Ancestor{Repository: fmt.Sprint("r", i), Confidence: ancestry.Recognised})
		}
		return report.New(nil, lin, nil, nil)
	}
	d := diff.New(r(1000), r(900), nil)
	assert.GreaterOrEqual(t, len(d.Ancestors), 1000)
	assert.Equal(t, 300, len(slices.DeleteFunc(slices.Clone(d.Ancestors), func(a diff.Ancestor) bool { return a.Change != diff.Moved })))
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, diff.WriteText(failing{err}, &diff.Diff{}, nil), err)
	assert.ErrorIs(t, diff.WriteJSON(failing{err}, &diff.Diff{}), err)
}

func BenchmarkNew(b *testing.B) {
	var list [2][]packages.Package
	for i := range 3700 {
		list[0] = append(list[0], handmade.OS("deb", fmt.Sprint("p", i), "1.0-1", "", 0))
		list[1] = append(list[1], handmade.OS("deb", fmt.Sprint("p", i+i%7), "1.0-2", "", 0))
	}
	old, new := present(b, list[0]...), present(b, list[1]...)
	for b.Loop() {
		diff.New(old, new, nil)
	}
}

func Example() {
	lineage := func(tag string) *ancestry.Lineage {
		return &ancestry.Lineage{Ancestors: []ancestry.Ancestor{{Repository: "debian", Tags: []string{tag}, Confidence: ancestry.Recognised}}}
	}
	old := report.New(nil, lineage("12"), nil, &report.Options{Reference: "debian:12"})
	new := report.New(nil, lineage("13"), nil, &report.Options{Reference: "debian:13"})
	for _, a := range diff.New(old, new, nil).Ancestors {
		fmt.Println(a.Change, a.Old.Name, a.New.Name)
	}
	// Output:
	// moved debian:12 debian:13
}

func ExampleWriteText() {
	d := diff.New(&report.Report{Reference: "shop/api:1"}, &report.Report{Reference: "shop/api:2"}, nil)
	d.NotKnown = nil
	if err := diff.WriteText(os.Stdout, d, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// old  shop/api:1
	// new  shop/api:2
	//
	// Ancestors, the youngest first
	//
	// Findings: none is new, and none is gone
}
