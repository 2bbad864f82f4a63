package assertions_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/imagetest"
	"github.com/stemma-go/stemma/report/rules"
)

// reference is the image that is tested. Your own may be a registry's, or app.tar, or come
// from the environment of the pipeline.
const reference = "oci:../../testdata/sample/image"

// images are shared by the tests, so that the image is read once.
var images = imagetest.Images{Analyze: stemma.Options{
	AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), // the same result tomorrow
}}

const day = 24 * time.Hour

func TestBase(t *testing.T) {
	img := images.Open(t, reference)
	img.Chain("example.org/runtime/node:18", "example.org/build/toolchain:12", "example.org/base/debian:bookworm")
	img.NotDescendsFrom("alpine")
	img.BuiltWithin(90 * day)
	img.MaxAge(1300 * day)
}

func TestPackages(t *testing.T) {
	img := images.Open(t, reference)
	img.HasPackage("npm", "express")
	img.MinVersion("npm", "lodash", "4.17.21")
	img.NoPackage("deb", "openssh-server")
	img.NoPackageWas(packages.Reinstalled, "npm", "*")
	img.PackagesFrom("example.org/runtime/node:18", "deb", "nodejs")
}

func TestBudgets(t *testing.T) {
	img := images.Open(t, reference)
	img.MaxSize(10 << 20)
	img.MaxWaste(200 << 20)
	img.MaxLayers(30)
	img.MaxPackages(600)
}

func TestSafety(t *testing.T) {
	img := images.Open(t, reference).Require() // what fails ends the test
	img.Complete()
	img.RunsAs("app")
	img.NoSetuid("usr/bin/*", "usr/sbin/*", "usr/lib/*/*")
	img.NoFinding(rules.RootUser(), rules.Unverified())
	img.NoFindingAbove(report.Warning)
}

// What no assertion asks is plain data.
func TestData(t *testing.T) {
	img := images.Open(t, reference)
	root := img.Ancestors[len(img.Ancestors)-1]
	assert.Equal(t, "bookworm", root.Distro.Codename)
	assert.Equal(t, ancestry.Recorded, root.Confidence)

	upgraded := 0
	for _, p := range img.Inventory.Packages {
		for _, e := range p.Events {
			if p.Type == "deb" && e.Kind == packages.Upgraded {
				upgraded++
				assert.Equal(t, 1, img.AncestorOf(e.Layer), "%s was upgraded by %s", p.Name, img.NameOf(img.AncestorOf(e.Layer)))
			}
		}
	}
	assert.Equal(t, 19, upgraded)
}
