package rules

import (
	"fmt"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// What registries say of ancestors, if they were asked: nobody is by default. It enters the
// rules of standing.go where no catalogue knows the same, end-of-life and unknown.

// moved returns what took the tag of an ancestor, as its registry says, and when that was
// asked; nil if it did not move, or if what it points to now is not known to be newer.
func moved(r *report.Report, i int) (*ancestry.Succession, time.Time) {
	live := r.Ancestors[i].Live
	if live == nil || live.State != ancestry.StateMoved || live.Since.IsZero() {
		return nil, time.Time{}
	}
	n, ok := ancestry.ParseName(live.Name)
	if !ok || len(n.Tags) == 0 {
		return nil, time.Time{}
	}
	return &ancestry.Succession{Name: n, First: n.Tags[0], On: live.Since, Now: n.Tags[0], Times: 1}, asked(r)
}

// asked is when registries were asked.
func asked(r *report.Report) time.Time {
	if r.Lineage == nil || r.Lineage.Asked == nil {
		return r.AsOf
	}
	return r.Lineage.Asked.At
}

// tagMoved tells of a tag that points to another image, of which it is not known whether it is
// newer.
func tagMoved(r *report.Report, i int) []report.Finding {
	a := r.Ancestors[i]
	if a.Live == nil || a.Live.State != ancestry.StateMoved || a.Standing != nil && !a.Standing.Abandoned.IsZero() {
		return nil
	}
	f := r.AtAncestor(i)
	f.Subject = a.String()
	f.Message = fmt.Sprintf("%s points to another image now, whose date does not tell whether it is newer (as of %s)", a.Live.Name, asked(r).Format(time.DateOnly))
	if i > 0 {
		renew(&f, r, i)
	} else {
		f.By, f.Remedy = report.OtherBase, fmt.Sprintf("pull %s, or build it again", a.Live.Name)
	}
	return []report.Finding{f}
}

// tagGone tells of a base whose tag its registry does not have any more, or not for this
// platform: the answer says which. It is worst of the parent, which the next build asks for.
func tagGone(r *report.Report, i int) []report.Finding {
	a := r.Ancestors[i]
	if i == 0 || a.Live == nil || a.Live.State != ancestry.StateGone {
		return nil
	}
	f := r.AtAncestor(i)
	f.Severity = report.Note
	if i == 1 {
		f.Severity = report.Warning
	}
	f.Subject = a.String()
	f.Message = fmt.Sprintf("%s cannot be pulled any more (as of %s): %s", a.Live.Name, asked(r).Format(time.DateOnly), a.Live.Why)
	f.By, f.Remedy = report.OtherBase, moveOff(r, i)
	return []report.Finding{f}
}

// statedEnds tells of ancestors whose publisher says at the registry that their life ends. That
// of Microsoft does so when a newer build takes the tag, too, so it is no more than a warning.
func statedEnds(r *report.Report) []report.Finding {
	var found []report.Finding
	for i, a := range r.Ancestors {
		if a.Live == nil || a.Live.EndOfLife.IsZero() || a.Live.EndOfLife.Sub(r.AsOf) > soon {
			continue
		}
		f := r.AtAncestor(i)
		f.Subject = a.String()
		day := a.Live.EndOfLife.Format(time.DateOnly)
		f.Severity, f.Message = report.Note, fmt.Sprintf("%s reaches its end of life on %s, as its publisher says", a, day)
		if !a.Live.EndOfLife.After(r.AsOf) {
			f.Severity, f.Message = report.Warning, fmt.Sprintf("%s gets no more fixes: its publisher ended its life on %s", a, day)
		}
		f.By, f.Remedy = report.OtherBase, moveOff(r, i)
		if a.Live.State == ancestry.StateMoved && i > 0 {
			renew(&f, r, i)
		}
		found = append(found, f)
	}
	return found
}

// unanswered tells of an ancestor about which only its registry could say whether it is out of
// date, and did not.
func unanswered(r *report.Report, i int) []report.Finding {
	a := r.Ancestors[i]
	if a.Standing != nil || a.Live == nil || a.Live.State != ancestry.StateNotKnown {
		return nil
	}
	f := r.AtAncestor(i)
	f.Subject = a.String()
	f.Message = fmt.Sprintf("whether %s is out of date is not known: %s", a, a.Live.Why)
	f.By = report.OtherBase
	f.Remedy = "ask its registry again, or pin the base by digest"
	f.Undecided = []string{"superseded"}
	return []report.Finding{f}
}

// newest reports whether an ancestor is known to be the newest image of its tags. A registry
// tells of one alone: a catalogue may know that another went on.
func newest(a report.Ancestor) bool {
	s, live := a.Standing, a.Live
	switch {
	case s != nil && (s.Superseded != nil || !s.Abandoned.IsZero()), live != nil && (live.State == ancestry.StateMoved || live.State == ancestry.StateGone):
		return false
	}
	return live != nil && live.State == ancestry.StateCurrent || s != nil && s.State() == ancestry.StateCurrent
}
