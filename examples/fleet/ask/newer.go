package ask

import (
	"time"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// A newer is the image that a tag has now, which an ancestor had before.
type newer struct {
	Name   string     `json:"name"`   // the repository and tag
	Digest string     `json:"digest"` // "" if the fleet has not seen it
	Since  *time.Time `json:"since"`  // null if it is not known
	Source string     `json:"source"` // who says so: "fleet", or "report"
	Tie    bool       `json:"tie"`    // the ancestor may have another name just as well
}

func newerOf(m store.Move) *newer {
	return &newer{Name: m.Name, Digest: hash(m.Now), Since: moment(m.Since), Source: m.Source, Tie: m.Tie}
}

// old returns of ancestors by id what their tag has now, of those tags that count.
func old(moves []store.Move, counts func(store.Move) bool) map[int64]*newer {
	all := map[int64]*newer{}
	for _, m := range moves {
		if counts(m) && all[m.Ancestor] == nil {
			all[m.Ancestor] = newerOf(m)
		}
	}
	return all
}
