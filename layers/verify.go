package layers

import (
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// judge writes down what the stages of a layer found, once all have ended.
func (s *stages) judge() {
	l := s.info
	l.Size, l.Uncompressed = s.stored.Load(), s.out.Load()
	l.DiffID, l.Digest = s.diffID, s.digest
	if !s.known {
		l.DiffID, l.Uncompressed = v1.Hash{}, 0
	}
	if s.blob.derived {
		l.Digest = v1.Hash{}
	}
	if s.outErr != nil {
		s.broken(s.outErr)
	}
	if s.storedErr != nil && !errors.Is(s.outErr, s.storedErr) && !errors.As(s.outErr, new(limitError)) {
		s.broken(s.storedErr)
	}
	if s.parseErr != nil && (s.outErr == nil || !errors.Is(s.parseErr, s.outErr)) {
		s.broken(s.parseErr)
	}
	if s.windows != nil {
		s.verdict(s.windows)
	}
	l.Verified = s.matches("diffID", l.DiffID, l.Claimed, "configuration")
	if s.claimed != (v1.Hash{}) {
		l.Verified = s.matches("digest", l.Digest, s.claimed, "manifest") && l.Verified
	}
}

// matches compares a hash with the one that is claimed.
func (s *stages) matches(what string, is, claimed v1.Hash, by string) bool {
	none := v1.Hash{}
	switch {
	case claimed == none:
		s.verdict(fmt.Errorf("the %s claims no %s", by, what))
		return false
	case is == none:
		return false // the end was not reached, which has been said
	case is != claimed:
		s.verdict(fmt.Errorf("%s is %s, the %s claims %s", what, is, by, claimed))
	}
	return is == claimed
}

// grow counts decompressed bytes and says when they are too many.
func (p *pass) grow(n int64) error {
	out, all := p.grown(n)
	if n < 0 || out < 0 || all < 0 || all > p.lim.Uncompressed {
		return limitError{fmt.Errorf("more than %d decompressed bytes in all layers", p.lim.Uncompressed)}
	}
	if stored := max(p.stored.Load(), 1); out > ratioFrom && out/stored >= int64(p.lim.Ratio) {
		return limitError{fmt.Errorf("%d stored bytes decompress to %d or more, over the ratio of %d", stored, out, p.lim.Ratio)}
	}
	return nil
}

// grown adds to the decompressed bytes of the layer and of all layers.
func (p *pass) grown(n int64) (layer, all int64) {
	return p.out.Add(n), p.total.Add(n)
}

// countEntries counts entries of all layers and says when they are too many.
func (r *reader) countEntries(n int) error {
	if r.entries.Add(int64(n)) > int64(r.lim.Entries) {
		return limitError{fmt.Errorf("more than %d entries in all layers", r.lim.Entries)}
	}
	return nil
}
