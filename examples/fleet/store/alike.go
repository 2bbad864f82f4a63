package store

import (
	"context"
	"slices"
	"strings"
)

// SameLayers counts the images that a reference has now and that begin with all layers of an
// ancestor, but with another history: whether they were built on it is not known. A build that
// squashes or rewrites history leaves such images. It looks at every layer of the fleet.
func (s *Store) SameLayers(ctx context.Context, ancestor int64) (images int, err error) {
	db := s.in(ctx, s.db)
	asked, err := db.paths([]int64{ancestor})
	if err != nil {
		return 0, err
	}
	own := asked[ancestor]
	if own == nil || len(own.diffs) == 0 || slices.Contains(own.diffs, "") {
		return 0, nil
	}
	top := len(own.diffs) - 1
	found, err := column[int64](db, "SELECT ancestor_id FROM layers WHERE position = ? AND diff_id = ?", top, own.diffs[top])
	if err != nil {
		return 0, err
	}
	others, err := db.paths(slices.DeleteFunc(found, func(id int64) bool { return slices.Contains(own.ids, id) }))
	if err != nil {
		return 0, err
	}
	var same []int64
	for id, p := range others {
		if len(p.diffs) > top && slices.Equal(p.diffs[:top+1], own.diffs) {
			same = append(same, id)
		}
	}
	err = chunks(same, func(marks string, args []any) error {
		counts, err := column[int](db, strings.ReplaceAll(`
			WITH RECURSIVE up (id) AS (
				SELECT id FROM ancestors WHERE id IN ({ids})
				UNION ALL
				SELECT a.id FROM up JOIN ancestors a ON a.parent_id = up.id)
			SELECT COUNT(*) FROM up JOIN images i ON i.ancestor_id = up.id WHERE i.current`, "{ids}", marks), args...)
		for _, n := range counts {
			images += n
		}
		return err
	})
	return images, err
}

// A path is an ancestor with all that it stands on: their ids, and the DiffIDs of all layers.
type path struct {
	ids   []int64
	diffs []string
}

// paths returns the paths of ancestors.
func (q session) paths(ids []int64) (map[int64]*path, error) {
	found := map[int64]*path{}
	return found, chunks(ids, func(marks string, args []any) error {
		_, err := all(q, strings.ReplaceAll(`
			WITH RECURSIVE down (top, id) AS (
				SELECT id, id FROM ancestors WHERE id IN ({ids})
				UNION ALL
				SELECT down.top, a.parent_id FROM down JOIN ancestors a ON a.id = down.id WHERE a.parent_id IS NOT NULL)
			SELECT down.top, down.id, COALESCE(l.diff_id, ''), l.ancestor_id IS NOT NULL
			FROM down LEFT JOIN layers l ON l.ancestor_id = down.id ORDER BY down.top, l.position`, "{ids}", marks), args,
			func(scan func(...any) error) (struct{}, error) {
				var top, id int64
				var diff string
				var layer bool
				err := scan(&top, &id, &diff, &layer)
				p := found[top]
				if p == nil {
					p = &path{}
					found[top] = p
				}
				if p.ids = append(p.ids, id); layer {
					p.diffs = append(p.diffs, diff)
				}
				return struct{}{}, err
			})
		return err
	})
}
