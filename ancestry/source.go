package ancestry

import (
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/history"
)

// A Source can name spans of a history: a catalogue of recipes or images, a
// reader of labels. Its claims must not depend on other sources.
type Source interface {
	// Claims returns what the source has to say about the image. It must not
	// change q. An error is reported as a Problem; the claims beside it count.
	Claims(ctx context.Context, q *Query) ([]Claim, error)
}

// A Query is all that is known of an image before its chain is told.
type Query struct {
	Config *v1.ConfigFile
	Steps  []history.Step
	Hints  Hints
}

// A Claim is one source's word about one image of the chain: that the steps
// [Start, End) are what it added to its parent.
//
// A source that does not know where the image begins or ends gives the steps that
// it is sure of, and says that there may be more: see Earlier and Later.
type Claim struct {
	// Start is [history.None] for "not known": then only End is claimed.
	Start, End int
	// Earlier is true if the image may begin before Start, Later if it may go on
	// after End. The steps between are one image's in any case.
	Earlier, Later bool
	// Name names the image; without Repository the claim is about the boundaries
	// alone, or about the parent.
	Name Name
	// Parent names the image below Start, if the source knows it ("FROM"). It is a
	// claim about the span below, of the same confidence at most.
	Parent Name
	// Dockerfile says which lines made which steps, if the source knows the Dockerfile, or
	// at least which repository the image was built from. A claim that has nothing else to
	// say has no Start, and ends with the last step.
	Dockerfile *Dockerfile
	// Window is when the image can have been built, zero times for "not known".
	From, To time.Time
	// Standing is how the image named stands, if the source follows its tags.
	Standing *Standing
	// Donors are the images that the steps copied files from. A claim that has nothing else
	// to say has no Start, and ends with the last step.
	Donors []Donor
	// Evidence says why; its Confidence is the claim's. A claim of KindRecipe without a Start whose
	// Evidence has a Name, and that has nothing else to say, is about how the image's own
	// Dockerfile names its base: it is told if the base is known by that name.
	Evidence Evidence
}

// Hints are what is known of an image besides its configuration. All fields are
// optional.
type Hints struct {
	// Reference is the name under which the image was asked for: "python:3.8".
	Reference string
	// Tags are further names under which it is known: RepoTags of an archive.
	Tags []string
	// Digest is the image's manifest digest.
	Digest v1.Hash
	// Annotations are those of the manifest, and of its descriptor in the index.
	Annotations map[string]string
	// Verified reports for each layer whether its diffID was computed from its
	// bytes and agrees with the configuration. nil means that no layer was read.
	Verified []bool
	// LayerDigests are the digests of the stored blobs, bottom first, if known.
	LayerDigests []v1.Hash
	// Files are small files of the image's layers, by layer index, as that layer left
	// them: see [HintPath]. They tell what distribution, version and variant a root is,
	// and can only narrow what else is known.
	Files map[int]Files
	// FilesPartial says that layers were read only as far as some of Files. That a file
	// is not among them then says nothing.
	FilesPartial bool
}
