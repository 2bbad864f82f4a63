package reporttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// DescendsFrom asserts that one of the image's ancestors, the image itself not
// included, has a name: "debian", or "debian:bookworm-slim" for one of its tags. An
// ancestor that may as well be another does not do.
func (i *Image) DescendsFrom(name string) bool {
	i.t.Helper()
	maybe := ""
	for _, a := range i.parents() {
		switch surely, possibly := fits(a, name); {
		case surely:
			return true
		case possibly && a.Repository != "":
			maybe = fmt.Sprintf(", or may: its ancestor %s may as well be %s", a, names(a))
		}
	}
	return i.check([]failure{{what: "the image does not descend from " + name + maybe,
		evidence: []string{"its chain is " + i.chain()}, remedy: "build it on " + name}})
}

// NotDescendsFrom asserts the opposite. An ancestor of unknown name may be
// anything, and one with ties any of them: both make the assertion fail.
func (i *Image) NotDescendsFrom(name string) bool {
	i.t.Helper()
	all := i.chainUnknown()
	for n, a := range i.parents() {
		surely, possibly := fits(a, name)
		f := failure{evidence: evidence(a), remedy: "build it on a base that does not descend from " + name}
		switch {
		case surely:
			f.what = fmt.Sprintf("the image descends from %s: its ancestor of %s is %s (%s)", name, span(a), a, a.Confidence)
		case a.Repository == "":
			f.what = fmt.Sprintf("the image may descend from %s: the name of its ancestor of %s is unknown", name, span(a))
			f.remedy = "name it by a catalogue of your own images or Dockerfiles: see package ancestry/catalogue/own"
		case possibly:
			f.what = fmt.Sprintf("the image may descend from %s: its ancestor %s may as well be %s", name, i.NameOf(n+1), names(a))
		default:
			continue
		}
		all = append(all, f)
	}
	return i.check(all)
}

// Chain asserts that the image's ancestors, the image itself not included, are those and
// no others, the youngest first: Chain("python", "buildpack-deps", "debian:bookworm").
func (i *Image) Chain(want ...string) bool {
	i.t.Helper()
	f := failure{evidence: []string{"its chain is " + i.chain()}, remedy: "build it on that chain, or expect the one that it has"}
	if all := i.chainUnknown(); all != nil {
		return i.check(all)
	}
	parents := i.parents()
	for n := range max(len(want), len(parents)) {
		switch {
		case n >= len(parents):
			f.what = fmt.Sprintf("the chain ends above %s", want[n])
		case n >= len(want):
			f.what = fmt.Sprintf("the chain goes on below what is expected, with %s", i.NameOf(n+1))
		default:
			surely, possibly := fits(parents[n], want[n])
			switch {
			case surely:
				continue
			case possibly:
				f.what = fmt.Sprintf("the ancestor of %s may be %s, or %s", span(parents[n]), want[n], names(parents[n]))
			default:
				f.what = fmt.Sprintf("the ancestor of %s is %s, not %s", span(parents[n]), parents[n], want[n])
			}
		}
		return i.check([]failure{f})
	}
	return true
}

// Named asserts that the names of all ancestors, the image itself not included, are
// known at least that surely.
func (i *Image) Named(least ancestry.Confidence) bool {
	i.t.Helper()
	all := i.chainUnknown()
	for n, a := range i.parents() {
		if a.Confidence < least {
			all = append(all, failure{
				what:     fmt.Sprintf("that the ancestor of %s is %s is %s, not %s", span(a), i.NameOf(n+1), a.Confidence, least),
				evidence: evidence(a),
				remedy:   "name it by a catalogue of your own images or Dockerfiles: see package ancestry/catalogue/own",
			})
		}
	}
	return i.check(all)
}

// chainUnknown is the failure of an assertion on a chain of which nothing is known, not
// even where it ends.
func (i *Image) chainUnknown() []failure {
	if len(i.Ancestors) > 0 {
		return nil
	}
	return failed("the image's ancestors are not known: its history was not read")
}

// parents are the ancestors without the image itself.
func (i *Image) parents() []report.Ancestor {
	if len(i.Ancestors) == 0 {
		return nil
	}
	return i.Ancestors[1:]
}

// fits reports whether an ancestor surely has a name, and whether it possibly has.
func fits(a report.Ancestor, name string) (surely, possibly bool) {
	if a.Repository == "" {
		return false, true
	}
	surely = has(a.Repository, a.Tags, name)
	possibly = surely
	for _, n := range a.Ties {
		tied := has(n.Repository, n.Tags, name)
		surely, possibly = surely && tied, possibly || tied
	}
	return surely, possibly
}

func has(repository string, tags []string, name string) bool {
	return repository == name ||
		slices.ContainsFunc(tags, func(tag string) bool { return repository+":"+tag == name })
}

// names lists the names that are as likely as an ancestor's own.
func names(a report.Ancestor) string {
	if a.Repository == "" {
		return "any other: its name is unknown"
	}
	var all []string
	for _, n := range a.Ties {
		all = append(all, n.String())
	}
	return strings.Join(all, " or ")
}

// chain is the whole chain on one line.
func (i *Image) chain() string {
	var all []string
	for n, a := range i.Ancestors {
		name := a.String()
		if n == 0 && a.Repository == "" {
			name = "the image"
		}
		all = append(all, fmt.Sprintf("%s (%s)", name, a.Confidence))
	}
	return strings.Join(all, " < ")
}

// evidence says why an ancestor has its name.
func evidence(a report.Ancestor) []string {
	var all []string
	for n, e := range a.Evidence {
		if n == 3 {
			break
		}
		all = append(all, fmt.Sprintf("%s (%s)", e.Says, e.Kind))
	}
	return all
}

// span says which layers an ancestor has, or which steps if it has none.
func span(a report.Ancestor) string {
	what, s := "layer", a.Layers
	if s.Len() == 0 {
		what, s = "step", a.Steps
	}
	if s.Len() == 1 {
		return fmt.Sprintf("%s %d", what, s.From)
	}
	return fmt.Sprintf("%ss %d to %d", what, s.From, s.To-1)
}
