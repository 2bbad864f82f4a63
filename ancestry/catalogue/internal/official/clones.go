package official

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Clones are the git repositories below a directory, by "owner/name" in lower case.
// Of both layouts, DIR/owner+name/repo and DIR/owner/name, each may be bare or have
// a work tree, and end in .git.
type Clones map[string]string

// FindClones looks for clones in a directory.
func FindClones(dir string) (Clones, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for clones: %w", err)
	}
	c := Clones{}
	for _, e := range entries {
		if owner, name, ok := strings.Cut(e.Name(), "+"); ok {
			if git := gitDir(filepath.Join(dir, e.Name(), "repo")); git != "" {
				c[strings.ToLower(owner+"/"+name)] = git
			}
			continue
		}
		below, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // a file
		}
		for _, b := range below {
			if git := gitDir(filepath.Join(dir, e.Name(), b.Name())); git != "" {
				c[strings.ToLower(e.Name()+"/"+strings.TrimSuffix(b.Name(), ".git"))] = git
			}
		}
	}
	return c, nil
}

// gitDir returns the git directory of a repository, "" if it is none.
func gitDir(dir string) string {
	for _, d := range []string{filepath.Join(dir, ".git"), dir} {
		if _, err := os.Stat(filepath.Join(d, "HEAD")); err != nil {
			continue
		}
		if s, err := os.Stat(filepath.Join(d, "objects")); err == nil && s.IsDir() {
			return d
		}
	}
	return ""
}

// find returns the clone of a repository by its URL, "" if there is none.
func (c Clones) find(url string) string {
	parts := strings.Split(RepoName(url), "/")
	if len(parts) < 3 {
		return ""
	}
	return c[strings.ToLower(strings.Join(parts[len(parts)-2:], "/"))]
}

// RepoName returns a repository's URL without scheme, user and .git:
// "github.com/docker-library/python".
func RepoName(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	if user, rest, ok := strings.Cut(url, "@"); ok && !strings.Contains(user, "/") {
		url = strings.Replace(rest, ":", "/", 1)
	}
	return strings.TrimSuffix(strings.TrimRight(url, "/ "), ".git")
}
