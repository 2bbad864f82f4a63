package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// saveReport saves a report as a worker does.
func saveReport(t *testing.T, s *Store, r *report.Report) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		return s.Save(ctx, tx, Image{Digest: r.Digest, Platform: "linux/amd64", Read: day}, r)
	})
}

// What is in the database of a report is what the report says.
func testReport(t *testing.T, s *Store) {
	r := handmade.Sample(t, rules.All())
	saveReport(t, s, r)
	nodes, err := s.Forest(t.Context(), true)
	require.NoError(t, err)
	require.Len(t, nodes, len(r.Ancestors))
	for i, n := range nodes {
		a := r.Ancestors[len(r.Ancestors)-1-i]
		require.Equal(t, a.Size, n.Size)
		require.Equal(t, a.Content, n.Content)
		require.Equal(t, a.Shadowed, n.Shadowed)
		require.Equal(t, a.Layers.Len(), n.Layers)
		require.True(t, a.Created.Equal(n.Created))
		require.Equal(t, a.Confidence, n.Confidence)
		require.False(t, n.Unread)
	}
	require.Equal(t, "debian:bullseye-20230109", nodes[0].Name)
	require.Equal(t, "python:3.8", nodes[2].Name)
	require.Equal(t, "python:3.8-bullseye, python:3.8.16-bullseye", nodes[2].Ties)
	images, _, err := s.StandsOn(t.Context(), Question{Repository: "python"})
	require.NoError(t, err)
	require.Len(t, images, 1)
	require.False(t, images[0].Tie, "it is python, whichever it is")
	images, _, err = s.StandsOn(t.Context(), Question{Repository: "python", Tag: "3.8"})
	require.NoError(t, err)
	require.True(t, images[0].Tie)
	require.True(t, strings.HasPrefix(nodes[3].Name, "sha256:"), "one without a name is called by its chain ID")

	require.Equal(t, "dash 0.5.11: 1\ngcc-10 10.2.1-6: 1\nlibc6 2.31-13+deb11u9: 1\nlibssl-dev 1.1.1n-0: 1\n", blast(t, s), "git was removed, libc6 upgraded")
	changes, err := column[string](s.in(t.Context(), s.db), `SELECT n.repository || ' ' || CASE WHEN s.gone THEN '-' ELSE '+' END || p.purl FROM ancestors a LEFT JOIN names n ON n.ancestor_id = a.id AND n.rank = 0 AND n.tag LIKE '%bullseye%'
		JOIN set_packages s ON s.set_id = a.packages_set JOIN packages p ON p.id = s.package_id WHERE n.repository IS NOT NULL ORDER BY 1`)
	require.NoError(t, err)
	require.Equal(t, []string{"buildpack-deps +pkg:deb/debian/gcc-10@10.2.1-6", "buildpack-deps +pkg:deb/debian/git@1:2.30.2-1", "buildpack-deps +pkg:deb/debian/libssl-dev@1.1.1n-0",
		"debian +pkg:deb/debian/dash@0.5.11", "debian +pkg:deb/debian/libc6@2.31-13%2Bdeb11u5"}, changes)

	have := map[string]int{}
	for row, err := range s.Query(t.Context(), "blast_findings", 0) {
		require.NoError(t, err)
		have[fmt.Sprint(row[0], row[1])]++
	}
	want := map[string]bool{}
	for _, f := range r.Findings {
		want[f.Rule+f.Subject] = true
	}
	require.NotEmpty(t, want)
	for w := range want {
		require.NotZero(t, have[w], w)
	}
	require.Len(t, have, len(want))
	requireCounts(t, s)
}

// An image of which a layer could not be read stands on what it stands on, and says nothing of
// what is above the hole. A complete reading of it replaces that.
func testPartial(t *testing.T, s *Store) {
	whole := func() *Facts { return facts("os:2 app:2").pack("libc 2", "libc 2, app 1") }
	part := whole()
	part.Layers[2].Unread, part.Layers[2].Shadowed = true, 0
	part.Partial, part.Reason = true, "layer 2 is cut off"
	part.Layers[0].Shadowed = 1 // what is above is not known
	save(t, s, "r/app:1", part)
	require.Equal(t, "libc 2: 1\n", blast(t, s))
	q := s.in(t.Context(), s.db)
	rows, err := column[sql.NullInt64](q, "SELECT shadowed FROM ancestors ORDER BY id")
	require.NoError(t, err)
	require.False(t, rows[0].Valid, "what an image hides that was read in part is not known")
	var reason string
	require.NoError(t, q.row("SELECT reason FROM images WHERE partial AND size IS NULL AND packages = 2", nil, &reason))
	require.Equal(t, "layer 2 is cut off", reason)

	save(t, s, "r/app:1", whole())
	require.Equal(t, "app 1: 1\nlibc 2: 1\n", blast(t, s))
	requireCounts(t, s)
	complete := dump(t, s)
	save(t, s, "r/app:1", part)
	require.Equal(t, complete, dump(t, s), "a partial reading replaces nothing")
	clear(t, s)
	save(t, s, "r/app:1", whole())
	require.Equal(t, complete, dump(t, s))
}

func testUnreadable(t *testing.T, s *Store) {
	see(t, s, "r/gone:1", "r/gone:1", 0)
	img := Image{Digest: sha("manifest of r/gone:1"), Read: day}
	known := func() bool {
		k, err := s.Known(t.Context(), img.Digest)
		require.NoError(t, err)
		return k
	}
	write(t, s, func(ctx context.Context, tx *sql.Tx) error { return s.Unreadable(ctx, tx, img, "no such blob") })
	require.False(t, known())
	require.True(t, see(t, s, "r/gone:1", "r/gone:1", 1), "nobody tries it again")
	var reason string
	q := s.in(t.Context(), s.db)
	require.NoError(t, q.row("SELECT reason FROM images", nil, &reason))
	require.Equal(t, "no such blob", reason)
	save(t, s, "r/gone:1", facts("os:1"))
	require.True(t, known())
	write(t, s, func(ctx context.Context, tx *sql.Tx) error { return s.Unreadable(ctx, tx, img, "no such blob") })
	require.True(t, known())
	require.NoError(t, q.row("SELECT reason FROM images", nil, &reason))
	require.Empty(t, reason)
	refs, err := s.RefsOf(t.Context(), img.Digest)
	require.NoError(t, err)
	require.Equal(t, []Ref{{Repository: "r/gone", Tag: "1", Owner: "team"}}, refs)
}

// Nothing that an image says of itself keeps it out of the database.
func testHostile(t *testing.T, s *Store) {
	for i, text := range []string{"a\x00b", "\xff\xfe", "'; DROP TABLE images; --", "\u202e\x1b[31m", strings.Repeat("long ", 10_000), strings.Repeat("\x00", 9000), "?", "$1", "{{id}}", "a or b", ""} {
		r := handmade.Sample(t, rules.All())
		for _, v := range []any{&r.Ancestors, &r.Findings, &r.Inventory.Packages, &r.Lineage.Steps, &r.Problems} {
			spans := keepHashes(r)
			handmade.SetStrings(v, text)
			spans()
		}
		r.Digest, r.Partial = sha(fmt.Sprint(i)), true
		saveReport(t, s, r)
		write(t, s, func(ctx context.Context, tx *sql.Tx) error {
			if text != "" {
				if _, err := s.See(ctx, tx, Ref{Repository: text, Tag: text, Owner: text}, r.Digest, day); err != nil {
					return err
				}
			}
			return s.Unreadable(ctx, tx, Image{Digest: sha(fmt.Sprint("bad ", i)), Platform: text, Version: text}, text)
		})
		require.NoError(t, s.Allow(t.Context(), text))
		_, _, err := s.StandsOn(t.Context(), Question{Repository: text, Tag: text})
		require.NoError(t, err)
		for _, v := range s.Views() {
			for _, err := range s.Query(t.Context(), v.Name, 0, Where{Column: v.Columns[1].Name, Value: text}) {
				require.NoError(t, err)
			}
		}
	}
	requireCounts(t, s)
}

// keepHashes keeps the layers' hashes, which are not text.
func keepHashes(r *report.Report) (restore func()) {
	var digests []v1.Hash
	for _, a := range r.Ancestors {
		digests = append(digests, a.Digest)
	}
	return func() {
		for i := range r.Ancestors {
			r.Ancestors[i].Digest = digests[i]
		}
	}
}

func TestStorable(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain \u00e4\u202e":     "plain \u00e4\u202e",
		"a\x00b\xffc\ufffd":      "a\\x00b\\xffc\ufffd",
		strings.Repeat("x", 100): strings.Repeat("x", 100),
	} {
		require.Equal(t, want, storable(in, 100))
	}
	long := storable(strings.Repeat("x", 101), 100)
	require.Len(t, long, 71+len("… ")+16)
	require.NotEqual(t, long, storable(strings.Repeat("x", 102), 100), "two long texts stay two")
	require.LessOrEqual(t, len(storable(strings.Repeat("\x00", 5000), 100)), 100)
}

func TestVersionAt(t *testing.T) {
	p := &packages.Package{Version: "1:2-1", PURL: "pkg:rpm/fedora/x@2-1?epoch=1", Events: []packages.Event{
		{Kind: packages.Introduced, Layer: 1, To: "1:1-1"}, {Kind: packages.Upgraded, Layer: 2, From: "1:1-1", To: "1:2-1"},
		{Kind: packages.Removed, Layer: 4, From: "1:2-1"}, {Kind: packages.Reinstalled, Layer: 5, To: "1:2-1"}, {Kind: packages.Unlisted, Layer: 6, From: "1:2-1"}}}
	want := []string{"", "", "1:1-1", "1:2-1", "1:2-1", "", "1:2-1", "1:2-1"}
	for layers, version := range want {
		got, there := versionAt(p, layers)
		require.Equal(t, version != "", there, layers)
		if there {
			require.Equal(t, version, got, layers)
		}
	}
	require.Equal(t, "pkg:rpm/fedora/x@1-1", purl(p, "1:1-1"))
	require.Equal(t, "pkg:rpm/fedora/x@2-1", purl(p, "1:2-1"))
	p.PURL = "pkg:rpm/fedora/x@other"
	require.Equal(t, "pkg:rpm/fedora/x@other", purl(p, "1:2-1"))
	require.Empty(t, purl(p, "1:1-1"), "how that writes the older version is not known")
	p.PURL = "nonsense"
	require.Empty(t, purl(p, "1:2-1"))
}
