package imagetest_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/imagetest"
	"github.com/stemma-go/stemma/report/reporttest"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/sample"
)

// A printer is a test that prints what it is told.
type printer struct{ stopped bool }

func (p *printer) Helper()                           {}
func (p *printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (p *printer) FailNow()                          { p.stopped = true }

// sampleImage is the sample as users find it.
const sampleImage = "oci:../../testdata/sample/image"

var images = imagetest.Images{Analyze: stemma.Options{AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}

func ExampleOpen() {
	t := &printer{} // in a test, its *testing.T

	img := imagetest.Open(t, sampleImage)
	fmt.Println(img.HasPackage("npm", "express"))
	fmt.Println(img.RunsAs("nobody"))
	// Output:
	// true
	// the image runs as app, not as nobody
	//   evidence: this image, step 43: /bin/sh -c #(nop) USER app
	//   remedy: end the Dockerfile with USER nobody
	// false
}

func ExampleImages_Open() {
	t := &printer{} // in a test, its *testing.T

	// var images = imagetest.Images{Analyze: stemma.Options{AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}
	img := images.Open(t, sampleImage)
	fmt.Println(img.BuiltWithin(30 * 24 * time.Hour))
	// Output:
	// this image was built on 2026-09-30, 32 days before 2026-11-01, more than 30 days
	//   evidence: this image, step 44: /bin/sh -c #(nop) CMD ["node", "server.js"]
	//   remedy: build it again
	// false
}

// Tests that ask at the same time get one reading, whatever its outcome.
func TestReadOnce(t *testing.T) {
	var manifests, layers atomic.Int64
	store := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/") {
			manifests.Add(1)
		}
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/sha256:") {
			layers.Add(1)
		}
		store.ServeHTTP(w, r)
	}))
	defer server.Close()
	ref := strings.TrimPrefix(server.URL, "http://") + "/shop/api:2.4.1"
	img, err := sample.Stage("example.org/base/debian:bookworm")
	require.NoError(t, err)
	n, err := name.ParseReference(ref)
	require.NoError(t, err)
	require.NoError(t, remote.Write(n, img))
	manifests.Store(0)
	layers.Store(0)

	var shared imagetest.Images
	var wait sync.WaitGroup
	got := make([]*reporttest.Image, 8)
	for i := range got {
		wait.Go(func() { got[i] = shared.Open(t, ref) })
	}
	wait.Wait()
	for _, g := range got {
		assert.Same(t, got[0].Report, g.Report)
	}
	assert.EqualValues(t, 1, manifests.Load())
	assert.EqualValues(t, 2, layers.Load(), "a configuration and a layer")
	assert.True(t, got[0].NoFinding(rules.Unverified()))
}

// A failure is told to every test that asks.
func TestCannotBeOpened(t *testing.T) {
	var none imagetest.Images
	for ref, why := range map[string]string{"./nothing.tar": "no such file", "": "reference is empty"} {
		for range 2 {
			rec := &recorder{}
			img := none.Open(rec, ref)
			assert.True(t, rec.stopped)
			require.Len(t, rec.said, 1)
			assert.Contains(t, rec.said[0], why)
			assert.False(t, img.NoPackage("", "*"), "nothing holds of it")
			assert.False(t, img.MaxLayers(1))
			assert.False(t, img.NoFinding())
			assert.False(t, img.NotDescendsFrom("alpine"))
			assert.False(t, img.Chain())
			assert.False(t, img.MaxAge(time.Hour))
		}
	}
}

// The package's documentation names every assertion.
func TestDocumentationNamesAssertions(t *testing.T) {
	source, err := os.ReadFile("imagetest.go")
	require.NoError(t, err)
	assertions, inherited := reflect.TypeFor[*reporttest.Image](), reflect.TypeFor[*report.Report]()
	for m := range assertions.NumMethod() {
		name := assertions.Method(m).Name
		if _, ok := inherited.MethodByName(name); !ok {
			assert.Regexp(t, `(?m)^//.*\b`+name+`\b`, string(source))
		}
	}
}

// A recorder is a test that keeps what it is told.
type recorder struct {
	said    []string
	stopped bool
}

func (r *recorder) Helper()  {}
func (r *recorder) FailNow() { r.stopped = true }
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}
