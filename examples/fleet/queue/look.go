package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/stemma-go/stemma/layers/source"
)

// looker asks what digest a reference has now, and has its image read if nobody has read it.
type looker struct {
	river.WorkerDefaults[lookArgs]
	q *Queue
}

// lookLimit is how long a look may take, with the time at the gate.
const lookLimit = 5 * time.Minute

// answerLimit is how long a registry may take for one look.
const answerLimit = 30 * time.Second

// mostIndex is how many bytes an index may have: what it describes takes far more memory.
const mostIndex = 4 << 20

func (l *looker) Timeout(job *river.Job[lookArgs]) time.Duration {
	return l.q.alive.timeout(job.ID, lookLimit)
}

func (l *looker) Work(ctx context.Context, job *river.Job[lookArgs]) error {
	q := l.q
	ref, err := q.parse(job.Args.Ref)
	if err != nil {
		return river.JobCancel(err)
	}
	in, v := q.opts.Registries.visit(ctx, ref.Context().RegistryStr())
	if err := q.enter(ctx, v); err != nil {
		return err
	}
	digest, err := q.digest(in, ref)
	if err != nil {
		return q.lookFailed(ctx, v, job, err)
	}
	q.answered(ctx, v, job.JobRow)
	again := false
	if job.Args.Again {
		whole, err := q.store.Whole(ctx, digest)
		if err != nil {
			return err
		}
		again = !whole
	}
	read := readArgs{Digest: digest.String(), Ref: job.Args.Ref, Again: again}
	err = within(ctx, q.store.BeginLight, func(tx *sql.Tx) error {
		if err := q.see(ctx, tx, ref, digest, read, job.Queue); err != nil {
			return err
		}
		return q.completed(ctx, tx, job.ID)
	})
	if err == nil {
		q.count.looks.Add(1)
	}
	return err
}

// completed ends a job in a transaction. River's JobCompleteTx does so for many jobs at once, which
// takes Postgres eight times as long, and longer than all the rest of a look.
func (q *Queue) completed(ctx context.Context, tx *sql.Tx, id int64) error {
	now := time.Now().UTC()
	_, err := q.driver.UnwrapExecutor(tx).JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{
		ID: id, StateDoUpdate: true, State: rivertype.JobStateCompleted, FinalizedAtDoUpdate: true, FinalizedAt: &now,
	})
	return err
}

// see notes what digest a reference has, and has its image read if nobody has read it.
func (q *Queue) see(ctx context.Context, tx *sql.Tx, ref name.Reference, digest v1.Hash, read readArgs, queue string) error {
	now := time.Now()
	known, err := q.store.See(ctx, tx, Ref(ref, ""), digest, now)
	if err != nil || known && !read.Again {
		return err
	}
	made, err := q.client.InsertTx(ctx, tx, read, &river.InsertOpts{Queue: queue})
	if err != nil || made.UniqueSkippedAsDuplicate || read.Again {
		return err
	}
	// On Postgres another worker may have read it since, and be done, so that its job was no
	// duplicate any more.
	if known, err = q.store.See(ctx, tx, Ref(ref, ""), digest, now); err == nil && known {
		_, err = q.client.JobDeleteTx(ctx, tx, made.Job.ID)
	}
	return err
}

// lookFailed ends a look. A registry that can't be reached is waited for, and what breaks off is tried again. Anything
// else will be the same next time.
func (q *Queue) lookFailed(ctx context.Context, v *visit, job *river.Job[lookArgs], err error) error {
	if ctx.Err() == nil && v.refuse.Load() == nil {
		v.noteShared(err)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case v.refuse.Load() != nil && !definite(err):
		return q.refused(ctx, v, job.JobRow)
	case v.broken.Load():
		return err
	}
	if err := q.noteGone(ctx, v, job.Args.Ref, err); err != nil {
		return err
	}
	return river.JobCancel(because(err))
}

// noteGone notes that a tag is deleted, if the registry itself says that it does not know its
// manifest. A mere 404 may be a proxy's, and the answer to a HEAD says no more.
func (q *Queue) noteGone(ctx context.Context, v *visit, asked string, err error) error {
	refused, answer := errors.AsType[*transport.Error](err)
	ref, _ := q.parse(asked) // it has been parsed
	if _, tagged := ref.(name.Tag); !tagged || !answer || refused.StatusCode != http.StatusNotFound {
		return nil
	}
	in, cancel := context.WithTimeout(context.WithValue(ctx, visitKey{}, v), answerLimit)
	defer cancel()
	_, err = q.puller.Get(in, ref)
	refused, answer = errors.AsType[*transport.Error](err)
	unknown := func(d transport.Diagnostic) bool { return d.Code == transport.ManifestUnknownErrorCode }
	if !answer || !slices.ContainsFunc(refused.Errors, unknown) {
		return nil
	}
	return q.transact(ctx, func(tx *sql.Tx) error { return q.store.Gone(ctx, tx, Ref(ref, "")) })
}

// digest asks for the digest of the image that a reference means. It is one request; for an
// index, one more.
func (q *Queue) digest(ctx context.Context, ref name.Reference) (v1.Hash, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	d, err := q.head(ctx, ref)
	switch {
	case err != nil:
		return v1.Hash{}, err
	case !d.MediaType.IsIndex():
		return d.Digest, nil
	}
	at := ref.Context().Digest(d.Digest.String())
	got, err := q.puller.Get(ctx, at)
	if err != nil {
		return v1.Hash{}, err
	}
	if len(got.Manifest) > mostIndex {
		return v1.Hash{}, reason{"too large", fmt.Sprintf("an index of more than %d MB", mostIndex>>20)}
	}
	index, err := got.ImageIndex()
	if err != nil {
		return v1.Hash{}, err
	}
	m, err := index.IndexManifest()
	if err != nil {
		return v1.Hash{}, fmt.Errorf("its index: %w", err)
	}
	if digest, ok := choose(m, q.opts.Platform); ok {
		return digest, nil
	}
	img, err := source.Open(ctx, at.Name(), q.sourceOptions())
	if err != nil {
		return v1.Hash{}, err
	}
	return img.ManifestDigest, img.Close()
}

// head asks without fetching, which some registries do not count as a pull. Where that is not
// possible, it fetches.
func (q *Queue) head(ctx context.Context, ref name.Reference) (*v1.Descriptor, error) {
	d, err := q.puller.Head(ctx, ref)
	if err == nil || ctx.Err() != nil {
		return d, err
	}
	var refused *transport.Error
	if errors.As(err, &refused) && refused.StatusCode != http.StatusMethodNotAllowed && refused.StatusCode != http.StatusNotImplemented {
		return nil, err
	}
	var unreached interface{ Timeout() bool } // of package net and net/url
	if errors.As(err, &unreached) {
		return nil, err
	}
	got, err := q.puller.Get(ctx, ref)
	if err != nil {
		return nil, err
	}
	return &got.Descriptor, nil
}

// choose takes the image for a platform from an index, if exactly one fits. It leaves the
// other cases to package layers/source.
func choose(m *v1.IndexManifest, p *v1.Platform) (v1.Hash, bool) {
	var fit []v1.Hash
	for _, d := range m.Manifests {
		if d.MediaType.IsImage() && d.Platform != nil && d.Platform.Satisfies(*p) {
			fit = append(fit, d.Digest)
		}
	}
	if len(fit) != 1 {
		return v1.Hash{}, false
	}
	return fit[0], true
}

func (q *Queue) sourceOptions() *source.Options {
	return &source.Options{Transport: q.opts.Registries, Keychain: q.opts.Keychain, Insecure: q.opts.Insecure, Platform: q.opts.Platform, Attempts: 1}
}
