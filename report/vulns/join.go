package vulns

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// Options say how to join. nil and the zero value are the defaults.
type Options struct {
	// OtherImage joins reports of other images, too. Scan.Other then says which they are.
	OtherImage bool
	// Config is the configuration of the image, for its diffIDs. nil is that of the report's
	// index, if there is one. Without either, a scanner's layer can be told if the scanner's
	// report has the configuration, with the same history.
	Config *v1.ConfigFile
	// ConfigDigest is the configuration's digest, to compare images by; zero if it is not
	// known.
	ConfigDigest v1.Hash
	// IndexDigest is the digest of the index from which the image was taken, zero if there is
	// none: a report that names the index is not refused as one of another image.
	IndexDigest v1.Hash
}

// An Image is what tells an image from others; v1.Image has it.
type Image interface {
	ConfigFile() (*v1.ConfigFile, error)
	ConfigName() (v1.Hash, error)
}

// OptionsOf returns the options with what tells the image from others: its configuration, and
// the digest of that. Its error is the image's.
func OptionsOf(img Image) (*Options, error) {
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	digest, err := img.ConfigName()
	if err != nil {
		return nil, err
	}
	return &Options{Config: config, ConfigDigest: digest}, nil
}

// Join joins the findings of scanners' reports to the packages, layers and ancestors of a
// report, and marks those that the VEX documents excuse. It changes neither; the result is
// for Report.Vulnerabilities:
//
//	r.Vulnerabilities, err = vulns.Join(r, docs, nil)
//
// Its error is [ErrOtherImage], with the file and the reason.
func Join(r *report.Report, docs []*Document, opts *Options) (*report.Vulnerabilities, error) {
	if opts == nil {
		opts = &Options{}
	}
	t := newTarget(r, opts)
	j := &joiner{target: t, lookup: newLookup(r), out: &report.Vulnerabilities{}, at: map[subject][]int{}, seen: map[vulnerabilityKey]int{}}
	var exceptions []*Document
	for _, d := range docs {
		if d.vex != nil {
			exceptions = append(exceptions, d)
			continue
		}
		same, other := t.compare(d.image)
		if other != "" && !opts.OtherImage {
			return nil, fmt.Errorf("%s: %w: %s", d.file, ErrOtherImage, other)
		}
		j.addScan(d, same, other)
	}
	j.foldAdvisories()
	j.excuse(exceptions)
	slices.SortStableFunc(j.out.List, compareVulnerabilities)
	return j.out, nil
}

// A joiner makes the list.
type joiner struct {
	*target
	*lookup
	out *report.Vulnerabilities
	// at has, for each package in one version, its vulnerabilities, as indexes in out.List.
	at   map[subject][]int
	seen map[vulnerabilityKey]int // likewise
}

// A vulnerabilityKey is what counts once.
type vulnerabilityKey struct {
	subject
	id string
}

// A subject is a package in one version, or what the scanner calls one.
type subject struct {
	index                     int
	kind, name, version, path string
}

func (v *joiner) addScan(d *Document, same, other string) {
	scan := report.Scan{File: d.file, Scanner: d.scanner, Version: d.version, Made: d.made, Image: d.image.name, Same: same, Other: other}
	number := len(v.out.Scans)
	for i := range d.findings {
		f := &d.findings[i]
		if f.excuse == nil {
			scan.Findings++
			scan.Ratings[f.rating]++
		} else {
			scan.Suppressed++
		}
		layer, why := v.layerOf(f.layer, d.image)
		w := v.join(f, layer, why)
		s := report.Sighting{Scan: number, ID: f.id, Rating: f.rating, Status: f.status, Layer: layer}
		if v.add(w, s, d) {
			scan.Again++
		}
	}
	v.out.Scans = append(v.out.Scans, scan)
}

// join finds the package and the layer of a finding. layer is the scanner's word, and why
// says why there is none.
func (v *joiner) join(f *finding, layer int, why string) report.Vulnerability {
	w := report.Vulnerability{
		ID: f.id, Aliases: f.aliases, Rating: f.rating, Title: f.title, URL: f.url, Fixed: f.fixed, FixedOn: f.fixedOn, Status: f.status, Excuse: f.excuse,
		Package: -1, Type: f.pkg.kind, Name: f.pkg.name, Version: f.pkg.version, PURL: f.pkg.purl, Layer: layers.None, Ancestor: -1,
	}
	if len(f.pkg.paths) > 0 && !listedByDatabase(f.pkg.kind) {
		w.Path = f.pkg.paths[0]
	}
	if key, _, ok := parsePURL(f.pkg.purl); ok {
		w.Type = key.kind
	}
	r := v.target.report
	if !r.PackagesKnown() {
		w.Layer, w.Why = layer, why
		if layer != layers.None {
			w.Join = report.JoinScanner
		}
		w.Ancestor = r.AncestorOf(w.Layer)
		return w
	}
	fit, by, why := v.find(&f.pkg)
	if fit != nil {
		v.take(&w, fit, by)
	} else {
		v.takeFile(&w, f, why)
	}
	w.Ancestor = r.AncestorOf(w.Layer)
	return w
}

// take takes the facts of the inventory's packages that a finding fits: the first is meant.
func (v *joiner) take(w *report.Vulnerability, fit []candidate, by report.Join) {
	p := &v.target.report.Inventory.Packages[fit[0].index]
	key := ourName(p)
	w.Package, w.Join, w.Layer, w.State = fit[0].index, by, fit[0].layer, fit[0].state
	w.Type, w.Name, w.Version, w.Path = key.kind, p.Name, fit[0].version, ""
	if w.State != report.Replaced {
		w.PURL = p.PURL // that of the last version
	}
	if !listedByDatabase(key.kind) && len(p.Locations) > 0 {
		w.Path = p.Locations[0].Path
	}
	for _, c := range fit[1:] {
		if c.index != w.Package {
			w.Also = append(w.Also, c.index)
		}
	}
	if w.Layer == layers.None {
		w.Join, w.Why = report.JoinNone, "the inventory does not say which layer brought the package"
	}
}

// takeFile takes the layer of the file that a scanner found a package in, for one that the
// inventory lacks. why says that it does.
func (v *joiner) takeFile(w *report.Vulnerability, f *finding, why string) {
	w.Why = why
	for _, p := range f.pkg.paths {
		file := v.file(p)
		if file == "" {
			continue
		}
		x := v.target.report.Index
		e, ok := x.Lookup(x.Top(), file)
		if !ok {
			continue
		}
		w.Layer, w.Join, w.Path = v.target.report.Origin(e), report.JoinFile, p
		return
	}
}

// add puts a vulnerability into the list, or the sighting to one that is there, and reports
// whether one was.
func (v *joiner) add(w report.Vulnerability, s report.Sighting, d *Document) (again bool) {
	if w.Excuse != nil && w.Excuse.File == "" {
		e := *w.Excuse
		e.File = d.file
		w.Excuse = &e
	}
	w.ID, w.Aliases = names(w.ID, w.Aliases)
	w.Sightings = []report.Sighting{s}
	on := subject{index: w.Package, version: w.Version}
	if w.Package < 0 {
		on = subject{-1, w.Type, w.Name, w.Version, w.Path}
	}
	if i, ok := v.seen[vulnerabilityKey{on, w.ID}]; ok {
		merge(&v.out.List[i], &w)
		return true
	}
	v.seen[vulnerabilityKey{on, w.ID}] = len(v.out.List)
	v.at[on] = append(v.at[on], len(v.out.List))
	v.out.List = append(v.out.List, w)
	return false
}

// names chooses the identifier of a vulnerability: its CVE number, if it has exactly one. An
// advisory that covers several keeps its own.
func names(id string, aliases []string) (string, []string) {
	all := append([]string{id}, aliases...)
	slices.Sort(all)
	all = slices.Compact(all)
	cve := ""
	if !isCVE(id) {
		for _, a := range all {
			switch {
			case !isCVE(a):
			case cve == "":
				cve = a
			default:
				cve = id // a second one
			}
		}
	}
	id = orElse(cve, id)
	all = slices.DeleteFunc(all, func(s string) bool { return s == id || s == "" })
	if len(all) == 0 {
		all = nil
	}
	return id, all
}

func isCVE(s string) bool { return strings.HasPrefix(s, "CVE-") }

// merge adds what another finding of the same vulnerability says. An excuse holds, although a
// scanner that was not told of it reports the vulnerability.
func merge(v, w *report.Vulnerability) {
	v.Sightings = append(v.Sightings, w.Sightings...)
	v.Rating = max(v.Rating, w.Rating)
	var more []string
	for _, id := range append([]string{w.ID}, w.Aliases...) {
		if id != v.ID && !isCVE(id) && len(v.Aliases)+len(more) < maxEach && !slices.Contains(v.Aliases, id) {
			more = append(more, id)
		}
	}
	if more != nil {
		v.Aliases = slices.Compact(slices.Sorted(slices.Values(slices.Concat(v.Aliases, more))))
	}
	for _, s := range w.Fixed {
		if len(v.Fixed) < maxEach && !slices.Contains(v.Fixed, s) {
			v.Fixed = append(slices.Clip(v.Fixed), s)
		}
	}
	if !w.FixedOn.IsZero() && (v.FixedOn.IsZero() || w.FixedOn.Before(v.FixedOn)) {
		v.FixedOn = w.FixedOn
	}
	v.Title, v.URL = orElse(v.Title, w.Title), orElse(v.URL, w.URL)
	if v.Status == report.FixNotKnown || w.Status == report.FixReleased {
		v.Status = cmp.Or(w.Status, v.Status)
	}
	if v.Excuse == nil {
		v.Excuse = w.Excuse
	}
	for _, i := range w.Also {
		if i != v.Package && !slices.Contains(v.Also, i) {
			v.Also = append(v.Also, i)
		}
	}
}

// foldAdvisories merges advisories that cover several vulnerabilities (DSA, RHSA) into the
// first of these, where all that they cover are on the package under their own identifiers.
func (v *joiner) foldAdvisories() {
	gone := map[int]bool{}
	for _, list := range v.at {
		if len(list) < 2 {
			continue
		}
		ids := map[string]int{}       // by identifier
		covered := map[string][]int{} // by alias
		for _, i := range list {
			ids[v.out.List[i].ID] = i
			for _, a := range v.out.List[i].Aliases {
				covered[a] = append(covered[a], i)
			}
		}
		for _, i := range list {
			w := &v.out.List[i]
			if isCVE(w.ID) {
				continue
			}
			if into, ok := covering(w, i, ids, covered); ok && !gone[into] {
				w.Excuse = nil // it excuses the advisory, and the others were reported on their own
				merge(&v.out.List[into], w)
				v.out.Scans[w.Sightings[0].Scan].Again++ // the others were counted already
				gone[i] = true
			}
		}
	}
	if len(gone) == 0 {
		return
	}
	kept := v.out.List[:0]
	for i, w := range v.out.List {
		if !gone[i] {
			kept = append(kept, w)
		}
	}
	v.out.List = kept
}

// covering returns the vulnerability that an advisory says nothing new about.
func covering(w *report.Vulnerability, self int, ids map[string]int, covered map[string][]int) (int, bool) {
	if list := covered[w.ID]; len(list) > 0 && list[0] != self {
		return list[0], true
	}
	into, all := -1, true
	for _, a := range w.Aliases {
		if !isCVE(a) {
			continue
		}
		i, ok := ids[a]
		all = all && ok
		if ok && (into < 0 || i < into) {
			into = i
		}
	}
	return into, all && into >= 0
}

// compareVulnerabilities is the order of the list.
func compareVulnerabilities(a, b report.Vulnerability) int {
	unknownLast := func(i int) int {
		if i < 0 {
			return int(^uint(0) >> 1)
		}
		return i
	}
	return cmp.Or(
		cmp.Compare(b.Rating, a.Rating), cmp.Compare(unknownLast(a.Ancestor), unknownLast(b.Ancestor)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Path, b.Path), cmp.Compare(a.Package, b.Package), cmp.Compare(a.ID, b.ID))
}
