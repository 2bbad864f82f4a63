package rules_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
)

// What the gravest rules look for.
func ExampleAll() {
	for _, r := range rules.All() {
		if r.Severity == report.Serious {
			finds, _, _ := strings.Cut(r.Doc, ". ")
			fmt.Printf("%s: %s\n", r.Name, finds)
		}
	}
	// Output:
	// end-of-life: A distribution or a language runtime that gets no more fixes, or soon none
	// secret-file: Files whose names are those of private keys and credentials, in any layer
	// unverified: A layer that is not what the image claims, or that could not be read to its end
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
