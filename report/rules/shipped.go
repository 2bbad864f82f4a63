package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// ShippedRemoved returns the rule "shipped-removed", about bytes that are fetched
// and never seen.
func ShippedRemoved() report.Rule {
	return report.Rule{
		Name:     "shipped-removed",
		Severity: report.Warning,
		Doc: "Bytes that one layer ships and a later one deletes or overwrites. " +
			"Every host fetches them, and nobody sees them. There is one finding for each layer that hides and each ancestor whose files it hides. " +
			"It is silent below 1 MB, or 1 % of the content of an image below 100 MB, but at least 100 kB; about files whose metadata alone changed, " +
			"which are the rule copy-up's; and about package databases, which every layer must rewrite. " +
			"It may be wrong where hosts have the lower layer anyway, for other images on the same base.",
		Run: findShipped,
	}
}

// leastShipped returns the number of bytes from which on waste in an image is
// reported: 1 MB, which slows a fetch down; in an image of less than 100 MB, 1 % of
// it; never less than 100 kB.
func leastShipped(idx *layers.Index) int64 {
	var content int64
	for _, l := range idx.Layers {
		content += l.Content
	}
	return max(min(1_000_000, content/100), 100_000)
}

// A hiding is a layer that hides files, and the ancestor whose files they are.
type hiding struct{ layer, ancestor int }

// hidden sums up what a hiding hides.
type hidden struct {
	deleted, overwritten int64
	files                int
	from                 map[int]int64    // bytes by the layer that ships them
	dirs                 map[string]int64 // bytes by directory
}

func findShipped(r *report.Report) []report.Finding {
	if r.Index == nil {
		return nil
	}
	groups := map[hiding]*hidden{}
	linked := linkedFiles(r.Index)
	for l := range r.Index.Layers {
		owner := r.AncestorOf(l)
		for e := range r.Index.Entries(l) {
			// A layer may hide files of its own: its tool wrote it so, no step did.
			if e.Type != layers.Regular || e.Size == 0 || e.Shadow == layers.None || e.Shadow == l || packages.IsDatabase(e.Path) || linked[shipped{l, e.Path}] {
				continue
			}
			over, ok := r.Index.Lookup(e.Shadow, e.Path)
			overwritten := ok && over.Layer == e.Shadow
			if overwritten && (over.Change == layers.Metadata || over.Change == layers.Unchanged) {
				continue
			}
			k := hiding{e.Shadow, owner}
			if groups[k] == nil {
				groups[k] = &hidden{from: map[int]int64{}, dirs: map[string]int64{}}
			}
			groups[k].add(e, overwritten)
		}
	}
	least := leastShipped(r.Index)
	var found []report.Finding
	for k, h := range groups {
		if h.deleted+h.overwritten >= least {
			found = append(found, shippedFinding(r, k, h))
		}
	}
	return found
}

// A file that a layer ships.
type shipped struct {
	layer int
	path  string
}

// linkedFiles returns the files that the finished image has under the name of a hard
// link: their bytes are seen, even where their own path is hidden.
func linkedFiles(idx *layers.Index) map[shipped]bool {
	linked := map[shipped]bool{}
	for e := range idx.Merged(idx.Top()) {
		if e.Type != layers.Hardlink {
			continue
		}
		if of, ok := idx.Resolve(idx.Top(), e.Path); ok {
			linked[shipped{of.Layer, of.Path}] = true
		}
	}
	return linked
}

func (h *hidden) add(e layers.Entry, overwritten bool) {
	h.from[e.Layer] += e.Size
	h.dirs[area(e.Path)] += e.Size
	h.files++
	if overwritten {
		h.overwritten += e.Size
		return
	}
	h.deleted += e.Size
}

// area is the directory under which a file is summed up: at most three elements
// of its path.
func area(path string) string {
	dir := ""
	for i, n := 0, 0; i < len(path) && n < 3; i++ {
		if path[i] == '/' {
			dir = path[:i]
			n++
		}
	}
	return "/" + dir
}

func shippedFinding(r *report.Report, k hiding, h *hidden) report.Finding {
	f := r.AtLayer(k.layer)
	f.Severity = report.Warning
	f.Bytes = h.deleted + h.overwritten
	names, upgrade := changedPackages(r, k, h)
	f.Items = names
	if names == nil {
		f.Items = largest(h.dirs)
	}
	verb := "deletes and overwrites"
	switch {
	case h.overwritten == 0:
		verb = "deletes"
	case h.deleted == 0:
		verb = "overwrites"
	}
	from := slices.Sorted(maps.Keys(h.from))
	f.Subject = fmt.Sprintf("files of %s", layerList(from))
	owner := "the same image"
	if k.ancestor != f.Ancestor {
		owner = r.NameOf(k.ancestor)
	}
	what := "in " + upTo(3, f.Items)
	if names != nil {
		what = "of " + upTo(4, names)
	}
	be := "are"
	if h.files == 1 {
		be = "is"
	}
	f.Message = fmt.Sprintf("layer %d %s %s of %s (%s), which %s shipped all the same: %s", k.layer, verb, files(h.files), owner, layerList(from), be, what)
	remedyShipped(&f, r, k, upgrade, names == nil && h.overwritten > h.deleted)
	return f
}

// remedyShipped says what to do about what the ancestor of a finding hides. upgrade says
// that it mostly upgraded packages; rewrite, that it mostly replaced files that are no
// package's, such as those that a package manager keeps for itself.
func remedyShipped(f *report.Finding, r *report.Report, k hiding, upgrade, rewrite bool) {
	switch {
	case f.Inherited():
		leaveToPublisher(f, r)
	case k.ancestor == 0:
		f.Remedy = "do both in one RUN, or copy only the result out of a build stage"
	case rewrite:
		askPublisher(f, r, k.ancestor, "to leave out what every image above writes again")
	case upgrade:
		renew(f, r, k.ancestor)
	default:
		f.By = report.OtherBase
		f.Remedy = "choose a base without the files that your steps delete: deleting what a base ships saves nothing"
	}
}

// changedPackages names the packages that the hiding layer removed or upgraded and
// that have files in the layers below, those with the most bytes there first. It
// reports whether more bytes were upgraded than removed. It gives no bytes, because
// some files of an upgraded package may not have changed. It names none where most
// of what is hidden is no package's.
func changedPackages(r *report.Report, k hiding, h *hidden) (names []string, upgrade bool) {
	if r.Inventory == nil {
		return nil, false
	}
	var (
		bytes        = map[string]int64{}
		balance, sum int64
	)
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		for _, e := range p.Events {
			if e.Layer != k.layer || e.Kind == packages.Introduced || e.Kind == packages.Reinstalled {
				continue
			}
			var n int64
			for l := range h.from {
				n += p.Bytes.ByLayer[l]
			}
			if n > 0 {
				bytes[p.Name] += n
				sum += n
			}
			if e.Kind == packages.Removed {
				n = -n
			}
			balance += n
		}
	}
	if 2*sum < h.deleted+h.overwritten {
		return nil, false
	}
	return largest(bytes), balance > 0
}

// largest returns the keys, those with the most bytes first; nil if there are
// none.
func largest(bytes map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(bytes), func(a, b string) int {
		return cmp.Or(cmp.Compare(bytes[b], bytes[a]), cmp.Compare(a, b))
	})
}

// layerList says "layer 3", "layers 3, 4 and 7".
func layerList(ls []int) string {
	words := make([]string, len(ls))
	for i, l := range ls {
		words[i] = fmt.Sprint(l)
	}
	if len(ls) == 1 {
		return "layer " + words[0]
	}
	return "layers " + upTo(4, words)
}
