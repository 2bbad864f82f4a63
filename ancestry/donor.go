package ancestry

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
)

// A Donor is an image outside the chain, from which a build copied files: COPY --from.
// What was copied is in the image as files, without the package database that had them.
type Donor struct {
	// Name is the donor's, with the tags and the digest that the evidence states. Tags are
	// empty where only the repository is known: see Version.
	Name Name
	// Stage is the name, or the number, of the stage that stands on the donor, if the files
	// were copied out of a stage: they may be the stage's own work. "" if they are the
	// donor's, as it has them, or if it is not known.
	Stage string
	// Steps are the steps that copied the files, the oldest first. They are nil if it is not
	// known which.
	Steps []int
	// Paths are the files and directories that were copied, as the image has them, sorted:
	// "usr/local/bin/node", "usr/local/lib/node_modules/npm/". A directory ends with a slash.
	// They are nil if they are not known.
	Paths []string
	// Version is that of the software copied, as its files state it: "20.19.5". "" if they
	// do not.
	Version string

	// Indirect is true if the image has, as far as it is known, only what the build made of the
	// donor's files: a command saw them (RUN --mount=from), or a stage that files were copied
	// out of had copied from the donor. Steps and Paths are then nil, and Stage is "".
	Indirect bool

	// Confidence is that of the name.
	Confidence Confidence
	// Evidence is what speaks for the donor, the strongest first. There is at least one.
	Evidence []Evidence
}

// String returns the donor's name as [Name.String] does.
func (d Donor) String() string { return d.Name.String() }

// check says what makes a source's word of a donor nonsense.
func (d *Donor) check(q *Query) error {
	switch {
	case !d.Name.shorten():
		return fmt.Errorf("donor: %q is no image's name", d.Name.Repository)
	case d.Confidence <= Unknown || d.Confidence > Proved:
		return fmt.Errorf("donor: confidence %v", d.Confidence)
	case len(d.Evidence) == 0:
		return errors.New("donor: no evidence")
	}
	for _, s := range d.Steps {
		if s < 0 || s >= len(q.Steps) {
			return fmt.Errorf("donor: step %d of %d", s, len(q.Steps))
		}
	}
	return nil
}

// donors gathers those of the claims that were accepted. What several sources say of the same
// image and the same steps is one donor.
func (c *chain) donors() []Donor {
	var all []Donor
	for _, w := range c.accepted {
		for _, d := range w.Donors {
			i := slices.IndexFunc(all, func(o Donor) bool {
				return o.Indirect == d.Indirect && o.Name.Repository == d.Name.Repository && o.Name.agrees(d.Name) && slices.Equal(o.Steps, d.Steps)
			})
			if i < 0 {
				d.Evidence = slices.Clone(d.Evidence)
				all = append(all, d)
				continue
			}
			all[i].Name.join(d.Name)
			all[i].Evidence = append(all[i].Evidence, d.Evidence...)
		}
	}
	slices.SortStableFunc(all, func(a, b Donor) int {
		return cmp.Or(slices.Compare(a.Steps, b.Steps), strings.Compare(a.String(), b.String()))
	})
	return all
}

// maxDonors is how many a history can name: no image has so many.
const maxDonors = 500

// copyFlags reads COPY --from, where a builder records it. What reads like a name without a
// tag or a registry may as well be a stage: it names nothing.
func copyFlags(q *Query) ([]Claim, error) {
	found := map[string]*Donor{}
	var order []string
	for _, s := range q.Steps {
		for _, flag := range s.Instruction.Flags {
			from, ok := strings.CutPrefix(flag, "--from=")
			if !ok || s.Instruction.Keyword != "COPY" || !strings.ContainsAny(from, ":/@") {
				continue
			}
			name, ok := ParseName(from)
			if !ok || len(order) == maxDonors {
				continue
			}
			d := found[name.String()]
			if d == nil {
				d = &Donor{Name: name, Confidence: Recorded}
				found[name.String()] = d
				order = append(order, name.String())
			}
			d.Steps = append(d.Steps, s.Index)
			if len(d.Evidence) == 0 {
				d.Evidence = []Evidence{{Kind: KindStep, Confidence: Recorded, Says: "copies from " + plainText(from), Where: fmt.Sprintf("step %d", s.Index)}}
			}
		}
	}
	if len(order) == 0 {
		return nil, nil
	}
	c := Claim{Start: history.None, End: len(q.Steps), Evidence: Evidence{Kind: KindStep, Confidence: Recorded, Says: "copies from other images", Where: "the history"}}
	for _, name := range order {
		c.Donors = append(c.Donors, *found[name])
	}
	return []Claim{c}, nil
}
