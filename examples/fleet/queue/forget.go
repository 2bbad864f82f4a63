package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// ErrUnknown says that nobody has added a reference.
var ErrUnknown = errors.New("the database has no such reference")

// Forget takes away that a reference waits or has failed, and the reference itself if no image
// was ever seen under it, as with a name that was mistyped. It reports whether it did the latter:
// what a reference had stays. A look that runs at the moment is not stopped, and makes the
// reference again if it finds an image. The error is ErrUnknown for a reference that is not there.
func (q *Queue) Forget(ctx context.Context, ref name.Reference) (gone bool, err error) {
	row, err := q.find(ctx, ref)
	if err != nil {
		return false, err
	}
	marks := "repository = ?1 AND tag = ?2 AND digest = ?3"
	if q.store.Postgres() {
		marks = "repository = $1 AND tag = $2 AND digest = $3"
	}
	digest := ""
	if row.Digest.Hex != "" {
		digest = row.Digest.String()
	}
	err = q.transact(ctx, func(tx *sql.Tx) error {
		if err := q.deleteLooks(ctx, tx, []string{ref.Name()}, append(idle(), failed()...)); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, "DELETE FROM refs WHERE "+marks+" AND NOT EXISTS (SELECT 1 FROM sightings WHERE ref_id = refs.id)", row.Repository, row.Tag, digest)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		gone = n > 0
		return err
	})
	return gone && err == nil, err
}

// find returns a reference as the store has it, which calls Docker Hub's by their short names.
func (q *Queue) find(ctx context.Context, ref name.Reference) (store.Ref, error) {
	refs, err := q.store.Refs(ctx)
	if err != nil {
		return store.Ref{}, err
	}
	for _, r := range refs {
		if parsed, err := q.parse(r.String()); err == nil && parsed.Name() == ref.Name() {
			return r, nil
		}
	}
	return store.Ref{}, fmt.Errorf("%s: %w", ref, ErrUnknown)
}

// idle are the states of a job that waits.
func idle() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateScheduled}
}

// deleteLooks deletes the looks of references that are in one of some states.
func (q *Queue) deleteLooks(ctx context.Context, tx *sql.Tx, refs []string, states []rivertype.JobState) error {
	args := river.NamedArgs{}
	keys := make([]string, 0, len(refs))
	for i, r := range refs {
		key := fmt.Sprintf("ref%05d", i) // River finds no name that another one begins with
		args[key] = r
		keys = append(keys, "@"+key)
	}
	const most = 10_000 // River's limit
	_, err := q.client.JobDeleteManyTx(ctx, tx, river.NewJobDeleteManyParams().First(most).Kinds(lookArgs{}.Kind()).States(states...).
		Where("args->>'ref' IN ("+strings.Join(keys, ", ")+")", args))
	return err
}
