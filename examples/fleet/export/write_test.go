package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 13, 14, 15, 678_901_000, time.UTC)

func kinds() Table {
	return Table{Name: "kinds", Key: key("id"), Columns: []Column{
		{"id", Integer, false}, {"text", Text, false}, {"maybe", Text, true}, {"size", Integer, true},
		{"share", Real, true}, {"inner", Boolean, false}, {"told", Boolean, true}, {"seen", Time, false}, {"built", Time, true},
	}}
}

// evil is text that an image may have.
var evil = []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", " \u00a0=1", "＝1", "'quoted", "a,b", `say "no"`, "two\nlines", "\x1b[31mred", "right\u202eleft",
	"\xff\xfe no UTF-8", "<script>alert(1)</script>", strings.Repeat("long ", 800), "", "nul \x00 byte", "\u2028"}

// sample has every kind in a form of each driver, and rows with all that may be null so.
func sample() Rows {
	return func(yield func([]any, error) bool) {
		for i, s := range evil {
			if !yield([]any{int64(i), s, []byte(s), int64(-i), 0.5, int64(i % 2), true, at.Unix(), at.In(time.FixedZone("", 3600))}, nil) ||
				!yield([]any{int64(-i), "", nil, nil, nil, i%2 == 0, nil, at, nil}, nil) {
				return
			}
		}
	}
}

func written(t testing.TB, format string, table Table, rows Rows) []byte {
	f, err := FormatOf(format)
	require.NoError(t, err)
	var b bytes.Buffer
	n, err := Write(&b, f, table, rows)
	require.NoError(t, err)
	assert.NotZero(t, n)
	return b.Bytes()
}

// A kindsRow is a row of kinds, for the reader.
type kindsRow struct {
	ID    int64      `parquet:"id"`
	Text  string     `parquet:"text"`
	Maybe *string    `parquet:"maybe"`
	Size  *int64     `parquet:"size"`
	Share *float64   `parquet:"share"`
	Inner bool       `parquet:"inner"`
	Told  *bool      `parquet:"told"`
	Seen  time.Time  `parquet:"seen,timestamp(microsecond)"`
	Built *time.Time `parquet:"built,timestamp(microsecond)"`
}

func TestParquetIsReadBack(t *testing.T) {
	b := written(t, "parquet", kinds(), sample())
	rows, err := parquet.Read[kindsRow](bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.Len(t, rows, 2*len(evil))
	for i, s := range evil {
		full, bare := rows[2*i], rows[2*i+1]
		s = strings.ToValidUTF8(s, "\ufffd")
		assert.Equal(t, kindsRow{ID: int64(i), Text: s, Maybe: &s, Size: new(int64(-i)), Share: new(0.5), Inner: i%2 == 1, Told: new(true), Seen: at.Truncate(time.Second), Built: new(at)}, utc(full))
		assert.Equal(t, kindsRow{ID: int64(-i), Inner: i%2 == 0, Seen: at}, utc(bare))
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	var names []string
	for _, c := range f.Schema().Columns() {
		names = append(names, c[0])
	}
	assert.Equal(t, []string{"id", "text", "maybe", "size", "share", "inner", "told", "seen", "built"}, names)
	table, _ := f.Lookup("stemma.table")
	assert.Equal(t, "kinds", table)
}

func utc(r kindsRow) kindsRow {
	r.Seen = r.Seen.UTC()
	if r.Built != nil {
		r.Built = new(r.Built.UTC())
	}
	return r
}

// Large tables become several row groups, and no value is lost between them.
func TestParquetRowGroups(t *testing.T) {
	const n = 2*groupRows + 1
	table := Table{"numbers", key("id"), []Column{{"id", Integer, false}}}
	b := written(t, "parquet", table, func(yield func([]any, error) bool) {
		for i := range int64(n) {
			if !yield([]any{i}, nil) {
				return
			}
		}
	})
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	assert.Len(t, f.RowGroups(), 3)
	rows, err := parquet.Read[struct {
		ID int64 `parquet:"id"`
	}](bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.Len(t, rows, n)
	for i, r := range rows {
		require.Equal(t, int64(i), r.ID)
	}
}

// No field of a CSV file is a formula, no number is changed, and one apostrophe taken off gives
// the text back.
func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(written(t, "csv", kinds(), sample()))).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"id", "text", "maybe", "size", "share", "inner", "told", "seen", "built"}, rows[0])
	for i := range evil {
		assertSafe(t, rows[1+2*i][1])
		assert.Equal(t, rows[1+2*i][1], rows[1+2*i][2])
	}
	assert.Equal(t, []string{"1", "'+1", "'+1", "-1", "0.5", "true", "true", "2026-11-22T13:14:15Z", "2026-11-22T13:14:15Z"}, rows[3])
	assert.Equal(t, []string{"-1", "", "", "", "", "false", "", "2026-11-22T13:14:15Z", ""}, rows[4])
}

func assertSafe(t *testing.T, field string) {
	t.Helper()
	start := strings.TrimLeft(field, " \t\r\n\u00a0")
	for _, bad := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		assert.False(t, strings.HasPrefix(start, bad), "%q", field)
	}
	assert.NotContains(t, field, "\x1b")
	assert.NotContains(t, field, "\u202e")
	assert.NotContains(t, field, "\n")
}

func FuzzGuard(f *testing.F) {
	for _, s := range evil {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g := guard(s)
		assert.Equal(t, s, strings.TrimPrefix(g, "'"), "one apostrophe taken off")
		if strings.HasPrefix(g, "'") {
			return
		}
		assert.NotContains(t, []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "'"}, first(strings.TrimLeft(g, " \t\u00a0")))
	})
}

func TestJSONLines(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(string(written(t, "jsonl", kinds(), sample())), "\n"), "\n")
	require.Len(t, lines, 2*len(evil))
	assert.Equal(t, `{"id":-1,"text":"","maybe":null,"size":null,"share":null,"inner":false,"told":null,"seen":"2026-11-22T13:14:15.678901Z","built":null}`, lines[3])
	for i, s := range evil {
		var row struct{ Text string }
		require.NoError(t, json.Unmarshal([]byte(lines[2*i]), &row))
		assert.Equal(t, strings.ToValidUTF8(s, "\ufffd"), row.Text)
		assert.NotContains(t, lines[2*i], "<script>")
	}
}

// What is not of a column's kind is an error that names table, row and column; the file is then
// as it was before.
func TestWrongValues(t *testing.T) {
	dir := t.TempDir()
	table := Table{"one", key("built"), []Column{{"built", Time, false}}}
	file := filepath.Join(dir, "one.csv")
	require.NoError(t, os.WriteFile(file, []byte("as before"), 0o600))
	f, err := FormatOf("csv")
	require.NoError(t, err)
	for want, row := range map[string][]any{
		"one: row 2: built: null, which it never is":     {nil},
		"one: row 2: built: a float64 is no value of it": {1.5},
		"one: row 2: built: a string is no value of it":  {"soon"},
		"one: row 2: 2 values for 1 columns":             {at, at},
	} {
		rows := func(yield func([]any, error) bool) { _ = yield([]any{at}, nil) && yield(row, nil) }
		_, _, err := WriteFile(t.Context(), dir, f, table, rows)
		assert.ErrorContains(t, err, want)
	}
	_, _, err = WriteFile(t.Context(), dir, f, table, func(yield func([]any, error) bool) { yield(nil, errors.New("no database")) })
	assert.EqualError(t, err, "one: row 1: no database")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = WriteFile(ctx, dir, f, table, sample())
	assert.ErrorIs(t, err, context.Canceled)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Equal(t, "[- one.csv]", fmt.Sprint(files))
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "as before", string(b))
	_, err = FormatOf("xls")
	assert.EqualError(t, err, `unknown format "xls": one of parquet, csv, jsonl`)
}
