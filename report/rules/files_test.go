package rules

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestToolsTable(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(toolsTSV), "\n")
	seen := map[tool]bool{}
	rows := 0
	for _, l := range lines {
		if l[0] != '#' {
			rows++
		}
	}
	require.Len(t, tools(), rows-1, "every line but the heads is a tool")
	for _, tl := range tools() {
		assert.Contains(t, []string{"deb", "apk", "rpm"}, tl.kind)
		_, err := path.Match(tl.pattern, "")
		assert.NoError(t, err, tl.pattern)
		assert.False(t, seen[tl], "%v twice", tl)
		seen[tl] = true
	}
}

func TestCategory(t *testing.T) {
	for in, want := range map[string]string{
		"deb gcc-12": compilers, "deb cpp-12": compilers, "deb libgcc-12-dev": compilers, "deb gcc-12-base": "", "deb gcc": compilers,
		"deb openjdk-17-jdk-headless": compilers, "deb openjdk-17-jre": "", "deb libgcc-s1": "", "deb libstdc++6": "",
		"deb binutils-x86-64-linux-gnu": "linkers and binary tools",
		"deb libssl-dev":                "headers and -dev packages", "deb linux-libc-dev": "headers and -dev packages", "deb libssl3": "",
		"deb dpkg-dev": "build systems", "deb make": "build systems", "deb autotools-dev": "build systems", "deb dpkg": "",
		"deb git": "version control", "deb gdb": "debuggers", "deb openssh-client": remoteAccess,
		"apk build-base": compilers, "apk musl-dev": "headers and -dev packages", "apk musl": "", "apk git": "version control",
		"apk openjdk17-jre-headless": "", "apk openjdk17-jdk": compilers, "apk llvm17-libs": "",
		"rpm gcc-c++": compilers, "rpm openssl-devel": "headers and -dev packages", "rpm kernel-headers": "headers and -dev packages", "rpm openssl-libs": "",
		"npm make": "", "python git": "",
	} {
		kind, name, _ := strings.Cut(in, " ")
		assert.Equal(t, want, category(kind, name), in)
	}
}

func TestBuildTools(t *testing.T) {
	upgraded := aPackage("deb", "libssl-dev", 1, 500)
	upgraded.Events = append(upgraded.Events, packages.Event{Kind: packages.Upgraded, Layer: 3})
	back := aPackage("deb", "make", 1, 70)
	back.Events = append(back.Events, packages.Event{Kind: packages.Removed, Layer: 2}, packages.Event{Kind: packages.Reinstalled, Layer: 3})
	back.Bytes.ByLayer[3] = 71 // the first 70 are the first one's, and stay shipped
	gone := aPackage("deb", "gdb", 1, 900)
	gone.State = packages.Gone
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar /", file("a", 1)), buildkit("RUN b", file("b", 1)), buildkit("RUN c", file("c", 1)), buildkit("RUN d", file("d", 1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Repository: "buildpack-deps", Tag: "bookworm", Steps: 1},
			{Repository: "python", Tag: "3.12", Steps: 1}, {Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			aPackage("deb", "gcc-12", 1, 3000), aPackage("deb", "g++-12", 1, 4000), aPackage("deb", "gcc-12-base", 0, 9), upgraded, back, gone,
			aPackage("deb", "openssh-client", 3, 5), aPackage("npm", "git", 3, 5),
		}},
	}
	r := im.Report(t)
	check(t, BuildTools(), r,
		want{0, 3, 3, report.Warning, "build systems", "make", "copy only the result", 71},
		want{2, 1, 1, report.Warning, "compilers", "ships compilers: g++-12 (4.0 kB) and gcc-12 (3.0 kB)", "use the -slim variant of python", 7000},
		want{2, 1, 1, report.Warning, "headers and -dev packages", "libssl-dev", "", 500}, // who upgraded it did not bring it
		want{0, 3, 3, report.Note, "remote access", "openssh-client", "", 5},
	)
	im.Ancestors[2].Repository = "acme"
	found := report.RunRules(im.Report(t), []report.Rule{BuildTools()})
	assert.Contains(t, found[1].Remedy, "keep this base for a build stage")
}

func TestBuildToolsWithoutPackages(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar /", file("bin/sh", 1)),
			buildkit("COPY --from=go", file("usr/local/go/bin/go", 100), file("usr/local/go/pkg/tool/compile", 50), file("usr/local/gopher", 9)),
			buildkit("COPY --from=jdk", file("opt/java/openjdk/bin/java", 10), file("opt/java/openjdk/bin/javac", 10), file("opt/java/openjdk/lib/modules", 80)),
			buildkit("COPY --from=jre", file("usr/lib/jvm/jre/bin/java", 10)),
			buildkit("RUN rm", handmade.File{Name: "opt/java/openjdk/lib/.wh.modules"}),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 2}, {Steps: 3}},
	}
	check(t, BuildTools(), im.Report(t),
		want{0, 2, 2, report.Warning, "compilers", "JDK in /opt/java/openjdk", "", 20},
		want{1, 1, 1, report.Warning, "compilers", "Go toolchain in /usr/local/go", "onto one without build tools", 150},
	)
	// A package of the distribution that is the toolchain is reported, and it alone.
	im.Inventory = &packages.Inventory{Packages: []packages.Package{aPackage("deb", "golang-go", 1, 140)}}
	check(t, BuildTools(), im.Report(t),
		want{0, 2, 2, report.Warning, "compilers", "JDK", "", 20},
		want{1, 1, 1, report.Warning, "compilers", "golang-go", "", 140},
	)
}

// An upgrade writes javac again, and the JDK stays its package's. Cargo is no Go.
func TestToolchainOfUpgradedPackage(t *testing.T) {
	jdk := aPackage("deb", "openjdk-17-jdk-headless", 0, 30)
	jdk.Events = append(jdk.Events, packages.Event{Kind: packages.Upgraded, Layer: 1})
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("RUN install", file("usr/lib/jvm/j/bin/javac", 10)),
			buildkit("RUN upgrade", file("usr/lib/jvm/j/bin/javac", 20), file("usr/local/go/bin/go", 7)),
		},
		Inventory: &packages.Inventory{Packages: []packages.Package{jdk, aPackage("deb", "cargo", 1, 5)}},
	}
	check(t, BuildTools(), im.Report(t),
		want{0, 0, 0, report.Warning, "compilers", "ships compilers: openjdk-17-jdk-headless (30 B), Go toolchain in /usr/local/go (7 B) and cargo (5 B)", "", 42})
}

func TestManyToolchains(t *testing.T) {
	var files []handmade.File
	for i := range 20_000 {
		files = append(files, file(fmt.Sprintf("root/.rustup/toolchains/%d/bin/rustc", i), 1))
	}
	r := handmade.Image{Steps: []handmade.Step{buildkit("RUN", files...)}}.Report(t)
	found := report.RunRules(r, []report.Rule{BuildTools()})
	require.Len(t, found, 1)
	assert.EqualValues(t, 20_000, found[0].Bytes)
}

func TestPackageCaches(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar /", file("var/lib/apt/lists/a", 150_000), file("var/lib/apt/lists/lock", 0), file("var/lib/apt/extended_states", 500_000)),
			buildkit("RUN b", file("root/.cache/pip/http/a", 60_000), file("root/.cache/pip/http/b", 60_000), file("root/.cache/other", 900_000)),
			buildkit("RUN c", file("home/me/.npm/x", 200_000), file("home/me/sub/.npm/x", 200_000), file("home/.npm", 200_000)),
			buildkit("RUN d", file("var/cache/apk/small", 99_999), file("var/cache/apt/gone.bin", 300_000)),
			buildkit("RUN rm", handmade.File{Name: "var/cache/apt/.wh.gone.bin"}),
			buildkit("RUN chown", handmade.File{Name: "var/lib/apt/lists/a", Size: 150_000, UID: 3}), // who copies a cache up did not bring it
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 5}},
	}
	check(t, PackageCaches(), im.Report(t),
		want{0, 1, 1, report.Warning, "/root/.cache/pip", "the pip cache /root/.cache/pip, 2 files", "--no-cache-dir", 120_000},
		want{0, 2, 2, report.Warning, "/home/me/.npm", "", "", 200_000},
		want{1, 0, 0, report.Warning, "/var/lib/apt/lists", "1 file", "ask the publisher of debian:12 to ship less", 150_000},
	)
}

func TestBelow(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"root/.npm", "root/.npm/a/b"}:             "root/.npm",
		{"root/.npm", "root/.npm"}:                 "",
		{"root/.npm", "root/.npmrc"}:               "",
		{"home/*/.npm", "home/a/.npm/b"}:           "home/a/.npm",
		{"home/*/.npm", "home/a/b/.npm/c"}:         "",
		{"home/*/.npm", "home/a/.npm"}:             "",
		{"home/*/.npm", "homes/a/.npm/x"}:          "",
		{"home/*/.a/caches", "home/m/.a/caches/x"}: "home/m/.a/caches",
	} {
		assert.Equal(t, want, below(in[0], in[1]), "%v", in)
	}
}

func TestCachesArePatterns(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range caches() {
		_, err := path.Match(c.Dir, "")
		assert.NoError(t, err)
		assert.False(t, seen[c.Dir], "%s twice", c.Dir)
		seen[c.Dir] = true
		assert.NotEmpty(t, c.Remedy)
	}
}
