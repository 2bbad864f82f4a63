package words

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/ancestry"
)

// Live says what a registry said of an ancestor: where its tag points to, and then, if
// there is something to say of it, when its publisher ends its life. Each is a sentence without
// a full stop, with text of the image and of the registry as it is. nil has none.
func Live(l *ancestry.Live, asOf time.Time) []string {
	if l == nil {
		return nil
	}
	facts := []string{tag(*l)}
	if ends := end(*l, asOf); ends != "" {
		facts = append(facts, ends)
	}
	return facts
}

// A Brief is what a registry said of an ancestor, in a few words.
type Brief struct {
	Say string
	Bad bool // false if it is good, or not known
}

// InBrief is [Live] for a table or a picture, where the ancestor's name stands beside it.
func InBrief(l *ancestry.Live, asOf time.Time) []Brief {
	if l == nil {
		return nil
	}
	var all []Brief
	switch l.State {
	case ancestry.StateCurrent:
		all = append(all, Brief{Say: "its tag still points to it"})
	case ancestry.StateMoved:
		all = append(all, Brief{"its tag has moved", true})
	case ancestry.StateGone:
		all = append(all, Brief{"its tag " + gone(*l), true})
	default:
		all = append(all, Brief{Say: "whether its tag moved is not known"})
	}
	switch ends := l.EndOfLife.Format(time.DateOnly); {
	case l.EndOfLife.IsZero():
	case l.EndOfLife.After(asOf):
		all = append(all, Brief{Say: "its life ends on " + ends})
	default:
		all = append(all, Brief{"its life ended on " + ends, true})
	}
	return all
}

// Asked says what it took to ask registries: "9 requests, 4.1 kB, asked on 2026-11-22".
func Asked(a ancestry.Asked) string {
	return fmt.Sprintf("%s, %s, asked on %s", english.Plural(a.Requests, "request", ""), Bytes(a.Bytes), a.At.UTC().Format(time.DateOnly))
}

func tag(l ancestry.Live) string {
	switch l.State {
	case ancestry.StateCurrent:
		return l.Name + " still points to it"
	case ancestry.StateMoved:
		return l.Name + moved(l)
	case ancestry.StateGone:
		if l.Platform != "" {
			return l.Name + " " + gone(l)
		}
		return l.Name + " is gone: " + l.Why
	}
	return "whether " + l.Name + " still points to it is not known: " + l.Why
}

// gone says whether a tag is gone, or only what it had for the platform.
func gone(l ancestry.Live) string {
	if l.Platform != "" {
		return "has no image for " + l.Platform + " any more"
	}
	return "is gone"
}

// moved says since when a tag points to something else, and in what that differs.
func moved(l ancestry.Live) string {
	s := " moved, when is not known"
	switch {
	case !l.Since.IsZero():
		s = " moved on " + l.Since.UTC().Format(time.DateOnly) + " or later"
	case l.Now != nil && !l.Now.Created.IsZero():
		s = " moved, to an image dated " + l.Now.Created.UTC().Format(time.DateOnly)
	}
	switch d := l.Difference; {
	case d == nil:
		return s
	case d.Layers == 0:
		return s + ": the layers are the same"
	case d.Packages == nil:
		return s + fmt.Sprintf(": %s of %s differ, packages not known", english.Plural(d.Layers, "layer", ""), Bytes(d.Bytes))
	default:
		return s + fmt.Sprintf(": %s of %s differ, and %s", english.Plural(d.Layers, "layer", ""), Bytes(d.Bytes), english.Plural(*d.Packages, "package", ""))
	}
}

// end says when the publisher ends the life of an ancestor. Where the registry said nothing at
// all, that was told already.
func end(l ancestry.Live, asOf time.Time) string {
	switch {
	case !l.EndOfLife.IsZero() && l.EndOfLife.After(asOf):
		return "its publisher ends its life on " + l.EndOfLife.Format(time.DateOnly)
	case !l.EndOfLife.IsZero():
		return "its publisher ended its life on " + l.EndOfLife.Format(time.DateOnly)
	case l.NoEndOfLife != "" && l.State != ancestry.StateNotKnown:
		return "end of life not known: " + l.NoEndOfLife
	}
	return ""
}

// Bytes writes a number of bytes with its unit: "4.1 kB". A negative one, which only a wrong
// report has, is 0.
func Bytes(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }
