package rules

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// onBuildpackDeps is an image on buildpack-deps, whose own step runs a script, with more
// packages that the step brings.
func onBuildpackDeps(script string, more ...packages.Package) handmade.Image {
	deb := func(name string, bytes int64) packages.Package { return aPackage("deb", name, 1, bytes) }
	return handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar.xz / # buildkit", file("bin/sh", 1)),
			buildkit("RUN /bin/sh -c apt-get update && apt-get install -y gcc g++ # buildkit", file("usr/bin/gcc", 1)),
			buildkit("RUN /bin/sh -c "+script+" # buildkit", file("app/main", 1)),
		},
		Ancestors: []handmade.Ancestor{
			{Repository: "debian", Tag: "trixie", Steps: 1, Distro: ancestry.Distro{ID: "debian", VersionID: "13"}},
			{Repository: "buildpack-deps", Tag: "trixie", Steps: 1}, {Steps: 1},
		},
		Inventory: &packages.Inventory{Packages: append([]packages.Package{
			aPackage("deb", "libc6", 0, 100), deb("gcc-14", 62_000_000), deb("g++-14", 36_000_000), deb("cpp-14", 30_000_000), deb("libgcc-14-dev", 15_000_000),
			deb("libstdc++-14-dev", 21_000_000), deb("gcc", 5_000), deb("g++", 4_000), deb("make", 1_800_000), deb("git", 40_000_000), deb("libssl-dev", 15_000_000),
			deb("binutils", 1_000_000),
		}, more...)},
	}
}

// On a descendant of buildpack-deps, both rules name every compiler, with bytes.
func TestCompilersOfBuildpackDeps(t *testing.T) {
	compilers := []string{"gcc-14", "g++-14", "cpp-14", "libstdc++-14-dev", "libgcc-14-dev", "gcc", "g++"}
	r := onBuildpackDeps("./configure && make && make install").Report(t)
	f := check1(t, SingleStage(), r)
	assert.Equal(t, "step 2 builds (make), and the image keeps the tools: gcc-14 (62 MB), g++-14 (36 MB), cpp-14 (30 MB), libstdc++-14-dev (21 MB), libgcc-14-dev (15 MB), gcc (5.0 kB) and g++ (4.0 kB)", f.Message)
	assert.Equal(t, int64(62_000_000+36_000_000+30_000_000+15_000_000+21_000_000+5_000+4_000+1_800_000+15_000_000+1_000_000), f.Bytes, "with make, headers and binutils; without git")
	assert.Subset(t, f.Items, compilers)
	assert.Equal(t, 0, f.Ancestor)
	for _, f := range report.RunRules(r, []report.Rule{BuildTools()}) {
		if f.Subject == "compilers" {
			assert.Equal(t, compilers, f.Items)
			assert.Equal(t, int64(164_009_000), f.Bytes)
		}
	}
}

// check1 returns the only finding of a rule.
func check1(t *testing.T, rule report.Rule, r *report.Report) report.Finding {
	t.Helper()
	found := report.RunRules(r, []report.Rule{rule})
	if !assert.Len(t, found, 1) {
		t.FailNow()
	}
	return found[0]
}

func TestSingleStage(t *testing.T) {
	own := aPackage("deb", "gcc-14", 2, 50_000_000)
	for name, tt := range map[string]struct {
		im    handmade.Image
		wants []want
	}{
		"installs only":           {onBuildpackDeps("pip install flask && npm ci"), nil},
		"asks for the version":    {onBuildpackDeps("gcc --version && make --version"), nil},
		"its own compiler":        {onBuildpackDeps("pip install flask", own), []want{{0, 2, 2, report.Warning, "pip install", "builds (pip install)", "build in a stage of its own", 231_809_000}}},
		"the base builds, not it": {handmade.Image{Steps: onBuildpackDeps("make").Steps, Ancestors: []handmade.Ancestor{{Repository: "app", Tag: "1", Steps: 3}, {}}, Inventory: onBuildpackDeps("make").Inventory}, nil},
		"no compiler is left":     {handmade.Image{Steps: onBuildpackDeps("make").Steps, Inventory: &packages.Inventory{Packages: []packages.Package{aPackage("deb", "make", 2, 9)}}}, nil},
		"packages are not known":  {handmade.Image{Steps: onBuildpackDeps("make").Steps}, nil},
		"a toolchain of files": {handmade.Image{Steps: []handmade.Step{buildkit("COPY /usr/local/go /usr/local/go # buildkit", file("usr/local/go/bin/go", 4000)), buildkit("RUN /bin/sh -c go build -o /app . # buildkit", file("app", 9))},
			Ancestors: []handmade.Ancestor{{Repository: "golang", Tag: "1.25", Steps: 1}, {Steps: 1}}},
			[]want{{0, 1, 1, report.Warning, "go build", "keeps the tools: Go toolchain in /usr/local/go", "", 4000}}},
	} {
		t.Run(name, func(t *testing.T) { check(t, SingleStage(), tt.im.Report(t), tt.wants...) })
	}
}

// On slim, distroless and Alpine images, nothing is there to build with: the rules say
// nothing, whatever the steps are called.
func TestSilentOnSmallImages(t *testing.T) {
	app := buildkit("RUN /bin/sh -c make install && pip install flask # buildkit", file("app/main", 9))
	for name, base := range map[string][]packages.Package{
		"debian-slim": {aPackage("deb", "libc6", 0, 9), aPackage("deb", "gcc-14-base", 0, 9), aPackage("deb", "libgcc-s1", 0, 9), aPackage("deb", "perl-base", 0, 9), aPackage("deb", "libstdc++6", 0, 9)},
		"distroless":  {aPackage("deb", "base-files", 0, 9), aPackage("deb", "libc6", 0, 9), aPackage("deb", "libssl3", 0, 9), aPackage("deb", "tzdata", 0, 9)},
		"alpine":      {aPackage("apk", "musl", 0, 9), aPackage("apk", "busybox", 0, 9), aPackage("apk", "apk-tools", 0, 9), aPackage("apk", "libgcc", 0, 9), aPackage("apk", "libstdc++", 0, 9)},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{Steps: []handmade.Step{buildkit("ADD rootfs.tar.xz / # buildkit", file("bin/sh", 9)), app},
				Ancestors: []handmade.Ancestor{{Repository: name, Tag: "1", Steps: 1}, {Steps: 1}}, Inventory: &packages.Inventory{Packages: base}}
			assert.Empty(t, report.RunRules(im.Report(t), []report.Rule{BuildTools(), SingleStage()}))
		})
	}
}

func TestBuilds(t *testing.T) {
	for script, want := range map[string]string{
		"make -j4": "make", "go build ./...": "go build", "go mod download": "", "cargo +nightly build --release": "cargo build", "cmake -B b": "", "cmake --build b": "cmake --build",
		"dotnet publish -c Release": "dotnet publish", "dotnet restore": "", "./mvnw package": "mvnw", "gcc a.c": "gcc", "gcc": "", "gcc -v --help": "", "javac A.java": "javac", "java -jar x": "", "npm ci": "",
	} {
		list, _ := commands(script)
		prog, args := program(list[0].words)
		assert.Equal(t, want, builds(prog, args, false), script)
	}
}

// program64 is the beginning of a program for Linux, static or not.
func program64(name string, static bool) handmade.File {
	b := make([]byte, 64+56)
	copy(b, "\x7fELF\x02\x01\x01")
	b[16], b[32], b[54], b[56] = 2, 64, 56, 1
	b[64] = 3 // PT_INTERP
	if static {
		b[64] = 1
	}
	return handmade.File{Name: name, Body: string(b)}
}

func TestNeedlessShell(t *testing.T) {
	alpine := fileList{file("bin/busybox", 1000), {Name: "bin/sh", Link: "busybox"}, file("sbin/apk", 500)}
	for name, tt := range map[string]struct {
		base, own  fileList
		entrypoint []string
		packages   []packages.Package
		wants      []want
	}{
		"own": {alpine, fileList{program64("app", true)}, []string{"/app", "serve"}, nil,
			[]want{{0, 1, 1, report.Note, "/app", "beside a shell (/bin/sh) and a package manager (/sbin/apk)", "scratch or a distroless", 1500}}},
		"found by PATH, behind an init": {alpine, fileList{program64("usr/local/bin/app", true)}, []string{"/sbin/tini", "--", "app"}, nil, []want{{0, 1, 1, report.Note, "/usr/local/bin/app", "", "", 1500}}},
		"with certificates":             {alpine, fileList{program64("app", true)}, []string{"/app"}, []packages.Package{aPackage("apk", "ca-certificates", 1, 9)}, []want{{0, 1, 1, report.Note, "", "", "", 1500}}},
		"it may call git":               {alpine, fileList{program64("app", true)}, []string{"/app"}, []packages.Package{aPackage("apk", "git", 1, 9)}, nil},
		"dynamic":                       {alpine, fileList{program64("app", false)}, []string{"/app"}, nil, nil},
		"a script":                      {alpine, fileList{{Name: "app", Body: "#!/bin/sh\n"}}, []string{"/app"}, nil, nil},
		"a shell starts it":             {alpine, fileList{program64("app", true)}, []string{"/bin/sh", "-c", "/app"}, nil, nil},
		"inherited":                     {append(fileList{program64("app", true)}, alpine...), fileList{file("conf", 1)}, []string{"/app"}, nil, nil},
		"nothing starts":                {alpine, fileList{program64("app", true)}, nil, nil, nil},
		"not there":                     {alpine, fileList{program64("app", true)}, []string{"/application"}, nil, nil},
		"distroless":                    {fileList{file("etc/os-release", 9)}, fileList{program64("app", true)}, []string{"/app"}, nil, nil},
		"a shell of its own":            {alpine, fileList{program64("bin/busybox", true)}, []string{"/bin/busybox"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			im := onBase(tt.base, tt.own)
			im.Config = v1.Config{Entrypoint: tt.entrypoint}
			im.Inventory = &packages.Inventory{Packages: append([]packages.Package{aPackage("apk", "musl", 0, 9)}, tt.packages...)}
			check(t, NeedlessShell(), im.Report(t), tt.wants...)
		})
	}
}
