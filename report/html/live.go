package html

import (
	"time"

	"github.com/stemma-go/stemma/ancestry"
)

// tag draws what a registry said of the tag, where no catalogue knows of a newer build, and
// reports whether that tells if there is one.
func (l *lifespan) tag(live *ancestry.Live, built, asOf time.Time) bool {
	switch {
	case live == nil:
		return false
	case live.State == ancestry.StateCurrent:
		l.between(built, asOf, "current")
		return true
	case live.State == ancestry.StateMoved && !live.Since.IsZero():
		l.add(live.Since, "superseded", "its tag moved on "+date(live.Since)+" or later")
		l.between(built, live.Since, "current")
		l.between(live.Since, asOf, "past")
		return true
	case live.State == ancestry.StateMoved:
		l.between(built, asOf, "open")
		return true
	}
	return false
}
