package store

import (
	"cmp"
	"slices"
)

// A tally keeps two counts that would take seconds to add up again: how many images have a
// package because of their own part, on which nothing stands, and how many have a finding of
// their own. It compares what the images concerned count for before a change and after it.
type tally struct {
	session
	images    []int64 // whose own findings change
	ancestors []int64 // whose packages, or images, or whether something stands on them, change
	packages  map[int64]count
	subjects  map[int64]count
}

// A count is of images that a reference has now, and of all that were ever read.
type count struct{ images, ever int64 }

// tally begins to count: what is there now counts no more.
func (q session) tally(images, ancestors []int64) (*tally, error) {
	t := &tally{session: q, images: images, ancestors: ancestors, packages: map[int64]count{}, subjects: map[int64]count{}}
	return t, t.add(-1)
}

// add adds what the images count for, or takes it away.
func (t *tally) add(sign int64) error {
	err := chunks(t.ancestors, func(marks string, args []any) error {
		return t.read(t.packages, sign, `SELECT p.package_id, CASE WHEN p.gone THEN -n.images ELSE n.images END, CASE WHEN p.gone THEN -n.ever ELSE n.ever END
			FROM (SELECT ancestor_id, SUM(CASE WHEN current THEN 1 ELSE 0 END) AS images, COUNT(*) AS ever FROM images WHERE ancestor_id IN (`+marks+`) GROUP BY ancestor_id) AS n
			JOIN ancestors a ON a.id = n.ancestor_id JOIN set_packages p ON p.set_id = a.packages_set WHERE NOT a.has_children`, args)
	})
	if err != nil {
		return err
	}
	return chunks(t.images, func(marks string, args []any) error {
		return t.read(t.subjects, sign, `SELECT o.subject_id, SUM(CASE WHEN o.current THEN 1 ELSE 0 END), COUNT(*)
			FROM (SELECT DISTINCT i.id, i.current, f.subject_id FROM images i JOIN set_findings s ON s.set_id = i.own_findings JOIN findings f ON f.id = s.finding_id
				WHERE i.id IN (`+marks+`)) AS o GROUP BY o.subject_id`, args)
	})
}

func (t *tally) read(into map[int64]count, sign int64, query string, args []any) error {
	_, err := all(t.session, query, args, func(scan func(...any) error) (struct{}, error) {
		var id int64
		var n count
		err := scan(&id, &n.images, &n.ever)
		into[id] = count{into[id].images + sign*n.images, into[id].ever + sign*n.ever}
		return struct{}{}, err
	})
	return err
}

// done adds what the images count for now, and writes what has changed. It is the last that a
// transaction does with the database's own tables, and takes rows in order: none waits for one
// that waits for it.
func (t *tally) done() error {
	if err := t.add(1); err != nil {
		return err
	}
	if err := t.write("packages", t.packages); err != nil {
		return err
	}
	return t.write("subjects", t.subjects)
}

func (t *tally) write(table string, changes map[int64]count) error {
	alike := map[count][]int64{}
	var ids []int64
	for id, n := range changes {
		if n != (count{}) {
			alike[n] = append(alike[n], id)
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if t.dialect.forUpdate != "" {
		err := chunks(ids, func(marks string, args []any) error {
			_, err := column[int64](t.session, "SELECT id FROM "+table+" WHERE id IN ("+marks+") ORDER BY id"+t.dialect.forUpdate, args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	var counts []count
	for n := range alike {
		counts = append(counts, n)
	}
	slices.SortFunc(counts, func(a, b count) int { return cmp.Or(cmp.Compare(a.images, b.images), cmp.Compare(a.ever, b.ever)) })
	for _, n := range counts {
		err := chunks(alike[n], func(marks string, args []any) error {
			return t.exec("UPDATE "+table+" SET own_images = own_images + ?, own_ever = own_ever + ? WHERE id IN ("+marks+")", append([]any{n.images, n.ever}, args...)...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
