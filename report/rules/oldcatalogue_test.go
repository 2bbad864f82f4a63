package rules

import (
	"testing"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestOldCatalogue(t *testing.T) {
	judged := func(days ...string) *report.Report {
		r := &report.Report{AsOf: handmade.Day("2026-10-01")}
		for _, d := range days {
			a := report.Ancestor{Ancestor: ancestry.Ancestor{Repository: "debian", Tags: []string{"12"}}}
			if d != "" {
				a.Standing = &ancestry.Standing{AsOf: handmade.Day(d)}
			}
			r.Ancestors = append(r.Ancestors, a)
		}
		return r
	}
	old := func(ancestor int, message string) want {
		return want{ancestor: ancestor, layer: layers.None, step: layers.None, subject: "catalogue", message: message, remedy: "newer catalogue"}
	}
	check(t, OldCatalogue(), judged("", "2026-08-31", ""), old(1, "a newer build of debian:12 is known up to 2026-08-31 alone, 31 days ago"))
	check(t, OldCatalogue(), judged("2026-09-30", "2026-08-30", "2026-08-20"), old(2, "2026-08-20")) // the oldest
	check(t, OldCatalogue(), judged("", "2026-09-01"))                                               // 30 days
	check(t, OldCatalogue(), judged("", ""))
	check(t, OldCatalogue(), judged("2026-11-01"))
	check(t, OldCatalogue(), &report.Report{})
}
