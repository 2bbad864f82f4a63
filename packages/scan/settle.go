package scan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// errNotCollected is the reason of a Problem: a cataloger asked for a file that
// nobody had foreseen, so that it may have found less than it could.
var errNotCollected = errors.New("content was asked for and not collected")

func (a *attribution) problem(d *delta, p string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.problems = append(a.problems, layers.Problem{Layer: d.layer, Step: layers.None, Path: p, Err: err})
}

// failures notes a cataloger's errors. A file that could not be read says nothing
// about its packages: those it had before stand as they were.
func (a *attribution) failures(d *delta, q *asking) {
	for _, p := range syft.Problems(q.err) {
		if p.Path != "" && a.emptied(d.layer, p.Path) {
			continue // an empty database is read well, and lists nothing
		}
		a.problem(d, p.Path, fmt.Errorf("%s: %w", q.cataloger.Name, p.Err))
		if p.Path != "" {
			d.failed[p.Path] = true
			continue
		}
		for _, files := range q.view.Hits {
			for _, file := range files {
				d.failed[file] = true
			}
		}
	}
}

// emptied reports whether a file is there and holds nothing but white space.
func (a *attribution) emptied(layer int, p string) bool {
	e, ok := a.idx.Resolve(layer, p)
	if !ok || e.Type != layers.Regular {
		return false
	}
	b, ok := a.idx.Content(e)
	return e.Size == 0 || ok && strings.TrimSpace(string(b)) == ""
}

// unread notes the files that the pass itself could not read, or not keep: they, too,
// say nothing about their packages.
func (a *attribution) unread(d *delta) {
	for _, p := range a.idx.Problems {
		if p.Layer != d.layer || p.Path == "" {
			continue
		}
		at := version{d.layer, p.Path}
		if to, ok := landed(a.idx, at); ok {
			at = to
		}
		d.failed[at.path] = true
	}
}

// settle makes events of what the layer's files say now and said before.
func (a *attribution) settle(d *delta) {
	for p := range d.changed {
		if found, ok := a.alone[version{d.layer, p}]; ok {
			d.found = append(d.found, a.familiar(d, p, found)...)
		}
		if a.Collector.failed[version{d.layer, p}] {
			d.failed[p] = true
		}
	}
	groups := map[group]*sighting{}
	of := func(g group) *sighting {
		if groups[g] == nil {
			groups[g] = &sighting{}
		}
		return groups[g]
	}
	found := a.distinct(d.found)
	homes := a.homes(found)
	read := map[string]bool{}
	for i := range found {
		s := of(homes.groupOf(&found[i]))
		s.found = append(s.found, found[i])
		if found[i].Manager {
			d.listed[[2]string{found[i].Type, place(&found[i])}] = true
		}
		for _, p := range found[i].Evidence {
			read[p] = true
		}
	}
	for _, l := range a.touched(d, read) {
		s := of(l.group)
		s.old = append(s.old, l)
	}
	keys := make([]group, 0, len(groups))
	for g := range groups {
		keys = append(keys, g)
	}
	slices.SortFunc(keys, compareGroups)
	var renewed []*life
	for _, g := range keys {
		renewed = append(renewed, a.settleGroup(d, g, groups[g])...)
	}
	a.reclaim(d, renewed)
}

func compareGroups(x, y group) int {
	return cmp.Or(strings.Compare(x.kind, y.kind), strings.Compare(x.name, y.name),
		strings.Compare(x.arch, y.arch), strings.Compare(x.place, y.place))
}

// distinct drops repetitions: the same version with the same evidence.
func (a *attribution) distinct(found []syft.Found) []syft.Found {
	slices.SortStableFunc(found, func(x, y syft.Found) int {
		return cmp.Or(strings.Compare(x.Type, y.Type), strings.Compare(x.Name, y.Name), strings.Compare(x.Arch, y.Arch),
			strings.Compare(x.Version, y.Version), slices.Compare(x.Evidence, y.Evidence), strings.Compare(x.FoundBy, y.FoundBy))
	})
	return slices.CompactFunc(found, func(x, y syft.Found) bool {
		return x.Type == y.Type && x.Name == y.Name && x.Arch == y.Arch && x.Version == y.Version &&
			slices.Equal(x.Evidence, y.Evidence)
	})
}

// touched returns the living packages whose evidence the layer changed, in the
// order in which they came. Evidence that could not be read touches none.
func (a *attribution) touched(d *delta, read map[string]bool) []*life {
	var lives []*life
	for _, l := range a.lives {
		if !l.alive() {
			continue
		}
		again := l.found.Together && d.whole[l.found.FoundBy]
		if slices.ContainsFunc(l.found.Evidence, func(p string) bool {
			return (again || d.changed[p] || d.judged[p]) && (read[p] || !d.failed[p])
		}) {
			lives = append(lives, l)
		}
	}
	return lives
}

// settleGroup settles one group and returns the lives whose files are to be
// claimed anew.
func (a *attribution) settleGroup(d *delta, g group, s *sighting) []*life {
	renewed, gone, fresh := s.settle(d.layer)
	for _, l := range gone {
		l.owner = a.ownerOf(l)
		if !d.listed[[2]string{l.group.kind, l.group.place}] && a.unlisted(d.layer, l) {
			// Its files may still be there, and nothing says that they are not its.
			l.end(d.layer, packages.Unlisted, packages.Hidden)
			continue
		}
		l.end(d.layer, packages.Removed, packages.Gone)
		a.inherit(d.layer, l, a.owners.release(l))
	}
	return append(renewed, a.begin(d.layer, g, fresh)...)
}

// begin makes lives of findings: one goes on that ended in a lower layer, at the
// same version if there is such, else the last to end; for the rest, new ones.
func (a *attribution) begin(layer int, g group, fresh []syft.Found) []*life {
	var ended []*life
	byVersion := map[string][]*life{}
	for _, l := range a.groups[g] {
		if !l.alive() && l.events[len(l.events)-1].Layer < layer {
			ended = append(ended, l)
			byVersion[l.version()] = append(byVersion[l.version()], l)
		}
	}
	var begun []*life
	again := func(l *life, f syft.Found) {
		l.found, l.state = f, packages.Present
		l.events = append(l.events, packages.Event{Kind: packages.Reinstalled, Layer: layer, To: f.Version})
		begun = append(begun, l)
	}
	var others []syft.Found
	for _, f := range fresh {
		if same := byVersion[f.Version]; len(same) > 0 {
			byVersion[f.Version] = same[1:]
			again(same[0], f)
			continue
		}
		others = append(others, f)
	}
	ended = slices.DeleteFunc(ended, (*life).alive)
	slices.SortStableFunc(ended, func(x, y *life) int {
		return cmp.Compare(x.events[len(x.events)-1].Layer, y.events[len(y.events)-1].Layer)
	})
	for _, f := range others {
		if n := len(ended); n > 0 {
			again(ended[n-1], f)
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

// unlisted reports whether a package is no longer seen because its database was
// deleted or emptied, not because it was removed. A database that was written anew
// in another file (rpm's, converted) lists what is left.
func (a *attribution) unlisted(layer int, l *life) bool {
	if !l.found.Manager || len(l.found.Evidence) == 0 {
		return false
	}
	if root, ok := rootOf(&l.found); ok && root != "" {
		if _, ok := a.idx.Lookup(layer, root); !ok {
			return false // all of it is gone
		}
	}
	p := l.found.Evidence[0]
	if dir, ok := packages.EcosystemOf(l.group.kind).PerPackageDir(p); ok {
		_, there := a.idx.Lookup(layer, dir)
		return !there
	}
	if _, ok := a.idx.Resolve(layer, p); !ok {
		return true
	}
	return a.emptied(layer, p)
}
