package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Bases are images of which one has to be in the chain, below the image itself.
type Bases struct {
	// What the base may be: patterns for repository or repository:tag, in which * matches
	// slashes, too. Empty allows what the catalogue has, or anything if there is none.
	Names []string `yaml:"names"`
	// A catalogue file, as the command catalogue makes it: the base has to be one of its
	// images. A path relative to this file, with slashes; none for no catalogue.
	Catalogue string `yaml:"catalogue"`
	// How long ago the base may have been built: 30d, 4w, 24h; none for no limit, which is
	// the default.
	MaxAge Age `yaml:"maxAge"`
	// How sure the base's name has to be: inferred, recognised, recorded, proved. Default:
	// recognised. What the image says of itself does not count where there is a catalogue.
	Confidence Confidence `yaml:"confidence"`

	read         bool // SetBases was called
	repositories []string
}

// SetBases says which repositories the catalogue of AllowedBases knows. This package reads no
// catalogues: whoever opens it says so, and gives it to the analysis, too. Until then no base
// is allowed.
func (p *Policy) SetBases(repositories []string) {
	p.AllowedBases.read, p.AllowedBases.repositories = true, repositories
}

func (b Bases) asked() bool {
	return len(b.Names) > 0 || b.Catalogue != "" || b.MaxAge > 0
}

// checkBase checks what the image stands on: the youngest ancestor that is one of the
// allowed bases.
func (p *Policy) checkBase(r *report.Report) []report.Finding {
	bases := p.AllowedBases
	finding := func(i int, remedy, format string, args ...any) []report.Finding {
		f := ofImage("base")
		if i >= 0 {
			f = r.AtAncestor(i)
			f.Subject = r.Ancestors[i].String()
		}
		f.Severity, f.By, f.Message, f.Remedy = report.Serious, report.OtherBase, fmt.Sprintf(format, args...), remedy
		return []report.Finding{f}
	}
	if bases.Catalogue != "" && !bases.read {
		return finding(-1, "read the catalogue that the policy names", "which bases are allowed is not known: the catalogue %s was not read", bases.Catalogue)
	}
	remedy := "build it on " + bases.String()
	doubt := -1 // an allowed one whose name is not sure
	for i := 1; i < len(r.Ancestors); i++ {
		if !bases.allow(r.Ancestors[i].Ancestor) {
			continue
		}
		if bases.sure(r.Ancestors[i].Ancestor) < bases.least() {
			if doubt < 0 {
				doubt = i
			}
			continue
		}
		built, why := r.Built(i)
		days := func(d time.Duration) int { return int(d.Hours() / 24) }
		switch age := r.AsOf.Sub(built); {
		case bases.MaxAge <= 0:
			return nil
		case why != "":
			return finding(i, "use a build of it that has its date", "how old the base %s is is not known: its build date %s; allowed are %d days", r.Ancestors[i], why, days(time.Duration(bases.MaxAge)))
		case age > time.Duration(bases.MaxAge):
			return finding(i, "build it on a newer build of "+r.Ancestors[i].String(), "the base %s was built on %s, %d days ago; allowed are %d",
				r.Ancestors[i], built.UTC().Format(time.DateOnly), days(age), days(time.Duration(bases.MaxAge)))
		}
		return nil
	}
	switch {
	case doubt >= 0:
		a := r.Ancestors[doubt].Ancestor
		return finding(doubt, "read its layers, or build it on a base that the catalogue knows by its bytes", "that the base is %s is only %s; at least %s is asked for",
			a, strings.Replace(bases.sure(a).String(), "unknown", "what the image says", 1), bases.least())
	case len(r.Ancestors) < 2:
		return finding(-1, remedy, "the image stands on no known base; allowed is %s", bases)
	}
	return finding(1, remedy, "the image stands on %s, and on none of the allowed bases: %s", r.Ancestors[1], bases)
}

// String says which bases are allowed.
func (b Bases) String() string {
	switch {
	case len(b.Names) > 0 && b.Catalogue != "":
		return "an image of the catalogue " + b.Catalogue + " that is one of " + strings.Join(b.Names, ", ")
	case b.Catalogue != "":
		return "an image of the catalogue " + b.Catalogue
	case len(b.Names) > 0:
		return "one of " + strings.Join(b.Names, ", ")
	}
	return "a base whose name is known"
}

// allow reports whether all names that an ancestor may have are those of allowed bases.
func (b Bases) allow(a ancestry.Ancestor) bool {
	one := func(repository string, tags []string) bool {
		return repository != "" && (len(b.Names) == 0 || allows(b.Names, repository, tags)) && (b.Catalogue == "" || slices.Contains(b.repositories, repository))
	}
	return one(a.Repository, a.Tags) && !slices.ContainsFunc(a.Ties, func(n ancestry.Name) bool { return !one(n.Repository, n.Tags) })
}

func (b Bases) least() ancestry.Confidence {
	return cmp.Or(ancestry.Confidence(b.Confidence), ancestry.Recognised)
}

// sure returns how sure an ancestor's name is. Where there is a catalogue, only what a
// catalogue can say counts: anybody can write a label.
func (b Bases) sure(a ancestry.Ancestor) ancestry.Confidence {
	if b.Catalogue == "" {
		return a.Confidence
	}
	sure := ancestry.Unknown
	for _, e := range a.Evidence {
		switch e.Kind {
		case ancestry.KindDigest, ancestry.KindRecipe, ancestry.KindParent:
			sure = max(sure, e.Confidence)
		}
	}
	return min(sure, a.Confidence)
}
