package report

import (
	"fmt"
	"time"
)

// Patches say how far the fixes of the image's vulnerabilities have come, and, where there
// is an index of the distribution's packages, what is outdated in it without any
// vulnerability being known. Package report/patch makes them.
type Patches struct {
	// Index names the index of packages that was asked: "debian bookworm,
	// bookworm-security". "" if there was none: that a distribution has a fix then rests on
	// the word of the scanners.
	Index string
	// IndexDay is the day of the newest part of the index; zero if it is not known, or
	// there was none.
	IndexDay time.Time

	// Traces has one for each of Vulnerabilities.List, in that order; nil without
	// vulnerabilities.
	Traces []Trace
	// Fixable is how many of the vulnerabilities that are not excused have a fix, Counts
	// how many that are not excused are in each state.
	Fixable int
	Counts  [PatchOwnStep + 1]int
	// Acts are what there is to do for fixes, those that release the most first.
	Acts []Act

	// Outdated has one for each of Ancestors, in that order; nil without an index, or
	// where the packages are not known.
	Outdated []Outdated
	// NoIndex says why Outdated is nil although an index was asked for; "" otherwise.
	NoIndex string
}

// A Trace says how far the fix of one vulnerability has come on its way into the image.
type Trace struct {
	State PatchState
	// Ancestor is the link that holds it, an index in Report.Ancestors: the one that has
	// to be rebuilt, or, if nothing is known of the way further up, the first of which
	// nothing is known. -1 if no link does.
	Ancestor int
	// Step is the image's own step to mend, for PatchOwnStep; layers.None if it is not known.
	Step int
	// Why says what the state rests on, or why it is not known, in a sentence without a
	// full stop.
	Why string
	// Act is the index in Patches.Acts of what releases it, or, if the state is not known,
	// may release it; -1 if nothing that is known does.
	Act int
}

// An Act is something to do, or to wait for, that brings fixes into the image.
type Act struct {
	// Do says what, in one sentence without a full stop. Where a Remedy is the same act, it
	// says so in the same words.
	Do string
	// By says who can do it.
	By Mender
	// Ancestor is the one that has to be rebuilt, an index in Report.Ancestors; -1 for a
	// distribution.
	Ancestor int
	// Rating is the highest of the vulnerabilities that it releases, or may release.
	Rating Rating
	// Releases are the vulnerabilities that go by it, as indexes in Vulnerabilities.List.
	// For an act that is the publisher's they go once the image is rebuilt on what that
	// makes.
	Releases []int
	// Perhaps are those that may go by it: what is known does not decide.
	Perhaps []int
}

// Outdated counts the packages whose present version an ancestor brought, by what a
// distribution's index has of them. Packages of languages are in no such index, and are not
// counted.
type Outdated struct {
	Outdated int // the index has a newer version
	Current  int // the index has that version, or an older one
	Unlisted int // the index does not have the package: it is another archive's, or was dropped
	NotKnown int // the versions cannot be compared, or a part of the archive that may have a newer one was not read
	// Packages are the outdated ones, as indexes in Inventory.Packages, and Newest what the
	// index has of each.
	Packages []int
	Newest   []string
}

// Total is the number of packages that were looked for.
func (o Outdated) Total() int { return o.Outdated + o.Current + o.Unlisted + o.NotKnown }

// A PatchState is how far a fix has come. Each stands for what is to happen next: a fix is
// made; its distribution publishes it; the image that installed the package is rebuilt;
// so is each image that stands on that, one after the other; and at last one's own.
type PatchState int

// The states, in the order in which a fix passes them. The zero value is none of them.
const (
	// PatchNotKnown: which of the others it is cannot be told. Trace.Why says what is
	// missing.
	PatchNotKnown PatchState = iota
	// PatchNone: no version without the vulnerability is known.
	PatchNone
	// PatchUnpublished: such a version is known, and the index of the distribution does not
	// have it yet.
	PatchUnpublished
	// PatchInstaller: the distribution has it; the ancestor that installed the package was
	// not rebuilt since.
	PatchInstaller
	// PatchNextLink: the ancestor that installed the package has it by now; a younger one
	// was not rebuilt on that.
	PatchNextLink
	// PatchPull: all ancestors have it by now. The image itself stands on old ones, and
	// has to be built on those of today.
	PatchPull
	// PatchOwnStep: the distribution, or whoever else publishes the package, has it, and
	// one of the image's own steps installed the package.
	PatchOwnStep
)

// PatchStates returns all states, in order.
func PatchStates() []PatchState {
	return []PatchState{PatchNone, PatchUnpublished, PatchInstaller, PatchNextLink, PatchPull, PatchOwnStep, PatchNotKnown}
}

var patchStateNames = [...]string{"not-known", "no-fix", "unpublished", "installer", "next-link", "pull", "own-step"}

// String returns the state in one word: "no-fix", "unpublished", "installer", "next-link",
// "pull", "own-step", "not-known".
func (s PatchState) String() string {
	if s < 0 || int(s) >= len(patchStateNames) {
		return fmt.Sprintf("patch-state(%d)", int(s))
	}
	return patchStateNames[s]
}

// Says says in words what the fix waits for.
func (s PatchState) Says() string {
	switch s {
	case PatchNone:
		return "no fix is known"
	case PatchUnpublished:
		return "the distribution has not published the fix"
	case PatchInstaller:
		return "the ancestor that installed the package was not rebuilt since"
	case PatchNextLink:
		return "the ancestor that installed the package has the fix, a younger one was not rebuilt on it"
	case PatchPull:
		return "all ancestors have the fix: rebuild on today's base"
	case PatchOwnStep:
		return "the fix is published: mend it in a step of your own"
	}
	return "not known"
}

// MarshalText returns what String does.
func (s PatchState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
