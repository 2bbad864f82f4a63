package patch

import (
	"time"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// An Index knows which versions of a package a distribution offers. *index.Index of package
// packages/index is one.
type Index interface {
	// Versions returns the versions that the distribution offers of a package of the image,
	// from each part of its archive one; nil if it has none.
	Versions(p *packages.Package) []packages.Available
	// String names what was read, and of which release: "debian bookworm,
	// bookworm-security".
	String() string
	// Day is the day of the newest part; zero if it is not known.
	Day() time.Time
}

// Rebuilds know how the ancestors of an image are published today. [Newer] is one.
type Rebuilds interface {
	// Newest returns the build to which the tag of an ancestor points today; false if it is
	// not known. ancestor is an index in r.Ancestors.
	Newest(r *report.Report, ancestor int) (Build, bool)
}

// A Build is a build of an image.
type Build struct {
	// Built is when it was built; zero if that is not known.
	Built time.Time
	// Report is that of the whole image; nil if it was not read. If its packages are known,
	// they decide, and no day.
	Report *report.Report
	// Source says where it was found: "python:3.8-bullseye at registry.example.org".
	Source string
}

// Options say what is known beside the report. nil and the zero value are the defaults.
type Options struct {
	Index    Index    // nil: the scanners' word is taken for what the distribution has
	Rebuilds Rebuilds // nil: no more is known than each ancestor's Standing says
	// NoIndex says why there is no index although one was asked for.
	NoIndex string
}

// Trace traces all vulnerabilities of a report, and counts its outdated packages. It changes
// nothing in it: the result is for Report.Patches. It is nil where there are neither
// vulnerabilities nor an index, and none was asked for.
func Trace(r *report.Report, opts *Options) *report.Patches {
	if opts == nil {
		opts = &Options{}
	}
	if r.Vulnerabilities == nil && opts.Index == nil && opts.NoIndex == "" {
		return nil
	}
	t := &tracer{report: r, index: opts.Index, out: &report.Patches{NoIndex: opts.NoIndex}, fixes: map[fixKey]fix{}, steps: stepsOf(r), acts: map[string]int{}}
	for i := range r.Ancestors {
		t.links = append(t.links, newLink(r, i, opts.Rebuilds))
	}
	if t.index != nil {
		t.out.Index, t.out.IndexDay = t.index.String(), t.index.Day()
		t.countOutdated()
	}
	if r.Vulnerabilities != nil {
		t.traceAll()
	}
	return t.out
}

// A tracer traces the vulnerabilities of one report.
type tracer struct {
	report *report.Report
	index  Index
	links  []link // of each ancestor
	fixes  map[fixKey]fix
	steps  map[int]int    // that made a layer, by layer
	acts   map[string]int // indexes in out.Acts, by Do
	out    *report.Patches
}

func stepsOf(r *report.Report) map[int]int {
	steps := map[int]int{}
	for _, s := range r.Steps() {
		if _, ok := steps[s.Layer]; !ok && s.Layer != layers.None {
			steps[s.Layer] = s.Index
		}
	}
	return steps
}

func (t *tracer) traceAll() {
	list := t.report.Vulnerabilities.List
	t.out.Traces = make([]report.Trace, len(list))
	for i := range list {
		v := &list[i]
		tr := &t.out.Traces[i]
		if v.Excuse != nil {
			*tr = report.Trace{Ancestor: -1, Step: layers.None, Act: -1, Why: "it is excused"}
			continue
		}
		*tr = t.trace(v)
		t.out.Counts[tr.State]++
		if v.Fixable() {
			t.out.Fixable++
		}
		t.act(i, v, tr)
	}
	t.sortActs()
}

// trace follows a fix from the distribution up to the image.
func (t *tracer) trace(v *report.Vulnerability) report.Trace {
	tr := report.Trace{Ancestor: -1, Step: layers.None, Act: -1}
	if !v.Fixable() {
		tr.State, tr.Why = report.PatchNone, noFix(v.Status)
		return tr
	}
	f := t.fixOf(v)
	switch {
	case f.published == no:
		tr.State, tr.Why = report.PatchUnpublished, f.says
	case v.Ancestor < 0 || v.Ancestor >= len(t.links):
		tr.Why = "which ancestor installed the package"
		if v.Why != "" {
			tr.Why += ": " + v.Why
		}
	case v.Ancestor == 0:
		tr.State, tr.Ancestor, tr.Why = report.PatchOwnStep, 0, f.says
		if s, ok := t.steps[v.Layer]; ok {
			tr.Step = s
		}
	default:
		tr.State, tr.Ancestor, tr.Why = t.climb(v, f)
	}
	return tr
}

// climb goes from the ancestor that installed the package up to the image's base.
func (t *tracer) climb(v *report.Vulnerability, f fix) (report.PatchState, int, string) {
	base := t.links[1].content(t.report, v, f)
	if base.answer == yes {
		return report.PatchPull, 1, base.says
	}
	below := time.Time{} // the day of the build below that has the fix
	for i := v.Ancestor; i >= 1; i-- {
		has := t.links[i].content(t.report, v, f)
		if has.answer == unknown {
			has = t.links[i].byDays(f, below)
		}
		switch {
		case has.answer == no && i == v.Ancestor:
			return report.PatchInstaller, i, has.says
		case has.answer == no:
			return report.PatchNextLink, i, has.says
		case has.answer == unknown && base.answer == no:
			return report.PatchNotKnown, i, "which link holds it; " + base.says
		case has.answer == unknown:
			return report.PatchNotKnown, i, has.says
		case i == 1:
			return report.PatchPull, 1, has.says
		}
		below = has.day
	}
	return report.PatchNotKnown, -1, "" // not reached: i == 1 decides
}

func noFix(s report.FixStatus) string {
	switch s {
	case report.FixRefused:
		return "the distribution will not fix it"
	case report.FixDeferred:
		return "the distribution has put it off"
	case report.FixEndOfLife:
		return "the distribution no longer maintains the package"
	case report.FixInvestigated:
		return "the distribution is looking into it"
	case report.FixNone:
		return "the scanner says that there is none"
	}
	return "the scanner names none"
}
