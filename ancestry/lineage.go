package ancestry

import (
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/history"
)

// A Lineage is an image's chain of ancestors. Every step and every layer belongs
// to exactly one of them.
type Lineage struct {
	// Ancestors are youngest first: the first is the image itself (or rather what
	// it added to its parent), the last its root. There is at least one.
	Ancestors []Ancestor
	// Steps are the image's history, oldest first.
	Steps []history.Step
	// Donors are the images outside the chain from which files were copied, as far as the
	// image, its place or its user says so. See also Donors of package report's Report,
	// which has those that the files tell, too.
	Donors []Donor
	// Dockerfile says which of its lines made which steps, where a build attestation has
	// it, or only from which repository and commit the image was built, where it has no more;
	// nil if none does. See package ancestry/provenance.
	Dockerfile *Dockerfile
	// Problems are what was wrong with the history, or with a Source.
	Problems []history.Problem
	// Asked says what it took to ask registries for every Ancestor.Live; nil if none was
	// asked.
	Asked *Asked
}

// An Ancestor is a contiguous span of steps and layers that one image of the
// chain added on top of its parent.
type Ancestor struct {
	// Repository is the image's repository as its users write it ("debian",
	// "ghcr.io/acme/base"), "" when it is not known.
	Repository string
	// Tags are all the tags it could have been built for, the most specific
	// first. Empty when none is known.
	Tags []string
	// Digest is the image's manifest digest, zero unless evidence states it.
	Digest v1.Hash
	// Created is the date of the ancestor's youngest step; zero if not recorded.
	Created time.Time
	// Steps and Layers are half-open spans: the ancestor's own steps are
	// Lineage.Steps[Steps.From:Steps.To]. Layers may be empty.
	Steps, Layers Span

	// Confidence is that of the name; Unknown when Repository is empty.
	Confidence Confidence
	// Boundary is the confidence that the ancestor begins where Steps begin. It is
	// Proved for the root.
	Boundary Confidence
	// Evidence is what speaks for the name and the boundary: first that which decided the
	// name and gave it its confidence, then the strongest. Where
	// the name is not known better than by inference, it also says what the ancestor
	// resembles; that names nothing.
	Evidence []Evidence
	// Against is what contradicts the name, and what was refused, with the reason.
	Against []Evidence
	// Ties are other names for which the evidence is equally good.
	Ties []Name
	// Undecided says what the names of a tie differ in and what would tell which it is,
	// in words: "full or slim: read the layers to tell". "" where there is no tie.
	Undecided string
	// Distro is the operating system that the ancestor's layers or steps say they
	// are; zero when it does not say.
	Distro Distro
	// Standing is how it stands among the images of its tags, as the catalogue knows
	// that names it; nil if none does that follows tags.
	Standing *Standing
	// Live is what a registry said of its name; nil if none was asked, as by default, or
	// if it has no name. See package live.
	Live *Live
}

// A Span is the half-open range of indices [From, To).
type Span struct{ From, To int }

// Len returns the number of indices in the span.
func (s Span) Len() int { return s.To - s.From }

// Contains reports whether i is in the span.
func (s Span) Contains(i int) bool { return s.From <= i && i < s.To }

// A Name names an image.
type Name struct {
	Repository string
	Tags       []string // the most specific first
	Digest     v1.Hash  // zero if not known
}

// String returns "repository:tag" with the most specific tag, "unknown" for an
// ancestor that has no name.
func (a Ancestor) String() string { return Name{a.Repository, a.Tags, a.Digest}.String() }

// String returns "repository:tag" with the most specific tag, or
// "repository@digest" if there is none, or "unknown".
func (n Name) String() string {
	switch {
	case n.Repository == "":
		return "unknown"
	case len(n.Tags) > 0:
		return n.Repository + ":" + n.Tags[0]
	case n.Digest != (v1.Hash{}):
		return n.Repository + "@" + n.Digest.String()
	}
	return n.Repository
}

// Evidence is one reason to believe, or to doubt, a name or a boundary.
type Evidence struct {
	Kind       Kind
	Confidence Confidence // the grade that this evidence alone supports
	// Says is what it says, in words: "base name debian:bookworm-slim".
	Says string
	// Name is the name by which the image above was built on this one, as it was given, with
	// its digest if it has one: "debian:bookworm@sha256:…". Only an annotation, a label, a
	// builder or a known Dockerfile that says what the image stands on has one.
	Name string
	// Where is where it was read: "label org.opencontainers.image.base.name",
	// "step 4 comment", "layer 0: etc/os-release".
	Where string
}

// Kind is the kind of a piece of evidence.
type Kind string

// The kinds of evidence.
const (
	KindReference  Kind = "reference"  // the reference under which the image was asked for
	KindDigest     Kind = "digest"     // diffIDs or a digest equal those of a known image
	KindAnnotation Kind = "annotation" // an annotation of the manifest or index
	KindLabel      Kind = "label"      // a label of the configuration
	KindProvenance Kind = "provenance" // a build attestation
	KindBuilder    Kind = "builder"    // the builder left a mark: Buildah's FROM comment
	KindRecipe     Kind = "recipe"     // the steps are those of a known Dockerfile
	KindResembles  Kind = "resembles"  // some of the steps are
	KindParent     Kind = "parent"     // the child's FROM names it
	KindOSRelease  Kind = "os-release" // etc/os-release of a layer
	KindStep       Kind = "step"       // a step's own text says it: debian.sh --arch 'amd64' out/ 'bookworm'
	KindHeuristic  Kind = "heuristic"  // a habit of Dockerfiles
)

// Confidence says what a name rests on. Greater is stronger.
type Confidence int

// The grades of confidence, weakest first.
const (
	Unknown    Confidence = iota // nothing is known
	Inferred                     // habits: a boundary that looks like one, a distribution's name
	Recognised                   // the steps are those of a known recipe, from end to end
	Recorded                     // the image or its builder says so
	Proved                       // bytes: a verified diffID chain or a manifest digest
)

var confidenceNames = [...]string{"unknown", "inferred", "recognised", "recorded", "proved"}

// String returns the grade's name in lower case.
func (c Confidence) String() string {
	if c < 0 || int(c) >= len(confidenceNames) {
		return fmt.Sprintf("confidence(%d)", int(c))
	}
	return confidenceNames[c]
}

// MarshalText returns the grade's name in lower case.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts what MarshalText returns.
func (c *Confidence) UnmarshalText(b []byte) error {
	for i, n := range confidenceNames {
		if n == string(b) {
			*c = Confidence(i)
			return nil
		}
	}
	return fmt.Errorf("unknown confidence %q", b)
}
