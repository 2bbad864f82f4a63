package report

import (
	"sort"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/packages"
)

// A Report is all that is known of one image, joined.
type Report struct {
	// Reference is the name or the place under which the image was asked for, ""
	// if none.
	Reference string
	// Digest is the manifest digest, zero if not known.
	Digest v1.Hash
	// AsOf is the moment for which all that depends on the day is said, such as ages
	// and ends of life; in UTC.
	AsOf time.Time

	Index     *layers.Index // nil if only the configuration was read
	Lineage   *ancestry.Lineage
	Inventory *packages.Inventory // nil if the packages were not asked for
	Files     *Files              // nil if no more was asked of files than the index tells

	// Ancestors are Lineage.Ancestors, in the same order, with what each brought.
	Ancestors []Ancestor
	// Donors are the images outside the chain from which files were copied: those of the
	// lineage, and those that the files themselves tell. They are sorted by ancestor (youngest
	// first), step and name.
	Donors []Donor
	// Findings are sorted by severity (most severe first), ancestor (youngest
	// first), rule, layer, step and subject.
	Findings []Finding
	// Vulnerabilities are what scanners found; nil if no report of theirs was read.
	Vulnerabilities *Vulnerabilities
	// Patches say how far the fixes of Vulnerabilities have come, and which packages are
	// outdated; nil if neither was looked for.
	Patches *Patches
	// Problems are those of the index, the lineage and the inventory, and rules that panicked.
	Problems []layers.Problem
	// Partial is true when some of the image could not be read, or a rule panicked: what is
	// reported is true, but more is there.
	Partial bool
}

// An Ancestor is an ancestor of the lineage with what its layers brought. Sizes
// are bytes.
type Ancestor struct {
	ancestry.Ancestor
	Size         int64 // its layers as stored
	Uncompressed int64 // its layers' tar archives
	Content      int64 // the regular files of its layers
	Shadowed     int64 // of Content, what it or a younger ancestor hid
	Packages     PackageCounts
}

// PackageCounts counts packages by what an ancestor did to them. A package that
// several of its layers upgraded counts once.
type PackageCounts struct {
	Introduced  int // first had here, whatever became of them
	Upgraded    int // upgraded here, or changed to a version that is neither newer nor older
	Downgraded  int // downgraded here
	Removed     int // removed here
	Reinstalled int // present again here, after a removal
	Unlisted    int // that no database lists any more from here on; their files may be there
	Present     int // whose present version came from here and is still visible
}

// Options say by which rules [New] looks at the image, and what else is known of it.
// nil and the zero value are the defaults.
type Options struct {
	// Reference and Digest become those of the report.
	Reference string
	Digest    v1.Hash
	// AsOf becomes that of the report; the zero Time is now.
	AsOf time.Time
	// Files becomes that of the report: what was asked of files in the reading of the index.
	Files *Files
	// Rules find what there is to report. nil means no findings: the rules that ship
	// with this module are rules.All, in package report/rules.
	Rules []Rule
	// Problems are added to the report's: what went wrong before or beside the
	// reading of the layers.
	Problems []layers.Problem
	// Partial says that something could not be read; Problems say what.
	Partial bool
}

// PackagesKnown reports whether the image's packages are known: they were looked for, and
// some were found. Where none was, the image may have no package database, and what is
// in it is not known.
func (r *Report) PackagesKnown() bool { return r.Inventory != nil && len(r.Inventory.Packages) > 0 }

// AncestorOf returns the index in Ancestors of the one that a layer belongs to,
// -1 for [layers.None] and for a layer that the image does not have.
func (r *Report) AncestorOf(layer int) int {
	return r.ancestorAt(layer, func(a Ancestor) ancestry.Span { return a.Layers })
}

// AncestorOfStep is [Report.AncestorOf] for a step.
func (r *Report) AncestorOfStep(step int) int {
	return r.ancestorAt(step, func(a Ancestor) ancestry.Span { return a.Steps })
}

// ancestorAt finds the ancestor whose span holds an index. The spans are in order,
// the youngest first.
func (r *Report) ancestorAt(index int, span func(Ancestor) ancestry.Span) int {
	i := sort.Search(len(r.Ancestors), func(i int) bool { return span(r.Ancestors[i]).From <= index })
	if i < len(r.Ancestors) && span(r.Ancestors[i]).Contains(index) {
		return i
	}
	return -1
}

// Steps returns the steps of the history, the oldest first; nil if there is no
// lineage.
func (r *Report) Steps() []history.Step {
	if r.Lineage == nil {
		return nil
	}
	return r.Lineage.Steps
}

// Step returns a step of the history; false if there is none of that index.
func (r *Report) Step(step int) (history.Step, bool) {
	if steps := r.Steps(); step >= 0 && step < len(steps) {
		return steps[step], true
	}
	return history.Step{}, false
}

// StepOf returns the index of the step that made a layer, [layers.None] if there
// is none.
func (r *Report) StepOf(layer int) int {
	for _, s := range r.Steps() {
		if s.Layer == layer && layer >= 0 {
			return s.Index
		}
	}
	return layers.None
}
