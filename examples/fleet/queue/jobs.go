package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// lookArgs are a job that asks what digest a reference has now.
type lookArgs struct {
	Ref string `json:"ref" river:"unique"`
	// Again wants an image read that could not be read before, or only in part. A job without
	// that does not stand for one with it.
	Again bool `json:"again,omitempty" river:"unique"`
}

func (lookArgs) Kind() string { return "look" }

// InsertOpts has looks done before reads: they are quick, and so it is soon known how much
// there is to read.
func (lookArgs) InsertOpts() river.InsertOpts { return once(1) }

// readArgs are a job that reads an image.
type readArgs struct {
	Digest string `json:"digest" river:"unique"`
	// Ref is a reference that had the digest: the image is read from its repository.
	Ref   string `json:"ref"`
	Again bool   `json:"again,omitempty"`
	// Tried are the repositories that did not have it after all.
	Tried []string `json:"tried,omitempty"`
}

func (readArgs) Kind() string { return "read" }

func (readArgs) InsertOpts() river.InsertOpts { return once(2) }

// maxAttempts is how often a job is tried; see the package documentation for what counts.
const maxAttempts = 5

func once(priority int) river.InsertOpts {
	return river.InsertOpts{MaxAttempts: maxAttempts, Priority: priority, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

// unfinished are the states of a job that is still to be done. A second job for the same thing
// is not made while there is one of them.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}
}

// failed are the states of a job that is not done, and will not be.
func failed() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateCancelled, rivertype.JobStateDiscarded}
}

// queueOf is the name of a registry's queue. River allows small letters, digits, and single
// hyphens between them; the hash tells apart what looks alike then.
func queueOf(registry string) string {
	readable := strings.FieldsFunc(strings.ToLower(registry), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	sum := sha256.Sum256([]byte(registry))
	text := strings.Join(readable, "-")
	return strings.TrimPrefix(strings.TrimSuffix(text[:min(len(text), 40)], "-")+"-"+hex.EncodeToString(sum[:4]), "-")
}

// parse parses a reference of a job.
func (q *Queue) parse(s string) (name.Reference, error) {
	if q.opts.Insecure {
		return name.ParseReference(s, name.Insecure)
	}
	return name.ParseReference(s)
}
