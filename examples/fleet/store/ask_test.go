package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

func see(t testing.TB, s *Store, ref, digestOf string, days int) bool {
	t.Helper()
	var known bool
	write(t, s, func(ctx context.Context, tx *sql.Tx) (err error) {
		repository, tag, _ := strings.Cut(ref, ":")
		known, err = s.See(ctx, tx, Ref{Repository: repository, Tag: tag, Owner: "team"}, sha("manifest of "+digestOf), day.AddDate(0, 0, days))
		return err
	})
	return known
}

// standers returns who stands on something: "r/app:1 1", with the depth; ~ before a tie, - before what no tag has.
func standersOn(t testing.TB, s *Store, name string) string {
	t.Helper()
	q := Question{Repository: name}
	if repository, digest, ok := strings.Cut(name, "@"); ok {
		q = Question{Repository: repository, Digest: sha(digest)}
	} else if repository, tag, ok := strings.Cut(name, ":"); ok {
		q = Question{Repository: repository, Tag: tag}
	}
	images, known, err := s.StandsOn(t.Context(), q)
	require.NoError(t, err)
	if !known {
		return "not known"
	}
	var words []string
	for _, i := range images {
		word := fmt.Sprint(i.Refs, " ", i.Depth)
		if i.Tie {
			word = "~" + word
		}
		if !i.Current {
			word = "-" + word
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func testStandsOn(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("debian:2 base:1").called(0, ancestry.Recorded, "debian:12"))
	save(t, s, "r/app:1", facts("debian:2 (base:1) app:1").called(0, ancestry.Recorded, "docker.io/library/debian:12"))
	save(t, s, "r/tied:1", facts("python:2 tied:1").called(0, ancestry.Inferred, "python:3", "pypy:3"))
	save(t, s, "nameless", facts("debian:2 nameless:1").called(0, ancestry.Inferred, "ubuntu:22"))
	for name, want := range map[string]string{
		"debian":                       " 1, r/app:1 2, r/base:1 1",
		"docker.io/library/debian":     " 1, r/app:1 2, r/base:1 1",
		"debian:12":                    " 1, r/app:1 2, r/base:1 1",
		"debian:11":                    "not known",
		"ubuntu":                       "not known", // somebody with less evidence says so
		"python:3":                     "~r/tied:1 1",
		"pypy":                         "~r/tied:1 1",
		"r/base":                       "r/app:1 1, r/base:1 0",
		"r/base@manifest of r/base:1":  "r/app:1 1, r/base:1 0",
		"r/other@manifest of r/base:1": "not known",
		"@manifest of r/base:1":        "r/app:1 1, r/base:1 0",
		"@manifest of nothing":         "not known",
		"r/app:1":                      "r/app:1 0",
	} {
		require.Equal(t, want, standersOn(t, s, name), name)
	}
	chain := facts("debian:2").Layers
	images, known, err := s.StandsOn(t.Context(), Question{Digest: chainID(chain)})
	require.NoError(t, err)
	require.True(t, known)
	require.Len(t, images, 3, "by chain ID")
	require.Equal(t, day, images[0].Since)

	// Something as good says it alone: that decides the tie.
	save(t, s, "r/sure:1", facts("python:2 sure:1").called(0, ancestry.Inferred, "pypy:3"))
	require.Equal(t, "not known", standersOn(t, s, "python:3"))
	require.Equal(t, "r/sure:1 1, r/tied:1 1", standersOn(t, s, "pypy:3"))
	// Something as good says something else: that is a tie.
	save(t, s, "r/else:1", facts("python:2 else:1").called(0, ancestry.Inferred, "jython:3"))
	require.Equal(t, "~r/else:1 1, ~r/sure:1 1, ~r/tied:1 1", standersOn(t, s, "pypy:3"))
	require.Contains(t, tree(t, s), "jython:3 layers=2 images=3", "a tie has all names")
	// Something better decides.
	save(t, s, "r/better:1", facts("python:2 better:1").called(0, ancestry.Recorded, "python:3.11"))
	require.Equal(t, "r/better:1 1, r/else:1 1, r/sure:1 1, r/tied:1 1", standersOn(t, s, "python"))
	require.Equal(t, "not known", standersOn(t, s, "pypy"))

	// The fleet's own references are other names of the same bytes, and contradict nothing.
	save(t, s, "r/go:1", facts("golang:2 go:1").called(0, ancestry.Inferred, "golang:1"))
	save(t, s, "mirror/golang:1", facts("golang:2"))
	require.Equal(t, "mirror/golang:1 0, r/go:1 1", standersOn(t, s, "golang:1"))
	save(t, s, "r/gopher:1", facts("golang:2 gopher:1").called(0, ancestry.Proved, "mirror/golang:1"))
	for _, name := range []string{"golang:1", "golang", "mirror/golang:1"} {
		require.Equal(t, "mirror/golang:1 0, r/go:1 1, r/gopher:1 1", standersOn(t, s, name), name)
	}

	// A tag that goes on to another image: the old one is still an answer, and said to be old.
	see(t, s, "r/app:1", "r/app:2", 1)
	require.Equal(t, "-r/app:1 1, r/base:1 0", standersOn(t, s, "r/base"))
}

// Images with the layers of a base and another history than its own are told apart from those built on it.
func testSameLayers(t *testing.T, s *Store) {
	rewritten := func(chain string) *Facts {
		f := facts(chain)
		for i := range f.Steps {
			f.Steps[i].CreatedBy = "imported"
		}
		return f
	}
	save(t, s, "r/base:1", facts("os:2"))
	save(t, s, "r/app:1", rewritten("os:2 app:1"))
	save(t, s, "r/app:2", rewritten("os:2 app:2"))
	save(t, s, "r/bare:1", rewritten("os:2"))
	save(t, s, "r/half:1", rewritten("os:1 half:1"))
	require.Equal(t, "r/base:1 0", standersOn(t, s, "r/base:1"))
	same := func(name string) int {
		images, _, err := s.StandsOn(t.Context(), Question{Repository: name, Tag: "1"})
		require.NoError(t, err)
		require.NotEmpty(t, images)
		n, err := s.SameLayers(t.Context(), images[0].Ancestor)
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 3, same("r/base"))
	require.Equal(t, 1, same("r/bare"), "of its own history there are two more")
	require.Zero(t, same("r/half"))
	see(t, s, "r/app:2", "r/app:3", 1)
	require.Equal(t, 2, same("r/base"), "those that a reference has now")
}

func testStale(t *testing.T, s *Store) {
	stale := func() string {
		list, err := s.Stale(t.Context())
		require.NoError(t, err)
		var lines []string
		for _, m := range list {
			lines = append(lines, fmt.Sprintf("%s: %s at %d since %s says %s tie=%v", m.Refs, m.Name, m.Depth, m.Since.Format("2006-01-02"), m.Source, m.Tie))
		}
		return strings.Join(lines, "\n")
	}
	save(t, s, "r/os:1", facts("os:1"))
	save(t, s, "r/base:1", facts("os:1 base:1"))
	save(t, s, "r/app:1", facts("os:1 base:1 app:1"))
	require.Empty(t, stale())
	require.False(t, see(t, s, "r/base:1", "r/base:new", 3), "not read yet")
	require.True(t, see(t, s, "r/app:1", "r/app:1", 3))
	require.Equal(t, "r/app:1: r/base:1 at 1 since 2026-03-04 says fleet tie=false", stale(), "also if nobody has read the new one")
	save(t, s, "r/base:new", facts("os:1 new:1"))
	require.Equal(t, "r/app:1: r/base:1 at 1 since 2026-03-04 says fleet tie=false", stale())
	see(t, s, "r/base:1", "r/base:newest", 9)
	require.Equal(t, "r/app:1: r/base:1 at 1 since 2026-03-04 says fleet tie=false", stale(), "since it moved first")
	see(t, s, "r/os:1", "r/os:new", 5)
	require.Equal(t, "r/app:1: r/base:1 at 1 since 2026-03-04 says fleet tie=false\nr/base:new: r/os:1 at 1 since 2026-03-06 says fleet tie=false\n"+
		"r/app:1: r/os:1 at 2 since 2026-03-06 says fleet tie=false", stale())
	// It is rebuilt on the new base, from which the tag has moved again.
	save(t, s, "r/app:2", facts("os:1 new:1 app:1"))
	see(t, s, "r/app:1", "r/app:2", 10)
	rebuilt := stale()
	require.Contains(t, rebuilt, "r/app:1, r/app:2: r/base:1 at 1 since 2026-03-10")
	require.NotContains(t, rebuilt, "since 2026-03-04")
	// An answer that comes late does not undo a later one.
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		_, err := s.See(ctx, tx, Ref{Repository: "r/app", Tag: "1"}, sha("manifest of r/app:1"), day.AddDate(0, 0, 10).Add(-time.Minute))
		return err
	})
	require.Equal(t, rebuilt, stale())

	// What a catalogue knows, of a name that the fleet does not look at.
	f := facts("debian:1 web:1").called(0, ancestry.Recognised, "debian:12")
	f.Chain[1].Names[0].Moved, f.Chain[1].Names[0].Since, f.Chain[1].Names[0].AsOf = true, day.AddDate(0, -1, 0), day
	save(t, s, "r/web:1", f)
	require.Contains(t, stale(), "r/web:1: debian:12 at 1 since 2026-02-01 says report tie=false")
	// Another image of the base knows it better, and later.
	f = facts("debian:1 www:1").called(0, ancestry.Recognised, "debian:12")
	f.Chain[1].Names[0].AsOf = day.AddDate(0, 0, 1)
	save(t, s, "r/www:1", f)
	require.NotContains(t, stale(), "debian")
}

func testBases(t *testing.T, s *Store) {
	save(t, s, "ours/os:1", facts("os:1"))
	save(t, s, "r/app:1", facts("os:1 app:1"))
	save(t, s, "r/deep:1", facts("os:1 team:1 deep:1").called(1, ancestry.Inferred, "team:1"))
	save(t, s, "r/web:1", facts("their_os:1 web:1").called(0, ancestry.Recorded, "their_os:1"))
	save(t, s, "r/tied:1", facts("tied:1 web:1").called(0, ancestry.Recorded, "ours/a:1", "theirs:1"))
	bases := func(patterns ...string) string {
		t.Helper()
		old, err := s.Allowed(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Disallow(t.Context(), old...))
		require.NoError(t, s.Allow(t.Context(), patterns...))
		require.NoError(t, s.Allow(t.Context(), patterns...), "twice is as good as once")
		var words []string
		for row, err := range s.Query(t.Context(), "bases", 0) {
			require.NoError(t, err)
			words = append(words, fmt.Sprint(row[1], "=", row[5]))
		}
		return strings.Join(words, ", ")
	}
	require.Equal(t, "ours/os:1=<nil>, their_os:1=<nil>, ours/a:1 or theirs:1=<nil>, team:1=<nil>", bases())
	require.Equal(t, "ours/os:1=true, their_os:1=false, ours/a:1 or theirs:1=false, team:1=true", bases("ours/*"))
	require.Equal(t, "ours/os:1=true, their_os:1=false, ours/a:1 or theirs:1=true, team:1=true", bases("ours/*", "the*rs"))
	require.Equal(t, "ours/os:1=false, their_os:1=true, ours/a:1 or theirs:1=false, team:1=false", bases("their_os:1"))
	require.Equal(t, "ours/os:1=false, their_os:1=false, ours/a:1 or theirs:1=false, team:1=false", bases("their?os", "their%", "[t]heir_os", `\their_os`, "team"))
	// That the fleet has read a base under yet another name takes nothing away.
	save(t, s, "mirror/tied:1", facts("tied:1"))
	save(t, s, "r/mirrored:1", facts("tied:1 mirrored:1").called(0, ancestry.Proved, "mirror/tied:1"))
	require.Contains(t, bases("ours/*", "the*rs"), "mirror/tied:1=true")
	require.Contains(t, bases("mirror/*"), "mirror/tied:1=true")
	require.Contains(t, bases("ours/*"), "mirror/tied:1=false")
}
