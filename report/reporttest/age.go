package reporttest

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
)

// MaxAge asserts that the image and each of its ancestors was built at most that long
// before the report's AsOf. One whose build date is not known may be of any age.
func (i *Image) MaxAge(most time.Duration) bool {
	i.t.Helper()
	all := i.chainUnknown()
	for n := range i.Ancestors {
		all = append(all, i.older(n, most)...)
	}
	return i.check(all)
}

// BuiltWithin asserts that of the image itself, whatever its ancestors' age.
func (i *Image) BuiltWithin(most time.Duration) bool {
	i.t.Helper()
	return i.check(i.older(0, most))
}

// older returns a failure if an ancestor is older than that.
func (i *Image) older(ancestor int, most time.Duration) []failure {
	if all := i.chainUnknown(); all != nil {
		return all
	}
	a := i.Ancestors[ancestor]
	built, why := i.Built(ancestor)
	f := failure{evidence: []string{i.place(ancestor, layers.None, a.Steps.To-1)}}
	switch age := i.AsOf.Sub(built); {
	case why != "":
		f.what = fmt.Sprintf("how old %s is is not known: its build date %s", i.NameOf(ancestor), why)
		f.remedy = i.Remedy(ancestor, "build it with its date", "use a build of it that has its date")
	case age > most:
		f.what = fmt.Sprintf("%s was built on %s, %s before %s, more than %s", i.NameOf(ancestor),
			built.UTC().Format(time.DateOnly), days(age), i.AsOf.Format(time.DateOnly), days(most))
		f.remedy = i.Remedy(ancestor, "build it again", "use a newer build of it, or another base")
	default:
		return nil
	}
	return []failure{f}
}

func days(d time.Duration) string { return english.Plural(int(d.Hours()/24), "day", "") }

// Supported asserts that for that much longer than the report's AsOf no distribution and
// no language runtime in the image reaches the end of its regular support, as the rule
// "end-of-life" tells it. With 0 it is about that day.
func (i *Image) Supported(longer time.Duration) bool {
	i.t.Helper()
	then := *i.Report
	then.AsOf = i.AsOf.Add(longer)
	var all []failure
	for _, f := range i.run(&then, []report.Rule{rules.EndOfLife()}) {
		if f.Severity > report.Note || len(f.Undecided) > 0 {
			x := i.of(f)
			x.what = "on " + then.AsOf.Format(time.DateOnly) + ": " + f.Message
			all = append(all, x)
		}
	}
	return i.check(append(i.unread(), all...))
}
