package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A delta says how an ancestor's packages differ from its parent's: sorted by package.
//
// So a base's packages are stored once, and an image that stands on it has a row for each that
// it added, upgraded or removed. Along a chain the rows of one package take turns: there, gone,
// there again.
type delta struct {
	rows []change
	id   int64 // of its set, 0 until it is written
}

// A change is one package that is there and was not, or is gone and was there.
type change struct {
	pkg   int64
	gone  bool
	bytes int64
}

// A setting says which ancestors get another delta because an ancestor below them is new.
type setting struct {
	delta     *delta
	ancestors []int64
}

// planPackages computes how the packages of the image's ancestors differ, and what that means
// for ancestors of other images that stand on these, and writes the sets.
func (w *writer) planPackages(bounds []*bound) ([]setting, error) {
	var settings []setting
	var deltas []*delta
	known := map[int64]Package{}
	var parent map[int64]bool // what is there at the end of the bound before; nil if it has to be read
	var nearest int64         // the bound before whose packages are to be read then; 0 is none
	for _, b := range bounds {
		var err error
		told := b.told != nil && b.told.Packages != nil && w.complete(b.steps)
		if told && !b.known {
			if parent == nil {
				if parent, err = w.present(nearest); err != nil {
					return nil, err
				}
			}
			there := map[int64]bool{}
			bytes := map[int64]int64{}
			for _, p := range b.told.Packages {
				id := p.key()
				there[id], bytes[id], known[id] = true, bytes[id]+p.Bytes, p
			}
			b.delta = difference(parent, there, bytes)
			deltas = append(deltas, b.delta)
			changed, err := w.rebase(b, there)
			if err != nil {
				return nil, err
			}
			for _, c := range changed {
				deltas, settings = append(deltas, c.delta), append(settings, c)
			}
			parent = there
		} else if b.known {
			parent, nearest = nil, b.id
		}
		if parent == nil && !b.isNew {
			nearest = b.id
		}
	}
	return settings, w.putSets(deltas, known)
}

// present returns the packages that are there at the end of an ancestor.
func (q session) present(ancestor int64) (map[int64]bool, error) {
	there := map[int64]bool{}
	if ancestor == 0 {
		return there, nil
	}
	_, err := all(q, `WITH RECURSIVE up (id, depth) AS (
		SELECT CAST(? AS bigint), 0 UNION ALL SELECT a.parent_id, up.depth + 1 FROM up JOIN ancestors a ON a.id = up.id WHERE a.parent_id IS NOT NULL)
		SELECT p.package_id, p.gone FROM up JOIN ancestors a ON a.id = up.id JOIN set_packages p ON p.set_id = a.packages_set ORDER BY up.depth DESC`, []any{ancestor},
		func(scan func(...any) error) (struct{}, error) {
			var id int64
			var gone bool
			err := scan(&id, &gone)
			if there[id] = !gone; gone {
				delete(there, id)
			}
			return struct{}{}, err
		})
	return there, err
}

// difference returns how there differs from parent.
func difference(parent, there map[int64]bool, bytes map[int64]int64) *delta {
	d := &delta{}
	for id := range there {
		if !parent[id] {
			d.rows = append(d.rows, change{id, false, bytes[id]})
		}
	}
	for id := range parent {
		if !there[id] {
			d.rows = append(d.rows, change{id, true, 0})
		}
	}
	slices.SortFunc(d.rows, func(a, b change) int { return cmp.Compare(a.pkg, b.pkg) })
	return d
}

// rebase returns what has to become of the deltas of ancestors that stand on b, or will, so
// that they keep the packages that they have, when b has those that are there.
func (w *writer) rebase(b *bound, there map[int64]bool) ([]setting, error) {
	first := b.split
	if !b.isNew {
		children, err := column[int64](w.session, "SELECT id FROM ancestors WHERE parent_id = ?", b.id)
		if err != nil {
			return nil, err
		}
		first = children
	}
	type group struct{ parent, set int64 }
	groups := map[group][]int64{}
	err := chunks(first, func(marks string, args []any) error {
		// An ancestor whose packages are not known has no delta: those above it differ
		// from what is below it.
		_, err := all(w.session, `WITH RECURSIVE up (id, parent_id, packages_set) AS (
			SELECT id, parent_id, packages_set FROM ancestors WHERE id IN (`+marks+`)
			UNION ALL SELECT a.id, a.parent_id, a.packages_set FROM up JOIN ancestors a ON a.parent_id = up.id WHERE up.packages_set IS NULL)
			SELECT id, COALESCE(parent_id, 0), packages_set FROM up WHERE packages_set IS NOT NULL ORDER BY id`, args,
			func(scan func(...any) error) (struct{}, error) {
				var id int64
				var g group
				err := scan(&id, &g.parent, &g.set)
				groups[g] = append(groups[g], id)
				return struct{}{}, err
			})
		return err
	})
	if err != nil {
		return nil, err
	}
	var list []setting
	for g, ancestors := range groups {
		below, err := w.present(g.parent)
		if err != nil {
			return nil, err
		}
		changes, err := all(w.session, "SELECT package_id, gone, bytes FROM set_packages WHERE set_id = ?", []any{g.set},
			func(scan func(...any) error) (c change, err error) { return c, scan(&c.pkg, &c.gone, &c.bytes) })
		if err != nil {
			return nil, err
		}
		bytes := map[int64]int64{}
		for _, c := range changes {
			bytes[c.pkg] = c.bytes
			if below[c.pkg] = !c.gone; c.gone {
				delete(below, c.pkg)
			}
		}
		list = append(list, setting{difference(there, below, bytes), ancestors})
	}
	slices.SortFunc(list, func(a, b setting) int { return cmp.Compare(a.ancestors[0], b.ancestors[0]) })
	return list, nil
}

// putSets writes sets of packages that are not there yet. All writers write packages and sets
// in the same order: none waits for one that waits for it.
func (w *writer) putSets(deltas []*delta, known map[int64]Package) error {
	byHash := map[string][]*delta{}
	for _, d := range deltas {
		h := d.hash()
		byHash[h] = append(byHash[h], d)
	}
	hashes := sortedKeys(byHash)
	have, err := w.setsOf(hashes)
	if err != nil {
		return err
	}
	var rows [][]any
	written := map[int64]bool{}
	for _, h := range hashes {
		if have[h] != 0 {
			continue
		}
		for _, c := range byHash[h][0].rows {
			if p, ok := known[c.pkg]; ok && !c.gone && !written[c.pkg] {
				written[c.pkg] = true
				rows = append(rows, []any{c.pkg, storable(p.Type, 100), storable(p.Name, maxIndexed), storable(p.Version, maxIndexed), storable(p.Arch, 100), storable(p.PURL, 2000)})
			}
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) })
	if err := w.insert("packages (id, type, name, version, arch, purl)", "ON CONFLICT DO NOTHING", rows); err != nil {
		return err
	}
	for _, h := range hashes {
		id := have[h]
		if id == 0 {
			list := byHash[h][0].rows
			id, err = w.putSet(h, "set_packages (set_id, package_id, gone, bytes)", len(list), func(set int64, i int) []any {
				return []any{set, list[i].pkg, list[i].gone, list[i].bytes}
			})
			if err != nil {
				return err
			}
		}
		for _, d := range byHash[h] {
			d.id = id
		}
	}
	return nil
}

func (d *delta) hash() string {
	var b strings.Builder
	for _, c := range d.rows {
		fmt.Fprintln(&b, c.pkg, c.gone, c.bytes)
	}
	return hash("packages", b.String())
}

// setsOf returns the ids of the sets that there are, by hash.
func (q session) setsOf(hashes []string) (map[string]int64, error) {
	have := map[string]int64{}
	err := chunks(hashes, func(marks string, args []any) error {
		_, err := all(q, "SELECT hash, id FROM sets WHERE hash IN ("+marks+")", args, func(scan func(...any) error) (struct{}, error) {
			var h string
			var id int64
			err := scan(&h, &id)
			have[h] = id
			return struct{}{}, err
		})
		return err
	})
	return have, err
}

// putSet writes a set with n rows, unless somebody else has written it meanwhile.
func (q session) putSet(hash, into string, n int, row func(set int64, i int) []any) (int64, error) {
	ids, err := column[int64](q, "INSERT INTO sets (hash) VALUES (?) ON CONFLICT (hash) DO NOTHING RETURNING id", hash)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		have, err := q.setsOf([]string{hash})
		return have[hash], err
	}
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = row(ids[0], i)
	}
	return ids[0], q.insert(into, "", rows)
}

// usePackages gives ancestors a set of packages.
func (q session) usePackages(set int64, ancestors []int64) error {
	return chunks(ancestors, func(marks string, args []any) error {
		return q.exec("UPDATE ancestors SET packages_set = ? WHERE id IN ("+marks+")", append([]any{set}, args...)...)
	})
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
