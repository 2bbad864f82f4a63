package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/stemma-go/stemma/layers/printable"
)

// A Failure is one kind of failure.
type Failure struct {
	Kind string
	// References could not be looked at, Images not be read, or only in part.
	References, Images int
	// Example is one of them, with its whole reason. It is fit to be printed.
	Example string
	// Each are all of them.
	Each []Failed
}

// A Failed is a reference that could not be looked at, or whose image could not be read, or only
// in part.
type Failed struct {
	Reference string
	Image     string // its digest, if it is known
	Reason    string // whole, with its kind; fit to be printed
}

// failures counts the images that the store has as unreadable, or read in part, and that a reference
// has now, and the jobs that failed before there was an image to write that to.
func (q *Queue) failures(ctx context.Context, s *Status) error {
	kinds := map[string]*Failure{}
	of := func(what, reason string) *Failure {
		k := kind(reason)
		if kinds[k] == nil {
			text := strings.TrimPrefix(reason, k+": ")
			if !strings.Contains(text, what) {
				text = what + ": " + text
			}
			kinds[k] = &Failure{Kind: k, Example: printable.Line(text)}
		}
		return kinds[k]
	}
	rows, err := q.store.DB().QueryContext(ctx, `SELECT i.digest, i.reason, i.partial, r.repository, r.tag, r.digest
		FROM images i JOIN sightings s ON s.image_id = i.id AND s.latest JOIN refs r ON r.id = s.ref_id
		WHERE i.current AND i.reason <> '' ORDER BY i.id, r.repository, r.tag, r.digest`)
	if err != nil {
		return err
	}
	defer rows.Close()
	last := ""
	for rows.Next() {
		var digest, reason, repository, tag, asked string
		var partial bool
		if err := rows.Scan(&digest, &reason, &partial, &repository, &tag, &asked); err != nil {
			return err
		}
		if partial {
			reason = InPart + ": " + reason
		}
		ref := nameOf(repository, tag, asked)
		reason = brief(reason, repository, digest)
		f := of(ref, reason)
		if digest != last {
			f.Images++
			last = digest
		}
		f.Each = append(f.Each, Failed{ref, digest, printable.Line(reason)})
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for job, err := range q.failedJobs(ctx) {
		if err != nil {
			return err
		}
		f := of(cmp.Or(job.ref, job.what), job.reason)
		one := Failed{Reference: job.ref, Reason: printable.Line(job.reason)}
		if job.look {
			f.References++
		} else {
			f.Images++
			one.Image = job.what
		}
		f.Each = append(f.Each, one)
	}
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		s.Failures = append(s.Failures, *kinds[k])
	}
	slices.SortStableFunc(s.Failures, func(a, b Failure) int { return cmp.Compare(b.References+b.Images, a.References+a.Images) })
	return nil
}

// brief leaves out of a reason which image it is about: that stands beside it.
func brief(reason, repository, digest string) string {
	kind, text, ok := strings.Cut(reason, ": ")
	if !ok {
		return reason
	}
	text = strings.TrimPrefix(text, repository+"@"+digest+": ")
	return kind + ": " + strings.TrimPrefix(text, "image "+digest+": ")
}

// nameOf is a reference as one writes it.
func nameOf(repository, tag, digest string) string {
	if tag != "" {
		repository += ":" + tag
	}
	if digest != "" {
		repository += "@" + digest
	}
	return repository
}

// A failedJob is a look, or a read of an image that a reference has, and that nobody has read or
// found unreadable since.
type failedJob struct {
	look         bool
	what, reason string // what is a reference or a digest
	ref          string
}

// failedJobs yields the last failure of each reference and digest. Jobs that somebody took out
// of the queue have not failed.
func (q *Queue) failedJobs(ctx context.Context) iter.Seq2[failedJob, error] {
	return func(yield func(failedJob, error) bool) {
		const page = 1000
		seen := map[failedJob]bool{}
		list := river.NewJobListParams().States(failed()...).OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(page).
			Where("NOT EXISTS (SELECT 1 FROM images WHERE images.digest = args->>'digest' AND (read_at IS NOT NULL OR NOT current))")
		for {
			got, err := q.client.JobList(ctx, list)
			if err != nil {
				yield(failedJob{}, err)
				return
			}
			for _, row := range got.Jobs {
				job, ok := failureOf(row)
				key := failedJob{look: job.look, what: job.what}
				if !ok || seen[key] {
					continue
				}
				seen[key] = true
				if !yield(job, nil) {
					return
				}
			}
			if len(got.Jobs) < page {
				return
			}
			list = list.After(got.LastCursor)
		}
	}
}

// failureOf returns what failed and why, and false if it was cancelled.
func failureOf(row *rivertype.JobRow) (failedJob, bool) {
	var args struct{ Ref, Digest string }
	if err := json.Unmarshal(row.EncodedArgs, &args); err != nil || len(row.Errors) == 0 {
		return failedJob{}, false
	}
	reason := row.Errors[len(row.Errors)-1].Error
	job := failedJob{row.Kind == (lookArgs{}).Kind(), args.Ref, strings.TrimPrefix(reason, "JobCancelError: "), args.Ref}
	if !job.look {
		job.what = args.Digest
	}
	return job, !strings.Contains(reason, river.ErrJobCancelledRemotely.Error())
}
