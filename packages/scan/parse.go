package scan

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// An asking is one run of a cataloger on the image as of one layer.
type asking struct {
	cataloger *syft.Cataloger
	view      *syft.View
	found     []syft.Found
	err       error
}

// ask notes what a cataloger is to look at. A database is read when it changed, or when
// the name of the distribution, which is in every package URL, did.
func (a *attribution) ask(d *delta, c *syft.Cataloger) {
	all := c.Mode == syft.Whole || c.Database && d.renamed
	v := &syft.View{Index: a.idx, Layer: d.layer, Hits: map[string][]string{}, Kept: sync.OnceValue(func() []string { return a.kept(d.layer) })}
	v.Sparse = func(e layers.Entry) *syft.Sparse { return a.slim[version{e.Layer, e.Path}] }
	v.Missing = func(p string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		d.missing[p] = true
	}
	any := false
	for _, g := range c.Globs {
		v.Hits[g] = d.hits[g]
		if all {
			v.Hits[g] = a.visible(d.layer, a.globbed[g])
		}
		any = any || len(v.Hits[g]) > 0
		for _, p := range v.Hits[g] {
			d.judged[p] = true
			if real, ok := v.Locate(p); ok {
				d.judged[real] = true
			}
		}
	}
	if any || !c.Database {
		d.asked = append(d.asked, &asking{cataloger: c, view: v})
	}
}

// parse runs the catalogers on each layer, the lowest first, and hands on what each is
// to say once it has said it. None needs what another one finds.
func (a *attribution) parse(ctx context.Context, next chan<- *delta) {
	defer close(next)
	var g errgroup.Group
	g.SetLimit(a.parallel)
	ctx = syft.Parallel(ctx, a.parallel)
	for n := range a.idx.Layers {
		d := a.delta(n)
		d.left.Store(int64(len(d.asked)) + 1)
		for _, q := range d.asked {
			g.Go(func() error {
				q.found, q.err = syft.Run(ctx, q.cataloger, q.view)
				d.done()
				return nil
			})
		}
		d.done()
		select {
		case next <- d:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	_ = g.Wait() // all errors are in the askings
}

// done notes that one of the askings has ended, or that there are no more.
func (d *delta) done() {
	if d.left.Add(-1) == 0 {
		close(d.parsed)
	}
}

// hear takes what the catalogers found in a layer.
func (a *attribution) hear(d *delta) {
	for _, q := range d.asked {
		d.found = append(d.found, q.found...)
		if q.cataloger.Mode == syft.Whole {
			d.whole[q.cataloger.Name] = true
		}
		a.failures(d, q)
	}
	for p := range d.missing {
		if !d.failed[p] {
			a.problem(d, p, errNotCollected)
		}
	}
	d.asked = nil
}

// walk goes through the layers, while those above are still parsed.
func (a *attribution) walk(ctx context.Context) error {
	parsing, stop := context.WithCancel(ctx)
	next := make(chan *delta, a.parallel)
	var wg sync.WaitGroup
	wg.Go(func() { a.parse(parsing, next) })
	defer wg.Wait()
	defer stop()
	for d := range next {
		<-d.parsed
		if err := ctx.Err(); err != nil {
			return err
		}
		a.hear(d)
		a.unread(d)
		a.losses(d)
		a.settle(d)
		a.account(d)
	}
	return ctx.Err()
}
