package scan

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/internal/panics"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// An attribution walks the layers, bottom first, and keeps what is true at the layer
// it has come to.
type attribution struct {
	idx      *layers.Index
	learned  *learned // in the pass; read only
	behind   *behindLinks
	problems problems

	lives   []*life            // in the order in which they began
	groups  map[group][]*life  // the same, by what makes them one package
	namesOf map[version][]link // all names of files that were parsed in the pass and have several

	owners  *owners
	bytes   []packages.LayerBytes
	shared  map[version]*life // whose package counts a file that several own
	unowned *tree
}

func newAttribution(idx *layers.Index, l *learned) *attribution {
	return &attribution{
		idx: idx, learned: l, problems: problems{list: slices.Clone(l.problems)},
		groups:  map[group][]*life{},
		namesOf: map[version][]link{},
		owners:  newOwners(),
		bytes:   make([]packages.LayerBytes, len(idx.Layers)),
		shared:  map[version]*life{},
		unowned: newTree(),
	}
}

// ahead is how many layers may be parsed, for each processor, that have not had their
// turn: enough for none to wait, and not more of a long image than fits in memory.
const ahead = 4

// walk goes through the layers, while those above are still parsed.
func (a *attribution) walk(ctx context.Context, p *parser) error {
	parsing, stop := context.WithCancel(ctx)
	next := make(chan *delta, ahead*p.parallel)
	var wg sync.WaitGroup
	var broken error
	wg.Go(func() { broken = panics.Catch(func() error { p.parse(parsing, next); return nil }) })
	defer wg.Wait()
	defer stop()
	for d := range next {
		<-d.parsed
		if err := ctx.Err(); err != nil {
			return err
		}
		a.collectRuns(d)
		a.recordUnread(d)
		a.followEvidence(d)
		a.assignFiles(d, a.compareLayer(d))
		a.countBytes(d)
	}
	wg.Wait()
	return cmp.Or(ctx.Err(), broken)
}

// errNotCollected is the reason of a Problem: a cataloger asked for a file that
// the pass did not keep, so that it may have found less than it could.
var errNotCollected = errors.New("content was asked for and not collected")

// compareLayer makes events of what the layer's files say now and said before. It
// returns the packages that are new, or have another version or place.
func (a *attribution) compareLayer(d *delta) (renewed []*life) {
	for p := range d.changed {
		if found, ok := a.learned.found[version{d.layer, p}]; ok {
			d.found = append(d.found, a.underKnownName(d, p, found)...)
		}
		if a.learned.unreadable[version{d.layer, p}] {
			d.unreadable[p] = true
		}
	}
	groups := map[group]*comparison{}
	of := func(g group) *comparison {
		if groups[g] == nil {
			groups[g] = &comparison{}
		}
		return groups[g]
	}
	found := withoutRepetitions(d.found)
	combined := a.combinedGroups(found)
	read := map[string]bool{}
	for i := range found {
		f := &found[i]
		c := of(combined.groupOf(f))
		c.found = append(c.found, *f)
		if f.Manager {
			d.databases[databaseAt{f.Type, place(f)}] = true
		}
		for _, p := range f.Evidence {
			read[p] = true
		}
	}
	for _, l := range a.affected(d, read) {
		c := of(l.group)
		c.old = append(c.old, l)
	}
	keys := make([]group, 0, len(groups))
	for g := range groups {
		keys = append(keys, g)
	}
	slices.SortFunc(keys, compareGroups)
	for _, g := range keys {
		renewed = append(renewed, a.compareGroup(d, g, groups[g])...)
	}
	return renewed
}

// withoutRepetitions sorts found and drops repetitions: the same version with the same
// evidence.
func withoutRepetitions(found []syft.Found) []syft.Found {
	slices.SortStableFunc(found, func(x, y syft.Found) int {
		return cmp.Or(strings.Compare(x.Type, y.Type), strings.Compare(x.Name, y.Name), strings.Compare(x.Arch, y.Arch),
			strings.Compare(x.Version, y.Version), slices.Compare(x.Evidence, y.Evidence), strings.Compare(x.FoundBy, y.FoundBy))
	})
	return slices.CompactFunc(found, func(x, y syft.Found) bool {
		return x.Type == y.Type && x.Name == y.Name && x.Arch == y.Arch && x.Version == y.Version &&
			slices.Equal(x.Evidence, y.Evidence)
	})
}

// affected returns the packages that are there and whose evidence the layer changed, in
// the order in which they began. Evidence that could not be read affects none.
func (a *attribution) affected(d *delta, read map[string]bool) []*life {
	var lives []*life
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		all := l.found.Together && d.whole[l.found.FoundBy]
		if slices.ContainsFunc(l.found.Evidence, func(p string) bool {
			return (all || d.changed[p] || d.reread[p]) && (read[p] || !d.unreadable[p])
		}) {
			lives = append(lives, l)
		}
	}
	return lives
}

// compareGroup compares one group, ends the lives of what is gone and begins those of
// what is new.
func (a *attribution) compareGroup(d *delta, g group, c *comparison) (renewed []*life) {
	renewed, gone, fresh := c.match(d.layer)
	for _, l := range gone {
		l.owner = a.ownerOf(l)
		if !d.databases[databaseAt{l.group.kind, l.group.place}] && a.databaseLost(d.layer, l) {
			// Its files may still be there, and nothing says that they are not its.
			l.end(d.layer, packages.Unlisted, packages.Hidden)
			continue
		}
		l.end(d.layer, packages.Removed, packages.Gone)
		a.passOn(d.layer, l, a.owners.release(l))
	}
	return append(renewed, a.begin(d.layer, g, fresh)...)
}

// begin makes lives of findings: one goes on that ended in a lower layer, at the
// same version if there is such, else the last to end; for the rest, new ones.
func (a *attribution) begin(layer int, g group, fresh []syft.Found) []*life {
	var ended []*life
	byVersion := map[string][]*life{}
	for _, l := range a.groups[g] {
		if !l.alive() && l.lastLayer() < layer {
			ended = append(ended, l)
			byVersion[l.version()] = append(byVersion[l.version()], l)
		}
	}
	var begun []*life
	reinstall := func(l *life, f syft.Found) {
		l.found, l.state = f, packages.Present
		l.events = append(l.events, packages.Event{Kind: packages.Reinstalled, Layer: layer, To: f.Version})
		begun = append(begun, l)
	}
	var others []syft.Found
	for _, f := range fresh {
		if same := byVersion[f.Version]; len(same) > 0 {
			byVersion[f.Version] = same[1:]
			reinstall(same[0], f)
			continue
		}
		others = append(others, f)
	}
	ended = slices.DeleteFunc(ended, (*life).alive)
	slices.SortStableFunc(ended, func(x, y *life) int { return cmp.Compare(x.lastLayer(), y.lastLayer()) })
	for _, f := range others {
		if n := len(ended); n > 0 {
			reinstall(ended[n-1], f)
			ended = ended[:n-1]
			continue
		}
		l := &life{group: g, found: f, state: packages.Present, events: []packages.Event{{Kind: packages.Introduced, Layer: layer, To: f.Version}}}
		a.lives = append(a.lives, l)
		a.groups[g] = append(a.groups[g], l)
		begun = append(begun, l)
	}
	return begun
}

// databaseLost reports whether a package is no longer listed because its database was
// deleted or emptied, not because it was removed. A database that was written again
// in another file (rpm's, converted) lists what is left.
func (a *attribution) databaseLost(layer int, l *life) bool {
	if !l.found.Manager || len(l.found.Evidence) == 0 {
		return false
	}
	if root, ok := rootOf(&l.found); ok && root != "" {
		if _, ok := a.idx.Lookup(layer, root); !ok {
			return false // all of it is gone
		}
	}
	p := l.found.Database()
	if dir, ok := packages.EcosystemOf(l.group.kind).PerPackageDir(p); ok {
		_, there := a.idx.Lookup(layer, dir)
		return !there
	}
	if _, ok := a.idx.Resolve(layer, p); !ok {
		return true
	}
	return a.isEmpty(layer, p)
}

// isEmpty reports whether a file is there and holds nothing but white space.
func (a *attribution) isEmpty(layer int, p string) bool {
	e, ok := a.idx.Resolve(layer, p)
	if !ok || e.Type != layers.Regular {
		return false
	}
	b, ok := a.idx.Content(e)
	return e.Size == 0 || ok && strings.TrimSpace(string(b)) == ""
}
