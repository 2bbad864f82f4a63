// Package reporttest has assertions on images for Go tests. A failure says which
// ancestor, layer and step is to blame.
//
//	func TestImage(t *testing.T) {
//		rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{Rules: rules.All()})
//		require.NoError(t, err)
//		reporttest.DescendsFrom(t, rep, "debian")
//		reporttest.NoPackage(t, rep, "deb", "gcc*")
//		reporttest.NoFinding(t, rep, "root-user")
//	}
//
// Each assertion reports a failure with Errorf and returns whether it holds, as
// testify's assert does.
package reporttest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// NoFinding asserts that none of the rules found anything; without rules, that
// there is no finding at all. A rule that cannot tell, as the rule unknown says, does not
// pass for one that found nothing.
func NoFinding(t testing.TB, r *report.Report, rules ...string) bool {
	t.Helper()
	return noFinding(t, r, func(f report.Finding) bool {
		return len(rules) == 0 || slices.Contains(rules, f.Rule) ||
			slices.ContainsFunc(f.Undecided, func(rule string) bool { return slices.Contains(rules, rule) })
	})
}

// NoFindingAbove asserts that no finding is more severe than most.
func NoFindingAbove(t testing.TB, r *report.Report, most report.Severity) bool {
	t.Helper()
	return noFinding(t, r, func(f report.Finding) bool { return f.Severity > most })
}

// DescendsFrom asserts that one of the image's ancestors, the image itself not
// included, has a name: "debian", or "debian:bookworm-slim" for one of its tags.
func DescendsFrom(t testing.TB, r *report.Report, name string) bool {
	t.Helper()
	var chain []string
	for i, a := range r.Ancestors {
		if i > 0 && named(a, name) {
			return true
		}
		chain = append(chain, fmt.Sprintf("%s (%s)", a, a.Confidence))
	}
	fail(t, "the image does not descend from %s; its chain is %s", name, strings.Join(chain, " < "))
	return false
}

// NotDescendsFrom asserts the opposite. An ancestor of unknown name may be
// anything, and one with ties any of them: both make the assertion fail.
func NotDescendsFrom(t testing.TB, r *report.Report, name string) bool {
	t.Helper()
	ok := true
	for i, a := range r.Ancestors {
		switch {
		case i == 0:
		case named(a, name):
			fail(t, "the image descends from %s, by its %s (%s)", a, span(a), a.Confidence)
			ok = false
		case slices.ContainsFunc(a.Ties, func(n ancestry.Name) bool { return has(n.Repository, n.Tags, name) }):
			fail(t, "the image may descend from %s: its ancestor %s may as well be that", name, a)
			ok = false
		case a.Repository == "":
			fail(t, "the image may descend from %s: its ancestor of steps %d to %d is unknown", name, a.Steps.From, a.Steps.To-1)
			ok = false
		}
	}
	return ok
}

func named(a report.Ancestor, name string) bool { return has(a.Repository, a.Tags, name) }

func has(repository string, tags []string, name string) bool {
	return repository != "" && (repository == name ||
		slices.ContainsFunc(tags, func(tag string) bool { return repository+":"+tag == name }))
}

// span says which layers an ancestor has, or which steps if it has none.
func span(a report.Ancestor) string {
	if a.Layers.Len() == 0 {
		return fmt.Sprintf("steps %d to %d", a.Steps.From, a.Steps.To-1)
	}
	return fmt.Sprintf("layers %d to %d", a.Layers.From, a.Layers.To-1)
}

// HasPackage asserts that the finished image has a package of that type ("deb",
// "npm", "" for any) whose name matches the pattern, as path.Match does: a * stops
// at a slash, and "@types/*" or "github.com/*/*" are needed where names have some.
func HasPackage(t testing.TB, r *report.Report, kind, pattern string) bool {
	t.Helper()
	if ps, ok := find(t, r, kind, pattern); !ok || len(ps) > 0 {
		return ok
	}
	fail(t, "the image has no package %s", label(kind, pattern))
	return false
}

// NoPackage asserts that the finished image has no such package.
func NoPackage(t testing.TB, r *report.Report, kind, pattern string) bool {
	t.Helper()
	ps, ok := find(t, r, kind, pattern)
	for _, p := range ps {
		fail(t, "the image has the package %s %s%s", label(p.Type, p.Name), p.Version, blame(r, r.AncestorOf(p.Introduced()), p.Introduced(), r.StepOf(p.Introduced())))
		ok = false
	}
	return ok
}

func find(t testing.TB, r *report.Report, kind, pattern string) ([]*packages.Package, bool) {
	t.Helper()
	switch {
	case r.Inventory == nil:
		fail(t, "the report was made without packages")
		return nil, false
	case !r.PackagesKnown():
		fail(t, "no list of packages was found in the image, so which are there is not known")
		return nil, false
	}
	if _, err := path.Match(pattern, ""); err != nil {
		fail(t, "%q: %v", pattern, err)
		return nil, false
	}
	var found []*packages.Package
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		if p.State != packages.Present || kind != "" && kind != p.Type {
			continue
		}
		if ok, _ := path.Match(pattern, p.Name); ok || p.Name == pattern {
			found = append(found, p)
		}
	}
	return found, true
}

func label(kind, name string) string { return strings.TrimSpace(kind + " " + name) }

// MaxSize asserts that the image's layers, as stored and transferred, have at
// most that many bytes.
func MaxSize(t testing.TB, r *report.Report, most int64) bool {
	t.Helper()
	if r.Index == nil {
		fail(t, "the report was made without layers")
		return false
	}
	var (
		size  int64
		parts []string
	)
	for _, a := range r.Ancestors {
		size += a.Size
		parts = append(parts, fmt.Sprintf("%s %s", a, humanize.Bytes(uint64(max(a.Size, 0)))))
	}
	if size <= most {
		return true
	}
	fail(t, "the image has %s, more than %s: %s", humanize.Bytes(uint64(size)), humanize.Bytes(uint64(max(most, 0))), strings.Join(parts, ", "))
	return false
}

// Complete asserts that the whole image could be read.
func Complete(t testing.TB, r *report.Report) bool {
	t.Helper()
	if !r.Partial {
		return true
	}
	fail(t, "some of the image could not be read: %v", r.Problems)
	return false
}

// fail reports a failure on one line. Names and paths in it come from the image.
func fail(t testing.TB, format string, args ...any) {
	t.Helper()
	t.Errorf("%s", printable.Line(fmt.Sprintf(format, args...)))
}

// noFinding reports the findings that must not be there, each with its remedy on a
// line of its own.
func noFinding(t testing.TB, r *report.Report, unwanted func(report.Finding) bool) bool {
	t.Helper()
	ok := true
	for _, f := range r.Findings {
		if unwanted(f) {
			what := fmt.Sprintf("%s: %s: %s%s", f.Severity, f.Rule, f.Message, blame(r, f.Ancestor, f.Layer, f.Step))
			t.Errorf("%s\n  remedy: %s", printable.Line(what), printable.Line(f.Remedy))
			ok = false
		}
	}
	return ok
}

// blame names the ancestor, layer and step to blame, as far as they are known.
func blame(r *report.Report, ancestor, layer, step int) string {
	var parts []string
	if ancestor >= 0 && ancestor < len(r.Ancestors) {
		parts = append(parts, "ancestor "+r.Ancestors[ancestor].String())
	}
	if layer >= 0 {
		parts = append(parts, fmt.Sprintf("layer %d", layer))
	}
	if step >= 0 {
		parts = append(parts, fmt.Sprintf("step %d", step))
	}
	if len(parts) == 0 {
		return ""
	}
	return " [" + strings.Join(parts, ", ") + "]"
}
