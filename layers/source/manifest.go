package source

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// kind is what a document turns out to be.
type kind int

const (
	kindUnknown kind = iota
	kindImage
	kindIndex
	kindSchema1
)

// kindOf tells what a document is by its content, because registries and layouts give
// false media types. A document that could be both an image and an index is what its
// own mediaType says. Without one it is refused, because another reader could take it
// for something else.
func kindOf(raw []byte) kind {
	var doc struct {
		SchemaVersion int             `json:"schemaVersion"`
		MediaType     types.MediaType `json:"mediaType"`
		Manifests     json.RawMessage `json:"manifests"`
		Config        json.RawMessage `json:"config"`
		Layers        json.RawMessage `json:"layers"`
		FSLayers      json.RawMessage `json:"fsLayers"`
	}
	if json.Unmarshal(raw, &doc) != nil {
		return kindUnknown
	}
	isIndex, isImage := given(doc.Manifests), given(doc.Config) || given(doc.Layers)
	switch {
	case doc.SchemaVersion == 1 || given(doc.FSLayers) && !isImage:
		return kindSchema1
	case isIndex && isImage:
		return kindOfType(doc.MediaType)
	case isIndex:
		return kindIndex
	case isImage:
		return kindImage
	}
	return kindUnknown
}

// given reports whether a field of a document is there.
func given(field json.RawMessage) bool { return field != nil && string(field) != "null" }

func kindOfType(t types.MediaType) kind {
	switch {
	case t.IsIndex():
		return kindIndex
	case t.IsImage():
		return kindImage
	case t.IsSchema1():
		return kindSchema1
	}
	return kindUnknown
}

// index is an index, with those of its descriptors that are well formed.
type index struct {
	count       int // of all its descriptors
	descriptors []v1.Descriptor
	annotations map[string]string
	broken      error // what is wrong with the first malformed descriptor
}

func parseIndex(raw []byte) (index, error) {
	var doc struct {
		Manifests   []json.RawMessage `json:"manifests"`
		Annotations map[string]string `json:"annotations"`
	}
	if err := decodeJSON(raw, &doc); err != nil {
		return index{}, err
	}
	out := index{annotations: doc.Annotations, count: len(doc.Manifests)}
	for n, m := range doc.Manifests {
		var d v1.Descriptor
		err := json.Unmarshal(m, &d)
		switch {
		case err == nil && d.Digest.Hex == "":
			err = fmt.Errorf("no digest")
		case err == nil && d.Size < 0:
			err = fmt.Errorf("a size of %d bytes", d.Size)
		}
		if err == nil {
			out.descriptors = append(out.descriptors, d)
		} else if out.broken == nil {
			out.broken = fmt.Errorf("descriptor %d: %w", n, err)
		}
	}
	return out, nil
}

// decodeJSON is a json.Unmarshal that ignores what follows the document. Some tools
// write rubbish there.
func decodeJSON(raw []byte, into any) error {
	return json.NewDecoder(bytes.NewReader(raw)).Decode(into)
}

// parseManifest parses the manifest of an image. For anything else the error wraps
// ErrNotImage.
func parseManifest(raw []byte) (*v1.Manifest, error) {
	switch kindOf(raw) {
	case kindSchema1:
		return nil, explainf(because(ErrNotImage), "a manifest of schema version 1, which is no longer in use: pull and push the image with a current tool")
	case kindIndex:
		return nil, explainf(because(ErrNotImage), "an index where the manifest of an image was announced")
	case kindUnknown:
		return nil, explainf(because(ErrNotImage), "not the manifest of an image")
	}
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if what, ok := artifact(m); ok {
		return nil, explainf(because(ErrNotImage), "not an image but an artifact %s", what)
	}
	if m.Config.Digest.Hex == "" {
		return nil, explainf(because(ErrNotImage), "not an image: the manifest names no config")
	}
	for n, d := range m.Layers {
		if d.Digest.Hex == "" || d.Size < 0 {
			return nil, fmt.Errorf("manifest: layer %d has no legal digest and size", n)
		}
	}
	return m, nil
}

// artifact tells by the media types of a manifest what it is, if that is no image. An
// artifact says what it is in artifactType, or else in the type of its config. Signatures
// and attestations have the config of an image, and tell by their layers. See
// https://github.com/opencontainers/image-spec/blob/main/manifest.md.
func artifact(m *v1.Manifest) (what string, ok bool) {
	var layers []string
	for _, d := range m.Layers {
		if t := string(d.MediaType); mayBeLayer(t) {
			layers = nil
			break
		} else if !slices.Contains(layers, t) {
			layers = append(layers, t)
		}
	}
	config := m.Config.MediaType
	switch isConfig := config.IsConfig() || config == "" || config == "application/octet-stream"; {
	case isConfig && len(layers) == 0:
		return "", false
	case m.ArtifactType != "" && !types.MediaType(m.ArtifactType).IsConfig():
		return "of type " + m.ArtifactType, true
	case !isConfig && config != emptyConfig:
		return fmt.Sprintf("of type %s", config), true
	case len(layers) > 0:
		return "with " + plural(len(m.Layers), "layer") + " of type " + list(layers), true
	}
	return fmt.Sprintf("of type %s", config), true
}

// emptyConfig is the type of a config that says nothing.
const emptyConfig types.MediaType = "application/vnd.oci.empty.v1+json"

// mayBeLayer reports whether the layer of an image can have that media type. Registries
// and builders give many false ones, but hardly that of a text or JSON document.
func mayBeLayer(mediaType string) bool {
	t := strings.ToLower(mediaType)
	for _, part := range []string{"tar", "layer", "diff", "gzip", "zstd", "octet-stream"} {
		if strings.Contains(t, part) {
			return true
		}
	}
	return t == ""
}

// loadImage reads the image of a manifest. The manifest has been verified.
func loadImage(ctx context.Context, be backend, raw []byte, announced types.MediaType, limits Limits) (*image, *v1.Manifest, error) {
	m, err := parseManifest(raw)
	if err != nil {
		return nil, nil, err
	}
	config, err := readVerified(m.Config, limits.Config, "config", func() (blob, error) {
		return openBlob(ctx, be, m.Config)
	})
	if err != nil {
		return nil, nil, err
	}
	diffIDs, err := parseConfig(config)
	if err != nil {
		return nil, nil, err
	}
	layers := make([]*layer, len(m.Layers))
	for n := range m.Layers {
		d := m.Layers[n]
		layers[n] = newLayer(n, diffIDs, &d, func() (blob, error) { return openBlob(ctx, be, d) })
	}
	mediaType := m.MediaType
	if mediaType == "" {
		mediaType = announced
	}
	if !mediaType.IsImage() {
		mediaType = types.OCIManifestSchema1
	}
	return newImage(config, layers, raw, mediaType), m, nil
}

func openBlob(ctx context.Context, be backend, d v1.Descriptor) (blob, error) {
	if b, ok := inline(d); ok {
		return b, nil
	}
	return be.blob(ctx, d)
}

// parseConfig returns the diffIDs that a config claims.
func parseConfig(raw []byte) ([]v1.Hash, error) {
	cfg, err := v1.ParseConfigFile(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return cfg.RootFS.DiffIDs, nil
}

// blob is an open file, member or download.
type blob struct {
	io.ReadCloser
	size int64 // -1 if it is not known before the end
}

// store holds named members: an indexed tar, or a directory.
type store interface {
	// open opens a member that is, or links to, a regular file.
	open(name string) (blob, error)
	has(name string) bool
}

// backend is where manifests and what they describe come from.
type backend interface {
	manifest(ctx context.Context, d v1.Descriptor) (blob, error)
	blob(ctx context.Context, d v1.Descriptor) (blob, error)
}

// readLimited reads all of b and closes it. what names it in an error.
func readLimited(b blob, limit int64, what string) ([]byte, error) {
	defer b.Close()
	if b.size > limit {
		return nil, tooLarge(what, b.size, limit)
	}
	raw, err := io.ReadAll(io.LimitReader(b, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if int64(len(raw)) > limit {
		return nil, tooLarge(what, int64(len(raw)), limit)
	}
	return raw, nil
}

func tooLarge(what string, size, limit int64) error {
	return explainf(because(ErrLimit), "%s: %d bytes or more are over the limit of %d", what, size, limit)
}

// readVerified reads what d describes and open opens, and compares it with d.
func readVerified(d v1.Descriptor, limit int64, what string, open func() (blob, error)) ([]byte, error) {
	what = fmt.Sprintf("%s %s", what, d.Digest)
	if d.Size > limit {
		return nil, tooLarge(what, d.Size, limit)
	}
	b, err := open()
	if err != nil {
		return nil, err
	}
	raw, err := readLimited(b, limit, what)
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) != d.Size {
		return nil, sizeError(what, int64(len(raw)), d.Size)
	}
	return raw, verify(raw, d.Digest, what)
}

func verify(raw []byte, want v1.Hash, what string) error {
	h, err := v1.Hasher(want.Algorithm)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	h.Write(raw)
	if got := hex.EncodeToString(h.Sum(nil)); got != want.Hex {
		return fmt.Errorf("%s: the bytes have the digest %s:%s", what, want.Algorithm, got)
	}
	return nil
}

func sizeError(what string, got, want int64) error {
	return fmt.Errorf("%s: has %d bytes, its descriptor says %d", what, got, want)
}

// openDescribed opens what d describes for a layer. It compares the size before the
// first byte if it is known then, otherwise while the bytes are read.
func openDescribed(d v1.Descriptor, open func() (blob, error)) (io.ReadCloser, error) {
	b, err := open()
	if err != nil {
		return nil, err
	}
	if b.size >= 0 && b.size != d.Size {
		return nil, errors.Join(sizeError("blob "+d.Digest.String(), b.size, d.Size), b.Close())
	}
	if b.size >= 0 {
		return b.ReadCloser, nil
	}
	return &sized{ReadCloser: b.ReadCloser, d: d}, nil
}

// sized reads a stream that must have as many bytes as d says. It puts the blob's
// digest before the stream's own errors.
type sized struct {
	io.ReadCloser
	d    v1.Descriptor
	read int64
}

func (s *sized) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.read += int64(n)
	switch {
	case s.read > s.d.Size:
		return n, sizeError("blob "+s.d.Digest.String(), s.read, s.d.Size)
	case err == io.EOF && s.read < s.d.Size:
		return n, explainf(because(io.ErrUnexpectedEOF), "blob %s: ends after %d of %d bytes", s.d.Digest, s.read, s.d.Size)
	case err != nil && err != io.EOF:
		return n, fmt.Errorf("blob %s: %w", s.d.Digest, err)
	}
	return n, err
}

// inline returns the bytes that a descriptor holds itself, if it does.
func inline(d v1.Descriptor) (blob, bool) {
	if d.Data == nil || int64(len(d.Data)) != d.Size {
		return blob{}, false
	}
	return blob{ReadCloser: io.NopCloser(bytes.NewReader(d.Data)), size: d.Size}, true
}
