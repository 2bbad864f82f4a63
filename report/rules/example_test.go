package rules_test

import (
	"fmt"

	"github.com/stemma-go/stemma/report/rules"
)

func ExampleAll() {
	for _, r := range rules.All() {
		fmt.Println(r.Name, r.Severity)
	}
	// Output:
	// abandoned warning
	// add-remote warning
	// born-old warning
	// build-tools warning
	// copy-up warning
	// end-of-life serious
	// full-upgrade note
	// lagging note
	// package-caches warning
	// root-user warning
	// shipped-removed warning
	// superseded note
	// unverified serious
}
