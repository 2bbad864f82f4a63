package html

import (
	"cmp"
	"slices"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// A content is something that the layers of one ancestor hold.
type content struct {
	name, note string
	kind       string // a class of the style sheet; "" for a package that is seen
	bytes      int64
}

// contents says what the layers of each ancestor hold, by ancestor, the largest first.
// All of it together is all files of all layers.
func contents(r *report.Report) [][]content {
	all := make([][]content, len(r.Ancestors))
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		by := make(map[int]int64, 1)
		for layer, n := range p.Bytes.ByLayer {
			by[r.AncestorOf(layer)] += n
		}
		for a, n := range by {
			if a >= 0 && n > 0 {
				all[a] = append(all[a], packageContent(p, n))
			}
		}
	}
	unowned, databases := make([]int64, len(all)), make([]int64, len(all))
	for layer, b := range r.Inventory.Layers {
		if a := r.AncestorOf(layer); a >= 0 {
			unowned[a] += b.Unowned
			databases[a] += b.Metadata
		}
	}
	for a := range all {
		if unowned[a] > 0 {
			all[a] = append(all[a], content{"unowned", "files that no package owns", "unowned", unowned[a]})
		}
		if databases[a] > 0 {
			all[a] = append(all[a], content{"package databases", "package databases, and the lists that come with them", "unowned", databases[a]})
		}
		slices.SortFunc(all[a], func(x, y content) int {
			return cmp.Or(cmp.Compare(y.bytes, x.bytes), cmp.Compare(x.name, y.name), cmp.Compare(x.note, y.note))
		})
	}
	return all
}

func packageContent(p *packages.Package, n int64) content {
	c := content{name: brief(p.Name), note: brief(p.Name + " " + p.Version), bytes: n}
	switch {
	case p.Bytes.Visible <= 0:
		c.kind = "dead"
		c.note += "; shipped, and never seen in the image"
	case p.Bytes.Shadowed > 0:
		c.note += "; of all its bytes " + words.Bytes(p.Bytes.Shadowed) + " are overwritten or deleted later"
	}
	return c
}
