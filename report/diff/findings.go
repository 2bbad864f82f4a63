package diff

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-go/stemma/report"
)

// A Finding is what a rule found in one of the images, or in both with another severity.
type Finding struct {
	Change   Change          `json:"change"` // Added, Removed, or Other for another severity
	Rule     string          `json:"rule"`
	Severity report.Severity `json:"severity"`
	Was      report.Severity `json:"was"`      // the severity in the old image, where Change is Other
	Ancestor string          `json:"ancestor"` // who brought it, as Report.NameOf has it
	Subject  string          `json:"subject"`
	Message  string          `json:"message"`
	Remedy   string          `json:"remedy"`
	Bytes    int64           `json:"bytes"` // as report.Finding has it
}

// compareFindings matches findings by rule, ancestor and subject.
func (c *comparison) compareFindings() {
	old := map[string][]int{} // indexes of the old findings that are not matched yet
	subject := newSubjects(c.old)
	for i, f := range c.old.Findings {
		k := strings.Join([]string{f.Rule, strconv.Itoa(c.place(f.Ancestor)), subject.mask(f.Subject)}, "\x00")
		old[k] = append(old[k], i)
	}
	subject = newSubjects(c.new)
	for _, f := range c.new.Findings {
		at := strconv.Itoa(f.Ancestor)
		same := func() string { return strings.Join([]string{f.Rule, at, subject.mask(f.Subject)}, "\x00") }
		if len(old[same()]) == 0 && c.diff.Base && f.Ancestor == 0 {
			at = strconv.Itoa(c.place(0)) // of the image as a whole, which stands on the base
		}
		k := same()
		if len(old[k]) == 0 {
			c.addFinding(Added, c.new, f, 0)
			continue
		}
		if was := c.old.Findings[old[k][0]].Severity; was != f.Severity {
			c.addFinding(Other, c.new, f, was)
		}
		old[k] = old[k][1:]
	}
	for _, i := range slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(old))...))) {
		if f := c.old.Findings[i]; !c.diff.Base || f.Ancestor != 0 {
			c.addFinding(Removed, c.old, f, 0)
		}
	}
	slices.SortStableFunc(c.diff.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)))
	})
}

// place is the index of the new image's ancestor that has the place of an old one; a number that
// none has where there is none.
func (c *comparison) place(ancestor int) int {
	if ancestor < 0 || ancestor >= len(c.counterpart) {
		return -1
	}
	if at := c.counterpart[ancestor]; at >= 0 {
		return at
	}
	return -2 - ancestor
}

func (c *comparison) addFinding(change Change, r *report.Report, f report.Finding, was report.Severity) {
	name := ""
	if f.Ancestor >= 0 && f.Ancestor < len(r.Ancestors) {
		name = r.NameOf(f.Ancestor)
	}
	c.diff.Findings = append(c.diff.Findings, Finding{
		Change: change, Rule: f.Rule, Severity: f.Severity, Was: was, Ancestor: name,
		Subject: f.Subject, Message: f.Message, Remedy: f.Remedy, Bytes: f.Bytes,
	})
}

// subjects takes out of subjects what a rebuild changes: the tag of an ancestor, digests,
// dates, numbers of layers and steps.
type subjects struct {
	r       *report.Report
	changes *regexp.Regexp
}

func newSubjects(r *report.Report) subjects {
	return subjects{r, regexp.MustCompile(`\b[0-9a-f]{12,}\b|\b\d{4}-\d\d-\d\d\b|\b(layer|step)s? \d+((, | and | to )\d+)*`)}
}

func (s subjects) mask(subject string) string {
	for _, a := range s.r.Ancestors {
		if tag, ok := strings.CutPrefix(subject, a.Repository+":"); ok && a.Repository != "" && !strings.ContainsAny(tag, " /") {
			return a.Repository
		}
	}
	return s.changes.ReplaceAllString(subject, "$1")
}
