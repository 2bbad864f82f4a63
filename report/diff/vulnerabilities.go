package diff

import (
	"cmp"
	"slices"

	"github.com/stemma-go/stemma/report"
)

// A Vulnerability is one of one package that one of the images has and the other has not, or
// that is rated otherwise.
type Vulnerability struct {
	Change  Change        `json:"change"` // Added, Removed, or Other for another rating
	ID      string        `json:"id"`
	Rating  report.Rating `json:"rating"`
	Was     report.Rating `json:"was"` // the rating in the old image, where Change is Other
	Package string        `json:"package"`
	Version string        `json:"version"`
	// Fixed are the versions without it, nil if none is known.
	Fixed    []string `json:"fixed,omitempty"`
	Ancestor string   `json:"ancestor"` // who brought it, as Report.NameOf has it; "" if not known
}

// compareVulnerabilities matches vulnerabilities by ID and package. The version does not count:
// an upgrade that keeps one is no change. What is excused is none.
func (c *comparison) compareVulnerabilities() {
	old, new := c.old.Vulnerabilities, c.new.Vulnerabilities
	switch {
	case old == nil && new == nil:
		return
	case old == nil:
		c.notKnown("no scanner's report of the old image was read, so vulnerabilities are not compared")
		return
	case new == nil:
		c.notKnown("no scanner's report of the new image was read, so vulnerabilities are not compared")
		return
	}
	c.diff.VulnerabilitiesKnown = true
	type key struct{ id, kind, name string }
	left := map[key][]int{} // indexes of the old ones that are not matched yet
	for i, v := range old.List {
		if v.Excuse == nil && !(c.diff.Base && v.Ancestor == 0) {
			k := key{v.ID, v.Type, v.Name}
			left[k] = append(left[k], i)
		}
	}
	for _, v := range new.List {
		if v.Excuse != nil {
			continue
		}
		k := key{v.ID, v.Type, v.Name}
		if len(left[k]) == 0 {
			c.addVulnerability(Added, c.new, v, 0)
			continue
		}
		if was := old.List[left[k][0]].Rating; was != v.Rating {
			c.addVulnerability(Other, c.new, v, was)
		}
		left[k] = left[k][1:]
	}
	for i, v := range old.List {
		if slices.Contains(left[key{v.ID, v.Type, v.Name}], i) {
			c.addVulnerability(Removed, c.old, v, 0)
		}
	}
	slices.SortStableFunc(c.diff.Vulnerabilities, func(a, b Vulnerability) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)), cmp.Compare(b.Rating, a.Rating))
	})
}

func (c *comparison) addVulnerability(change Change, r *report.Report, v report.Vulnerability, was report.Rating) {
	name := ""
	if v.Ancestor >= 0 && v.Ancestor < len(r.Ancestors) {
		name = r.NameOf(v.Ancestor)
	}
	c.diff.Vulnerabilities = append(c.diff.Vulnerabilities, Vulnerability{
		Change: change, ID: v.ID, Rating: v.Rating, Was: was, Package: v.Name, Version: v.Version, Fixed: v.Fixed, Ancestor: name,
	})
}
