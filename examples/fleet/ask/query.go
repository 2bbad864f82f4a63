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
	s.line("fleet query VIEW [COLUMN=VALUE ...] prints the rows of a view; = may be <>, <, <=, >, >= or ~")
	s.line("After ~, * is any text, as in name~debian:*; - is what is not known, as in newer_since=-")
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
	View  string         `json:"view"`
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
// conditions are "column=value"; = may be another of <>, <, <=, >, >= and ~, in
// whose value * is any text. The value - is what is not known; a boolean's are yes and no.
func Query(ctx context.Context, s *store.Store, w io.Writer, name string, conditions []string, o Options) error {
	var where []store.Where
	for _, c := range conditions {
		one, err := whereOf(c)
		if err != nil {
			return err
		}
		where = append(where, one)
	}
	a := rowsOf{Where: conditions, Named: []namedRow{}}
	limit := queryRows + 1
	if o.All || o.JSON {
		limit = 0
	}
	for _, v := range s.Views() {
		if v.Name == name {
			a.View, a.table = v.Name, v.Columns
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
		if v.Name != view {
			continue
		}
		for _, c := range v.Columns {
			names = append(names, c.Name)
			switch {
			case c.Name == w.Column && w.Op == "like" && c.Type != "text":
				return fmt.Errorf("%s is no text, which ~ is for", c.Name)
			case c.Name == w.Column:
				return v.Check(w)
			}
		}
	}
	return fmt.Errorf("%s has no column %q: one of %s", view, w.Column, strings.Join(names, ", "))
}

// whereOf parses a condition.
func whereOf(condition string) (store.Where, error) {
	at := strings.IndexAny(condition, "=<>~")
	if at < 0 || strings.TrimSpace(condition[:at]) == "" {
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
	about := a.View
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
	shown, left := a.columns(s)
	s.table(a.shown(shown))
	if len(left) > 0 {
		s.gap()
		s.para("No room for " + strings.Join(left, ", ") + ": -width 250 has some, -format json has all.")
	}
	if a.More {
		s.gap()
		s.para(fmt.Sprintf("There are more than these %d: the same with -all shows all.", queryRows))
	}
}

// columns chooses the columns for which the screen has room, and returns the names of the
// others. Numbers of rows, hashes and digests give way first, then what comes last.
func (a *rowsOf) columns(s *screen) (shown []int, left []string) {
	for i := range a.table {
		shown = append(shown, i)
	}
	for len(shown) > 1 {
		if cols, lines := a.shown(shown); s.fits(cols, lines) {
			break
		}
		out := len(shown) - 1
		for k := len(shown) - 1; k >= 0; k-- {
			if n := a.table[shown[k]].Name; strings.HasSuffix(n, "_id") || n == "digest" || n == "now" || n == "purl" {
				out = k
				break
			}
		}
		left = append(left, a.table[shown[out]].Name)
		shown = slices.Delete(shown, out, out+1)
	}
	return shown, left
}

// shown returns some of the columns as a table.
func (a *rowsOf) shown(which []int) (cols []column, lines []row) {
	for _, i := range which {
		c := a.table[i]
		cols = append(cols, column{title: c.Name, right: c.Type == "integer", cut: c.Type == "text"})
	}
	for _, r := range a.Rows {
		var line []string
		for _, i := range which {
			line = append(line, cell(a.table[i], r[i]))
		}
		lines = append(lines, cells(line...))
	}
	return cols, lines
}

// cell is a value as a screen shows it: numbers with commas, but for those of rows.
func cell(c store.Column, v any) string {
	switch v := v.(type) {
	case nil: // the column's description says what that means
		if c.Type == "time" {
			return "not known"
		}
		return "-"
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
