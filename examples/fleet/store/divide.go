package store

import (
	"database/sql"
	"slices"
)

// divide puts a new ancestor between its parent and the ancestors that turn out to begin with
// it: they keep what is above it. Their packages have been seen to by planPackages.
func (w *writer) divide(b *bound) error {
	var places []int64 // where they cannot be divided any more
	for k := 1; k <= b.steps; k++ {
		places = append(places, number(w.keys[k]))
	}
	err := chunks(b.split, func(marks string, ids []any) error {
		in := " IN (" + marks + ")"
		if err := w.takeLayers(b, in, ids); err != nil {
			return err
		}
		for _, change := range []struct {
			query string
			arg   any
		}{
			{"DELETE FROM layers WHERE position < ? AND ancestor_id" + in, w.layers[b.steps]},
			{"UPDATE ancestors SET parent_id = ? WHERE id" + in, b.id},
			{"UPDATE images SET base_id = ? WHERE ancestor_id" + in, b.id},
		} {
			if err := w.exec(change.query, append([]any{change.arg}, ids...)...); err != nil {
				return err
			}
		}
		return chunks(places, func(marks string, keys []any) error {
			return w.exec("DELETE FROM prefixes WHERE key IN ("+marks+") AND ancestor_id"+in, append(keys, ids...)...)
		})
	})
	if err != nil {
		return err
	}
	if err := w.exec("UPDATE ancestors SET has_children = true WHERE id = ?", b.id); err != nil {
		return err
	}
	if err := w.addUp(append([]int64{b.id}, b.split...)); err != nil {
		return err
	}
	return w.moveFindings(b)
}

// takeLayers completes the layers of a new ancestor by what ancestors that begin with it have
// of them.
func (w *writer) takeLayers(b *bound, in string, ids []any) error {
	type row struct {
		position                int
		digest                  string
		size, content, shadowed sql.NullInt64
	}
	rows, err := all(w.session, "SELECT position, MAX(digest), MAX(size), MAX(content), MIN(shadowed) FROM layers WHERE ancestor_id"+in+
		" AND position < ? GROUP BY position ORDER BY position", append(slices.Clone(ids), w.layers[b.steps]),
		func(scan func(...any) error) (r row, err error) {
			return r, scan(&r.position, &r.digest, &r.size, &r.content, &r.shadowed)
		})
	for _, r := range rows {
		if err == nil {
			err = w.exec(`UPDATE layers SET digest = CASE WHEN size IS NULL THEN ? ELSE digest END, size = COALESCE(size, ?), content = COALESCE(content, ?),
				shadowed = CASE WHEN shadowed IS NULL OR shadowed > ? THEN ? ELSE shadowed END WHERE ancestor_id = ? AND position = ?`,
				r.digest, r.size, r.content, r.shadowed, r.shadowed, b.id, r.position)
		}
	}
	return err
}

// moveFindings blames a new ancestor for what was found in its steps, where that was blamed on
// ancestors that begin with it. For an image that is such an ancestor it is then inherited.
func (w *writer) moveFindings(b *bound) error {
	same := map[string]int64{} // the finding that stays, of those that are the same
	moved := map[int64]int64{}
	err := chunks(b.split, func(marks string, ids []any) error {
		type row struct {
			id  int64
			key string
		}
		rows, err := all(w.session, "SELECT id, key FROM findings WHERE ancestor_id IN ("+marks+") AND step < ? ORDER BY id", append(slices.Clone(ids), b.steps),
			func(scan func(...any) error) (r row, err error) { return r, scan(&r.id, &r.key) })
		for _, r := range rows {
			if same[r.key] == 0 {
				same[r.key] = r.id
			}
			moved[r.id] = same[r.key]
		}
		return err
	})
	if err != nil || len(moved) == 0 {
		return err
	}
	type image struct{ id, own, inherited int64 }
	images := map[image]bool{}
	err = chunks(b.split, func(marks string, ids []any) error {
		_, err := all(w.session, "SELECT id, own_findings, inherited_findings FROM images WHERE own_findings IS NOT NULL AND ancestor_id IN ("+marks+")", ids,
			func(scan func(...any) error) (struct{}, error) {
				var i image
				err := scan(&i.id, &i.own, &i.inherited)
				images[i] = true
				return struct{}{}, err
			})
		return err
	})
	if err != nil {
		return err
	}
	for id, stays := range moved {
		if id == stays {
			err = w.exec("UPDATE findings SET ancestor_id = ? WHERE id = ?", b.id, id)
		} else if err = w.exec("UPDATE set_findings SET finding_id = ? WHERE finding_id = ?", stays, id); err == nil {
			err = w.exec("DELETE FROM findings WHERE id = ?", id)
		}
		if err != nil {
			return err
		}
	}
	for i := range images {
		if err := w.inherit(i.id, i.own, i.inherited, same); err != nil {
			return err
		}
	}
	return nil
}

// inherit moves findings of an image from its own ones to those that it inherited.
func (w *writer) inherit(image, own, inherited int64, moved map[string]int64) error {
	list, err := column[int64](w.session, "SELECT finding_id FROM set_findings WHERE set_id = ?", own)
	if err != nil {
		return err
	}
	isMoved := map[int64]bool{}
	for _, id := range moved {
		isMoved[id] = true
	}
	var stay, leave []int64
	for _, id := range list {
		if isMoved[id] {
			leave = append(leave, id)
		} else {
			stay = append(stay, id)
		}
	}
	if len(leave) == 0 {
		return nil
	}
	others, err := column[int64](w.session, "SELECT finding_id FROM set_findings WHERE set_id = ?", inherited)
	if err != nil {
		return err
	}
	if own, err = w.putFindings(stay); err != nil {
		return err
	}
	if inherited, err = w.putFindings(append(others, leave...)); err != nil {
		return err
	}
	return w.exec("UPDATE images SET own_findings = ?, inherited_findings = ? WHERE id = ?", own, inherited, image)
}
