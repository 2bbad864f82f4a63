package reporttest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/reporttest"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A recorder is a test that keeps what it is told.
type recorder struct {
	said    []string
	stopped bool
}

func (r *recorder) Helper()  {}
func (r *recorder) FailNow() { r.stopped = true }
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

// *testing.T, and all of its kind, are what assertions report to.
var _ reporttest.TestingT = testing.TB(nil)

const day = 24 * time.Hour

// A row is an assertion, and parts of what each of its failures says; none if it holds.
type row struct {
	call func(*reporttest.Image) bool
	want []string
}

func checkRows(t *testing.T, r *report.Report, rows map[string]row) {
	for name, tt := range rows {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			assert.Equal(t, len(tt.want) == 0, tt.call(reporttest.New(rec, r)))
			assert.False(t, rec.stopped)
			if assert.Len(t, rec.said, len(tt.want), "%q", rec.said) {
				for i, w := range tt.want {
					assert.Contains(t, rec.said[i], w)
				}
			}
			rec = &recorder{}
			tt.call(reporttest.New(rec, r).Require())
			assert.Equal(t, len(tt.want) > 0, rec.stopped, "required")
		})
	}
}

type img = *reporttest.Image

func TestChain(t *testing.T) {
	checkRows(t, handmade.Sample(t, nil), map[string]row{
		"descends":        {func(i img) bool { return i.DescendsFrom("debian") }, nil},
		"descends by tag": {func(i img) bool { return i.DescendsFrom("buildpack-deps:bullseye") }, nil},
		"does not": {func(i img) bool { return i.DescendsFrom("alpine") }, []string{"does not descend from alpine\n  evidence: its chain is " +
			"the image (unknown) < python:3.8.16-bullseye (recognised) < buildpack-deps:bullseye (inferred) < debian:bullseye-20230109 (proved)\n  remedy: build it on alpine"}},
		"not another tag":  {func(i img) bool { return i.DescendsFrom("python:3.9") }, []string{"does not descend from python:3.9\n"}},
		"by a tie":         {func(i img) bool { return i.DescendsFrom("python:3.8.16-bullseye") }, []string{"or may: its ancestor python:3.8.16-bullseye may as well be python:3.8"}},
		"not descends":     {func(i img) bool { return i.NotDescendsFrom("alpine") }, nil},
		"but it does":      {func(i img) bool { return i.NotDescendsFrom("buildpack-deps") }, []string{"the image descends from buildpack-deps: its ancestor of layer 1 is buildpack-deps:bullseye (inferred)"}},
		"as well another":  {func(i img) bool { return i.NotDescendsFrom("python:3.8") }, []string{"may descend from python:3.8: its ancestor python:3.8.16-bullseye may as well be python:3.8"}},
		"whole":            {func(i img) bool { return i.Chain("python", "buildpack-deps", "debian:bullseye-20230109") }, nil},
		"another":          {func(i img) bool { return i.Chain("python", "debian", "debian") }, []string{"the ancestor of layer 1 is buildpack-deps:bullseye, not debian"}},
		"may be it":        {func(i img) bool { return i.Chain("python:3.8", "debian") }, []string{"the ancestor of layer 2 may be python:3.8, or python:3.8"}},
		"shorter":          {func(i img) bool { return i.Chain("python", "buildpack-deps") }, []string{"the chain goes on below what is expected, with debian:bullseye-20230109"}},
		"longer":           {func(i img) bool { return i.Chain("python", "buildpack-deps", "debian", "scratch") }, []string{"the chain ends above scratch"}},
		"named":            {func(i img) bool { return i.Named(ancestry.Inferred) }, nil},
		"not surely named": {func(i img) bool { return i.Named(ancestry.Recognised) }, []string{"that the ancestor of layer 1 is buildpack-deps:bullseye is inferred, not recognised"}},
	})
}

// Of an unknown ancestor nobody can say what it is not.
func TestUnknownAncestor(t *testing.T) {
	r := handmade.Sample(t, nil)
	r.Ancestors[2].Repository, r.Ancestors[2].Tags = "", nil
	checkRows(t, r, map[string]row{
		"may descend": {func(i img) bool { return i.NotDescendsFrom("alpine") }, []string{"may descend from alpine: the name of its ancestor of layer 1 is unknown"}},
		"chain":       {func(i img) bool { return i.Chain("python", "buildpack-deps", "debian") }, []string{"the ancestor of layer 1 may be buildpack-deps, or any other: its name is unknown"}},
		"named":       {func(i img) bool { return i.Named(ancestry.Inferred) }, nil},
	})
}

func TestAge(t *testing.T) {
	checkRows(t, handmade.Sample(t, nil), map[string]row{
		"young enough": {func(i img) bool { return i.BuiltWithin(300 * day) }, nil},
		"too old":      {func(i img) bool { return i.BuiltWithin(200 * day) }, []string{"this image was built on 2026-03-02, 265 days before 2026-11-22, more than 200 days\n  evidence: this image, step 11: CMD [\"serve\"]\n  remedy: build it again"}},
		"all":          {func(i img) bool { return i.MaxAge(2000 * day) }, nil},
		"ancestors":    {func(i img) bool { return i.MaxAge(300 * day) }, []string{"python:3.8.16-bullseye was built on 2023-01-23", "buildpack-deps:bullseye was built", "debian:bullseye-20230109 was built"}},
		"supported":    {func(i img) bool { return i.Supported(0) }, []string{"on 2026-11-22: Python 3.8 gets no more fixes", "on 2026-11-22: Debian 11"}},
	})
}

// A support that ends is told by the day on which it has.
func TestSupported(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{{CreatedBy: "ADD file:01 in /", Created: handmade.Day("2026-11-01"), Files: []handmade.File{{Name: "bin/sh", Size: 1}}}},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "trixie", Steps: 1,
			Distro: ancestry.Distro{ID: "debian", VersionID: "13", Codename: "trixie"}}},
		Options: report.Options{AsOf: handmade.AsOf},
	}
	checkRows(t, im.Report(t), map[string]row{
		"now":      {func(i img) bool { return i.Supported(0) }, nil},
		"a year":   {func(i img) bool { return i.Supported(365 * day) }, nil},
		"too long": {func(i img) bool { return i.Supported(1000 * day) }, []string{"on 2029-08-18: Debian 13 (trixie) gets fewer fixes: regular security support ended on 2028-08-09"}},
	})
	im.Ancestors[0].Distro = ancestry.Distro{}
	checkRows(t, im.Report(t), map[string]row{
		"not known": {func(i img) bool { return i.Supported(0) }, []string{"on 2026-11-22: nothing says which distribution it is"}},
	})
}

func TestPackages(t *testing.T) {
	r := handmade.Sample(t, nil)
	checkRows(t, r, map[string]row{
		"has":         {func(i img) bool { return i.HasPackage("deb", "libc6") }, nil},
		"has none":    {func(i img) bool { return i.HasPackage("deb", "curl") }, []string{"the image has no package deb curl"}},
		"was removed": {func(i img) bool { return i.HasPackage("", "git") }, []string{"the image has no package git\n  evidence: deb git "}},
		"none":        {func(i img) bool { return i.NoPackage("deb", "clang*") }, nil},
		"is gone":     {func(i img) bool { return i.NoPackage("deb", "git") }, nil},
		"other type":  {func(i img) bool { return i.NoPackage("apk", "libc6") }, nil},
		"there": {func(i img) bool { return i.NoPackage("deb", "gcc*") }, []string{"the image has the package deb gcc-10 10.2.1-6\n" +
			"  evidence: introduced by buildpack-deps:bullseye, layer 1, step 2: /bin/sh -c set -ex; apt-get update; apt-get install -y --no-install-recommends gcc git libssl-dev ;…\n" +
			"  remedy: choose a base without it: to remove it in a later step saves no byte"}},
		"bad pattern":    {func(i img) bool { return i.NoPackage("deb", "[") }, []string{"syntax error in pattern"}},
		"never removed":  {func(i img) bool { return i.NoPackageWas(packages.Removed, "deb", "lib*") }, nil},
		"removed":        {func(i img) bool { return i.NoPackageWas(packages.Removed, "deb", "*") }, []string{"the package deb git was removed with version "}},
		"never there":    {func(i img) bool { return i.NoPackageWas(packages.Introduced, "deb", "clang*") }, nil},
		"once there":     {func(i img) bool { return i.NoPackageWas(packages.Introduced, "deb", "git") }, []string{"the package deb git was introduced with version "}},
		"upgraded":       {func(i img) bool { return i.NoPackageWas(packages.Upgraded, "deb", "libc6") }, []string{"the package deb libc6 was upgraded from "}},
		"from":           {func(i img) bool { return i.PackagesFrom("debian", "deb", "libc6") }, nil},
		"not from":       {func(i img) bool { return i.PackagesFrom("debian", "deb", "gcc-10") }, []string{"the package deb gcc-10 10.2.1-6 is not from debian\n  evidence: introduced by buildpack-deps:bullseye"}},
		"from, but none": {func(i img) bool { return i.PackagesFrom("debian", "deb", "curl") }, []string{"the image has no package deb curl"}},
		"new enough":     {func(i img) bool { return i.MinVersion("deb", "gcc-10", "10.2") }, nil},
		"too old":        {func(i img) bool { return i.MinVersion("deb", "gcc-10", "10.3") }, []string{"the package deb gcc-10 10.2.1-6 is older than 10.3\n  evidence: brought by buildpack-deps"}},
		"no version":     {func(i img) bool { return i.MinVersion("deb", "gcc-10", "a b") }, []string{"is not known: its package system has no order"}},
		"not to compare": {func(i img) bool { return i.MinVersion("deb", "curl", "1") }, []string{"the image has no package deb curl"}},
	})

	hidden := *r
	inventory := *r.Inventory
	inventory.Packages = []packages.Package{{Type: "deb", Name: "git", Version: "1", State: packages.Hidden, Events: []packages.Event{
		{Kind: packages.Introduced, Layer: 0, To: "1"}, {Kind: packages.Unlisted, Layer: 1, From: "1"}}},
		{Type: "deb", Name: "sh", Version: "1", State: packages.Present, Events: []packages.Event{{Kind: packages.Introduced, Layer: 0, To: "1"}}}}
	hidden.Inventory = &inventory
	checkRows(t, &hidden, map[string]row{
		"may be there": {func(i img) bool { return i.NoPackage("deb", "git") }, []string{"the image may have the package deb git 1: its files may be there, but nothing lists it any more"}},
		"may have":     {func(i img) bool { return i.HasPackage("deb", "git") }, []string{"has no package deb git\n  evidence: deb git 1 was unlisted by buildpack-deps:bullseye, layer 1"}},
	})
}

func TestBudgets(t *testing.T) {
	checkRows(t, handmade.Sample(t, nil), map[string]row{
		"size": {func(i img) bool { return i.MaxSize(8 << 20) }, nil},
		"too big": {func(i img) bool { return i.MaxSize(1 << 20) }, []string{"the image has 7.4 MB stored, more than 1.0 MB\n" +
			"  evidence: this image 2.9 MB, buildpack-deps:bullseye 2.0 MB, python:3.8.16-bullseye 1.4 MB, debian:bullseye-20230109 1.1 MB\n  remedy: "}},
		"waste":             {func(i img) bool { return i.MaxWaste(100 << 20) }, nil},
		"too much waste":    {func(i img) bool { return i.MaxWaste(1 << 20) }, []string{"shipped and never seen, more than 1.0 MB\n  evidence: "}},
		"layers":            {func(i img) bool { return i.MaxLayers(7) }, nil},
		"too many layers":   {func(i img) bool { return i.MaxLayers(2) }, []string{"the image has 7 layers, more than 2\n  evidence: this image 4 layers, "}},
		"packages":          {func(i img) bool { return i.MaxPackages(100) }, nil},
		"too many packages": {func(i img) bool { return i.MaxPackages(1) }, []string{" packages, more than 1\n  evidence: "}},
	})
}

func TestUserAndFiles(t *testing.T) {
	step := func(by string, files ...handmade.File) handmade.Step {
		return handmade.Step{CreatedBy: by, Comment: handmade.BuildKit, Created: handmade.Day("2026-11-01"), Files: files}
	}
	r := handmade.Image{
		Config: v1.Config{User: "10001:100"},
		Steps: []handmade.Step{
			step("ADD rootfs /", handmade.File{Name: "usr/bin/passwd", Size: 1, Mode: 0o4755}, handmade.File{Name: "usr/bin/su", Size: 1, Mode: 0o4755}, handmade.File{Name: "bin/sh", Size: 1, Mode: 0o755}),
			step("COPY ping /usr/bin/", handmade.File{Name: "usr/bin/ping", Size: 1, Mode: 0o2755}, handmade.File{Name: "usr/bin/.wh.su"}),
			step("USER 10001:100"),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 2}},
	}.Report(t)
	checkRows(t, r, map[string]row{
		"user":           {func(i img) bool { return i.RunsAs("10001") }, nil},
		"user and group": {func(i img) bool { return i.RunsAs("10001:100") }, nil},
		"another user":   {func(i img) bool { return i.RunsAs("app") }, []string{"the image runs as 10001:100, not as app\n  evidence: this image, step 2: USER 10001:100\n  remedy: end the Dockerfile with USER app"}},
		"setuid": {func(i img) bool { return i.NoSetuid() }, []string{
			"/usr/bin/passwd is setuid or setgid: urwxr-xr-x, of user 0 and group 0\n  evidence: debian:12, layer 0, step 0: ADD rootfs /\n  remedy: RUN chmod u-s,g-s /usr/bin/passwd, or",
			"/usr/bin/ping is setuid or setgid: grwxr-xr-x"}},
		"but for":     {func(i img) bool { return i.NoSetuid("/usr/bin/p*") }, nil},
		"bad pattern": {func(i img) bool { return i.NoSetuid("[") }, []string{"syntax error in pattern"}},
	})
	r.Index.Config.Config.User = ""
	checkRows(t, r, map[string]row{
		"root":    {func(i img) bool { return i.RunsAs("app") }, []string{"the image sets no user, and so runs as root, not as app"}},
		"by rule": {func(i img) bool { return i.NoFinding(rules.RootUser()) }, []string{"warning: root-user: runs as root"}},
	})
}

func TestRules(t *testing.T) {
	pol, err := policy.Parse([]byte("failOn: never\nmaxAge: 300d\nallowedRoots: [debian]"), rules.All())
	require.NoError(t, err)
	own := report.Rule{Name: "own", Severity: report.Serious, Run: func(r *report.Report) []report.Finding {
		f := r.AtLayer(1)
		f.Subject, f.Message, f.Remedy = "it", "does it", "do not"
		return []report.Finding{f}
	}}
	checkRows(t, handmade.Sample(t, nil), map[string]row{
		"no finding":    {func(i img) bool { return i.NoFinding(rules.Unverified()) }, nil},
		"a finding":     {func(i img) bool { return i.NoFinding(rules.BuildTools()) }, []string{"build-tools: ships compilers: gcc-10\n  evidence: buildpack-deps:bullseye, layer 1, step 2: ", "headers and -dev packages"}},
		"a remedy":      {func(i img) bool { return i.NoFinding(rules.RootUser()) }, []string{"remedy: end the Dockerfile with a user by number, which an orchestrator can check: USER 10001 (you, in your Dockerfile)"}},
		"no severe one": {func(i img) bool { return i.NoFindingAbove(report.Serious) }, nil},
		"a severe one":  {func(i img) bool { return i.NoFindingAbove(report.Warning) }, []string{"serious: end-of-life: Python 3.8", "serious: end-of-life: Debian 11"}},
		"of some rules": {func(i img) bool { return i.NoFindingAbove(report.Warning, rules.RootUser()) }, nil},
		"of one's own":  {func(i img) bool { return i.NoFinding(own) }, []string{"note: own: does it\n  evidence: buildpack-deps:bullseye, layer 1"}},
		"policy":        {func(i img) bool { return i.Passes(&policy.Policy{FailOn: policy.Never}) }, nil},
		"no pass":       {func(i img) bool { return i.Passes(pol) }, []string{"policy: maxAge: python:3.8.16-bullseye was built on 2023-01-23", "policy: maxAge: buildpack", "policy: maxAge: debian"}},
	})
	r := handmade.Sample(t, rules.All())
	rec := &recorder{}
	assert.False(t, reporttest.New(rec, r).NoFinding())
	assert.Len(t, rec.said, min(len(r.Findings), 21), "without rules, all; not more than 20")
}

// What is not known holds no assertion.
func TestNotKnown(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY app /", Files: []handmade.File{{Name: "app"}}}}, Inventory: &packages.Inventory{}}
	none := []string{"which are there is not known"}
	unread := []string{"is not known: the layers were not read"}
	checkRows(t, im.Report(t), map[string]row{
		"born old":     {func(i img) bool { return i.NoFinding(rules.BornOld()) }, []string{"note: unknown: no build date is known: the date of this image is not recorded"}},
		"may be worse": {func(i img) bool { return i.NoFindingAbove(report.Note, rules.BornOld()) }, []string{"no build date is known"}},
		"cannot be":    {func(i img) bool { return i.NoFindingAbove(report.Warning, rules.BornOld()) }, nil},
		"age":          {func(i img) bool { return i.MaxAge(day) }, []string{"how old this image is is not known: its build date is not recorded"}},
		"no package":   {func(i img) bool { return i.NoPackage("deb", "gcc") }, none},
		"a package":    {func(i img) bool { return i.HasPackage("deb", "gcc") }, none},
		"packages":     {func(i img) bool { return i.MaxPackages(1000) }, none},
		"version":      {func(i img) bool { return i.MinVersion("deb", "gcc", "1") }, none},
		"from":         {func(i img) bool { return i.PackagesFrom("a", "deb", "gcc") }, none},
		"event":        {func(i img) bool { return i.NoPackageWas(packages.Removed, "", "*") }, none},
	})
	im.Inventory = nil
	checkRows(t, im.ConfigReport(t), map[string]row{
		"no packages": {func(i img) bool { return i.NoPackage("deb", "gcc") }, []string{"the report was made without packages"}},
		"size":        {func(i img) bool { return i.MaxSize(1 << 40) }, unread},
		"waste":       {func(i img) bool { return i.MaxWaste(1 << 40) }, unread},
		"setuid":      {func(i img) bool { return i.NoSetuid() }, unread},
		"user":        {func(i img) bool { return i.RunsAs("app") }, []string{"its configuration was not read"}},
		"layers":      {func(i img) bool { return i.MaxLayers(1) }, nil},
	})
}

// An image that was read in part has not what nobody saw; what was seen is there.
func TestPartial(t *testing.T) {
	r := handmade.Sample(t, nil)
	r.Partial = true
	partial := []string{"some of the image could not be read, and what is there is not known\n  evidence: "}
	checkRows(t, r, map[string]row{
		"complete":   {func(i img) bool { return i.Complete() }, partial},
		"no package": {func(i img) bool { return i.NoPackage("deb", "clang") }, partial},
		"a package":  {func(i img) bool { return i.HasPackage("deb", "libc6") }, nil},
		"another":    {func(i img) bool { return i.HasPackage("deb", "curl") }, append(partial, "the image has no package")},
		"no finding": {func(i img) bool { return i.NoFinding(rules.Lagging()) }, partial},
		"size":       {func(i img) bool { return i.MaxSize(1 << 40) }, partial},
		"too big":    {func(i img) bool { return i.MaxSize(1) }, []string{"the image has 7.4 MB stored"}},
		"packages":   {func(i img) bool { return i.MaxPackages(1000) }, partial},
		"setuid":     {func(i img) bool { return i.NoSetuid() }, partial},
		"chain":      {func(i img) bool { return i.DescendsFrom("debian") }, nil},
	})
	r.Partial = false
	assert.True(t, reporttest.New(t, r).Complete())
}

// What an image calls a file can't write a line of its own, nor reach the terminal.
func TestFailuresArePrintable(t *testing.T) {
	hostile := report.Rule{Name: "add-remote", Run: func(*report.Report) []report.Finding {
		return []report.Finding{{Message: "adds\nok\x1b[2J", Remedy: "no\n  remedy: none", Layer: -1, Step: -1, Ancestor: -1, By: report.OwnSteps}}
	}}
	r := &report.Report{Ancestors: []report.Ancestor{{}, {Ancestor: ancestry.Ancestor{Repository: "a\x1b[2J\nb", Evidence: []ancestry.Evidence{{Says: "x\u202e\ny"}}}}}}
	rec := &recorder{}
	i := reporttest.New(rec, r)
	assert.False(t, i.NoFinding(hostile))
	assert.False(t, i.NotDescendsFrom("a\x1b[2J\nb"))
	assert.False(t, i.DescendsFrom("debian"))
	require.NotEmpty(t, rec.said)
	for _, s := range rec.said {
		assert.NotContains(t, s, "\x1b")
		assert.NotContains(t, s, "\u202e")
		for n, line := range strings.Split(s, "\n") {
			assert.True(t, n == 0 || strings.HasPrefix(line, "  evidence: ") || line == "  remedy: no remedy: none (you, in your Dockerfile)" ||
				strings.HasPrefix(line, "  remedy: build it on "), "%q", line)
		}
	}
}
