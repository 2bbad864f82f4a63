package rules

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestBornOld(t *testing.T) {
	for name, tt := range map[string]struct {
		created [3]string // root, middle, image
		wants   []want
	}{
		"fresh":         {[3]string{"2026-01-01", "2026-03-31", "2026-06-01"}, nil},
		"middle":        {[3]string{"2026-01-01", "2026-04-05", "2026-06-01"}, []want{{1, 1, 1, report.Warning, "root:1", "94 days old", "rebuild on a current middle:1", 0}}},
		"own":           {[3]string{"2026-01-01", "2026-02-01", "2026-06-01"}, []want{{0, 2, 2, report.Warning, "middle:1", "this image was out of date when it was built on 2026-06-01: its base, middle:1, was 120 days old", "docker build --pull", 0}}},
		"at the epoch":  {[3]string{"1970-01-01", "2026-02-01", "2026-03-01"}, nil},
		"in 1980":       {[3]string{"1980-01-01", "2026-02-01", "2026-03-01"}, nil},
		"not recorded":  {[3]string{"2020-01-01", "", "2026-03-01"}, nil},
		"back in time":  {[3]string{"2026-03-01", "2020-02-01", "2020-03-01"}, nil},
		"child epoch":   {[3]string{"2020-03-01", "2020-03-02", "1970-01-01"}, nil},
		"after 90 days": {[3]string{"2026-01-01", "2026-01-01", "2026-04-01"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var im handmade.Image
			for i, repo := range []string{"root", "middle", ""} {
				s := buildkit("RUN", file("f", i+1))
				if tt.created[i] != "" {
					s.Created = handmade.Day(tt.created[i])
				}
				im.Steps = append(im.Steps, s)
				im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: repo, Tag: "1", Steps: 1})
			}
			check(t, BornOld(), im.Report(t), tt.wants...)
		})
	}
}

func TestRootUser(t *testing.T) {
	for name, tt := range map[string]struct {
		user  string
		steps [2]string // root's, image's
		wants []want
	}{
		"nobody says":        {"", [2]string{"RUN a", "RUN b"}, []want{{0, -1, -1, report.Warning, "", "no ancestor sets USER", "USER 10001", 0}}},
		"a user":             {"app", [2]string{"RUN a", "USER app"}, nil},
		"a number":           {"1000:1000", [2]string{"RUN a", "USER 1000:1000"}, nil},
		"own root":           {"root", [2]string{"USER app", "USER root"}, []want{{0, -1, 1, report.Warning, "", "step 1 sets USER root", "", 0}}},
		"inherited":          {"0:0", [2]string{"USER 0:0", "RUN b"}, []want{{1, -1, 0, report.Warning, "", "step 0 sets USER 0:0", "USER 10001", 0}}},
		"by number":          {"00", [2]string{"RUN a", "USER 00"}, []want{{0, -1, 1, report.Warning, "", "", "", 0}}},
		"history without it": {"root", [2]string{"RUN a", "RUN b"}, []want{{0, -1, -1, report.Warning, "", "the configuration's user is root", "", 0}}},
		"config without it":  {"", [2]string{"RUN a", "USER app"}, []want{{0, -1, -1, report.Warning, "", "the configuration has no user", "", 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{
				Config:    v1.Config{User: tt.user},
				Steps:     []handmade.Step{buildkit(tt.steps[0]), buildkit(tt.steps[1])},
				Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: 1}},
			}
			check(t, RootUser(), im.Report(t), tt.wants...)
		})
	}
}

// Windows has no root, and its images rarely set a user.
func TestRootUserWindows(t *testing.T) {
	r := handmade.Image{Steps: []handmade.Step{buildkit("RUN a", file("a", 1))}}.Report(t)
	check(t, RootUser(), r, want{0, -1, -1, report.Warning, "", "", "", 0})
	r.Index.Config.OS = "windows"
	check(t, RootUser(), r)
}

func TestAddRemote(t *testing.T) {
	const hash = "4bf66d5e2f7d8fca4bf66d5e2f7d8fca4bf66d5e2f7d8fca4bf66d5e2f7d8fca"
	classic := func(by string, files ...handmade.File) handmade.Step {
		return handmade.Step{CreatedBy: "/bin/sh -c #(nop) " + by, Files: files}
	}
	one, two := file("opt/x", 1), file("opt/y", 1)
	for name, tt := range map[string]struct {
		step  handmade.Step
		wants []want
	}{
		"copy":                {buildkit("COPY x.tar.gz /opt/ # buildkit", one), nil},
		"a file":              {buildkit("ADD x /opt/ # buildkit", one), nil},
		"a URL":               {buildkit("ADD https://example.com/x.tar.gz /opt/ # buildkit", one), []want{{0, 1, 1, report.Warning, "https://example.com/x.tar.gz", "from the network to /opt/; whether its Dockerfile has a checksum is not recorded", "--checksum", 0}}},
		"a branch":            {buildkit("ADD https://github.com/a/b.git#main /opt/ # buildkit", one), []want{{0, 1, 1, report.Warning, "", "", "", 0}}},
		"a commit":            {buildkit("ADD https://github.com/a/b.git#0123456789012345678901234567890123456789 /opt/ # buildkit", one), nil},
		"an archive":          {buildkit("ADD app.TGZ /opt/ # buildkit", one), []want{{0, 1, 1, report.Note, "app.TGZ", "unpacks a local archive into /opt/", "", 0}}},
		"classic URL":         {classic("ADD "+hash+" in /opt/ ", one), []want{{0, 1, 1, report.Warning, "/opt/", "recorded its hash only", "", 0}}},
		"classic file":        {classic("ADD file:"+hash+" in /opt/ ", one), nil},
		"classic archive":     {classic("ADD file:"+hash+" in /opt/ ", one, two), []want{{0, 1, 1, report.Note, "/opt/", "unpacks", "", 0}}},
		"classic directory":   {classic("ADD dir:"+hash+" in /opt/ ", one, two), nil},
		"classic many files":  {classic("ADD multi:"+hash+" in /opt/ ", one, two), nil},
		"a word in a command": {buildkit("RUN echo ADD https://example.com /", one), nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{
				Steps:     []handmade.Step{buildkit("ADD rootfs.tar.xz / # buildkit", file("bin/sh", 1)), tt.step},
				Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: 1}},
			}
			check(t, AddRemote(), im.Report(t), tt.wants...)
			im.Ancestors = []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 2}}
			im.Steps = append(im.Steps, buildkit("RUN x"))
			im.Ancestors = append(im.Ancestors, handmade.Ancestor{Steps: 1})
			for i := range tt.wants {
				tt.wants[i].ancestor, tt.wants[i].remedy = 1, "ask the publisher of base:1 how it is pinned"
			}
			check(t, AddRemote(), im.Report(t), tt.wants...)
		})
	}
}

func TestFullUpgrade(t *testing.T) {
	upgraded := aPackage("deb", "libc6", 0, 10)
	upgraded.Events = append(upgraded.Events, packages.Event{Kind: packages.Upgraded, Layer: 1})
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("RUN apt-get upgrade -y", file("a", 1)),
			buildkit("RUN /bin/sh -c apt-get update && apt-get -y upgrade && apt-get -y dist-upgrade # buildkit", file("b", 1)),
			buildkit("RUN /bin/sh -c apt-get install -y curl # buildkit", file("c", 1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 2}, {Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{upgraded, aPackage("deb", "curl", 2, 1)}},
	}
	check(t, FullUpgrade(), im.Report(t), want{1, 1, 1, report.Note, "apt-get -y upgrade", "which upgraded 1 package", "ask the publisher of base:1 to rebuild", 0})
	im.Ancestors[0].Steps, im.Ancestors[1].Steps = 1, 2
	check(t, FullUpgrade(), im.Report(t), want{0, 1, 1, report.Note, "", "", "rebuild on a current base", 0})
}

func TestUpgradesAll(t *testing.T) {
	for script, want := range map[string]bool{
		"apt-get upgrade": true,
		"DEBIAN_FRONTEND=noninteractive apt-get -qq dist-upgrade -y": true,
		"apt-get -o Dpkg::Options::=--force-confold full-upgrade":    true,
		"apt-get -t bookworm-backports upgrade":                      true,
		"/usr/bin/apt-get upgrade > /dev/null 2>&1":                  true,
		"set -eux; if true; then apt-get upgrade; fi":                true,
		"( sudo -E apt upgrade )":                                    true,
		"apk upgrade --no-cache":                                     true,
		"apk -U upgrade":                                             true,
		"apk --repository http://example.com/edge upgrade":           true,
		"apk upgrade > /dev/null":                                    true,
		"dnf -y update && dnf clean all":                             true,
		"dnf update -y --setopt=install_weak_deps=False --nodocs":    true,
		"yum -y --disablerepo updates upgrade":                       true,
		"microdnf update":                                            true,
		"zypper --non-interactive dup":                               true,
		"dnf update -y --security":                                   false,
		"yum -y update --advisory=RHSA-2026:1 && yum clean all":      false,
		"zypper patch --category security":                           false,
		"apt-get update":                                             false,
		"apt-get install -y upgrade":                                 false,
		"apt-get -s upgrade":                                         false,
		"apt-get install --only-upgrade openssl":                     false,
		"apk upgrade openssl":                                        false,
		"apk add upgrade":                                            false,
		"dnf update -y openssl":                                      false,
		"dnf upgrade-minimal":                                        false,
		"pip install --upgrade pip":                                  false,
		"npm upgrade":                                                false,
		"echo 'apt-get upgrade'":                                     false,
		"# apt-get upgrade":                                          false,
		"echo apt-get upgrade":                                       false,
		"":                                                           false,
	} {
		got := false
		list, _ := commands(script)
		for _, c := range list {
			prog, args := program(c.words)
			got = got || upgradesAll(prog, args)
		}
		assert.Equal(t, want, got, "%s", script)
	}
}

func TestUnverified(t *testing.T) {
	im := handmade.Image{
		Steps:     []handmade.Step{buildkit("RUN a", file("a", 1)), buildkit("RUN b", file("b", 1)), buildkit("RUN c", file("c", 1)), buildkit("RUN d", file("d", 1)), buildkit("RUN e", file("e", 1))},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 2}, {Steps: 3}},
	}
	r := im.Report(t)
	check(t, Unverified(), r)
	ls := r.Index.Layers
	ls[1].Verified, ls[1].Claimed.Hex = false, "00"
	ls[2].Verified, ls[2].Partial = false, true
	ls[3].Verified = false
	ls[4].Verified, ls[4].Claimed = false, v1.Hash{}
	check(t, Unverified(), r,
		want{0, 2, 2, report.Serious, "layer 2", "could not be read to its end", "", 0},
		want{0, 3, 3, report.Serious, "layer 3", "not what the manifest claims", "", 0},
		want{0, 4, 4, report.Serious, "layer 4", "and the configuration claims none for it", "", 0},
		want{1, 1, 1, report.Serious, "layer 1", "its diffID is sha256:", "", 0},
	)
}
