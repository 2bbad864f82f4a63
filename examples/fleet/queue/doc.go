// Package queue reads the images of a fleet, each once, and nothing is lost when a registry, a
// worker or the database goes away. It is River's queue in the store's own database, with two
// sorts of jobs:
//
//   - look asks a registry what digest a reference has now, and notes that in the store;
//   - read reads the image of a digest, and writes what it has learnt to the store.
//
// A look makes a read where the store does not have the image. Both are River's unique jobs:
// there is one for each reference and each digest that is still to be done, however often they
// are added.
//
//	q, err := queue.Open(ctx, s, &queue.Options{Read: read})
//	...
//	_, err = q.Add(ctx, queue.Wanted{Ref: ref})
//	err = q.Work(ctx, false, nil)
//
// # Nothing lost, nothing doubled
//
// What a job has learnt, the jobs that it makes, and its own end are one transaction of the
// database (River's InsertTx and JobCompleteTx, or for looks what does the same). A worker that dies before it commits has done
// nothing, one that dies after it has done all. The commit of a look does not wait for Postgres'
// disk: if the server itself crashes, the looks of the last second are done again.
//
// A job whose worker has died is still marked as running. River's rescuer gives it to another
// worker when its attempt is older than RescueStuckJobsAfter. River means that to be longer than
// any job takes, an hour, which is too long to wait for, and for a large image on a slow line too
// short. So here every worker says each three seconds that its jobs are alive, by moving the
// moment of their attempt on, and a job whose worker has not done so for twelve seconds is
// rescued. River's leader looks for such jobs when it is elected and every 30 seconds; a leader
// that died is followed by another one after 15 seconds. So a lone worker that is killed and
// started again has its jobs back within half a minute, and other workers take them over within
// a minute.
//
// All this is told by the workers' clocks. On Postgres, one whose clock differs from the
// database's by more than four seconds does not begin.
//
// A worker that was only cut off from the database for so long may find that another one has
// read the same image. Both write the same, and the store keeps one. An image over which three
// workers have died is not tried a fourth time, and written as unreadable.
//
// A worker that is stopped gives its jobs back at once.
//
// # Registries
//
// Each registry has a queue of its own, named after it, and each worker takes no more jobs from
// it at the same time than it should ask for at once (MaxWorkers). So a registry that is slow
// keeps nobody waiting but its own images. Workers add queues while they run, as registries turn
// up. That is each worker's: a limit for all together is not in the free edition of River. A rate
// bounds the requests in a second, of all workers together: each counts twice a second how many
// others have jobs of the registry that are alive, and takes its part of the rate. So one that
// begins may ask too fast for half a second, and what one that died had is left unused for twelve.
//
// A registry that can't be reached, or answers 429, 408 or 5xx, is down. The job is snoozed, as
// River calls it: it sleeps, and that is no attempt of the few that it has. Jobs that come after
// it wait in the worker until somebody should ask again, after a second first and after a minute
// later, or when the registry's Retry-After says so. River could pause the queue as a whole. But
// a pause is kept in the database until somebody ends it, and who paused it may be dead by then.
// Snoozing the whole line would write every job of it to the database every minute. What is
// known of an outage is in the metadata of River's queue, for [Queue.Status] in other processes.
//
// When nothing has come from a registry for longer than Options.Patience, what waits for it is
// given up, and counts as failed; the store has nothing of it, so that it is done when it is
// added again.
//
// # Failures
//
// An answer that breaks off, and reading that takes too long, is tried five times, after pauses
// of 1, 16, 81 and 256 seconds, which are River's. What a registry refuses, and what is no image
// or a damaged one, will be the same in a minute and is not repeated; but where a digest was seen
// in several repositories, the others are tried, up to five. Then the image is a row of the store
// with its reason. A reference for which there is no digest is a failed job of River's, which
// keeps it for 30 days. Both are told by [Queue.Status]. A reference is tried again when it is
// added again; an image that could not be read, when that is asked for.
//
// A tag of which the registry says that it knows no manifest was deleted: it has no image any more,
// and what it had stays in the store. A 404 without that word changes nothing.
//
// # SQLite and Postgres
//
// On both, workers ask for jobs twice a second, and within five milliseconds when a job is done
// and there may be more: River's way without notifications, for which database/sql has nothing. With SQLite,
// several processes of one machine may share the file; writing waits for each other.
package queue
