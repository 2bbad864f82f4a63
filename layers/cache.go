package layers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Cache keeps what [Read] learnt of single layers, so that the next image that has
// them need not be read there: its entries, and what the wants took of it. Package
// layers/cache has one that is a directory.
//
// What [Read] puts is compressed, versioned, and told apart by the layer's diffID,
// the limits and the keys of the wants. A cache may forget anything at any time, and
// what it gives back is checked for sense; but an entry that somebody forged is
// believed. Whoever can write to the cache decides what is reported.
//
// Both methods are called from several goroutines.
type Cache interface {
	// Get returns what was put under key. key consists of lower-case letters,
	// digits and "-". false stands for all that keeps it from being found.
	Get(key string) ([]byte, bool)
	// Put keeps b, which it may hold on to. A cache that can't has no way to say
	// so here: nothing is lost but time.
	Put(key string, b []byte)
}

// Described is what a v1.Layer may implement besides [Stored], so that [Read] knows
// what the manifest claims of a blob without opening it. false stands for a layer
// that no manifest describes. A layer of go-containerregistry's that comes from a
// registry is asked for its Descriptor.
type Described interface {
	Described() (v1.Descriptor, bool)
}

// described returns the digest that the manifest claims for a layer, if that costs
// nothing.
func described(l v1.Layer) (v1.Hash, bool) {
	switch l := l.(type) {
	case Described:
		d, ok := l.Described()
		return d.Digest, ok && d.Digest != v1.Hash{}
	case interface {
		Descriptor() (*v1.Descriptor, error)
	}:
		if d, err := l.Descriptor(); err == nil && d != nil {
			return d.Digest, true
		}
	}
	return v1.Hash{}, false
}

// variant tells apart what readings with other limits and other wants learn of a
// layer; "" if one of the wants can't be cached.
func variant(opts *Options, lim Limits) string {
	if opts.Cache == nil {
		return ""
	}
	h := sha256.New()
	lim.Layers, lim.Uncompressed, lim.Entries, lim.Kept = 0, 0, 0, 0 // of the image: held to each time
	fmt.Fprintf(h, "%s %+v", savedMagic, lim)
	for _, w := range opts.Wants {
		if w.Key == "" || w.Use != nil || (w.Learn == nil) != (w.Recall == nil) {
			return ""
		}
		fmt.Fprintf(h, " %q %t", w.Key, w.Learn != nil)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// cacheKey is the name of this layer in the cache; "" if it can have none.
func (p *pass) cacheKey() string {
	id := p.info.Claimed
	if p.variant == "" || p.windows != nil || id.Algorithm != "sha256" || len(id.Hex) != 2*sha256.Size ||
		strings.Trim(id.Hex, "0123456789abcdef") != "" {
		return ""
	}
	return id.Hex + "-" + p.variant
}

// recalled takes the layer from the cache, if it has it. Without a digest by which
// the manifest names the very blob that the cache has seen, the blob is read and
// hashed all the same, and only the walk over the archive is saved: nothing is
// verified on a claim of the image alone.
func (p *pass) recalled(ctx context.Context, l v1.Layer) (bool, error) {
	key := p.cacheKey()
	if key == "" {
		return false, nil
	}
	raw, ok := p.opts.Cache.Get(key)
	if !ok {
		return false, nil
	}
	s, err := parseSaved(raw)
	if err != nil {
		return false, nil
	}
	digest, _ := described(l)
	b, ok := s.find(digest)
	if ok {
		p.info.DiffID, p.info.Digest, p.info.Compression, p.info.Size = p.info.Claimed, digest, b.compression, b.size
		p.info.Uncompressed, p.info.Verified = s.uncompressed, true
		p.stored.Store(b.size)
		p.progress(b.size)
		err = p.grow(s.uncompressed)
	} else if err := p.readBlob(ctx, l, true); err != nil {
		return false, err
	} else if p.info.Verified {
		holes := s.uncompressed - p.info.Uncompressed // of sparse files: who does not walk does not see them
		p.info.Uncompressed = s.uncompressed
		if err := p.grow(holes); err != nil {
			p.info.Verified = false // not this way: it is read after all, and said
		}
	}
	if err != nil || !p.info.Verified || p.info.Partial || p.restore(ctx, s) != nil {
		p.forget()
		return false, ctx.Err()
	}
	p.info.Cached = true
	if len(p.verdicts) == 0 && s.add(p.info) { // what is wrong with a blob is said each time
		p.opts.Cache.Put(key, s.bytes())
	}
	return true, nil
}

// forget starts the pass anew.
func (p *pass) forget() {
	out, stored := p.out.Swap(0), p.stored.Swap(0)
	p.total.Add(-out)
	p.progress(-stored)
	p.entries.Add(-p.counted)
	for _, b := range p.keep {
		p.kept.Add(-int64(len(b)))
	}
	*p.info = Layer{Index: p.info.Index, Step: p.info.Step, Claimed: p.info.Claimed}
	p.claimed, p.counted, p.whiteouts = v1.Hash{}, 0, 0
	p.records, p.links, p.verdicts = recordList{}, nil, nil
	p.keep, p.memos, p.learnt, p.odd = map[int32][]byte{}, nil, 0, false
	p.problems = problems{limit: p.problems.limit}
}

// remember puts the layer into the cache, if it is whole, sound and as it was
// claimed, and nothing that was learnt of it depends on the rest of the image.
func (p *pass) remember() {
	key := p.cacheKey()
	if key == "" || !p.info.Verified || p.info.Partial || len(p.verdicts) > 0 || p.odd {
		return
	}
	s := &saved{uncompressed: p.info.Uncompressed}
	if raw, ok := p.opts.Cache.Get(key); ok {
		if old, err := parseSaved(raw); err == nil {
			s.blobs = old.blobs
		}
	}
	s.add(p.info)
	if p.save(s) == nil {
		p.opts.Cache.Put(key, s.bytes())
	}
}
