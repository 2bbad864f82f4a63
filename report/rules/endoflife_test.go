package rules

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func debian(version string) ancestry.Distro {
	return ancestry.Distro{ID: "debian", VersionID: version}
}

func TestEndOfLifeDistro(t *testing.T) {
	for name, tt := range map[string]struct {
		distros []ancestry.Distro // oldest ancestor first
		asOf    string
		wants   []want
	}{
		"supported":     {[]ancestry.Distro{debian("13"), {}}, "2026-11-22", nil},
		"unknown":       {[]ancestry.Distro{{}, {}}, "2026-11-22", nil},
		"rolling":       {[]ancestry.Distro{{ID: "wolfi", VersionID: "20230201"}}, "2026-11-22", nil},
		"no such":       {[]ancestry.Distro{debian("1"), {}}, "2026-11-22", nil},
		"ended":         {[]ancestry.Distro{debian("10"), {}}, "2026-11-22", []want{{1, 0, 0, report.Serious, "Debian 10 (buster)", "LTS on 2024-06-30", "choose a base on Debian 13 (trixie)", 0}}},
		"free LTS":      {[]ancestry.Distro{debian("12"), {}}, "2026-11-22", []want{{1, 0, 0, report.Warning, "", "LTS goes on until 2028-06-30", "", 0}}},
		"paid support":  {[]ancestry.Distro{{ID: "ubuntu", VersionID: "20.04"}, {}}, "2026-11-22", []want{{1, 0, 0, report.Serious, "", "Ubuntu Pro", "Ubuntu 26.04", 0}}},
		"soon":          {[]ancestry.Distro{{ID: "alpine", VersionID: "3.21.3"}, {}}, "2026-09-01", []want{{1, 0, 0, report.Note, "Alpine Linux 3.21", "reaches its end of life on 2026-11-01", "Alpine Linux 3.24", 0}}},
		"not so soon":   {[]ancestry.Distro{{ID: "alpine", VersionID: "3.21.3"}, {}}, "2026-08-01", nil},
		"nothing newer": {[]ancestry.Distro{{ID: "opensuse-leap", VersionID: "16.0"}, {}}, "2027-09-01", []want{{1, 0, 0, report.Note, "", "reaches its end of life on 2027-10-31", "choose a base on a maintained release", 0}}},
		// A younger point release is no younger release; another release is.
		"point release":  {[]ancestry.Distro{debian("10"), debian("10")}, "2026-11-22", []want{{1, 0, 0, report.Serious, "", "", "", 0}}},
		"upgraded since": {[]ancestry.Distro{debian("10"), debian("13")}, "2026-11-22", nil},
		"worse since":    {[]ancestry.Distro{debian("13"), debian("10")}, "2026-11-22", []want{{0, 1, 1, report.Serious, "", "", "move to Debian 13", 0}}},
		"unknown since":  {[]ancestry.Distro{debian("10"), {ID: "gentoo"}}, "2026-11-22", nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{Options: report.Options{AsOf: handmade.Day(tt.asOf)}}
			for i, d := range tt.distros {
				im.Steps = append(im.Steps, buildkit("RUN", file("f", 1+i)))
				im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: []string{"a0", "a1"}[i], Steps: 1, Distro: d})
			}
			check(t, EndOfLife(), im.Report(t), tt.wants...)
		})
	}
}

func TestEndOfLifeRuntimes(t *testing.T) {
	for name, tt := range map[string]struct {
		env     string
		program string
		want    *want
	}{
		"python":              {"PYTHON_VERSION=3.8.19", "usr/local/bin/python3", &want{1, 1, 2, report.Serious, "Python 3.8", "2024-10-07", "choose a base on", 0}},
		"python supported":    {"PYTHON_VERSION=3.13.1", "usr/local/bin/python3", nil},
		"python not there":    {"PYTHON_VERSION=3.8.19", "usr/bin/python3", nil},
		"python unknown":      {"PYTHON_VERSION=9.8.19", "usr/local/bin/python3", nil},
		"node":                {"NODE_VERSION=18.20.1", "usr/local/bin/node", &want{1, 1, 2, report.Serious, "Node.js 18", "", "", 0}},
		"go":                  {"GOLANG_VERSION=1.21", "usr/local/go/bin/go", &want{1, 1, 2, report.Serious, "Go 1.21", "", "", 0}},
		"ruby":                {"RUBY_VERSION=3.0.2", "usr/local/bin/ruby", &want{1, 1, 2, report.Serious, "Ruby 3.0", "", "", 0}},
		"php":                 {"PHP_VERSION=8.1.14", "usr/local/bin/php", &want{1, 1, 2, report.Serious, "PHP 8.1", "", "", 0}},
		"php soon":            {"PHP_VERSION=8.2.14", "usr/local/bin/php", &want{1, 1, 2, report.Note, "PHP 8.2", "2026-12-31", "", 0}},
		"dotnet":              {"DOTNET_VERSION=6.0.36", "usr/share/dotnet/dotnet", &want{1, 1, 2, report.Serious, ".NET 6", "", "", 0}},
		"temurin":             {"JAVA_HOME=/opt/java/openjdk JAVA_VERSION=jdk-18.0.2+9", "opt/java/openjdk/bin/java", &want{1, 1, 2, report.Serious, "Eclipse Temurin 18", "", "", 0}},
		"temurin 8":           {"JAVA_HOME=/opt/java/openjdk JAVA_VERSION=jdk8u362-b09", "opt/java/openjdk/bin/java", nil},
		"semeru":              {"JAVA_HOME=/opt/java/openjdk JAVA_VERSION=jdk-18.0.2+9_openj9-0.33.1", "opt/java/openjdk/bin/java", nil},
		"openjdk":             {"JAVA_HOME=/usr/local/openjdk-17 JAVA_VERSION=17.0.2", "usr/local/openjdk-17/bin/java", &want{1, 1, 2, report.Serious, "OpenJDK builds from jdk.java.net 17", "", "", 0}},
		"official openjdk 11": {"JAVA_HOME=/usr/local/openjdk-11 JAVA_VERSION=11.0.16", "usr/local/openjdk-11/bin/java", nil}, // not of jdk.java.net
		"another java":        {"JAVA_HOME=/usr/lib/jvm/x JAVA_VERSION=17.0.2", "usr/lib/jvm/x/bin/java", nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{
				Config: v1.Config{Env: strings.Fields(tt.env)},
				Steps: []handmade.Step{
					buildkit("ADD rootfs.tar /", file("bin/sh", 1)),
					buildkit("ENV " + tt.env),
					buildkit("RUN make install", file(tt.program, 10)),
					buildkit("RUN chmod 700", handmade.File{Name: tt.program, Size: 10, Mode: 0o700}), // copies it up, and did not bring it
				},
				Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Repository: "lang", Tag: "1", Steps: 2}, {Steps: 1}},
			}
			var wants []want
			if tt.want != nil {
				wants = []want{*tt.want}
			}
			check(t, EndOfLife(), im.Report(t), wants...)
			if name == "python" { // without layers, who set the variable
				check(t, EndOfLife(), im.ConfigReport(t), want{1, -1, 1, report.Serious, "Python 3.8", "", "", 0})
			}
		})
	}
}

func TestEndOfLifePackages(t *testing.T) {
	at := func(kind, name, version, path string) packages.Package {
		p := aPackage(kind, name, 1, 10)
		p.Version, p.Locations = version, []packages.Location{{Path: path, Layer: 1}}
		return p
	}
	im := handmade.Image{
		Steps:     []handmade.Step{buildkit("ADD rootfs.tar /", file("a", 1)), buildkit("RUN x", file("b", 1))},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			at("binary", "python", "3.7.17", "usr/local/bin/python3.7"),
			at("binary", "node", "16.1.0", "usr/bin/node"), // the distribution's: not judged
			at("deb", "nodejs", "14.21.3-1nodesource1", "var/lib/dpkg/status"),
			at("rpm", "nodejs", "2:16.20.2-1nodesource", "var/lib/rpm/rpmdb.sqlite"),
			at("deb", "python3.9", "3.9.2-1", "var/lib/dpkg/status"),
			at("go-module", "stdlib", "go1.19.1", "usr/local/bin/gosu"),
			at("go-module", "stdlib", "go1.19.3", "app/server"),
			at("go-module", "stdlib", "go1.15.1", "usr/bin/docker"), // the distribution's
			at("go-module", "stdlib", "go1.26.1", "app/new"),
		}},
	}
	check(t, EndOfLife(), im.Report(t),
		want{0, 1, 1, report.Serious, "Node.js 14", "", "move to Node.js 26", 0},
		want{0, 1, 1, report.Serious, "Node.js 16", "", "move to Node.js 26", 0},
		want{0, 1, 1, report.Serious, "Python 3.7", "", "move to Python 3.14", 0},
		want{0, 1, 1, report.Warning, "programs built with Go 1.19", "2 programs were built with Go 1.19", "build with a maintained Go", 0},
	)
}
