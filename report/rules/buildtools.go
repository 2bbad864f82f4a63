package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"

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
			"It is silent about tools that the finished image has no longer, and about those that it does not know. " +
			"It may be wrong where the image is there to build in, or its program calls one of them.",
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
		f := r.AtLayer(heaviest(items))
		f.Severity = severityOf(key.category)
		f.Subject = key.category
		f.Items, f.Bytes = namesOf(items, func(it toolItem) string { return it.name })
		f.Message = fmt.Sprintf("ships %s: %s", key.category, toolList(key.category, items))
		f.Remedy = remedyTools(r, key)
		found = append(found, f)
	}
	return found
}

// namesOf names items, those with the most bytes first, each name once: some packages are
// there for several architectures. It returns the sum of their bytes, too.
func namesOf(items []toolItem, say func(toolItem) string) (names []string, bytes int64) {
	slices.SortFunc(items, func(a, b toolItem) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name))
	})
	for _, it := range items {
		bytes += it.bytes
		if name := say(it); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, bytes
}

// toolList names tools with the bytes of each, where they are several: every compiler, and
// the largest of the rest.
func toolList(category string, items []toolItem) string {
	most := 4
	if category == compilers {
		most = 12
	}
	if len(items) == 1 {
		return items[0].name
	}
	names, _ := namesOf(items, withBytes)
	return upTo(most, names)
}

// withBytes says "gcc-12 (62 MB)".
func withBytes(it toolItem) string {
	if it.bytes == 0 {
		return it.name
	}
	return fmt.Sprintf("%s (%s)", it.name, humanize.Bytes(uint64(max(0, it.bytes))))
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
		return buildInStage
	}
	for i := key.ancestor; i > 0; i-- {
		a := r.Ancestors[i]
		if slices.Contains(slimRepositories(), a.Repository) && r.Ancestors[key.ancestor].Repository == "buildpack-deps" {
			return fmt.Sprintf("use the -slim variant of %s", a.Repository)
		}
	}
	return keepForStage
}
