package provenance

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/layers/history"
)

// A boundary says where the base ends. The steps from low to high have no layers: if
// it is exact, the two are one; otherwise some of them are the base's, and the rest the build's.
type boundary struct {
	low, high int
	exact     bool
	// known is false where the base's layers are not known either: it ends below high.
	known bool
}

func exactly(step int) boundary { return boundary{step, step, true, true} }

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
		return exactly(0), nil
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
		return exactly(first), nil
	}
	return boundary{low, high, low == high, true}, nil
}

// split finds where the base of a graph ends. Without the base's layers in the document,
// those of the build are counted, and the Dockerfile has to agree.
func (g *graph) split(l line, q *ancestry.Query, d *ancestry.Dockerfile) (boundary, int, error) {
	all := len(q.Config.RootFS.DiffIDs)
	if l.base == nothing {
		return exactly(0), 0, nil
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
	return boundary{high: len(q.Steps)}, history.None, nil
}

// likely returns the step at which a base most likely ends that may end at several: after its
// CMD, or before the first step that is not older than the build.
func (b boundary) likely(steps []history.Step, started time.Time) int {
	for i := min(b.high, len(steps)-1); i > b.low; i-- {
		if k := steps[i-1].Instruction.Keyword; k == "CMD" || k == "ENTRYPOINT" {
			return i
		}
	}
	for i := b.low; i < b.high && !started.IsZero(); i++ {
		if !steps[i].Created.Before(started) {
			return i
		}
	}
	if b.high == len(steps) {
		return b.low
	}
	return b.high
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
