package html

import (
	"time"

	"github.com/stemma-go/stemma/ancestry"
)

// A mood is what a registry said of an ancestor, in a few words, and how bad that is.
type mood struct {
	Class, Say string // Class is "" if it is not bad, or not known
}

// moods are for the table of the chain; the ancestors below it have the same in full. There
// are none where no registry was asked.
func moods(l *ancestry.Live, asOf time.Time) []mood {
	if l == nil {
		return nil
	}
	var all []mood
	switch l.State {
	case ancestry.StateCurrent:
		all = append(all, mood{Say: "its tag still points to it"})
	case ancestry.StateMoved:
		all = append(all, mood{"warning", "its tag has moved"})
	case ancestry.StateGone:
		all = append(all, mood{"warning", "its tag is gone"})
	default:
		all = append(all, mood{Say: "whether its tag moved is not known"})
	}
	switch {
	case l.EndOfLife.IsZero():
	case l.EndOfLife.After(asOf):
		all = append(all, mood{Say: "its life ends on " + date(l.EndOfLife)})
	default:
		all = append(all, mood{"warning", "its life ended on " + date(l.EndOfLife)})
	}
	return all
}

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
