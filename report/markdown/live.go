package markdown

import (
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// live writes what registries said of the ancestors, a line for each fact. Where none was
// asked, nothing.
func (p *page) live(r *report.Report, share int) {
	if r.Lineage == nil || r.Lineage.Asked == nil {
		return
	}
	var rows []string
	for _, a := range r.Ancestors {
		for i, says := range words.Live(a.Live, r.AsOf) {
			line := text(words.Capital(says))
			if i > 0 {
				line = name(a.Live.Name) + ": " + text(says)
			}
			rows = append(rows, "- "+line+".")
		}
	}
	if len(rows) == 0 {
		rows = []string{"- No ancestor has a name to ask for."}
	}
	p.para("#### What the tags point to now (" + words.Asked(*r.Lineage.Asked) + ")")
	p.list(nil, rows, "fact", share)
}
