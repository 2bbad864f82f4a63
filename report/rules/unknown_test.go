package rules

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// onDebian is an image on Debian 13 of which everything is known: a test takes away.
func onDebian() handmade.Image {
	root, app := buildkit("ADD rootfs.tar.xz / # buildkit", file("bin/sh", 1)), buildkit("COPY app /app # buildkit", file("app", 1))
	root.Created, app.Created = handmade.Day("2026-10-20"), handmade.Day("2026-11-01")
	return handmade.Image{
		Steps:     []handmade.Step{root, app},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "trixie", Steps: 1, Distro: debian("13"), Evidence: from("debian:trixie@" + digest)}, {Repository: "app", Tag: "1", Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{aPackage("deb", "libc6", 0, 100)}},
	}
}

func TestUnknown(t *testing.T) {
	gaps := ancestry.Gaps{Superseded: "its build date is not recorded", Lagging: "its build date is not recorded"}
	for name, tt := range map[string]struct {
		change    func(*handmade.Image, *report.Report)
		want      string // part of the only message; "" for no finding
		undecided []string
	}{
		"all is known": {nil, "", nil},
		"no dates": {func(im *handmade.Image, _ *report.Report) {
			im.Steps[0].Created, im.Steps[1].Created = handmade.Day("1970-01-01"), handmade.Day("1970-01-01")
		},
			"the date of this image is what reproducible builds write and the date of debian:trixie is", []string{"born-old", "lagging"}},
		"older than its base": {func(im *handmade.Image, _ *report.Report) { im.Steps[1].Created = handmade.Day("2023-01-01") },
			"the date of this image is older than its base's", []string{"born-old", "lagging"}},
		"no packages listed": {func(im *handmade.Image, _ *report.Report) { im.Inventory = &packages.Inventory{} }, "no layer has a list of packages", []string{"build-tools", "needless-shell", "single-stage"}},
		"packages not asked": {func(im *handmade.Image, _ *report.Report) { im.Inventory = nil }, "packages were not looked for", []string{"build-tools", "needless-shell", "single-stage"}},
		"no FROM":            {func(im *handmade.Image, _ *report.Report) { im.Ancestors[0].Evidence = nil }, "nothing records how the Dockerfile names its base", []string{"latest", "moving-base"}},
		"no file read":       {func(_ *handmade.Image, r *report.Report) { r.Files = nil }, "no file was looked into", []string{"needless-shell", "writable-system"}},
		"no script of a shell": {func(im *handmade.Image, _ *report.Report) { im.Steps[1].CreatedBy = "RUN Get-Item 'x" }, "could not be read as a script of a shell: step 1",
			[]string{"full-upgrade", "single-stage", "unchecked-install", "unpinned-install"}},
		"no distribution": {func(im *handmade.Image, _ *report.Report) { im.Ancestors[0].Distro = ancestry.Distro{} }, "nothing says which distribution", []string{"end-of-life"}},
		"unknown lifecycle": {func(im *handmade.Image, _ *report.Report) {
			im.Ancestors[0].Distro = ancestry.Distro{ID: "gentoo", VersionID: "2.15"}
		},
			"how long gentoo 2.15 is maintained is not known", []string{"end-of-life"}},
		"says it itself": {func(im *handmade.Image, _ *report.Report) {
			im.Ancestors[0].Distro = ancestry.Distro{ID: "acmelinux", SupportEnd: "2031-01-31"}
		}, "", nil},
		"rolling": {func(im *handmade.Image, _ *report.Report) { im.Ancestors[0].Distro = ancestry.Distro{ID: "wolfi"} }, "", nil},
		"standing": {func(_ *handmade.Image, r *report.Report) {
			r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), NotKnown: gaps}
		},
			"whether debian:trixie is superseded or lagging behind its parent is not known: its build date is not recorded (as of 2026-08-21)", []string{"superseded", "lagging"}},
		"newer": {func(_ *handmade.Image, r *report.Report) { r.Ancestors[1].Standing = &ancestry.Standing{Newer: true} }, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := onDebian()
			if tt.change != nil {
				tt.change(&im, &report.Report{Ancestors: make([]report.Ancestor, 2)})
			}
			r := im.Report(t)
			if tt.change != nil {
				tt.change(&handmade.Image{Steps: im.Steps, Ancestors: im.Ancestors}, r)
			}
			found := report.RunRules(r, []report.Rule{Unknown()})
			if tt.want == "" {
				assert.Empty(t, found)
				return
			}
			if assert.Len(t, found, 1) {
				assert.Contains(t, found[0].Message, tt.want)
				assert.Equal(t, tt.undecided, found[0].Undecided)
				assert.NotEmpty(t, found[0].Remedy)
				assert.NotEmpty(t, found[0].Subject)
			}
		})
	}
}

// What a finding calls undecided is a rule.
func TestUndecidedAreRules(t *testing.T) {
	r := handmade.Image{Steps: []handmade.Step{buildkit("COPY app /app # buildkit", file("app", 1))}}.ConfigReport(t)
	r.Ancestors[0].Standing = &ancestry.Standing{NotKnown: ancestry.Gaps{Superseded: "x", Abandoned: "x", Lagging: "x"}}
	found := report.RunRules(r, []report.Rule{Unknown()})
	assert.Len(t, found, 5)
	for _, f := range found {
		for _, name := range f.Undecided {
			assert.True(t, slices.ContainsFunc(All(), func(r report.Rule) bool { return r.Name == name }), name)
		}
	}
}

// A date that is older than the base's, or the same for all, is no build's: nothing
// rests on it.
func TestDatesOfNoBuild(t *testing.T) {
	went := &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), Superseded: &ancestry.Succession{
		Name: ancestry.Name{Repository: "alpine", Tags: []string{"3.21"}}, First: "3.21.1", On: handmade.Day("2025-01-07"), Times: 7}}
	for name, days := range map[string][3]string{ // root, middle, image
		"older than its base":       {"2024-12-05", "2024-12-06", "2023-01-01"},
		"the middle one":            {"2024-12-05", "2023-01-01", "2024-12-06"},
		"one for the whole history": {"2023-01-01", "2023-01-01", "2023-01-01"},
		"in the future":             {"2024-12-05", "2024-12-06", "2027-06-01"},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{Options: report.Options{Rules: []report.Rule{BornOld(), Lagging()}}}
			for i, repo := range []string{"root", "middle", ""} {
				s := buildkit("RUN", file("f", i+1))
				s.Created = handmade.Day(days[i])
				im.Steps = append(im.Steps, s)
				im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: repo, Tag: "1", Steps: 1})
			}
			r := im.Report(t)
			if name != "the middle one" {
				r.Ancestors[1].Standing = went
			} else {
				r.Ancestors[2].Standing = went
			}
			assert.Empty(t, report.RunRules(r, []report.Rule{BornOld(), Lagging()}))
		})
	}
}

// A distribution that no table lists says itself until when it is supported.
func TestSupportEnd(t *testing.T) {
	im := onDebian()
	im.Ancestors[0].Distro = ancestry.Distro{ID: "bazzite", VersionID: "41", SupportEnd: "2025-12-15"}
	check(t, EndOfLife(), im.Report(t), want{1, 0, 0, report.Serious, "bazzite 41", "support ended on 2025-12-15, as SUPPORT_END of its os-release says",
		"choose a base on a maintained release", 0})
	im.Ancestors[0].Distro.SupportEnd = "2026-12-15"
	check(t, EndOfLife(), im.Report(t), want{1, 0, 0, report.Note, "bazzite 41", "reaches its end of life on 2026-12-15, as SUPPORT_END", "", 0})
	im.Ancestors[0].Distro.SupportEnd = "2030-12-15"
	check(t, EndOfLife(), im.Report(t))
	im.Ancestors[0].Distro = ancestry.Distro{ID: "debian", VersionID: "10", SupportEnd: "2099-01-01"}
	check(t, EndOfLife(), im.Report(t), want{1, 0, 0, report.Serious, "Debian 10 (buster)", "LTS on 2024-06-30", "", 0}) // the table knows better
}
