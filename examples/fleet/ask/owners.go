package ask

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// An owner is who added references, with how many images are his.
type owner struct {
	Name   string     `json:"name"` // "" for images of which nobody said whose they are
	Images int        `json:"images"`
	Since  *time.Time `json:"since"` // the first of their moments; null if none is known
}

// owners counts images by owner, those with the most first. An image that several own counts
// for each of them.
func owners(n int, of func(i int) (owners string, since time.Time)) []owner {
	at := map[string]int{}
	all := []owner{}
	for i := range n {
		names, since := of(i)
		told := store.Split(names)
		if len(told) == 0 {
			told = []string{""} // not known
		}
		for _, name := range told {
			k, known := at[name]
			if !known {
				k = len(all)
				at[name] = k
				all = append(all, owner{Name: name})
			}
			all[k].Images++
			if m := moment(since); m != nil && (all[k].Since == nil || m.Before(*all[k].Since)) {
				all[k].Since = m
			}
		}
	}
	slices.SortFunc(all, func(a, b owner) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// showOwners writes whose the images are.
func showOwners(s *screen, all []owner, everything bool, how string) {
	const most = 6
	s.gap()
	shown := some(len(all), most, everything)
	var rows []row
	for _, o := range all[:shown] {
		rows = append(rows, cells(orElse(o.Name, "nobody said whose"), comma(o.Images), since(o.Since)))
	}
	s.table([]column{{title: "Whose they are", cut: true}, {title: "images", right: true}, {title: "since"}}, rows)
	more(s, len(all), shown, how)
}
