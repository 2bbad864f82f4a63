package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"
	"go.yaml.in/yaml/v3"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// checkMaxVulnerabilities is the name of the check of MaxVulnerabilities, which an
// acceptance can give as its rule.
const checkMaxVulnerabilities = "maxVulnerabilities"

// VulnerabilityLimits limit the vulnerabilities that scanners found. The zero value has no
// limit.
type VulnerabilityLimits struct {
	// How many of each rating the image's own steps may bring, and images of one's own: {critical: 0,
	// high: 5}. What is left out has no limit. What is in no known package of the image counts here and as
	// inherited.
	Own Limits `yaml:"own"`
	// How many of each rating may be inherited.
	Inherited Limits `yaml:"inherited"`
	// Count those alone for which a version without it is known.
	FixableOnly bool `yaml:"fixableOnly"`
	// Which ancestors are one's own, like the image itself: patterns for repository or
	// repository:tag, in which * matches slashes, too.
	OwnImages []string `yaml:"ownImages"`
	// How sure it has to be that a vulnerability was inherited: inferred, recognised, recorded,
	// proved. Default: recognised, so that a guess excuses nothing.
	Confidence Confidence `yaml:"confidence"`
}

// Limits are how many vulnerabilities of a rating there may be. A rating that is not a key
// has no limit.
type Limits map[report.Rating]int

// UnmarshalYAML reads {critical: 0, high: 5}, over what is there already. none takes a
// limit back.
func (l *Limits) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %q are no limits: say {critical: 0, high: 5}", n.Line, n.Value)
	}
	limits := maps.Clone(*l)
	if limits == nil {
		limits = Limits{}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		var rating report.Rating
		if rating.UnmarshalText([]byte(key.Value)) != nil {
			return fmt.Errorf("line %d: %q is none of critical, high, medium, low, negligible, unknown", key.Line, key.Value)
		}
		if value.Value == "none" {
			delete(limits, rating)
			continue
		}
		most, err := strconv.Atoi(value.Value)
		if err != nil || most < 0 {
			return fmt.Errorf("line %d: %q is no number of vulnerabilities: say 0, 5 or none", value.Line, value.Value)
		}
		limits[rating] = most
	}
	*l = limits
	return nil
}

// asked reports whether there is a limit.
func (l VulnerabilityLimits) asked() bool { return len(l.Own)+len(l.Inherited) > 0 }

// checkVulnerabilities checks the limits, for each rating.
func (p *Policy) checkVulnerabilities(r *report.Report) []report.Finding {
	if r.Vulnerabilities == nil {
		f := ofImage("vulnerabilities")
		f.Message, f.Remedy = "the vulnerabilities are not known: no scanner's report was read", "give the report of a scanner"
		return []report.Finding{f}
	}
	var all []report.Finding
	for _, side := range []struct {
		limits    Limits
		inherited bool
	}{{p.MaxVulnerabilities.Own, false}, {p.MaxVulnerabilities.Inherited, true}} {
		for rating := report.Critical; rating >= report.Unrated; rating-- {
			most, ok := side.limits[rating]
			if !ok {
				continue
			}
			if f, ok := p.overLimit(r, rating, most, side.inherited); ok {
				all = append(all, f)
			}
		}
	}
	return all
}

// overLimit counts the vulnerabilities of a rating, and blames the ancestor with the most of
// them if there are more than the limit.
func (p *Policy) overLimit(r *report.Report, rating report.Rating, most int, inherited bool) (report.Finding, bool) {
	by := map[int]int{}
	n := 0
	var items []string
	for i := range r.Vulnerabilities.List {
		v := &r.Vulnerabilities.List[i]
		if v.Rating == rating && p.countsVulnerability(r, v, inherited) {
			by[v.Ancestor]++
			n++
			items = append(items, v.ID+" "+v.Name)
		}
	}
	if n <= most {
		return report.Finding{}, false
	}
	// The one with the most; of equals, the youngest, and none in particular last.
	ancestors := slices.SortedFunc(maps.Keys(by), func(a, b int) int {
		if by[a] != by[b] {
			return by[b] - by[a]
		}
		return int(uint(a)>>1) - int(uint(b)>>1)
	})
	f := ofImage("vulnerabilities")
	if ancestors[0] >= 0 {
		f = r.AtAncestor(ancestors[0])
		f.Severity = report.Serious
	}
	f.Subject, f.Items = rating.String()+" vulnerabilities", items
	var parts []string
	for _, a := range ancestors {
		name := "of packages whose ancestor is not known"
		if a >= 0 {
			name = "from " + r.NameOf(a)
		}
		parts = append(parts, fmt.Sprintf("%d %s", by[a], name))
	}
	kind := "its own"
	f.By, f.Remedy = report.OwnSteps, "upgrade these packages where your own steps install them"
	if inherited {
		kind = "inherited"
		f.By, f.Remedy = report.OtherBase, "rebuild on a base whose packages are upgraded"
	}
	which := english.PluralWord(n, "vulnerability", "vulnerabilities")
	if p.MaxVulnerabilities.FixableOnly {
		which += " with a fix"
	}
	f.Message = fmt.Sprintf("%d %s %s %s: %s; allowed are %d", n, kind, ratingText(rating), which, strings.Join(parts, ", "), most)
	return f, true
}

// ratingText is a rating before a noun.
func ratingText(r report.Rating) string {
	if r == report.Unrated {
		return "unrated"
	}
	return r.String()
}

// countsVulnerability reports whether a vulnerability counts for one's own limits, or for
// the inherited ones. What is excused does not, nor what is shipped in a lower layer only;
// what may be on either side counts on both.
func (p *Policy) countsVulnerability(r *report.Report, v *report.Vulnerability, inherited bool) bool {
	switch {
	case v.Excuse != nil || v.Absent():
		return false
	case p.MaxVulnerabilities.FixableOnly && !v.Fixable():
		return false
	case p.acceptsVulnerability(r, v):
		return false
	case v.Ancestor < 0:
		return true
	}
	return p.isInherited(r, v.Ancestor) == inherited
}

// isInherited reports whether an ancestor is none of one's own, as surely as is asked for.
func (p *Policy) isInherited(r *report.Report, ancestor int) bool {
	if !(Inheritance{Confidence: p.MaxVulnerabilities.Confidence}).covers(r, ancestor, "", false) {
		return false
	}
	a := r.Ancestors[ancestor]
	names := append([]ancestry.Name{{Repository: a.Repository, Tags: a.Tags, Digest: a.Digest}}, a.Ties...)
	return !slices.ContainsFunc(p.MaxVulnerabilities.OwnImages, func(pattern string) bool {
		return !slices.ContainsFunc(names, func(n ancestry.Name) bool {
			return n.Repository == "" || !match(pattern, n.Repository) && !match(pattern, n.String())
		})
	})
}

// acceptsVulnerability reports whether an acceptance is about a vulnerability: its subject is an
// identifier, or an identifier and the name of the package.
func (p *Policy) acceptsVulnerability(r *report.Report, v *report.Vulnerability) bool {
	for _, a := range p.Accept {
		if a.Rule == "" {
			continue
		}
		for _, id := range append([]string{v.ID}, v.Aliases...) {
			for _, subject := range []string{id, id + " " + v.Name} {
				if a.covers(r, report.Finding{Rule: checkMaxVulnerabilities, Ancestor: v.Ancestor, Subject: subject}) {
					return true
				}
			}
		}
	}
	return false
}

// check refuses what is well formed but cannot be intended.
func (l VulnerabilityLimits) check(b []byte) error {
	if !l.asked() && (l.FixableOnly || len(l.OwnImages) > 0 || l.Confidence != 0) {
		return fmt.Errorf("%smaxVulnerabilities: no limit: say own: {critical: 0} or inherited: {critical: 0}", lineOf(b, checkMaxVulnerabilities))
	}
	if slices.Contains(l.OwnImages, "") {
		return fmt.Errorf("%smaxVulnerabilities: an empty pattern in ownImages", lineOf(b, "ownImages"))
	}
	return checkPatterns(b, "maxVulnerabilities: ownImages", l.OwnImages...)
}
