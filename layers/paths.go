package layers

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// cleanPath returns a tar path as container runtimes take it: relative to the
// root whether it starts with "/", "./" or neither.
func cleanPath(name string, lim Limits) (string, error) {
	if name == "" {
		return "", errors.New("empty path")
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", errors.New("path contains NUL")
	}
	if hasDotDot(name) {
		return "", errors.New(`path contains ".."`)
	}
	clean := strings.TrimPrefix(path.Clean("/"+name), "/")
	if clean == "" {
		return ".", nil
	}
	if len(clean) > lim.PathLength {
		return "", fmt.Errorf("path of %d bytes, over the limit of %d", len(clean), lim.PathLength)
	}
	if depth := 1 + strings.Count(clean, "/"); depth > lim.PathDepth {
		return "", fmt.Errorf("path of %d components, over the limit of %d", depth, lim.PathDepth)
	}
	return clean, nil
}

func hasDotDot(name string) bool {
	if !strings.Contains(name, "..") {
		return false
	}
	for c := range strings.SplitSeq(name, "/") {
		if c == ".." {
			return true
		}
	}
	return false
}

// rooted returns the clean form of a path that a caller of the Index gives.
func rooted(name string) string {
	if clean := path.Clean("/" + name); clean != "/" {
		return clean[1:]
	}
	return "."
}

// split returns directory and last name of a clean path.
func split(p string) (dir, base string) {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return ".", p
}

// clip shortens a hostile path for a message.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return s
}
