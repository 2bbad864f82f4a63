package queue

import (
	"context"
	"fmt"
	"time"
)

// checkClock compares this machine's clock with that of the database. By their clocks workers
// tell which of them is gone: where they differ by more than a lease, jobs are taken from workers
// that are alive, and images are given up over which nobody died.
func (q *Queue) checkClock(ctx context.Context) error {
	if !q.store.Postgres() {
		return nil // all workers are on one machine
	}
	before := time.Now()
	var micros int64
	err := q.store.DB().QueryRowContext(ctx, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)").Scan(&micros)
	if err != nil {
		return err
	}
	return compareClocks(before, time.UnixMicro(micros), time.Now(), q.opts.lease/3)
}

// compareClocks returns an error if the time there differs from that here, which was between two
// moments, by more than is allowed.
func compareClocks(before, there, after time.Time, allowed time.Duration) error {
	off, word := there.Sub(after), "behind"
	if ahead := before.Sub(there); ahead > off {
		off, word = ahead, "ahead of"
	}
	if off <= allowed {
		return nil
	}
	return fmt.Errorf("this machine's clock is %s %s the database's: workers need clocks that agree within %s", off.Round(time.Second/10), word, allowed)
}
