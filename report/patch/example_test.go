package patch_test

import (
	"fmt"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
)

// The image of today's base was read, so what has the fix needs no day.
func ExampleTrace() {
	r, base := exampleReports() // of an image, with vulnerabilities, and of its base today
	r.Patches = patch.Trace(r, &patch.Options{Rebuilds: patch.Newer{"python:3.8-bookworm": base}})
	for _, a := range r.Patches.Acts {
		fmt.Printf("%d of %d: %s\n", len(a.Releases), r.Patches.Fixable, a.Do)
	}
	fmt.Println(r.Patches.Counts[report.PatchNone], "without a fix")
	// Output:
	// 2 of 3: rebuild on a current python:3.8-bookworm (docker build --pull, or a newer digest)
	// 1 of 3: take the fixed versions in your step 3
	// 1 without a fix
}
