package report

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/internal/panics"
	"github.com/stemma-go/stemma/layers"
)

// A Rule finds things in a report. It is a value without state; what to do with
// its findings is up to the caller.
//
// To write one of your own, start a finding with [Report.AtLayer],
// [Report.AtStep] or [Report.AtAncestor], which say who brought it, and choose the
// remedy with [Report.Remedy]: the same thing is mended otherwise where it is
// inherited than where it is the image's own.
type Rule struct {
	Name string // short, in kebab case: "build-tools"
	// Doc is a paragraph. Its first sentence says what is found; the others, why
	// that matters and when the rule is silent.
	Doc      string
	Severity Severity // the highest that its findings have
	// Run returns the findings, in any order. It must not change the report. Where
	// the report has no index, lineage or inventory, it does without: the steps and the
	// spans of Ancestors are the lineage's, and known without an index; of their sizes
	// only an index tells. It may leave Rule and By of a finding empty. Its findings count
	// no byte twice. Rules run at the same time.
	Run func(*Report) []Finding
}

// Severity says how bad a finding is. A policy may value it otherwise.
type Severity int

// The severities, least first.
const (
	Note    Severity = iota // good to know; may be intended
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
	// Layer and Step are those to blame, layers.None for none in particular.
	Layer, Step int
	// Ancestor is the index in Report.Ancestors of the one that brought it, -1 if
	// none did.
	Ancestor int
	// Subject is what it is about: a package, a path, an image's name. Never empty.
	Subject string
	// Items are the packages or paths that the subject consists of, those with the
	// most bytes first; nil if it is one thing.
	Items []string
	// Message says what was found, in one sentence without a full stop. Never empty.
	Message string
	// Bytes are the content bytes that following the remedy would save; 0 if none
	// or not known.
	Bytes int64
	// Remedy says what to do, in one sentence without a full stop. Never empty. Findings
	// that are mended by doing the same thing have the same remedy, to the letter:
	// Report.Remedies puts them together.
	Remedy string
	// By says who can do that. A rule may leave it zero: then it is OwnSteps for what the
	// image's own steps brought, OtherBase for the rest.
	By Mender
	// Undecided are rules that cannot tell because of what was found: something that
	// they would have to know is not known. nil if there are none.
	Undecided []string
}

// RunRules runs rules over a report, several at the same time, and returns their
// findings, sorted as [Report.Findings] are. If a rule panics, so does RunRules; of the rules of
// [New], one that panics costs its own findings alone.
func RunRules(r *Report, rules []Rule) []Finding {
	found, problems := runRules(r, rules)
	if len(problems) > 0 {
		panic(problems[0].Err) // the caller may recover from it
	}
	return found
}

// runRules is RunRules, but for rules that panic: those are the problems.
func runRules(r *Report, rules []Rule) (all []Finding, problems []layers.Problem) {
	each, errs := runAll(r, rules)
	for i, found := range each {
		rule := rules[i]
		if errs[i] != nil {
			problems = append(problems, layers.Problem{Layer: layers.None, Step: layers.None, Err: fmt.Errorf("rule %s: %w", rule.Name, errs[i])})
		}
		for _, f := range found {
			if f.Rule == "" {
				f.Rule = rule.Name
			}
			f.By = f.mender()
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(uint(a.Ancestor), uint(b.Ancestor)), // -1 becomes the greatest
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Layer, b.Layer),
			cmp.Compare(a.Step, b.Step),
			cmp.Compare(a.Subject, b.Subject),
		)
	})
	return all, problems
}

// runAll runs rules on all processors, and returns the findings of each, or its panic.
func runAll(r *Report, rules []Rule) (found [][]Finding, errs []error) {
	found, errs = make([][]Finding, len(rules)), make([]error, len(rules))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, rule := range rules {
		g.Go(func() error {
			errs[i] = panics.Catch(func() error { found[i] = rule.Run(r); return nil })
			return nil
		})
	}
	_ = g.Wait() // all errors are in errs
	return found, errs
}
