package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/report"
)

// ReadFunc reads an image. The reference has a digest. Of the image, what is known beyond its
// digest is filled in. It must use the [Registries] of the [Options] as its transport, with the
// context that it gets, so that a registry that is down is told from an image that is damaged.
type ReadFunc func(ctx context.Context, reference string) (store.Image, *report.Report, error)

// Options say how a queue is worked. A queue that is only added to or asked needs none.
type Options struct {
	// Read reads an image. Without it a queue can't be worked.
	Read ReadFunc
	// Registries carries the requests; nil is NewRegistries(0, nil).
	Registries *Registries
	// Keychain has the credentials for registries. The default is that of docker login.
	Keychain authn.Keychain
	// Insecure allows plain HTTP to registries beyond the loopback interface.
	Insecure bool
	// Platform is the one whose image is read of an index; nil is linux on this architecture.
	Platform *v1.Platform

	// AtOnce is how many jobs of one registry this process works on at the same time; 0 is 8.
	AtOnce int
	// Reads is how many images this process reads at the same time, of all registries; 0 is
	// twice the number of processors.
	Reads int
	// Patience is how long a registry may not answer before what waits for it is given up;
	// 0 is without an end.
	Patience time.Duration
	// Limit is how long reading one image may take; 0 is half an hour.
	Limit time.Duration

	// Run and Version are written to each image.
	Run     int64
	Version string
	// Log is told what goes wrong beside the images: the database is away, a registry does
	// not answer. nil is nobody.
	Log *slog.Logger

	lease time.Duration // see lease; tests have less time
}

// lease is how long a worker may be silent before its jobs are given to others. River elects
// another leader 15 seconds after the last one was killed, and its first act is to look for
// such jobs. With less than that a worker that is started again finds them at its first look.
// The price of a worker that is alive and was silent for so long is an image that is read
// twice, and written once.
const lease = 12 * time.Second

// A Queue is what is to be done for a fleet. It is safe for concurrent use.
type Queue struct {
	store  *store.Store
	client *river.Client[*sql.Tx]
	driver riverdriver.Driver[*sql.Tx]
	opts   Options
	puller *remote.Puller
	alive  *alive
	places chan struct{} // for reading
	count  counter
}

// Open opens the queue in the store's database, and makes River's tables there if need be.
func Open(ctx context.Context, s *store.Store, opts *Options) (*Queue, error) {
	q := &Queue{store: s}
	if opts != nil {
		q.opts = *opts
	}
	q.setDefaults()
	if s.Postgres() {
		q.driver = riverdatabasesql.New(s.DB())
	} else {
		q.driver = riversqlite.New(s.DB())
	}
	if err := q.migrate(ctx); err != nil {
		return nil, fmt.Errorf("the queue's tables: %w", err)
	}
	var err error
	if q.puller, err = q.newPuller(); err != nil {
		return nil, err
	}
	q.client, err = river.NewClient(q.driver, q.config())
	return q, err
}

func (q *Queue) setDefaults() {
	o := &q.opts
	o.AtOnce = positive(o.AtOnce, 8)
	o.Reads = positive(o.Reads, 2*runtime.GOMAXPROCS(0))
	o.Limit = positive(o.Limit, 30*time.Minute)
	o.lease = positive(o.lease, lease)
	if o.Registries == nil {
		o.Registries = NewRegistries(0, nil)
	}
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	if o.Platform == nil {
		o.Platform = &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	q.alive = newAlive(o.lease, func() { q.count.failed.Add(1) })
	q.places = make(chan struct{}, o.Reads)
}

func positive[T int | time.Duration](n, otherwise T) T {
	if n > 0 {
		return n
	}
	return otherwise
}

// How long River keeps the rows of jobs. A day of those that are done is enough to tell the
// rate. What failed is told by status, until its reference is added again.
const (
	keepDone   = 24 * time.Hour
	keepFailed = 30 * 24 * time.Hour
)

func (q *Queue) config() *river.Config {
	c := &river.Config{
		Logger:                      slog.New(levelHandler{q.opts.Log.Handler(), slog.LevelError}),
		PollOnly:                    true,
		FetchCooldown:               5 * time.Millisecond, // about as long as a look takes
		FetchPollInterval:           500 * time.Millisecond,
		JobTimeout:                  q.opts.lease,
		RescueStuckJobsAfter:        q.opts.lease,
		JobStuckThreshold:           time.Minute,
		CompletedJobRetentionPeriod: keepDone,
		CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: keepFailed,
		SkipUnknownJobCheck:         true,
	}
	if q.opts.Read != nil {
		c.Workers = river.NewWorkers()
		river.AddWorker(c.Workers, &looker{q: q})
		river.AddWorker(c.Workers, &reader{q: q})
		c.Middleware = []rivertype.Middleware{q.alive}
		c.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}} // River wants one
	}
	return c
}

// migrationLock is the key of an advisory lock of Postgres. Any number will do that nobody
// else uses.
const migrationLock = 0x7374656d6d61 // "stemma"

// migrate makes River's tables. Workers that are started together take turns.
func (q *Queue) migrate(ctx context.Context) error {
	if q.store.Postgres() {
		conn, err := q.store.DB().Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		defer conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(migrationLock)) // the end of the connection unlocks, too
	}
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if v, err := m.Validate(ctx, nil); err == nil && v.OK {
		return nil
	}
	for try := 1; ; try++ { // SQLite has no lock for it: who comes second finds the tables made
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		if err == nil || try == 3 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// newPuller makes what asks registries for digests. It repeats nothing: River does.
func (q *Queue) newPuller() (*remote.Puller, error) {
	return remote.NewPuller(
		remote.WithTransport(q.opts.Registries),
		remote.WithAuthFromKeychain(q.opts.Keychain),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
		remote.WithRetryPredicate(func(error) bool { return false }),
		remote.WithRetryStatusCodes(),
	)
}

// transact does all of f in the database, or nothing.
func (q *Queue) transact(ctx context.Context, f func(*sql.Tx) error) error {
	return within(ctx, q.store.Begin, f)
}

func within(ctx context.Context, begin func(context.Context) (*sql.Tx, error), f func(*sql.Tx) error) error {
	tx, err := begin(ctx)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// levelHandler leaves out what is below a level: River tells of each job that failed, and of
// more.
type levelHandler struct {
	slog.Handler
	least slog.Level
}

func (h levelHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.least && h.Handler.Enabled(ctx, l)
}
