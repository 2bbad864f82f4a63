package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// A toolchain is a compiler that no package of a distribution owns. Where proof
// is a visible file, the directory holds one; * in it stands for one element of
// the path.
type toolchain struct {
	name, proof string
	up          int // how many elements the directory is above the proof
}

// The places are those of the Docker Official Images, of rustup and of
// Microsoft's .NET images. javac makes a JDK of what would be a JRE.
func toolchains() []toolchain {
	return []toolchain{
		{"Go toolchain", "usr/local/go/bin/go", 2},
		{"Go toolchain", "usr/lib/go/bin/go", 2},
		{"Rust toolchain", "usr/local/rustup/toolchains/*/bin/rustc", 2},
		{"Rust toolchain", "root/.rustup/toolchains/*/bin/rustc", 2},
		{"JDK", "opt/java/openjdk/bin/javac", 2},
		{"JDK", "usr/local/openjdk-*/bin/javac", 2},
		{"JDK", "usr/java/*/bin/javac", 2},
		{"JDK", "usr/lib/jvm/*/bin/javac", 2},
		{".NET SDK", "usr/share/dotnet/sdk/*/dotnet.dll", 1},
		{".NET SDK", "usr/lib/dotnet/sdk/*/dotnet.dll", 1},
		{"Swift toolchain", "usr/bin/swiftc", 0},
		{"Zig toolchain", "usr/local/zig/zig", 1},
	}
}

// addToolchains finds toolchains by their files, in one walk over what is
// visible, and sums up what lies in their directories.
func (g toolGroups) addToolchains(r *report.Report) {
	if r.Index == nil {
		return
	}
	top := r.Index.Top()
	dirs := map[string]*toolItem{}     // by directory
	proofs := map[string][]toolchain{} // by the last element
	for _, t := range toolchains() {
		base := path.Base(t.proof)
		proofs[base] = append(proofs[base], t)
	}
	for e := range r.Index.Merged(top) {
		if e.Type != layers.Regular {
			continue
		}
		for _, t := range proofs[path.Base(e.Path)] {
			if !match(t.proof, e.Path) {
				continue
			}
			dir := e.Path
			for range t.up {
				dir = dir[:strings.LastIndexByte(dir, '/')]
			}
			dirs[dir] = &toolItem{name: t.name + " in /" + dir, layer: r.Origin(e)}
		}
	}
	forgetPackaged(r, dirs)
	if len(dirs) == 0 {
		return
	}
	for e := range r.Index.Merged(top) {
		for dir := e.Path; dir != "."; dir = path.Dir(dir) {
			if item := dirs[dir]; item != nil {
				item.bytes += e.Size
			}
		}
	}
	for _, item := range dirs {
		g.add(r, compilers, *item)
	}
}

// forgetPackaged drops the toolchains that a package of the distribution brought
// or changed in the same layer: the package is reported, and the bytes are not
// counted twice.
func forgetPackaged(r *report.Report, dirs map[string]*toolItem) {
	if r.Inventory == nil || len(dirs) == 0 {
		return
	}
	type deed struct {
		kind  string
		layer int
	}
	packaged := map[deed]bool{}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		if p.State != packages.Present || category(p.Type, p.Name) != compilers {
			continue
		}
		for kind, words := range packageWords() {
			if slices.ContainsFunc(words, func(w string) bool {
				return strings.HasPrefix(p.Name, w) || w == "jdk" && strings.Contains(p.Name, w)
			}) {
				for _, e := range p.Events {
					packaged[deed{kind, e.Layer}] = true
				}
			}
		}
	}
	for dir, item := range dirs {
		if kind, _, _ := strings.Cut(item.name, " "); packaged[deed{kind, item.layer}] {
			delete(dirs, dir)
		}
	}
}

// packageWords are, by the first word of a toolchain's name, what the names of
// packages begin with that would hold it, or contain for a JDK.
func packageWords() map[string][]string {
	return map[string][]string{
		"Go":    {"go"},
		"Rust":  {"rust", "cargo"},
		"JDK":   {"jdk", "java-"},
		"Swift": {"swift"},
	}
}
