package vulns

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/report"
)

// What is read of a vulnerability report of Clair's API, version 4
// (VulnerabilityReport of github.com/quay/claircore).
type (
	clairPackage struct {
		Name, Version, Kind, Arch string
		Source                    *struct{ Name string }
	}
	clairEnvironment struct {
		PackageDB    string `json:"package_db"`
		IntroducedIn string `json:"introduced_in"`
	}
	clairVulnerability struct {
		Name, Description, Links string
		Severity                 string `json:"normalized_severity"`
		Fixed                    string `json:"fixed_in_version"`
	}
)

func (d *Document) readClair(top object) error {
	d.scanner = "Clair"
	hash, err := field[string](top, "manifest_hash")
	if err != nil {
		return err
	}
	d.image = identity{kind: "image", name: hash, digests: []string{hash}}
	packages, err := field[map[string]clairPackage](top, "packages")
	if err != nil {
		return err
	}
	environments, err := field[map[string][]clairEnvironment](top, "environments")
	if err != nil {
		return err
	}
	known, err := field[map[string]clairVulnerability](top, "vulnerabilities")
	if err != nil {
		return err
	}
	found, err := field[map[string][]string](top, "package_vulnerabilities")
	if err != nil {
		return err
	}
	for _, list := range environments {
		for _, e := range list {
			d.image.blobs = append(d.image.blobs, e.IntroducedIn)
		}
	}
	slices.Sort(d.image.blobs)
	d.image.blobs = slices.Compact(d.image.blobs)
	for _, id := range slices.Sorted(maps.Keys(found)) {
		p, ok := packages[id]
		if !ok {
			return fmt.Errorf("package_vulnerabilities[%q]: no package has that number", clip(id))
		}
		for i, number := range found[id] {
			where := func() string { return fmt.Sprintf("package_vulnerabilities[%q][%d]", clip(id), i) }
			v, ok := known[number]
			if !ok {
				return fmt.Errorf("%s: no vulnerability has the number %q", where(), clip(number))
			}
			if err := d.add(clairFinding(p, environments[id], v), where); err != nil {
				return err
			}
		}
	}
	return nil
}

func clairFinding(p clairPackage, envs []clairEnvironment, v clairVulnerability) finding {
	f := finding{rating: ratingOf(v.Severity), title: firstLine(v.Description), pkg: pkg{name: p.Name, version: p.Version, arch: p.Arch, source: p.Kind == "source"}}
	if p.Source != nil {
		f.pkg.alsoSource = p.Source.Name
	}
	f.id, f.aliases = splitName(v.Name)
	f.url, _, _ = strings.Cut(v.Links, " ")
	if v.Fixed != "" && v.Fixed != "0" {
		f.fixed, f.status = []string{v.Fixed}, report.FixReleased
	}
	for i, e := range envs {
		if i == 0 {
			f.layer.blob = e.IntroducedIn
		}
		kind, dir, ok := strings.Cut(e.PackageDB, ":")
		if !ok { // a database of the distribution
			continue
		}
		f.pkg.kind = kindOfClair(kind)
		if dir = relative(dir); dir != "" {
			f.pkg.paths = append(f.pkg.paths, dir)
		}
	}
	return f
}

// splitName takes the identifier out of a name of Clair's ("RHSA-2021:1234: kernel
// security update (Important)", "pyup.io-25853 (CVE-2019-1234)"), and the CVE numbers that
// it names besides.
func splitName(name string) (id string, aliases []string) {
	id, rest, _ := strings.Cut(strings.TrimSpace(name), " ")
	id = strings.TrimSuffix(id, ":")
	for _, s := range cveNumbers().FindAllString(rest, -1) {
		if s != id && !slices.Contains(aliases, s) {
			aliases = append(aliases, s)
		}
	}
	return id, aliases
}

var cveNumbers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`CVE-\d{4}-\d{4,}`) })

// What is read of a report of clair-scanner, which asks a Clair up to version 2.
type clairScannerFinding struct {
	Name        string `json:"featurename"`
	Version     string `json:"featureversion"`
	ID          string `json:"vulnerability"`
	Description string `json:"description"`
	Link        string `json:"link"`
	Severity    string `json:"severity"`
	Fixed       string `json:"fixedby"`
}

func (d *Document) readClairScanner(top object) error {
	d.scanner = "Clair"
	image, err := field[string](top, "image")
	if err != nil {
		return err
	}
	d.image = identity{kind: "image", name: image, tags: []string{image}}
	list, err := field[[]clairScannerFinding](top, "vulnerabilities")
	if err != nil {
		return err
	}
	for i, v := range list {
		// Clair matched source packages then.
		f := finding{rating: ratingOf(v.Severity), title: firstLine(v.Description), url: v.Link, pkg: pkg{name: v.Name, version: v.Version, source: true}}
		f.id, f.aliases = splitName(v.ID)
		if v.Fixed != "" && v.Fixed != "None" {
			f.fixed, f.status = []string{v.Fixed}, report.FixReleased
		}
		if err := d.add(f, func() string { return fmt.Sprintf("vulnerabilities[%d]", i) }); err != nil {
			return err
		}
	}
	return nil
}
