package syft

import (
	"errors"
	"reflect"
	"strings"

	"github.com/anchore/syft/syft/file"
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
	if at, reason, ok := positioned(err); ok {
		return []Problem{{Path: relative(at), Err: reason}}
	}
	// Syft writes "/path: reason"; the reason is worded for people, the path is
	// ours to say.
	if file, reason, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(file, "/") {
		return []Problem{{Path: relative(file), Err: errors.New(reason)}}
	}
	return []Problem{{Err: err}}
}

// positioned takes Syft's error of a file apart, whose type is internal to Syft; its
// text can't tell where a path ends that has a colon in it.
func positioned(err error) (at string, reason error, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct || !strings.HasSuffix(v.Type().PkgPath(), "syft/internal/unknown") {
		return "", nil, false
	}
	where, why := v.FieldByName("Coordinates"), v.FieldByName("Reason")
	if !where.IsValid() || !why.IsValid() {
		return "", nil, false
	}
	c, isFile := where.Interface().(file.Coordinates)
	reason, isErr := why.Interface().(error)
	return c.RealPath, reason, isFile && isErr
}
