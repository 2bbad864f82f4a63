package rules

import (
	"fmt"

	"github.com/stemma-go/stemma/report"
)

// All returns all rules of this package, in alphabetical order.
func All() []report.Rule {
	return []report.Rule{
		Abandoned(),
		AddRemote(),
		BornOld(),
		BuildTools(),
		CopyUp(),
		EndOfLife(),
		FullUpgrade(),
		Lagging(),
		PackageCaches(),
		RootUser(),
		ShippedRemoved(),
		Superseded(),
		Unverified(),
	}
}

// Named returns the rules of those names, in that order.
func Named(names ...string) ([]report.Rule, error) {
	byName := map[string]report.Rule{}
	for _, r := range All() {
		byName[r.Name] = r
	}
	var rules []report.Rule
	for _, n := range names {
		r, ok := byName[n]
		if !ok {
			return nil, fmt.Errorf("unknown rule %q", n)
		}
		rules = append(rules, r)
	}
	return rules, nil
}
