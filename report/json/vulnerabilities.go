package json

import (
	"time"

	"github.com/stemma-go/stemma/report"
)

// A Scan is one report of a vulnerability scanner.
type Scan struct {
	File       string     `json:"file"`       // where it was read
	Scanner    string     `json:"scanner"`    // Trivy, Grype, Clair, OSV-Scanner
	Version    string     `json:"version"`    // of the scanner, "" if it does not say
	Made       *time.Time `json:"made"`       // when it was made, null if it does not say
	Image      string     `json:"image"`      // what it says it is of
	Same       string     `json:"same"`       // why it is of this image; "" if that is not known, or if other is not ""
	Other      string     `json:"other"`      // why it is of another image, and was read because that was asked for; "" if it is not
	Findings   int        `json:"findings"`   // how many it has, as the scanner counts them
	Suppressed int        `json:"suppressed"` // those that the scanner leaves out of its totals, on top of findings
	Again      int        `json:"again"`      // of both, those that are the same as others
	Ratings    Ratings    `json:"ratings"`    // findings by the scanner's own ratings
}

// A VEX is one document of statements that excuse vulnerabilities.
type VEX struct {
	File       string     `json:"file"`       // where it was read
	Author     string     `json:"author"`     // who makes the statements
	Made       *time.Time `json:"made"`       // when it was made, null if it does not say
	Statements int        `json:"statements"` // how many it has
	Used       int        `json:"used"`       // how many are about a vulnerability in this image
}

// Ratings count by rating.
type Ratings struct {
	Critical   int `json:"critical"`   // critical ones
	High       int `json:"high"`       // high ones
	Medium     int `json:"medium"`     // medium ones
	Low        int `json:"low"`        // low ones
	Negligible int `json:"negligible"` // negligible ones
	Unknown    int `json:"unknown"`    // those whose rating is not known, which may be any
}

// VulnerabilityCounts count an ancestor's vulnerabilities, each once for each package.
type VulnerabilityCounts struct {
	Ratings Ratings `json:"ratings"` // all but the excused ones
	Fixable int     `json:"fixable"` // of these, those for which a version without it is known
	Absent  int     `json:"absent"`  // of these, those in packages that were removed or replaced: shipped, not visible
	Hidden  int     `json:"hidden"`  // of these, those in packages whose database was deleted
	Excused int     `json:"excused"` // those that are said to do no harm here
}

// A Vulnerability is one known weakness of one package in one version.
type Vulnerability struct {
	ID        string     `json:"id"`        // its CVE number, or what the first scanner calls it
	Aliases   []string   `json:"aliases"`   // its other identifiers
	Rating    string     `json:"rating"`    // the highest that a scanner gives: critical, high, medium, low, negligible, unknown
	Title     string     `json:"title"`     // one line about it
	URL       string     `json:"url"`       // where there is more
	Fixed     []string   `json:"fixed"`     // versions without it; empty if none is known
	Status    string     `json:"status"`    // what is said of a fix: fixed, affected (there is none), under_investigation, fix_deferred, will_not_fix, end_of_life, not_affected, or "" for nothing
	Package   *int       `json:"package"`   // index in packages; null if it is not there
	Also      []int      `json:"also"`      // further packages that the finding fits as well
	Type      string     `json:"type"`      // of the package URL: deb, pypi
	Name      string     `json:"name"`      // of the package
	Version   string     `json:"version"`   // of the package, the one that has it
	PURL      string     `json:"purl"`      // package URL
	Path      string     `json:"path"`      // file that has the package; "" where a database lists it
	State     string     `json:"state"`     // present, removed or replaced (shipped, not visible), hidden (its database was deleted), "" if not known
	Layer     *int       `json:"layer"`     // layer that brought the package in this version
	Ancestor  *int       `json:"ancestor"`  // ancestor that this layer belongs to
	Join      string     `json:"join"`      // what layer rests on: purl, name (a package of packages), file (its file's layer), scanner (the scanner's word), "" if there is none
	Why       string     `json:"why"`       // why there is no package, or no layer, for it
	Excuse    *Excuse    `json:"excuse"`    // why it does no harm here; null if nobody says so
	Sightings []Sighting `json:"sightings"` // findings of the scanners that it stands for
	FixedOn   *time.Time `json:"fixedOn"`   // a day on which a version without it was there, the earliest that a scanner knows; null if none says
	Patch     *Patch     `json:"patch"`     // how far its fix has come; null if that was not looked for, or if it is excused
}

// An Excuse is a statement that a vulnerability does no harm here.
type Excuse struct {
	Status        string `json:"status"`        // not_affected, fixed, or what a scanner says that leaves it out
	Justification string `json:"justification"` // OpenVEX's label
	Says          string `json:"says"`          // what its author adds
	By            string `json:"by"`            // who says so
	File          string `json:"file"`          // where it was read
}

// A Sighting is one finding of one scanner.
type Sighting struct {
	Scan   int    `json:"scan"`   // index in scans
	ID     string `json:"id"`     // as the scanner calls it
	Rating string `json:"rating"` // the scanner's own: critical, high, medium, low, negligible, unknown
	Status string `json:"status"` // what it says of a fix: fixed, affected, under_investigation, fix_deferred, will_not_fix, end_of_life, not_affected, or "" for nothing
	Layer  *int   `json:"layer"`  // layer that the scanner names
}

func (d *Document) addVulnerabilities(r *report.Report) {
	v := r.Vulnerabilities
	if v == nil {
		return
	}
	d.Scans = each(v.Scans, func(s report.Scan) Scan {
		return Scan{File: s.File, Scanner: s.Scanner, Version: s.Version, Made: date(s.Made), Image: s.Image, Same: s.Same, Other: s.Other,
			Findings: s.Findings, Suppressed: s.Suppressed, Again: s.Again, Ratings: newRatings(s.Ratings)}
	})
	d.VEX = each(v.Exceptions, func(x report.VEX) VEX {
		return VEX{File: x.File, Author: x.Author, Made: date(x.Made), Statements: x.Statements, Used: x.Used}
	})
	d.Vulnerabilities = each(v.List, newVulnerability)
	d.addPatches(r.Patches)
}

func newVulnerability(v report.Vulnerability) Vulnerability {
	out := Vulnerability{
		ID: v.ID, Aliases: list(v.Aliases), Rating: v.Rating.String(), Title: v.Title, URL: v.URL, Fixed: list(v.Fixed), Status: string(v.Status),
		Package: index(v.Package), Also: append([]int{}, v.Also...), Type: v.Type, Name: v.Name, Version: v.Version, PURL: v.PURL, Path: v.Path,
		FixedOn: date(v.FixedOn), State: string(v.State), Layer: index(v.Layer), Ancestor: index(v.Ancestor), Join: string(v.Join), Why: v.Why,
		Sightings: each(v.Sightings, func(s report.Sighting) Sighting {
			return Sighting{s.Scan, s.ID, s.Rating.String(), string(s.Status), index(s.Layer)}
		}),
	}
	if e := v.Excuse; e != nil {
		out.Excuse = &Excuse{e.Status, e.Justification, e.Says, e.By, e.File}
	}
	return out
}

func newCounts(c report.VulnerabilityCounts) VulnerabilityCounts {
	return VulnerabilityCounts{newRatings(c.Ratings), c.Fixable, c.Absent, c.Hidden, c.Excused}
}

func newRatings(r report.Ratings) Ratings {
	return Ratings{r[report.Critical], r[report.High], r[report.Medium], r[report.Low], r[report.Negligible], r[report.Unrated]}
}
