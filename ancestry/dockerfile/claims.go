package dockerfile

import (
	"context"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// likeness is the share of a recipe from which a history resembles it.
const likeness = 0.6

// A match is an image's recipe found in a history from end to end.
type match struct {
	image      int
	start, end int
	dialect    recipe.Dialect
	recipe     recipe.Recipe
	doubt      string // why it is no more than a likeness; "" if it is
	suite      bool   // the doubt is about its FROM, and with it about what lies below
}

// Claims finds the catalogue's images in a history: see the package's
// documentation for what is claimed when.
func (c *Catalogue) Claims(ctx context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	h := recipe.NewHistory(q.Steps, q.Config.Config.Env)
	var matches []match
	like := map[int]recipe.Likeness{}
	for i := range c.images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found := c.find(h, i)
		if len(found) == 0 {
			if l := c.images[i].recipe.Like(h); l.Share >= likeness {
				like[i] = l
			}
		}
		matches = append(matches, found...)
	}
	c.judge(h, matches)
	var claims []ancestry.Claim
	for _, m := range matches {
		claims = append(claims, c.claim(m))
	}
	return append(claims, c.resemble(like)...), nil
}

// find looks for an image's recipe at every step.
func (c *Catalogue) find(h *recipe.History, image int) []match {
	const most = 64 // places: a history that repeats itself has many
	r := c.images[image].recipe
	var out []match
	for start := 0; start < h.Len() && len(out) < most; start++ {
		if end, d, ok := r.At(h, start); ok {
			out = append(out, match{image: image, start: start, end: end, dialect: d, recipe: r})
		}
	}
	return out
}

func (c *Catalogue) claim(m match) ancestry.Claim {
	k := c.images[m.image]
	n := len(m.recipe.Lines(m.dialect))
	claim := ancestry.Claim{
		Start: m.start, End: m.end, Name: k.Name,
		Evidence: ancestry.Evidence{
			Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised,
			Says:  fmt.Sprintf("all %d instructions of %s agree", n, k.Name),
			Where: k.where(),
		},
	}
	if m.doubt != "" {
		claim.Evidence.Kind, claim.Evidence.Confidence = ancestry.KindResembles, ancestry.Inferred
		claim.Evidence.Says = fmt.Sprintf("resembles %s, %d of %d instructions (100 %%), but %s", k.Name, n, n, m.doubt)
		return claim
	}
	if parent, ok := ancestry.ParseName(m.recipe.From); ok {
		claim.Parent = parent
	}
	return claim
}

func (k known) where() string {
	if k.Path != "" {
		return k.Path
	}
	return "Dockerfile of " + k.Name.String()
}

// resemble returns the best likenesses: one for each place, and the first few of
// those that are as good.
func (c *Catalogue) resemble(like map[int]recipe.Likeness) []ancestry.Claim {
	const most = 3
	var order []int
	for i := range like {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int {
		switch x, y := like[a], like[b]; {
		case x.Share > y.Share:
			return -1
		case x.Share < y.Share:
			return 1
		}
		return a - b
	})
	var claims []ancestry.Claim
	for _, i := range order {
		l := like[i]
		if slices.ContainsFunc(claims, func(o ancestry.Claim) bool { return l.Start < o.End && o.Start < l.End }) {
			continue
		}
		if len(claims) == most {
			break
		}
		k := c.images[i]
		percent := min(99, int(100*l.Share)) // not all lines agree, or it were a match
		claims = append(claims, ancestry.Claim{
			Start: history.None, End: l.End, Name: k.Name,
			Evidence: ancestry.Evidence{
				Kind: ancestry.KindResembles, Confidence: ancestry.Inferred,
				Says:  fmt.Sprintf("resembles %s, %d of %d instructions (%d %%)", k.Name, l.Same, l.All, percent),
				Where: k.where(),
			},
		})
	}
	return claims
}
