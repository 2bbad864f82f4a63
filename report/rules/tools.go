package rules

import (
	_ "embed"
	"path"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/report"
)

//go:embed tools.tsv
var toolsTSV string

// A tool is a line of tools.tsv.
type tool struct{ kind, pattern, category string }

// tools parses the table once. It is part of the program: the tests check it.
var tools = sync.OnceValue(func() []tool {
	var list []tool
	for line := range strings.Lines(toolsTSV) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) == 3 && f[0] != "type" && f[0][0] != '#' {
			list = append(list, tool{f[0], f[1], f[2]})
		}
	}
	return list
})

// notTool is the category of what looks like a tool and is none.
const notTool = "-"

// The categories that the rule gives a meaning of their own.
const (
	compilers    = "compilers"
	remoteAccess = "remote access"
)

// category returns what a distribution's package is good for in a build, "" if
// nothing.
func category(kind, name string) string {
	for _, t := range tools() {
		if t.kind == kind && match(t.pattern, name) {
			if t.category == notTool {
				return ""
			}
			return t.category
		}
	}
	return ""
}

// match is path.Match for patterns that are known to be well formed.
func match(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// severityOf returns how bad it is to ship a category.
func severityOf(category string) report.Severity {
	if category == remoteAccess {
		return report.Note
	}
	return report.Warning
}
