package handmade

import (
	"errors"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// Sample is a report that has some of everything: four ancestors, each of another
// confidence, packages that were upgraded and removed, problems, and much for the
// given rules to find. It is the same on every run.
func Sample(t testing.TB, rules []report.Rule) *report.Report {
	t.Helper()
	return sample(t, rules, func(*ancestry.Lineage) {})
}

// sample is Sample with more in its lineage.
func sample(t testing.TB, rules []report.Rule, more func(*ancestry.Lineage)) *report.Report {
	t.Helper()
	im := Image{
		Config: v1.Config{Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION=3.8.16"}, Cmd: []string{"serve"}},
		Steps:  sampleSteps(),
		Ancestors: []Ancestor{
			{Repository: "debian", Tag: "bullseye-20230109", Steps: 2, Distro: ancestry.Distro{ID: "debian", VersionID: "11", Codename: "bullseye", PrettyName: "Debian GNU/Linux 11 (bullseye)"}},
			{Repository: "buildpack-deps", Tag: "bullseye", Steps: 1},
			{Repository: "python", Tag: "3.8.16-bullseye", Steps: 4},
			{Steps: 5},
		},
	}
	files := &report.Files{}
	idx, err := layers.Read(t.Context(), im.Build(t), &layers.Options{Wants: files.Wants()})
	require.NoError(t, err)
	for i := range idx.Layers { // so that it does not depend on the compressor
		idx.Layers[i].Size = idx.Layers[i].Uncompressed / 3
		idx.Layers[i].Digest = v1.Hash{}
	}
	lin := im.lineage(idx.Steps)
	addEvidence(lin)
	more(lin)
	return report.New(idx, lin, sampleInventory(), &report.Options{
		AsOf:      AsOf,
		Rules:     rules,
		Files:     files,
		Reference: "registry.example.com/shop/api:2.4.1", Digest: hash("a5"),
	})
}

func hash(two string) v1.Hash {
	hex := ""
	for range 32 {
		hex += two
	}
	return v1.Hash{Algorithm: "sha256", Hex: hex}
}

func sampleSteps() []Step {
	f := func(name string, kb int) File { return File{Name: name, Size: kb * 1000} }
	classic := func(day, by string, files ...File) Step {
		return Step{CreatedBy: "/bin/sh -c " + by, Created: Day(day), Files: files}
	}
	buildkit := func(day, by string, files ...File) Step {
		return Step{CreatedBy: by, Comment: BuildKit, Created: Day(day), Files: files}
	}
	return []Step{
		classic("2023-01-11", "#(nop) ADD file:917750a82b29f8f7f88a121017bd9dfeb0fbcc8f0697a009f08b6b58246eff4b in / ",
			f("bin/sh", 1200), f("usr/lib/libc.so.6", 1900), f("var/lib/dpkg/status", 90)),
		classic("2023-01-11", `#(nop)  CMD ["bash"]`),
		classic("2023-01-11", "set -ex; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tgcc \t\tgit \t\tlibssl-dev \t; \trm -rf /var/lib/apt/lists/*",
			f("usr/bin/gcc", 3100), f("usr/bin/git", 2200), f("usr/include/openssl/ssl.h", 700), f("var/lib/dpkg/status", 95)),
		classic("2023-01-11", "#(nop)  ENV PATH=/usr/local/bin:/usr/bin:/bin"),
		classic("2023-01-11", "#(nop)  ENV PYTHON_VERSION=3.8.16"),
		classic("2023-01-23", "set -eux; \twget -O python.tar.xz \"https://www.python.org/ftp/python/${PYTHON_VERSION%%[a-z]*}/Python-$PYTHON_VERSION.tar.xz\"; \tmake; \tmake install",
			f("usr/local/bin/python3", 4100)),
		classic("2023-01-23", `#(nop)  CMD ["python3"]`),
		buildkit("2026-03-02", "RUN /bin/sh -c apt-get update && apt-get upgrade -y # buildkit",
			f("usr/lib/libc.so.6", 1901), f("var/lib/apt/lists/mirror.example.org_debian_dists_bullseye_main_binary-amd64_Packages", 1700), f("var/lib/dpkg/status", 96)),
		buildkit("2026-03-02", "RUN /bin/sh -c apt-get purge -y git # buildkit", File{Name: "usr/bin/.wh.git"}, f("var/lib/dpkg/status", 94)),
		buildkit("2026-03-02", "ADD https://example.com/model.bin /srv/ # buildkit", f("srv/model.bin", 2500)),
		buildkit("2026-03-02", "RUN /bin/sh -c chown -R www-data /srv # buildkit", File{Name: "srv/model.bin", Size: 2500 * 1000, UID: 33}),
		buildkit("2026-03-02", `CMD ["serve"]`),
	}
}

func addEvidence(lin *ancestry.Lineage) {
	own, python, deps, debian := &lin.Ancestors[0], &lin.Ancestors[1], &lin.Ancestors[2], &lin.Ancestors[3]
	own.Boundary = ancestry.Inferred
	own.Evidence = []ancestry.Evidence{{Kind: ancestry.KindHeuristic, Confidence: ancestry.Inferred, Says: "the builder changes from docker to buildkit", Where: "step 7"}}
	python.Evidence = []ancestry.Evidence{{Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised, Says: "the steps are those of python's 3.8/bullseye/Dockerfile", Where: "steps 3 to 6",
		Name: "python:3.8.16-bullseye@" + hash("be").String()}} // FROM pins it
	python.Ties = []ancestry.Name{{Repository: "python", Tags: []string{"3.8-bullseye"}}, {Repository: "python", Tags: []string{"3.8"}}}
	deps.Confidence = ancestry.Inferred
	deps.Evidence = []ancestry.Evidence{{Kind: ancestry.KindParent, Confidence: ancestry.Inferred, Says: "python's FROM names it", Where: "steps 3 to 6"}}
	deps.Against = []ancestry.Evidence{{Kind: ancestry.KindHeuristic, Confidence: ancestry.Inferred, Says: "it should have three steps, and has one"}}
	debian.Confidence = ancestry.Proved
	debian.Digest = hash("de")
	debian.Boundary = ancestry.Proved
	debian.Evidence = []ancestry.Evidence{{Kind: ancestry.KindDigest, Confidence: ancestry.Proved, Says: "layer 0 is that of debian:bullseye-20230109", Where: "layer 0: diffID"}}
	lin.Problems = []layers.Problem{{Layer: layers.None, Step: 4, Err: errors.New("the history names no shell")}}
}

func sampleInventory() *packages.Inventory {
	deb := func(name, version string, bytes map[int]int64, state packages.State, events ...packages.Event) packages.Package {
		p := packages.Package{Type: "deb", Name: name, Version: version, Arch: "amd64", PURL: "pkg:deb/debian/" + name + "@" + version + "?arch=amd64",
			FoundBy: "dpkg-db-cataloger", Locations: []packages.Location{{Path: "var/lib/dpkg/status", Layer: events[len(events)-1].Layer}},
			Events: events, State: state, Files: 1, Bytes: packages.Bytes{ByLayer: bytes}}
		for l, n := range bytes {
			if state == packages.Present && l == events[len(events)-1].Layer {
				p.Bytes.Visible += n
			} else {
				p.Bytes.Shadowed += n
			}
		}
		return p
	}
	in := func(layer int, version string) packages.Event {
		return packages.Event{Kind: packages.Introduced, Layer: layer, To: version}
	}
	inv := &packages.Inventory{Packages: []packages.Package{
		deb("dash", "0.5.11", map[int]int64{0: 1_200_000}, packages.Present, in(0, "0.5.11")),
		deb("gcc-10", "10.2.1-6", map[int]int64{1: 3_100_000}, packages.Present, in(1, "10.2.1-6")),
		deb("git", "1:2.30.2-1", map[int]int64{1: 2_200_000}, packages.Gone, in(1, "1:2.30.2-1"), packages.Event{Kind: packages.Removed, Layer: 4, From: "1:2.30.2-1"}),
		deb("libc6", "2.31-13+deb11u9", map[int]int64{0: 1_900_000, 3: 1_901_000}, packages.Present, in(0, "2.31-13+deb11u5"),
			packages.Event{Kind: packages.Upgraded, Layer: 3, From: "2.31-13+deb11u5", To: "2.31-13+deb11u9"}),
		deb("libssl-dev", "1.1.1n-0", map[int]int64{1: 700_000}, packages.Present, in(1, "1.1.1n-0")),
	}}
	inv.Layers = make([]packages.LayerBytes, 7)
	inv.Layers[0] = packages.LayerBytes{Packages: 3_100_000, Metadata: 90_000}
	inv.Unowned = []packages.Directory{{Path: "usr/local/bin", Bytes: 4_100_000, Files: 1, Layer: 2}}
	inv.Problems = []layers.Problem{{Layer: 2, Step: layers.None, Path: "usr/local/lib/broken.jar", Err: errors.New("zip: not a valid zip file")}}
	return inv
}
