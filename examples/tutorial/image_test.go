package tutorial_test

import (
	"cmp"
	"os"
	"testing"
	"time"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/report/imagetest"
	"github.com/stemma-go/stemma/report/rules"
)

// The pipeline says which image; without it, it is the one that the tutorial ends with.
var reference = cmp.Or(os.Getenv("IMAGE"), "oci:image")

// The same result tomorrow. Your own test leaves AsOf out: an image that is not rebuilt
// gets old.
var images = imagetest.Images{Analyze: stemma.Options{AsOf: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)}}

func TestImage(t *testing.T) {
	img := images.Open(t, reference)
	img.Chain("example.org/base/debian:trixie")
	img.MaxAge(90 * 24 * time.Hour)
	img.Supported(365 * 24 * time.Hour)
	img.NoPackage("deb", "gcc")
	img.MaxWaste(1 << 20)
	img.RunsAs("10001")
	img.NoFinding(rules.CopyUp(), rules.RootUser())
}
