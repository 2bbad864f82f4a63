package store

import "slices"

// hold takes the locks of trees and then the rows of images, in the order that all writers
// take: first trees, then rows. Which trees have to be locked depends on what is in the rows,
// so it looks again once it has them, and if that has changed meanwhile, lets go of all and
// begins again.
func (q session) hold(trees func() ([]int64, error), rows func() error) error {
	for {
		want, err := trees()
		if err != nil {
			return err
		}
		if err := q.exec("SAVEPOINT hold"); err != nil {
			return err
		}
		for _, tree := range distinct(want) {
			if err := q.lock(tree); err != nil {
				return err
			}
		}
		if err := rows(); err != nil {
			return err
		}
		now, err := trees()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(now, func(tree int64) bool { return !slices.Contains(want, tree) }) {
			return q.exec("RELEASE SAVEPOINT hold")
		}
		if err := q.exec("ROLLBACK TO SAVEPOINT hold"); err != nil {
			return err
		}
	}
}

// treesOf returns the trees of an image by its digest, and of another by its id.
func (q session) treesOf(digest string, id int64) ([]int64, error) {
	return column[int64](q, "SELECT a.tree FROM images i JOIN ancestors a ON a.id = i.ancestor_id WHERE i.digest = ? OR i.id = ?", digest, id)
}
