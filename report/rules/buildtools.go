package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// BuildTools returns the rule "build-tools", about tools that a finished image does
// not need.
func BuildTools() report.Rule {
	return report.Rule{
		Name:     "build-tools",
		Severity: report.Warning,
		Doc: "Compilers, headers, build systems, version control, debuggers, remote access. " +
			"Every host fetches their bytes, and they help whoever breaks in. Remote access is a note. There is one finding for each ancestor and category. " +
			"Packages of the distribution are known by name, toolchains without a package (Go, Rust, a JDK, the .NET SDK) by their files. " +
			"It is silent about tools that the finished image has no longer, and about those that it does not know.",
		Run: func(r *report.Report) []report.Finding {
			g := toolGroups{}
			g.addPackages(r)
			g.addToolchains(r)
			return g.findings(r)
		},
	}
}

// toolGroups are the tools by the ancestor that brought them and what they are for.
type toolGroups map[toolKey][]toolItem

type toolKey struct {
	ancestor int
	category string
}

type toolItem struct {
	name  string
	layer int
	bytes int64
}

func (g toolGroups) add(r *report.Report, category string, item toolItem) {
	if a := r.AncestorOf(item.layer); a >= 0 {
		key := toolKey{a, category}
		g[key] = append(g[key], item)
	}
}

func (g toolGroups) addPackages(r *report.Report) {
	if r.Inventory == nil {
		return
	}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		if p.State != packages.Present {
			continue
		}
		if c := category(p.Type, p.Name); c != "" {
			g.add(r, c, packageItem(p))
		}
	}
}

// packageItem counts the bytes of a package from the layer on that brought it.
// What an earlier layer shipped of it, before it was removed and installed again,
// is another ancestor's to save.
func packageItem(p *packages.Package) toolItem {
	item := toolItem{name: p.Name, layer: installedBy(p)}
	for l, n := range p.Bytes.ByLayer {
		if l >= item.layer {
			item.bytes += n
		}
	}
	return item
}

// installedBy returns the last layer that installed a package, whichever upgraded
// it later: without it, the package would not be there.
func installedBy(p *packages.Package) int {
	for _, e := range slices.Backward(p.Events) {
		if e.Kind == packages.Introduced || e.Kind == packages.Reinstalled {
			return e.Layer
		}
	}
	return layers.None
}

func (g toolGroups) findings(r *report.Report) []report.Finding {
	var found []report.Finding
	for key, items := range g {
		slices.SortFunc(items, func(a, b toolItem) int {
			return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name))
		})
		f := r.AtLayer(heaviest(items))
		f.Severity = severityOf(key.category)
		f.Subject = key.category
		named := map[string]bool{}
		for _, it := range items {
			f.Bytes += it.bytes
			if !named[it.name] { // several architectures of one package
				named[it.name] = true
				f.Items = append(f.Items, it.name)
			}
		}
		f.Message = fmt.Sprintf("ships %s: %s", key.category, upTo(4, f.Items))
		f.Remedy = remedyTools(r, key)
		found = append(found, f)
	}
	return found
}

// heaviest returns the layer that brought most of the bytes, the lowest of equals.
func heaviest(items []toolItem) int {
	sums := map[int]int64{}
	for _, it := range items {
		sums[it.layer] += it.bytes
	}
	best := layers.None
	for l, n := range sums {
		if best == layers.None || n > sums[best] || n == sums[best] && l < best {
			best = l
		}
	}
	return best
}

// slimRepositories are Docker Official Images whose -slim variants, unlike the
// default ones, do not stand on buildpack-deps and bring no compiler.
func slimRepositories() []string { return []string{"node", "perl", "pypy", "python", "ruby"} }

func remedyTools(r *report.Report, key toolKey) string {
	if key.ancestor == 0 {
		if key.category == remoteAccess {
			return "leave them out: a container is entered through its runtime"
		}
		return "build in a stage of its own and copy only the result, or install, use and remove them in one RUN"
	}
	for i := key.ancestor; i > 0; i-- {
		a := r.Ancestors[i]
		if slices.Contains(slimRepositories(), a.Repository) && r.Ancestors[key.ancestor].Repository == "buildpack-deps" {
			return fmt.Sprintf("use the -slim variant of %s", a.Repository)
		}
	}
	return "keep this base for a build stage, and copy the result onto one without build tools"
}
