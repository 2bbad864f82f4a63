package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// NeedlessShell returns the rule "needless-shell", about a whole system around one program
// that needs nothing.
func NeedlessShell() report.Rule {
	return report.Rule{
		Name:     "needless-shell",
		Severity: report.Note,
		Doc: "A shell and a package manager beside the one static program that the image runs. " +
			"The program needs no other file, and whoever breaks in has tools to go on with; scratch or distroless has none. Bytes are those of the files below the image's own layers. " +
			"It is silent where the program is a shell, a script, part of the base, or linked to libraries, and where the image installs packages, which the program may call: " +
			"certificates and time zones do not count. " +
			"It may be wrong where the program starts others, such as git or a shell.",
		Run: findNeedlessShell,
	}
}

func findNeedlessShell(r *report.Report) []report.Finding {
	from, ok := ownLayers(r)
	if !ok || r.Files == nil || r.Index.Config == nil || !r.PackagesKnown() || installsPackages(r, from) {
		return nil
	}
	prog, ok := runs(r)
	if !ok || prog.Layer < from || !r.Files.Static(prog) || slices.Contains(append(shells(), "busybox"), path.Base(prog.Path)) {
		return nil
	}
	shell, manager := firstOf(r, shells()), firstOf(r, []string{"apt-get", "apk", "dnf", "microdnf", "yum", "zypper", "pacman", "dpkg", "rpm", "opkg"})
	if shell == "" || manager == "" {
		return nil
	}
	f := r.AtLayer(prog.Layer)
	f.Severity, f.Subject, f.By = report.Note, "/"+prog.Path, report.OtherBase
	for e := range r.Index.Merged(r.Index.Top()) {
		if e.Layer < from {
			f.Bytes += e.Size
		}
	}
	f.Message = fmt.Sprintf("runs /%s, which is static and needs no other file, beside a shell (%s) and a package manager (%s)", prog.Path, shell, manager)
	f.Remedy = "copy the program onto scratch or a distroless static image"
	return []report.Finding{f}
}

// runs returns the program that the image starts, behind the init that may start it. ok is
// false if it is not in the image, or a shell starts it.
func runs(r *report.Report) (prog layers.Entry, ok bool) {
	cfg := r.Index.Config.Config
	for _, arg := range slices.Concat(cfg.Entrypoint, cfg.Cmd) {
		name := path.Base(arg)
		if strings.HasPrefix(name, "tini") || name == "dumb-init" || strings.HasPrefix(arg, "-") {
			continue
		}
		return find(r, arg)
	}
	return prog, false
}

// find looks a program up as the container's runtime does: by its path, in the working
// directory, or in those of PATH.
func find(r *report.Report, name string) (layers.Entry, bool) {
	cfg := r.Index.Config.Config
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join("/", cfg.WorkingDir, name)
		}
		return regularFile(r, name)
	}
	dirs := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" // a runtime's own, where none is set
	for _, v := range cfg.Env {
		if set, ok := strings.CutPrefix(v, "PATH="); ok {
			dirs = set
		}
	}
	for dir := range strings.SplitSeq(dirs, ":") {
		if e, ok := regularFile(r, path.Join("/", dir, name)); ok {
			return e, true
		}
	}
	return layers.Entry{}, false
}

func regularFile(r *report.Report, name string) (layers.Entry, bool) {
	e, ok := r.Index.Resolve(r.Index.Top(), strings.TrimPrefix(path.Clean(name), "/"))
	return e, ok && e.Type == layers.Regular
}

// firstOf returns the path of the first of some programs that the finished image has, ""
// if it has none.
func firstOf(r *report.Report, names []string) string {
	for _, name := range names {
		for _, dir := range []string{"usr/bin", "bin", "sbin", "usr/sbin"} {
			if _, ok := regularFile(r, path.Join("/", dir, name)); ok {
				return path.Join("/", dir, name)
			}
		}
	}
	return ""
}

// installsPackages reports whether the image's own layers brought packages of the
// distribution that are more than data.
func installsPackages(r *report.Report, from int) bool {
	return slices.ContainsFunc(r.Inventory.Packages, func(p packages.Package) bool {
		return p.Language == "" && slices.Contains([]string{"deb", "apk", "rpm", "alpm"}, p.Type) && p.State == packages.Present && installedBy(&p) >= from &&
			!slices.ContainsFunc([]string{"ca-certificates*", "tzdata*", "openssl", "libssl*", "libcrypto*", "netbase"}, func(pattern string) bool { return match(pattern, p.Name) })
	})
}
