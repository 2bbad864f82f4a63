package report

import (
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

// New joins what was read before, and judges it by opts.Rules. idx and inv may be
// nil: an index that was not read leaves sizes zero, an inventory that was not
// made leaves package counts zero.
func New(idx *layers.Index, lin *ancestry.Lineage, inv *packages.Inventory, opts *Options) *Report {
	if opts == nil {
		opts = &Options{}
	}
	r := &Report{
		Reference: opts.Hints.Reference,
		Digest:    opts.Hints.Digest,
		AsOf:      opts.AsOf.UTC(),
		Index:     idx,
		Lineage:   lin,
		Inventory: inv,
	}
	if opts.AsOf.IsZero() {
		r.AsOf = time.Now().UTC()
	}
	if lin != nil {
		for _, a := range lin.Ancestors {
			r.Ancestors = append(r.Ancestors, Ancestor{Ancestor: a})
		}
	}
	r.addLayers()
	r.addPackages()
	r.addProblems()
	r.Findings = Judge(r, opts.Rules)
	return r
}

// addLayers sums up the layers of every ancestor.
func (r *Report) addLayers() {
	if r.Index == nil {
		return
	}
	for _, l := range r.Index.Layers {
		r.Partial = r.Partial || l.Partial
		i := r.AncestorOf(l.Index)
		if i < 0 {
			continue
		}
		a := &r.Ancestors[i]
		a.Size += l.Size
		a.Uncompressed += l.Uncompressed
		a.Content += l.Content
		a.Shadowed += l.Shadowed
	}
}

// addPackages counts, for every ancestor, the packages that it did something to.
func (r *Report) addPackages() {
	if r.Inventory == nil {
		return
	}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		type deed struct{ ancestor, kind int }
		var done []deed
		for _, e := range p.Events {
			d := deed{r.AncestorOf(e.Layer), kindOf(e.Kind)}
			if d.ancestor < 0 || d.kind == none || slices.Contains(done, d) {
				continue
			}
			done = append(done, d)
			counts := &r.Ancestors[d.ancestor].Packages
			*[...]*int{&counts.Introduced, &counts.Upgraded, &counts.Removed}[d.kind]++
		}
		if a := r.AncestorOf(p.Layer()); a >= 0 && p.State == packages.Present {
			r.Ancestors[a].Packages.Present++
		}
	}
}

// What an event counts as.
const (
	introduced = iota
	upgraded
	removed
	none // a package that was removed and is back again was introduced before
)

func kindOf(k packages.EventKind) int {
	switch k {
	case packages.Introduced:
		return introduced
	case packages.Upgraded, packages.Downgraded, packages.Changed:
		return upgraded
	case packages.Removed:
		return removed
	}
	return none
}

// addProblems gathers everybody's problems, each once: an index and a lineage
// both report what is wrong with the history.
func (r *Report) addProblems() {
	seen := map[string]bool{}
	add := func(problems []layers.Problem) {
		for _, p := range problems {
			if s := p.Error(); !seen[s] {
				seen[s] = true
				r.Problems = append(r.Problems, p)
			}
		}
	}
	if r.Index != nil {
		add(r.Index.Problems)
	}
	if r.Lineage != nil {
		add(r.Lineage.Problems)
	}
	if r.Inventory != nil {
		add(r.Inventory.Problems)
	}
}
