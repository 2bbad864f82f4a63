package queue

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/riverqueue/river"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// A Wanted is a reference to be looked at.
type Wanted struct {
	store.Ref
	// Again wants its image read if it could not be read before, or only in part.
	Again bool
}

// Add puts references in the queue, all of them or none, and returns how many are new there.
// One that waits there already is not put there twice.
func (q *Queue) Add(ctx context.Context, wanted ...Wanted) (added int, err error) {
	if len(wanted) == 0 {
		return 0, nil
	}
	// Two who add the same at the same time are not to wait for each other.
	wanted = slices.Clone(wanted)
	slices.SortStableFunc(wanted, func(a, b Wanted) int { return strings.Compare(a.Ref.String(), b.Ref.String()) })
	there := map[lookArgs]bool{} // River inserts no two that are the same at once
	refs := make([]store.Ref, 0, len(wanted))
	names := make([]string, 0, len(wanted))
	jobs := make([]river.InsertManyParams, 0, len(wanted))
	for _, w := range wanted {
		ref, err := q.parse(w.Ref.String())
		if err != nil {
			return 0, err
		}
		refs = append(refs, w.Ref)
		look := lookArgs{ref.Name(), w.Again}
		if there[look] {
			continue
		}
		there[look] = true
		names = append(names, ref.Name())
		jobs = append(jobs, river.InsertManyParams{
			Args: look, InsertOpts: &river.InsertOpts{Queue: queueOf(ref.Context().RegistryStr())},
		})
	}
	err = q.transact(ctx, func(tx *sql.Tx) error {
		if err := q.store.Add(ctx, tx, refs...); err != nil {
			return err
		}
		if err := q.deleteLooks(ctx, tx, names, failed()); err != nil {
			return err
		}
		made, err := q.client.InsertManyTx(ctx, tx, jobs)
		for _, m := range made {
			if !m.UniqueSkippedAsDuplicate {
				added++
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// AddAll puts all references with a tag in the queue again, and returns how many there are. A
// digest does not move, and is not asked for twice.
func (q *Queue) AddAll(ctx context.Context) (int, error) {
	refs, err := q.store.Refs(ctx)
	if err != nil {
		return 0, err
	}
	var wanted []Wanted
	for _, r := range refs {
		if r.Tag != "" {
			r.Owner = "" // which stays as it is
			wanted = append(wanted, Wanted{Ref: r})
		}
	}
	const atOnce = 500
	for some := range slices.Chunk(wanted, atOnce) {
		if _, err := q.Add(ctx, some...); err != nil {
			return 0, err
		}
	}
	return len(wanted), nil
}

// Ref makes the store's reference of a name.
func Ref(r name.Reference, owner string) store.Ref {
	ref := store.Ref{Repository: r.Context().Name(), Owner: owner}
	if d, ok := r.(name.Digest); ok {
		ref.Digest, _ = v1.NewHash(d.DigestStr()) // it has been parsed
	} else {
		ref.Tag = r.Identifier()
	}
	return ref
}
