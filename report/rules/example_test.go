package rules_test

import (
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
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
	// unknown note
	// unverified serious
}

// Some of the rules, and no others.
func Example_some() {
	chosen := []report.Rule{rules.RootUser(), rules.Unverified()}
	r := report.New(nil, &ancestry.Lineage{Ancestors: make([]ancestry.Ancestor, 1)}, nil, &report.Options{Rules: chosen})
	for _, f := range r.Findings {
		fmt.Println(f.Message)
	}
	// Output: runs as root: no ancestor sets USER
}

// All rules but one.
func Example_without() {
	chosen := slices.DeleteFunc(rules.All(), func(r report.Rule) bool { return r.Name == "full-upgrade" })
	fmt.Println(len(rules.All()) - len(chosen))
	// Output: 1
}
