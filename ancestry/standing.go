package ancestry

import "time"

// A Standing says how an image stands in the history of its tags, as a catalogue
// knows it that follows them. What happened after AsOf it does not know.
//
// Read NotKnown before Superseded, Abandoned and Lagging: where it gives a reason, the
// field is empty because nothing is known, and not because all is well.
type Standing struct {
	// AsOf is the day of the newest fact in the catalogue, Source what it was made
	// from.
	AsOf   time.Time
	Source string
	// Newer is true when the image was built after AsOf: nothing can be said of it.
	Newer bool
	// Superseded says what took its tag; nil if nothing did. Where the day of the
	// build is not known, it is what took it last of all that may have been the first.
	Superseded *Succession
	// Abandoned is the last day on which any of the tags that it was built for
	// pointed to anything; zero if one of them still does.
	Abandoned time.Time
	// Lagging says what took the tag of its parent after it was built; nil if nothing
	// did, or if it has no parent.
	Lagging *Succession
	// NotKnown says which of the three are not known, and why.
	NotKnown Gaps
}

// Gaps say of each part of a [Standing] why it is not known: "its build date is not
// recorded". "" means that it is known.
type Gaps struct {
	Superseded, Abandoned, Lagging string
}

// The states of a [Standing], and of a [Live].
const (
	StateCurrent    = "current"    // its tag still points to it
	StateSuperseded = "superseded" // its tag went on
	StateAbandoned  = "abandoned"  // none of its tags points to anything any more
	StateNewer      = "newer"      // it is newer than the catalogue
	StateNotKnown   = "not known"  // nothing says which of them it is
	StateMoved      = "moved"      // its tag points to another image now
	StateGone       = "gone"       // its tag points to nothing any more, or to nothing for its platform
)

// State returns the standing in one word, one of the constants that begin with State.
// Whether the image lags behind its parent is another question.
func (s Standing) State() string {
	switch {
	case s.Newer:
		return StateNewer
	case !s.Abandoned.IsZero():
		return StateAbandoned
	case s.Superseded != nil:
		return StateSuperseded
	case s.NotKnown.Superseded != "" || s.NotKnown.Abandoned != "":
		return StateNotKnown
	}
	return StateCurrent
}

// Gone reports whether the image's tags, or the one that went on, are no longer built: none
// of them will bring what is newer.
func (s Standing) Gone() bool {
	return !s.Abandoned.IsZero() || s.Superseded != nil && s.Superseded.Now == ""
}

// A Succession is what became of a tag after an image was built that had it, or
// that stands on it.
type Succession struct {
	Name  Name      // the repository and the tag, "python:3.11-bullseye"
	First string    // the most specific tag of what took it first, "3.11.2-bullseye"
	On    time.Time // the day on which that took it
	Now   string    // the most specific tag of what has it as of AsOf; "" if it was dropped
	Until time.Time // the last day on which it pointed to anything, if it was dropped
	Times int       // how often it went on since
}
