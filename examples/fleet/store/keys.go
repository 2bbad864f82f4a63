package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
)

// hash returns the first 160 bits of the SHA-256 of some texts, in hex. No two lists of texts
// read alike: each is preceded by its length.
func hash(texts ...string) string {
	h := sha256.New()
	for _, s := range texts {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

// number returns the first 63 bits of a hash.
func number(hash string) int64 {
	b, _ := hex.DecodeString(hash[:16])
	return int64(binary.BigEndian.Uint64(b) >> 1)
}

// A spine is what identifies an image's ancestors: every prefix of its steps and layers.
type spine struct {
	keys   []string // of the first k steps, with the layers that they made
	layers []int    // how many layers the first k steps made
	chains []string // chain IDs of the first l layers; "" of none
	read   int      // so many layers, from the bottom, were read to their end
}

func newSpine(img Image, f *Facts) (*spine, error) {
	s := &spine{keys: []string{hash("stemma")}, layers: []int{0}, chains: []string{""}}
	if len(f.Steps) == 0 {
		s.keys[0] = hash("nothing is recorded", img.Digest.String())
	}
	diffs := make([]digest.Digest, len(f.Layers))
	for i, l := range f.Layers {
		diffs[i] = digest.Digest(l.DiffID.String())
		if l.DiffID.Hex == "" { // not known, and so like no other
			diffs[i] = digest.FromString(fmt.Sprint(img.Digest, " layer ", i))
		}
		if !l.Unread && s.read == i {
			s.read++
		}
	}
	for _, id := range identity.ChainIDs(append([]digest.Digest(nil), diffs...)) {
		s.chains = append(s.chains, string(id))
	}
	for k, step := range f.Steps {
		made, count := "", s.layers[k]
		if step.Layer >= 0 {
			if step.Layer >= len(diffs) || step.Layer < count {
				return nil, fmt.Errorf("step %d cannot have made layer %d", k, step.Layer)
			}
			made, count = string(diffs[step.Layer]), step.Layer+1
		}
		created := ""
		if !step.Created.IsZero() {
			created = step.Created.UTC().Format(time.RFC3339Nano)
		}
		s.keys = append(s.keys, hash(s.keys[k], created, step.CreatedBy, made))
		s.layers = append(s.layers, count)
	}
	if n := s.layers[len(f.Steps)]; n != len(f.Layers) {
		return nil, fmt.Errorf("the steps made %d layers, and there are %d", n, len(f.Layers))
	}
	return s, nil
}

// tree is a number that all images have in common that can have an ancestor in common: they
// have the first step in common.
func (s *spine) tree() int64 { return number(s.keys[min(1, len(s.keys)-1)]) }

// complete reports whether all layers that the first k steps made were read.
func (s *spine) complete(k int) bool { return s.layers[k] <= s.read }

// key identifies a package version: its URL without qualifiers has the namespace.
func (p Package) key() int64 {
	return number(hash(p.Type, p.Name, p.Version, p.Arch, p.PURL))
}

// key identifies a finding among those of an ancestor.
func (f Finding) key() string {
	return hash(f.Rule, strconv.Itoa(int(f.Severity)), f.Subject, f.Message, f.Remedy, f.By.String(), strconv.FormatInt(f.Bytes, 10), strconv.Itoa(f.Step))
}

// subject identifies what a finding is about: findings of one rule about one subject count as one.
func (f Finding) subject() int64 { return number(hash(f.Rule, f.Subject)) }
