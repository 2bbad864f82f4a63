//go:build tagged

package orchard_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
	"github.com/stemma-go/stemma/examples/fleet/internal/postgres"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// Two thousand images in a real registry, read by three processes into Postgres, while one of
// them is killed, the database crashes, and the registry is away for ten seconds: at the end
// each image is there once, and the fleet knows of all of them what the orchard knows. Then
// bases are rebuilt, and it knows which images are stale.
func TestTaggedFleet(t *testing.T) {
	reg := newRegistry(t)
	o, err := orchard.Grow(orchard.Options{Host: reg.addr, Bases: 40, Apps: 2000})
	require.NoError(t, err)
	reg.plant(t, o)
	reg.start(t)
	server := postgres.Start(t)
	f := newFleet(t, program(t), server.URL)
	f.do("add", "-registry", reg.addr)
	all := len(o.Pushed(1)) + len(o.Odd)

	started := time.Now()
	workers := []*exec.Cmd{f.work(), f.work(), f.work()}
	f.await(all / 5)
	require.NoError(t, workers[0].Process.Kill())
	_ = workers[0].Wait()
	t.Logf("after %s, with %d images read: one worker killed", since(started), f.read())
	f.await(2 * all / 5)
	server.Stop(t)
	time.Sleep(time.Second)
	server.Run(t)
	t.Logf("after %s, with %d images read: Postgres has crashed, and runs again", since(started), f.read())
	f.await(3 * all / 5)
	reg.stop(t)
	t.Logf("after %s, with %d images read: the registry is gone", since(started), f.read())
	time.Sleep(10 * time.Second)
	reg.start(t)
	t.Logf("after %s, with %d images read: it is back", since(started), f.read())
	for _, w := range workers[1:] {
		f.wait(w)
	}
	t.Logf("after %s: all done", since(started))

	f.checkRows(o, 1)
	truth{t, f.store, o, reg.addr, 1}.check()

	require.NoError(t, o.Push(t.Context(), 2))
	f.do("add", "-registry", reg.addr)
	f.wait(f.work())
	f.checkRows(o, 2)
	truth{t, f.store, o, reg.addr, 2}.check()
}

// How many images one, two and three workers read in a second, and what it costs to scan them
// again when nothing has changed.
func TestTaggedThroughput(t *testing.T) {
	reg := newRegistry(t)
	o, err := orchard.Grow(orchard.Options{Host: reg.addr, Bases: 40, Apps: 400})
	require.NoError(t, err)
	reg.plant(t, o)
	reg.start(t)
	server := postgres.Start(t)
	built := program(t)
	for n := 1; n <= 3; n++ {
		f := newFleet(t, built, database(t, server.URL, fmt.Sprintf("fleet%d", n)))
		scan := func() cost {
			before, registry, start := reg.requests(t), reg.cpu(t), time.Now()
			f.do("add", "-registry", reg.addr)
			added := time.Since(start)
			var workers []*exec.Cmd
			for range n {
				workers = append(workers, f.work())
			}
			var c cost
			for _, w := range workers {
				f.wait(w)
				c.cpu += w.ProcessState.UserTime() + w.ProcessState.SystemTime()
			}
			c.added, c.took, c.registry = added, time.Since(start), reg.cpu(t)-registry
			after := reg.requests(t)
			c.requests, c.blobs = after["all"]-before["all"], after["GET blobs"]-before["GET blobs"]
			c.reads = f.count("SELECT count(*) FROM river_job WHERE kind = 'read'")
			return c
		}
		first := scan()
		images := f.read()
		require.Equal(t, len(o.Pushed(1))+len(o.Odd), images)
		assert.Equal(t, images, first.reads, "jobs that read, one for each image")
		second := scan()
		assert.Equal(t, first.reads, second.reads, "jobs that read, after the second scan")
		assert.Zero(t, second.blobs, "configurations and layers that the second scan fetched")
		// A tenth is what is wanted, and what the log shows. The images here are as small as can
		// be: of real ones the first scan costs a hundred times as much, and the second the same.
		if n == 1 { // it costs a worker something to begin
			assert.Less(t, second.cpu, first.cpu/5)
		}
		t.Logf("workers: %d; %d images in %.1f s: %.1f a second; %.1f s of processor time, %.1f s of the registry's; %d requests", n, images,
			first.took.Seconds(), float64(images)/first.took.Seconds(), first.cpu.Seconds(), first.registry.Seconds(), first.requests)
		t.Logf("workers: %d; again in %.2f s, %.1f %% of the first's (%.2f s of it for adding); %.2f s of processor time, %.1f %% of the first's, %.1f s of the registry's; %d requests, of which %d for configurations or layers", n,
			second.took.Seconds(), 100*second.took.Seconds()/first.took.Seconds(), second.added.Seconds(),
			second.cpu.Seconds(), 100*second.cpu.Seconds()/first.cpu.Seconds(), second.registry.Seconds(), second.requests, second.blobs)
	}
}

// A cost is what a scan took.
type cost struct {
	took, added, cpu       time.Duration // added is that part of took in which the work was found; cpu is that of the workers
	registry               time.Duration // processor time of the registry
	requests, blobs, reads int
}

func since(t time.Time) time.Duration { return time.Since(t).Round(100 * time.Millisecond) }

// database makes a database of a server, and returns its URL.
func database(t *testing.T, server, name string) string {
	s, err := store.Open(t.Context(), server)
	require.NoError(t, err)
	defer s.Close()
	_, err = s.DB().ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// A fleet is the program, as it is started by a user, and its database.
type fleet struct {
	t        *testing.T
	program  string
	dsn      string
	dir      string
	store    *store.Store
	launched int
}

// program builds fleet.
func program(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "fleet")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "../..").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return file
}

func newFleet(t *testing.T, program, dsn string) *fleet {
	f := &fleet{t: t, program: program, dsn: dsn, dir: t.TempDir()}
	var err error
	f.store, err = store.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { f.store.Close() })
	return f
}

// do runs a command to its end.
func (f *fleet) do(command string, args ...string) string {
	cmd := exec.CommandContext(f.t.Context(), f.program, append([]string{command, "-db", f.dsn}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NoError(f.t, err, "fleet %s: %s", command, out)
	return string(out)
}

// work starts a worker, with a cache of its own. If the test fails, its words are in the log.
func (f *fleet) work() *exec.Cmd {
	f.launched++
	name := filepath.Join(f.dir, fmt.Sprintf("worker%d", f.launched))
	said, err := os.Create(name + ".log")
	require.NoError(f.t, err)
	defer said.Close()
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Minute)
	cmd := exec.CommandContext(ctx, f.program, "work", "-db", f.dsn, "-cache", name+".cache")
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(f.t, cmd.Start())
	f.t.Cleanup(func() {
		cancel()
		if words, _ := os.ReadFile(said.Name()); f.t.Failed() {
			f.t.Logf("%s: %s", filepath.Base(name), words[max(0, len(words)-4000):])
		}
	})
	return cmd
}

// wait waits until a worker has found nothing more to do. The orchard has something odd: the
// worker to which that fell says with its exit code that it could not read everything.
func (f *fleet) wait(worker *exec.Cmd) {
	_ = worker.Wait()
	require.Contains(f.t, []int{0, 3}, worker.ProcessState.ExitCode(), "exit code of a worker")
}

// read counts the images that have been read.
func (f *fleet) read() int {
	return f.count("SELECT count(*) FROM images WHERE read_at IS NOT NULL OR reason <> ''")
}

// count asks for a number. A server that was just started may have to be asked again.
func (f *fleet) count(query string, args ...any) (n int) {
	var err error
	for range 20 {
		if err = f.store.DB().QueryRowContext(f.t.Context(), query, args...).Scan(&n); err == nil {
			return n
		}
		time.Sleep(200 * time.Millisecond)
	}
	require.NoError(f.t, err, query)
	return 0
}

// await waits until so many images have been read.
func (f *fleet) await(n int) {
	require.Eventually(f.t, func() bool { return f.read() >= n }, 4*time.Minute, 20*time.Millisecond, "%d images", n)
}

// checkRows counts: nothing is lost, and nothing is there twice.
func (f *fleet) checkRows(o *orchard.Orchard, season int) {
	t, want := f.t, counts(o, season)
	got := map[string]int{}
	for what, query := range queries() {
		got[what] = f.count(query)
	}
	assert.Equal(t, want, got, "season %d", season)
	again := f.count("SELECT count(*) FROM river_job WHERE attempt > 1")
	t.Logf("season %d: %v; %d jobs took more than one attempt", season, got, again)
}

// queries ask the database for what counts tells of the orchard.
func queries() map[string]string {
	return map[string]string{
		"images":                      "SELECT count(*) FROM images",
		"images read":                 "SELECT count(*) FROM images WHERE reason = '' AND NOT partial AND read_at IS NOT NULL",
		"images of a tag":             "SELECT count(DISTINCT image_id) FROM sightings WHERE latest",
		"references":                  "SELECT count(*) FROM refs",
		"sightings":                   "SELECT count(*) FROM sightings",
		"sightings of today":          "SELECT count(*) FROM sightings WHERE latest",
		"ancestors":                   "SELECT count(*) FROM ancestors",
		"layers":                      "SELECT count(*) FROM layers",
		"content bytes":               "SELECT coalesce(sum(content), 0) FROM images",
		"shadowed bytes":              "SELECT coalesce(sum(shadowed), 0) FROM images",
		"packages":                    "SELECT coalesce(sum(packages), 0) FROM images",
		"jobs that read":              "SELECT count(*) FROM river_job WHERE kind = 'read'",
		"jobs that are not completed": "SELECT count(*) FROM river_job WHERE state <> 'completed'",
		"digests with two jobs":       "SELECT count(*) FROM (SELECT args->>'digest' FROM river_job WHERE kind = 'read' GROUP BY 1 HAVING count(*) > 1) AS twice",
	}
}

func counts(o *orchard.Orchard, season int) map[string]int {
	want := map[string]int{}
	ancestors := map[*orchard.Image]bool{}
	for _, im := range o.Pushed(season) {
		want["images"]++
		want["images read"]++
		want["jobs that read"]++
		want["packages"] += len(im.Packages())
		want["shadowed bytes"] += int(im.Shadowed)
		for _, b := range im.Chain() {
			want["content bytes"] += int(b.Content)
			if !ancestors[b] {
				ancestors[b] = true
				want["ancestors"]++
				want["layers"] += b.Layers
			}
		}
	}
	seen := map[[2]string]bool{}
	for s := 1; s <= season; s++ {
		for ref, im := range o.References(s) {
			seen[[2]string{ref, im.Digest.String()}] = true
		}
	}
	want["sightings"] = len(seen)
	refs := o.References(season)
	want["references"], want["sightings of today"] = len(refs), len(refs)
	for _, odd := range o.Odd {
		for _, row := range []string{"images", "jobs that read", "references", "sightings", "sightings of today", "images of a tag"} {
			want[row]++
		}
		if odd.Damaged {
			want["ancestors"]++
			want["layers"]++
		}
	}
	today := map[*orchard.Image]bool{}
	for _, im := range refs {
		today[im] = true
	}
	want["images of a tag"] += len(today)
	for _, none := range []string{"jobs that are not completed", "digests with two jobs"} {
		want[none] = 0
	}
	return want
}
