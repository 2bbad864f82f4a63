package catalogue

import (
	"regexp"
	"slices"
	"strings"
)

// release is the number of an Ubuntu release.
var release = regexp.MustCompile(`^\d\d\.\d\d$`)

// suiteOf returns the suite of a dated tag that has nothing else: jammy of
// jammy-20221130; "" of others.
func suiteOf(tag string) string {
	suite, day, ok := strings.Cut(tag, "-")
	if !ok || !dated(day) || strings.Contains(day, "-") || strings.Trim(suite, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return suite
}

// bySuite parts a node whose recipe is that of several suites at once, as one file
// was for all of Ubuntu in 2022: each reading has one suite's tags.
func (n *node) bySuite() []*node {
	var suites []string
	for _, t := range n.tags {
		if s := suiteOf(t); s != "" && !slices.Contains(suites, s) {
			suites = append(suites, s)
		}
	}
	if len(suites) < 2 {
		return []*node{n}
	}
	var out []*node
	for _, s := range suites {
		one := *n
		one.suites = true
		number := n.releaseOf(s)
		one.tags = slices.DeleteFunc(slices.Clone(n.tags), func(t string) bool {
			return t != s && t != number && !strings.HasPrefix(t, s+"-")
		})
		out = append(out, &one)
	}
	return out
}

// releaseOf returns the number of a suite's release: the tag that it has beside its
// name where a recipe is of this suite alone.
func (n *node) releaseOf(suite string) string {
	for _, p := range n.repo.Timeline(suite) {
		if p.Recipe == n.named.ID {
			continue
		}
		for _, t := range n.repo.Recipe(p.Recipe).TagsOn(p.From) {
			if release.MatchString(t) {
				return t
			}
		}
	}
	return ""
}
