package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// views is the list of what can be asked.
type views struct {
	Views []view `json:"views"`
}

type view struct {
	Name    string       `json:"name"`
	Says    string       `json:"says"`
	Columns []viewColumn `json:"columns"`
}

type viewColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Says string `json:"says"`
}

// Views lists the views, with Options.All with their columns.
func Views(s *store.Store, w io.Writer, o Options) error {
	var a views
	for _, v := range s.Views() {
		a.Views = append(a.Views, viewOf(v))
	}
	return o.say(w, &a)
}

func viewOf(v store.View) view {
	x := view{Name: v.Name, Says: v.Doc}
	for _, c := range v.Columns {
		x.Columns = append(x.Columns, viewColumn{c.Name, c.Type, c.Doc})
	}
	return x
}

func (a *views) screen(s *screen, all bool) {
	s.line("fleet query VIEW [COLUMN=VALUE ...] prints the rows of a view; = may be <>, <, <=, >, >= or ~ (like)")
	for _, v := range a.Views {
		if all || v.Name == a.Views[0].Name {
			s.gap()
		}
		if s.para(v.Name + ": " + v.Says); !all {
			continue
		}
		var rows []row
		for _, c := range v.Columns {
			rows = append(rows, cells(c.Name, c.Type, c.Says))
		}
		s.table([]column{{}, {}, {cut: true}}, rows)
	}
	if !all {
		s.gap()
		s.line("fleet query -all lists their columns, too")
	}
}

// rowsOf is what a view says.
type rowsOf struct {
	Fleet fleet          `json:"fleet"`
	View  view           `json:"view"`
	Rows  [][]any        `json:"-"`
	Named []namedRow     `json:"rows"`
	More  bool           `json:"more"` // there are more rows
	Where []string       `json:"where,omitempty"`
	table []store.Column // of the rows
}

// A namedRow is a row with its columns in their order.
type namedRow struct {
	columns []store.Column
	values  []any
}

// MarshalJSON returns the row as an object.
func (r namedRow) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, c := range r.columns {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(r.values[i])
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// queryRows is how many rows a screen has.
const queryRows = 25

// Query prints the rows of a view: the first, or with Options.All, and in JSON, all of them.
// conditions are "column=value"; = may be another of <>, <, <=, >, >= and ~, which is like.
func Query(ctx context.Context, s *store.Store, w io.Writer, name string, conditions []string, o Options) error {
	var where []store.Where
	for _, c := range conditions {
		one, err := whereOf(c)
		if err != nil {
			return err
		}
		where = append(where, one)
	}
	a := rowsOf{Where: conditions}
	limit := queryRows + 1
	if o.All || o.JSON {
		limit = 0
	}
	for _, v := range s.Views() {
		if v.Name == name {
			a.View, a.table = viewOf(v), v.Columns
		}
	}
	for values, err := range s.Query(ctx, name, limit, where...) { // an unknown view or column is told before an empty fleet
		if err != nil {
			return err
		}
		a.Rows = append(a.Rows, slices.Clone(values))
	}
	var err error
	if a.Fleet, err = fleetOf(ctx, s); err != nil {
		return err
	}
	if limit > 0 && len(a.Rows) == limit {
		a.Rows, a.More = a.Rows[:queryRows], true
	}
	for _, r := range a.Rows {
		a.Named = append(a.Named, namedRow{a.table, r})
	}
	return o.say(w, &a)
}

// CheckCondition refuses what is no condition on a column of a view.
func CheckCondition(s *store.Store, view, condition string) error {
	w, err := whereOf(condition)
	if err != nil {
		return err
	}
	var names []string
	for _, v := range s.Views() {
		for _, c := range v.Columns {
			if v.Name == view {
				names = append(names, c.Name)
			}
		}
	}
	if !slices.Contains(names, w.Column) {
		return fmt.Errorf("%s has no column %q: one of %s", view, w.Column, strings.Join(names, ", "))
	}
	return nil
}

// whereOf parses a condition.
func whereOf(condition string) (store.Where, error) {
	at := strings.IndexAny(condition, "=<>~")
	if at <= 0 {
		return store.Where{}, fmt.Errorf("%q is no condition: write COLUMN=VALUE, or <>, <, <=, >, >=, ~ for =", condition)
	}
	w := store.Where{Column: strings.TrimSpace(condition[:at])}
	for _, op := range []string{"<>", "<=", ">=", "=", "<", ">", "~"} {
		if value, ok := strings.CutPrefix(condition[at:], op); ok {
			w.Op, w.Value = strings.Replace(op, "~", "like", 1), strings.TrimSpace(value)
			break
		}
	}
	return w, nil
}

func (a *rowsOf) screen(s *screen, all bool) {
	about := a.View.Name
	if len(a.Where) > 0 {
		about += " with " + strings.Join(a.Where, ", ")
	}
	s.linef("%s", about)
	a.Fleet.note(s)
	s.gap()
	if len(a.Rows) == 0 {
		s.line("It has no rows.")
		return
	}
	var cols []column
	for _, c := range a.table {
		cols = append(cols, column{title: c.Name, right: c.Type == "integer", cut: c.Type == "text"})
	}
	var lines []row
	for _, r := range a.Rows {
		line := make([]string, len(r))
		for i, v := range r {
			line[i] = cell(a.table[i], v)
		}
		lines = append(lines, cells(line...))
	}
	s.table(cols, lines)
	if a.More {
		s.gap()
		s.linef("There are more than these %d: fleet query -all %s has all, -format json for programs.", queryRows, a.View.Name)
	}
}

// cell is a value as a screen shows it: numbers with commas, but for those of rows.
func cell(c store.Column, v any) string {
	switch v := v.(type) {
	case nil:
		return "not known"
	case time.Time:
		return v.Format(time.DateOnly)
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case int64:
		if c.Name == "id" || strings.HasSuffix(c.Name, "_id") {
			return fmt.Sprint(v)
		}
		return comma(int(v))
	}
	return fmt.Sprint(v)
}
