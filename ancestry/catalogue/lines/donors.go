package lines

import (
	"context"
	"fmt"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// donors are the images that the steps copied from, as the Dockerfile has it. One that is
// named again is the same donor. Of a step that no instruction fits, or one that was edited
// since, nothing is said.
func (m match) donors(path string) []ancestry.Donor {
	var all []ancestry.Donor
	at := map[string]int{}
	for item, step := range m.same {
		for _, c := range m.placed.Copies {
			if step == history.None || c.At != m.items[item].at {
				continue
			}
			name, ok := ancestry.ParseName(c.Image)
			if !ok { // scratch
				continue
			}
			key := name.String() + " " + c.Stage
			i, seen := at[key]
			if !seen {
				i = len(all)
				at[key] = i
				says := "COPY --from=" + c.Image
				if c.Stage != "" {
					says = fmt.Sprintf("COPY --from=%s, a stage that is built on %s", c.Stage, c.Image)
				}
				all = append(all, ancestry.Donor{Name: name, Stage: c.Stage, Confidence: ancestry.Recognised, Evidence: []ancestry.Evidence{{
					Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised, Says: says, Where: fmt.Sprintf("%s: line %d", path, m.placed.Lines[c.At].First),
				}}})
			}
			all[i].Steps = append(all[i].Steps, step)
		}
	}
	return all
}

// A source is what Source returns.
type source struct {
	path string
	text []byte
	opts *Options
}

// Source returns a source for [ancestry.Options] and stemma.Options that says from which
// images a Dockerfile copies files, and how its FROM writes the name of the base, where the base is
// known by that name. It claims nothing of the chain: for that, make a catalogue of the Dockerfile,
// with package own. What is wrong with the Dockerfile, or that it is another image's, becomes a
// Problem.
func Source(path string, text []byte, opts *Options) ancestry.Source {
	return source{path, text, opts}
}

func (s source) Claims(_ context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	d, from, err := find(s.path, s.text, q.Steps, s.opts)
	if err != nil {
		return nil, err
	}
	var claims []ancestry.Claim
	claim := func(e ancestry.Evidence, donors []ancestry.Donor) {
		e.Kind, e.Confidence = ancestry.KindRecipe, ancestry.Recognised
		claims = append(claims, ancestry.Claim{Start: history.None, End: len(q.Steps), Donors: donors, Evidence: e})
	}
	if len(d.Donors) > 0 {
		claim(ancestry.Evidence{Says: "copies from other images", Where: s.path}, d.Donors)
	}
	if from != "" && len(d.From) > 0 {
		claim(ancestry.Evidence{Says: "FROM " + from, Name: from, Where: fmt.Sprintf("%s: line %d", s.path, d.Base().First)}, nil)
	}
	return claims, nil
}
