package diff

import (
	"slices"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// A Diff is what differs between two images. Text in it is as the images have it: escape it
// before it is printed.
type Diff struct {
	Old Image `json:"old"`
	New Image `json:"new"`
	// Ancestors are all of both chains, the youngest first. One that the new chain does not
	// have stands where it was.
	Ancestors []Ancestor `json:"ancestors"`
	// Packages are those that differ, sorted by change (see the constants) and name.
	Packages []Package `json:"packages"`
	// Findings are those of one image alone, and those of another severity, the most severe
	// first, and new ones before those that are gone.
	Findings []Finding `json:"findings"`
	// VulnerabilitiesKnown is true where scanners' reports of both images were read: see package
	// report/vulns. Vulnerabilities are then those of one image alone, and those of another rating: gained
	// ones before lost ones, the highest rating first.
	VulnerabilitiesKnown bool            `json:"vulnerabilitiesKnown"`
	Vulnerabilities      []Vulnerability `json:"vulnerabilities"`
	// LossesKnown is true where losses were looked for: see Options. Losses are then what programs
	// need and would not find.
	LossesKnown bool   `json:"lossesKnown"`
	Losses      []Loss `json:"losses"`
	// Base is true where the new image was taken for another base of the old one's own layers, and false
	// where it was taken for another build of the same program. With another base, what these
	// layers brought is left out of the rest: it would come along.
	Base bool `json:"base"`
	// NotKnown says what could not be compared, and why, in sentences without a full stop. nil
	// where all was compared.
	NotKnown []string `json:"notKnown,omitempty"`
}

// An Image is one side of the comparison as a whole.
type Image struct {
	Reference string `json:"reference,omitempty"` // as in the report; "" if none
	Distro    string `json:"distro,omitempty"`    // "Debian GNU/Linux 12 (bookworm)"; "" if not known
	// LayersRead is false where only the configuration was read. The numbers of bytes are then 0.
	LayersRead bool  `json:"layersRead"`
	Layers     int   `json:"layers"`   // 0 if they were not read
	Size       int64 `json:"size"`     // bytes of the layers as they are stored
	Content    int64 `json:"content"`  // bytes of the regular files of all layers
	Shadowed   int64 `json:"shadowed"` // of Content, what a later layer hid
	// PackagesKnown is false where the packages are not known. Packages is then 0.
	PackagesKnown bool `json:"packagesKnown"`
	Packages      int  `json:"packages"` // that the finished image has
}

// A Change says how a thing differs.
type Change string

// The changes. Ancestors are Kept, Moved, Replaced, Added or Removed; packages all but Kept and
// Replaced; findings and vulnerabilities Added, Removed or Other.
const (
	Added    Change = "added"
	Removed  Change = "removed"
	Replaced Change = "replaced" // an ancestor of another repository in its place
	Up       Change = "up"       // a newer version, as the package system orders them
	Down     Change = "down"     // an older version
	Other    Change = "other"    // another version, in no known order; a finding of another severity, a vulnerability of another rating
	Moved    Change = "moved"    // another image of the ancestor's repository; the same version of a package, brought by another ancestor
	Kept     Change = "kept"
)

// An Ancestor is one of either chain, or one of each that correspond.
type Ancestor struct {
	Change Change `json:"change"`
	Old    *Side  `json:"old,omitempty"` // nil if it is added
	New    *Side  `json:"new,omitempty"` // nil if it is removed
}

// A Side is an ancestor in one of the images.
type Side struct {
	Index int    `json:"index"` // in Report.Ancestors
	Name  string `json:"name"`  // as Report.NameOf has it
	// Known is false where the name is not known; Name then only says so.
	Known    bool      `json:"known"`
	Built    time.Time `json:"built,omitzero"` // zero if not known
	Content  int64     `json:"content"`        // bytes of the regular files of its layers; 0 if they were not read
	Packages int       `json:"packages"`       // that came from it and are there in the finished image; 0 if not known
}

// New compares two reports. nil opts are the defaults.
func New(old, new *report.Report, opts *Options) *Diff {
	d := &Diff{Old: imageOf(old), New: imageOf(new), Ancestors: []Ancestor{}, Packages: []Package{}, Findings: []Finding{}, Vulnerabilities: []Vulnerability{}, Losses: []Loss{}}
	c := &comparison{old: old, new: new, diff: d}
	c.findBase(opts)
	if d.Base {
		d.Old.leaveOut(old)
	}
	c.compareAncestors()
	c.comparePackages()
	c.compareFindings()
	c.compareVulnerabilities()
	c.noteUnknown()
	c.compareNeeds(opts)
	return d
}

// Options say what else is known. nil and the zero value are the defaults.
type Options struct {
	// OldNeeds and NewNeeds are what the programs of the images need. Without both, losses are not looked for. Ask for
	// them while the images are read:
	//
	//	c := needs.New()
	//	rep, err := stemma.Analyze(ctx, img, &stemma.Options{Layers: layers.Options{Wants: []layers.Want{c.Want()}}})
	//	set := c.Set(rep.Index)
	OldNeeds, NewNeeds *needs.Set
	// Base says that the new image is another base for the old one's own layers, such as debian:12-slim
	// for what stands on debian:12: what these layers brought is looked at as if it lay on the
	// new image. Without it, that is found out, if OldNeeds and NewNeeds are given: the new image is
	// taken for another build of the same program if both are of one repository, or if the new one has half
	// of the programs and libraries that the old one's own layers brought; else for another base.
	Base bool
}

// A comparison is two reports on their way to a Diff.
type comparison struct {
	old, new *report.Report
	diff     *Diff
	// counterpart is, for each ancestor of old, the index of the one in new that has its place;
	// -1 if there is none.
	counterpart []int
}

func imageOf(r *report.Report) Image {
	im := Image{Reference: r.Reference, LayersRead: r.Index != nil, PackagesKnown: r.PackagesKnown()}
	for i := range r.Ancestors {
		if im.Distro == "" {
			im.Distro = distroName(r.Ancestors[i].Distro)
		}
		if im.PackagesKnown {
			im.Packages += r.Ancestors[i].Packages.Present
		}
	}
	if r.Index == nil {
		return im
	}
	for _, l := range r.Index.Layers {
		im.Layers++
		im.Size += l.Size
		im.Content += l.Content
		im.Shadowed += l.Shadowed
	}
	return im
}

// leaveOut leaves out what an image's own layers brought.
func (im *Image) leaveOut(r *report.Report) {
	if len(r.Ancestors) == 0 {
		return
	}
	own := r.Ancestors[0]
	if im.LayersRead {
		im.Layers -= own.Layers.Len()
		im.Size -= own.Size
		im.Content -= own.Content
		im.Shadowed -= own.Shadowed
	}
	if im.PackagesKnown {
		im.Packages -= own.Packages.Present
	}
}

func distroName(d ancestry.Distro) string {
	switch {
	case d.PrettyName != "":
		return d.PrettyName
	case d.VersionID != "":
		return d.ID + " " + d.VersionID
	}
	return d.ID
}

// Matters reports whether anything differs: an ancestor, a package, a finding, a vulnerability, or
// a loss. Bytes alone do not matter.
func (d *Diff) Matters() bool {
	return len(d.Packages) > 0 || len(d.Findings) > 0 || len(d.Vulnerabilities) > 0 || len(d.Losses) > 0 ||
		slices.ContainsFunc(d.Ancestors, func(a Ancestor) bool { return a.Change != Kept })
}

// noteUnknown says what could not be compared.
func (c *comparison) noteUnknown() {
	for _, side := range []struct {
		which string
		r     *report.Report
	}{{"old", c.old}, {"new", c.new}} {
		r, image := side.r, "the "+side.which+" image"
		switch {
		case r.Index == nil:
			c.notKnown("the layers of " + image + " were not read, so neither bytes nor files are compared")
		case r.Partial:
			c.notKnown("some of " + image + " could not be read, so what seems added or removed may be there")
		}
		switch {
		case r.PackagesKnown():
		case r.Inventory == nil:
			c.notKnown("the packages of " + image + " were not looked for, so packages are not compared")
		default:
			c.notKnown("no package was found in " + image + ", so packages are not compared")
		}
	}
}

func (c *comparison) notKnown(s string) { c.diff.NotKnown = append(c.diff.NotKnown, s) }

// side describes an ancestor of a report; nil for -1.
func side(r *report.Report, i int) *Side {
	if i < 0 {
		return nil
	}
	a := r.Ancestors[i]
	s := &Side{Index: i, Name: r.NameOf(i), Known: a.Repository != "", Content: a.Content, Packages: a.Packages.Present}
	if s.Known {
		s.Name = a.String()
	}
	s.Built, _ = r.Built(i)
	return s
}

// present returns the packages of a report that the finished image has.
func present(r *report.Report) []*packages.Package {
	var all []*packages.Package
	for i := range r.Inventory.Packages {
		if p := &r.Inventory.Packages[i]; p.State == packages.Present {
			all = append(all, p)
		}
	}
	return all
}

// readable reports whether all layers of a span were read to their end.
func readable(x *layers.Index, s ancestry.Span) bool {
	if x == nil || s.To > len(x.Layers) {
		return false
	}
	for _, l := range x.Layers[s.From:s.To] {
		if l.Partial {
			return false
		}
	}
	return true
}
