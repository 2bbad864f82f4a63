package vulns

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// What is read of OSV-Scanner's JSON (pkg/models of github.com/google/osv-scanner), with
// the vulnerabilities in OSV's format.
type (
	osvResult struct {
		Source   struct{ Path, Type string }
		Packages []osvPackage
	}
	osvPackage struct {
		Package struct {
			Name, Version, Ecosystem string
			OSName                   string                `json:"os_package_name"`
			Origin                   *struct{ Index *int } `json:"image_origin_details"`
		}
		Vulnerabilities []osvVulnerability
		Groups          []struct {
			IDs, Aliases []string
			MaxSeverity  string                                         `json:"max_severity"`
			Analysis     map[string]struct{ Called, Unimportant *bool } `json:"experimental_analysis"`
		}
	}
	osvVulnerability struct {
		ID       string
		Aliases  []string
		Upstream []string
		Summary  string
		Details  string
		Affected []osvAffected
		Database struct{ Severity string } `json:"database_specific"`
	}
	osvAffected struct {
		Package struct{ Ecosystem, Name string }
		Ranges  []struct {
			Type   string
			Events []struct{ Fixed string }
		}
	}
	osvImage struct {
		Layers []struct {
			DiffID string `json:"diff_id"`
		} `json:"layer_metadata"`
	}
)

func (d *Document) readOSV(top object) error {
	d.scanner = "OSV-Scanner"
	image, err := field[*osvImage](top, "image_metadata")
	if err != nil {
		return err
	}
	if image != nil {
		d.image.kind = "image"
		for _, l := range image.Layers {
			d.image.entries = append(d.image.entries, l.DiffID)
			if l.DiffID != "" {
				d.image.diffIDs = append(d.image.diffIDs, l.DiffID)
			}
		}
	}
	results, err := field[[]osvResult](top, "results")
	if err != nil {
		return err
	}
	for i := range results {
		for j := range results[i].Packages {
			for k, f := range results[i].Packages[j].findings(results[i].Source.Path) {
				where := func() string { return fmt.Sprintf("results[%d].packages[%d], vulnerability %d", i, j, k) }
				if err := d.add(f, where); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// findings returns one for each group of vulnerabilities that the scanner holds to be the
// same, as it counts them itself; one for each vulnerability where there are no groups.
func (p *osvPackage) findings(source string) []finding {
	kind := kindOfOSV(p.Package.Ecosystem)
	base := finding{pkg: pkg{kind: kind, name: p.Package.Name, version: p.Package.Version}}
	if listedByDatabase(kind) {
		base.pkg.source, base.pkg.alsoSource = p.Package.OSName == "", p.Package.Name
		if p.Package.OSName != "" {
			base.pkg.name = p.Package.OSName
		}
	} else if source != "" {
		base.pkg.paths = []string{relative(source)}
	}
	if o := p.Package.Origin; o != nil && o.Index != nil && *o.Index >= 0 {
		base.layer.entry = *o.Index + 1
	}
	byID := map[string]*osvVulnerability{}
	for i := range p.Vulnerabilities {
		byID[p.Vulnerabilities[i].ID] = &p.Vulnerabilities[i]
	}
	var list []finding
	grouped := map[string]bool{}
	for _, g := range p.Groups {
		f := base
		ids := slices.Clone(g.IDs)
		if len(ids) == 0 {
			continue
		}
		f.id = ids[0]
		f.aliases = append(ids[1:], g.Aliases...)
		f.rating = ratingOfScore(g.MaxSeverity)
		for _, id := range g.IDs {
			grouped[id] = true
			if v := byID[id]; v != nil {
				f.take(p, v)
			}
		}
		unimportant := len(g.Analysis) > 0
		for _, a := range g.Analysis {
			unimportant = unimportant && (a.Unimportant != nil && *a.Unimportant || a.Called != nil && !*a.Called)
		}
		if unimportant {
			f.excuse = &report.Excuse{Status: "ignored", Says: "it calls it uncalled or unimportant", By: "OSV-Scanner"}
		}
		list = append(list, f)
	}
	for i := range p.Vulnerabilities {
		if v := &p.Vulnerabilities[i]; !grouped[v.ID] {
			f := base
			f.id = v.ID
			f.take(p, v)
			list = append(list, f)
		}
	}
	return list
}

// take adds to a finding what a vulnerability of its group says.
func (f *finding) take(p *osvPackage, v *osvVulnerability) {
	for _, id := range slices.Concat(v.Aliases, v.Upstream) {
		if id != f.id && !slices.Contains(f.aliases, id) {
			f.aliases = append(f.aliases, id)
		}
	}
	if f.rating == report.Unrated {
		f.rating = ratingOf(v.Database.Severity)
	}
	if f.title == "" {
		f.title = firstLine(v.Summary)
		if f.title == "" {
			f.title = firstLine(v.Details)
		}
		f.url = "https://osv.dev/vulnerability/" + f.id
	}
	for _, fixed := range p.fixedIn(v) {
		if !slices.Contains(f.fixed, fixed) {
			f.fixed, f.status = append(f.fixed, fixed), report.FixReleased
		}
	}
}

// fixedIn returns the versions in which a vulnerability is fixed, for this package: those
// that are younger than the one that is installed, where the order is known.
func (p *osvPackage) fixedIn(v *osvVulnerability) []string {
	var fixed []string
	system := packages.EcosystemOf(syftTypeOf(kindOfOSV(p.Package.Ecosystem)))
	for _, a := range v.Affected {
		// A release may be more exact on one side: "Ubuntu:22.04:LTS", "Ubuntu:22.04".
		theirs, ours := a.Package.Ecosystem+":", p.Package.Ecosystem+":"
		if a.Package.Name != p.Package.Name || !strings.HasPrefix(theirs, ours) && !strings.HasPrefix(ours, theirs) {
			continue
		}
		for _, r := range a.Ranges {
			if r.Type == "GIT" {
				continue
			}
			for _, e := range r.Events {
				if e.Fixed == "" {
					continue
				}
				if order, ok := system.Compare(e.Fixed, p.Package.Version); !ok || order > 0 {
					fixed = append(fixed, e.Fixed)
				}
			}
		}
	}
	return fixed
}

// ratingOfScore is the rating of a CVSS score, as CVSS 3 and 4 define it: "9.8" is
// critical.
func ratingOfScore(s string) report.Rating {
	score, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	switch {
	case err != nil || !(score > 0):
		return report.Unrated
	case score < 4:
		return report.Low
	case score < 7:
		return report.Medium
	case score < 9:
		return report.High
	}
	return report.Critical
}
