package html

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// A problem is one of the report's.
type problem = layers.Problem

// A chainRow is an ancestor in the table of the chain.
type chainRow struct {
	Index               int
	Name, Class, Anchor string
	Sure, Grade         string        // how sure the name is, and its class
	Undecided           string        // what the name leaves open
	Tag                 []words.Brief // what a registry said of it
	Built, Age          string
	Size                string
	Bar                 string // its part of the largest, "" if that is not known
	Packages            string
	Counts              []severityCount
	Vulnerable          []severityCount // vulnerabilities
	Fixable             string
}

// A severityCount is how many findings have a severity.
type severityCount struct {
	Class, Say string
	N          int
}

func newChainRow(r *report.Report, i int) chainRow {
	a := r.Ancestors[i]
	row := chainRow{Index: i, Name: title(r, i), Class: colour(i), Anchor: anchor(i), Packages: "not known", Size: "not known"}
	row.Sure, row.Grade = sure(a, i == 0)
	row.Undecided = brief(a.Undecided)
	for _, said := range words.InBrief(a.Live, r.AsOf) {
		row.Tag = append(row.Tag, words.Brief{Say: brief(said.Say), Bad: said.Bad})
	}
	if at, why := r.Built(i); why == "" {
		row.Built, row.Age = date(at), ago(r, i)
	} else {
		row.Built = "build date not known"
	}
	if r.Index != nil {
		row.Size = atLeast(partial(r, a)) + words.Bytes(a.Content)
		var most int64
		for _, o := range r.Ancestors {
			most = max(most, o.Content)
		}
		if most > 0 {
			row.Bar = percent(float64(max(a.Content, 0)) / float64(most))
		}
	}
	if r.PackagesKnown() {
		row.Packages = atLeast(r.Partial) + strconv.Itoa(a.Packages.Present)
	}
	row.Counts = countFindings(r, func(f report.Finding) bool { return f.Ancestor == i })
	if v := r.Vulnerabilities; v != nil {
		c := v.Of(i)
		row.Vulnerable = ratingCounts(c)
		if c.Fixable > 0 {
			row.Fixable = number(c.Fixable) + " fixable"
		}
	}
	return row
}

// ago says how long ago an ancestor was built.
func ago(r *report.Report, i int) string {
	at, _ := r.Built(i)
	if at.After(r.AsOf) || date(at) == date(r.AsOf) {
		return "today"
	}
	return words.Age(at, r.AsOf) + " ago"
}

// sure says how sure a name is, and the class for it.
func sure(a report.Ancestor, youngest bool) (say, class string) {
	switch {
	case a.Repository != "":
		return a.Confidence.String(), a.Confidence.String()
	case youngest:
		return "this image", "own"
	}
	return "no name is known", ancestry.Unknown.String()
}

// partial reports whether a layer of an ancestor could not be read to its end.
func partial(r *report.Report, a report.Ancestor) bool {
	for i := max(a.Layers.From, 0); i < min(a.Layers.To, len(r.Index.Layers)); i++ {
		if r.Index.Layers[i].Partial {
			return true
		}
	}
	return false
}

// builtText says when an ancestor was built. A date that is none of a build is shown with
// the reason.
func builtText(r *report.Report, i int) string {
	created := r.Ancestors[i].Created
	_, why := r.Built(i)
	switch {
	case why == "":
		return "built on " + date(created) + ", " + ago(r, i)
	case report.Dated(created):
		return "when it was built is not known: its date, " + date(created) + ", " + show(why)
	case created.IsZero():
		return "when it was built is not recorded"
	}
	return "when it was built is not recorded (" + date(created) + ")"
}

// An ancestor is all that is known of one.
type ancestor struct {
	Index               int
	Name, Class, Anchor string
	Sure, Grade         string
	Facts               []fact
	For, Against        list[evidence]
	Steps               list[step]
}

// evidence is what speaks for a name, or against it.
type evidence struct{ Says, Where, Sure string }

// A step is a line of the history.
type step struct {
	Index string
	Size  string
	Text  string
}

func newAncestor(r *report.Report, i int) ancestor {
	a := r.Ancestors[i]
	say := func(_ int, e ancestry.Evidence) evidence {
		return evidence{show(e.Says), show(e.Where), e.Confidence.String()}
	}
	out := ancestor{
		Index: i, Name: title(r, i), Class: colour(i), Anchor: anchor(i),
		For: first(a.Evidence, mostEvidence, say), Against: first(a.Against, mostEvidence, say),
		Facts: ancestorFacts(r, i),
	}
	out.Sure, out.Grade = sure(a, i == 0)
	from, to := max(a.Steps.From, 0), min(a.Steps.To, len(r.Steps()))
	if from < to {
		out.Steps = first(r.Steps()[from:to], mostSteps, func(_ int, s history.Step) step { return newStep(r, s) })
	}
	return out
}

func ancestorFacts(r *report.Report, i int) []fact {
	a := r.Ancestors[i]
	var facts []fact
	add := func(name, value string) { facts = append(facts, fact{Name: name, Value: value}) }
	add("Name", nameText(a))
	if len(a.Ties) > 0 {
		names := make([]string, 0, 10)
		for _, t := range a.Ties[:min(len(a.Ties), 10)] {
			names = append(names, brief(t.String()))
		}
		if n := len(a.Ties) - len(names); n > 0 {
			names = append(names, strconv.Itoa(n)+" more")
		}
		add("As likely", english.OxfordWordSeries(names, "or"))
	}
	if a.Undecided != "" {
		add("Left open", show(a.Undecided))
	}
	add("Built", builtText(r, i))
	if a.Digest != (v1.Hash{}) {
		facts = append(facts, fact{"Digest", brief(a.Digest.String()), true})
	}
	if a.Distro.PrettyName != "" {
		add("System", brief(a.Distro.PrettyName))
	}
	add("Layers", layerSpan(a))
	if r.Index != nil && a.Layers.Len() > 0 {
		least := atLeast(partial(r, a))
		add("Bytes", fmt.Sprintf("%s%s of files, of which %s are overwritten or deleted later; %s stored, %s unpacked",
			least, words.Bytes(a.Content), words.Bytes(a.Shadowed), words.Bytes(a.Size), words.Bytes(a.Uncompressed)))
	}
	if r.PackagesKnown() {
		add("Packages", packageText(a.Packages, r.Partial))
	}
	for j, says := range words.Live(a.Live, r.AsOf) {
		add([]string{"Tag", "End of life"}[j], show(says))
	}
	for _, d := range r.Donors {
		if d.Ancestor == i && len(facts) < mostEvidence {
			add("Copied in", show(d.Says()))
		}
	}
	return facts
}

// nameText says what a name rests on.
func nameText(a report.Ancestor) string {
	switch a.Confidence {
	case ancestry.Proved:
		return "proved: its layers are those of this image"
	case ancestry.Recorded:
		return "recorded: the image or its builder says so"
	case ancestry.Recognised:
		return "recognised: its steps are those of a known Dockerfile"
	case ancestry.Inferred:
		return "inferred from habits; it may be another"
	}
	return "not known"
}

// packageText says how many packages are there, and what became of others.
func packageText(c report.PackageCounts, least bool) string {
	var facts []string
	for _, f := range []struct {
		n    int
		verb string
	}{
		{c.Introduced, "introduced"}, {c.Upgraded, "upgraded"}, {c.Downgraded, "downgraded"},
		{c.Removed, "removed"}, {c.Reinstalled, "reinstalled"}, {c.Unlisted, "no longer listed"},
	} {
		if f.n > 0 {
			facts = append(facts, number(f.n)+" "+f.verb)
		}
	}
	say := atLeast(least) + number(c.Present) + " of the finished image"
	if len(facts) > 0 {
		say += "; " + strings.Join(facts, ", ")
	}
	return say
}

// layerSpan says which layers an ancestor has.
func layerSpan(a report.Ancestor) string {
	switch n := a.Layers.Len(); n {
	case 0:
		return "none"
	case 1:
		return strconv.Itoa(a.Layers.From)
	}
	return fmt.Sprintf("%d to %d", a.Layers.From, a.Layers.To-1)
}

func newStep(r *report.Report, s history.Step) step {
	out := step{Index: strconv.Itoa(s.Index), Text: show(stepText(s))}
	if s.Layer != layers.None && r.Index != nil && s.Layer >= 0 && s.Layer < len(r.Index.Layers) {
		out.Size = words.Bytes(r.Index.Layers[s.Layer].Content)
	}
	return out
}

// stepText is a step as its Dockerfile has it, as far as that is known.
func stepText(s history.Step) string {
	in := s.Instruction
	switch {
	case s.Synthetic:
		return "(no history)"
	case in.Keyword == "":
		return s.CreatedBy
	}
	text := in.Keyword
	for _, f := range in.Flags {
		text += " " + f
	}
	return text + " " + in.Args
}
