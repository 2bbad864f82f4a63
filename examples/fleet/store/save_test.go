package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// cases are the tests that every kind of database has to pass, each with an empty one.
func cases() map[string]func(*testing.T, *Store) {
	return map[string]func(*testing.T, *Store){
		"empty":       testEmpty,
		"save":        testSave,
		"order":       testOrder,
		"counts":      testCounts,
		"concurrent":  testConcurrent,
		"report":      testReport,
		"partial":     testPartial,
		"unreadable":  testUnreadable,
		"hostile":     testHostile,
		"stands on":   testStandsOn,
		"same layers": testSameLayers,
		"stale":       testStale,
		"bases":       testBases,
		"rebuilds":    testRebuilds,
		"query":       testQuery,

		"moved back":       testMovedBack,
		"built on itself":  testBuiltOnItself,
		"inexact boundary": testInexactBoundary,
		"overtaken":        testOvertaken,
		"clock":            testClock,
		"gone":             testGone,
		"index digest":     testIndexDigest,
		"owners":           testOwners,
		"many":             testMany,
		"unreadable once":  testUnreadableOnce,
	}
}

func TestSQLite(t *testing.T) {
	for name, test := range cases() {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// dump returns all rows of all tables that images are saved in, without what depends on the order
// in which they were saved.
func dump(t testing.TB, s *Store) string {
	t.Helper()
	var b strings.Builder
	for _, query := range []string{
		"SELECT a.history || ' ' || a.chain_id || ' on ' || COALESCE(p.history, 'nothing'), a.layers, a.own_layers, a.size, a.content, a.shadowed FROM ancestors a LEFT JOIN ancestors p ON p.id = a.parent_id",
		"SELECT a.history || ' ' || l.diff_id || ' ' || l.digest, l.position, l.size, l.content, l.shadowed, 0 FROM layers l JOIN ancestors a ON a.id = l.ancestor_id",
		"SELECT a.history || ' ' || p.name || ' ' || p.version, CASE WHEN s.gone THEN 1 ELSE 0 END, 0, 0, 0, 0 FROM ancestors a JOIN set_packages s ON s.set_id = a.packages_set JOIN packages p ON p.id = s.package_id",
		"SELECT a.history || ' ' || n.repository || ':' || n.tag, n.confidence, CASE WHEN n.tie THEN 1 ELSE 0 END, 0, 0, 0 FROM names n JOIN ancestors a ON a.id = n.ancestor_id",
		"SELECT i.digest || ' is ' || a.history || ' on ' || COALESCE(b.history, 'nothing'), i.size, i.content, i.shadowed, i.packages, 0 FROM images i LEFT JOIN ancestors a ON a.id = i.ancestor_id LEFT JOIN ancestors b ON b.id = i.base_id",
		"SELECT i.digest || ' own ' || t.rule || ' of ' || a.history, f.step, 0, 0, 0, 0 FROM images i JOIN set_findings s ON s.set_id = i.own_findings JOIN findings f ON f.id = s.finding_id JOIN subjects t ON t.id = f.subject_id JOIN ancestors a ON a.id = f.ancestor_id",
		"SELECT i.digest || ' inherited ' || t.rule || ' of ' || a.history, f.step, 0, 0, 0, 0 FROM images i JOIN set_findings s ON s.set_id = i.inherited_findings JOIN findings f ON f.id = s.finding_id JOIN subjects t ON t.id = f.subject_id JOIN ancestors a ON a.id = f.ancestor_id",
		"SELECT a.history || ' at ' || p.key, 0, 0, 0, 0, 0 FROM prefixes p JOIN ancestors a ON a.id = p.ancestor_id",
	} {
		rows, err := all(s.in(t.Context(), s.db), query+" ORDER BY 1, 2, 3, 4, 5, 6", nil, func(scan func(...any) error) (string, error) {
			var text string
			var n [5]sql.NullInt64
			err := scan(&text, &n[0], &n[1], &n[2], &n[3], &n[4])
			return fmt.Sprint(text, n), err
		})
		require.NoError(t, err)
		fmt.Fprintln(&b, strings.Join(rows, "\n"))
	}
	return b.String()
}

func testSave(t *testing.T, s *Store) {
	base := "debian:2 scm:1"
	save(t, s, "r/scm:1", facts(base).pack("bash 5, libc 2", "bash 5, libc 2, git 1").called(0, ancestry.Recorded, "debian:12").found("caches", 1))
	app := facts(base+" app:2").pack("bash 5, libc 2", "bash 5, libc 2, git 1", "bash 6, libc 2, app 1").called(0, ancestry.Recorded, "debian:12").found("caches", 1).found("root", 4)
	save(t, s, "r/app:1", app)
	require.Equal(t, `debian:12 layers=2 images=2 itself=0
  r/scm:1 layers=1 images=1 itself=1
    r/app:1 layers=2 images=0 itself=1
`, tree(t, s))
	require.Equal(t, "libc 2: 2\napp 1: 1\nbash 5: 1\nbash 6: 1\ngit 1: 1\n", blast(t, s))

	before := dump(t, s)
	save(t, s, "r/app:1", app)
	require.Equal(t, before, dump(t, s), "saving the same image again changes nothing")
}

// What is in the database does not depend on the order in which images were saved, and not on
// which of them tells the boundaries.
func testOrder(t *testing.T, s *Store) {
	images := map[string]*Facts{
		"r/os:1":   facts("os:2").pack("bash 5, libc 2").found("caches", 1),
		"r/scm:1":  facts("(os:2) scm:2").pack("bash 5, libc 2, git 1").found("caches", 1).found("git", 3),
		"r/app:1":  facts("(os:2) (scm:2) app:3").pack("bash 6, libc 2, app 1").found("caches", 1).found("git", 3).found("root", 6),
		"r/app:2":  facts("os:2 (scm:2) app:4").pack("bash 5, libc 2", "bash 6, libc 2, app 1, curl 1").found("caches", 1).found("git", 3),
		"r/web:1":  facts("os:2 scm:2 web:1").pack("bash 5, libc 2", "bash 5, libc 2, git 1", "bash 5, libc 2, git 1").found("caches", 1).found("git", 3),
		"r/web:2":  facts("os:2 (scm:2) (web:1) more:1").pack("bash 5, libc 2", "libc 2, git 1").found("caches", 1),
		"r/lone:1": facts("lone:1").pack("bash 5"),
	}
	const want = `r/lone:1 layers=1 images=0 itself=1
r/os:1 layers=2 images=5 itself=1
  r/scm:1 layers=2 images=4 itself=1
    r/web:1 layers=1 images=1 itself=1
      r/web:2 layers=1 images=0 itself=1
    r/app:1 layers=3 images=1 itself=1
      r/app:2 layers=1 images=0 itself=1
`
	names := sortedKeys(images)
	var first string
	random := rand.New(rand.NewPCG(1, 2))
	for range rounds(s) {
		clear(t, s)
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, n := range names {
			save(t, s, n, images[n])
		}
		require.Equal(t, want, tree(t, s), names)
		require.Equal(t, "libc 2: 6\nbash 5: 4\ngit 1: 3\napp 1: 2\nbash 6: 2\ncurl 1: 1\n", blast(t, s), names)
		if first == "" {
			first = dump(t, s)
		}
		require.Equal(t, first, dump(t, s), names)
	}
}

// clear empties all tables that images are saved in.
func clear(t testing.TB, s *Store) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		for _, table := range strings.Fields("sightings refs images set_findings findings names layers prefixes set_packages") {
			if err := s.in(ctx, tx).exec("DELETE FROM " + table); err != nil {
				return err
			}
		}
		q := s.in(ctx, tx)
		if err := q.exec("UPDATE ancestors SET parent_id = NULL"); err != nil {
			return err
		}
		for _, table := range strings.Fields("ancestors subjects packages sets") {
			if err := q.exec("DELETE FROM " + table); err != nil {
				return err
			}
		}
		return nil
	})
}

// What the views count is what is counted image by image, whatever tags moved meanwhile.
func testCounts(t *testing.T, s *Store) {
	chains := []string{"os:2", "(os:2) scm:2", "(os:2) (scm:2) app:3", "os:2 (scm:2) app:4", "os:2 scm:2 web:1", "(os:2) (scm:2) (web:1) more:1", "(os:2) other:2", "(os:2) (other:2) x:1", "lone:1"}
	random := rand.New(rand.NewPCG(3, 4))
	ref := func(i int) string { return fmt.Sprintf("r/image-%d:1", i) }
	for range rounds(s) {
		clear(t, s)
		at := day
		for _, i := range random.Perm(len(chains)) {
			save(t, s, ref(i), someFacts(chains[i]))
			// A tag moves to some image, read or not.
			at = at.AddDate(0, 0, 1)
			write(t, s, func(ctx context.Context, tx *sql.Tx) error {
				_, err := s.See(ctx, tx, Ref{Repository: fmt.Sprintf("r/image-%d", random.IntN(9)), Tag: "1"}, sha("manifest of "+ref(random.IntN(9))), at)
				return err
			})
		}
		requireCounts(t, s)
		require.NotEmpty(t, blast(t, s))
	}
}

// someFacts returns facts with packages and findings that depend on the chain.
func someFacts(chain string) *Facts {
	var list []string
	for _, p := range []string{"bash 5", "bash 6", "libc 2", "git 1", "curl 8"} {
		if number(hash(chain, p))%3 > 0 {
			list = append(list, p)
		}
	}
	f := facts(chain)
	f.pack(append(make([]string, len(f.Chain)-1), strings.Join(list, ", "))...)
	for i := 1; i < len(f.Chain); i++ {
		f.Chain[i].Packages = nil // not told
	}
	for step := range f.Steps {
		if by := f.Steps[step].CreatedBy; number(hash(by))%2 > 0 {
			f.found(fmt.Sprint("rule-", number(hash(by, "rule"))%3), step)
		}
	}
	return f
}

// requireCounts counts packages and findings image by image.
func requireCounts(t *testing.T, s *Store) {
	t.Helper()
	q := s.in(t.Context(), s.db)
	type image struct {
		id, ancestor int64
		current      bool
	}
	images, err := all(q, "SELECT id, ancestor_id, current FROM images WHERE ancestor_id IS NOT NULL", nil, func(scan func(...any) error) (i image, err error) {
		return i, scan(&i.id, &i.ancestor, &i.current)
	})
	require.NoError(t, err)
	packages, found := map[int64]count{}, map[[2]int64]count{}
	for _, i := range images {
		n := count{ever: 1}
		if i.current {
			n.images = 1
		}
		there, err := q.present(i.ancestor)
		require.NoError(t, err)
		for p := range there {
			packages[p] = count{packages[p].images + n.images, packages[p].ever + n.ever}
		}
		subjects, err := all(q, `SELECT DISTINCT CASE WHEN f.ancestor_id = i.ancestor_id THEN 0 ELSE f.ancestor_id END, f.subject_id
			FROM images i JOIN set_findings s ON s.set_id = i.own_findings OR s.set_id = i.inherited_findings JOIN findings f ON f.id = s.finding_id WHERE i.id = ?`, []any{i.id},
			func(scan func(...any) error) (k [2]int64, err error) { return k, scan(&k[0], &k[1]) })
		require.NoError(t, err)
		for _, k := range subjects {
			found[k] = count{found[k].images + n.images, found[k].ever + n.ever}
		}
	}
	have, err := all(q, "SELECT p.id, 0, b.images, b.ever FROM blast_packages b JOIN packages p ON p.name = b.name AND p.version = b.version", nil, scanCount)
	require.NoError(t, err)
	for _, h := range have {
		require.Equal(t, packages[h.key[0]], h.count)
	}
	require.Len(t, have, len(packages))
	have, err = all(q, "SELECT COALESCE(b.ancestor_id, 0), t.id, b.images, b.ever FROM blast_findings b JOIN subjects t ON t.rule = b.rule AND t.subject = b.subject", nil, scanCount)
	require.NoError(t, err)
	for _, h := range have {
		require.Equal(t, found[h.key], h.count)
	}
	require.Len(t, have, len(found))
}

type counted struct {
	key [2]int64
	count
}

func scanCount(scan func(...any) error) (c counted, err error) {
	return c, scan(&c.key[0], &c.key[1], &c.images, &c.ever)
}

// rounds is how often something random is tried. Postgres writes to the disk each time.
func rounds(s *Store) int {
	if s.Postgres() {
		return 5
	}
	return 25
}
