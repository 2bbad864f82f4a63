// Package imagetest opens container images in Go tests, each once, and gives what the
// tests make their assertions on.
//
//	func TestImage(t *testing.T) {
//		img := imagetest.Open(t, "registry.example.org/shop/api:2.4.1")
//		img.DescendsFrom("debian:bookworm-slim")
//		img.NoPackage("deb", "gcc*")
//		img.NoFinding(rules.RootUser(), rules.EndOfLife())
//		img.MaxSize(300 << 20)
//	}
//
// A reference is any that package layers/source opens: a registry's image, app.tar,
// oci:DIR, docker:NAME. In a pipeline it mostly comes from the environment:
//
//	imagetest.Open(t, os.Getenv("IMAGE"))
//
// # The assertions
//
// They are the methods of [reporttest.Image], on
//
//   - the chain: DescendsFrom, NotDescendsFrom, Chain, Named;
//   - age: MaxAge, BuiltWithin; and end of life: Supported;
//   - packages and their lives: HasPackage, NoPackage, NoPackageWas, PackagesFrom, MinVersion;
//   - budgets: MaxSize, MaxWaste, MaxLayers, MaxPackages;
//   - users and files: RunsAs, NoSetuid;
//   - rules: NoFinding, NoFindingAbove, and a whole policy: Passes;
//   - that all could be read: Complete.
//
// Each returns whether it holds. Image.Require gives those that end the test:
//
//	img := imagetest.Open(t, ref).Require()
//
// # Options
//
// Tests that need more than a reference share an [Images] with the options of
// layers/source and of stemma:
//
//	var images = imagetest.Images{
//		Source:  source.Options{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}},
//		Analyze: stemma.Options{AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}, // the same result tomorrow
//	}
//
//	func TestChain(t *testing.T) {
//		images.Open(t, "registry.example.org/shop/api:2.4.1").Chain("debian:bookworm-slim")
//	}
//
// # The cache of go test
//
// The go command does not run a test again that passed, unless its code, the variables of
// the environment that it read, or the files of the module that it opened have changed. Of
// an image in a registry or outside of the module it knows nothing: run such tests with
// -count=1.
//
// # Price
//
// This package compiles stemma, and with it Syft and the registry client. Package
// reporttest, which has the assertions, does not.
package imagetest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/reporttest"
	"github.com/stemma-go/stemma/report/rules"
)

// Open returns the image that ref names, for assertions that report to t. The first test
// of a test binary that asks for a reference has it read, and tests that ask meanwhile wait
// for that reading; the image is closed after it. An image that cannot be opened or read ends
// each test that asks for it, with the reason. One that could be read in part does not: see
// Image.Complete.
//
// It is read with the defaults of an [Images].
func Open(t reporttest.TestingT, ref string) *reporttest.Image {
	t.Helper()
	return defaults.Open(t, ref)
}

// defaults keeps what Open read, for as long as the test binary runs: there is no other
// place where tests that know nothing of each other could share it.
var defaults Images

// Images opens images with options, each reference once. The zero value has the defaults.
// Options must not be changed after the first Open. An Images must not be copied.
type Images struct {
	// Source says how to open a reference: platform, credentials.
	Source source.Options
	// Analyze says how to read an image: AsOf for the same result every day, Catalogues
	// that name ancestors. Nil Rules are rules.All.
	Analyze stemma.Options

	mutex sync.Mutex
	read  map[string]func() (*report.Report, error) // by reference
}

// Open is the function Open, with the options of i.
func (i *Images) Open(t reporttest.TestingT, ref string) *reporttest.Image {
	t.Helper()
	r, err := i.reading(ref)()
	if err != nil {
		t.Errorf("%v", err)
		t.FailNow()
		return reporttest.New(t, &report.Report{Partial: true}) // where FailNow comes back
	}
	return reporttest.New(t, r)
}

// reading returns the one reading of a reference.
func (i *Images) reading(ref string) func() (*report.Report, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.read == nil {
		i.read = map[string]func() (*report.Report, error){}
	}
	once, ok := i.read[ref]
	if !ok {
		once = sync.OnceValues(func() (*report.Report, error) { return i.analyze(ref) })
		i.read[ref] = once
	}
	return once
}

// analyze reads an image, for all tests that ask: it does not end with the first of them.
func (i *Images) analyze(ref string) (r *report.Report, err error) {
	if ref == "" {
		return nil, errors.New("the image's reference is empty")
	}
	from, how := i.Source, i.Analyze
	ctx := context.Background()
	img, err := source.Open(ctx, ref, &from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, img.Close()) }()
	if how.Rules == nil {
		how.Rules = rules.All()
	}
	how.Catalogues = slices.Clone(how.Catalogues)
	return stemma.Analyze(ctx, img, &how)
}
