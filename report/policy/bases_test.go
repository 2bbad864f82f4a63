package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// On a chain of three: the image, a base, and a root.
func TestAllowedBases(t *testing.T) {
	const day = "2026-09-01"
	type change func(base *report.Ancestor)
	by := func(kind ancestry.Kind, c ancestry.Confidence) change {
		return func(a *report.Ancestor) {
			a.Confidence = c
			a.Evidence = []ancestry.Evidence{{Kind: kind, Confidence: c}}
		}
	}
	both := func(a *report.Ancestor) {
		by(ancestry.KindLabel, ancestry.Recorded)(a)
		a.Evidence = append(a.Evidence, ancestry.Evidence{Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised})
	}
	tie := func(name string) change {
		return func(a *report.Ancestor) { a.Ties = []ancestry.Name{{Repository: name, Tags: []string{"1"}}} }
	}
	const catalogue = "allowedBases: {catalogue: bases.stemma}"
	for name, tt := range map[string]struct {
		policy string
		read   []string // repositories of the catalogue; nil: it was not read
		change change
		want   string
	}{
		"nothing is asked":       {"", nil, nil, ""},
		"by name":                {"allowedBases: {names: ['ours/*']}", nil, nil, ""},
		"by name and tag":        {"allowedBases: {names: ['ours/os:1']}", nil, nil, ""},
		"the root counts":        {"allowedBases: {names: [debian]}", nil, nil, ""},
		"the image is no base":   {"allowedBases: {names: [app]}", nil, nil, "the image stands on ours/os:1, and on none of the allowed bases: one of app"},
		"by a label":             {"allowedBases: {names: ['ours/*'], confidence: recorded}", nil, by(ancestry.KindLabel, ancestry.Recorded), ""},
		"not sure":               {"allowedBases: {names: ['ours/*'], confidence: proved}", nil, nil, "that the base is ours/os:1 is only recorded; at least proved is asked for"},
		"a guess":                {"allowedBases: {names: ['ours/*']}", nil, by(ancestry.KindHeuristic, ancestry.Inferred), "is only inferred; at least recognised"},
		"a guess is asked for":   {"allowedBases: {names: ['ours/*'], confidence: inferred}", nil, by(ancestry.KindHeuristic, ancestry.Inferred), ""},
		"as likely, and allowed": {"allowedBases: {names: ['ours/*']}", nil, tie("ours/other"), ""},
		"as likely, and not":     {"allowedBases: {names: ['ours/*']}", nil, tie("theirs"), "none of the allowed bases"},
		"no name":                {"allowedBases: {maxAge: 1000d}", nil, func(a *report.Ancestor) { *a = report.Ancestor{} }, ""},

		"not read":                   {catalogue, nil, nil, "which bases are allowed is not known: the catalogue bases.stemma was not read"},
		"in the catalogue":           {catalogue, []string{"ours/os"}, nil, ""},
		"an empty catalogue":         {catalogue, []string{}, nil, "none of the allowed bases: an image of the catalogue bases.stemma"},
		"another's":                  {catalogue, []string{"ours/other"}, nil, "none of the allowed bases"},
		"a label is no catalogue":    {catalogue, []string{"ours/os"}, by(ancestry.KindLabel, ancestry.Recorded), "that the base is ours/os:1 is only what the image says"},
		"an annotation neither":      {catalogue, []string{"ours/os"}, by(ancestry.KindAnnotation, ancestry.Recorded), "is only what the image says"},
		"nor where all is taken":     {"allowedBases: {catalogue: c, confidence: inferred}", []string{"ours/os"}, by(ancestry.KindLabel, ancestry.Recorded), "is only what the image says"},
		"a recipe beside a label":    {catalogue, []string{"ours/os"}, both, ""},
		"but it proves no more":      {"allowedBases: {catalogue: c, confidence: recorded}", []string{"ours/os"}, both, "is only recognised; at least recorded"},
		"proved":                     {"allowedBases: {catalogue: c, confidence: proved}", []string{"ours/os"}, by(ancestry.KindDigest, ancestry.Proved), ""},
		"in the catalogue and named": {"allowedBases: {catalogue: c, names: ['ours/*']}", []string{"ours/os", "debian"}, nil, ""},
		"in the catalogue alone":     {"allowedBases: {catalogue: c, names: ['mine/*']}", []string{"ours/os"}, nil, "an image of the catalogue c that is one of mine/*"},

		"young":             {"allowedBases: {names: ['ours/*'], maxAge: 31d}", nil, nil, ""},
		"old":               {"allowedBases: {names: ['ours/*'], maxAge: 29d}", nil, nil, "the base ours/os:1 was built on 2026-08-02, 30 days ago; allowed are 29"},
		"the youngest, old": {"allowedBases: {maxAge: 29d}", nil, nil, "ours/os:1 was built on"},
		"of no date":        {"allowedBases: {names: ['ours/*'], maxAge: 31d}", nil, func(a *report.Ancestor) { a.Created = handmade.Day("1970-01-01") }, "how old the base ours/os:1 is is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			ancestor := func(repository, tag string, created string) report.Ancestor {
				return report.Ancestor{Ancestor: ancestry.Ancestor{Repository: repository, Tags: []string{tag}, Created: handmade.Day(created), Confidence: ancestry.Recorded,
					Evidence: []ancestry.Evidence{{Kind: ancestry.KindDigest, Confidence: ancestry.Recorded}}}}
			}
			r := &report.Report{AsOf: handmade.Day(day), Ancestors: []report.Ancestor{ancestor("app", "1", "2026-08-20"), ancestor("ours/os", "1", "2026-08-02"), ancestor("debian", "12", "2026-07-01")}}
			if tt.change != nil {
				tt.change(&r.Ancestors[1])
			}
			p := parse(t, "failOn: never\n"+tt.policy)
			if tt.read != nil {
				p.SetBases(tt.read)
			}
			vs := p.Violations(r)
			if tt.want == "" {
				assert.Empty(t, vs)
				return
			}
			if assert.Len(t, vs, 1) {
				assert.Equal(t, "allowedBases", vs[0].Check)
				assert.Contains(t, vs[0].Message, tt.want)
				assert.NotEmpty(t, vs[0].Finding.Remedy)
				assert.NotEmpty(t, vs[0].Finding.Subject)
			}
		})
	}
	lone := &report.Report{AsOf: handmade.AsOf, Ancestors: []report.Ancestor{{}}}
	vs := parse(t, "allowedBases: {names: [debian]}").Violations(lone)
	assert.Len(t, vs, 1)
	assert.Contains(t, vs[0].Message, "stands on no known base")
}
