package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// A Question is which ancestor is meant: by repository, with Tag or Digest or neither. An
// empty Repository with a Digest is any image of that digest, or any ancestor of that chain ID.
type Question struct {
	Repository, Tag string
	Digest          v1.Hash
}

// A Stander is an image that stands on an ancestor that was asked for, or is that ancestor.
type Stander struct {
	Digest v1.Hash
	// Refs are the references that have it now, with commas between them; those that had it
	// once if none does.
	Refs string
	// Current is true if a reference has it now.
	Current bool
	// Owners are the owners of Refs, with commas between them; "" if not known.
	Owners string
	// Since is the first moment at which it was seen; when it was read if it was never seen
	// under a reference.
	Since time.Time
	// Ancestor is the id of the ancestor that fits, Name what it is called, and Chain its
	// chain ID. Itself is true if the image is that ancestor, and does not stand on it.
	Ancestor    int64
	Name, Chain string
	Itself      bool
	Confidence  ancestry.Confidence // of the name that was asked for
	// Tie is true if the ancestor may have another name just as well: the image may stand
	// on what was asked for.
	Tie bool
	// Depth is how many ancestors are between: 1 is its base.
	Depth int
}

// StandsOn returns the images that stand on the ancestors that q names, sorted by reference.
// It is empty, with known false, if no ancestor of that name is known at all.
func (s *Store) StandsOn(ctx context.Context, q Question) (images []Stander, known bool, err error) {
	db := s.in(ctx, s.db)
	meant, err := db.meant(q)
	if err != nil || len(meant) == 0 {
		return nil, false, err
	}
	ids := make([]int64, 0, len(meant))
	for id := range meant {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	nearest := map[v1.Hash]Stander{}
	err = chunks(ids, func(marks string, args []any) error {
		_, err := all(db, strings.ReplaceAll(standers, "{ids}", marks), args, func(scan func(...any) error) (struct{}, error) {
			i, err := scanStander(scan)
			m := meant[i.Ancestor]
			i.Confidence, i.Tie = m.confidence, m.tie
			if have, ok := nearest[i.Digest]; !ok || i.Depth < have.Depth {
				nearest[i.Digest] = i
			}
			return struct{}{}, err
		})
		return err
	})
	for _, i := range nearest {
		images = append(images, i)
	}
	slices.SortFunc(images, func(a, b Stander) int {
		return cmp.Or(strings.Compare(a.Refs, b.Refs), strings.Compare(a.Digest.Hex, b.Digest.Hex))
	})
	return images, true, err
}

// Digests returns digests of images, chain IDs of ancestors and digests in their names that begin
// like beginning, at most two of them.
func (s *Store) Digests(ctx context.Context, beginning string) ([]string, error) {
	like := beginning + "%"
	return all(s.in(ctx, s.db), `SELECT chain_id AS digest FROM ancestors WHERE chain_id LIKE ?
		UNION SELECT digest FROM images WHERE digest LIKE ?
		UNION SELECT digest FROM names WHERE digest LIKE ? ORDER BY digest LIMIT 2`, []any{like, like, like},
		func(scan func(...any) error) (digest string, err error) { return digest, scan(&digest) })
}

// standers finds the images on ancestors, with what is known of their references.
const standers = `
WITH RECURSIVE up (id, top, depth) AS (
	SELECT id, id, 0 FROM ancestors WHERE id IN ({ids})
	UNION ALL
	SELECT a.id, up.top, up.depth + 1 FROM up JOIN ancestors a ON a.parent_id = up.id)
SELECT i.digest, up.top, up.depth, l.name, a.chain_id, i.current,
	COALESCE(` + refsOfImage + `, (SELECT string_agg(name, ', ' ORDER BY name) FROM (
		SELECT DISTINCT r.repository || CASE WHEN r.tag <> '' THEN ':' || r.tag ELSE '@' || r.digest END AS name
		FROM sightings s JOIN refs r ON r.id = s.ref_id WHERE s.image_id = i.id) AS once), ''),
	COALESCE(` + ownersOfImage + `, CASE WHEN i.current THEN NULL ELSE (SELECT string_agg(owner, ', ' ORDER BY owner) FROM (
		SELECT DISTINCT r.owner FROM sightings s JOIN refs r ON r.id = s.ref_id WHERE s.image_id = i.id AND r.owner <> '') AS had) END, ''),
	COALESCE((SELECT MIN(s.first_seen) FROM sightings s WHERE s.image_id = i.id), i.read_at)
FROM up JOIN images i ON i.ancestor_id = up.id JOIN ancestors a ON a.id = up.top JOIN labels l ON l.ancestor_id = up.top`

func scanStander(scan func(...any) error) (i Stander, err error) {
	var digest string
	var since sql.NullInt64
	if err = scan(&digest, &i.Ancestor, &i.Depth, &i.Name, &i.Chain, &i.Current, &i.Refs, &i.Owners, &since); err != nil {
		return i, err
	}
	i.Since, i.Itself = moment(since), i.Depth == 0
	i.Digest, err = v1.NewHash(digest)
	return i, err
}

// meaning is how sure it is that an ancestor is the one that was asked for.
type meaning struct {
	confidence ancestry.Confidence
	tie        bool
}

// meant returns the ancestors that a question can mean: by what was told of their names, by a
// name that was told with the digest of an image that is the ancestor, by the references that
// had them, and by digest: of an image, or of an index that a reference has.
func (q session) meant(asked Question) (map[int64]meaning, error) {
	repository, tag, digest := Ref{Repository: asked.Repository, Tag: asked.Tag, Digest: asked.Digest}.columns()
	found := map[int64]meaning{}
	query := `SELECT b.ancestor_id, b.confidence, b.tie AND EXISTS (
			SELECT 1 FROM best_names o WHERE o.ancestor_id = b.ancestor_id AND o.tie AND NOT ((o.repository = ? OR ? = '') AND (o.tag = ? OR ? = '')))
		FROM best_names b WHERE (b.repository = ? OR ? = '') AND (b.tag = ? OR ? = '') AND (b.digest = ? OR ? = '')
		UNION ALL
		SELECT n.ancestor_id, 3, false FROM names n JOIN images i ON i.ancestor_id = n.ancestor_id AND i.digest = n.digest
		WHERE (n.repository = ? OR ? = '') AND (n.tag = ? OR ? = '') AND (n.digest = ? OR ? = '')
		UNION ALL
		SELECT i.ancestor_id, 4, false FROM refs r JOIN sightings s ON s.ref_id = r.id JOIN images i ON i.id = s.image_id
		WHERE i.ancestor_id IS NOT NULL AND (r.repository = ? OR ? = '') AND (r.tag = ? OR ? = '') AND (i.digest = ? OR r.digest = ? OR ? = '')`
	named := []any{repository, repository, tag, tag, digest, digest}
	args := slices.Concat(named[:4], named, named, named, []any{digest})
	if repository == "" {
		query += ` UNION ALL SELECT id, 4, false FROM ancestors WHERE chain_id = ?
			UNION ALL SELECT ancestor_id, 4, false FROM images WHERE digest = ? AND ancestor_id IS NOT NULL`
		args = append(args, digest, digest)
	}
	_, err := all(q, query, args, func(scan func(...any) error) (struct{}, error) {
		var id int64
		var m meaning
		err := scan(&id, &m.confidence, &m.tie)
		if have, ok := found[id]; !ok || m.confidence > have.confidence {
			found[id] = m
		}
		return struct{}{}, err
	})
	return found, err
}

// A Moved image stands on an ancestor whose tag points to another image now.
type Moved struct {
	Digest       v1.Hash
	Refs, Owners string
	Ancestor     int64  // its id
	Name         string // of the ancestor, with the tag that moved
	// Depth is how far below the image it is: 1 is its base, which a rebuild of the image
	// renews. Where it is more, an ancestor between has to be rebuilt first.
	Depth int
	// Since is when the tag was first seen elsewhere, or when a catalogue or registry says
	// that it moved; zero if not known.
	Since time.Time
	// Now is the digest that the tag has now, if the fleet has seen it.
	Now v1.Hash
	// Source is who says so: "fleet", or "report" for the catalogue or the registry that
	// was asked when an image was read.
	Source     string
	Confidence ancestry.Confidence // of the ancestor's name
	Tie        bool
}

// Stale returns the images that a reference has now and that stand on an ancestor
// whose tag points elsewhere now: the nearest one of each first, then by how long.
func (s *Store) Stale(ctx context.Context) ([]Moved, error) {
	list, err := all(s.in(ctx, s.db), "SELECT digest, COALESCE(refs, ''), COALESCE(owners, ''), ancestor_id, name, depth, since, COALESCE(now, ''), source, confidence, tie FROM moved", nil, scanMoved)
	slices.SortStableFunc(list, func(a, b Moved) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), compareSince(a.Since, b.Since), strings.Compare(a.Refs, b.Refs), strings.Compare(a.Digest.Hex, b.Digest.Hex), strings.Compare(a.Name, b.Name))
	})
	type one struct {
		image    v1.Hash
		ancestor int64
	}
	seen := map[one]bool{}
	return slices.DeleteFunc(list, func(m Moved) bool {
		again := seen[one{m.Digest, m.Ancestor}]
		seen[one{m.Digest, m.Ancestor}] = true
		return again
	}), err
}

// compareSince has what is not known last.
func compareSince(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

func scanMoved(scan func(...any) error) (m Moved, err error) {
	var digest, now, confidence string
	var since sql.NullInt64
	if err = scan(&digest, &m.Refs, &m.Owners, &m.Ancestor, &m.Name, &m.Depth, &since, &now, &m.Source, &confidence, &m.Tie); err != nil {
		return m, err
	}
	m.Since = moment(since)
	if err = m.Confidence.UnmarshalText([]byte(confidence)); err != nil {
		return m, err
	}
	if now != "" {
		if m.Now, err = v1.NewHash(now); err != nil {
			return m, err
		}
	}
	m.Digest, err = v1.NewHash(digest)
	return m, err
}

// A Node is an ancestor in the fleet's family tree. Sizes are bytes.
type Node struct {
	ID, Parent int64 // Parent is 0 for a root
	// Name is what it is called: the reference of the image that it is, if the fleet has
	// read that, or the name that the evidence tells. It is its chain ID if it has none.
	Name       string
	Confidence ancestry.Confidence
	// Ties are other names that are as likely, with commas between them; "" if there are none.
	Ties string
	// Chain is its chain ID: "sha256:…", "" if it has no layers.
	Chain string
	// Itself is how many images it is itself (more than one where only configurations differ),
	// Images how many stand on it: of those that a reference has now.
	Itself, Images int
	Layers         int
	Size, Content  int64 // of its own layers: as stored; regular files
	Shadowed       int64 // of Content, what every image hides that has it
	// Carried are the bytes as stored that Images and Itself have of it altogether, were
	// each stored by itself: Size × (Images + Itself).
	Carried int64
	Created time.Time // of its youngest step; zero if not recorded
	// Unread is true if some of its layers have not been read: sizes are 0 then.
	Unread bool
}

// Forest returns the ancestors, parents before children. Those on which no image stands, which
// are what single images added themselves, are left out unless leaves is true.
func (s *Store) Forest(ctx context.Context, leaves bool) ([]Node, error) {
	query := `SELECT a.id, COALESCE(a.parent_id, 0), l.name, l.confidence, l.tie, a.chain_id,
			(SELECT COUNT(*) FROM images i WHERE i.ancestor_id = a.id AND i.current), COALESCE(s.images, 0),
			a.own_layers, COALESCE(a.size, 0), COALESCE(a.content, 0), COALESCE(a.shadowed, 0), a.complete, a.created
		FROM ancestors a JOIN labels l ON l.ancestor_id = a.id LEFT JOIN standing s ON s.ancestor_id = a.id`
	if !leaves {
		query += " WHERE a.has_children"
	}
	return all(s.in(ctx, s.db), query+" ORDER BY a.steps, a.id", nil, func(scan func(...any) error) (n Node, err error) {
		var created sql.NullInt64
		var tie, complete bool
		if err := scan(&n.ID, &n.Parent, &n.Name, &n.Confidence, &tie, &n.Chain, &n.Itself, &n.Images, &n.Layers, &n.Size, &n.Content, &n.Shadowed, &complete, &created); err != nil {
			return n, err
		}
		n.Unread, n.Created = !complete, moment(created)
		n.Carried = n.Size * int64(n.Images+n.Itself)
		if tie {
			var rest string
			n.Name, rest, _ = strings.Cut(n.Name, " or ")
			n.Ties = strings.ReplaceAll(rest, " or ", ", ")
		}
		return n, nil
	})
}
