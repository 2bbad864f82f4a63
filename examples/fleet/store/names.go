package store

import (
	"strings"

	"github.com/stemma-go/stemma/ancestry"
)

// names writes what the image tells of an ancestor's name. Of what two images say of the same
// name the stronger counts; that it is a tie only as long as nothing as strong says it alone;
// and of a tag's fate the latest news.
func (w *writer) names(b *bound) error {
	if b.told == nil {
		return nil
	}
	var rows [][]any
	seen := map[[3]string]bool{}
	tie := b.told.tied()
	for _, n := range b.told.Names {
		digest := ""
		if n.Digest.Hex != "" {
			digest = n.Digest.String()
		}
		repository, tag := storable(familiar(n.Repository), maxIndexed), storable(n.Tag, maxIndexed)
		if key := [3]string{repository, tag, digest}; repository == "" || seen[key] {
			continue
		} else {
			seen[key] = true
		}
		var moved, since, asOf any
		if !n.AsOf.IsZero() {
			moved, since, asOf = n.Moved, seconds(n.Since), seconds(n.AsOf)
		}
		rows = append(rows, []any{b.id, repository, tag, digest, n.Rank, int(n.Confidence), tie, n.Evidence, w.at, moved, since, asOf})
	}
	return w.insert("names (ancestor_id, repository, tag, digest, rank, confidence, tie, evidence, first_seen, moved, moved_since, moved_as_of)",
		`ON CONFLICT (ancestor_id, repository, tag, digest) DO UPDATE SET
			rank = CASE WHEN excluded.confidence > names.confidence THEN excluded.rank ELSE names.rank END,
			evidence = CASE WHEN excluded.confidence > names.confidence THEN excluded.evidence ELSE names.evidence END,
			tie = CASE WHEN excluded.confidence > names.confidence THEN excluded.tie WHEN excluded.confidence < names.confidence THEN names.tie ELSE excluded.tie AND names.tie END,
			confidence = CASE WHEN excluded.confidence > names.confidence THEN excluded.confidence ELSE names.confidence END,
			first_seen = CASE WHEN excluded.first_seen < names.first_seen THEN excluded.first_seen ELSE names.first_seen END,
			moved = CASE WHEN excluded.moved_as_of > COALESCE(names.moved_as_of, 0) THEN excluded.moved ELSE names.moved END,
			moved_since = CASE WHEN excluded.moved_as_of > COALESCE(names.moved_as_of, 0) THEN excluded.moved_since ELSE names.moved_since END,
			moved_as_of = CASE WHEN excluded.moved_as_of > COALESCE(names.moved_as_of, 0) THEN excluded.moved_as_of ELSE names.moved_as_of END
		WHERE excluded.confidence > names.confidence OR excluded.confidence = names.confidence AND names.tie AND NOT excluded.tie
			OR excluded.first_seen < names.first_seen OR excluded.moved_as_of > COALESCE(names.moved_as_of, 0)`, rows)
}

// tied reports whether the names contradict each other: several tags of one repository may all
// be right, unless Alternative says that they are not.
func (a *Ancestor) tied() bool {
	for _, n := range a.Names {
		if n.Alternative {
			return true
		}
	}
	return false
}

// familiar returns a repository as its users write it: docker.io/library/debian is debian.
func familiar(repository string) string {
	if n, ok := ancestry.ParseName(repository); ok && len(n.Tags) == 0 {
		return n.Repository
	}
	return strings.ToValidUTF8(repository, "\ufffd")
}
