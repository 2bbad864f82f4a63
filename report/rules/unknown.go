package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/lifecycle"
)

// Unknown returns the rule "unknown", about what other rules would have to know. Its
// findings name those rules: see [report.Finding].Undecided.
func Unknown() report.Rule {
	return report.Rule{
		Name:     "unknown",
		Severity: report.Note,
		Doc: "What the image does not say, so that other rules cannot tell. " +
			"No build date, no standing among its tags, no package list, a distribution of unknown lifecycle: nothing is found there, and not because all is well. " +
			"A policy that gives a level to a rule that cannot tell fails for it. " +
			"It is silent about ancestors without a name, which the tree shows, and about what was built after the day of the catalogue. " +
			"It may be wrong where the answer stands in what was not given, such as the annotations of the manifest.",
		Run: func(r *report.Report) []report.Finding {
			if len(r.Ancestors) == 0 {
				return nil
			}
			found := slices.Concat(unreadLayers(r), unknownBase(r), unreadScripts(r), unknownDates(r))
			for i := range r.Ancestors {
				found = append(found, unknownStanding(r, i)...)
			}
			return append(found, unknownLifecycle(r)...)
		},
	}
}

// unreadLayers tells that layers or packages are not known at all.
func unreadLayers(r *report.Report) []report.Finding {
	var found []report.Finding
	add := func(subject, message, remedy string, undecided ...string) {
		f := r.AtAncestor(0)
		f.Subject, f.Message, f.Remedy, f.Undecided = subject, message, remedy, undecided
		found = append(found, f)
	}
	if r.Index == nil {
		add("layers", "the layers were not read: sizes and files are not known", "read the image, and not its configuration alone",
			"build-tools", "copy-up", "needless-shell", "package-caches", "secret-file", "setuid", "shipped-removed", "single-stage", "unpinned-install", "unverified",
			"world-writable", "writable-system")
	} else if r.Files == nil {
		add("files", "no file was looked into: who the users are and which programs are static is not known", "ask for it when the layers are read: see Files in package report",
			"needless-shell", "writable-system")
	}
	if !r.PackagesKnown() {
		message, remedy := "no layer has a list of packages, so which are there is not known", "keep the package database in the image, or list by other means what was put into it"
		if r.Inventory == nil {
			message, remedy = "packages were not looked for", "read the image with its packages"
		}
		add("packages", message, remedy, "build-tools", "needless-shell", "single-stage")
	}
	return found
}

// unknownBase tells that nothing records how the image's Dockerfile names its base.
func unknownBase(r *report.Report) []report.Finding {
	if _, _, ok := baseFinding(r); ok || len(r.Ancestors) < 2 {
		return nil
	}
	f := r.AtAncestor(0)
	f.Subject = "FROM"
	f.Message = "nothing records how the Dockerfile names its base, so whether it can move is not known"
	f.Remedy = "have the build record it: in the annotation or label org.opencontainers.image.base.name"
	f.Undecided = []string{"latest", "moving-base"}
	return []report.Finding{f}
}

// unreadScripts tells that some of the image's own steps are no scripts of a shell that is
// known.
func unreadScripts(r *report.Report) []report.Finding {
	var steps []string
	first := -1
	for _, s := range r.Steps() {
		if s.Instruction.Keyword != "RUN" || r.AncestorOfStep(s.Index) != 0 {
			continue
		}
		if _, ok := commands(s.Instruction.Args); !ok {
			steps = append(steps, fmt.Sprintf("step %d", s.Index))
			if first < 0 {
				first = s.Index
			}
		}
	}
	if first < 0 {
		return nil
	}
	f := r.AtStep(first)
	f.Subject = "scripts"
	f.Message = "what they run could not be read as a script of a shell: " + upTo(3, steps)
	f.Remedy = "look at these steps yourself"
	f.Undecided = []string{"full-upgrade", "single-stage", "unchecked-install", "unpinned-install"}
	return []report.Finding{f}
}

// unknownDates tells which ancestors have no build date.
func unknownDates(r *report.Report) []report.Finding {
	var say []string
	first := -1
	for i := range r.Ancestors {
		if _, why := r.Built(i); why != "" {
			say = append(say, fmt.Sprintf("the date of %s %s", r.NameOf(i), why))
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return nil
	}
	f := r.AtAncestor(first)
	f.Subject = "build dates"
	f.Message = "no build date is known: " + upTo(3, say)
	f.Remedy = "have the builder record when it builds, or go by the digest: a date of the builder's choice has no age"
	if f.Inherited() {
		f.By = report.Publisher
	}
	f.Undecided = []string{"born-old", "lagging"}
	return []report.Finding{f}
}

// unknownStanding tells what is not known of an ancestor's standing.
func unknownStanding(r *report.Report, i int) []report.Finding {
	s := r.Ancestors[i].Standing
	if s == nil || s.Newer {
		return unanswered(r, i)
	}
	live := r.Ancestors[i].Live
	tagKnown := live != nil && (live.State == ancestry.StateCurrent || live.State == ancestry.StateMoved)
	var asks, rules []string
	why := ""
	for _, gap := range []struct{ why, asks, rule string }{
		{s.NotKnown.Abandoned, "abandoned", "abandoned"},
		{s.NotKnown.Superseded, "superseded", "superseded"},
		{s.NotKnown.Lagging, "lagging behind its parent", "lagging"},
	} {
		if gap.why == "" || gap.rule == "superseded" && (tagKnown || !s.Abandoned.IsZero()) {
			continue
		}
		asks, rules, why = append(asks, gap.asks), append(rules, gap.rule), gap.why
	}
	if len(asks) == 0 {
		return nil
	}
	f := r.AtAncestor(i)
	f.Subject = r.Ancestors[i].String()
	f.Message = fmt.Sprintf("whether %s is %s is not known: %s (as of %s)", r.Ancestors[i], english.WordSeries(asks, "or"), why, s.AsOf.Format(time.DateOnly))
	f.By = report.OtherBase
	f.Remedy = "pin the base by digest, and compare that with the one that its tag has now"
	f.Undecided = rules
	return []report.Finding{f}
}

// unknownLifecycle tells that nobody knows how long the distribution of the finished
// image is maintained.
func unknownLifecycle(r *report.Report) []report.Finding {
	at, d := len(r.Ancestors)-1, ancestry.Distro{}
	for i, a := range r.Ancestors {
		if a.Distro.ID != "" {
			at, d = i, a.Distro
			break
		}
	}
	if c, ok := lifecycle.Of(d); ok && c.Status(r.AsOf) != lifecycle.Unknown || lifecycle.Rolling(d) {
		return nil
	}
	f := r.AtAncestor(at)
	f.Subject = "distribution"
	f.Message = "nothing says which distribution it is, so how long that is maintained is not known"
	if d.ID != "" {
		f.Subject = strings.TrimSpace(d.ID + " " + d.VersionID)
		f.Message = fmt.Sprintf("how long %s is maintained is not known: no table has an end, and its os-release has no SUPPORT_END", f.Subject)
	}
	f.By = report.Publisher
	f.Remedy = "ask the distribution's publisher until when it gets fixes"
	f.Undecided = []string{"end-of-life"}
	return []report.Finding{f}
}
