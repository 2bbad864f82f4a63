package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// checkPrefix begins the name of each check.
const checkPrefix = "policy/"

// checkMaxAge is the name of the check of MaxAge, which an acceptance can give as its rule.
const checkMaxAge = "maxAge"

// Checks returns what the policy checks itself, as rules: "policy/maxAge", "policy/maxSize",
// "policy/allowedRoots", "policy/allowedBases" and "policy/maxVulnerabilities", where it has
// these fields, and always
// "policy/partial". What they find is serious, and fails whatever FailOn says. For formats
// that describe the rules that were run.
func (p *Policy) Checks() []report.Rule {
	var all []report.Rule
	check := func(asked bool, name, doc string, run func(*report.Report) []report.Finding) {
		if asked {
			all = append(all, report.Rule{Name: checkPrefix + name, Doc: doc, Severity: report.Serious, Run: run})
		}
	}
	check(p.MaxAge > 0, checkMaxAge, "An ancestor that was built longer ago than the policy allows. "+
		"It lacks the fixes of all that time. One whose build date is not known fails, too, since it may be of any age. "+
		"It is silent where the policy has no maxAge, and where the policy accepts that there is no date.", p.checkAges)
	check(p.MaxSize > 0, "maxSize", "Layers that have more bytes, as stored, than the policy allows. "+
		"Every host fetches them. Where the layers were not read, the size is not known, and that fails, too. "+
		"It is silent where the policy has no maxSize.", p.checkSize)
	check(len(p.AllowedRoots) > 0, "allowedRoots", "A root of the chain that the policy does not allow. "+
		"All packages of the distribution, and their fixes, come from there. A root that is not known, or not surely enough, fails, too. "+
		"It is silent where the policy has no allowedRoots.", p.checkRoot)
	check(p.AllowedBases.asked(), "allowedBases", "An image that stands on none of the bases that the policy allows, or on one that is too old. "+
		"Who looks after the allowed ones does not look after others. A base that is not known surely enough, or whose build date is not known where its age counts, fails, too. "+
		"It is silent where the policy has no allowedBases.", p.checkBase)
	check(p.MaxVulnerabilities.asked(), checkMaxVulnerabilities, "More vulnerabilities of a rating than the policy allows. "+
		"Those that one's own steps bring, and those that are inherited, have limits of their own. Where no scanner's report was read, they are not known, and that fails, too. "+
		"It is silent where the policy has no maxVulnerabilities, and about what is excused, accepted, or shipped in a lower layer only.", p.checkVulnerabilities)
	check(true, "partial", "An image of which some could not be read. "+
		"What was not read could hold anything. It is silent where all was read.", checkPartial)
	return all
}

// checkAges checks the age of every ancestor. One that has no build date fails, too,
// unless that is accepted: it may be of any age.
func (p *Policy) checkAges(r *report.Report) []report.Finding {
	var all []report.Finding
	allowed := int(time.Duration(p.MaxAge).Hours() / 24)
	for i, a := range r.Ancestors {
		f := r.AtAncestor(i)
		f.Severity, f.Subject, f.By = report.Serious, a.String(), report.OtherBase
		built, why := r.Built(i)
		age := r.AsOf.Sub(built)
		switch {
		case why != "":
			unknown := report.Finding{Rule: checkMaxAge, Ancestor: i, Subject: a.String()}
			if slices.ContainsFunc(p.Accept, func(a Acceptance) bool { return a.Rule != "" && a.covers(r, unknown) }) {
				continue
			}
			f.Message = fmt.Sprintf("how old %s is is not known: its build date %s; allowed are %d days", a, why, allowed)
			f.Remedy = r.Remedy(i, "build it with its date, or accept in the policy that it has none",
				"use a build of it that has its date, or accept in the policy that it has none")
		case age > time.Duration(p.MaxAge):
			f.Message = fmt.Sprintf("%s was built on %s, %d days ago; allowed are %d", a, built.UTC().Format(time.DateOnly), int(age.Hours()/24), allowed)
			f.Remedy = r.Remedy(i, "build it again", "use a newer build of it, or another base")
		default:
			continue
		}
		all = append(all, f)
	}
	return all
}

func (p *Policy) checkSize(r *report.Report) []report.Finding {
	f := ofImage("layers")
	var size, own int64
	for i, a := range r.Ancestors {
		size += a.Size
		if i == 0 {
			own = a.Size
		}
	}
	allowed := humanize.Bytes(uint64(p.MaxSize))
	switch {
	case size == 0 && r.Index == nil:
		f.Message = "the size is not known: the layers were not read; allowed are " + allowed
		f.Remedy = "read the layers"
	case size > 0 && uint64(size) > uint64(p.MaxSize):
		f.Message = fmt.Sprintf("the layers have %s; allowed are %s", humanize.Bytes(uint64(size)), allowed)
		f.Remedy = fmt.Sprintf("ship less: %s are of the image's own steps, the rest is inherited", humanize.Bytes(uint64(own)))
		if size-own > own {
			f.By = report.OtherBase
		}
	default:
		return nil
	}
	return []report.Finding{f}
}

func (p *Policy) checkRoot(r *report.Report) []report.Finding {
	allowed := strings.Join(p.AllowedRoots, ", ")
	violation := func(f report.Finding, format string, args ...any) []report.Finding {
		f.Severity, f.By = report.Serious, report.OtherBase
		f.Message, f.Remedy = fmt.Sprintf(format, args...), "build it on a base whose root is one of "+allowed
		return []report.Finding{f}
	}
	i := len(r.Ancestors) - 1
	if i < 0 {
		return violation(ofImage("root"), "the image has no known ancestor")
	}
	root := r.Ancestors[i]
	f := r.AtAncestor(i)
	f.Subject = root.String()
	least := max(ancestry.Confidence(p.RootConfidence), ancestry.Inferred)
	switch {
	case root.Repository == "":
		return violation(f, "the root of the chain is unknown; allowed are %s", allowed)
	case !allows(p.AllowedRoots, root.Repository, root.Tags):
		return violation(f, "the root of the chain is %s; allowed are %s", root, allowed)
	case root.Confidence < least:
		return violation(f, "that the root is %s is only %s; at least %s is asked for", root, root.Confidence, least)
	}
	for _, t := range root.Ties {
		if !allows(p.AllowedRoots, t.Repository, t.Tags) {
			return violation(f, "the root of the chain is %s, or as likely %s; allowed are %s", root, t, allowed)
		}
	}
	return nil
}

// allows reports whether patterns match the repository, or it with one of the tags.
func allows(patterns []string, repository string, tags []string) bool {
	names := []string{repository}
	for _, t := range tags {
		names = append(names, repository+":"+t)
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return match(pattern, n) })
	})
}

func checkPartial(r *report.Report) []report.Finding {
	if !r.Partial {
		return nil
	}
	f := ofImage("image")
	f.Message = "some of the image could not be read"
	f.Remedy = "mend what the report's problems name, and read it again"
	return []report.Finding{f}
}

// ofImage starts a check's finding that blames the image as a whole.
func ofImage(subject string) report.Finding {
	return report.Finding{Severity: report.Serious, Layer: layers.None, Step: layers.None,
		Ancestor: -1, Subject: subject, By: report.OwnSteps}
}
