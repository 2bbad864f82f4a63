package reporttest_test

import (
	"fmt"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/reporttest"
)

// A printer is a test that prints what it is told.
type printer struct{}

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (printer) FailNow()                          { fmt.Println("the test ends here") }

// A report that was made by other means than package imagetest.
func ExampleNew() {
	t := printer{} // in a test, its *testing.T
	rep := &report.Report{Ancestors: []report.Ancestor{
		{Ancestor: ancestry.Ancestor{Repository: "shop/api", Tags: []string{"2.4.1"}, Confidence: ancestry.Recorded}},
		{Ancestor: ancestry.Ancestor{Repository: "debian", Tags: []string{"bookworm"}, Confidence: ancestry.Recognised}},
	}} // by stemma.Analyze or report.New

	img := reporttest.New(t, rep)
	fmt.Println(img.DescendsFrom("debian"))
	img.DescendsFrom("debian:bookworm-slim")
	img.Require().NoPackage("deb", "gcc*")
	// Output:
	// true
	// the image does not descend from debian:bookworm-slim
	//   evidence: its chain is shop/api:2.4.1 (recorded) < debian:bookworm (recognised)
	//   remedy: build it on debian:bookworm-slim
	// the report was made without packages, so which are there is not known
	// the test ends here
}
