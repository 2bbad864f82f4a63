package ask

import (
	"context"
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
// there: one file for each of names, which may be views, too, or for every table if there are
// none. It says on w what it wrote. A file is there in full, or as it was before.
func ExportTables(ctx context.Context, s *store.Store, w io.Writer, format, dir string, names []string, o Options) error {
	f, err := export.FormatOf(format)
	if err != nil {
		return err
	}
	sources, err := sources(ctx, s, names)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	a := written{Dir: dir}
	for _, from := range sources {
		path, n, err := export.WriteFile(ctx, dir, f, from.Table, from.rows)
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

// CheckTables refuses names that are neither of a table nor of a view.
func CheckTables(ctx context.Context, s *store.Store, names []string) error {
	_, err := sources(ctx, s, names)
	return err
}

// A source is a table or a view, and where its rows come from.
type source struct {
	export.Table
	rows export.Rows
}

// sources returns the tables and views of names; all tables if there are none.
func sources(ctx context.Context, s *store.Store, names []string) ([]source, error) {
	var all, some []source
	var there []string
	for _, t := range export.Tables() {
		var columns []string
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
		}
		all = append(all, source{t, s.Table(ctx, t.Name, columns, t.Key)})
		there = append(there, t.Name)
	}
	if len(names) == 0 {
		return all, nil
	}
	for _, v := range s.Views() {
		all = append(all, source{tableOf(v), s.Query(ctx, v.Name, 0)})
		there = append(there, v.Name)
	}
	for _, name := range names {
		i := slices.Index(there, name)
		if i < 0 {
			return nil, fmt.Errorf("there is no table and no view %q: one of %s", name, strings.Join(there, ", "))
		}
		some = append(some, all[i])
	}
	return some, nil
}

// tableOf is a view as a table, of which anything may be null.
func tableOf(v store.View) export.Table {
	kinds := map[string]export.Kind{"text": export.Text, "integer": export.Integer, "boolean": export.Boolean, "time": export.Time}
	t := export.Table{Name: v.Name}
	for _, c := range v.Columns {
		t.Columns = append(t.Columns, export.Column{Name: c.Name, Kind: kinds[c.Type], Null: true})
	}
	return t
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
	moves, err := s.Moves(ctx)
	if err != nil {
		return err
	}
	var t tree
	t.add(forest, moves)
	f := picture.Forest{AsOf: asOf, Images: of.Current, All: of.all(), Unread: of.Unreadable}
	for i, n := range forest {
		f.Nodes = append(f.Nodes, picture.Node{ID: n.ID, Parent: n.Parent, Name: called(n.Name, n.Chain), Sure: surely(n), Built: n.Created, Bytes: n.Size, Images: n.Images, Note: t.Nodes[i].note()})
	}
	if format == "html" {
		return picture.WriteHTML(w, f)
	}
	return picture.WriteDOT(w, f)
}
