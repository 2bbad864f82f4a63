package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// On the published histories of Docker Official Images, whose steps are careful, the rules
// about steps and names find what is there, and nothing else. All of their scripts can
// be read.
func TestPublishedHistories(t *testing.T) {
	want := map[string][]string{
		"haproxy_latest":        {"latest", "user-by-name"},
		"nginx_latest":          {"latest"},
		"buildpack-deps_trixie": {"moving-base"}, // known Dockerfiles, which name their base by a tag
		"python_3.13-trixie":    {"moving-base"},
	}
	rules := []report.Rule{Latest(), MovingBase(), UncheckedInstall(), UnpinnedInstall(), UserByName()}
	g, err := genealogy.Open()
	require.NoError(t, err)
	for _, i := range realimages.All(t) {
		lin, err := ancestry.Resolve(t.Context(), i, &ancestry.Options{Catalogues: []ancestry.Source{g}})
		require.NoError(t, err)
		r := report.New(nil, lin, nil, &report.Options{Rules: rules, Reference: i.Reference})
		var got []string
		for _, f := range r.Findings {
			got = append(got, f.Rule)
		}
		assert.ElementsMatch(t, want[i.File], got, "%s: %v", i.File, r.Findings)
		for _, s := range r.Steps() { // those of the base, too
			if s.Instruction.Keyword == "RUN" {
				_, ok := commands(s.Instruction.Args)
				assert.True(t, ok, "%s: %s", i.File, s.Instruction.Args)
			}
		}
	}
}
