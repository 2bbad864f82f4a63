package rules

import (
	"path"
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
			dirs[dir] = &toolItem{name: t.name + " in /" + dir, layer: origin(r, e.Path)}
		}
	}
	forgetPackaged(r, dirs)
	if len(dirs) == 0 {
		return
	}
	for e := range r.Index.Merged(top) {
		for dir, item := range dirs {
			if e.Path == dir || strings.HasPrefix(e.Path, dir+"/") {
				item.bytes += e.Size
			}
		}
	}
	for _, item := range dirs {
		g.add(r, compilers, *item)
	}
}

// forgetPackaged drops the toolchains that a package of the distribution brought
// in the same layer: the package is reported, and the bytes are not counted
// twice.
func forgetPackaged(r *report.Report, dirs map[string]*toolItem) {
	if r.Inventory == nil {
		return
	}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		if p.State != packages.Present || category(p.Type, p.Name) != compilers {
			continue
		}
		for dir, item := range dirs {
			if bringer(p) == item.layer && packagesOf(item.name, p.Name) {
				delete(dirs, dir)
			}
		}
	}
}

// packagesOf reports whether a package of that name would hold the toolchain.
func packagesOf(toolchain, name string) bool {
	for prefix, words := range map[string][]string{
		"Go ":    {"go", "golang"},
		"Rust ":  {"rust", "cargo"},
		"JDK ":   {"jdk", "java"},
		"Swift ": {"swift"},
	} {
		if !strings.HasPrefix(toolchain, prefix) {
			continue
		}
		for _, w := range words {
			if strings.Contains(name, w) {
				return true
			}
		}
	}
	return false
}
