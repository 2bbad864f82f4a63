package needs

import (
	"debug/elf"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
)

// A Root is a file system in which needs are looked for: an image, or what one would be with files of
// another on top.
type Root struct {
	// Lookup returns the path, relative to the root, of the file to which a path leads, all
	// links followed; false if there is none.
	Lookup func(p string) (string, bool)
	// File says what is known of a file of that path.
	File func(p string) (File, bool)
	// Dirs are the directories that the loaders' configurations name, absolute.
	Dirs []string
	// Env is the environment of the configuration: PATH and LD_LIBRARY_PATH count.
	Env []string
}

// Image returns the finished image of an index as a Root. set may be nil: then a library
// counts whatever it is for.
func Image(x *layers.Index, set *Set) *Root {
	r := &Root{
		Lookup: func(p string) (string, bool) {
			e, ok := x.Resolve(x.Top(), strings.TrimPrefix(path.Clean("/"+p), "/"))
			return e.Path, ok && e.Type == layers.Regular
		},
		File: set.File,
	}
	if set != nil {
		r.Dirs = set.dirs
	}
	if x.Config != nil {
		r.Env = x.Config.Config.Env
	}
	return r
}

// A Kind is what sort of thing a file needs.
type Kind string

// The kinds of needs.
const (
	Interpreter Kind = "interpreter" // what runs it: a script's interpreter, a program's loader
	Command     Kind = "command"     // a program that env looks for in PATH
	Library     Kind = "library"
	Version     Kind = "version" // a version of symbols that a library is there without
)

// A Need is one thing that a file needs.
type Need struct {
	Kind Kind
	Name string // "/lib64/ld-linux-x86-64.so.2", "python3", "libssl.so.3", "libc.so.6 GLIBC_2.38"
}

// Missing returns what a file needs and would not find in a root. Where its loader is missing,
// libraries that come with the loader are not listed besides.
func Missing(f File, root *Root) []Need {
	var all []Need
	noLoader := false
	if f.Interpreter != "" {
		if _, ok := root.Lookup(f.Interpreter); !ok {
			all = append(all, Need{Interpreter, f.Interpreter})
			noLoader = f.Machine != 0
		}
	}
	if f.Command != "" {
		if _, ok := root.Command(f.Command); !ok {
			all = append(all, Need{Command, f.Command})
		}
	}
	for _, lib := range f.Libraries {
		at, ok := root.Library(f, lib)
		switch {
		case ok:
			all = append(all, missingVersions(f, lib, at, root)...)
		case !noLoader || !ofLibc(lib):
			all = append(all, Need{Library, lib})
		}
	}
	return all
}

// missingVersions returns the versions that a file needs of a library and that the one at a path
// does not define.
func missingVersions(f File, lib, at string, root *Root) []Need {
	found, ok := root.File(at)
	if !ok || len(found.Defines) == 0 {
		return nil
	}
	var all []Need
	for _, v := range f.Versions[lib] {
		if !slices.Contains(found.Defines, v) {
			all = append(all, Need{Version, lib + " " + v})
		}
	}
	return all
}

// ofLibc reports whether a library comes with a C library, and so with its loader: the sonames
// of glibc and musl.
func ofLibc(lib string) bool {
	stem, _, _ := strings.Cut(lib, ".so")
	switch stem {
	case "libc", "libm", "libdl", "libpthread", "librt", "libresolv", "libutil", "libmvec", "libanl", "libnsl":
		return true
	}
	return strings.HasPrefix(stem, "libc.musl-") || strings.HasPrefix(stem, "ld-linux") || strings.HasPrefix(stem, "ld-musl-")
}

// Command returns the path of the program that PATH finds; a name with a slash in it is a path.
func (r *Root) Command(name string) (string, bool) {
	if strings.Contains(name, "/") {
		return r.Lookup(name)
	}
	dirs := r.env("PATH")
	if dirs == "" {
		dirs = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" // what container engines set
	}
	for _, dir := range strings.Split(dirs, ":") {
		if at, ok := r.Lookup(path.Join("/", dir, name)); ok {
			return at, true
		}
	}
	return "", false
}

func (r *Root) env(name string) string {
	for _, v := range slices.Backward(r.Env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// Library returns the path of the library that a file's loader would take.
func (r *Root) Library(f File, name string) (string, bool) {
	if strings.Contains(name, "/") {
		return r.Lookup(name)
	}
	origin := "/" + path.Dir(f.Path)
	var dirs []string
	for _, d := range f.RunPath {
		dirs = append(dirs, strings.NewReplacer("$ORIGIN", origin, "${ORIGIN}", origin, "$LIB", "lib", "${LIB}", "lib").Replace(d))
	}
	dirs = append(dirs, strings.FieldsFunc(r.env("LD_LIBRARY_PATH"), func(c rune) bool { return c == ':' || c == ';' })...)
	dirs = append(dirs, r.Dirs...)
	for _, d := range append(dirs, usual(f)...) {
		at, ok := r.Lookup(path.Join("/", d, name))
		if !ok {
			continue
		}
		if lib, known := r.File(at); known && lib.Machine != 0 && (lib.Machine != f.Machine || lib.Class != f.Class) {
			continue
		}
		return at, true
	}
	return "", false
}

// usual are the directories where loaders look without being told: glibc's, with the names that Debian
// and Ubuntu give to processors, and musl's.
func usual(f File) []string {
	dirs := []string{"/lib", "/usr/lib", "/usr/local/lib", "/lib64", "/usr/lib64", "/lib32", "/usr/lib32"}
	for _, t := range triplets(f.Machine, f.Class) {
		dirs = append(dirs, "/lib/"+t, "/usr/lib/"+t, "/usr/local/lib/"+t)
	}
	return dirs
}

// triplets are the names of a processor in directories of libraries, as wiki.debian.org/Multiarch/Tuples
// has them.
func triplets(m elf.Machine, c elf.Class) []string {
	switch m {
	case elf.EM_X86_64:
		if c == elf.ELFCLASS32 {
			return []string{"x86_64-linux-gnux32"}
		}
		return []string{"x86_64-linux-gnu"}
	case elf.EM_386:
		return []string{"i386-linux-gnu"}
	case elf.EM_AARCH64:
		return []string{"aarch64-linux-gnu"}
	case elf.EM_ARM:
		return []string{"arm-linux-gnueabihf", "arm-linux-gnueabi"}
	case elf.EM_PPC64:
		return []string{"powerpc64le-linux-gnu", "powerpc64-linux-gnu"}
	case elf.EM_S390:
		return []string{"s390x-linux-gnu"}
	case elf.EM_RISCV:
		return []string{"riscv64-linux-gnu"}
	case elf.EM_MIPS:
		return []string{"mips64el-linux-gnuabi64", "mipsel-linux-gnu"}
	case elf.EM_LOONGARCH:
		return []string{"loongarch64-linux-gnu"}
	}
	return nil
}
