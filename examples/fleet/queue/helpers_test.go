package queue

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
)

// A fakeRegistry is a registry in this process that can be made to misbehave.
type fakeRegistry struct {
	host string
	*httptest.Server

	fault atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool] // true: it has answered

	mu       sync.Mutex
	requests []string // "HEAD /v2/…"
}

func startRegistry(t testing.TB) *fakeRegistry {
	t.Helper()
	f := &fakeRegistry{}
	inner := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.Path)
		f.mu.Unlock()
		if fault := f.fault.Load(); fault == nil || !(*fault)(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(f.Close)
	f.host = strings.TrimPrefix(f.URL, "http://")
	return f
}

// misbehave has all requests answered by fault, unless it returns false. nil is none.
func (f *fakeRegistry) misbehave(fault func(w http.ResponseWriter, r *http.Request) bool) {
	if fault == nil {
		f.fault.Store(nil)
		return
	}
	f.fault.Store(&fault)
}

// asked returns the requests since the last call.
func (f *fakeRegistry) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.requests
	f.requests = nil
	return was
}

// push pushes an image under some names, and returns its digest. Without an image it makes one.
func (f *fakeRegistry) push(t testing.TB, img v1.Image, names ...string) v1.Hash {
	t.Helper()
	if img == nil {
		var err error
		img, err = random.Image(200, 2)
		require.NoError(t, err)
	}
	for _, n := range names {
		require.NoError(t, remote.Write(f.ref(t, n), img))
	}
	h, err := img.Digest()
	require.NoError(t, err)
	return h
}

func (f *fakeRegistry) ref(t testing.TB, n string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(f.host + "/" + n)
	require.NoError(t, err)
	return ref
}

// wanted are references in this registry.
func (f *fakeRegistry) wanted(t testing.TB, names ...string) []Wanted {
	t.Helper()
	var all []Wanted
	for _, n := range names {
		all = append(all, Wanted{Ref: Ref(f.ref(t, n), "")})
	}
	return all
}

// readings reads images without their packages, and counts by digest how often.
type readings struct {
	registries *Registries
	src        *source.Options

	mu    sync.Mutex
	count map[string]int
}

func newReadings() *readings {
	r := &readings{registries: NewRegistries(0, nil), count: map[string]int{}}
	r.src = &source.Options{Transport: r.registries, Attempts: 1}
	return r
}

func (r *readings) read(ctx context.Context, reference string) (store.Image, *report.Report, error) {
	_, digest, _ := strings.Cut(reference, "@")
	r.mu.Lock()
	r.count[digest]++
	r.mu.Unlock()
	img, err := source.Open(ctx, reference, r.src)
	if err != nil {
		return store.Image{}, nil, err
	}
	defer img.Close()
	idx, err := layers.Read(ctx, img, nil)
	if err != nil {
		return store.Image{}, nil, err
	}
	lin, err := ancestry.Resolve(ctx, img, nil)
	if err != nil {
		return store.Image{}, nil, err
	}
	return store.Image{}, report.New(idx, lin, nil, nil), nil
}

func (r *readings) of(h v1.Hash) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[h.String()]
}

// open opens a queue on a database of its own, or on one that is there.
func open(t testing.TB, dsn string, o Options) (*Queue, *store.Store, *readings) {
	t.Helper()
	if dsn == "" {
		dsn = newDatabase(t)
	}
	s, err := store.Open(context.Background(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	r := newReadings()
	o.Registries = r.registries
	if o.Read == nil {
		o.Read = r.read
	}
	o.Log = slog.New(slog.NewTextHandler(testLog{t}, nil))
	q, err := Open(context.Background(), s, &o)
	require.NoError(t, err)
	return q, s, r
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// enough is how long a test waits for what should happen soon, on a machine that is busy.
const enough = 3 * time.Minute

// work works the queue until it is empty.
func work(t testing.TB, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), enough)
	defer cancel()
	if err := q.Work(ctx, false, nil); err != nil {
		rows, _ := q.store.DB().Query("SELECT kind, state, json(args), json(errors), json(metadata) FROM river_job WHERE state <> 'completed'")
		for rows.Next() {
			var a, b, c, d, e any
			_ = rows.Scan(&a, &b, &c, &d, &e)
			t.Logf("%v %v %s %s %s", a, b, c, d, e)
		}
		t.Fatal(err)
	}
}

func add(t testing.TB, q *Queue, w []Wanted) {
	t.Helper()
	_, err := q.Add(context.Background(), w...)
	require.NoError(t, err)
}

func status(t testing.TB, q *Queue) *Status {
	t.Helper()
	s, err := q.Status(context.Background())
	require.NoError(t, err)
	return s
}

// number is what a query that counts returns.
func number(t testing.TB, s *store.Store, query string) int {
	t.Helper()
	n := 0
	require.NoError(t, s.DB().QueryRow(query).Scan(&n))
	return n
}

// chartOf is an artifact that is no image: its configuration is that of a chart.
func chartOf(t testing.TB) v1.Image {
	t.Helper()
	img, err := random.Image(100, 1)
	require.NoError(t, err)
	img = mutate.MediaType(img, types.OCIManifestSchema1)
	return mutate.ConfigMediaType(img, "application/vnd.cncf.helm.config.v1+json")
}

// onPostgres is the variable with the URL of a server on which the tests run instead of SQLite.
const onPostgres = "FLEET_TEST_POSTGRES"

// newDatabase returns what a new database is called.
func newDatabase(t testing.TB) string {
	t.Helper()
	server := os.Getenv(onPostgres)
	if server == "" {
		return filepath.Join(t.TempDir(), "fleet.db")
	}
	db, err := sql.Open("pgx", server)
	require.NoError(t, err)
	defer db.Close()
	name := fmt.Sprintf("test_%d", rand.Int64())
	_, err = db.Exec("CREATE DATABASE " + name)
	require.NoError(t, err)
	return databaseURL(t, server, name)
}

func databaseURL(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = name
	return u.String()
}

// dsnOf is what a store's database is called.
func dsnOf(t testing.TB, s *store.Store) string {
	t.Helper()
	var seq int
	var name, file string
	if server := os.Getenv(onPostgres); server != "" {
		require.NoError(t, s.DB().QueryRow("SELECT current_database()").Scan(&name))
		return databaseURL(t, server, name)
	}
	require.NoError(t, s.DB().QueryRow("PRAGMA database_list").Scan(&seq, &name, &file))
	return file
}
