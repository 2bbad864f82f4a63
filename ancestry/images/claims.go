package images

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// Claims finds the catalogue's images among the ancestors of an image, and the
// image itself.
func (c *Catalogue) Claims(ctx context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	var claims []ancestry.Claim
	for i := range c.images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if claim, ok := c.images[i].in(q); ok {
			claims = append(claims, claim)
		}
	}
	return claims, nil
}

// in looks for the image at the lower end of another.
func (m *Image) in(q *ancestry.Query) (ancestry.Claim, bool) {
	bytes, by := m.layers(q)
	if bytes == differ {
		return ancestry.Claim{}, false
	}
	past := m.history(q)
	if past == differ || bytes == unknown && (past == unknown || !m.dated()) {
		return ancestry.Claim{}, false
	}
	end := len(m.History)
	if past == unknown {
		end = after(q.Steps, m.depth()-1)
	} else if len(q.Steps) != len(q.Config.History) {
		// Steps were made up for layers that the history does not mention.
		end = afterEntry(q.Steps, len(m.History)-1)
	}
	if end <= 0 {
		return ancestry.Claim{}, false
	}
	e := ancestry.Evidence{Kind: ancestry.KindDigest, Confidence: ancestry.Recorded, Where: by}
	switch {
	case bytes == unknown:
		e.Kind, e.Confidence = ancestry.KindRecipe, ancestry.Recognised
		e.Says = fmt.Sprintf("the history of %s, all %d entries with their times", m.Name, len(m.History))
	default:
		e.Says = fmt.Sprintf("the %d layers of %s", m.depth(), m.Name)
		if m.verified(q) {
			e.Confidence = ancestry.Proved
		}
	}
	return ancestry.Claim{Start: history.None, End: end, Name: m.Name, Evidence: e}, true
}

// An answer is what a comparison can end with.
type answer int

const (
	unknown answer = iota // there is nothing to compare
	agree
	differ
)

// layers compares the image's layers with the lowest of q's, and says by what.
func (m *Image) layers(q *ancestry.Query) (answer, string) {
	if len(m.DiffIDs) > 0 && len(q.Config.RootFS.DiffIDs) > 0 {
		return prefix(m.DiffIDs, q.Config.RootFS.DiffIDs), "diffIDs"
	}
	if len(m.Digests) > 0 && len(q.Hints.LayerDigests) > 0 {
		return prefix(m.Digests, q.Hints.LayerDigests), "layer digests"
	}
	return unknown, "history"
}

func prefix(of, in []v1.Hash) answer {
	if len(of) > len(in) || !slices.Equal(of, in[:len(of)]) {
		return differ
	}
	return agree
}

func (m *Image) depth() int { return max(len(m.DiffIDs), len(m.Digests)) }

// history compares the image's history with the beginning of q's.
func (m *Image) history(q *ancestry.Query) answer {
	h := q.Config.History
	if len(m.History) == 0 || len(h) == 0 {
		return unknown
	}
	if len(m.History) > len(h) {
		return differ
	}
	for i, e := range m.History {
		if !same(e, h[i]) {
			return differ
		}
	}
	return agree
}

func same(a, b v1.History) bool {
	return a.Created.Equal(b.Created.Time) && a.CreatedBy == b.CreatedBy && a.Comment == b.Comment &&
		a.Author == b.Author && a.EmptyLayer == b.EmptyLayer
}

// dated reports whether the history has times by which it can be told from others.
// Reproducible builds set them all to the epoch.
func (m *Image) dated() bool {
	return slices.ContainsFunc(m.History, func(h v1.History) bool { return h.Created.Year() > 1980 })
}

// verified reports whether all layers of the image were read from q's.
func (m *Image) verified(q *ancestry.Query) bool {
	n := m.depth()
	return n <= len(q.Hints.Verified) && !slices.Contains(q.Hints.Verified[:n], false)
}

// after returns the step after the one that made a layer, 0 if there is none.
func after(steps []history.Step, layer int) int {
	for _, s := range steps {
		if s.Layer == layer && layer >= 0 {
			return s.Index + 1
		}
	}
	return 0
}

// afterEntry returns the step after that of a history entry.
func afterEntry(steps []history.Step, entry int) int {
	for _, s := range steps {
		if s.History == entry {
			return s.Index + 1
		}
	}
	return 0
}
