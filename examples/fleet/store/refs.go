package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Ref is a reference as somebody asked for it.
type Ref struct {
	// Repository is its name with the registry: "registry.example.org/team/app"; of Docker
	// Hub as Docker prints it: "debian".
	Repository string
	// Tag is "" if it was asked for by Digest, which is zero otherwise.
	Tag    string
	Digest v1.Hash
	// Owner is whose it is: a team, a Kubernetes namespace; several have commas between them;
	// "" if nobody said. What is given later replaces it, as far as Among goes.
	Owner string
	// Among are the owners of whom it is known whether they have it, such as the namespaces that
	// a list is about: what was said of others stays. nil is all, and an empty one nobody: what is
	// given is added.
	Among []string
}

// String returns the reference as one writes it.
func (r Ref) String() string {
	s := r.Repository
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest.Hex != "" {
		s += "@" + r.Digest.String()
	}
	return s
}

// columns returns how the database has a reference.
func (r Ref) columns() (repository, tag, digest string) {
	if r.Digest.Hex != "" {
		digest = r.Digest.String()
	}
	return storable(familiar(r.Repository), maxIndexed), storable(r.Tag, maxIndexed), digest
}

// owned returns the owners of a reference, once it is said whose it is.
func (r Ref) owned(before string) string {
	if r.Owner == "" || r.Among == nil {
		return cmp.Or(r.Owner, before)
	}
	others := slices.DeleteFunc(Split(before), func(o string) bool { return slices.Contains(r.Among, o) })
	return strings.Join(Split(strings.Join(append(others, r.Owner), ",")), ", ")
}

// Split takes apart what has commas between: owners, references or names, each once. Of "" there
// are none.
func Split(text string) []string {
	names := []string{}
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Add notes references that have not been looked at yet. Those that are there stay, with the
// owners that they have then.
func (s *Store) Add(ctx context.Context, tx *sql.Tx, refs ...Ref) error {
	q := s.in(ctx, tx)
	said := map[[3]string][]Ref{} // what is said of each, in order
	for _, r := range refs {
		repository, tag, digest := r.columns()
		if repository == "" {
			return errNoRepository
		}
		key := [3]string{repository, tag, digest}
		said[key] = append(said[key], r)
	}
	keys := slices.SortedFunc(maps.Keys(said), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	for some := range slices.Chunk(keys, 500) {
		if err := q.addSome(some, said); err != nil {
			return err
		}
	}
	return nil
}

// addSome adds references that are sorted: two who add the same then wait for each other and do
// not hold what the other needs.
func (q session) addSome(keys [][3]string, said map[[3]string][]Ref) error {
	owners := func(key [3]string, before string) string {
		for _, r := range said[key] {
			before = r.owned(before)
		}
		return storable(before, maxText)
	}
	var rows [][]any
	var owned []any // the keys of those of which it is said whose they are
	for _, k := range keys {
		owner := owners(k, "")
		rows = append(rows, []any{k[0], k[1], k[2], owner, time.Now().Unix()})
		if owner != "" {
			owned = append(owned, k[0], k[1], k[2])
		}
	}
	if err := q.insert("refs (repository, tag, digest, owner, added)", "ON CONFLICT (repository, tag, digest) DO NOTHING", rows); err != nil || owned == nil {
		return err
	}
	type row struct {
		id    int64
		key   [3]string
		owner string
	}
	there, err := all(q, "SELECT id, repository, tag, digest, owner FROM refs WHERE (repository, tag, digest) IN (VALUES (?, ?, ?)"+
		strings.Repeat(", (?, ?, ?)", len(owned)/3-1)+") ORDER BY id"+q.dialect.forUpdate, owned, func(scan func(...any) error) (r row, err error) {
		return r, scan(&r.id, &r.key[0], &r.key[1], &r.key[2], &r.owner)
	})
	if err != nil {
		return err
	}
	for _, r := range there {
		if owner := owners(r.key, r.owner); owner != r.owner {
			if err := q.exec("UPDATE refs SET owner = ? WHERE id = ?", owner, r.id); err != nil {
				return err
			}
		}
	}
	return nil
}

var errNoRepository = errors.New("a reference without a repository")

// ref makes the row of a reference, if there is none, and holds it until the transaction ends.
func (q session) ref(r Ref, at time.Time) (id int64, err error) {
	repository, tag, digest := r.columns()
	if repository == "" {
		return 0, errNoRepository
	}
	if err := q.exec("INSERT INTO refs (repository, tag, digest, owner, added) VALUES (?, ?, ?, ?, ?) ON CONFLICT (repository, tag, digest) DO NOTHING",
		repository, tag, digest, storable(r.Owner, maxText), at.Unix()); err != nil {
		return 0, err
	}
	var owner string
	err = q.row("SELECT id, owner FROM refs WHERE repository = ? AND tag = ? AND digest = ?"+q.dialect.forUpdate, []any{repository, tag, digest}, &id, &owner)
	if err == nil && r.Owner != "" && storable(r.Owner, maxText) != owner {
		err = q.exec("UPDATE refs SET owner = ? WHERE id = ?", storable(r.Owner, maxText), id)
	}
	return id, err
}

// See notes that a reference had a digest at a moment, and reports whether the image of that
// digest has been read, or been found unreadable. digest is that of an image's manifest, as in
// Image.Digest, never that of an index. A digest that the reference did not have the last time
// is a new sighting, with its own first and last moment; the old ones stay.
//
// On Postgres, a transaction sees one reference: two that see several could wait for each other.
func (s *Store) See(ctx context.Context, tx *sql.Tx, ref Ref, digest v1.Hash, at time.Time) (known bool, err error) {
	if digest.Hex == "" {
		return false, fmt.Errorf("%s was seen without a digest", ref)
	}
	q := s.in(ctx, tx)
	if ref.Owner == "" {
		if same, err := q.same(ref, digest.String(), at); same || err != nil {
			return same, err
		}
	}
	id, err := q.ref(ref, at)
	if err != nil {
		return false, err
	}
	var last sighting
	err = q.row("SELECT id, image_id, last_seen FROM sightings WHERE ref_id = ? AND latest", []any{id}, &last.id, &last.image, &last.seen)
	if err != nil && err != sql.ErrNoRows {
		return false, err
	}
	var image int64
	switch err := q.row("SELECT id, read_at IS NOT NULL FROM images WHERE digest = ?", []any{digest.String()}, &image, &known); {
	case err != nil && err != sql.ErrNoRows:
		return false, err
	case err == nil && last.image == image:
		return known, q.exec("UPDATE sightings SET last_seen = ? WHERE id = ? AND last_seen < ?", at.Unix(), last.id, at.Unix())
	}
	return q.replace(id, last, digest.String(), at)
}

// same notes in one statement what is so of most references: that the digest is that of the last
// time, and its image has been read. If it is not so, it changes nothing.
func (q session) same(ref Ref, digest string, at time.Time) (bool, error) {
	repository, tag, own := ref.columns()
	n, err := q.change(`UPDATE sightings SET last_seen = CASE WHEN last_seen < ? THEN ? ELSE last_seen END
		WHERE latest AND ref_id = (SELECT id FROM refs WHERE repository = ? AND tag = ? AND digest = ?`+q.dialect.forUpdate+`)
			AND image_id = (SELECT id FROM images WHERE digest = ? AND read_at IS NOT NULL)`,
		at.Unix(), at.Unix(), repository, tag, own, digest)
	return n > 0, err
}

// A sighting is what a reference had when it was last looked at.
type sighting struct{ id, image, seen int64 }

// overtaken is how much later another answer may have come than one that it overtook. What was
// seen still later was seen by a clock that is wrong.
const overtaken = 10 * time.Minute

// replace notes that a reference has another image than the last time. If that was seen
// later, this is an answer that was overtaken, and changes nothing of what the reference has.
func (q session) replace(ref int64, last sighting, digest string, at time.Time) (known bool, err error) {
	var image int64
	err = q.hold(func() ([]int64, error) { return q.treesOf(digest, last.image) }, func() (err error) {
		if err := q.newImage(digest); err != nil {
			return err
		}
		_, err = column[int64](q, "SELECT id FROM images WHERE digest = ? OR id = ? ORDER BY id"+q.dialect.forUpdate, digest, last.image)
		return err
	})
	if err != nil {
		return false, err
	}
	if err := q.row("SELECT id, read_at IS NOT NULL FROM images WHERE digest = ?", []any{digest}, &image, &known); err != nil {
		return false, err
	}
	if ahead := last.seen - at.Unix(); ahead > 0 && ahead <= int64(overtaken/time.Second) {
		return known, q.turn([]int64{image}, func() error { return q.see(ref, image, at, false) })
	}
	return known, q.turn([]int64{image, last.image}, func() error {
		if err := q.exec("UPDATE sightings SET latest = false WHERE id = ?", last.id); err != nil {
			return err
		}
		return q.see(ref, image, at, true)
	})
}

// Gone notes that a reference has no image any more. Those that it had stay, and a reference that
// was never seen is none to change.
func (s *Store) Gone(ctx context.Context, tx *sql.Tx, ref Ref) error {
	q := s.in(ctx, tx)
	repository, tag, digest := ref.columns()
	var id int64
	var last sighting
	err := q.row("SELECT id FROM refs WHERE repository = ? AND tag = ? AND digest = ?"+q.dialect.forUpdate, []any{repository, tag, digest}, &id)
	if err == nil {
		err = q.row("SELECT id, image_id FROM sightings WHERE ref_id = ? AND latest", []any{id}, &last.id, &last.image)
	}
	if err == sql.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	err = q.hold(func() ([]int64, error) { return q.treesOf("", last.image) }, func() error {
		_, err := column[int64](q, "SELECT id FROM images WHERE id = ?"+q.dialect.forUpdate, last.image)
		return err
	})
	if err != nil {
		return err
	}
	return q.turn([]int64{last.image}, func() error {
		return q.exec("UPDATE sightings SET latest = false WHERE id = ?", last.id)
	})
}

// turn changes what references have, and then says of images whether one has them now, in their
// rows and in what is counted of them.
func (q session) turn(images []int64, change func() error) error {
	in := " IN (" + marks(len(images)) + ")"
	args := make([]any, len(images))
	for i, id := range images {
		args[i] = id
	}
	ancestors, err := column[int64](q, "SELECT ancestor_id FROM images WHERE ancestor_id IS NOT NULL AND id"+in, args...)
	if err != nil {
		return err
	}
	tally, err := q.tally(images, distinct(ancestors))
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if err := q.exec("UPDATE images SET current = EXISTS (SELECT 1 FROM sightings s WHERE s.image_id = images.id AND s.latest) WHERE id"+in, args...); err != nil {
		return err
	}
	return tally.done()
}

func (q session) see(ref, image int64, at time.Time, latest bool) error {
	return q.exec("INSERT INTO sightings (ref_id, image_id, first_seen, last_seen, latest) VALUES (?, ?, ?, ?, ?)", ref, image, at.Unix(), at.Unix(), latest)
}

// Refs returns all references that were added or seen, sorted.
func (s *Store) Refs(ctx context.Context) ([]Ref, error) {
	return all(s.in(ctx, s.db), "SELECT repository, tag, digest, owner FROM refs ORDER BY repository, tag, digest", nil, scanRef)
}

// RefsOf returns the references under which a digest was seen, those that still have it first:
// any of them serves to fetch the image.
func (s *Store) RefsOf(ctx context.Context, digest v1.Hash) ([]Ref, error) {
	return all(s.in(ctx, s.db), `SELECT repository, tag, digest, owner FROM (
		SELECT r.repository, r.tag, r.digest, r.owner, MAX(CASE WHEN s.latest THEN 1 ELSE 0 END) AS now
		FROM images i JOIN sightings s ON s.image_id = i.id JOIN refs r ON r.id = s.ref_id WHERE i.digest = ?
		GROUP BY r.id, r.repository, r.tag, r.digest, r.owner) AS seen ORDER BY now DESC, repository, tag, digest`, []any{digest.String()}, scanRef)
}

func scanRef(scan func(...any) error) (r Ref, err error) {
	var digest string
	if err := scan(&r.Repository, &r.Tag, &digest, &r.Owner); err != nil || digest == "" {
		return r, err
	}
	r.Digest, err = v1.NewHash(digest)
	return r, err
}
