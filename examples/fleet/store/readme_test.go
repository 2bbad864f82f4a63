package store

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// README.md has every table and view with every column, in order, and of the views for people
// what the program says of them.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	sections := map[string]string{}
	for section := range strings.SplitSeq(string(page), "\n### ") {
		name, text, _ := strings.Cut(section, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		sections[name] = text
	}
	s := open(t)
	names, err := column[string](s.in(t.Context(), s.db), "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
	require.NoError(t, err)
	for _, name := range names {
		text, ok := sections[name]
		require.True(t, ok, "README.md does not have %s", name)
		var documented []string
		for line := range strings.Lines(text) {
			if cells := strings.Split(line, "|"); len(cells) > 2 && !strings.Contains(line, "---") && !strings.HasPrefix(line, "| column") {
				require.NotEmpty(t, strings.TrimSpace(cells[len(cells)-2]), line)
				documented = append(documented, strings.TrimSpace(cells[1]))
			}
		}
		rows, err := s.db.Query("SELECT * FROM " + name + " LIMIT 0")
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		require.NoError(t, rows.Close())
		require.Equal(t, columns, documented, name)
		delete(sections, name)
	}
	require.Len(t, sections, 1, "README.md has what the database has not")
	for _, v := range s.Views() {
		require.Contains(t, string(page), view(v))
	}
}

// view returns what README.md has of a view for people.
func view(v View) string {
	text := fmt.Sprintf("### %s\n\n%s\n\n| column | type | meaning |\n| --- | --- | --- |\n", v.Name, v.Doc)
	for _, c := range v.Columns {
		text += fmt.Sprintf("| %s | %s | %s |\n", c.Name, c.Type, c.Doc)
	}
	return text
}

// The README's part on views is what this prints: go test -run TestViewsForReadme -v.
func TestViewsForReadme(t *testing.T) {
	for _, v := range views() {
		t.Log("\n" + view(v))
	}
}
