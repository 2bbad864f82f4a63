package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/report"
)

// An Image says which image was read, and by whom. All but Digest may be zero.
type Image struct {
	// Digest is that of its manifest; of an index, that of the image that was chosen.
	Digest v1.Hash
	// Config is the digest of its configuration.
	Config v1.Hash
	// Platform is "linux/amd64".
	Platform string
	// Read is when it was read; zero is now.
	Read time.Time
	// Run is what [Store.Start] returned, 0 for none.
	Run int64
	// Version is that of the program that read it.
	Version string
}

// Save writes an image and all that r says of it. Saving the same digest again changes
// nothing, unless it could not be read before, or only in part.
func (s *Store) Save(ctx context.Context, tx *sql.Tx, img Image, r *report.Report) error {
	f, err := FactsOf(r)
	if err != nil {
		return err
	}
	return s.SaveFacts(ctx, tx, img, f)
}

// SaveFacts is Save for what is not from a report. It does not change f.
//
// To write many images at once, call it many times in one transaction; on Postgres only while
// nobody else writes, because two such transactions could wait for each other.
func (s *Store) SaveFacts(ctx context.Context, tx *sql.Tx, img Image, f *Facts) error {
	if img.Digest.Hex == "" || len(f.Chain) == 0 {
		return errors.New("an image needs a digest and an ancestor")
	}
	spine, err := newSpine(img, f)
	if err != nil {
		return err
	}
	w := &writer{session: s.in(ctx, tx), img: img, f: f, spine: spine, at: unixOrNow(img.Read)}
	var id int64
	var was was
	err = w.hold(func() ([]int64, error) {
		trees, err := w.treesOf(img.Digest.String(), 0)
		return append(trees, spine.tree()), err
	}, func() (err error) {
		id, was, err = w.image(img.Digest)
		return err
	})
	if err != nil || was.full || was.partial && f.Partial {
		return err
	}
	chain, tally, err := w.chain(id, was)
	if err != nil {
		return err
	}
	own, inherited, err := w.findings(chain)
	if err != nil {
		return err
	}
	if err := w.write(id, chain, own, inherited); err != nil {
		return err
	}
	// A new ancestor counted for nothing before.
	tally.ancestors = distinct(append(tally.ancestors, chain[len(chain)-1].id))
	return tally.done()
}

// was is what the database has of an image before it is written.
type was struct {
	full, partial bool
	ancestor      int64 // 0 if it was not read
}

// newImage makes the row of an image, if there is none.
func (q session) newImage(digest string) error {
	return q.exec("INSERT INTO images (digest, current, config, platform, partial, reason, version) VALUES (?, true, '', '', false, '', '') ON CONFLICT (digest) DO NOTHING", digest)
}

// image returns the row of an image, and holds it until the transaction ends.
func (q session) image(digest v1.Hash) (id int64, w was, err error) {
	if err := q.newImage(digest.String()); err != nil {
		return 0, w, err
	}
	err = q.row("SELECT id, partial, COALESCE(ancestor_id, 0) FROM images WHERE digest = ?"+q.dialect.forUpdate, []any{digest.String()}, &id, &w.partial, &w.ancestor)
	w.full = w.ancestor != 0 && !w.partial
	return id, w, err
}

// write fills the row of an image.
func (w *writer) write(id int64, chain []*bound, own, inherited int64) error {
	top := chain[len(chain)-1]
	var base any
	if len(chain) > 1 {
		base = chain[len(chain)-2].id
	}
	size, content, shadowed := sums(w.f.Layers)
	var packages any
	if list := w.f.Chain[0].Packages; list != nil {
		packages = len(list)
	}
	var created any
	if n := len(w.f.Steps); n > 0 {
		created = seconds(w.f.Steps[n-1].Created)
	}
	var config string
	if w.img.Config.Hex != "" {
		config = w.img.Config.String()
	}
	return w.exec(`UPDATE images SET ancestor_id = ?, base_id = ?, config = ?, platform = ?, created = ?, size = ?, content = ?, shadowed = ?,
		packages = ?, own_findings = ?, inherited_findings = ?, partial = ?, reason = ?, read_at = ?, run_id = ?, version = ? WHERE id = ?`,
		top.id, base, config, w.img.Platform, created, size, content, shadowed,
		packages, own, inherited, w.f.Partial, w.f.Reason, w.at, orNull(w.img.Run), w.img.Version, id)
}

// sums adds up layers. It returns nil for what is not known because one was not read.
func sums(layers []Layer) (size, content, shadowed any) {
	var a, b, c int64
	for _, l := range layers {
		if l.Unread {
			return nil, nil, nil
		}
		a, b, c = a+l.Size, b+l.Content, c+l.Shadowed
	}
	return a, b, c
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func unixOrNow(t time.Time) int64 {
	if t.IsZero() {
		t = time.Now()
	}
	return t.Unix()
}

// Unreadable writes that an image could not be read, and why. It changes nothing if the image
// was read before.
func (s *Store) Unreadable(ctx context.Context, tx *sql.Tx, img Image, reason string) error {
	if img.Digest.Hex == "" {
		return errors.New("an image needs a digest")
	}
	q := s.in(ctx, tx)
	id, was, err := q.image(img.Digest)
	if err != nil || was.full || was.partial {
		return err
	}
	return q.exec("UPDATE images SET platform = ?, reason = ?, read_at = ?, run_id = ?, version = ? WHERE id = ?",
		img.Platform, cmp.Or(reason, "not known"), unixOrNow(img.Read), orNull(img.Run), img.Version, id)
}

// Known reports whether an image has been read: one that was found unreadable does not count.
func (s *Store) Known(ctx context.Context, digest v1.Hash) (bool, error) {
	n, err := column[int64](s.in(ctx, s.db), "SELECT id FROM images WHERE digest = ? AND ancestor_id IS NOT NULL", digest.String())
	return len(n) > 0, err
}

// Whole reports whether an image has been read, and not only in part.
func (s *Store) Whole(ctx context.Context, digest v1.Hash) (bool, error) {
	n, err := column[int64](s.in(ctx, s.db), "SELECT id FROM images WHERE digest = ? AND ancestor_id IS NOT NULL AND NOT partial", digest.String())
	return len(n) > 0, err
}
