package html

import (
	"html/template"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// A page is what the template shows. Its texts are fit to be read: the template only
// escapes them.
type page struct {
	Style  template.CSS
	Script template.JS
	Policy string

	Title, Name, AsOf string
	Facts             []fact
	Partial           bool

	Chain    []chainRow
	Stack    stack
	Remedies list[remedy]
	Later    list[remedy] // those that are folded
	Timeline timeline

	Maps          []packageMap
	PackagesNot   string // why there is no map, or no table
	Packages      list[packageRow]
	PackagesKnown bool

	Vulnerabilities *vulnerabilities // nil if no scanner's report was read

	Findings  list[finding]
	Counts    []severityCount
	Menders   []choice
	Ancestors []ancestor
	Problems  list[string]
}

// A fact is a name and what it is.
type fact struct {
	Name, Value string
	Code        bool // it is a digest or the like
}

// A choice is a value by which findings are filtered.
type choice struct{ Value, Name string }

func newPage(r *report.Report) page {
	name := r.Reference
	if name == "" {
		name = "Image without a name"
	}
	p := page{
		Style: template.CSS(pageCSS), Script: template.JS(pageJS), Policy: policy(),
		Title: brief(name), Name: show(name), AsOf: date(r.AsOf),
		Facts: headFacts(r), Partial: r.Partial,
		Stack: newStack(r), Timeline: newTimeline(r),
		PackagesKnown: r.PackagesKnown(),
		Problems:      first(r.Problems, mostProblems, func(_ int, p problem) string { return show(p.Error()) }),
	}
	p.addFindings(r)
	p.Vulnerabilities = newVulnerabilities(r)
	for i := range r.Ancestors {
		p.Chain = append(p.Chain, newChainRow(r, i))
		p.Ancestors = append(p.Ancestors, newAncestor(r, i))
	}
	p.addPackages(r)
	return p
}

// addPackages adds the map and the table of packages.
func (p *page) addPackages(r *report.Report) {
	switch {
	case r.Inventory == nil:
		p.PackagesNot = "The packages were not looked for."
		return
	case !r.PackagesKnown():
		p.PackagesNot = "No package was found. What is in the image may have come without a package database; then it is not known."
	}
	p.Packages = packageTable(r)
	if all := contents(r); len(all) > 0 {
		for _, m := range []packageMap{newMap(r, all, "wide", 1000, 520, 150), newMap(r, all, "narrow", 360, 560, 60)} {
			if len(m.Groups) > 0 {
				p.Maps = append(p.Maps, m)
			}
		}
	}
}

// headFacts says what was read.
func headFacts(r *report.Report) []fact {
	var facts []fact
	add := func(name, value string) { facts = append(facts, fact{Name: name, Value: value}) }
	if r.Index != nil && r.Index.Config != nil {
		c := r.Index.Config
		if pl := (v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}).String(); pl != "" {
			add("Platform", brief(pl))
		}
	}
	if r.Index == nil {
		add("Read", "the configuration, and no layer in full")
	} else {
		var stored, unpacked int64
		least := false
		for _, l := range r.Index.Layers {
			stored, unpacked, least = stored+l.Size, unpacked+l.Uncompressed, least || l.Partial
		}
		add("Stored", atLeast(least)+words.Bytes(stored))
		add("Unpacked", atLeast(least)+words.Bytes(unpacked))
		add("Layers", strconv.Itoa(len(r.Index.Layers)))
	}
	switch {
	case r.PackagesKnown():
		n := 0
		for _, a := range r.Ancestors {
			n += a.Packages.Present
		}
		add("Packages", atLeast(r.Partial)+number(n))
	default:
		add("Packages", "not known")
	}
	if from := words.Source(r.Lineage); from != "" {
		add("Built from", brief(from)+", as its build attestation says")
	}
	add("As of", date(r.AsOf))
	if r.Lineage != nil && r.Lineage.Asked != nil {
		add("Registries", words.Asked(*r.Lineage.Asked))
	}
	if r.Digest != (v1.Hash{}) {
		facts = append(facts, fact{"Digest", brief(r.Digest.String()), true})
	}
	return facts
}

// atLeast stands before a number that is the least that it can be.
func atLeast(least bool) string {
	if least {
		return "at least "
	}
	return ""
}

// anchor is where an ancestor is described.
func anchor(ancestor int) string { return "a" + strconv.Itoa(ancestor) }

// title names an ancestor: by its name, or by what it is.
func title(r *report.Report, i int) string {
	a := r.Ancestors[i]
	switch {
	case a.Repository != "":
		return brief(a.String())
	case i == 0 && r.Reference != "":
		return brief(r.Reference)
	case i == 0:
		return "this image"
	case a.Distro.PrettyName != "":
		return brief("unknown, " + a.Distro.PrettyName)
	}
	return "unknown"
}
