package live

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// A known is an image that a registry has.
type known struct {
	repository string
	digest     v1.Hash // of its manifest
	index      v1.Hash // zero if there is none
	manifest   *v1.Manifest
	config     *v1.ConfigFile
	fit        fit
}

// get reads a document. One with a digest is verified.
func (q *inquiry) get(repository, what, reference string) ([]byte, error) {
	if q.documents++; q.documents > maxDocuments {
		return nil, fmt.Errorf("it would take more than %d documents", maxDocuments)
	}
	if q.broken == nil {
		q.broken = q.ctx.Err()
	}
	if q.broken != nil {
		return nil, q.broken
	}
	raw, requests, err := q.options.Registry.Get(q.ctx, repository, what, reference, maxDocument)
	q.live.Requests += requests
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			q.broken = err
		}
		return nil, err
	}
	if requests > 0 {
		q.live.Bytes += int64(len(raw))
	}
	if len(raw) > maxDocument {
		return nil, fmt.Errorf("%s %s: more than %d bytes", what, reference, maxDocument)
	}
	if h, err := v1.NewHash(reference); err == nil && what != "referrers" && digestOf(h.Algorithm, raw) != h {
		return nil, fmt.Errorf("%s %s: the registry gives bytes with another digest", what, reference)
	}
	return raw, nil
}

// digestOf computes a digest; zero if the algorithm is not known.
func digestOf(algorithm string, raw []byte) v1.Hash {
	h, err := v1.Hasher(algorithm)
	if err != nil {
		return v1.Hash{}
	}
	h.Write(raw)
	return v1.Hash{Algorithm: algorithm, Hex: hex.EncodeToString(h.Sum(nil))}
}

// find reads the image that a tag or digest is for this platform, and compares it with what
// is here.
func (q *inquiry) find(repository, reference string) (*known, error) {
	raw, err := q.get(repository, "manifests", reference)
	if err != nil {
		return nil, err
	}
	k := &known{repository: repository, digest: digestOf("sha256", raw)}
	if h, err := v1.NewHash(reference); err == nil {
		k.digest = h
	}
	switch kind := kindOf(raw); kind {
	case isIndex:
		d, err := q.choose(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", nameOf(repository, reference), err)
		}
		if raw, err = q.get(repository, "manifests", d.Digest.String()); err != nil {
			return nil, reallyThere(err)
		}
		if kindOf(raw) != isManifest {
			return nil, fmt.Errorf("%s: its index leads to no manifest", nameOf(repository, reference))
		}
		k.index, k.digest = k.digest, d.Digest
	case isManifest:
	default:
		return nil, fmt.Errorf("%s: the answer is neither a manifest nor an index", nameOf(repository, reference))
	}
	if err := q.readConfig(k, raw); err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(repository, reference), err)
	}
	k.fit = q.fit(k)
	return k, nil
}

// reallyThere is for what a registry announced: that it is missing does not say that the tag
// is gone.
func reallyThere(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(err.Error())
	}
	return err
}

func nameOf(repository, reference string) string {
	if _, err := v1.NewHash(reference); err == nil {
		return repository + "@" + reference
	}
	return repository + ":" + reference
}

// readConfig reads what a manifest leads to.
func (q *inquiry) readConfig(k *known, raw []byte) error {
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("its manifest cannot be read: %w", err)
	}
	k.manifest = m
	if m.Config.Digest == (v1.Hash{}) || m.Config.Size > maxDocument {
		return fmt.Errorf("its manifest names no configuration, or one of more than %d bytes", maxDocument)
	}
	config, err := q.get(k.repository, "blobs", m.Config.Digest.String())
	if err != nil {
		return reallyThere(err)
	}
	if k.config, err = v1.ParseConfigFile(bytes.NewReader(config)); err != nil {
		return fmt.Errorf("its configuration cannot be read: %w", err)
	}
	if n := len(k.config.RootFS.DiffIDs); n != len(m.Layers) {
		return fmt.Errorf("not an image: its configuration has %s, its manifest %d", counted(n, "layer"), len(m.Layers))
	}
	return nil
}

type kind int

const (
	isNeither kind = iota
	isManifest
	isIndex
)

// kindOf tells what a document is by its content. One that is both is neither.
func kindOf(raw []byte) kind {
	var doc struct {
		Manifests, Config, Layers json.RawMessage
	}
	if json.Unmarshal(raw, &doc) != nil {
		return isNeither
	}
	switch index, image := doc.Manifests != nil, doc.Config != nil || doc.Layers != nil; {
	case index && !image:
		return isIndex
	case image && !index:
		return isManifest
	}
	return isNeither
}

// errPlatform says that an index has nothing for the platform.
type errPlatform struct{ platform string }

func (e errPlatform) Error() string { return "it has no image for " + e.platform }

// choose returns the image of an index that is for the same platform. It is not known where
// several could be.
func (q *inquiry) choose(raw []byte) (v1.Descriptor, error) {
	idx, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("its index cannot be read: %w", err)
	}
	cfg := q.image.config
	want := v1.Platform{OS: cfg.OS, Architecture: cfg.Architecture, Variant: cfg.Variant, OSVersion: cfg.OSVersion}
	if want.OS == "" || want.Architecture == "" {
		return v1.Descriptor{}, errors.New("an index, and the image here does not say for which platform it is")
	}
	var fit []v1.Descriptor
	for _, d := range idx.Manifests {
		if d.Platform != nil && d.Digest != (v1.Hash{}) && d.Platform.OS == want.OS && d.Platform.Architecture == want.Architecture {
			fit = append(fit, d)
		}
	}
	if len(fit) == 0 {
		return v1.Descriptor{}, errPlatform{want.String()}
	}
	for _, same := range []func(v1.Platform) bool{
		func(p v1.Platform) bool { return p.OSVersion == want.OSVersion },
		func(p v1.Platform) bool { return variant(p) == variant(want) },
	} {
		if some := slices.DeleteFunc(slices.Clone(fit), func(d v1.Descriptor) bool { return !same(*d.Platform) }); len(some) > 0 {
			fit = some
		}
	}
	if len(fit) > 1 {
		return v1.Descriptor{}, fmt.Errorf("it has %d images for %s, and nothing tells which to compare with", len(fit), want.String())
	}
	return fit[0], nil
}

// variant is that of a platform, or the one that is meant where none is given.
func variant(p v1.Platform) string {
	if p.Variant != "" {
		return p.Variant
	}
	return map[string]string{"amd64": "v1", "arm": "v7", "arm64": "v8"}[p.Architecture]
}

// tagged is what is told of an image to which a tag points.
func (k *known) tagged() *ancestry.Tagged {
	t := &ancestry.Tagged{Digest: k.digest, Index: k.index, Layers: len(k.manifest.Layers)}
	if at := k.config.Created.Time; ancestry.Dated(at) {
		t.Created = at.UTC()
	}
	for _, l := range k.manifest.Layers {
		t.Bytes += max(l.Size, 0)
	}
	return t
}

// difference counts the layers that are not among others.
func (k *known) difference(others []v1.Hash) *ancestry.Difference {
	have := map[v1.Hash]bool{}
	for _, h := range others {
		have[h] = true
	}
	d := &ancestry.Difference{}
	for i, h := range k.config.RootFS.DiffIDs {
		if !have[h] {
			d.Layers++
			d.Bytes += max(k.manifest.Layers[i].Size, 0)
		}
	}
	return d
}
