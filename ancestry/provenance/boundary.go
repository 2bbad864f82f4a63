package provenance

import (
	"errors"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/layers/history"
)

// A boundary says where the base ends.
type boundary struct {
	// first is the step that the build made first, if exact; otherwise it may have made
	// some of the steps before, which have no layers.
	first int
	exact bool
}

// dockerfile lays the attested Dockerfile beside the image's steps; nil if it does not fit.
func (s *Statement) dockerfile(steps []history.Step) *ancestry.Dockerfile {
	if len(s.Dockerfile) == 0 || len(s.Dockerfile) > maxDockerfile {
		return nil
	}
	d, err := lines.Find(s.Path, s.Dockerfile, steps, &lines.Options{Target: s.target, Args: s.args})
	if err != nil {
		return nil // it need not be one: other frontends read other files
	}
	d.Repository, d.Revision = s.Repository, s.Revision
	return d
}

// ownFirst returns the first step that a Dockerfile's own stage made, false if it was not
// found: every step below came with the base, and has the lines of its FROM.
func ownFirst(d *ancestry.Dockerfile) (int, bool) {
	if d == nil {
		return 0, false
	}
	for i, l := range d.Steps {
		if l != (ancestry.Lines{}) && l != d.Base() {
			return i, i == 0 || d.Steps[i-1] == d.Base()
		}
	}
	return 0, false
}

// split finds where a base of so many layers ends: between its last layer and the next
// one, there may be steps of either without layers.
func split(steps []history.Step, layers int, d *ancestry.Dockerfile) (boundary, error) {
	if layers == 0 {
		return boundary{0, true}, nil
	}
	below := slices.IndexFunc(steps, func(s history.Step) bool { return s.Layer == layers-1 })
	if below < 0 {
		return boundary{}, fmt.Errorf("the base has %d layers, the image fewer", layers)
	}
	low, high := below+1, len(steps)
	if i := slices.IndexFunc(steps, func(s history.Step) bool { return s.Layer >= layers }); i >= 0 {
		high = i
	}
	if high < low {
		return boundary{}, errors.New("the layers are not in the order of the history")
	}
	if first, ok := ownFirst(d); ok && low <= first && first <= high {
		return boundary{first, true}, nil
	}
	return boundary{high, low == high}, nil
}

// split finds where the base of a graph ends. Without the base's layers in the document,
// those of the build are counted, and the Dockerfile has to agree.
func (g *graph) split(l line, q *ancestry.Query, d *ancestry.Dockerfile) (boundary, int, error) {
	all := len(q.Config.RootFS.DiffIDs)
	if l.base == nothing {
		return boundary{0, true}, 0, nil
	}
	if stored := g.layersOf(l.base); len(stored) > 0 {
		b, err := split(q.Steps, len(stored), d)
		return b, len(stored), err
	}
	if n := all - len(l.layers); n > 0 && !l.loose {
		if b, err := split(q.Steps, n, d); err == nil && b.exact && d != nil {
			return b, n, nil
		}
	}
	return boundary{first: max(0, len(q.Steps)-1)}, history.None, nil
}

// stepsOf returns the steps that made the layers of a line, by number, if there is one
// layer for each. base is how many layers the base has.
func stepsOf(l line, base int, q *ancestry.Query) map[int]int {
	if base < 0 || l.loose || base+len(l.layers) != len(q.Config.RootFS.DiffIDs) {
		return nil
	}
	out := map[int]int{}
	for _, s := range q.Steps {
		if s.Layer >= base {
			out[s.Layer-base] = s.Index
		}
	}
	return out
}
