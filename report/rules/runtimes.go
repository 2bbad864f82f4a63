package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/lifecycle"
)

// A runtime says how the images of a language tell what they hold: an environment
// variable has the version, and a file proves that the runtime is still there.
type runtime struct {
	product, env string
	proofs       []string
}

// The variables and paths are those of the Docker Official Images and of
// Microsoft's .NET images.
func runtimes() []runtime {
	return []runtime{
		{"dotnet", "DOTNET_VERSION", []string{"usr/share/dotnet/dotnet", "usr/lib/dotnet/dotnet"}},
		{"go", "GOLANG_VERSION", []string{"usr/local/go/bin/go"}},
		{"node", "NODE_VERSION", []string{"usr/local/bin/node"}},
		{"openjdk", "JAVA_VERSION", []string{"usr/local/openjdk-*/bin/java", "usr/java/openjdk-*/bin/java"}},
		{"php", "PHP_VERSION", []string{"usr/local/bin/php"}},
		{"python", "PYTHON_VERSION", []string{"usr/local/bin/python3", "usr/local/bin/python2", "usr/local/bin/python"}},
		{"ruby", "RUBY_VERSION", []string{"usr/local/bin/ruby"}},
		{"temurin", "JAVA_VERSION", []string{"opt/java/openjdk/bin/java"}},
	}
}

// An installed runtime, and the finding that blames what brought it.
type installed struct {
	cycle lifecycle.Cycle
	blame report.Finding
}

// runtimeEnds looks at the runtimes of the finished image, each once.
func runtimeEnds(r *report.Report) []report.Finding {
	var found []report.Finding
	seen := map[string]bool{}
	for _, in := range slices.Concat(fromEnv(r), fromPackages(r)) {
		f := in.blame
		if seen[in.cycle.String()] || !describeEnd(&f, in.cycle, r.AsOf) {
			continue
		}
		seen[in.cycle.String()] = true
		f.Remedy = remedyEnd(r, f.Ancestor, in.cycle)
		found = append(found, f)
	}
	return found
}

// fromEnv finds the runtimes that the image's environment names. Where the layers
// were read, the runtime must be there, and the layer that brought its program is
// blamed; otherwise it is the step that set the variable.
func fromEnv(r *report.Report) []installed {
	env := environment(r)
	home := strings.Trim(env["JAVA_HOME"].value, "/")
	var found []installed
	for _, rt := range runtimes() {
		v := env[rt.env]
		if v.value == "" || rt.env == "JAVA_VERSION" && !publishedAs(rt, home, v.value) {
			continue
		}
		cycle, ok := lifecycle.Find(rt.product, plainVersion(v.value))
		if !ok {
			continue
		}
		blame := r.AtStep(v.step)
		if r.Index != nil {
			layer := programOf(r, rt, home)
			if layer == layers.None {
				continue
			}
			blame = r.AtLayer(layer)
		}
		found = append(found, installed{cycle, blame})
	}
	return found
}

// publishedAs reports whether a Java under home is of the publisher that rt stands
// for: others maintain it for another time. OpenJ9 builds share Temurin's path.
// jdk.java.net has two updates of a release (11.0.2; 9.0.4 is one); later ones, such
// as the official image's 11.0.16, are of others.
func publishedAs(rt runtime, home, version string) bool {
	if strings.Contains(version, "openj9") {
		return false
	}
	if f := strings.Split(plainVersion(version), "."); rt.product == "openjdk" && len(f) > 2 && f[0] != "9" && f[2] != "1" && f[2] != "2" {
		return false
	}
	return slices.ContainsFunc(rt.proofs, func(p string) bool { return match(p, home+"/bin/java") })
}

// programOf returns the layer that brought the runtime's program, None if it is not
// there.
func programOf(r *report.Report, rt runtime, home string) int {
	for _, p := range rt.proofs {
		if rt.env == "JAVA_VERSION" {
			p = home + "/bin/java"
		}
		if e, ok := r.Index.Resolve(r.Index.Top(), p); ok {
			return r.Origin(e)
		}
	}
	return layers.None
}

// plainVersion takes off what Java puts around its versions: "jdk-17.0.6+10" is
// "17.0.6", "jdk8u362-b09" is "8".
func plainVersion(v string) string {
	if rest, ok := strings.CutPrefix(v, "jdk"); ok {
		v = strings.TrimPrefix(rest, "-")
		v, _, _ = strings.Cut(v, "u")
	}
	v, _, _ = strings.Cut(v, "+")
	return v
}

// A variable is the last value of an environment variable, and the step that set it.
type variable struct {
	value string
	step  int // None if no step did
}

// environment returns the variables that ENV instructions set. Where the
// configuration has another value, that one counts, and no step is to blame.
func environment(r *report.Report) map[string]variable {
	env := map[string]variable{}
	for _, s := range r.Steps() {
		for _, kv := range s.Instruction.Env() {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = variable{v, s.Index}
		}
	}
	if r.Index == nil || r.Index.Config == nil {
		return env
	}
	final := map[string]variable{}
	for _, kv := range r.Index.Config.Config.Env {
		k, v, _ := strings.Cut(kv, "=")
		set := env[k]
		if set.value != v {
			set = variable{v, layers.None}
		}
		final[k] = set
	}
	return final
}

// fromPackages finds the runtimes that a package proves and that do not belong
// to the distribution: programs below usr/local and opt, and NodeSource's package.
func fromPackages(r *report.Report) []installed {
	if r.Inventory == nil {
		return nil
	}
	var found []installed
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		product := ""
		switch {
		case p.State != packages.Present:
		case p.Type == "binary" && handBuilt(p):
			product = map[string]string{"python": "python", "node": "node", "go": "go", "ruby": "ruby", "php-cli": "php", "php-fpm": "php"}[p.Name]
		case p.Name == "nodejs" && strings.Contains(p.Version, "nodesource"):
			product = "node"
		}
		version := strings.TrimPrefix(p.Version, "go")
		version, _, _ = strings.Cut(version, "-")
		if epoch, rest, ok := strings.Cut(version, ":"); ok && strings.Trim(epoch, "0123456789") == "" { // NodeSource's rpm has one
			version = rest
		}
		if c, ok := lifecycle.Find(product, version); ok {
			found = append(found, installed{c, r.AtLayer(p.Layer())})
		}
	}
	return found
}

// handBuilt reports whether a package lies where no distribution puts its own.
func handBuilt(p *packages.Package) bool {
	return len(p.Locations) > 0 && !slices.ContainsFunc(p.Locations, func(l packages.Location) bool {
		return !strings.HasPrefix(l.Path, "usr/local/") && !strings.HasPrefix(l.Path, "opt/")
	})
}

// goBuildEnds finds the programs whose standard library is of a Go release that
// gets no more fixes. The distribution's own programs are for it to mend.
func goBuildEnds(r *report.Report) []report.Finding {
	if r.Inventory == nil {
		return nil
	}
	type group struct {
		cycle    lifecycle.Cycle
		layer    int
		programs []string
	}
	groups := map[string]*group{}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		if p.Type != "go-module" || p.Name != "stdlib" || p.State != packages.Present || len(p.Locations) == 0 || ofDistro(p.Locations[0].Path) {
			continue
		}
		c, ok := lifecycle.Find("go", strings.TrimPrefix(p.Version, "go"))
		if !ok || c.Status(r.AsOf) != lifecycle.Ended {
			continue
		}
		key := fmt.Sprintf("%d %s", r.AncestorOf(p.Layer()), c.Name)
		if groups[key] == nil {
			groups[key] = &group{cycle: c, layer: p.Layer()}
		}
		groups[key].programs = append(groups[key].programs, p.Locations[0].Path)
	}
	var found []report.Finding
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		g := groups[key]
		slices.Sort(g.programs)
		f := r.AtLayer(g.layer)
		f.Severity = report.Warning
		f.Subject = "programs built with " + g.cycle.String()
		f.Items = slices.Compact(g.programs)
		f.Message = fmt.Sprintf("%s built with %s, whose standard library gets no more fixes since %s",
			english.Plural(len(f.Items), "program was", "programs were"), g.cycle, g.cycle.EOL.Format(time.DateOnly))
		f.Remedy = r.Remedy(f.Ancestor, "build with a maintained Go release", "take a newer build of it, or replace the programs by newer releases")
		found = append(found, f)
	}
	return found
}

// ofDistro reports whether a path lies where the distribution's packages install
// programs.
func ofDistro(path string) bool {
	for _, dir := range []string{"usr/bin/", "usr/sbin/", "usr/lib/", "usr/libexec/", "bin/", "sbin/"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}
