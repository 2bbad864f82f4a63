package vulns

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/package-url/packageurl-go"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// A lookup finds packages of an inventory by name.
type lookup struct {
	r        *report.Report
	byName   map[nameKey][]int
	bySource map[nameKey][]int
	found    map[string]string // files by path, as they were found
}

// A nameKey is a name in the normal form of its kind. kind is "" for a name of any kind.
type nameKey struct{ kind, name string }

func newLookup(r *report.Report) *lookup {
	l := &lookup{r: r, byName: map[nameKey][]int{}, bySource: map[nameKey][]int{}, found: map[string]string{}}
	if r.Inventory == nil {
		return l
	}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		n := ourName(p)
		add := func(m map[nameKey][]int, kind, name string) {
			for _, k := range []nameKey{{kind, name}, {"", name}} {
				if list := m[k]; len(list) == 0 || list[len(list)-1] != i {
					m[k] = append(list, i)
				}
			}
		}
		add(l.byName, n.kind, n.name)
		if plain := normalName(n.kind, p.Name); plain != n.name {
			add(l.byName, n.kind, plain)
		}
		if p.Source != "" {
			add(l.bySource, n.kind, p.Source)
		}
	}
	return l
}

// ourName is the key of a package of the inventory.
func ourName(p *packages.Package) nameKey {
	if k, _, ok := parsePURL(p.PURL); ok {
		return k
	}
	kind := kindOfSyft(p.Type)
	if kind == "" {
		kind = p.Type
	}
	return nameKey{kind, normalName(kind, p.Name)}
}

// A purlRest is what a package URL says besides kind and name.
type purlRest struct{ version, arch string }

// parsePURL splits a package URL. The namespace of a distribution's package is the
// distribution, and no part of the name.
func parsePURL(s string) (nameKey, purlRest, bool) {
	if s == "" {
		return nameKey{}, purlRest{}, false
	}
	u, err := packageurl.FromString(s)
	if err != nil || u.Name == "" {
		return nameKey{}, purlRest{}, false
	}
	name := u.Name
	switch {
	case listedByDatabase(u.Type) || u.Namespace == "":
	case u.Type == "maven":
		name = u.Namespace + ":" + u.Name
	default:
		name = u.Namespace + "/" + u.Name
	}
	q := u.Qualifiers.Map()
	rest := purlRest{u.Version, q["arch"]}
	if e := q["epoch"]; e != "" && !strings.Contains(u.Version, ":") && u.Version != "" {
		rest.version = e + ":" + u.Version
	}
	return nameKey{u.Type, normalName(u.Type, name)}, rest, true
}

// normalName is the form in which names of a kind compare.
func normalName(kind, name string) string {
	switch kind {
	case "pypi":
		return separators().ReplaceAllString(strings.ToLower(name), "-") // PEP 503
	case "composer", "nuget", "github":
		return strings.ToLower(name)
	}
	return name
}

var separators = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[-_.]+`) })

// sameVersion reports whether two versions of a kind are the same, as far as they may be
// written in two ways.
func sameVersion(kind, syft, a, b string) bool {
	if a == b {
		return true
	}
	a, b = normalVersion(kind, a), normalVersion(kind, b)
	if a == b {
		return true
	}
	order, ok := packages.EcosystemOf(syft).Compare(a, b)
	return ok && order == 0
}

func normalVersion(kind, v string) string {
	switch kind {
	case "golang":
		v = strings.TrimPrefix(strings.TrimPrefix(v, "go"), "v")
	case "deb", "rpm":
		v = strings.TrimPrefix(v, "0:")
	}
	return v
}

// A life is one version of a package, with the layer that brought it.
type life struct {
	version string
	layer   int
	state   packages.State
}

// lives returns the versions that a package had, the last first.
func lives(p *packages.Package) []life {
	var list []life
	for i := len(p.Events) - 1; i >= 0; i-- {
		if e := p.Events[i]; e.Kind != packages.Removed && e.Kind != packages.Unlisted {
			l := life{e.To, e.Layer, report.Replaced}
			if len(list) == 0 {
				l.state = p.State
			} else if i+1 < len(p.Events) && p.Events[i+1].Kind == packages.Removed {
				l.state = packages.Gone
			}
			list = append(list, l)
		}
	}
	if len(list) == 0 {
		list = append(list, life{p.Version, layers.None, p.State})
	}
	return list
}

// A candidate is a package of the inventory in a version that a finding fits.
type candidate struct {
	index int
	life
}

// find returns the packages of the inventory that fit, the best first, how they were found,
// and why there are none.
func (l *lookup) find(p *pkg) (fit []candidate, by report.Join, why string) {
	key, rest, isPURL := parsePURL(p.purl)
	var named []int
	if isPURL {
		if named = l.byName[key]; len(named) > 0 {
			by = report.JoinPURL
			q := *p
			q.kind, q.arch = key.kind, orElse(rest.arch, p.arch)
			if q.version == "" {
				q.version = rest.version
			}
			// The version beside the package URL is the package system's own way of writing it; that in
			// the package URL may lack the epoch.
			fit, why = l.fitting(named, &q, false)
			if fit == nil && rest.version != q.version {
				q.version = rest.version
				fit, _ = l.fitting(named, &q, false)
			}
			if fit != nil {
				return fit, by, ""
			}
		}
	}
	kind := p.kind
	if isPURL {
		kind = key.kind
	}
	for _, way := range []struct {
		try    bool
		in     map[nameKey][]int
		name   string
		source bool
	}{
		{true, l.byName, p.name, p.source},
		{p.source, l.bySource, p.name, true},
		{p.alsoSource != "", l.bySource, p.alsoSource, true},
		{p.alsoSource != "", l.byName, p.alsoSource, true},
	} {
		if !way.try {
			continue
		}
		list := way.in[nameKey{kind, normalName(kind, way.name)}]
		if len(list) == 0 {
			continue
		}
		named = list
		q := *p
		q.kind, q.arch = kind, orElse(rest.arch, p.arch)
		f, w := l.fitting(list, &q, way.source)
		if f != nil {
			return f, report.JoinName, ""
		}
		why = w
	}
	if len(named) == 0 {
		why = "the inventory has no package of that name"
	}
	return nil, report.JoinNone, why
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fitting returns those of named that fit version, architecture and path.
func (l *lookup) fitting(named []int, p *pkg, source bool) (fit []candidate, why string) {
	var versions []string
	otherArch := false
	for _, i := range named {
		ours := &l.r.Inventory.Packages[i]
		if p.arch != "" && ours.Arch != "" && p.arch != ours.Arch && p.arch != "src" && ours.Arch != "all" && ours.Arch != "noarch" {
			otherArch = true
			continue
		}
		for _, v := range lives(ours) {
			if p.version != "" && !sameVersion(p.kind, ours.Type, v.version, p.version) &&
				!(source && sameVersion(p.kind, ours.Type, withoutRebuild(v.version), p.version)) {
				if !slices.Contains(versions, v.version) {
					versions = append(versions, v.version)
				}
				continue
			}
			fit = append(fit, candidate{i, v})
			break
		}
	}
	switch {
	case fit == nil && versions != nil:
		return nil, "the inventory has it in version " + strings.Join(versions[:min(3, len(versions))], ", ")
	case fit == nil && otherArch:
		return nil, "the inventory has it for another architecture only"
	case fit == nil:
		return nil, "no package of the inventory fits"
	}
	if fit = l.choose(fit, p); fit == nil {
		return nil, "the inventory has it in another place only"
	}
	return fit, ""
}

// withoutRebuild is the version of the source package that Debian rebuilt without a change
// ("1.2-3+b1").
func withoutRebuild(v string) string {
	if i := strings.LastIndex(v, "+b"); i > 0 && strings.Trim(v[i+2:], "0123456789") == "" {
		return v[:i]
	}
	return v
}

// choose puts the candidate first that is meant: the one in the place that the scanner
// names, and of several that are, one that can be seen. Where the place excludes candidates,
// they are left out.
func (l *lookup) choose(fit []candidate, p *pkg) []candidate {
	if len(p.paths) > 0 && !listedByDatabase(p.kind) {
		here := slices.DeleteFunc(slices.Clone(fit), func(c candidate) bool { return !l.at(c.index, p.paths) })
		switch {
		case len(here) > 0:
			fit = here
		case slices.ContainsFunc(p.paths, func(s string) bool { return l.file(s) != "" }):
			return nil // another copy, which the inventory lacks
		}
	}
	rank := func(s packages.State) int {
		return slices.Index([]packages.State{packages.Present, packages.Hidden, packages.Gone, report.Replaced}, s)
	}
	slices.SortStableFunc(fit, func(a, b candidate) int { return rank(a.state) - rank(b.state) })
	best := fit[0].state
	return slices.DeleteFunc(fit, func(c candidate) bool { return c.state != best })
}

// at reports whether a package is in one of the places that a scanner names.
func (l *lookup) at(index int, paths []string) bool {
	for _, loc := range l.r.Inventory.Packages[index].Locations {
		for _, s := range paths {
			if related(loc.Path, s) {
				return true
			}
			if f := l.file(s); f != "" && f != s && related(loc.Path, f) {
				return true
			}
		}
	}
	return false
}

// related reports whether two paths mean the same package: they are equal, one is a directory
// (or an archive) above the other, or both are metadata in one directory.
func related(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/") || metadataDir(a) != "" && metadataDir(a) == metadataDir(b)
}

// metadataDir is the directory of a path that belongs to one Python package; "" for others.
func metadataDir(p string) string {
	if d := path.Dir(p); strings.HasSuffix(d, ".dist-info") || strings.HasSuffix(d, ".egg-info") {
		return d
	}
	return ""
}

// file returns the path at which the finished image has the regular file that a path means,
// links followed: the file itself, or the archive that it is in. It is "" where there is
// none, and where the layers were not read.
func (l *lookup) file(p string) string {
	x := l.r.Index
	if x == nil || len(x.Layers) == 0 {
		return ""
	}
	if f, ok := l.found[p]; ok {
		return f
	}
	f := ""
	for s := p; s != "." && s != "/" && s != ""; s = path.Dir(s) {
		if e, ok := x.Resolve(x.Top(), s); ok {
			if e.Type == layers.Regular {
				f = e.Path
			}
			break
		}
	}
	l.found[p] = f
	return f
}
