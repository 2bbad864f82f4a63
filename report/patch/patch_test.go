package patch_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/index"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// The ancestors of the chain, by their index in the report.
const (
	own = iota
	python
	deps
	debian
)

// A pkg is a package of the chain, in the layer of the ancestor that has its index.
type pkg struct {
	kind, name, version string
	ancestor            int
}

var chainPackages = []pkg{
	{"deb", "libc6", "2.36-9+deb12u4", debian},
	{"deb", "libssl-dev", "3.0.11-1", deps},
	{"python", "pip", "23.0", python},
	{"deb", "curl", "7.88.1-10", own},
}

// chain is a chain of four, each with one layer, built on the days of built, the oldest first.
func chain(t testing.TB, built [4]string, pkgs []pkg) *report.Report {
	t.Helper()
	by := []string{"ADD rootfs / # buildkit", "RUN apt-get install libssl-dev # buildkit", "RUN make install # buildkit", "RUN apt-get install curl # buildkit"}
	im := handmade.Image{Ancestors: []handmade.Ancestor{
		{Repository: "debian", Tag: "bookworm", Steps: 1, Distro: ancestry.Distro{ID: "debian", VersionID: "12", Codename: "bookworm", PrettyName: "Debian GNU/Linux 12 (bookworm)"}},
		{Repository: "buildpack-deps", Tag: "bookworm", Steps: 1},
		{Repository: "python", Tag: "3.8-bookworm", Steps: 1},
		{Steps: 1},
	}, Inventory: &packages.Inventory{}}
	for i, day := range built {
		im.Steps = append(im.Steps, handmade.Step{CreatedBy: by[i], Comment: handmade.BuildKit, Created: handmade.Day(day),
			Files: []handmade.File{{Name: fmt.Sprintf("%d", i)}}})
	}
	for _, p := range pkgs {
		im.Inventory.Packages = append(im.Inventory.Packages, packages.Package{Type: p.kind, Name: p.name, Version: p.version, Arch: "amd64", State: packages.Present,
			Events: []packages.Event{{Kind: packages.Introduced, Layer: debian - p.ancestor, To: p.version}}})
	}
	return im.ConfigReport(t)
}

func oldChain(t testing.TB) *report.Report {
	return chain(t, [4]string{"2023-12-01", "2023-12-02", "2023-12-03", "2024-01-10"}, chainPackages)
}

// exampleReports are those of the Example.
func exampleReports() (r, base *report.Report) {
	t := &testing.T{}
	r = oldChain(t)
	vulnerable(r, "libc6", "2.36-9+deb12u7")
	vulnerable(r, "libssl-dev", "3.0.13-1")
	vulnerable(r, "curl", "7.88.1-10+deb12u5")
	vulnerable(r, "pip", "")
	return r, chain(t, [4]string{"2024-05-01", "2024-05-01", "2024-05-01", "2024-05-01"}, []pkg{{"deb", "libc6", "2.36-9+deb12u7", debian}, {"deb", "libssl-dev", "3.0.13-1", deps}})
}

// vulnerable gives a report one vulnerability of a package.
func vulnerable(r *report.Report, name, fixed string) *report.Vulnerability {
	if r.Vulnerabilities == nil {
		r.Vulnerabilities = &report.Vulnerabilities{}
	}
	v := report.Vulnerability{ID: "CVE-2024-1", Rating: report.High, Package: -1, Layer: layers.None, Ancestor: -1, Name: name, Type: "deb"}
	if fixed != "" {
		v.Fixed, v.Status = []string{fixed}, report.FixReleased
	}
	for i, p := range r.Inventory.Packages {
		if p.Name == name {
			v.Package, v.Layer, v.Version, v.Type, v.State = i, p.Layer(), p.Version, p.Type, p.State
			v.Ancestor = r.AncestorOf(v.Layer)
		}
	}
	r.Vulnerabilities.List = append(r.Vulnerabilities.List, v)
	return &r.Vulnerabilities.List[len(r.Vulnerabilities.List)-1]
}

// debianIndex is an index of bookworm, of a day, with versions of packages.
func debianIndex(t testing.TB, day string, versions map[string]string) *index.Index {
	t.Helper()
	return indexOf(t, day, versions, "bookworm-security", "bookworm-updates", "bookworm")
}

// indexOf is one of some suites. The versions are in the last of them.
func indexOf(t testing.TB, day string, versions map[string]string, suites ...string) *index.Index {
	t.Helper()
	dir := ""
	root := t.TempDir()
	for _, suite := range suites {
		dir = filepath.Join(root, "dists", suite)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Release"), []byte("Origin: Debian\nCodename: "+suite+"\nDate: "+handmade.Day(day).Format(time.RFC1123)+"\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Packages"), nil, 0o600))
	}
	var b strings.Builder
	for name, version := range versions {
		fmt.Fprintf(&b, "Package: %s\nVersion: %s\nArchitecture: amd64\n\n", name, version)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Packages"), []byte(b.String()), 0o600))
	x, err := index.Open(t.Context(), index.System{ID: "debian", VersionID: "12", Codename: "bookworm", Arch: "amd64"}, []string{filepath.Dir(filepath.Dir(dir))}, nil)
	require.NoError(t, err)
	return x
}

// newer are today's images, each with its libc6.
func newer(t testing.TB, built, base, middle, top string) patch.Newer {
	n := patch.Newer{}
	for name, version := range map[string]string{"debian:bookworm": base, "buildpack-deps:bookworm": middle, "python:3.8-bookworm": top} {
		if version != "" {
			n[name] = chain(t, [4]string{built, built, built, built}, []pkg{{"deb", "libc6", version, debian}})
		}
	}
	return n
}

func went(on string) *ancestry.Standing {
	return &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), Superseded: &ancestry.Succession{On: handmade.Day(on), Now: "x",
		Name: ancestry.Name{Repository: "tag", Tags: []string{"that-went-on"}}}}
}

// Each of the states is told where it is one, by packages of today's images, and by days.
func TestStates(t *testing.T) {
	const old, fixed = "2.36-9+deb12u4", "2.36-9+deb12u7"
	for name, tt := range map[string]struct {
		pkg, fixed string // libc6, if not said
		on         string // the day of the fix, as the scanner says
		status     report.FixStatus
		index      map[string]string
		newer      patch.Newer
		standings  map[int]*ancestry.Standing

		want     report.PatchState
		ancestor int
		why, act string
		by       report.Mender
		sure     bool
	}{
		"no fix": {fixed: "-", status: report.FixRefused,
			want: report.PatchNone, ancestor: -1, why: "the distribution will not fix it"},
		"no fix, and nothing said": {fixed: "-",
			want: report.PatchNone, ancestor: -1, why: "the scanner names none"},
		"not published": {index: map[string]string{"libc6": "2.36-9+deb12u6"},
			want: report.PatchUnpublished, ancestor: -1, why: "fixed in 2.36-9+deb12u7; the newest of the distribution is 2.36-9+deb12u6",
			act: "wait for Debian GNU/Linux 12 (bookworm) to publish the fixed versions", by: report.Publisher, sure: true},
		"installer not rebuilt, by packages": {newer: newer(t, "2024-05-01", old, old, old),
			want: report.PatchInstaller, ancestor: debian, why: "today's debian:bookworm still has 2.36-9+deb12u4",
			act: "wait until debian:bookworm is rebuilt", by: report.Publisher, sure: true},
		"next link, by packages": {newer: newer(t, "2024-05-01", fixed, old, old),
			want: report.PatchNextLink, ancestor: deps, why: "today's buildpack-deps:bookworm still has 2.36-9+deb12u4",
			act: "wait until buildpack-deps:bookworm is rebuilt", by: report.Publisher, sure: true},
		"the link after, by packages": {newer: newer(t, "2024-05-01", fixed, fixed, old),
			want: report.PatchNextLink, ancestor: python, why: "today's python:3.8-bookworm still has 2.36-9+deb12u4",
			act: "wait until python:3.8-bookworm is rebuilt", by: report.Publisher, sure: true},
		"pull, by packages of the base alone": {newer: newer(t, "2024-05-01", "", "", "2.36-9+deb12u9"),
			want: report.PatchPull, ancestor: python, why: "today's python:3.8-bookworm has 2.36-9+deb12u9",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase, sure: true},
		"the base has it not, and nothing is known below": {newer: newer(t, "2024-05-01", "", "", old),
			want: report.PatchNotKnown, ancestor: debian, why: "which link holds it; today's python:3.8-bookworm still has 2.36-9+deb12u4",
			act: "wait until python:3.8-bookworm is rebuilt", by: report.Publisher, sure: true},
		"own step": {pkg: "curl", fixed: "7.88.1-10+deb12u5",
			want: report.PatchOwnStep, ancestor: own, why: "fixed in 7.88.1-10+deb12u5, by the scanner's word",
			act: "take the fixed versions in your step 3", by: report.OwnSteps, sure: true},
		"own step, not published": {pkg: "curl", fixed: "7.88.1-10+deb12u5", index: map[string]string{"curl": "7.88.1-10+deb12u4"},
			want: report.PatchUnpublished, ancestor: -1, why: "fixed in 7.88.1-10+deb12u5; the newest of the distribution is 7.88.1-10+deb12u4",
			act: "wait for Debian GNU/Linux 12 (bookworm) to publish the fixed versions", by: report.Publisher, sure: true},
		"own step, published": {pkg: "curl", fixed: "7.88.1-10+deb12u5", index: map[string]string{"curl": "7.88.1-10+deb12u6"},
			want: report.PatchOwnStep, ancestor: own, why: "the distribution has 7.88.1-10+deb12u6",
			act: "take the fixed versions in your step 3", by: report.OwnSteps, sure: true},
		"the package of another archive": {pkg: "curl", fixed: "7.88.1-10+deb12u5", index: map[string]string{"curl": "7.74.0-1"},
			want: report.PatchOwnStep, ancestor: own, why: "fixed in 7.88.1-10+deb12u5, by the scanner's word; the index has nothing newer than 7.74.0-1, so the package is another archive's",
			act: "take the fixed versions in your step 3", by: report.OwnSteps, sure: true},
		"the versions of source and package differ": {fixed: "1.204", newer: newer(t, "2024-05-01", fixed, fixed, fixed),
			want: report.PatchNotKnown, ancestor: debian, why: "whether debian:bookworm was rebuilt since: the date of its newest build is not known",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase},
		"the base is no longer built, and its last build has it": {newer: newer(t, "2024-05-01", "", "", fixed),
			standings: map[int]*ancestry.Standing{python: {AsOf: handmade.Day("2026-08-21"), Abandoned: handmade.Day("2024-11-01")}},
			want:      report.PatchPull, ancestor: python, why: "today's python:3.8-bookworm has 2.36-9+deb12u7",
			act: "rebuild on the last build of python:3.8-bookworm (docker build --pull), and leave it: no other will follow", by: report.OtherBase, sure: true},
		"nothing is known of the chain": {
			want: report.PatchNotKnown, ancestor: debian, why: "whether debian:bookworm was rebuilt since: nothing that is known here follows its tags",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase},
		"nobody knows the ancestor": {pkg: "gone",
			want: report.PatchNotKnown, ancestor: -1, why: "which ancestor installed the package"},

		"pull, by days": {on: "2024-02-01", standings: map[int]*ancestry.Standing{debian: went("2024-02-10"), deps: went("2024-02-20"), python: went("2024-03-01")},
			want: report.PatchPull, ancestor: python, why: "python:3.8-bookworm was rebuilt on 2024-03-01, the fix was there on 2024-02-01",
			act: "rebuild on a current tag:that-went-on (docker build --pull, or a newer digest)", by: report.OtherBase, sure: true},
		"the day of the index counts as the fix's": {index: map[string]string{"libc6": fixed}, standings: map[int]*ancestry.Standing{debian: went("2024-07-10"), deps: went("2024-07-20"), python: went("2024-08-01")},
			want: report.PatchPull, ancestor: python, why: "python:3.8-bookworm was rebuilt on 2024-08-01, the fix was there on 2024-06-29",
			act: "rebuild on a current tag:that-went-on (docker build --pull, or a newer digest)", by: report.OtherBase, sure: true},
		"rebuilt, and no day of the fix": {standings: map[int]*ancestry.Standing{debian: went("2024-02-10")},
			want: report.PatchNotKnown, ancestor: debian, why: "whether debian:bookworm, rebuilt on 2024-02-10, has the fix: nothing says on which day the fix was published",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase},
		"rebuilt too soon after": {on: "2024-02-05", standings: map[int]*ancestry.Standing{debian: went("2024-02-10")},
			want: report.PatchNotKnown, ancestor: debian, why: "whether debian:bookworm has the fix: it was rebuilt on 2024-02-10, and the fix is known to be there since 2024-02-05, perhaps earlier",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase},
		"the next one's days do not tell": {on: "2024-02-01", standings: map[int]*ancestry.Standing{debian: went("2024-02-10"), deps: went("2024-02-11")},
			want: report.PatchNotKnown, ancestor: deps, why: "whether buildpack-deps:bookworm has the fix: it was rebuilt on 2024-02-11, and what it stands on on 2024-02-10",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase},
		"no trace of a rebuild": {on: "2024-02-01", standings: map[int]*ancestry.Standing{debian: {AsOf: handmade.Day("2026-08-21")}},
			want: report.PatchNotKnown, ancestor: debian, why: "whether debian:bookworm was rebuilt since: a build of the same Dockerfile leaves no trace in what follows its tags",
			act: "rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)", by: report.OtherBase},
		"a version that the Dockerfile chooses": {pkg: "pip", fixed: "23.3", on: "2024-02-01", standings: map[int]*ancestry.Standing{python: went("2025-01-01")},
			want: report.PatchNotKnown, ancestor: python, why: "whether python:3.8-bookworm, rebuilt on 2025-01-01, has the fix: its Dockerfile chooses the version",
			act: "rebuild on a current tag:that-went-on (docker build --pull, or a newer digest)", by: report.OtherBase},
		"the base is no longer built": {standings: map[int]*ancestry.Standing{python: {AsOf: handmade.Day("2026-08-21"), Abandoned: handmade.Day("2024-11-01")}},
			want: report.PatchNotKnown, ancestor: debian, why: "whether debian:bookworm was rebuilt since: nothing that is known here follows its tags",
			act: "move to a tag of python that is still built, or to another image if none is", by: report.OtherBase},
		"what the base stands on is no longer built": {newer: newer(t, "2024-05-01", fixed, old, old), standings: map[int]*ancestry.Standing{deps: {AsOf: handmade.Day("2026-08-21"), Abandoned: handmade.Day("2024-11-01")}},
			want: report.PatchNextLink, ancestor: deps, why: "today's buildpack-deps:bookworm still has 2.36-9+deb12u4",
			act: "ask the publisher of python:3.8-bookworm to leave buildpack-deps:bookworm, which is no longer built", by: report.Publisher, sure: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := oldChain(t)
			for i, s := range tt.standings {
				r.Ancestors[i].Standing = s
			}
			if tt.pkg == "" {
				tt.pkg = "libc6"
			}
			switch tt.fixed {
			case "":
				tt.fixed = fixed
			case "-":
				tt.fixed = ""
			}
			v := vulnerable(r, tt.pkg, tt.fixed)
			if tt.status != "" {
				v.Status = tt.status
			}
			if tt.on != "" {
				v.FixedOn = handmade.Day(tt.on)
			}
			opts := &patch.Options{}
			if tt.newer != nil {
				opts.Rebuilds = tt.newer
			}
			if tt.index != nil {
				opts.Index = debianIndex(t, "2024-06-29", tt.index)
			}
			p := patch.Trace(r, opts)
			got := p.Traces[0]
			assert.Equal(t, tt.want.String(), got.State.String())
			assert.Equal(t, tt.ancestor, got.Ancestor)
			assert.Equal(t, tt.why, got.Why)
			assert.Equal(t, 1, p.Counts[tt.want])
			if tt.act == "" {
				assert.Empty(t, p.Acts)
				assert.Equal(t, -1, got.Act)
				return
			}
			require.Len(t, p.Acts, 1)
			act := p.Acts[0]
			assert.Equal(t, tt.act, act.Do)
			assert.Equal(t, tt.by, act.By)
			assert.Equal(t, report.High, act.Rating)
			if tt.sure {
				assert.Equal(t, []int{0}, act.Releases)
				assert.Empty(t, act.Perhaps)
			} else {
				assert.Equal(t, []int{0}, act.Perhaps)
				assert.Empty(t, act.Releases)
			}
		})
	}
}

// A build known by its day alone: it is the one that the image stands on, or a newer one.
type builds map[int]string

func (b builds) Newest(_ *report.Report, i int) (patch.Build, bool) {
	day, ok := b[i]
	if !ok {
		return patch.Build{}, false
	}
	return patch.Build{Built: handmade.Day(day)}, true
}

func TestDaysOfBuilds(t *testing.T) {
	for name, tt := range map[string]struct {
		builds   builds
		want     report.PatchState
		ancestor int
	}{
		"the same as before":       {builds{debian: "2023-12-01"}, report.PatchInstaller, debian},
		"next is as before":        {builds{debian: "2024-02-03", deps: "2023-12-02"}, report.PatchNextLink, deps},
		"all rebuilt":              {builds{debian: "2024-02-03", deps: "2024-02-05", python: "2024-02-07"}, report.PatchPull, python},
		"on the day of the fix":    {builds{debian: "2024-02-01"}, report.PatchNotKnown, debian},
		"older than what is below": {builds{debian: "2024-02-09", deps: "2024-02-05"}, report.PatchNotKnown, deps},
	} {
		t.Run(name, func(t *testing.T) {
			r := oldChain(t)
			vulnerable(r, "libc6", "2.36-9+deb12u7").FixedOn = handmade.Day("2024-02-01")
			got := patch.Trace(r, &patch.Options{Rebuilds: tt.builds}).Traces[0]
			assert.Equal(t, tt.want.String(), got.State.String(), got.Why)
			assert.Equal(t, tt.ancestor, got.Ancestor)
		})
	}
}

// What is excused is not traced, and what releases the most comes first.
func TestActs(t *testing.T) {
	r := oldChain(t)
	for range 3 {
		vulnerable(r, "libc6", "2.36-9+deb12u7")
	}
	vulnerable(r, "libssl-dev", "3.0.13-1")
	vulnerable(r, "curl", "7.88.1-10+deb12u5")
	vulnerable(r, "curl", "7.88.1-10+deb12u6")
	vulnerable(r, "curl", "7.88.1-10+deb12u7").Excuse = &report.Excuse{Status: "not_affected"}
	vulnerable(r, "curl", "")
	base := chain(t, [4]string{"2024-05-01", "2024-05-01", "2024-05-01", "2024-05-01"}, []pkg{{"deb", "libc6", "2.36-9+deb12u7", debian}, {"deb", "libssl-dev", "3.0.11-1", deps}})
	p := patch.Trace(r, &patch.Options{Rebuilds: patch.Newer{"python:3.8-bookworm": base, "buildpack-deps:bookworm": base}})
	var got []string
	for _, a := range p.Acts {
		got = append(got, fmt.Sprint(a.Do, " ", a.Releases, a.Perhaps))
	}
	assert.Equal(t, []string{
		"rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest) [0 1 2] []",
		"take the fixed versions in your step 3 [4 5] []",
		"wait until buildpack-deps:bookworm is rebuilt [3] []",
	}, got)
	assert.Equal(t, 6, p.Fixable)
	assert.Equal(t, []int{0, 0, 0, 2, 1, 1, -1, -1}, actsOf(p))
	assert.Equal(t, [...]int{0, 1, 0, 1, 0, 3, 2}, p.Counts)
	assert.Equal(t, "it is excused", p.Traces[6].Why)
}

func actsOf(p *report.Patches) []int {
	var list []int
	for _, tr := range p.Traces {
		list = append(list, tr.Act)
	}
	return list
}

// The source's version is what says that something is fixed, and package URLs have it.
func TestSourceVersion(t *testing.T) {
	r := oldChain(t)
	const old, today = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&upstream=glibc%401.203", "pkg:deb/debian/libc6@2.36-9%2Bdeb12u7?arch=amd64&upstream=glibc%401.204"
	r.Inventory.Packages[0].PURL = old
	vulnerable(r, "libc6", "1.204")
	base := newer(t, "2024-05-01", "", "", "2.36-9+deb12u7")
	base["python:3.8-bookworm"].Inventory.Packages[0].PURL = today
	assert.Equal(t, report.PatchPull, patch.Trace(r, &patch.Options{Rebuilds: base}).Traces[0].State)
	base["python:3.8-bookworm"].Inventory.Packages[0].PURL = old
	base["python:3.8-bookworm"].Inventory.Packages[0].Version = "2.36-9+deb12u8" // of an old source nevertheless
	assert.Equal(t, report.PatchNotKnown, patch.Trace(r, &patch.Options{Rebuilds: base}).Traces[0].State, "and which link holds it")
}

// What a later layer replaced is shipped: today's image ships it, too, if its layers do.
func TestReplaced(t *testing.T) {
	r := oldChain(t)
	v := vulnerable(r, "libc6", "2.36-9+deb12u7")
	v.State = report.Replaced
	base := newer(t, "2024-05-01", "", "", "2.36-9+deb12u9")
	p := &base["python:3.8-bookworm"].Inventory.Packages[0]
	assert.Equal(t, report.PatchPull, patch.Trace(r, &patch.Options{Rebuilds: base}).Traces[0].State)
	p.Events = []packages.Event{{Kind: packages.Introduced, To: "2.36-9+deb12u4"}, {Kind: packages.Upgraded, Layer: 1, From: "2.36-9+deb12u4", To: "2.36-9+deb12u9"}}
	tr := patch.Trace(r, &patch.Options{Rebuilds: base}).Traces[0]
	assert.Equal(t, report.PatchNotKnown, tr.State)
	assert.Contains(t, tr.Why, "still has 2.36-9+deb12u4")
}

// Outdated packages need no scanner. A package of another archive is not outdated.
func TestOutdated(t *testing.T) {
	r := oldChain(t)
	x := debianIndex(t, "2024-06-29", map[string]string{"libc6": "2.36-9+deb12u7", "libssl-dev": "3.0.11-1"})
	p := patch.Trace(r, &patch.Options{Index: x})
	assert.Equal(t, "debian: bookworm, bookworm-security, bookworm-updates", p.Index)
	assert.Equal(t, handmade.Day("2024-06-29"), p.IndexDay)
	assert.Equal(t, []report.Outdated{
		own:    {Unlisted: 1},
		python: {}, // pip is no package of Debian's
		deps:   {Current: 1},
		debian: {Outdated: 1, Packages: []int{0}, Newest: []string{"2.36-9+deb12u7"}},
	}, p.Outdated)
	assert.Nil(t, p.Traces)

	r.Inventory = nil
	p = patch.Trace(r, &patch.Options{Index: x})
	assert.Nil(t, p.Outdated)
	assert.Equal(t, "the image's packages are not known", p.NoIndex)
	assert.Nil(t, patch.Trace(r, nil), "nothing to trace")
}

// Ten thousand findings are traced and printed in less than half a second.
func BenchmarkTraceAndPrint(b *testing.B) {
	r := oldChain(b)
	for i := range 10_000 {
		vulnerable(r, []string{"libc6", "libssl-dev", "pip", "curl"}[i%4], fmt.Sprintf("9.%d-1", i%500)).ID = fmt.Sprintf("CVE-2024-%d", i)
	}
	x := debianIndex(b, "2024-06-29", map[string]string{"libc6": "9.250-1", "libssl-dev": "9.400-1", "curl": "9.100-1"})
	n := newer(b, "2024-05-01", "9.100-1", "9.100-1", "9.100-1")
	b.ReportAllocs()
	for b.Loop() {
		r.Patches = patch.Trace(r, &patch.Options{Index: x, Rebuilds: n})
		if err := text.Write(io.Discard, r, &text.Options{Verbose: true, Width: 100}); err != nil {
			b.Fatal(err)
		}
	}
}

// The page shows what is written.
func TestPage(t *testing.T) {
	r := oldChain(t)
	for name, n := range map[string]int{"libc6": 47, "libssl-dev": 9, "curl": 5} {
		for range n {
			vulnerable(r, name, "9:1")
		}
	}
	base := chain(t, [4]string{"2024-05-01", "2024-05-01", "2024-05-01", "2024-05-01"}, []pkg{{"deb", "libc6", "9:1", debian}, {"deb", "libssl-dev", "3.0.11-1", deps}})
	r.Patches = patch.Trace(r, &patch.Options{Rebuilds: patch.Newer{"python:3.8-bookworm": base, "buildpack-deps:bookworm": base}})
	var b strings.Builder
	require.NoError(t, text.Write(&b, r, &text.Options{Width: 100, ASCII: text.Never, Color: text.Never}))
	_, todo, ok := strings.Cut(b.String(), "what to do first\n")
	require.True(t, ok)
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	todo, _, _ = strings.Cut(todo, "\nnot known")
	assert.Contains(t, string(page), "    what to do first\n    "+strings.ReplaceAll(strings.TrimRight(todo, "\n"), "\n", "\n    ")+"\n")
}
