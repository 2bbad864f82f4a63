package export_test

import (
	"fmt"
	"os"
	"time"

	"github.com/stemma-go/stemma/examples/fleet/export"
)

// A table as CSV: what is not known is empty, and what looks like a formula is text.
func ExampleWrite() {
	csv, err := export.FormatOf("csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	table := export.Table{Name: "refs", Columns: []export.Column{
		{Name: "repository", Kind: export.Text},
		{Name: "owner", Kind: export.Text, Null: true},
		{Name: "added", Kind: export.Time},
	}}
	added := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rows := func(yield func([]any, error) bool) {
		_ = yield([]any{"registry.example.org/shop/api", nil, added}, nil) &&
			yield([]any{"=HYPERLINK(1)", "shop", added}, nil)
	}
	if _, err := export.Write(os.Stdout, csv, table, rows); err != nil {
		fmt.Println(err)
	}
	// Output:
	// repository,owner,added
	// registry.example.org/shop/api,,2026-11-22T12:00:00Z
	// '=HYPERLINK(1),shop,2026-11-22T12:00:00Z
}
