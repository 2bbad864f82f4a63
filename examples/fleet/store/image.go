package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/report"
)

// An Image says which image was read, and by whom. All but Digest may be zero.
type Image struct {
	// Digest is that of its manifest; of an index, that of the image that was chosen.
	Digest v1.Hash
	// Config is the digest of its configuration.
	Config v1.Hash
	// Platform is "linux/amd64".
	Platform string
	// Read is when it was read; zero is now.
	Read time.Time
	// Run is what [Store.Start] returned, 0 for none.
	Run int64
	// Version is that of the program that read it.
	Version string
}

// Save writes an image and all that r says of it. Saving the same digest again changes
// nothing, unless it could not be read before.
func (s *Store) Save(ctx context.Context, tx *sql.Tx, img Image, r *report.Report) error {
	f, err := FactsOf(r)
	if err != nil {
		return err
	}
	return s.SaveFacts(ctx, tx, img, f)
}

// SaveFacts is Save for what is not from a report. To write many images at once, call it many
// times in one transaction. It does not change f.
func (s *Store) SaveFacts(ctx context.Context, tx *sql.Tx, img Image, f *Facts) error {
	return errors.New("not written yet")
}

// Unreadable writes that an image could not be read, and why. It changes nothing if the image
// was read before.
func (s *Store) Unreadable(ctx context.Context, tx *sql.Tx, img Image, reason string) error {
	return errors.New("not written yet")
}

// Known reports whether an image has been read: a row of Unreadable does not count.
func (s *Store) Known(ctx context.Context, digest v1.Hash) (bool, error) {
	return false, errors.New("not written yet")
}
