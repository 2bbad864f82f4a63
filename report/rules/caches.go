package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// caches returns the caches of the table of ecosystems, those in homes once for root and
// once for everybody else: a * stands for one element of the path.
func caches() []packages.Cache {
	var list []packages.Cache
	for _, e := range packages.Ecosystems() {
		for _, c := range e.Caches {
			in, ok := strings.CutPrefix(c.Dir, "~/")
			if !ok {
				list = append(list, c)
				continue
			}
			for _, home := range []string{"root/", "home/*/"} {
				c.Dir = home + in
				list = append(list, c)
			}
		}
	}
	return list
}

// leastCache is the number of bytes below which a cache is not reported: a lock or an
// index that a tool writes to an empty cache is smaller.
const leastCache = 100_000

// PackageCaches returns the rule "package-caches", about what package managers keep
// for their next run.
func PackageCaches() report.Rule {
	return report.Rule{
		Name:     "package-caches",
		Severity: report.Warning,
		Doc: "Caches of package managers: lists, downloads, modules kept for a next run. " +
			"An image never installs again, so their bytes are for nothing. " +
			"It is silent about caches below 100 kB, and about those that a later layer hides, which are the rule shipped-removed's. " +
			"It may be wrong where the container installs packages while it runs.",
		Run: findCaches,
	}
}

func findCaches(r *report.Report) []report.Finding {
	if r.Index == nil {
		return nil
	}
	type key struct {
		cache    packages.Cache
		dir      string
		ancestor int
	}
	groups := map[key][]toolItem{}
	list := caches()
	for e := range r.Index.Merged(r.Index.Top()) {
		if e.Type != layers.Regular || e.Size == 0 {
			continue
		}
		i := slices.IndexFunc(list, func(c packages.Cache) bool { return below(c.Dir, e.Path) != "" })
		if i < 0 {
			continue
		}
		layer := r.Origin(e)
		k := key{list[i], below(list[i].Dir, e.Path), r.AncestorOf(layer)}
		groups[k] = append(groups[k], toolItem{e.Path, layer, e.Size})
	}
	var found []report.Finding
	for k, items := range groups {
		f := r.AtLayer(heaviest(items))
		f.Severity = report.Warning
		f.Subject = "/" + k.dir
		for _, it := range items {
			f.Bytes += it.bytes
		}
		if f.Bytes < leastCache {
			continue
		}
		f.Message = fmt.Sprintf("ships the %s cache /%s, %s", k.cache.Tool, k.dir, files(len(items)))
		f.Remedy = k.cache.Remedy
		if f.Inherited() {
			leaveToPublisher(&f, r)
		}
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b report.Finding) int { return cmp.Compare(a.Subject, b.Subject) })
	return found
}

// below returns the directory of path that pattern matches, "" if path does not
// lie below one.
func below(pattern, path string) string {
	if fixed, _, wild := strings.Cut(pattern, "*"); !strings.HasPrefix(path, fixed) {
		return ""
	} else if !wild {
		if strings.HasPrefix(path[len(fixed):], "/") {
			return pattern
		}
		return ""
	}
	end := 0
	for range strings.Count(pattern, "/") + 1 {
		i := strings.IndexByte(path[end:], '/')
		if i < 0 {
			return ""
		}
		end += i + 1
	}
	if dir := path[:end-1]; match(pattern, dir) {
		return dir
	}
	return ""
}
