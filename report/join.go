package report

import (
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

// New joins what was read before, and runs opts.Rules over it. idx and inv may be
// nil: without an index, sizes are zero; without an inventory, package counts are. What a rule
// that panics would have found is missing: the report is Partial, and has a problem that says so.
func New(idx *layers.Index, lin *ancestry.Lineage, inv *packages.Inventory, opts *Options) *Report {
	if opts == nil {
		opts = &Options{}
	}
	r := &Report{
		Reference: opts.Reference,
		Digest:    opts.Digest,
		AsOf:      opts.AsOf.UTC(),
		Index:     idx,
		Lineage:   lin,
		Inventory: inv,
		Files:     opts.Files,
		Partial:   opts.Partial,
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
	r.addDonors()
	r.addProblems(opts.Problems)
	found, problems := runRules(r, opts.Rules)
	r.Findings, r.Partial, r.Problems = found, r.Partial || len(problems) > 0, append(r.Problems, problems...)
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
		var done []*int
		for _, e := range p.Events {
			a := r.AncestorOf(e.Layer)
			if a < 0 {
				continue
			}
			count := r.Ancestors[a].Packages.of(e.Kind)
			if count == nil || slices.Contains(done, count) {
				continue
			}
			done = append(done, count)
			*count++
		}
		if a := r.AncestorOf(p.Layer()); a >= 0 && p.State == packages.Present {
			r.Ancestors[a].Packages.Present++
		}
	}
}

// of returns what an event counts as, nil if it does not count.
func (c *PackageCounts) of(k packages.EventKind) *int {
	switch k {
	case packages.Introduced:
		return &c.Introduced
	case packages.Upgraded, packages.Changed:
		return &c.Upgraded
	case packages.Downgraded:
		return &c.Downgraded
	case packages.Removed:
		return &c.Removed
	case packages.Reinstalled:
		return &c.Reinstalled
	case packages.Unlisted:
		return &c.Unlisted
	}
	return nil
}

// addProblems gathers all problems, each once: an index and a lineage both report
// what is wrong with the history.
func (r *Report) addProblems(others []layers.Problem) {
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
	add(others)
}
