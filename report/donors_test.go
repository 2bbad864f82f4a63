package report_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// A runtime is what a row of the table recognises: how it is copied, which files that
// brings, and what the inventory has of it.
type runtime struct {
	copy                   string   // by BuildKit
	classic                string   // "" if the classic builder's COPY does not tell
	files                  []string // the first states the version
	kind, name, ver, plain string
	purl                   string
	paths                  []string
	more                   []string // files without which it is recognised, too
}

func runtimes() map[string]runtime {
	return map[string]runtime{
		"caddy": {"COPY /usr/bin/caddy /usr/bin/caddy # buildkit", "COPY file:0a in /usr/bin/caddy ",
			[]string{"usr/bin/caddy"}, "go-module", "github.com/caddyserver/caddy/v2", "v2.8.4", "2.8.4", "", []string{"usr/bin/caddy"}, nil},
		"composer": {"COPY /usr/bin/composer /usr/local/bin/composer # buildkit", "",
			[]string{"usr/local/bin/composer"}, "binary", "composer", "2.8.1", "2.8.1", "", []string{"usr/local/bin/composer"}, nil},
		"composer/composer": {"COPY /composer /usr/bin/ # buildkit", "",
			[]string{"usr/bin/composer"}, "binary", "composer", "2.8.1", "2.8.1", "", []string{"usr/bin/composer"}, nil},
		"denoland/deno": {"COPY /deno /usr/local/bin/deno # buildkit", "",
			[]string{"usr/local/bin/deno"}, "binary", "deno", "2.1.4", "2.1.4", "", []string{"usr/local/bin/deno"}, nil},
		"eclipse-temurin": {"COPY /opt/java/openjdk /opt/java/openjdk # buildkit", "COPY dir:0a in /opt/java/openjdk ",
			[]string{"opt/java/openjdk/release", "opt/java/openjdk/bin/java"}, "binary", "openjdk", "21.0.5+11-LTS", "21.0.5+11-LTS",
			"pkg:generic/oracle/openjdk@21.0.5?repository_url=https%3A%2F%2Fgithub.com%2Fadoptium%2Fjdk21u.git", []string{"opt/java/openjdk/"}, nil},
		"ghcr.io/astral-sh/uv": {"COPY /uv /uvx /bin/ # buildkit", "",
			[]string{"usr/bin/uv"}, "rust-crate", "uv", "0.9.2", "0.9.2", "", []string{"usr/bin/uv", "usr/bin/uvx"}, []string{"usr/bin/uvx"}},
		"golang": {"COPY /usr/local/go/ /usr/local/go/ # buildkit", "COPY dir:0a in /usr/local/go ",
			[]string{"usr/local/go/bin/go", "usr/local/go/VERSION", "usr/local/go/src/runtime/proc.go", "usr/local/go/pkg/tool/linux_amd64/compile"},
			"binary", "go", "go1.26.8", "1.26.8", "", []string{"usr/local/go/"}, nil},
		"node": {"COPY /usr/local/bin/node /usr/local/bin/ # buildkit", "COPY file:0a in /usr/local/bin/ ",
			[]string{"usr/local/bin/node"}, "binary", "node", "20.19.5", "20.19.5", "", []string{"usr/local/bin/node"}, nil},
		"openjdk": {"COPY /usr/local/openjdk-17 /usr/local/openjdk-17 # buildkit", "COPY dir:0a in /usr/local/openjdk-17 ",
			[]string{"usr/local/openjdk-17/release", "usr/local/openjdk-17/bin/java"}, "binary", "openjdk", "17.0.2+8", "17.0.2+8", "", []string{"usr/local/openjdk-17/"}, nil},
		"php": {"COPY /usr/local /usr/local # buildkit", "COPY dir:0a in /usr/local ",
			[]string{"usr/local/bin/php", "usr/local/lib/php/extensions/no-debug-non-zts-20230831/sodium.so", "usr/local/bin/docker-php-entrypoint"},
			"binary", "php-cli", "8.3.14", "8.3.14", "", []string{"usr/local/bin/php", "usr/local/lib/php/extensions/"}, nil},
		"python": {"COPY /usr/local/ /usr/local/ # buildkit", "COPY dir:0a in /usr/local/ ",
			[]string{"usr/local/lib/libpython3.12.so.1.0", "usr/local/bin/python3 -> python3.12", "usr/local/lib/python3.12/os.py", "usr/local/bin/python"},
			"binary", "python", "3.12.7", "3.12.7", "", []string{"usr/local/bin/python3", "usr/local/bin/python3.12", "usr/local/lib/libpython3.12.so.1.0", "usr/local/lib/python3.12/"}, []string{"usr/local/bin/python3.12"}},
		"ruby": {"COPY / / # buildkit", "COPY dir:0a in / ",
			[]string{"usr/local/lib/libruby.so.3.3.6", "usr/local/bin/ruby", "usr/local/lib/ruby/3.3.0/rubygems.rb", "usr/local/etc/gemrc"},
			"binary", "ruby", "3.3.6", "3.3.6", "", []string{"usr/local/bin/ruby", "usr/local/lib/libruby.so.3.3.6", "usr/local/lib/ruby/"}, nil},
		"rust": {"COPY /usr/local/ /usr/local/ # buildkit", "COPY dir:0a in /usr/local/ ",
			[]string{"usr/local/rustup/toolchains/1.83.0-x86_64-unknown-linux-gnu/lib/libstd-0123456789abcdef.so",
				"usr/local/rustup/toolchains/1.83.0-x86_64-unknown-linux-gnu/bin/rustc", "usr/local/cargo/bin/cargo"},
			"binary", "rust", "1.83.0", "1.83.0", "", []string{"usr/local/cargo/", "usr/local/rustup/"}, nil},
	}
}

// A step is one that made a layer with files of these names.
func step(by string, names ...string) handmade.Step {
	s := handmade.Step{CreatedBy: by, Files: []handmade.File{}}
	if strings.HasSuffix(by, "# buildkit") {
		s.Comment = handmade.BuildKit
	} else {
		s.CreatedBy = "/bin/sh -c #(nop) " + by
	}
	for _, n := range names {
		f := handmade.File{Name: n, Body: "the content of " + n}
		if n, link, ok := strings.Cut(n, " -> "); ok {
			f = handmade.File{Name: n, Link: link}
		}
		s.Files = append(s.Files, f)
	}
	return s
}

// base is Debian's, in which bin is a link.
func base() handmade.Step { return step("ADD rootfs.tar / # buildkit", "usr/bin/sh", "bin -> usr/bin") }

// on is an image of steps above the base, with a runtime in the inventory that a layer has.
func (rt runtime) on(layer int, steps ...handmade.Step) handmade.Image {
	p := packages.Package{Type: rt.kind, Name: rt.name, Version: rt.ver, PURL: rt.purl, State: packages.Present,
		Locations: []packages.Location{{Path: rt.files[0], Layer: layer}},
		Events:    []packages.Event{{Kind: packages.Introduced, Layer: layer, To: rt.ver}}}
	return handmade.Image{
		Steps:     append([]handmade.Step{base()}, steps...),
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: len(steps)}},
		Inventory: &packages.Inventory{Packages: []packages.Package{p}},
	}
}

func (rt runtime) all() []string { return append(slices.Clone(rt.files), rt.more...) }

func TestDonorRows(t *testing.T) {
	table := runtimes()
	assert.ElementsMatch(t, report.DonorRepositories(), slices.Collect(maps.Keys(table)), "a test for each row")
	for name, rt := range table {
		t.Run(name, func(t *testing.T) {
			copied := step(rt.copy, rt.all()...)
			none := func(im handmade.Image, why string) {
				t.Helper()
				assert.Empty(t, im.Report(t).Donors, why)
			}
			r := rt.on(1, copied).Report(t)
			require.Len(t, r.Donors, 1)
			d := r.Donors[0]
			assert.Equal(t, name, d.String())
			assert.Equal(t, ancestry.Inferred, d.Confidence, "never more")
			assert.Equal(t, rt.plain, d.Version)
			assert.Equal(t, rt.paths, d.Paths)
			assert.Equal(t, []int{1}, d.Steps)
			assert.Zero(t, d.Ancestor)
			assert.Positive(t, d.Bytes)
			require.Len(t, d.Evidence, 1)
			assert.Contains(t, d.Evidence[0].Says, rt.plain)

			classic := rt.on(1, step(cmp.Or(rt.classic, "COPY multi:0a in /usr/bin/ "), rt.all()...)).Report(t)
			if rt.classic == "" {
				for _, d := range classic.Donors { // a hash, and a place where another row has it
					assert.NotEqual(t, name, d.String())
				}
			} else {
				require.Len(t, classic.Donors, 1)
				assert.Equal(t, name, classic.Donors[0].String())
			}

			none(rt.on(1, step("COPY . / # buildkit", rt.all()...)), "from the build context")
			none(rt.on(1, step("RUN /bin/sh -c install # buildkit", rt.all()...)), "installed by a step")
			none(rt.on(1, step("ADD /usr/local /usr/local # buildkit", rt.all()...)), "an archive")
			none(rt.on(1, step("RUN /bin/sh -c install # buildkit", rt.all()...), copied), "the base brought it")
			none(rt.on(0, copied), "another layer has the version")
			owned := rt.on(1, copied)
			owned.Inventory.Packages[0].Owner = "distribution's"
			none(owned, "a package of the distribution")
			without := rt.on(1, copied)
			without.Inventory = nil
			none(without, "packages not asked for")
			gone := rt.on(1, copied)
			gone.Inventory.Packages[0].State = packages.Gone
			none(gone, "removed")
			for _, file := range rt.files {
				if file != rt.files[0] || len(rt.files) == 1 {
					rest := slices.DeleteFunc(rt.all(), func(f string) bool { return f == file })
					none(rt.on(1, step(rt.copy, append(rest, "etc/other")...)), "only a part: without "+file)
				}
			}
			its := rt.on(1, copied)
			its.Ancestors[1].Repository = name
			none(its, "the repository's own image")
			assert.Empty(t, rt.on(1, copied).ConfigReport(t).Donors, "the configuration alone")
		})
	}
}

func TestDonorsOfSeveralSteps(t *testing.T) {
	node := runtimes()["node"]
	r := node.on(1,
		step("COPY /usr/local/bin/node /usr/local/bin/node # buildkit", "usr/local/bin/node"),
		step("RUN /bin/sh -c true # buildkit", "tmp/x"),
		step("COPY /usr/local/lib/node_modules /usr/local/lib/node_modules # buildkit", "usr/local/lib/node_modules/npm/package.json", "usr/local/lib/node_modules/npm/index.js"),
		step("COPY node_modules /app/node_modules # buildkit", "app/node_modules/a/package.json"),
		step("COPY /usr/local/bin/node /opt/node # buildkit", "opt/node"),
	).Report(t)
	require.Len(t, r.Donors, 1)
	d := r.Donors[0]
	assert.Equal(t, "node 20.19.5 from node, inferred, by step 1, 3, 5: opt/node usr/local/bin/node usr/local/lib/node_modules/npm/", d.Says())
	assert.Equal(t, []int{1, 3, 5}, d.Steps)
	assert.Equal(t, []string{"opt/node", "usr/local/bin/node", "usr/local/lib/node_modules/npm/"}, d.Paths)
	assert.EqualValues(t, len("the content of opt/node")+len("the content of usr/local/bin/node")+len("the content of usr/local/lib/node_modules/npm/package.json")+len("the content of usr/local/lib/node_modules/npm/index.js"), d.Bytes)

	python := runtimes()["python"]
	assert.Empty(t, python.on(1, step("COPY /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages # buildkit",
		"usr/local/lib/python3.12/site-packages/six.py")).Report(t).Donors, "a part")
}

func TestDonorPlaces(t *testing.T) {
	node := runtimes()["node"]
	for name, test := range map[string]struct {
		copy, at string
		want     string
	}{
		"renamed":          {"COPY /usr/local/bin/node /opt/n/nodejs # buildkit", "opt/n/nodejs", "opt/n/nodejs"},
		"into a directory": {"COPY /usr/local/bin/node /usr/local/bin/npm /opt/n/ # buildkit", "opt/n/node", "opt/n/node"},
		"wildcard":         {"COPY /usr/local/bin/nod* /usr/local/bin/ # buildkit", "usr/local/bin/node", "usr/local/bin/node"},
		"through a link":   {"COPY /usr/local/bin/node /bin/ # buildkit", "usr/bin/node", "usr/bin/node"},
		"chown":            {"COPY --chown=node:node /usr/local/bin/node /usr/local/bin/ # buildkit", "usr/local/bin/node", "usr/local/bin/node"},
		"link":             {"COPY --link /usr/local/bin/node /usr/local/bin/ # buildkit", "usr/local/bin/node", "usr/local/bin/node"},
		"another place":    {"COPY /out/node /usr/local/bin/node # buildkit", "usr/local/bin/node", ""},
		"relative":         {"COPY /usr/local/bin/node . # buildkit", "node", ""},
		"a tree of one":    {"COPY /rootfs/ / # buildkit", "usr/local/bin/node", ""},
		"whole bin, without what the image has there": {"COPY /usr/local/bin /usr/local/bin # buildkit", "usr/local/bin/node", ""},
		"a directory, by hash":                        {"COPY dir:0a in /usr/local ", "usr/local/bin/node", ""},
		"too many sources":                            {"COPY " + strings.Repeat("/usr/local/bin/node ", 101) + "/usr/local/bin/ # buildkit", "usr/local/bin/node", ""},
		"an own file, by hash":                        {"COPY file:0a in /opt/n/ ", "opt/n/node", ""},
	} {
		t.Run(name, func(t *testing.T) {
			rt := node
			rt.files = []string{test.at}
			r := rt.on(1, step(test.copy, test.at)).Report(t)
			if test.want == "" {
				assert.Empty(t, r.Donors)
				return
			}
			require.Len(t, r.Donors, 1)
			assert.Equal(t, []string{test.want}, r.Donors[0].Paths)
		})
	}
	marked := node.on(1, step("COPY /usr/local/bin /usr/local/bin # buildkit", "usr/local/bin/node", "usr/local/bin/docker-entrypoint.sh"))
	assert.Len(t, marked.Report(t).Donors, 1)
}

// Equal files that are copied over those of the base are no donor's: nothing was brought. Another
// version over it is.
func TestDonorOverBase(t *testing.T) {
	node := runtimes()["node"]
	copied := step(node.copy, "usr/local/bin/node")
	im := node.on(1, copied)
	im.Steps[0].Files = append(im.Steps[0].Files, handmade.File{Name: "usr/local/bin/node", Body: "the content of usr/local/bin/node", UID: 7})
	assert.Empty(t, im.Report(t).Donors, "only the owner changed")
	im.Steps[0].Files[len(im.Steps[0].Files)-1].Body = "older"
	assert.Len(t, im.Report(t).Donors, 1)
	chowned := im
	chowned.Steps = append(slices.Clone(im.Steps), handmade.Step{CreatedBy: "RUN chown # buildkit", Comment: handmade.BuildKit,
		Files: []handmade.File{{Name: "usr/local/bin/node", Body: "the content of usr/local/bin/node", UID: 9}}})
	chowned.Ancestors = []handmade.Ancestor{im.Ancestors[0], {Steps: 2}}
	r := chowned.Report(t)
	require.Len(t, r.Donors, 1, "the owner changed since")
	assert.Equal(t, []int{1}, r.Donors[0].Steps)
	assert.Positive(t, r.Donors[0].Bytes)
	im.Steps = append(im.Steps, step("RUN /bin/sh -c rm # buildkit", "usr/local/bin/.wh.node"))
	im.Ancestors[1].Steps = 2
	assert.Empty(t, im.Report(t).Donors, "deleted again")
}

// Others install at the same place, or make the very image that the table is about.
func TestDonorDoubts(t *testing.T) {
	temurin := runtimes()["eclipse-temurin"]
	temurin.purl = "pkg:generic/oracle/openjdk@21.0.5?repository_url=https%3A%2F%2Fgithub.com%2Fibmruntimes%2Fopenj9-openjdk-jdk21.git"
	assert.Empty(t, temurin.on(1, step(temurin.copy, temurin.all()...)).Report(t).Donors)

	uv := runtimes()["ghcr.io/astral-sh/uv"]
	uv.files = []string{"uv"}
	im := uv.on(0)
	im.Steps = []handmade.Step{step("COPY /uv /uvx / # buildkit", "uv", "uvx")}
	im.Ancestors = nil
	assert.Empty(t, im.Report(t).Donors, "its own image")

	node := runtimes()["node"]
	im = node.on(1, step("COPY /usr/local/bin/node /opt/n/node # buildkit", "opt/n/node"), step(node.copy, node.files...))
	im.Inventory.Packages[0].Locations[0].Path = "opt/n/node"
	im.Ancestors = []handmade.Ancestor{{Repository: "debian", Steps: 2}, {Steps: 1}}
	r := im.Report(t)
	require.Len(t, r.Donors, 1, "the version of one is not that of the other")
	assert.Equal(t, 1, r.Donors[0].Ancestor)

	r = node.on(1, step(node.copy, node.files...)).Report(t)
	r.Lineage.Steps[1].Uncertain = true
	assert.Empty(t, report.New(r.Index, r.Lineage, r.Inventory, nil).Donors, "another step may have made the layer")
	two := node.on(1, step(node.copy, node.files...))
	two.Inventory.Packages = append(two.Inventory.Packages, two.Inventory.Packages[0])
	two.Inventory.Packages[1].Version = "18.1.0"
	require.Len(t, two.Report(t).Donors, 1)
	assert.Empty(t, two.Report(t).Donors[0].Version, "which of two is not known")
}

// What Docker's official images copy from their build contexts would be no donor's, even if all
// runtimes of the table were in it.
func TestDonorsOfPublished(t *testing.T) {
	for _, img := range realimages.All(t) {
		im := handmade.Image{Inventory: &packages.Inventory{}}
		layer := 0
		for _, e := range img.History {
			s := handmade.Step{CreatedBy: e.CreatedBy}
			if !strings.HasPrefix(e.CreatedBy, "/bin/sh") {
				s.Comment = handmade.BuildKit
			}
			if !e.EmptyLayer {
				s.Files = []handmade.File{}
				for _, rt := range runtimes() {
					if strings.HasPrefix(e.CreatedBy, "COPY ") {
						s.Files = append(s.Files, step("", rt.all()...).Files...)
					}
					im.Inventory.Packages = append(im.Inventory.Packages, rt.on(layer).Inventory.Packages...)
				}
				layer++
			}
			im.Steps = append(im.Steps, s)
		}
		assert.Empty(t, im.Report(t).Donors, img.File)
	}
}

// What a Go program says of its compiler does not make the compiler's image a donor.
func TestDonorNotOfGoPrograms(t *testing.T) {
	rt := runtime{files: []string{"app/server"}, kind: "go-module", name: "stdlib", ver: "go1.26.8"}
	assert.Empty(t, rt.on(1, step("COPY /out/server /app/server # buildkit", "app/server")).Report(t).Donors)
}

// stated joins an image with what its lineage says of donors.
func stated(t *testing.T, im handmade.Image, donors ...ancestry.Donor) *report.Report {
	t.Helper()
	r := im.Report(t)
	r.Lineage.Donors = donors
	return report.New(r.Index, r.Lineage, r.Inventory, &report.Options{AsOf: handmade.AsOf})
}

func donor(name, stage string, steps ...int) ancestry.Donor {
	n, _ := ancestry.ParseName(name)
	return ancestry.Donor{Name: n, Stage: stage, Steps: steps, Confidence: ancestry.Recorded, Evidence: []ancestry.Evidence{{Says: name, Confidence: ancestry.Recorded}}}
}

func TestDonorsStatedAndFound(t *testing.T) {
	node := runtimes()["node"]
	im := node.on(1, step(node.copy, node.files...), step("COPY /x /y/ # buildkit", "y/a", "y/b/c"))
	for name, test := range map[string]struct {
		stated  []ancestry.Donor
		want    []string
		version string // of the first
		paths   []string
	}{
		"the same, with a tag":      {[]ancestry.Donor{donor("node:20", "", 1)}, []string{"node:20"}, "20.19.5", []string{"usr/local/bin/node"}},
		"the same, step not known":  {[]ancestry.Donor{donor("node:20", "")}, []string{"node:20"}, "20.19.5", []string{"usr/local/bin/node"}},
		"a mirror":                  {[]ancestry.Donor{donor("mirror.example/library/node:20", "", 1)}, []string{"mirror.example/library/node:20"}, "20.19.5", []string{"usr/local/bin/node"}},
		"a stage that installed it": {[]ancestry.Donor{donor("debian:12", "build", 1)}, []string{"debian:12"}, "", []string{"usr/local/bin/node"}},
		"of another step":           {[]ancestry.Donor{donor("acme/tools:1", "", 2)}, []string{"node", "acme/tools:1"}, "20.19.5", []string{"usr/local/bin/node"}},
		"of no known step":          {[]ancestry.Donor{donor("acme/tools:1", "")}, []string{"acme/tools:1", "node"}, "", nil},
		"several of one step":       {[]ancestry.Donor{donor("a:1", "", 1), donor("b:1", "", 1)}, []string{"a:1", "b:1"}, "", []string{"usr/local/bin/node"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := stated(t, im, test.stated...)
			var got []string
			for _, d := range r.Donors {
				got = append(got, d.String())
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.version, r.Donors[0].Version)
			assert.Equal(t, test.paths, r.Donors[0].Paths)
		})
	}
	r := stated(t, im, donor("acme/tools:1", "", 2))
	assert.Equal(t, []string{"y/a", "y/b/c"}, r.Donors[1].Paths, "few files, told one by one")
	assert.Positive(t, r.Donors[1].Bytes)
	assert.Nil(t, r.Lineage.Donors[0].Paths, "the lineage is not changed")
}
