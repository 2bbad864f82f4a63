package ask

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// stale is the answer to who stands on what has moved on.
type stale struct {
	Fleet   fleet       `json:"fleet"`
	Images  int         `json:"images"`  // that stand on an ancestor whose tag points elsewhere now
	Direct  int         `json:"direct"`  // of Images, those whose base is such an ancestor
	Perhaps int         `json:"perhaps"` // of Images, those whose nearest such ancestor may have another name as well
	Bases   []movedBase `json:"bases"`   // those with the most images first
	Owners  []owner     `json:"owners"`
	Moved   []moved     `json:"moved"` // those that have been so the longest first
}

// A movedBase is an ancestor whose tag points elsewhere now.
type movedBase struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	Images     int        `json:"images"`
	Direct     int        `json:"direct"` // of Images, those whose base it is, so that a rebuild of the image is enough
	Since      *time.Time `json:"since"`  // null if it is not known
	Now        string     `json:"now"`    // the digest that the tag has now; "" if the fleet has not seen it
	Source     string     `json:"source"` // who says so: "fleet", or "report"
	Confidence string     `json:"confidence"`
	Tie        bool       `json:"tie"`
}

// A moved image stands on one of them. It is there once for each.
type moved struct {
	Digest string     `json:"digest"`
	Refs   []string   `json:"refs"`
	Owners []string   `json:"owners"`
	Base   int64      `json:"base"`
	Depth  int        `json:"depth"` // how far below the image it is; 1 is its base
	Name   string     `json:"name"`
	Since  *time.Time `json:"since"`
}

// Stale says which images stand on an ancestor whose tag points elsewhere now: how many, on which
// ancestors, since when, whose they are.
func Stale(ctx context.Context, s *store.Store, w io.Writer, o Options) error {
	a := stale{Bases: []movedBase{}, Owners: []owner{}, Moved: []moved{}}
	var err error
	if a.Fleet, err = fleetOf(ctx, s); err != nil {
		return err
	}
	rows, err := s.Stale(ctx)
	if err != nil {
		return err
	}
	a.add(rows)
	return o.say(w, &a)
}

func (a *stale) add(rows []store.Moved) {
	type which struct {
		id   int64
		name string
	}
	bases, seen := map[which]*movedBase{}, map[string]bool{}
	var nearest []store.Moved // one for each image
	for _, m := range rows {
		digest := hash(m.Digest)
		a.Moved = append(a.Moved, moved{digest, store.Split(m.Refs), store.Split(m.Owners), m.Ancestor, m.Depth, m.Name, moment(m.Since)})
		if !seen[digest] {
			seen[digest] = true
			nearest = append(nearest, m)
		}
		b := bases[which{m.Ancestor, m.Name}]
		if b == nil {
			b = &movedBase{ID: m.Ancestor, Name: m.Name, Since: moment(m.Since), Now: hash(m.Now), Source: m.Source, Confidence: m.Confidence.String(), Tie: m.Tie}
			bases[which{m.Ancestor, m.Name}] = b
		}
		if b.Images++; m.Depth == 1 {
			b.Direct++
		}
	}
	for _, m := range nearest {
		if m.Depth == 1 {
			a.Direct++
		}
		if m.Tie {
			a.Perhaps++
		}
	}
	a.Images = len(nearest)
	for _, b := range bases {
		a.Bases = append(a.Bases, *b)
	}
	slices.SortFunc(a.Bases, func(x, y movedBase) int {
		return cmp.Or(cmp.Compare(y.Images, x.Images), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	a.Owners = owners(len(nearest), func(i int) (string, time.Time) { return nearest[i].Owners, nearest[i].Since })
}

func (a *stale) screen(s *screen, all bool) {
	if a.Images == 0 {
		s.linef("Nothing that %s on is known to have moved on.", stand(a.Fleet.Current))
		a.Fleet.note(s)
		s.para("A move is known where the fleet sees the tag of a base, too (fleet add BASE, then fleet watch), or where a catalogue told it when an image was read.")
		return
	}
	s.linef("%s of %s on what has moved on: a tag that points elsewhere now", comma(a.Images), stand(a.Fleet.Current))
	switch a.Direct {
	case a.Images:
		s.line("It is their base: a rebuild of each image is enough")
	case 0:
		s.line("For all of them, a base between has to be rebuilt first")
	default:
		s.linef("For %s it is their base; for the rest, a base between has to be rebuilt first", comma(a.Direct))
	}
	if a.Perhaps > 0 {
		s.linef("%s of them may stand on another just as well: the evidence is a tie", comma(a.Perhaps))
	}
	a.Fleet.note(s)
	a.showBases(s, all)
	showOwners(s, a.Owners, all, "fleet stale -all")
	a.showImages(s, all)
}

// stand says that so many images stand.
func stand(n int) string { return plural(n, "image") + " " + english.PluralWord(n, "stands", "stand") }

func (a *stale) showBases(s *screen, all bool) {
	const most = 8
	s.gap()
	shown := some(len(a.Bases), most, all)
	var rows []row
	for _, b := range a.Bases[:shown] {
		sure := b.Confidence
		if b.Tie {
			sure += ", a tie"
		}
		rows = append(rows, cells(b.Name, comma(b.Images), comma(b.Direct), since(b.Since), orElse(short(b.Now), "not seen"), sure))
	}
	s.table([]column{{title: "Rebuild for these first", cut: true}, {title: "images", right: true}, {title: "direct", right: true}, {title: "moved"}, {title: "tag has now"}, {title: "how sure"}}, rows)
	more(s, len(a.Bases), shown, "fleet stale -all")
}

func (a *stale) showImages(s *screen, all bool) {
	const most = 8
	s.gap()
	list := a.Moved
	if !all { // the nearest ancestor of each
		seen := map[string]bool{}
		list = slices.DeleteFunc(slices.Clone(list), func(m moved) bool {
			again := seen[m.Digest]
			seen[m.Digest] = true
			return again
		})
	}
	shown := some(len(list), most, all)
	var rows []row
	for _, m := range list[:shown] {
		ref, others := refsOf(m.Refs, m.Digest)
		rows = append(rows, cells(ref, others, orElse(strings.Join(m.Owners, ", "), "nobody said"), since(m.Since), m.Name))
	}
	s.table([]column{{title: "Images", cut: true}, {optional: true}, {title: "whose", cut: true}, {title: "since"}, {title: "stands on", cut: true}}, rows)
	more(s, len(list), shown, "fleet stale -all")
}
