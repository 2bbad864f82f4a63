package patch

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// How much older than a build the packages may be that it has. The roots of distributions
// are made of a snapshot of the archive, and their tags follow some days later.
const (
	afterBuild = 24 * time.Hour     // of one whose own day is known
	afterTag   = 7 * 24 * time.Hour // of one of which it is known when a tag came to it
)

// A link is what is known of the newest build of an ancestor.
type link struct {
	name  string
	build *Build // nil if Rebuilds know none
	// newer holds the packages of that build by type and name; nil if they are not known.
	newer map[packageKey][]*packages.Package
	// sources holds them by the name of their source, archs their architectures, and listed
	// the types whose database is there, so that what it does not list is absent.
	sources map[packageKey][]*packages.Package
	archs   map[string]bool
	listed  map[string]bool
	// from and to are the days between which the newest build was made; zero for not known.
	from, to time.Time
	slack    time.Duration
	// same is true if the newest build is the one that the image stands on.
	same bool
	why  string // why from is not known
}

type packageKey struct{ kind, name string }

func newLink(r *report.Report, i int, rebuilds Rebuilds) link {
	a := r.Ancestors[i]
	l := link{name: r.NameOf(i), slack: afterTag}
	if rebuilds != nil && i > 0 {
		if b, ok := rebuilds.Newest(r, i); ok {
			l.take(r, i, b)
			return l
		}
	}
	switch s := a.Standing; {
	case a.Confidence == ancestry.Unknown:
		l.why = "its name is not known"
	case s == nil:
		l.why = "nothing that is known here follows its tags"
	case s.Newer:
		l.why = "it is newer than what follows its tags, which is of " + day(s.AsOf)
	default:
		l.takeStanding(s)
	}
	return l
}

// take takes the build of today.
func (l *link) take(r *report.Report, i int, b Build) {
	l.build, l.from, l.to, l.slack = &b, b.Built, b.Built, afterBuild
	if b.Built.IsZero() {
		l.why = "the date of its newest build is not known"
	}
	if ours, _ := r.Built(i); !ours.IsZero() && ours.Equal(b.Built) {
		l.same = true
	}
	if b.Report == nil || !b.Report.PackagesKnown() {
		return
	}
	l.newer, l.sources = map[packageKey][]*packages.Package{}, map[packageKey][]*packages.Package{}
	l.archs, l.listed = map[string]bool{}, map[string]bool{}
	hidden := map[string]bool{}
	for j := range b.Report.Inventory.Packages {
		p := &b.Report.Inventory.Packages[j]
		k := packageKey{p.Type, p.Name}
		l.newer[k] = append(l.newer[k], p)
		k.name = sourceName(p)
		l.sources[k] = append(l.sources[k], p)
		l.archs[p.Arch] = true
		switch p.State {
		case packages.Present:
			l.listed[p.Type] = true
		case packages.Hidden:
			hidden[p.Type] = true
		}
	}
	for kind := range hidden {
		l.listed[kind] = false
	}
}

// takeStanding takes what a catalogue knows of the days of its tags.
func (l *link) takeStanding(s *ancestry.Standing) {
	if s.Superseded != nil {
		l.from = s.Superseded.On
		if s.Superseded.Now == "" {
			l.to = s.Superseded.Until
		}
	}
	if !s.Abandoned.IsZero() {
		l.to = s.Abandoned
	}
	switch {
	case !l.from.IsZero():
	case s.NotKnown.Superseded != "":
		l.why = s.NotKnown.Superseded
	default:
		l.why = "a build of the same Dockerfile leaves no trace in what follows its tags"
	}
}

// A finding is an answer with what it rests on.
type finding struct {
	answer answer
	day    time.Time // of the build that has the fix; zero if it is told by packages
	says   string
}

// content asks the packages of the newest build.
func (l *link) content(r *report.Report, v *report.Vulnerability, f fix) finding {
	if l.newer == nil || v.Package < 0 || r.Inventory == nil || v.Package >= len(r.Inventory.Packages) {
		return finding{}
	}
	ours := &r.Inventory.Packages[v.Package]
	if f.in(sourceVersion(ours, v.Version)) != no {
		return finding{} // the two versions are not of one kind
	}
	if why := l.incomparable(r, ours); why != "" {
		return finding{says: why}
	}
	has := l.ask(l.newer[packageKey{ours.Type, ours.Name}], ours, v, f)
	if has.says == "" && isSystem(ours.Type) { // it may have another name by now
		has = l.ask(l.sources[packageKey{ours.Type, sourceName(ours)}], ours, v, f)
	}
	switch {
	case has.says != "":
		return has
	case l.build.Report.Partial, isSystem(ours.Type) && !l.listed[ours.Type]:
		return finding{}
	}
	return finding{answer: yes, day: l.from, says: fmt.Sprintf("today's %s does not have the package", l.name)}
}

// ask asks packages of the newest build whether they have the fix. It says nothing if the
// build ships none of them.
func (l *link) ask(list []*packages.Package, ours *packages.Package, v *report.Vulnerability, f fix) finding {
	has := finding{}
	for _, p := range list {
		if p.Arch != ours.Arch && !everyArch(p.Arch) && !everyArch(ours.Arch) {
			continue
		}
		name := ""
		if p.Name != ours.Name {
			name = p.Name + " "
		}
		for _, version := range shipped(p, v.Absent()) {
			switch f.in(sourceVersion(p, version)) {
			case no:
				return finding{answer: no, says: fmt.Sprintf("today's %s still has %s%s", l.name, name, version)}
			case unknown:
				has = finding{says: fmt.Sprintf("the version of today's %s, %s%s, cannot be compared", l.name, name, version)}
			case yes:
				if has.says == "" {
					has = finding{answer: yes, day: l.from, says: fmt.Sprintf("today's %s has %s%s", l.name, name, version)}
				}
			}
		}
	}
	return has
}

// incomparable says why the versions of the newest build cannot be compared with those of the
// image; "" if they can.
func (l *link) incomparable(r *report.Report, ours *packages.Package) string {
	if !everyArch(ours.Arch) && !l.archs[ours.Arch] {
		return fmt.Sprintf("today's %s was read for another platform", l.name)
	}
	if !isSystem(ours.Type) {
		return ""
	}
	was, is := releaseOf(Distribution(r)), releaseOf(Distribution(l.build.Report))
	switch {
	case was == "" || is == "":
		return fmt.Sprintf("of which release of a distribution today's %s or the image is, is not known", l.name)
	case was != is:
		return fmt.Sprintf("today's %s is %s and the image %s: versions of two releases are not compared", l.name, is, was)
	}
	return ""
}

// releaseOf names a release of a distribution, within which versions of packages can be
// compared: "debian 12", "alpine 3.19". "" if it is not known.
func releaseOf(d ancestry.Distro) string {
	version := d.VersionID
	numbers := strings.SplitN(version, ".", 3)
	switch d.ID {
	case "":
		return ""
	case "alpine":
		version = strings.Join(numbers[:min(2, len(numbers))], ".")
		if strings.Contains(d.VersionID, "_alpha") {
			version = "edge"
		}
	case "rhel", "centos", "rocky", "almalinux", "ol":
		version = numbers[0]
	case "arch":
		version = "rolling" // its VERSION_ID is the day of the image
	}
	if version = cmp.Or(version, d.Codename); version == "" {
		return ""
	}
	return d.ID + " " + version
}

// everyArch reports whether packages of an architecture are those of all, or have none.
func everyArch(arch string) bool {
	return arch == "" || arch == "all" || arch == "noarch" || arch == "any"
}

func sourceName(p *packages.Package) string { return cmp.Or(p.Source, p.Name) }

// shipped are the versions of a package that an image has: the one that is seen, or, for a
// vulnerability of one that is not, all that its layers ship.
func shipped(p *packages.Package, all bool) []string {
	switch {
	case all:
		var list []string
		for _, e := range p.Events {
			if e.To != "" {
				list = append(list, e.To)
			}
		}
		return list
	case p.State == packages.Present, p.State == packages.Hidden: // nothing lists it, its files may be there
		return []string{p.Version}
	}
	return nil
}

// sourceVersion returns the version of the source of a package in a version of its own, by
// which distributions say what fixes a vulnerability. Its package URL has the last version's
// where the two differ: "upstream=gcc-defaults@1.203".
func sourceVersion(p *packages.Package, version string) string {
	if version != p.Version {
		return version
	}
	_, query, _ := strings.Cut(p.PURL, "?")
	query, _, _ = strings.Cut(query, "#")
	values, err := url.ParseQuery(query)
	if err != nil {
		return version
	}
	if _, source, ok := strings.Cut(values.Get("upstream"), "@"); ok && source != "" {
		return source
	}
	return version
}

// byDays compares the days of the newest build and of the fix. below is the day of the build
// below it that has the fix, zero for the first link.
func (l *link) byDays(f fix, below time.Time) finding {
	switch {
	case l.same:
		return finding{answer: no, says: fmt.Sprintf("the newest %s is the one that the image stands on, of %s", l.name, day(l.from))}
	case !l.to.IsZero() && !f.notBefore.IsZero() && l.to.Add(afterBuild).Before(f.notBefore):
		return finding{answer: no, says: fmt.Sprintf("%s was last built on %s, and the fix on %s", l.name, day(l.to), day(f.notBefore))}
	case l.from.IsZero():
		return finding{says: fmt.Sprintf("whether %s was rebuilt since: %s", l.name, l.why)}
	case f.chosen:
		return finding{says: fmt.Sprintf("whether %s, rebuilt on %s, has the fix: its Dockerfile chooses the version", l.name, day(l.from))}
	case f.by.IsZero():
		return finding{says: fmt.Sprintf("whether %s, rebuilt on %s, has the fix: nothing says on which day the fix was published", l.name, day(l.from))}
	case l.from.Add(-l.slack).Before(f.by):
		return finding{says: fmt.Sprintf("whether %s has the fix: it was rebuilt on %s, and the fix is known to be there since %s, perhaps earlier", l.name, day(l.from), day(f.by))}
	case !below.IsZero() && l.from.Add(-l.slack).Before(below):
		return finding{says: fmt.Sprintf("whether %s has the fix: it was rebuilt on %s, and what it stands on on %s", l.name, day(l.from), day(below))}
	}
	return finding{answer: yes, day: l.from, says: fmt.Sprintf("%s was rebuilt on %s, the fix was there on %s", l.name, day(l.from), day(f.by))}
}
