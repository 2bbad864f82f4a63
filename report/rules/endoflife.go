package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/lifecycle"
)

// soon is how long before an end of life a note is due: one quarter, the time that
// it takes to plan a change of base.
const soon = 90 * 24 * time.Hour

// EndOfLife returns the rule "end-of-life", about what its publisher maintains no
// longer.
func EndOfLife() report.Rule {
	return report.Rule{
		Name:     "end-of-life",
		Severity: report.Serious,
		Doc: "A distribution or a language runtime that gets no more fixes, or soon none. " +
			"Known holes in it stay open. The last 90 days are a note. Free extended support, such as Debian's LTS, makes it a warning; support that must be bought does not. " +
			"Programs built with a Go release that has ended are a warning. " +
			"What no table lists ends when its own os-release says so. What the publisher states at the registry, if that was asked, is a warning. " +
			"It is silent about releases whose last day is not known, which are the rule unknown's, and about runtimes from the distribution's own packages, which live as long as the distribution. " +
			"It may be wrong where somebody gives or sells fixes for longer than the tables know.",
		Run: func(r *report.Report) []report.Finding {
			return slices.Concat(distroEnds(r), runtimeEnds(r), goBuildEnds(r), statedEnds(r))
		},
	}
}

// distroEnds looks at the distribution's release that the finished image is. The
// oldest ancestor from which on it was that release is to blame, even where a younger
// one installs a point release of it.
func distroEnds(r *report.Report) []report.Finding {
	var cycle lifecycle.Cycle
	blamed := -1
	for i := len(r.Ancestors) - 1; i >= 0; i-- {
		d := r.Ancestors[i].Distro
		if d.ID == "" {
			continue
		}
		c, ok := lifecycle.Of(d)
		switch {
		case !ok:
			blamed = -1
		case blamed < 0 || c.Product.ID != cycle.Product.ID || c.Name != cycle.Name:
			cycle, blamed = c, i
		}
	}
	if blamed < 0 {
		return nil
	}
	f := r.AtAncestor(blamed)
	if !describeEnd(&f, cycle, r.AsOf) {
		return nil
	}
	f.Remedy = remedyEnd(r, blamed, cycle)
	return []report.Finding{f}
}

// describeEnd fills in severity, subject and message, and reports whether there is
// anything to say.
func describeEnd(f *report.Finding, c lifecycle.Cycle, at time.Time) bool {
	f.Subject = c.String()
	eol := c.EOL.Format(time.DateOnly)
	if c.Product.ReadFrom == lifecycle.OSRelease {
		eol += ", as SUPPORT_END of its os-release says"
	}
	switch c.Status(at) {
	case lifecycle.Ended:
		f.Severity = report.Serious
		if c.Extended.IsZero() {
			f.Message = fmt.Sprintf("%s gets no more fixes: %s ended on %s", c, c.Product.Ends, eol)
		} else {
			f.Message = fmt.Sprintf("%s gets no more fixes: %s ended on %s, %s on %s", c, c.Product.Ends, eol,
				c.Product.Extended, c.Extended.Format(time.DateOnly))
		}
	case lifecycle.Extended:
		f.Severity = report.Serious
		fixes := "no more free fixes"
		if c.Product.ExtendedFree {
			f.Severity = report.Warning
			fixes = "fewer fixes"
		}
		f.Message = fmt.Sprintf("%s gets %s: %s ended on %s; %s goes on until %s", c, fixes, c.Product.Ends, eol,
			c.Product.Extended, c.Extended.Format(time.DateOnly))
	case lifecycle.Supported:
		if c.EOL.Sub(at) > soon {
			return false
		}
		f.Severity = report.Note
		f.Message = fmt.Sprintf("%s reaches its end of life on %s", c, eol)
	default:
		return false
	}
	return true
}

// remedyEnd names the release of the same product that is maintained longest.
func remedyEnd(r *report.Report, ancestor int, c lifecycle.Cycle) string {
	target := "a maintained release"
	if next, ok := lastingLongest(c.Product.ID, r.AsOf); ok && next.Name != c.Name {
		target = fmt.Sprintf("%s, maintained until %s", next, next.EOL.Format(time.DateOnly))
	}
	return r.Remedy(ancestor, "move to "+target, "choose a base on "+target)
}

// lastingLongest returns the cycle of a product that is released at a moment and
// whose end of life is the farthest away.
func lastingLongest(product string, at time.Time) (best lifecycle.Cycle, ok bool) {
	for _, c := range lifecycle.Cycles(product) {
		if !c.Released.After(at) && c.Status(at) == lifecycle.Supported && c.EOL.After(best.EOL) {
			best, ok = c, true
		}
	}
	return best, ok
}
