package html

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// A packageRow is a line of the table of packages.
type packageRow struct {
	Name, Version, Type string
	Size                string
	Ancestor            string
	Class               string
	Life                []string
}

// packageTable lists the packages, those with the most bytes first.
func packageTable(r *report.Report) list[packageRow] {
	all := make([]*packages.Package, len(r.Inventory.Packages))
	for i := range all {
		all[i] = &r.Inventory.Packages[i]
	}
	slices.SortStableFunc(all, func(a, b *packages.Package) int { return cmp.Compare(b.Bytes.Total(), a.Bytes.Total()) })
	return first(all, mostPackages, func(_ int, p *packages.Package) packageRow {
		row := packageRow{Name: brief(p.Name), Version: brief(p.Version), Type: brief(p.Type), Size: words.Bytes(p.Bytes.Total())}
		if len(p.Events) == 0 {
			return row
		}
		a := r.AncestorOf(p.Introduced())
		row.Ancestor, row.Class = nobody, colour(a)
		if a >= 0 {
			row.Ancestor = title(r, a)
		}
		for _, e := range p.Events[1:min(len(p.Events), 10)] {
			row.Life = append(row.Life, became(r, e))
		}
		if p.Bytes.Total() == 0 {
			switch {
			case p.Owner != "":
				row.Size = "in " + brief(p.Owner)
			case p.Bundled != "":
				row.Size = "in " + brief(p.Bundled)
			default:
				row.Size = "no bytes of its own"
			}
		}
		return row
	})
}

// nobody stands for an ancestor that is not known.
const nobody = "nobody in particular"

// became says what became of a package.
func became(r *report.Report, e packages.Event) string {
	by := nobody
	if a := r.AncestorOf(e.Layer); a >= 0 {
		by = title(r, a)
	}
	switch e.Kind {
	case packages.Removed:
		return "removed by " + by
	case packages.Unlisted:
		return "no longer listed since " + by
	case packages.Reinstalled:
		return "reinstalled by " + by
	}
	return fmt.Sprintf("%s by %s, from %s", show(string(e.Kind)), by, brief(e.From))
}
