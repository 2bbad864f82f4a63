package official

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// oldLine is a line of the format before 2016: tag, URL, @, ref, directory.
var oldLine = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.-]*):\s*((?:git|https?)://[^\s@]+|[a-z.]+/[^\s@:]+/[^\s@:]+)@(\S+)(?:\s+(\S+))?$`)

// oldestLine is a line of the format of 2013: tag, URL, and C: commit, T: tag or B:
// branch, directory.
var oldestLine = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.-]*)\s+((?:git|https?)://\S+)\s+[CTB]:(\S+)(?:\s+(\S+))?$`)

func matchLine(s string) []string {
	if m := oldLine.FindStringSubmatch(s); m != nil {
		return m
	}
	return oldestLine.FindStringSubmatch(s)
}

// isLines reports whether a paragraph is of the old format.
func isLines(p []numbered) bool {
	for _, l := range p {
		if matchLine(l.text) != nil {
			return true
		}
	}
	return false
}

// parseLines makes one entry of consecutive lines that name the same origin, so
// that tags which belong together stay together.
func parseLines(p []numbered) ([]Entry, error) {
	var entries []Entry
	var errs []error
	for _, l := range p {
		m := matchLine(l.text)
		if m == nil {
			errs = append(errs, fmt.Errorf("line %d: neither a tag nor a field: %.60q", l.number, l.text))
			continue
		}
		o := Origin{Repo: m[2], Commit: strings.TrimPrefix(m[3], "refs/tags/"), Directory: cleanDir(m[4]), File: "Dockerfile"}
		if n := len(entries); n > 0 && entries[n-1].Default == o {
			entries[n-1].Tags = append(entries[n-1].Tags, m[1])
			continue
		}
		entries = append(entries, Entry{
			Tags: []string{m[1]}, Default: o, Architectures: []string{"amd64"},
			Windows: strings.Contains(o.Directory, "windows"),
		})
	}
	return entries, errors.Join(errs...)
}
