package official

import (
	"cmp"
	"errors"
	"maps"
	"slices"
)

// A Report says what was read, and what was not and why.
type Report struct {
	Images, Revisions, Entries int
	Windows                    int      // entries that were skipped: Windows
	BadFiles                   []string // library files with lines that could not be read
	Origins                    int      // distinct places where a Dockerfile should be
	Read                       int
	Known                      int      // of those that were read, from the cache
	Inherited                  int      // evaluated with what their parent hands on
	Unread                     []Unread // sorted by number, greatest first
}

// Unread says how many origins of a repository could not be read for one reason.
type Unread struct {
	Repo, Why string
	Origins   int
	Example   string // one of them: commit and path, with the error if it says more
}

func newReport() *Report { return &Report{} }

func (r *Report) badFile(rev fileRevision, err error) {
	r.BadFiles = append(r.BadFiles, "library/"+rev.Image+" at "+rev.Commit+": "+err.Error())
}

// count sorts the specs into read and unread.
func (r *Report) count(specs []*spec) {
	r.Origins = len(specs)
	type key struct{ repo, why string }
	unread := map[key]*Unread{}
	for _, s := range specs {
		if s.err == nil {
			r.Read++
			continue
		}
		why := s.err
		for _, known := range []error{ErrNoClone, errNoCommit, errNoFile, errInvalid} {
			if errors.Is(s.err, known) {
				why = known
			}
		}
		k := key{RepoName(s.Repo), why.Error()}
		if unread[k] == nil {
			example := s.Commit + ":" + s.Directory + "/" + s.File
			if s.err != why {
				example += ": " + s.err.Error()
			}
			unread[k] = &Unread{Repo: k.repo, Why: k.why, Example: example}
		}
		unread[k].Origins++
	}
	for u := range maps.Values(unread) {
		r.Unread = append(r.Unread, *u)
	}
	slices.SortFunc(r.Unread, func(a, b Unread) int {
		return cmp.Or(b.Origins-a.Origins, cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Why, b.Why))
	})
}
