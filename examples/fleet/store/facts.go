package store

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Facts are what the database keeps of one image.
type Facts struct {
	// Steps are the history, Layers the layers, both the oldest first.
	Steps  []Step
	Layers []Layer
	// Chain are the ancestors, the youngest first: the first is what the image itself
	// added. There is at least one. Their spans cover all steps and layers.
	Chain []Ancestor
	// Findings are those of the image, own and inherited ones.
	Findings []Finding
	// Partial is true if some of the image could not be read; Reason says what.
	Partial bool
	Reason  string
}

// A Step is one entry of the history.
type Step struct {
	Created   time.Time // zero if not recorded
	CreatedBy string
	Layer     int // index of the layer that it made, -1 if it made none
}

// A Layer is one layer. Sizes are bytes.
type Layer struct {
	DiffID, Digest v1.Hash // zero if not known
	Size           int64   // as stored, mostly compressed
	Content        int64   // its regular files
	Shadowed       int64   // of Content, what this image hides
	// Unread is true if it could not be read to its end. DiffID is then what the image
	// claims.
	Unread bool
}

// An Ancestor is a stretch of steps and layers with what is known of it.
type Ancestor struct {
	Steps, Layers ancestry.Span
	// Distro is the distribution that it says it is: "Debian GNU/Linux 12 (bookworm)"; ""
	// if it does not say.
	Distro string
	// Names are what it is called, the most specific tag first; none if that is not known.
	// Several may all be right, unless some are an Alternative.
	Names []Name
	// Packages are those that are there at its top, with those of its own ancestors; nil if
	// they are not known. An empty list says that there are none.
	Packages []Package
}

// A Name is what an ancestor may be called.
type Name struct {
	Repository, Tag string
	Digest          v1.Hash // zero if not known
	Confidence      ancestry.Confidence
	Evidence        string // what it rests on, in words
	// Alternative says that it is another name, for which the evidence is as good as for the
	// first: that is a tie, and no answer.
	Alternative bool
	// Rank is 0 for the most specific tag of a name, and more for others of the same name.
	Rank int
	// Moved says that its tag pointed to another image at AsOf, and Since when that was so;
	// zero if that is not known. AsOf is zero if nothing is known of it.
	Moved       bool
	Since, AsOf time.Time
}

// A Package is one version of a package. It counts once, in however many places it is.
type Package struct {
	Type, Name, Version, Arch string
	PURL                      string // without qualifiers; "" if not known
	// Bytes are the content bytes of the files that it brought; 0 if not known.
	Bytes int64
}

// A Finding is what a rule found.
type Finding struct {
	Rule     string
	Severity report.Severity
	Subject  string
	Message  string
	Remedy   string
	By       report.Mender
	Bytes    int64 // content bytes that the remedy would save, 0 if none or not known
	Ancestor int   // index in Facts.Chain of the one to blame, -1 if none is
	// Step is the index in Facts.Steps of the one to blame; -1 if it is the ancestor as a
	// whole.
	Step int
}
