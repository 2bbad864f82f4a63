package ask

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// allowed is which bases are allowed.
type allowed struct {
	Patterns []string `json:"allowed"`
}

// Allow allows bases by patterns, as allowedBases of a policy has them, or, with remove, no
// longer, and says which are allowed now. A pattern is for repository or repository:tag, and * matches slashes,
// too. Without patterns nothing is changed. Removing one that is not there is an error.
func Allow(ctx context.Context, s *store.Store, w io.Writer, patterns []string, remove bool, o Options) error {
	for _, p := range patterns {
		if err := CheckPattern(p); err != nil {
			return err
		}
	}
	change := s.Allow
	if remove {
		there, err := s.Allowed(ctx)
		if err != nil {
			return err
		}
		for _, p := range patterns {
			if !slices.Contains(there, p) {
				return fmt.Errorf("%q is none of the patterns: fleet allow lists them", p)
			}
		}
		change = s.Disallow
	}
	if len(patterns) > 0 {
		if err := change(ctx, patterns...); err != nil {
			return err
		}
	}
	var a allowed
	var err error
	if a.Patterns, err = s.Allowed(ctx); err != nil {
		return err
	}
	return o.say(w, &a)
}

// CheckPattern refuses a pattern that no policy would take, and one that says more than a
// database can ask for: a policy has ?, [ and \, too.
func CheckPattern(pattern string) error {
	if strings.ContainsAny(pattern, `?[\`) {
		return fmt.Errorf("bad pattern %q: of ?, * and [a-z] only * is understood here, so write a pattern for each", pattern)
	}
	if pattern == "" {
		return fmt.Errorf("bad pattern %q", pattern)
	}
	return nil
}

func (a *allowed) screen(s *screen, all bool) {
	if len(a.Patterns) == 0 {
		s.line("No base is said to be allowed: fleet allow PATTERN says it.")
		return
	}
	s.line("Bases are allowed whose name is one of")
	for _, p := range a.Patterns {
		s.linef("  %s", p)
	}
	s.line("fleet query bases says which are in use, and which of them are not allowed.")
}
