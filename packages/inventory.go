package packages

import (
	"github.com/stemma-go/stemma/layers"
)

// An Inventory is all packages of an image, those that a later layer removed or
// hid included.
type Inventory struct {
	// Packages are sorted by type, name, architecture, location.
	Packages []Package
	// Layers has, for each layer of the image, the bytes of packages and the rest.
	Layers []LayerBytes
	// Unowned are the visible files that no package owns, summed up by directory,
	// largest first. No file is in two rows. There are at most 50 rows, so small rests may
	// be left out.
	Unowned []Directory
	// Problems are what could not be attributed, and why.
	Problems []layers.Problem
}

// A Package is one package in one place and its life across the layers.
type Package struct {
	Type     string // Syft's package type: "deb", "apk", "rpm", "npm", "python", "go-module", …
	Name     string
	Version  string // as the package system writes it, epoch included; the last one it had
	Arch     string // "" where the package system has none
	PURL     string // package URL of this version
	Language string // "" for packages of a distribution
	// Source is the name of the source package, where the package system has one.
	Source string
	// FoundBy is the name of the Syft cataloger that found it.
	FoundBy string
	// Licenses are those that its metadata names, as Syft reads it, sorted; for Debian's
	// packages, those that a machine-readable copyright file has for any of their files. Texts
	// of licences are not read: nil says that no name of one was found.
	Licenses []License
	// CPEs are names under which vulnerability databases may know it, the likeliest
	// first, in the form of CPE 2.3. Syft makes nearly all of them up from other fields;
	// those are there only if they were asked for.
	CPEs []string
	// Locations are the files that prove it: the database, or its own metadata.
	Locations []Location

	// Events are its life, bottom layer first; the first is Introduced.
	Events []Event
	// State is how it ends.
	State State

	// Files is the number of files it owns in the finished image.
	Files int
	// Bytes are the bytes of the files it owns or owned, in all layers.
	Bytes Bytes
	// Bundled is the path of the file that holds this package together with others
	// (a jar, a binary), whose bytes are counted once, for that file's main
	// package; "" for the rest.
	Bundled string
	// Owner is the name of the distribution's package that ships this one (Debian's
	// python3-six ships the Python package six) and for which the bytes are
	// counted; "" for the rest.
	Owner string
}

// Layer returns the layer that brought the version that the package last had:
// that of its last event that is neither a removal nor the loss of its database.
func (p *Package) Layer() int {
	for i := len(p.Events) - 1; i >= 0; i-- {
		if k := p.Events[i].Kind; k != Removed && k != Unlisted {
			return p.Events[i].Layer
		}
	}
	return layers.None
}

// At returns the version that the package had after a layer, which is the bottom one at 0;
// false if it was not there.
func (p *Package) At(layer int) (version string, ok bool) {
	for _, e := range p.Events {
		if e.Layer > layer {
			break
		}
		version, ok = e.To, e.Kind != Removed && e.Kind != Unlisted
	}
	if !ok {
		return "", false
	}
	return version, true
}

// Introduced returns the layer that first had the package, whatever its version.
func (p *Package) Introduced() int {
	if len(p.Events) == 0 {
		return layers.None
	}
	return p.Events[0].Layer
}

// A License is one that a package's metadata names, as Syft reads it.
type License struct {
	// SPDX is the licence as an SPDX expression, mostly an identifier of the SPDX license
	// list: "MIT", "GPL-2.0-or-later OR Artistic-2.0". "" if it cannot be said in one.
	SPDX string
	// Name is what the metadata says: "GPL-2+", "public-domain".
	Name string
}

// A Location is a file of a layer.
type Location struct {
	Path  string // relative to the root
	Layer int    // the layer whose version of the file was read
}

// An Event is something that a layer did to a package.
type Event struct {
	Kind  EventKind
	Layer int
	// From and To are versions: To of Introduced and Reinstalled, From of Removed
	// and Unlisted, both of Upgraded, Downgraded and Changed.
	From, To string
}

// EventKind is the kind of an Event.
type EventKind string

// The kinds of events.
const (
	Introduced  EventKind = "introduced"
	Upgraded    EventKind = "upgraded"
	Downgraded  EventKind = "downgraded"
	Changed     EventKind = "changed" // another version, in an order that the package system does not define
	Removed     EventKind = "removed"
	Reinstalled EventKind = "reinstalled" // present again after a removal
	Unlisted    EventKind = "unlisted"    // the database that listed it was deleted or emptied; its files may be there
)

// State says how a package's life ends.
type State string

// The states.
const (
	Present State = "present" // visible in the finished image
	Gone    State = "removed" // removed by a later layer; its bytes are still shipped
	Hidden  State = "hidden"  // its database was deleted: files may still be there, nothing lists them
)

// Bytes are content bytes, uncompressed, of regular files as the layers ship them.
type Bytes struct {
	Visible  int64 // seen in the finished image
	Shadowed int64 // shipped by some layer, overwritten or deleted by a later one
	ByLayer  map[int]int64
}

// Total is Visible + Shadowed.
func (b Bytes) Total() int64 { return b.Visible + b.Shadowed }

// LayerBytes splits a layer's content: Packages + Unowned + Metadata is the
// layer's Content, exactly.
type LayerBytes struct {
	Packages int64 // of files that a package owns
	Unowned  int64 // of files that no package owns
	Metadata int64 // of package databases and the lists that come with them, where no package owns these
}

// A Directory sums up unowned files below a path, those excepted that have a row of
// their own further down.
type Directory struct {
	Path  string
	Bytes int64
	Files int
	Layer int // the layer that brought most of the bytes
}
