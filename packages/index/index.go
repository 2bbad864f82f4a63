package index

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/packages"
)

// A System says whose packages are meant, in the words of os-release(5).
type System struct {
	ID        string // "debian", "ubuntu", "alpine"
	VersionID string // "12", "24.04", "3.19.1"
	Codename  string // "bookworm"; Alpine has none
	// Arch is the architecture as the package system writes it: "amd64", "x86_64". It says
	// which index a server is asked for.
	Arch string
}

// Options say how to read. nil and the zero value are the defaults.
type Options struct {
	// Client sends the requests; nil is http.DefaultClient.
	Client *http.Client
}

// Errors of [Open]. Any other is of the file, the directory or the server.
var (
	// ErrSystem: there is no reader for the indexes of the distribution, or too little is
	// known of which release it is.
	ErrSystem = errors.New("no index of packages can be read")
	// ErrNone: no place has an index of the release.
	ErrNone = errors.New("no index of packages")
)

// An Index has the versions of packages that a release of a distribution offers. Its methods
// may be called at the same time.
type Index struct {
	of    System
	parts []part
	// offers are the versions by name and architecture, and sources those of which only the
	// source is known to have them, by the source's name.
	offers, sources map[key][]offer
	count           int
}

// A part is one suite, repository or branch of the archive.
type part struct {
	name string
	date time.Time // zero if it does not say
}

type key struct{ name, arch string }

// An offer is a version in a part.
type offer struct {
	version, source, sourceVersion string
	built                          int64 // seconds; 0 if not known
	part                           int
}

// Open reads all indexes of a system's release at the given places, directories and URLs.
// Files that are of another release are passed over. Its error says which file is wrong, and
// where; or it is ErrSystem or ErrNone, with the reason.
func Open(ctx context.Context, of System, places []string, opts *Options) (*Index, error) {
	if opts == nil {
		opts = &Options{}
	}
	form, err := formOf(of)
	if err != nil {
		return nil, err
	}
	x := &Index{of: of, offers: map[key][]offer{}, sources: map[key][]offer{}}
	l := &loader{index: x, form: form, client: opts.Client, parts: map[string]int{}}
	for _, place := range places {
		read := l.directory
		if isURL(place) {
			read = l.mirror
		}
		if err := read(ctx, place); err != nil {
			return nil, err
		}
	}
	if len(x.parts) == 0 {
		return nil, fmt.Errorf("%w of %s in %s%s", ErrNone, of, strings.Join(shown(places), ", "), l.others())
	}
	return x, nil
}

// String is the release in a few words: "debian bookworm", "alpine 3.19.1".
func (s System) String() string {
	release := s.Codename
	if release == "" {
		release = s.VersionID
	}
	return strings.TrimSpace(s.ID + " " + release)
}

// String names the distribution and the parts that were read: "debian: bookworm,
// bookworm-security".
func (x *Index) String() string {
	var names []string
	for _, p := range x.parts {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return x.of.ID + ": " + strings.Join(slices.Compact(names), ", ")
}

// Day is the day of the newest part that says when it was made; zero if none does.
func (x *Index) Day() time.Time {
	var newest time.Time
	for _, p := range x.parts {
		if p.date.After(newest) {
			newest = p.date
		}
	}
	return newest
}

// Len is the number of versions in the index, of all packages, architectures and parts.
func (x *Index) Len() int { return x.count }

// Versions returns the versions that the release offers of a package, from each part that has
// it the newest. The package is looked for by its name and architecture. Without an
// architecture those of all are returned. Where there is none of that name, what the index has
// of the source of that name, or of the package's own source, is returned without a Version.
func (x *Index) Versions(p *packages.Package) []packages.Available {
	if p.Type != x.kind() {
		return nil
	}
	list := x.find(x.offers, p.Name, p.Arch)
	if len(list) > 0 {
		return x.available(list, true)
	}
	for _, name := range []string{p.Source, p.Name} {
		if list := x.find(x.sources, name, ""); name != "" && len(list) > 0 {
			return x.available(list, false)
		}
	}
	return nil
}

func (x *Index) kind() string {
	if x.of.ID == "alpine" {
		return "apk"
	}
	return "deb"
}

// find returns what there is of a name, for an architecture and for all of them.
func (x *Index) find(in map[key][]offer, name, arch string) []offer {
	list := in[key{name, arch}]
	for _, every := range []string{"all", "noarch"} {
		if arch != every {
			list = append(slices.Clip(list), in[key{name, every}]...)
		}
	}
	if len(list) == 0 && (arch == "all" || arch == "noarch") { // it may have come to have one
		list = in[key{name, x.of.Arch}]
	}
	return list
}

func (x *Index) available(list []offer, binary bool) []packages.Available {
	out := make([]packages.Available, 0, len(list))
	for _, o := range list {
		a := packages.Available{Source: o.source, SourceVersion: o.sourceVersion, By: x.parts[o.part].date, Index: x.parts[o.part].name}
		if binary {
			a.Version = o.version
		}
		if o.built > 0 {
			a.Built = time.Unix(o.built, 0).UTC()
		}
		out = append(out, a)
	}
	return out
}

// add takes one version. Of the versions of one part the newest counts.
func (x *Index) add(name, arch string, o offer) error {
	if x.count++; x.count > maxPackages {
		return fmt.Errorf("more than %d packages", maxPackages)
	}
	e := packages.EcosystemOf(x.kind())
	put(x.offers, key{name, arch}, o, func(a, b offer) bool { return newer(e, a.version, b.version) })
	put(x.sources, key{o.source, ""}, o, func(a, b offer) bool { return newer(e, a.sourceVersion, b.sourceVersion) })
	return nil
}

// newer reports whether a is newer than b; what cannot be compared is not.
func newer(e packages.Ecosystem, a, b string) bool {
	if a == b {
		return false
	}
	c, ok := e.Compare(a, b)
	return ok && c > 0
}

func put(in map[key][]offer, k key, o offer, newer func(a, b offer) bool) {
	list := in[k]
	for i := range list {
		if list[i].part == o.part {
			if newer(o, list[i]) {
				list[i] = o
			}
			return
		}
	}
	in[k] = append(list, o)
}
