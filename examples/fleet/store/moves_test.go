package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// staleNames returns which images stand on what has moved: "r/app:1 on r/base:1 since 3", with
// the days since the first.
func staleNames(t testing.TB, s *Store) string {
	t.Helper()
	list, err := s.Stale(t.Context())
	require.NoError(t, err)
	moves, err := s.Moves(t.Context())
	require.NoError(t, err)
	var words []string
	for _, m := range list {
		require.True(t, slices.ContainsFunc(moves, func(o Move) bool {
			return o.Ancestor == m.Ancestor && o.Name == m.Name && o.Now == m.Now && o.Source == m.Source && !o.Since.After(m.Since)
		}), "%+v is none of %+v", m, moves)
		words = append(words, fmt.Sprintf("%s on %s since %d", m.Refs, m.Name, int(m.Since.Sub(day).Hours()/24)))
	}
	return strings.Join(words, ", ")
}

// A tag that moves on and comes back: what stands on the image that it has again is not stale, and
// what stands on the other is, since the tag came back.
func testMovedBack(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("os:1 a:1"))
	save(t, s, "r/one:1", facts("os:1 a:1 one:1"))
	save(t, s, "r/two:1", facts("os:1 b:1 two:1"))
	save(t, s, "r/base:b", facts("os:1 b:1"))
	see(t, s, "r/base:1", "r/base:b", 2)
	require.Equal(t, "r/one:1 on r/base:1 since 2", staleNames(t, s))
	see(t, s, "r/base:1", "r/base:1", 5)
	require.Equal(t, "r/two:1 on r/base:1 since 5", staleNames(t, s))
	see(t, s, "r/base:1", "r/base:b", 9)
	require.Equal(t, "r/one:1 on r/base:1 since 9", staleNames(t, s))
	moves, err := s.Moves(t.Context())
	require.NoError(t, err)
	require.Len(t, moves, 1)
	require.Equal(t, sha("manifest of r/base:b"), moves[0].Now)
	var now int64
	require.NoError(t, s.in(t.Context(), s.db).row("SELECT ancestor_id FROM images WHERE digest = ?", []any{moves[0].Now.String()}, &now))
	require.Equal(t, now, moves[0].NowAncestor)
	requireCounts(t, s)
}

// A new build that begins with the old one: neither the tag's own image nor what stands on it is
// stale, though both stand on what had the tag before.
func testBuiltOnItself(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("os:1 base:1"))
	save(t, s, "r/old:1", facts("os:1 base:1 old:1"))
	save(t, s, "r/base:new", facts("os:1 base:1 upgrade:1"))
	save(t, s, "r/young:1", facts("os:1 base:1 upgrade:1 young:1"))
	see(t, s, "r/base:1", "r/base:new", 3)
	require.Equal(t, "r/old:1 on r/base:1 since 3", staleNames(t, s))
	require.Equal(t, "false, true, false", newers(t, s), "only what had the tag has a newer one")
	see(t, s, "r/old:1", "r/young:1", 4) // nobody stands on the old build alone any more
	require.Empty(t, staleNames(t, s))
}

// newers returns of which ancestors there is a newer one, the one with the most images first.
func newers(t testing.TB, s *Store) string {
	t.Helper()
	var words []string
	for row, err := range s.Query(t.Context(), "rebuilds", 0) {
		require.NoError(t, err)
		words = append(words, fmt.Sprint(row[10]))
	}
	return strings.Join(words, ", ")
}

// An image tells its base's name, and a boundary that is a step too high or too low: it stands on
// what the tag has, and is not stale.
func testInexactBoundary(t *testing.T, s *Store) {
	save(t, s, "r/high:1", facts("(os:2) extra:1 high:1").called(0, ancestry.Recorded, "r/os:12"))
	save(t, s, "r/os:12", facts("os:2"))
	require.Empty(t, staleNames(t, s))
	require.NotContains(t, newers(t, s), "true")
	save(t, s, "r/low:1", facts("low:1 (rest:1) own:1").called(0, ancestry.Recorded, "r/low:12"))
	save(t, s, "r/low:12", facts("(low:1) rest:1"))
	require.Empty(t, staleNames(t, s))
	see(t, s, "r/os:12", "r/os:13", 2)
	require.Equal(t, "r/high:1 on r/os:12 since 2", staleNames(t, s))
}

// An answer that was overtaken by a younger one is noted, and its image is none that a reference
// has now.
func testOvertaken(t *testing.T, s *Store) {
	save(t, s, "r/app:1", facts("app:1"))
	see(t, s, "r/app:1", "r/app:1", 3)
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		_, err := s.See(ctx, tx, Ref{Repository: "r/app", Tag: "1"}, sha("manifest of overtaken"), day.AddDate(0, 0, 3).Add(-time.Minute))
		return err
	})
	save(t, s, "overtaken", facts("app:2"))
	c, err := s.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, Counts{Read: 2, Current: 1}, c)
	requireCounts(t, s)
}

// A machine whose clock was years ahead has looked at a tag: its next image is seen all the same.
func testClock(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("base:1"))
	save(t, s, "r/app:1", facts("base:1 app:1"))
	see(t, s, "r/base:1", "r/base:1", 3650)
	see(t, s, "r/base:1", "r/base:new", 1)
	require.Contains(t, staleNames(t, s), "r/app:1 on r/base:1")
	see(t, s, "r/base:1", "r/base:newer", 2)
	see(t, s, "r/base:1", "r/base:1", 3)
	require.Empty(t, staleNames(t, s))
}

// A tag that is deleted has no image any more; what stands on it has not moved.
func testGone(t *testing.T, s *Store) {
	save(t, s, "r/base:1", facts("base:1").pack("bash 5"))
	save(t, s, "r/app:1", facts("base:1 app:1").pack("bash 5", "bash 5, app 1"))
	gone := func(tag string) {
		repository, tag, _ := strings.Cut(tag, ":")
		write(t, s, func(ctx context.Context, tx *sql.Tx) error {
			return s.Gone(ctx, tx, Ref{Repository: repository, Tag: tag})
		})
	}
	gone("r/base:1")
	gone("r/base:1")
	gone("r/never:1")
	require.Empty(t, staleNames(t, s))
	require.Equal(t, "bash 5: 1\napp 1: 1\n", blast(t, s))
	gone("r/app:1")
	require.Equal(t, "-r/app:1 1, -r/base:1 0", standersOn(t, s, "r/base:1"))
	require.Equal(t, "bash 5: 0\napp 1: 0\n", blast(t, s))
	requireCounts(t, s)
	see(t, s, "r/app:1", "r/app:1", 4)
	see(t, s, "r/base:1", "r/base:new", 6)
	require.Equal(t, "r/app:1 on r/base:1 since 6", staleNames(t, s))
	requireCounts(t, s)
}

// A reference by the digest of an index is found by it, though the image has another.
func testIndexDigest(t *testing.T, s *Store) {
	save(t, s, "base", facts("base:1"))
	save(t, s, "r/app:1", facts("base:1 app:1"))
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		_, err := s.See(ctx, tx, Ref{Repository: "r/base", Digest: sha("index")}, sha("manifest of base"), day)
		return err
	})
	require.Equal(t, "r/app:1 1, "+"r/base@"+sha("index").String()+" 0", standersOn(t, s, "r/base@index"))
	require.Equal(t, "r/app:1 1, "+"r/base@"+sha("index").String()+" 0", standersOn(t, s, "@index"))
	require.Equal(t, "not known", standersOn(t, s, "r/else@index"))
}

// What no reference has any more is no reason to say that something could not be read.
func testUnreadableOnce(t *testing.T, s *Store) {
	save(t, s, "r/other:1", facts("other:1"))
	see(t, s, "r/app:1", "broken", 0)
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		return s.Unreadable(ctx, tx, Image{Digest: sha("manifest of broken"), Read: day}, "damaged: it is")
	})
	c, err := s.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, Counts{Read: 1, Current: 1, Unreadable: 1}, c)
	see(t, s, "r/app:1", "r/app:2", 1)
	save(t, s, "r/app:2", facts("app:2"))
	c, err = s.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, Counts{Read: 2, Current: 2}, c)
}
