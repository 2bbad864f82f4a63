package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/stemma-go/stemma/packages"
)

// Vulnerabilities are what vulnerability scanners found in the image, each joined to the
// package, the layer and the ancestor that brought it. Package report/vulns makes them of
// the scanners' reports.
type Vulnerabilities struct {
	// Scans are the scanners' reports, in the order in which they were given.
	Scans []Scan
	// Exceptions are the VEX documents, likewise.
	Exceptions []VEX
	// List has each vulnerability of each package once, whatever number of scanners
	// found it: those of the highest rating first, then by ancestor (youngest first,
	// unknown last), package and ID.
	List []Vulnerability
}

// A Scan is one report of a scanner. The findings that it has are all in
// Vulnerabilities.List: the sightings of a scan are Findings + Suppressed.
type Scan struct {
	File    string // where it was read
	Scanner string // "Trivy", "Grype", "Clair", "OSV-Scanner"
	Version string // of the scanner, "" if the report does not say
	// Made is when the report was made; zero if it does not say.
	Made time.Time
	// Image is what it says it is of: a name or a digest. It may be "".
	Image string
	// Same says why it is of this image: "the same layers". "" if the report does not say
	// what could be compared, or if Other says that it is of another.
	Same string
	// Other says why it is of another image, and was read nevertheless, because that was
	// asked for; "" otherwise.
	Other string
	// Findings is how many the scanner reports. Suppressed ones, which the scanner itself
	// leaves out of its totals, come on top.
	Findings, Suppressed int
	// Ratings are the findings by the scanner's own ratings.
	Ratings Ratings
	// Again is how many of its findings and suppressed ones were already there, on the same
	// package: from an earlier scan, or under another ID in the same one.
	Again int
}

// A VEX is one document of statements about vulnerabilities (Vulnerability
// Exploitability eXchange).
type VEX struct {
	File, Author string
	Made         time.Time // zero if it does not say
	// Statements is how many it has, and Used how many are about something in the image.
	Statements, Used int
}

// A Vulnerability is one known weakness of one package in one version.
type Vulnerability struct {
	// ID is its CVE number if it has one, and else what the first scanner calls it.
	ID string
	// Aliases are its other identifiers, sorted: GHSA, DSA, RHSA. An advisory may cover
	// several vulnerabilities.
	Aliases []string
	// Rating is the highest that a scanner gives.
	Rating Rating
	// Title is one line about it, URL where there is more; "" if no scanner says.
	Title, URL string
	// Fixed are the versions that no longer have it, as the scanners write them; nil if
	// none is known.
	Fixed []string
	// FixedOn is a day on which a version without it was there, the earliest that a scanner
	// knows; zero if none says. Grype does.
	FixedOn time.Time
	// Status is what the scanners say of a fix.
	Status FixStatus

	// Package is the index in Inventory.Packages, -1 if none was found.
	Package int
	// Also are further packages of the inventory that the finding fits as well: the
	// scanner does not say which copy it means. It counts for Package alone.
	Also []int
	// Type (of package URLs: "deb", "pypi"), Name, Version and PURL are those of the
	// package, Path the file that has it, "" where a database lists it. Where Package is
	// -1, they are what the scanner says.
	Type, Name, Version, PURL, Path string
	// State is what became of the package in this version: packages.Present, Gone,
	// Hidden, or Replaced. "" if it is not known.
	State packages.State
	// Layer is the layer that brought the package in this version, layers.None if it is
	// not known; Ancestor is the one that the layer belongs to, -1 likewise.
	Layer, Ancestor int
	// Join says what Layer rests on.
	Join Join
	// Why says why there is no package or no layer for it, in a sentence without a full
	// stop; "" if there are both.
	Why string

	// Excuse says why it does no harm; nil if nobody says so. What is excused counts as
	// Excused, and as nothing else.
	Excuse *Excuse
	// Sightings are the findings of the scanners that it stands for, at least one.
	Sightings []Sighting
}

// Replaced is the state of a package's version that a later layer upgraded, or otherwise
// changed for another. Its bytes are shipped, and cannot be seen.
const Replaced packages.State = "replaced"

// Absent reports whether the package is shipped in a lower layer only: removed, or in
// another version by now.
func (v *Vulnerability) Absent() bool { return v.State == packages.Gone || v.State == Replaced }

// Fixable reports whether a version without it is known.
func (v *Vulnerability) Fixable() bool { return len(v.Fixed) > 0 }

// Inherited reports whether an ancestor brought it, and not a step of the image itself. For
// one whose ancestor is not known it is false, too.
func (v *Vulnerability) Inherited() bool { return v.Ancestor > 0 }

// A Sighting is one finding of one scanner.
type Sighting struct {
	Scan   int    // index in Vulnerabilities.Scans
	ID     string // as the scanner calls it
	Rating Rating
	Status FixStatus
	// Layer is where the scanner says that it comes from, layers.None if it does not say,
	// or names a layer that the image does not have. It is often another than
	// Vulnerability.Layer: scanners take the first layer that ever had the version, or the
	// last that wrote the database.
	Layer int
}

// An Excuse is a statement that a vulnerability does no harm here.
type Excuse struct {
	// Status is "not_affected" or "fixed", as OpenVEX has it; "ignored" where a
	// scanner leaves the finding out because its own configuration says so.
	Status string
	// Justification is OpenVEX's label, such as "vulnerable_code_not_present", and Says what
	// the author adds; both may be "".
	Justification, Says string
	// By is who says so, and File where it was read.
	By, File string
}

// Join is what a vulnerability's layer rests on.
type Join string

// The ways to join a vulnerability to a layer, the surest first.
const (
	JoinPURL    Join = "purl"    // a package of the inventory has that package URL
	JoinName    Join = "name"    // a package of the inventory has that name and version
	JoinFile    Join = "file"    // the inventory lacks it; its file is that of the layer
	JoinScanner Join = "scanner" // the scanner's word: the image's packages are not known
	JoinNone    Join = ""        // the layer is not known
)

// FixStatus is what is said of a fix.
type FixStatus string

// The states of a fix, in the words of Trivy.
const (
	FixNotKnown      FixStatus = ""
	FixReleased      FixStatus = "fixed"
	FixNone          FixStatus = "affected" // there is none yet
	FixInvestigated  FixStatus = "under_investigation"
	FixDeferred      FixStatus = "fix_deferred"
	FixRefused       FixStatus = "will_not_fix"
	FixEndOfLife     FixStatus = "end_of_life" // nobody maintains it any more
	FixNotApplicable FixStatus = "not_affected"
)

// A Rating is how bad a vulnerability is.
type Rating int

// The ratings, least first. Unrated is not known, and may be anything.
const (
	Unrated Rating = iota
	Negligible
	Low
	Medium
	High
	Critical
)

// String returns the rating in lower case, "unknown" for Unrated.
func (r Rating) String() string {
	if r < Unrated || r > Critical {
		return fmt.Sprintf("rating(%d)", int(r))
	}
	return [...]string{"unknown", "negligible", "low", "medium", "high", "critical"}[r]
}

// MarshalText returns what String does.
func (r Rating) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText accepts what MarshalText returns.
func (r *Rating) UnmarshalText(b []byte) error {
	for i := Unrated; i <= Critical; i++ {
		if i.String() == string(b) {
			*r = i
			return nil
		}
	}
	return fmt.Errorf("report: %q is none of critical, high, medium, low, negligible, unknown", b)
}

// Ratings counts by rating.
type Ratings [Critical + 1]int

// Total is the sum.
func (r Ratings) Total() int {
	n := 0
	for _, k := range r {
		n += k
	}
	return n
}

// VulnerabilityCounts counts vulnerabilities. Those that are excused are counted as that
// alone.
type VulnerabilityCounts struct {
	Ratings Ratings
	Fixable int // of these, for which a version without it is known
	Absent  int // of these, in packages that are shipped in a lower layer only: see Vulnerability.Absent
	Hidden  int // of these, in packages whose database was deleted
	Excused int
}

// Count counts the vulnerabilities that are chosen; nil chooses all.
func (v *Vulnerabilities) Count(chosen func(*Vulnerability) bool) VulnerabilityCounts {
	var c VulnerabilityCounts
	for i := range v.List {
		w := &v.List[i]
		if chosen != nil && !chosen(w) {
			continue
		}
		if w.Excuse != nil {
			c.Excused++
			continue
		}
		c.Ratings[min(max(w.Rating, Unrated), Critical)]++
		if w.Fixable() {
			c.Fixable++
		}
		switch {
		case w.Absent():
			c.Absent++
		case w.State == packages.Hidden:
			c.Hidden++
		}
	}
	return c
}

// Of counts those of an ancestor, an index in Report.Ancestors; those whose ancestor is not
// known for -1.
func (v *Vulnerabilities) Of(ancestor int) VulnerabilityCounts {
	return v.Count(func(w *Vulnerability) bool { return w.Ancestor == ancestor })
}

// A VulnerablePackage is a package in one version, with all its vulnerabilities.
type VulnerablePackage struct {
	Package         int   // as in Vulnerability
	Vulnerabilities []int // indexes in Vulnerabilities.List, the highest rating first
	Counts          VulnerabilityCounts
}

// ByPackage returns the packages of an ancestor that have vulnerabilities, excused ones
// included: those with the most of the highest rating first.
func (v *Vulnerabilities) ByPackage(ancestor int) []VulnerablePackage {
	type key struct {
		pkg                             int
		kind, name, version, purl, path string
	}
	var list []VulnerablePackage
	at := map[key]int{}
	for i, w := range v.List {
		if w.Ancestor != ancestor {
			continue
		}
		k := key{w.Package, w.Type, w.Name, w.Version, w.PURL, w.Path}
		j, ok := at[k]
		if !ok {
			j = len(list)
			at[k] = j
			list = append(list, VulnerablePackage{Package: w.Package})
		}
		list[j].Vulnerabilities = append(list[j].Vulnerabilities, i)
	}
	for i := range list {
		one := Vulnerabilities{}
		for _, j := range list[i].Vulnerabilities {
			one.List = append(one.List, v.List[j])
		}
		list[i].Counts = one.Count(nil)
	}
	slices.SortStableFunc(list, func(a, b VulnerablePackage) int {
		for r := Critical; r >= Unrated; r-- {
			if c := cmp.Compare(b.Counts.Ratings[r], a.Counts.Ratings[r]); c != 0 {
				return c
			}
		}
		return 0
	})
	return list
}

// By says who can do something about it: who builds the image, in its own steps, for what
// these brought; by another base, or a rebuild, for what is inherited. It is zero where the
// ancestor is not known.
func (v *Vulnerability) By() Mender {
	switch {
	case v.Ancestor < 0:
		return 0
	case v.Inherited():
		return OtherBase
	}
	return OwnSteps
}
