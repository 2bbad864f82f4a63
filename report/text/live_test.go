package text_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// What the image was built from is in the tree, as far as it is attested.
func TestSource(t *testing.T) {
	for want, d := range map[string]*ancestry.Dockerfile{
		"https://example.com/shop at 3f2c, the Dockerfile api/Dockerfile": {Repository: "https://example.com/shop", Revision: "3f2c", Path: "api/Dockerfile"},
		"https://example.com/shop":                                        {Repository: "https://example.com/shop"},
		"a repository that is not known at 3f2c":                          {Revision: "3f2c"},
		"the Dockerfile a\\x1b[2J":                                        {Path: "a\x1b[2J"},
		"":                                                                {Steps: []ancestry.Lines{{First: 1, Last: 1}}},
	} {
		r := handmade.Sample(t, nil)
		r.Lineage.Dockerfile = d
		opts := first
		opts.Verbose, opts.Width = true, 200
		out := string(write(t, r, opts))
		if want == "" {
			assert.NotContains(t, out, "built from")
			continue
		}
		assert.Contains(t, out, "\nbuilt from "+want+", as its build attestation says\n")
	}
}

// What registries said is a line for each ancestor, on the first screen and in the tree; of
// what was not asked there is none.
func TestLive(t *testing.T) {
	day := handmade.Day("2026-10-01")
	for want, l := range map[string]ancestry.Live{
		"base:1 still points to it":                                                          {State: ancestry.StateCurrent},
		"base:1 still points to it; end of life not known: x":                                {State: ancestry.StateCurrent, NoEndOfLife: "x"},
		"base:1 still points to it; its publisher ended its life on 2026-10-01":              {State: ancestry.StateCurrent, EndOfLife: day},
		"base:1 still points to it; its publisher ends its life on 2027-01-01":               {State: ancestry.StateCurrent, EndOfLife: handmade.Day("2027-01-01")},
		"base:1 is gone: no such tag":                                                        {State: ancestry.StateGone, Why: "no such tag"},
		"base:1 has no image for linux/s390x any more":                                       {State: ancestry.StateGone, Why: "x", Platform: "linux/s390x"},
		"whether base:1 still points to it is not known: it fails \\x1b[2J":                  {State: ancestry.StateNotKnown, Why: "it fails \x1b[2J", NoEndOfLife: "x"},
		"base:1 moved, when is not known":                                                    {State: ancestry.StateMoved, Now: &ancestry.Tagged{}},
		"base:1 moved, to an image dated 2026-10-01: the layers are the same":                {State: ancestry.StateMoved, Now: &ancestry.Tagged{Created: day}, Difference: &ancestry.Difference{}},
		"base:1 moved on 2026-10-01 or later: 2 layers of 8.2 kB differ, packages not known": {State: ancestry.StateMoved, Since: day, Difference: &ancestry.Difference{Layers: 2, Bytes: 8192}},
		"base:1 moved on 2026-10-01 or later: 1 layer of 8.2 kB differ, and 3 packages":      {State: ancestry.StateMoved, Since: day, Difference: &ancestry.Difference{Layers: 1, Bytes: 8192, Packages: new(3)}},
	} {
		r := handmade.Sample(t, rules.All())
		for _, verbose := range []bool{false, true} {
			opts := first
			opts.Verbose, opts.Width = verbose, 200
			r.Lineage.Asked, r.Ancestors[1].Live = nil, nil
			assert.NotContains(t, string(write(t, r, opts)), "registries")
			l.Name = "base:1"
			r.Lineage.Asked = &ancestry.Asked{At: handmade.AsOf, Requests: 1, Bytes: 4100}
			r.Ancestors[1].Live = &l
			out := string(write(t, r, opts))
			if l.State == ancestry.StateNotKnown && !verbose {
				want := `base:1 not known: it fails \x1b[2J`
				assert.Equal(t, 1, strings.Count(out, "? "+want+"\n"), "%s:\n%s", want, out)
				opts.Width = 40
				out := string(write(t, r, opts))
				assert.Contains(t, out, "\n? base:1 not known: it fails \\x1b[2J\n")
				opts.Width = 30
				out = string(write(t, r, opts))
				assert.Regexp(t, `(?m)^\? base:1 not known: it fai[l.]*$`, out)
				continue
			}
			assert.Equal(t, 1, strings.Count(out, " "+want+"\n"), "%s:\n%s", want, out)
			assert.Contains(t, out, "(1 request, 4.1 kB, asked on 2026-11-22)")
		}
	}
}
