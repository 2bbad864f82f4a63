package report

import (
	"cmp"
	"fmt"
	"slices"
)

// A Rule judges a report. It is a value without state; what to do with its
// findings is up to the caller.
type Rule struct {
	Name     string // short, in kebab case: "build-tools"
	Doc      string // one paragraph: what is found, and why it matters
	Severity Severity
	// Run returns the findings, in any order. It must not change the report, and
	// has to do without an index, a lineage or an inventory where the report has
	// none. The Rule of a finding may be left empty.
	Run func(*Report) []Finding
}

// Severity orders findings. That of a Rule is the highest its findings have
// unless its Doc says otherwise; a policy may think otherwise.
type Severity int

// The severities, least first.
const (
	Note    Severity = iota // good to know; may be meant so
	Warning                 // costs bytes, time or safety, and has a remedy
	Serious                 // nobody should run this without knowing
)

var severityNames = [...]string{"note", "warning", "serious"}

// String returns the severity's name in lower case.
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severityNames) {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return severityNames[s]
}

// MarshalText returns the severity's name in lower case.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts what MarshalText returns.
func (s *Severity) UnmarshalText(b []byte) error {
	i := slices.Index(severityNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("unknown severity %q: one of note, warning, serious", b)
	}
	*s = Severity(i)
	return nil
}

// A Finding is one thing that a rule found.
type Finding struct {
	Rule     string
	Severity Severity
	// Layer and Step are those to blame, layers.None if there is none in particular.
	Layer, Step int
	// Ancestor is the index in Report.Ancestors of who brought it, -1 if none.
	Ancestor int
	// Subject is what it is about: a package, a path, an image's name.
	Subject string
	// Items are what the subject consists of, names of packages or paths, those
	// with the most bytes first; nil if it is one thing.
	Items []string
	// Message says what was found, in one sentence without a full stop.
	Message string
	// Bytes are the content bytes that following the remedy would save; 0 if none
	// or not known.
	Bytes int64
	// Remedy says what to do, in one sentence without a full stop.
	Remedy string
}

// Judge runs rules over a report and returns their findings, sorted as
// [Report.Findings] are.
func Judge(r *Report, rules []Rule) []Finding {
	var all []Finding
	for _, rule := range rules {
		for _, f := range rule.Run(r) {
			if f.Rule == "" {
				f.Rule = rule.Name
			}
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(place(a), place(b)),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Layer, b.Layer),
			cmp.Compare(a.Step, b.Step),
			cmp.Compare(a.Subject, b.Subject),
		)
	})
	return all
}

// place orders ancestors youngest first and puts findings without one last.
func place(f Finding) uint { return uint(f.Ancestor) } // -1 becomes the greatest
