package live

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Microsoft's statement that the life of an image ends:
// https://github.com/dotnet/docker-tools, LifecycleMetadataService.
const (
	lifecycleType = "application/vnd.microsoft.artifact.lifecycle"
	endOfLifeKey  = "vnd.microsoft.artifact.lifecycle.end-of-life.date"
)

// askEndOfLife asks what refers to the image that is here.
func (q *inquiry) askEndOfLife(here *known) {
	if here == nil {
		q.live.NoEndOfLife = "the digest of what is here is not known"
		return
	}
	day, err := q.endOfLife(here.repository, here.digest)
	if err != nil {
		q.live.NoEndOfLife = q.reason(err)
		return
	}
	q.live.EndOfLife = day
}

// endOfLife returns the day that the registry has; zero if it has none.
func (q *inquiry) endOfLife(repository string, subject v1.Hash) (time.Time, error) {
	referrers, err := q.referrers(repository, subject)
	if err != nil {
		return time.Time{}, err
	}
	var day time.Time
	for _, d := range referrers {
		if d.ArtifactType != lifecycleType {
			continue
		}
		stated, err := q.dayOf(repository, subject, d)
		switch {
		case err != nil:
			return time.Time{}, err
		case !day.IsZero() && !day.Equal(stated):
			return time.Time{}, fmt.Errorf("the registry has two days for it: %s and %s", day.Format(time.DateOnly), stated.Format(time.DateOnly))
		}
		day = stated
	}
	return day, nil
}

// referrers returns what refers to a digest. A registry without the API for it keeps the
// list under a tag: see "Referrers Tag Schema" of the distribution specification.
func (q *inquiry) referrers(repository string, subject v1.Hash) ([]v1.Descriptor, error) {
	raw, err := q.get(repository, "referrers", subject.String())
	if errors.Is(err, fs.ErrNotExist) {
		raw, err = q.get(repository, "manifests", subject.Algorithm+"-"+subject.Hex)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	idx, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil || kindOf(raw) != isIndex {
		return nil, fmt.Errorf("the list of what refers to %s cannot be read", subject)
	}
	return idx.Manifests, nil
}

// dayOf reads the day of a statement: in the list, or else in its manifest.
func (q *inquiry) dayOf(repository string, subject v1.Hash, d v1.Descriptor) (time.Time, error) {
	stated, ok := d.Annotations[endOfLifeKey]
	if !ok {
		raw, err := q.get(repository, "manifests", d.Digest.String())
		if err != nil {
			return time.Time{}, err
		}
		m, err := v1.ParseManifest(bytes.NewReader(raw))
		if err != nil || m.Subject == nil || m.Subject.Digest != subject {
			return time.Time{}, fmt.Errorf("manifest %s is no statement about %s", d.Digest, subject)
		}
		stated = m.Annotations[endOfLifeKey]
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if day, err := time.Parse(layout, stated); err == nil {
			return day.UTC().Truncate(24 * time.Hour), nil
		}
	}
	return time.Time{}, fmt.Errorf("the registry states an end of life that is no day: %.40q", stated)
}
