package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// findings writes what was found in the image, and returns the sets of what its own steps
// brought and of what it inherited. A finding at a step is blamed on the ancestor of the
// chain that has the step, also if the image told a longer ancestor.
func (w *writer) findings(chain []*bound) (own, inherited int64, err error) {
	top := chain[len(chain)-1]
	type key struct {
		ancestor int64
		key      string
	}
	rows := map[key][]any{}
	subjects := map[int64][]any{}
	var keys []any
	for _, f := range w.f.Findings {
		b, err := w.blamed(f, chain)
		if err != nil {
			return 0, 0, err
		}
		k := key{b.id, f.key()}
		if rows[k] != nil {
			continue
		}
		var step any
		if f.Step >= 0 {
			step = f.Step
		}
		rows[k] = []any{b.id, f.subject(), k.key, int(f.Severity), f.Message, f.Remedy, f.By.String(), f.Bytes, step}
		subjects[f.subject()] = []any{f.subject(), storable(f.Rule, maxIndexed), storable(f.Subject, maxIndexed)}
		keys = append(keys, k.key)
	}
	ids := map[key]int64{}
	read := func(scan func(...any) error) (struct{}, error) {
		var k key
		var id int64
		err := scan(&id, &k.ancestor, &k.key)
		ids[k] = id
		return struct{}{}, err
	}
	err = chunks(keys, func(marks string, args []any) error {
		_, err := all(w.session, "SELECT id, ancestor_id, key FROM findings WHERE key IN ("+marks+")", args, read)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	var list [][]any
	for k, row := range rows {
		if ids[k] == 0 {
			list = append(list, subjects[row[1].(int64)])
		}
	}
	slices.SortFunc(list, func(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) })
	if err := w.insert("subjects (id, rule, subject)", "ON CONFLICT DO NOTHING", list); err != nil {
		return 0, 0, err
	}
	for k, row := range rows {
		if ids[k] != 0 {
			continue
		}
		id, err := w.insertID("findings (ancestor_id, subject_id, key, severity, message, remedy, mender, bytes, step)", row...)
		if err != nil {
			return 0, 0, err
		}
		ids[k] = id
	}
	var of [2][]int64
	for k := range rows {
		which := 0
		if k.ancestor != top.id {
			which = 1
		}
		of[which] = append(of[which], ids[k])
	}
	if own, err = w.putFindings(of[0]); err != nil {
		return 0, 0, err
	}
	inherited, err = w.putFindings(of[1])
	return own, inherited, err
}

// blamed returns the ancestor to blame for a finding; the image's own part if none is.
func (w *writer) blamed(f Finding, chain []*bound) (*bound, error) {
	top := chain[len(chain)-1]
	if f.Ancestor < 0 {
		return top, nil
	}
	if f.Ancestor >= len(w.f.Chain) || f.Step >= len(w.f.Steps) {
		return nil, fmt.Errorf("a finding of %s blames step %d of ancestor %d, which are not there", f.Rule, f.Step, f.Ancestor)
	}
	for _, b := range chain {
		if f.Step >= 0 && f.Step < b.steps || f.Step < 0 && w.f.Chain[f.Ancestor].Steps.To <= b.steps {
			return b, nil
		}
	}
	return top, nil
}

// putFindings returns the set of some findings.
func (q session) putFindings(ids []int64) (int64, error) {
	slices.Sort(ids)
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&b, id)
	}
	h := hash("findings", b.String())
	have, err := q.setsOf([]string{h})
	if err != nil || have[h] != 0 {
		return have[h], err
	}
	return q.putSet(h, "set_findings (set_id, finding_id)", len(ids), func(set int64, i int) []any { return []any{set, ids[i]} })
}
