package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// maxSteps is how many steps of an image are looked at for boundaries that it does not tell
// itself. Histories of images that are meant to run are far shorter.
const maxSteps = 2000

// A writer writes one image.
type writer struct {
	session
	*spine
	img Image
	f   *Facts
	at  int64 // when the image was read
}

// A bound is where an ancestor ends: after so many steps of the image.
type bound struct {
	steps int
	told  *Ancestor // nil if the image does not tell it, and the fleet knows it
	id    int64     // 0 until it is written
	isNew bool
	full  bool // the database has the sizes of its layers
	// known is true if the database has its packages, and delta what it will have of them:
	// nil if that stays as it is.
	known bool
	delta *delta
	// split are the ancestors that turn out to stand on it, and not directly on its parent.
	split []int64
}

// chain writes the image's ancestors and returns them, the root first, with the tally of what
// that changes. Those are the ones that the image tells and those that it begins with although
// it does not tell them. An ancestor of the database that begins with a new one is divided.
func (w *writer) chain(image int64, was was) ([]*bound, *tally, error) {
	bounds, err := w.bounds()
	if err != nil {
		return nil, nil, err
	}
	if err := w.findSplits(bounds); err != nil {
		return nil, nil, err
	}
	changes, err := w.planPackages(bounds)
	if err != nil {
		return nil, nil, err
	}
	images, ancestors, err := w.concerned(image, bounds, changes)
	if err != nil {
		return nil, nil, err
	}
	if was.ancestor != 0 {
		ancestors = distinct(append(ancestors, was.ancestor))
	}
	tally, err := w.session.tally(images, ancestors)
	if err != nil {
		return nil, nil, err
	}
	for i, b := range bounds {
		var parent *bound
		if i > 0 {
			parent = bounds[i-1]
		}
		if err := w.ancestor(b, parent); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range changes {
		if err := w.usePackages(c.delta.id, c.ancestors); err != nil {
			return nil, nil, err
		}
	}
	return bounds, tally, nil
}

// concerned returns the images and the ancestors whose counts are about to change: the image
// itself, what it makes others stand on, and what is divided.
func (w *writer) concerned(image int64, bounds []*bound, changes []setting) (images, ancestors []int64, err error) {
	images = []int64{image}
	for i, b := range bounds {
		above := i+1 < len(bounds) && bounds[i+1].isNew
		if !b.isNew && (above || b.delta != nil || i == len(bounds)-1) {
			ancestors = append(ancestors, b.id)
		}
		ancestors = append(ancestors, b.split...)
		err = chunks(b.split, func(marks string, args []any) error {
			more, err := column[int64](w.session, "SELECT id FROM images WHERE ancestor_id IN ("+marks+")", args...)
			images = append(images, more...)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	for _, c := range changes {
		ancestors = append(ancestors, c.ancestors...)
	}
	return distinct(images), distinct(ancestors), nil
}

func distinct(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// bounds returns where the image's ancestors end, the root's first.
func (w *writer) bounds() ([]*bound, error) {
	n := len(w.f.Steps)
	at := map[int]*bound{n: {steps: n}}
	for i := range w.f.Chain {
		a := &w.f.Chain[i]
		if a.Steps.To < 0 || a.Steps.To > n {
			return nil, fmt.Errorf("ancestor %d ends after step %d of %d", i, a.Steps.To, n)
		}
		// An image that adds nothing is what its parent is.
		if a.Steps.To > 0 || n == 0 {
			at[a.Steps.To] = &bound{steps: a.Steps.To, told: a}
		}
	}
	steps := map[string]int{}
	for k := range w.keys {
		if at[k] != nil || k > 0 && k <= maxSteps {
			steps[w.keys[k]] = k
		}
	}
	var keys []string
	for k := range steps {
		keys = append(keys, k)
	}
	err := chunks(keys, func(marks string, args []any) error {
		_, err := all(w.session, "SELECT id, history, complete, packages_set IS NOT NULL FROM ancestors WHERE history IN ("+marks+")", args,
			func(scan func(...any) error) (struct{}, error) {
				var b bound
				var key string
				err := scan(&b.id, &key, &b.full, &b.known)
				if b.steps = steps[key]; at[b.steps] != nil {
					b.told = at[b.steps].told
				}
				at[b.steps] = &b
				return struct{}{}, err
			})
		return err
	})
	var list []*bound
	for _, b := range at {
		b.isNew = b.id == 0
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *bound) int { return a.steps - b.steps })
	return list, err
}

// findSplits finds the ancestors that begin with a new one. One that begins with several is
// divided by each in turn, the shortest first.
func (w *writer) findSplits(bounds []*bound) (err error) {
	for _, b := range bounds {
		if b.isNew && err == nil {
			b.split, err = column[int64](w.session, "SELECT ancestor_id FROM prefixes WHERE key = ? ORDER BY ancestor_id", number(w.keys[b.steps]))
		}
	}
	return err
}

// ancestor writes one ancestor, or what is new of it.
func (w *writer) ancestor(b, parent *bound) error {
	if b.isNew {
		if err := w.newAncestor(b, parent); err != nil {
			return err
		}
	} else if b.delta != nil {
		if err := w.usePackages(b.delta.id, []int64{b.id}); err != nil {
			return err
		}
	}
	if err := w.layersOf(b, parent); err != nil {
		return err
	}
	if err := w.names(b); err != nil {
		return err
	}
	if len(b.split) > 0 {
		return w.divide(b)
	}
	return nil
}

func (w *writer) newAncestor(b, parent *bound) error {
	var set, created, above any
	below := 0
	if parent != nil {
		above, below = parent.id, w.layers[parent.steps]
		if err := w.exec("UPDATE ancestors SET has_children = true WHERE id = ? AND NOT has_children", parent.id); err != nil {
			return err
		}
	}
	if b.delta != nil {
		set = b.delta.id
	}
	if b.steps > 0 {
		created = seconds(w.f.Steps[b.steps-1].Created)
	}
	distro := ""
	if b.told != nil {
		distro = b.told.Distro
	}
	var err error
	n := w.layers[b.steps]
	b.id, err = w.insertID("ancestors (history, tree, chain_id, parent_id, has_children, complete, platform, distro, created, steps, layers, own_layers, packages_set)",
		w.keys[b.steps], w.tree(), w.chains[n], above, false, false, w.img.Platform, distro, created, b.steps, n, n-below, set)
	return err
}

// layersOf writes the layers of a new ancestor with the places where it could be divided, and
// of another what the database does not have, or has too high.
func (w *writer) layersOf(b, parent *bound) error {
	from, to, first := 0, w.layers[b.steps], 0
	if parent != nil {
		from, first = w.layers[parent.steps], parent.steps
	}
	if !b.isNew {
		return w.improve(b, from, to)
	}
	var rows, places [][]any
	for i := from; i < to; i++ {
		rows = append(rows, append([]any{b.id, i}, w.layer(i)...))
	}
	for k := first + 1; k < b.steps; k++ {
		if k <= maxSteps {
			places = append(places, []any{number(w.keys[k]), b.id})
		}
	}
	if err := w.insert("layers (ancestor_id, position, diff_id, digest, size, content, shadowed, created_by)", "", rows); err != nil {
		return err
	}
	if err := w.insert("prefixes (key, ancestor_id)", "ON CONFLICT DO NOTHING", places); err != nil {
		return err
	}
	return w.addUp([]int64{b.id})
}

// layer returns a layer's row, without the ancestor and the position.
func (w *writer) layer(i int) []any {
	l := w.f.Layers[i]
	by := ""
	for _, s := range w.f.Steps {
		if s.Layer == i {
			by = s.CreatedBy
		}
	}
	text := func(h interface{ String() string }, known bool) string {
		if !known {
			return ""
		}
		return h.String()
	}
	diff, digest := text(l.DiffID, l.DiffID.Hex != ""), text(l.Digest, l.Digest.Hex != "")
	if l.Unread {
		return []any{diff, digest, nil, nil, nil, by}
	}
	return []any{diff, digest, l.Size, l.Content, w.shadowed(i), by}
}

// shadowed is what the image hides of a layer, nil if that is not known because a layer above
// was not read.
func (w *writer) shadowed(i int) any {
	if w.f.Partial || w.read < len(w.f.Layers) {
		return nil
	}
	return w.f.Layers[i].Shadowed
}

// improve writes what the database does not have of an ancestor's layers. What every image hides
// is the least that one hides.
func (w *writer) improve(b *bound, from, to int) error {
	type row struct {
		position int
		read     bool
		shadowed sql.NullInt64
	}
	rows, err := all(w.session, "SELECT position, size IS NOT NULL, shadowed FROM layers WHERE ancestor_id = ?", []any{b.id},
		func(scan func(...any) error) (r row, err error) { return r, scan(&r.position, &r.read, &r.shadowed) })
	if err != nil {
		return err
	}
	changed := false
	for _, r := range rows {
		if r.position < from || r.position >= to {
			return fmt.Errorf("ancestor %d has a layer %d that is not between %d and %d", b.id, r.position, from, to)
		}
		l := w.f.Layers[r.position]
		shadowed := w.shadowed(r.position)
		if l.Unread || r.read && (shadowed == nil || r.shadowed.Valid && r.shadowed.Int64 <= l.Shadowed) {
			continue
		}
		changed = true
		digest := w.layer(r.position)[1]
		err := w.exec(`UPDATE layers SET digest = CASE WHEN size IS NULL THEN ? ELSE digest END, size = COALESCE(size, ?), content = COALESCE(content, ?),
			shadowed = COALESCE(?, shadowed) WHERE ancestor_id = ? AND position = ?`, digest, l.Size, l.Content, shadowed, b.id, r.position)
		if err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return w.addUp([]int64{b.id})
}

// addUp writes the sums over the layers of ancestors. One that is not known makes a sum unknown.
func (q session) addUp(ancestors []int64) error {
	sum := func(column string) string {
		return strings.ReplaceAll(`% = (SELECT CASE WHEN COUNT(*) = COUNT(l.%) THEN COALESCE(SUM(l.%), 0) END FROM layers l WHERE l.ancestor_id = ancestors.id)`, "%", column)
	}
	return chunks(ancestors, func(marks string, args []any) error {
		return q.exec("UPDATE ancestors SET "+sum("size")+", "+sum("content")+", "+sum("shadowed")+`,
			own_layers = (SELECT COUNT(*) FROM layers l WHERE l.ancestor_id = ancestors.id),
			complete = (SELECT COUNT(*) = COUNT(l.size) FROM layers l WHERE l.ancestor_id = ancestors.id)
			WHERE id IN (`+marks+")", args...)
	})
}
