package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Ref is a reference as somebody asked for it.
type Ref struct {
	// Repository is its name with the registry: "registry.example.org/team/app".
	Repository string
	// Tag is "" if it was asked for by Digest, which is zero otherwise.
	Tag    string
	Digest v1.Hash
	// Owner is who added it: a team, a Kubernetes namespace; "" if nobody said. An owner
	// that is given later replaces none and an earlier one.
	Owner string
}

// String returns the reference as one writes it.
func (r Ref) String() string {
	if r.Tag != "" {
		return r.Repository + ":" + r.Tag
	}
	if r.Digest != (v1.Hash{}) {
		return r.Repository + "@" + r.Digest.String()
	}
	return r.Repository
}

// Add notes references that have not been looked at yet. Those that are there stay.
func (s *Store) Add(ctx context.Context, tx *sql.Tx, refs ...Ref) error {
	return errors.New("not written yet")
}

// See notes that a reference had a digest at a moment, and reports whether the image of that
// digest has been read, or been found unreadable. digest is that of an image's manifest, as in
// Image.Digest, never that of an index. A digest that the reference did not have the last time
// is a new sighting, with its own first and last moment; the old ones stay.
func (s *Store) See(ctx context.Context, tx *sql.Tx, ref Ref, digest v1.Hash, at time.Time) (known bool, err error) {
	return false, errors.New("not written yet")
}

// Refs returns all references that were added or seen, sorted.
func (s *Store) Refs(ctx context.Context) ([]Ref, error) { return nil, errors.New("not written yet") }

// RefsOf returns the references under which a digest was seen, those that still have it first:
// any of them serves to fetch the image.
func (s *Store) RefsOf(ctx context.Context, digest v1.Hash) ([]Ref, error) {
	return nil, errors.New("not written yet")
}

// Start notes the beginning of a run of a command, and returns its number for Image.Run. Done
// notes its end.
func (s *Store) Start(ctx context.Context, command, version string, at time.Time) (int64, error) {
	return 0, errors.New("not written yet")
}

// Done notes the end of a run.
func (s *Store) Done(ctx context.Context, run int64, at time.Time) error {
	return errors.New("not written yet")
}

// Allow adds patterns of allowed bases, as a policy's allowedBases have them: for repository
// or repository:tag, in which * matches slashes, too. Disallow removes them.
func (s *Store) Allow(ctx context.Context, patterns ...string) error {
	return errors.New("not written yet")
}

// Disallow removes patterns of allowed bases.
func (s *Store) Disallow(ctx context.Context, patterns ...string) error {
	return errors.New("not written yet")
}

// Allowed returns the patterns of allowed bases, sorted.
func (s *Store) Allowed(ctx context.Context) ([]string, error) {
	return nil, errors.New("not written yet")
}
