package live

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
)

// noStart is for claims about where an image ends.
const noStart = history.None

// A fit says how an image that a registry has agrees with what is here.
type fit struct {
	same  bool   // this image begins with it
	end   int    // the step after its last; 0 if that is not known
	doubt string // why it cannot be compared; "" if it can
}

// fit compares layers and instructions.
func (q *inquiry) fit(k *known) fit {
	theirs, ours := k.config.RootFS.DiffIDs, q.image.config.RootFS.DiffIDs
	n := len(theirs)
	begins := n > 0 && n <= len(ours) && slices.Equal(theirs, ours[:n])
	// A name that stands for no more than what lies below the ancestor is not its name.
	begins = begins && (n > q.ancestor.Layers.From || n == q.ancestor.Layers.To)
	compared := q.layers()
	if begins {
		compared = n
	}
	for i, ok := range q.image.hints.Verified {
		if i < compared && !ok {
			return fit{doubt: fmt.Sprintf("layer %d is not what the image's configuration says, or could not be read to its end", i)}
		}
	}
	if n == 0 {
		return fit{doubt: "it has no layers to compare"}
	}
	if !begins || !q.reads(k) {
		return fit{}
	}
	end := q.endOf(k)
	if q.onlyProof && (end == 0 || end >= q.ancestor.Steps.To) {
		return fit{} // no base, but the image itself
	}
	return fit{same: true, end: end}
}

// reads reports whether the image's history begins with that of another. Where one of the
// two has none, the layers alone decide.
func (q *inquiry) reads(k *known) bool {
	theirs, ours := k.config.History, q.image.config.History
	if len(theirs) == 0 || len(ours) == 0 {
		return true
	}
	if len(theirs) > len(ours) {
		return false
	}
	for i, h := range theirs {
		if strings.TrimSpace(h.CreatedBy) != strings.TrimSpace(ours[i].CreatedBy) || h.EmptyLayer != ours[i].EmptyLayer {
			return false
		}
	}
	return true
}

// endOf returns the step after the last of another image: by its history, or else by its
// layers. It is 0 if the two do not agree.
func (q *inquiry) endOf(k *known) int {
	end := 0
	for _, s := range q.image.steps {
		if s.Layer == len(k.config.RootFS.DiffIDs)-1 {
			end = s.Index + 1
		}
	}
	entries := len(k.config.History)
	if entries == 0 || end == 0 {
		return end
	}
	for _, s := range q.image.steps {
		if s.History == entries-1 && s.Index+1 >= end {
			for _, later := range q.image.steps[end : s.Index+1] {
				if later.Layer != history.None {
					return 0
				}
			}
			return s.Index + 1
		}
	}
	return 0
}
