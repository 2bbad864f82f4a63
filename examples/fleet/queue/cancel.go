package queue

import (
	"context"
	"database/sql"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/riverqueue/river"
)

// Cancel takes out of the queue what is still to be done for the given registries, or for all
// if none is given, and returns how many jobs these were. One that runs is told to stop within
// some seconds. What was read stays, and whatever is added again is done again.
func (q *Queue) Cancel(ctx context.Context, registries ...string) (int, error) {
	list := river.NewJobListParams().States(unfinished()...).First(1000)
	if len(registries) > 0 {
		names := make([]string, 0, len(registries))
		for _, r := range registries {
			host, err := name.NewRegistry(r) // Docker Hub has several names
			if err != nil {
				return 0, err
			}
			names = append(names, queueOf(host.RegistryStr()))
		}
		list = list.Queues(names...)
	}
	cancelled := 0
	for {
		got, err := q.client.JobList(ctx, list)
		if err != nil || len(got.Jobs) == 0 {
			return cancelled, err
		}
		err = q.transact(ctx, func(tx *sql.Tx) error {
			for _, job := range got.Jobs {
				if _, err := q.client.JobCancelTx(ctx, tx, job.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return cancelled, err
		}
		cancelled += len(got.Jobs)
		list = list.After(got.LastCursor) // those that run are still there
	}
}
