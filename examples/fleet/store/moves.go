package store

import (
	"context"
	"database/sql"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Move is a tag that an ancestor had, on which images stand, and that has another image now.
type Move struct {
	Ancestor int64  // its id
	Name     string // the repository and tag
	// Now is the digest that the tag has now, and NowAncestor the id of the ancestor that this is;
	// zero if the fleet has not seen it, or not read it.
	Now         v1.Hash
	NowAncestor int64
	// Since is when the tag was first seen elsewhere, or when a catalogue or registry says that it
	// moved; zero if not known. Source is who says so, as in Moved.
	Since  time.Time
	Source string
	Tie    bool // the ancestor may have another name just as well
}

// Moves returns the tags that have moved on, sorted by ancestor and name: those because of which
// Stale returns images, or would if a reference still had them.
func (s *Store) Moves(ctx context.Context) ([]Move, error) {
	return all(s.in(ctx, s.db), `SELECT ancestor_id, name, COALESCE(now, ''), COALESCE(now_ancestor_id, 0), MIN(since), MIN(source), MIN(CASE WHEN tie THEN 1 ELSE 0 END)
		FROM moved_bases GROUP BY ancestor_id, name, now, now_ancestor_id ORDER BY ancestor_id, name, now`, nil, func(scan func(...any) error) (m Move, err error) {
		var now string
		var since sql.NullInt64
		if err = scan(&m.Ancestor, &m.Name, &now, &m.NowAncestor, &since, &m.Source, &m.Tie); err == nil && now != "" {
			m.Now, err = v1.NewHash(now)
		}
		m.Since = moment(since)
		return m, err
	})
}
