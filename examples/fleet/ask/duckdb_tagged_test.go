//go:build tagged

package ask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/export"
)

// duck runs statements in DuckDB, by way of its package for Node.js, and prints the rows of the
// last as JSON.
const duck = `
const {DuckDBInstance} = require("@duckdb/node-api");
(async () => {
	const c = await (await DuckDBInstance.create()).connect();
	let r;
	for (const q of JSON.parse(require("fs").readFileSync(0, "utf8"))) r = await c.runAndReadAll(q);
	console.log(JSON.stringify(r.getRowObjectsJson()));
})().catch((e) => { console.error(e.message); process.exit(1); });`

func inDuckDB(t *testing.T, statements ...string) (rows []map[string]any) {
	t.Helper()
	if err := exec.Command("node", "-e", `require("@duckdb/node-api")`).Run(); err != nil {
		t.Skip("DuckDB is not there: npm install --prefix DIR @duckdb/node-api, then NODE_PATH=DIR/node_modules")
	}
	in, err := json.Marshal(statements)
	require.NoError(t, err)
	cmd := exec.Command("node", "-e", duck)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	require.NoError(t, json.Unmarshal(out, &rows))
	return rows
}

// DuckDB reads from the Parquet files what the database has, value by value.
func TestTaggedDuckDBReadsAll(t *testing.T) {
	s := small(t)
	dir := t.TempDir()
	require.NoError(t, ExportTables(t.Context(), s, &bytes.Buffer{}, "parquet", dir, nil, Options{}))
	for _, table := range export.Tables() {
		var columns, picked []string
		for _, c := range table.Columns {
			columns = append(columns, c.Name)
			pick := map[export.Kind]string{export.Time: "CAST(epoch(%s) AS BIGINT)", export.Boolean: "CAST(%s AS INTEGER)"}[c.Kind]
			if pick == "" {
				pick = "%s"
			}
			picked = append(picked, fmt.Sprintf("CAST("+pick+" AS VARCHAR) AS %[1]s", `"`+c.Name+`"`))
		}
		got := inDuckDB(t, "SELECT "+strings.Join(picked, ", ")+" FROM '"+filepath.Join(dir, table.Name+".parquet")+"'")
		n := 0
		for values, err := range s.Table(t.Context(), table.Name, columns, table.Key) {
			require.NoError(t, err)
			for i, v := range values {
				switch x := v.(type) {
				case nil:
				case bool:
					v = map[bool]string{true: "1", false: "0"}[x]
				default:
					v = fmt.Sprint(v)
				}
				assert.Equal(t, v, got[n][columns[i]], "%s, row %d, %s", table.Name, n, columns[i])
			}
			n++
		}
		assert.Len(t, got, n)
	}
}

// It reads files of several row groups, whose dictionaries are full before the group is.
func TestTaggedDuckDBReadsLarge(t *testing.T) {
	const n = 250_000
	f, err := export.FormatOf("parquet")
	require.NoError(t, err)
	table := export.Table{Name: "large", Columns: []export.Column{{Name: "id", Kind: export.Integer}, {Name: "text", Kind: export.Text, Null: true}}}
	path, _, err := export.WriteFile(t.Context(), t.TempDir(), f, table, func(yield func([]any, error) bool) {
		for i := range int64(n) {
			row := []any{i, fmt.Sprintf("sha256:%064d", i)}
			if i%5 == 0 {
				row[1] = nil
			}
			if !yield(row, nil) {
				return
			}
		}
	})
	require.NoError(t, err)
	got := inDuckDB(t, "SELECT CAST(COUNT(*) AS INT) AS rows, CAST(COUNT(text) AS INT) AS told, CAST(COUNT(DISTINCT text) AS INT) AS texts, CAST(SUM(CAST(substr(text, 8) AS BIGINT) <> id) AS INT) AS wrong FROM '"+path+"'")
	assert.Equal(t, []map[string]any{{"rows": float64(n), "told": float64(n * 4 / 5), "texts": float64(n * 4 / 5), "wrong": 0.0}}, got)
}

// The query of LIMITS.md says the same as stands-on.
func TestTaggedDuckDBStandsOn(t *testing.T) {
	s := small(t)
	dir := t.TempDir()
	require.NoError(t, ExportTables(t.Context(), s, &bytes.Buffer{}, "parquet", dir, nil, Options{}))
	got := inDuckDB(t, strings.ReplaceAll(documented(t, "../LIMITS.md", "WITH RECURSIVE"), "fleet-parquet/", dir+"/"))
	var b bytes.Buffer
	require.NoError(t, StandsOn(t.Context(), s, &b, "debian:12", Options{JSON: true}))
	var want standsOn
	require.NoError(t, json.Unmarshal(b.Bytes(), &want))
	total := 0
	for _, r := range got {
		n, err := json.Number(fmt.Sprint(r["images"])).Int64()
		require.NoError(t, err)
		for _, o := range want.Owners {
			if o.Name == r["owner"] {
				assert.EqualValues(t, o.Images, n, o.Name)
			}
		}
		total += int(n)
	}
	assert.Len(t, got, len(want.Owners))
	assert.Equal(t, want.Images, total)
}

// documented returns the block of a page, indented by four, that begins with a word.
func documented(t *testing.T, page, begins string) string {
	b, err := os.ReadFile(page)
	require.NoError(t, err)
	at := strings.Index(string(b), "\n    "+begins)
	require.GreaterOrEqual(t, at, 0, "%s has it", page)
	var lines []string
	for _, l := range strings.Split(string(b)[at+1:], "\n") {
		code, ok := strings.CutPrefix(l, "    ")
		if !ok {
			break
		}
		lines = append(lines, code)
	}
	return strings.Join(lines, "\n")
}
