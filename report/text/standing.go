package text

import (
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
)

// standing says how an ancestor stands among the images of its tags, and as of
// which day that is known.
func standing(s ancestry.Standing) string {
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	if s.Newer {
		return "newer than the catalogue of " + day(s.AsOf)
	}
	var facts []string
	switch {
	case !s.Abandoned.IsZero():
		facts = append(facts, "abandoned since "+day(s.Abandoned))
	case s.Superseded != nil:
		facts = append(facts, "superseded since "+day(s.Superseded.On))
	default:
		facts = append(facts, "current")
	}
	if s.Lagging != nil {
		facts = append(facts, "lagging since "+day(s.Lagging.On))
	}
	return strings.Join(facts, ", ") + " as of " + day(s.AsOf)
}
