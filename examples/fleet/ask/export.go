package ask

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/examples/fleet/export"
	"github.com/stemma-go/stemma/examples/fleet/picture"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// ExportTables writes tables of the database into a directory, which is made if it is not
// there: one file for each of names, or for every table if there are none. It says what it wrote on w, or, for
// JSON, nothing: the files are for programs already. A file is there in full, or as it was before.
func ExportTables(ctx context.Context, s *store.Store, w io.Writer, format, dir string, names []string, o Options) error {
	f, err := export.FormatOf(format)
	if err != nil {
		return err
	}
	tables, err := chosen(names)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	a := written{Dir: dir}
	for _, t := range tables {
		var columns []string
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
		}
		found, err := s.Table(ctx, t.Name, columns, t.Key)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		path, n, err := export.WriteFile(ctx, dir, f, t, each(found, len(columns)))
		found.Close()
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		a.Files = append(a.Files, writtenFile{path, n, info.Size()})
	}
	return o.say(w, &a)
}

// chosen returns the tables of names; all of them if there are none.
func chosen(names []string) ([]export.Table, error) {
	all := export.Tables()
	if len(names) == 0 {
		return all, nil
	}
	var some []export.Table
	for _, name := range names {
		i := slices.IndexFunc(all, func(t export.Table) bool { return t.Name == name })
		if i < 0 {
			var there []string
			for _, t := range all {
				there = append(there, t.Name)
			}
			return nil, fmt.Errorf("there is no table %q: one of %s", name, strings.Join(there, ", "))
		}
		some = append(some, all[i])
	}
	return some, nil
}

// each yields the rows of a query, one after the other.
func each(found *sql.Rows, columns int) export.Rows {
	return func(yield func([]any, error) bool) {
		values, into := make([]any, columns), make([]any, columns)
		for i := range into {
			into[i] = &values[i]
		}
		for found.Next() {
			err := found.Scan(into...)
			if !yield(values, err) || err != nil {
				return
			}
		}
		if err := found.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// written is what was exported.
type written struct {
	Dir   string        `json:"directory"`
	Files []writtenFile `json:"files"`
}

type writtenFile struct {
	Path  string `json:"path"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

func (a *written) screen(s *screen, all bool) {
	var lines []row
	for _, f := range a.Files {
		lines = append(lines, cells(f.Path, comma(int(f.Rows)), bytesOf(f.Bytes)))
	}
	s.table([]column{{title: "File", cut: true}, {title: "rows", right: true}, {title: "size", right: true}}, lines)
}

// ExportPicture draws the forest, as "dot" or "html".
func ExportPicture(ctx context.Context, s *store.Store, w io.Writer, format string, asOf time.Time) error {
	of, err := fleetOf(ctx, s)
	if err != nil {
		return err
	}
	forest, err := s.Forest(ctx, false)
	if err != nil {
		return err
	}
	f := picture.Forest{AsOf: asOf, Images: of.Read, Unread: of.Unreadable}
	for _, n := range forest {
		f.Nodes = append(f.Nodes, picture.Node{ID: n.ID, Parent: n.Parent, Name: n.Name, Sure: surely(n), Built: n.Created, Bytes: n.Size, Images: n.Images, Note: tie(n)})
	}
	if format == "html" {
		return picture.WriteHTML(w, f)
	}
	return picture.WriteDOT(w, f)
}
