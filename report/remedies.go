package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
)

// A Remedy is one thing to do, with all findings that it mends.
type Remedy struct {
	// Do says what to do, in one sentence without a full stop. It is the Remedy of its
	// findings.
	Do string
	// By says who can do it.
	By Mender
	// Ancestor is the index in Report.Ancestors of the one that brought what it mends, the
	// youngest of them; -1 if none did.
	Ancestor int
	// Severity is the highest of its findings.
	Severity Severity
	// Bytes are the content bytes that it would save, at least; 0 if none or not known.
	// The findings of one rule count no byte twice, and are added up. Those of two rules may
	// be about the same bytes, so only the rule with the most counts. Two remedies may save
	// the same bytes, too: do not add them up.
	Bytes int64
	// AtLeast is true where it may save more than Bytes.
	AtLeast bool
	// Findings are the indexes in Report.Findings of those that it mends, in that order.
	Findings []int
}

// Remedies returns what there is to do, each thing once: findings with the same remedy and
// the same Mender are mended together. Those with the most effect come first: by severity,
// then by bytes, then by the number of findings; of equals, what the image's own steps can
// mend, and what is younger.
func (r *Report) Remedies() []Remedy {
	type key struct {
		do string
		by Mender
	}
	var (
		all   []Remedy
		at    = map[key]int{}
		bytes []map[string]int64 // for each remedy, by rule
		sums  []int64            // for each remedy, of all rules
	)
	for i, f := range r.Findings {
		k := key{f.Remedy, f.mender()}
		n, ok := at[k]
		if !ok {
			n = len(all)
			at[k] = n
			all = append(all, Remedy{Do: k.do, By: k.by, Ancestor: f.Ancestor, Severity: f.Severity})
			bytes, sums = append(bytes, map[string]int64{}), append(sums, 0)
		}
		m := &all[n]
		m.Ancestor = int(min(uint(m.Ancestor), uint(f.Ancestor))) // -1 is the greatest
		m.Severity = max(m.Severity, f.Severity)
		m.Findings = append(m.Findings, i)
		bytes[n][f.Rule] += max(f.Bytes, 0)
		m.Bytes = max(m.Bytes, bytes[n][f.Rule])
		sums[n] += max(f.Bytes, 0)
		m.AtLeast = sums[n] > m.Bytes
	}
	slices.SortStableFunc(all, func(a, b Remedy) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(b.Bytes, a.Bytes),
			cmp.Compare(len(b.Findings), len(a.Findings)),
			cmp.Compare(a.By, b.By),
			cmp.Compare(uint(a.Ancestor), uint(b.Ancestor)),
		)
	})
	return all
}

// Renewal says how the image gets what is newer below it, in one sentence without a full
// stop: it is rebuilt on what its FROM names today, or, where that is no longer built, on
// another base. For an image without a base it is "".
func (r *Report) Renewal() string {
	if len(r.Ancestors) < 2 {
		return ""
	}
	base := r.Ancestors[1]
	if s := base.Standing; s != nil && s.Gone() {
		return MoveOn(base.Repository)
	}
	name := r.NameOf(1)
	switch live := base.Live; {
	case live != nil && live.State == ancestry.StateGone:
		return MoveOn(base.Repository)
	case base.Confidence == ancestry.Unknown:
		name = "build of your base"
	case base.Standing != nil && base.Standing.Superseded != nil:
		name = base.Standing.Superseded.Name.String()
	case live != nil && live.State == ancestry.StateMoved:
		name = live.Name
	}
	return fmt.Sprintf("rebuild on a current %s (docker build --pull, or a newer digest)", name)
}

// MoveOn says what is to be done where the tags of a base are no longer built, in one sentence
// without a full stop. repository is the base's, "" if it is not known.
func MoveOn(repository string) string {
	return fmt.Sprintf("move to a tag of %s that is still built, or to another image if none is", cmp.Or(repository, "your base"))
}

// A Mender is who can follow a remedy.
type Mender int

// The menders. The zero value leaves it to [RunRules]: who builds the image mends its own
// steps in them, and what it inherited by another base.
const (
	OwnSteps  Mender = iota + 1 // who builds the image, in its own steps
	OtherBase                   // who builds the image, by another base, or by a rebuild without a change
	Publisher                   // only who publishes what the image stands on
)

var menderNames = [...]string{"", "own-steps", "other-base", "publisher"}

// String says who it is to somebody who builds the image: "you, in your Dockerfile". It is
// "" for the zero value.
func (m Mender) String() string {
	switch m {
	case 0:
		return ""
	case OwnSteps:
		return "you, in your Dockerfile"
	case OtherBase:
		return "you, by another base or a rebuild"
	case Publisher:
		return "only the publisher of your base"
	}
	return fmt.Sprintf("mender(%d)", int(m))
}

// MarshalText returns "own-steps", "other-base" or "publisher"; for the zero value, nothing.
func (m Mender) MarshalText() ([]byte, error) {
	if m < 0 || int(m) >= len(menderNames) {
		return nil, fmt.Errorf("unknown %s", m)
	}
	return []byte(menderNames[m]), nil
}

// UnmarshalText accepts what MarshalText returns.
func (m *Mender) UnmarshalText(b []byte) error {
	i := slices.Index(menderNames[:], string(b))
	if i < 0 {
		return fmt.Errorf("unknown mender %q: one of own-steps, other-base, publisher", b)
	}
	*m = Mender(i)
	return nil
}

// mender is By, or what follows from who brought the thing.
func (f Finding) mender() Mender {
	switch {
	case f.By != 0:
		return f.By
	case f.Inherited():
		return OtherBase
	}
	return OwnSteps
}
