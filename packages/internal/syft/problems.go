package syft

import (
	"errors"
	"strings"
)

// A Problem is one thing that a cataloger could not read. Path is "" if it names
// no file.
type Problem struct {
	Path string
	Err  error
}

// Problems takes a cataloger's error, which joins those of many files, apart.
// Findings that are no failures (an archive that is no Java archive) are left out.
func Problems(err error) []Problem {
	if err == nil {
		return nil
	}
	var many interface{ Unwrap() []error }
	if m, ok := err.(interface{ Unwrap() []error }); ok {
		many = m
	}
	if many != nil {
		var all []Problem
		for _, e := range many.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	text := err.Error()
	for _, harmless := range []string{"no package identified in archive", "no packages identified in archive"} {
		if strings.Contains(text, harmless) {
			return nil
		}
	}
	// Syft writes "/path: reason"; the reason is worded for people, the path is
	// ours to say.
	if file, reason, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(file, "/") {
		return []Problem{{Path: relative(file), Err: errors.New(reason)}}
	}
	return []Problem{{Err: err}}
}
