package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/packages"
)

// This file recognises donors by the files that a COPY brought: all that a row of donorRows
// needs, at the row's place, with the version that the inventory has of it. Builders record
// no --from, and so it may also have been a stage that installed the same files at the same
// place: what is found is inferred, never more.

// donorsInFiles returns what the layers of COPY steps tell. Without layers or packages,
// nothing does.
func (r *Report) donorsInFiles() []Donor {
	if r.Index == nil || r.Inventory == nil {
		return nil
	}
	s := donorSearch{r: r, rows: donorRows(), copies: map[int]copied{}, found: map[donorKey]*donorFiles{}}
	s.names = s.fileNames()
	for _, step := range r.Steps() {
		if c, ok := newCopied(r, step); ok {
			s.copies[c.layer] = c
			s.look(c)
		}
	}
	var all []Donor
	for key, f := range s.found {
		if d, ok := s.donor(key, f); ok {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Donor) int {
		return cmp.Or(slices.Compare(a.Steps, b.Steps), strings.Compare(a.String(), b.String()))
	})
	return all
}

// A donorSearch looks for the files of the table's rows.
type donorSearch struct {
	r      *Report
	rows   []donorRow
	names  map[string][]donorFact // by the last element of their paths
	copies map[int]copied         // by layer
	found  map[donorKey]*donorFiles
}

// A donorFact is a file that a row names.
type donorFact struct {
	row     int
	pattern string // as the row has it
	mark    bool
}

// An image can be made to be slow: a COPY of more sources tells nothing, and of more places
// the rest is left out.
const (
	mostSources = 100
	mostPaths   = 50
)

type donorKey struct{ row, ancestor int }

// donorFiles are the files of a row that one ancestor's steps copied.
type donorFiles struct {
	have   map[string]string // by pattern, where it is first
	paths  map[string]bool   // all places, as Paths of a donor has them
	marks  map[string]bool
	layers map[int]bool
}

func (s *donorSearch) fileNames() map[string][]donorFact {
	names := map[string][]donorFact{}
	for i, row := range s.rows {
		add := func(patterns []string, mark bool) {
			for _, p := range patterns {
				names[path.Base(p)] = append(names[path.Base(p)], donorFact{i, p, mark})
			}
		}
		add(row.needs, false)
		add(row.parts, false)
		add(row.marks, true)
	}
	return names
}

// look finds the files of all rows in the layer of a COPY.
func (s *donorSearch) look(c copied) {
	ancestor := s.r.AncestorOf(c.layer)
	if ancestor < 0 {
		return
	}
	for e := range s.r.Index.Entries(c.layer) {
		if e.Type == layers.Directory || e.Type == layers.Whiteout || s.names[path.Base(e.Path)] == nil && e.Path != c.dest {
			continue
		}
		for _, from := range c.origins(e.Path) {
			for _, fact := range s.names[path.Base(from)] {
				s.add(fact, ancestor, e, from)
			}
		}
	}
}

// add notes a file that a row names. What the image had before with the same content, and
// what it does not show, was not brought.
func (s *donorSearch) add(fact donorFact, ancestor int, e layers.Entry, from string) {
	if ok, err := path.Match(strings.ReplaceAll(fact.pattern, "//", "/"), from); err != nil || !ok {
		return
	}
	if e.Layer == 0 && !strings.Contains(e.Path, "/") {
		return // the repository's own image: FROM scratch, COPY /uv /
	}
	key := donorKey{fact.row, ancestor}
	f := s.found[key]
	if f == nil {
		f = &donorFiles{have: map[string]string{}, paths: map[string]bool{}, marks: map[string]bool{}, layers: map[int]bool{}}
		s.found[key] = f
	}
	if fact.mark {
		f.marks[fact.pattern] = true
		return
	}
	if sameContent(e) || !s.r.shows(e) {
		return
	}
	shown := shownPath(fact.pattern, e.Path)
	f.have[fact.pattern] = cmp.Or(f.have[fact.pattern], shown)
	f.show(shown)
	if e.Type == layers.Symlink { // python3 leads to python3.12
		if to, ok := s.r.Index.Resolve(e.Layer, e.Path); ok && to.Layer == e.Layer {
			f.show(to.Path)
		}
	}
	f.layers[e.Layer] = true
}

// show adds a path to those that are told, unless it is in one of them.
func (f *donorFiles) show(p string) {
	for dir := range f.paths {
		if strings.HasSuffix(dir, "/") && strings.HasPrefix(p, dir) {
			return
		}
	}
	if len(f.paths) < mostPaths {
		f.paths[p] = true
	}
}

// shownPath cuts off as many elements as a pattern has below its directory.
func shownPath(pattern, p string) string {
	_, file, ok := strings.Cut(pattern, "//")
	if !ok {
		return p
	}
	for range strings.Count(file, "/") + 1 {
		p = path.Dir(p)
	}
	return p + "/"
}

// donor makes a donor of the files that were found, if they are all that is needed.
func (s *donorSearch) donor(key donorKey, f *donorFiles) (Donor, bool) {
	row, of := s.rows[key.row], s.r.Ancestors[key.ancestor]
	if path.Base(of.Repository) == path.Base(row.repository) || slices.ContainsFunc(row.needs, func(p string) bool { return f.have[p] == "" }) {
		return Donor{}, false
	}
	for _, mark := range row.marks {
		if !f.marks[mark] && slices.ContainsFunc(sortedLayers(f.layers), func(l int) bool { return s.copies[l].covers(mark) }) {
			return Donor{}, false
		}
	}
	version, ok := s.version(row, key.ancestor, f)
	if !ok {
		return Donor{}, false
	}
	d := Donor{Ancestor: key.ancestor}
	d.Name, d.Version, d.Confidence = ancestry.Name{Repository: row.repository}, version, ancestry.Inferred
	for _, l := range sortedLayers(f.layers) {
		d.Steps = append(d.Steps, s.copies[l].step)
	}
	d.Paths = sortedKeys(f.paths)
	d.Evidence = []ancestry.Evidence{{
		Kind: ancestry.KindHeuristic, Confidence: ancestry.Inferred,
		Says:  fmt.Sprintf("%s, where images of %s have it", d.Software(), row.repository),
		Where: fmt.Sprintf("layer %d: %s", sortedLayers(f.layers)[0], f.have[row.needs[0]]),
	}}
	return d, true
}

// version returns the version that the inventory has of a row's files, as an ancestor's steps
// copied them, and shows the files that state it; "" if there are several.
func (s *donorSearch) version(row donorRow, ancestor int, f *donorFiles) (string, bool) {
	versions := map[string]bool{}
	for i := range s.r.Inventory.Packages {
		p := &s.r.Inventory.Packages[i]
		if p.State != packages.Present || p.Owner != "" || p.Version == "" || !slices.Contains(row.packages, p.Name) || !strings.Contains(p.PURL, row.purl) {
			continue
		}
		for _, l := range p.Locations {
			if s.states(row, ancestor, l) {
				versions[plainVersion(p.Version)] = true
				f.show(l.Path)
			}
		}
	}
	if len(versions) != 1 {
		return "", len(versions) > 0
	}
	return sortedKeys(versions)[0], true
}

// states reports whether a file is one that states a row's version.
func (s *donorSearch) states(row donorRow, ancestor int, l packages.Location) bool {
	c, ok := s.copies[l.Layer]
	if !ok || s.r.AncestorOf(l.Layer) != ancestor {
		return false
	}
	for _, from := range c.origins(l.Path) {
		if slices.ContainsFunc(row.states, func(p string) bool { ok, _ := path.Match(p, from); return ok }) {
			return true
		}
	}
	return false
}

// plainVersion takes off what stands before a version: "go1.22.1", "v2.8.4".
func plainVersion(v string) string {
	return strings.TrimPrefix(strings.TrimPrefix(v, "go"), "v")
}

func sortedLayers(m map[int]bool) []int {
	var all []int
	for l := range m {
		all = append(all, l)
	}
	slices.Sort(all)
	return all
}

// A copied is what a COPY says of where the files of its layer come from.
type copied struct {
	layer, step int
	sources     []string // absolute, without the slash at the beginning
	dest        string   // likewise, through the image's links
	// hashed is true where the builder records no sources; directory, where it says that one
	// directory was copied.
	hashed, directory bool
}

// newCopied reads a step. It reports false for one that cannot have copied from an image: the
// sources of a COPY --from are written with a slash before them; a builder that records the
// instruction as it is written records --from.
func newCopied(r *Report, s history.Step) (copied, bool) {
	in := s.Instruction
	w := in.Builder.Facts().Writing
	if in.Keyword != "COPY" || s.Uncertain || s.Layer < 0 || s.Layer >= len(r.Index.Layers) || !strings.HasPrefix(in.Dest, "/") {
		return copied{}, false
	}
	if len(in.Sources) > mostSources {
		return copied{}, false
	}
	if w == nil { // the classic builder and Buildah write a COPY alike
		w = &history.Writing{Expanded: true}
	}
	from := slices.ContainsFunc(in.Flags, func(f string) bool { return strings.HasPrefix(f, "--from=") })
	if !w.Expanded && w.Sources && !from {
		return copied{}, false
	}
	c := copied{layer: s.Layer, step: s.Index, dest: throughLinks(r.Index, s.Layer, in.Dest)}
	for _, src := range in.Sources {
		kind, _, _ := strings.Cut(src, ":")
		switch {
		case !w.Sources && (kind == "file" || kind == "dir" || kind == "multi"):
			c.hashed, c.directory = true, kind == "dir"
		case w.Sources && strings.HasPrefix(src, "/"):
			c.sources = append(c.sources, strings.TrimPrefix(path.Clean(src), "/"))
		}
	}
	return c, c.hashed || len(c.sources) > 0
}

// throughLinks is a path as a layer has it: COPY to /bin/ writes to usr/bin, where that is
// what bin leads to. The root is ".".
func throughLinks(idx *layers.Index, layer int, p string) string {
	p = path.Join(".", strings.TrimPrefix(path.Clean(p), "/"))
	if e, ok := idx.Resolve(layer, p); ok && e.Type == layers.Directory {
		return e.Path
	}
	if e, ok := idx.Resolve(layer, path.Dir(p)); ok && e.Type == layers.Directory {
		return path.Join(e.Path, path.Base(p))
	}
	return p
}

// origins returns where a file of the layer may have been in the image that it was copied
// from: as one of the sources, or in one that is a directory.
func (c copied) origins(p string) []string {
	if c.hashed {
		return []string{p}
	}
	rel, below := strings.CutPrefix(p, c.dest+"/")
	if c.dest == "." {
		rel, below = p, true
	}
	var all []string
	for _, src := range c.sources {
		one := !strings.ContainsAny(src, "*?[")
		if p == c.dest && one {
			all = append(all, src)
		}
		if named, _ := path.Match(path.Base(src), rel); below && named {
			all = append(all, path.Join(path.Dir(src), rel))
		}
		if below && one {
			all = append(all, path.Join(src, rel))
		}
	}
	return all
}

// covers reports whether a file of the donor would have been copied, too, because it lies in
// a directory that was.
func (c copied) covers(file string) bool {
	if c.hashed {
		return c.directory && (c.dest == "." || strings.HasPrefix(file, c.dest+"/"))
	}
	return slices.ContainsFunc(c.sources, func(src string) bool { return src == "" || strings.HasPrefix(file, src+"/") })
}
