package ancestry

import "time"

// A Standing says how an image stands in the history of its tags, as a catalogue
// knows it that follows them. What happened after AsOf it does not know.
type Standing struct {
	// AsOf is the day of the newest fact in the catalogue, Source what it was made
	// from.
	AsOf   time.Time
	Source string
	// Newer is true when the image was built after AsOf: nothing can be said of it.
	Newer bool
	// Superseded says what took its tag; nil if nothing did.
	Superseded *Succession
	// Abandoned is the last day on which any of the tags that it was built for
	// pointed to anything; zero if one of them still does.
	Abandoned time.Time
	// Lagging says what took the tag of its parent after it was built; nil if nothing
	// did, or the parent's tags are not known.
	Lagging *Succession
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
