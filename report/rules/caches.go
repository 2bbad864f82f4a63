package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// A cache is a directory in which a package manager keeps what it needs only
// while it works. A * stands for one element of the path.
type cache struct{ manager, dir, remedy string }

const (
	remedyApt = "end the RUN that fills it with rm -rf /var/lib/apt/lists/* /var/cache/apt, or mount both as a cache: RUN --mount=type=cache,target=/var/cache/apt"
	remedyPip = "use pip install --no-cache-dir, or RUN --mount=type=cache,target=/root/.cache/pip"
	remedyApk = "use apk add --no-cache"
	remedyDNF = "end the RUN that fills it with dnf clean all (yum clean all, microdnf clean all)"
)

// mounted is the remedy for a cache that a cache mount keeps out of the layer.
func mounted(dir string) string {
	return "mount it as a cache while building: RUN --mount=type=cache,target=/" + dir
}

// caches lists the directories, the more special before the more general.
func caches() []cache {
	list := []cache{
		{"apt lists", "var/lib/apt/lists", remedyApt},
		{"apt", "var/cache/apt", remedyApt},
		{"apk", "var/cache/apk", remedyApk},
		{"apk", "etc/apk/cache", remedyApk},
		{"dnf", "var/cache/dnf", remedyDNF},
		{"dnf", "var/cache/libdnf5", remedyDNF},
		{"yum", "var/cache/yum", remedyDNF},
		{"zypper", "var/cache/zypp", "end the RUN that fills it with zypper clean --all"},
		{"pacman", "var/cache/pacman/pkg", "end the RUN that fills it with pacman -Scc --noconfirm"},
		{"conda", "opt/conda/pkgs", "end the RUN that fills it with conda clean --all --yes"},
		{"yarn", "usr/local/share/.cache/yarn", "end the RUN that fills it with yarn cache clean"},
		{"cargo", "usr/local/cargo/registry", mounted("usr/local/cargo/registry")},
		{"go modules", "go/pkg/mod", mounted("go/pkg/mod")},
		{"rubygems", "usr/local/bundle/cache", "end the RUN that fills it with rm -rf /usr/local/bundle/cache"},
	}
	for _, home := range []string{"root", "home/*"} {
		list = append(list,
			cache{"pip", home + "/.cache/pip", remedyPip},
			cache{"uv", home + "/.cache/uv", "use uv --no-cache, or a cache mount on it"},
			cache{"poetry", home + "/.cache/pypoetry", "use poetry install --no-cache, or a cache mount on it"},
			cache{"yarn", home + "/.cache/yarn", "end the RUN that fills it with yarn cache clean"},
			cache{"go build", home + "/.cache/go-build", "mount it as a cache while building: RUN --mount=type=cache"},
			cache{"npm", home + "/.npm", "end the RUN that fills it with npm cache clean --force, or mount it as a cache"},
			cache{"composer", home + "/.composer/cache", "end the RUN that fills it with composer clear-cache"},
			cache{"cargo", home + "/.cargo/registry", "mount it as a cache while building: RUN --mount=type=cache"},
			cache{"maven", home + "/.m2/repository", "build in a stage of its own, and copy the result"},
			cache{"gradle", home + "/.gradle/caches", "build in a stage of its own, and copy the result"},
			cache{"go modules", home + "/go/pkg/mod", "build in a stage of its own, and copy the result"},
		)
	}
	return list
}

// leastCache is the number of bytes below which a cache is not worth a line:
// what a tool writes to an empty one, a lock or an index, stays below.
const leastCache = 100_000

// PackageCaches returns the rule "package-caches", about what package managers keep
// for their next run.
func PackageCaches() report.Rule {
	return report.Rule{
		Name:     "package-caches",
		Severity: report.Warning,
		Doc: "Caches of package managers: lists, downloads, modules kept for a next run. " +
			"An image never installs again, so their bytes are for nothing. " +
			"It is silent about caches below 100 kB, and about those that a later layer hides, which are the rule shipped-removed's.",
		Run: runCaches,
	}
}

func runCaches(r *report.Report) []report.Finding {
	if r.Index == nil {
		return nil
	}
	type key struct {
		cache    cache
		dir      string
		ancestor int
	}
	groups := map[key][]toolItem{}
	list := caches()
	for e := range r.Index.Merged(r.Index.Top()) {
		if e.Type != layers.Regular || e.Size == 0 {
			continue
		}
		i := slices.IndexFunc(list, func(c cache) bool { return below(c.dir, e.Path) != "" })
		if i < 0 {
			continue
		}
		layer := r.Origin(e)
		k := key{list[i], below(list[i].dir, e.Path), r.AncestorOf(layer)}
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
		f.Message = fmt.Sprintf("ships the %s cache /%s, %s", k.cache.manager, k.dir, files(len(items)))
		f.Remedy = k.cache.remedy
		if f.Inherited() {
			f.Remedy = fmt.Sprintf("inherited from %s, and deleting it here would save nothing: have it mended there (%s)", r.NameOf(k.ancestor), k.cache.remedy)
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
