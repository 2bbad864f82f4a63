package sarif

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/stemma-go/stemma/report"
)

// results are the findings, the most severe first.
func (w *writer) results() []*sarif.Result {
	prints := w.fingerprints()
	all := []*sarif.Result{}
	for i, f := range w.r.Findings {
		if i == maxResults {
			break
		}
		all = append(all, w.result(f, prints[i]))
	}
	return all
}

func (w *writer) result(f report.Finding, fingerprint string) *sarif.Result {
	at, found := w.physical(f)
	related := w.stages(f)
	id := w.id(f)
	res := sarif.NewRuleResult(clean(id, maxName)).
		WithRuleIndex(w.index[id]).
		WithLevel(level(f.Severity)).
		WithMessage(sarif.NewTextMessage(w.message(f, found, related))).
		WithLocations([]*sarif.Location{sarif.NewLocation().WithPhysicalLocation(at).WithLogicalLocations(w.logicals(f))}).
		WithRelatedLocations(related).
		WithPartialFingerprints(map[string]string{"primaryLocationLineHash": fingerprint}).
		WithProperties(w.details(f))
	if len(f.Undecided) > 0 {
		// Nothing was found, but something could not be told. SARIF has a kind for that, and
		// wants no level then.
		res.WithKind("open").WithLevel(sarif.LevelNone)
	}
	return res
}

// message says what was found, who brought it, and what to do about it. GitHub makes a
// title of the first sentence.
func (w *writer) message(f report.Finding, found bool, related []*sarif.Location) string {
	say := []string{sentence(clean(f.Message, maxText)), w.origin(f)}
	for i, l := range related {
		say = append(say, fmt.Sprintf("[%s](%d) is built on that.", *l.Message.Text, i+1))
	}
	if len(f.Undecided) > 0 {
		say = append(say, fmt.Sprintf("So %s cannot tell.", english.WordSeries(cleanAll(f.Undecided), "and")))
	}
	who := f.By.String()
	if who != "" {
		who = " (" + who + ")"
	}
	say = append(say, fmt.Sprintf("To do%s: %s.", who, strings.TrimSuffix(clean(f.Remedy, maxText), ".")))
	if f.Bytes > 0 {
		say = append(say, fmt.Sprintf("That would save %s.", humanize.Bytes(uint64(f.Bytes))))
	}
	if !found {
		say = append(say, fmt.Sprintf("The instruction was not found in %s.", clean(w.dockerfile.Path, maxName)))
	}
	return strings.Join(say, " ")
}

func cleanAll(items []string) []string {
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = clean(s, maxName)
	}
	return out
}

// origin says who brought it.
func (w *writer) origin(f report.Finding) string {
	name := clean(w.nameOf(f.Ancestor), maxName)
	if len(f.Undecided) > 0 || f.Ancestor < 0 {
		return fmt.Sprintf("It is about %s.", name)
	}
	at := ""
	if f.Step >= 0 {
		at = fmt.Sprintf(", step %d", f.Step)
	}
	if f.Layer >= 0 {
		at += fmt.Sprintf(", layer %d", f.Layer)
	}
	return fmt.Sprintf("It comes from %s%s.", name, at)
}

// nameOf is [report.Report.NameOf] for any number.
func (w *writer) nameOf(ancestor int) string {
	switch {
	case ancestor >= len(w.r.Ancestors):
		ancestor = -1
	case ancestor < 0:
		return "the image as a whole"
	}
	return w.r.NameOf(ancestor)
}

// details are for other readers than GitHub.
func (w *writer) details(f report.Finding) *sarif.PropertyBag {
	p := sarif.NewPropertyBag()
	p.Add("subject", clean(f.Subject, maxText))
	p.Add("remedy", clean(f.Remedy, maxText))
	p.Add("inherited", f.Inherited())
	if f.Ancestor >= 0 {
		p.Add("ancestor", clean(w.nameOf(f.Ancestor), maxName))
	}
	if f.Bytes > 0 {
		p.Add("bytes", f.Bytes)
	}
	if who, err := f.By.MarshalText(); err == nil && len(who) > 0 {
		p.Add("by", string(who))
	}
	if len(f.Undecided) > 0 {
		p.Add("undecided", cleanAll(f.Undecided))
	}
	return p
}
