package layers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A Cache keeps what [Read] learnt of single layers: their entries, and what the wants
// took of them. Another image with one of these layers is read without reading that
// layer again. Package layers/cache has a Cache that is a directory.
//
// What [Read] puts into a cache is compressed and versioned. Its key consists of the
// layer's diffID and a hash of the limits and of the keys of the wants. A cache may
// forget anything at any time. What it returns is checked for sense, but a well-made
// forgery is believed: whoever can write to the cache decides what is reported.
//
// Both methods are called from several goroutines.
type Cache interface {
	// Get returns what was put under key, which consists of lower-case letters,
	// digits and "-". It returns false if it has nothing, for whatever reason.
	Get(key string) ([]byte, bool)
	// Put keeps b, and need not copy it. It returns no error: where b can't be kept,
	// nothing is lost but time.
	Put(key string, b []byte)
}

// Described is what a v1.Layer may implement besides [Stored], to tell [Read] what
// the manifest says of its blob without opening it. It returns false for a layer that
// no manifest describes. (A layer of go-containerregistry's that comes from a registry
// has a Descriptor method, which is asked too.)
type Described interface {
	Described() (v1.Descriptor, bool)
}

// claimedDigest returns the digest that the manifest claims for a layer, if it can be
// had without opening the blob.
func claimedDigest(l v1.Layer) (v1.Hash, bool) {
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

// cacheVariant is a hash of the limits and the wants, on which depends what is learnt
// of a layer. It is "" if there is no cache, or a want that can't be cached.
func cacheVariant(opts *Options, limits Limits) string {
	if opts.Cache == nil {
		return ""
	}
	h := sha256.New()
	limits.Layers, limits.Uncompressed, limits.Entries, limits.Kept = 0, 0, 0, 0 // of the image: checked each time
	fmt.Fprintf(h, "%s %+v", cachedMagic, limits)
	for _, w := range opts.Wants {
		if w.Key == "" || w.Use != nil || (w.Learn == nil) != (w.Recall == nil) {
			return ""
		}
		fmt.Fprintf(h, " %q %t", w.Key, w.Learn != nil)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// cacheKey is the key of this layer in the cache, "" if the cache can't be used.
func (l *layerReader) cacheKey() string {
	id := l.info.Claimed
	if l.run.variant == "" || l.problems.windows || id.Algorithm != "sha256" || len(id.Hex) != 2*sha256.Size ||
		strings.Trim(id.Hex, "0123456789abcdef") != "" {
		return ""
	}
	return id.Hex + "-" + l.run.variant
}

// readCached takes the layer from the cache, and reports whether the cache had it.
//
// Nothing is verified on a claim of the image alone. The blob is left unopened only if
// the manifest names it by a digest under which the cache has seen it. Otherwise it is
// read and hashed, and only the walk over its archive is saved.
func (l *layerReader) readCached(ctx context.Context, layer v1.Layer) (bool, error) {
	key := l.cacheKey()
	if key == "" {
		return false, nil
	}
	raw, ok := l.run.opts.Cache.Get(key)
	if !ok {
		return false, nil
	}
	c, err := parseCachedLayer(raw)
	if err != nil {
		return false, nil
	}
	digest, _ := claimedDigest(layer)
	b, ok := c.find(digest)
	if ok {
		l.info.DiffID, l.info.Digest, l.info.Compression, l.info.Size = l.info.Claimed, digest, b.compression, b.size
		l.info.Uncompressed, l.info.Verified = c.uncompressed, true
		l.meter.addStored(b.size)
		err = l.meter.addDecompressed(c.uncompressed)
	} else if err := l.readBlob(ctx, layer, nil); err != nil {
		return false, err
	} else if l.info.Verified {
		holes := c.uncompressed - l.info.Uncompressed // of sparse files, which only a walk finds
		l.info.Uncompressed = c.uncompressed
		if err := l.meter.addDecompressed(holes); err != nil {
			l.info.Verified = false // so that the layer is read after all, and the problem reported
		}
	}
	if err != nil || !l.info.Verified || l.info.Partial || l.restore(ctx, c) != nil {
		l.restart()
		return false, ctx.Err()
	}
	l.info.Cached = true
	if len(l.problems.list) == 0 && c.add(l.info) { // a blob that has problems is not remembered: they are reported each time
		l.run.opts.Cache.Put(key, c.bytes())
	}
	return true, nil
}

// saveToCache puts the layer into the cache, if it is complete, sound and verified,
// and nothing that was learnt of it depends on the rest of the image.
func (l *layerReader) saveToCache() {
	key := l.cacheKey()
	if key == "" || !l.info.Verified || l.info.Partial || len(l.problems.list) > 0 || l.wants.uncacheable {
		return
	}
	c := &cachedLayer{uncompressed: l.info.Uncompressed}
	if raw, ok := l.run.opts.Cache.Get(key); ok {
		if old, err := parseCachedLayer(raw); err == nil {
			c.blobs = old.blobs
		}
	}
	c.add(l.info)
	if l.save(c) == nil {
		l.run.opts.Cache.Put(key, c.bytes())
	}
}
