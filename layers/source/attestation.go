package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// An Attestation is a document about an image that is stored beside it: how it was built,
// what is in it. Nobody has verified what it says, nor who says it.
type Attestation struct {
	// MediaType is that of Content as the manifest has it: application/vnd.in-toto+json is a
	// statement, application/vnd.dsse.envelope.v1+json one in a signed envelope, and
	// application/vnd.dev.sigstore.bundle.v0.3+json a bundle of Sigstore.
	MediaType string
	// PredicateType is the kind of statement that the manifest announces, such as
	// https://slsa.dev/provenance/v1; "" if it announces none.
	PredicateType string
	// Content is the document. It has been compared with Digest.
	Content []byte
	// Digest is that of Content, and Manifest that of the manifest that lists it, which
	// signatures refer to.
	Digest, Manifest v1.Hash
	// Annotations are those that the manifest has for the document: cosign keeps there by
	// which certificate an envelope is signed. nil if there are none.
	Annotations map[string]string
	// Subject is what the place says the document is about: the image's manifest, or an
	// index that has it.
	Subject v1.Hash
}

const (
	// maxAttestationManifests and maxAttestations bound what is read of one image. Builders
	// make one manifest with two documents.
	maxAttestationManifests = 8
	maxAttestations         = 16
)

// Annotations that announce a predicate type: of BuildKit, of cosign, and of a manifest
// with a Sigstore bundle. And those by which BuildKit ties a manifest to an image.
var predicateTypeKeys = [...]string{"in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType"}

const (
	attestationManifest = "attestation-manifest" // of attestationKey
	attestedDigestKey   = "vnd.docker.reference.digest"
)

// surroundings are where the attestations of an image may be.
type surroundings struct {
	be      backend
	listed  []v1.Descriptor // in the index that has the image
	indexes []v1.Hash       // that lead to the image
	limits  Limits
}

// Attestations reads the documents about the image that its place has, of those kinds for
// which wanted is true: it is asked with the announced predicate type, which may be "". nil
// wants all of them, SBOMs too, which can be large.
//
// The index of the image is looked at first, which has been read: BuildKit lists its
// attestations there. If it has none for the image, a registry is asked for the referrers
// of the manifest and of the indexes that lead to it, and for the tags under which cosign
// keeps attestations. In a registry, each of these is a small request or two, and so are a
// manifest and its documents: two in all for BuildKit's provenance, six at most where there
// are none. Open makes none of these requests.
//
// The error is about what could not be read, beside what could. It is nil where there are no
// attestations, as in a docker-archive.
func (i *Image) Attestations(ctx context.Context, wanted func(predicateType string) bool) ([]Attestation, error) {
	if i.beside == nil {
		return nil, nil
	}
	r := &attestationReader{surroundings: *i.beside, wanted: wanted, left: i.beside.limits.Attestations}
	for _, h := range append([]v1.Hash{i.ManifestDigest}, i.beside.indexes...) {
		if h != (v1.Hash{}) && !slices.Contains(r.subjects, h) && len(r.subjects) < 2 {
			r.subjects = append(r.subjects, h)
		}
	}
	r.readIndex(ctx)
	if reg, ok := r.be.(*repository); ok && !r.seen {
		r.readReferrers(ctx, reg)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := errors.Join(r.errs...); err != nil {
		return r.found, explainf(because(err), "attestations of the image: %v", err)
	}
	return r.found, nil
}

// attestationReader collects the documents.
type attestationReader struct {
	surroundings
	wanted    func(string) bool
	subjects  []v1.Hash // the image's manifest, and its index
	manifests int
	left      int64 // bytes
	seen      bool  // the image has an attestation, wanted or not
	found     []Attestation
	errs      []error
}

func (r *attestationReader) failed(err error) { r.errs = append(r.errs, err) }

// readIndex reads what the index lists. What does not say there to which image it belongs
// says it in its manifest.
func (r *attestationReader) readIndex(ctx context.Context) {
	for _, d := range r.listed {
		about, told := d.Annotations[attestedDigestKey]
		kind := d.Annotations[attestationKey]
		if kind != "" && kind != attestationManifest || told && (len(r.subjects) == 0 || about != r.subjects[0].String()) {
			continue
		}
		r.readManifest(ctx, d, told)
	}
}

// readReferrers asks a registry. That there is nothing is no error.
func (r *attestationReader) readReferrers(ctx context.Context, reg *repository) {
	for _, subject := range r.subjects {
		descs, err := reg.referrers(ctx, subject)
		if err != nil {
			r.failed(err)
			continue
		}
		for _, d := range descs {
			if mayAttest(d.ArtifactType) {
				r.readManifest(ctx, d, false)
			}
		}
	}
	if r.seen {
		return
	}
	for _, subject := range r.subjects {
		d, err := reg.get(ctx, reg.ref.Context().Tag(subject.Algorithm+"-"+subject.Hex+".att"))
		var refused *transport.Error
		switch {
		case errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound:
		case err != nil:
			r.failed(reg.explainOf(v1.Descriptor{Digest: subject}, err))
		default:
			desc := d.Descriptor
			desc.Data = d.Manifest
			r.readDocuments(ctx, desc, subject)
		}
	}
}

// mayAttest reports whether an artifact may be an attestation, by its type: that of an in-toto
// statement, of an envelope, of a bundle, or none that says
// anything.
func mayAttest(artifactType string) bool {
	for _, part := range []string{"in-toto", "dsse", "sigstore.bundle", "docker.attestation"} {
		if strings.Contains(artifactType, part) {
			return true
		}
	}
	return artifactType == "" || artifactType == string(emptyConfig)
}

// readManifest reads what a descriptor of an index or of the referrers leads to. If told is
// true the descriptor says that it is about the image, otherwise the manifest has to.
func (r *attestationReader) readManifest(ctx context.Context, d v1.Descriptor, told bool) {
	subject := v1.Hash{}
	if told {
		subject = r.subjects[0]
	}
	r.readDocuments(ctx, d, subject)
}

// readDocuments reads a manifest and the documents that it lists. subject is zero if
// nothing but the manifest says what it is about.
func (r *attestationReader) readDocuments(ctx context.Context, d v1.Descriptor, subject v1.Hash) {
	if ctx.Err() != nil || r.lacks(d) {
		return
	}
	if r.manifests++; r.manifests > maxAttestationManifests {
		if r.manifests == maxAttestationManifests+1 {
			r.failed(explainf(because(ErrLimit), "more than %d manifests", maxAttestationManifests))
		}
		return
	}
	raw, err := readManifest(ctx, r.be, d, r.limits)
	if err != nil {
		r.failed(err)
		return
	}
	var m v1.Manifest
	if err := decodeJSON(raw, &m); err != nil {
		r.failed(fmt.Errorf("manifest %s: %w", d.Digest, err))
		return
	}
	switch {
	case m.Subject != nil && (subject == v1.Hash{} || m.Subject.Digest != subject):
		if subject = m.Subject.Digest; !slices.Contains(r.subjects, subject) {
			return // of a sibling
		}
	case subject == v1.Hash{}:
		return
	}
	for _, l := range m.Layers {
		if !mayAttest(string(l.MediaType)) || l.MediaType == "" || l.MediaType == emptyConfig {
			continue
		}
		r.seen = true
		r.readDocument(ctx, l, predicateType(l.Annotations, m.Annotations), d.Digest, subject)
	}
}

// lacks reports whether a layout does not hold what it names: docker save keeps the whole
// index of an image, and the image alone. What is not there attests nothing.
func (r *attestationReader) lacks(d v1.Descriptor) bool {
	l, ok := r.be.(layout)
	_, held := inline(d)
	return ok && !held && !l.has(blobPath(d.Digest))
}

func predicateType(sets ...map[string]string) string {
	for _, set := range sets {
		for _, key := range predicateTypeKeys {
			if t := set[key]; t != "" {
				return t
			}
		}
	}
	return ""
}

func (r *attestationReader) readDocument(ctx context.Context, l v1.Descriptor, kind string, manifest, subject v1.Hash) {
	if r.wanted != nil && !r.wanted(kind) || r.lacks(l) {
		return
	}
	if len(r.found) == maxAttestations {
		r.failed(explainf(because(ErrLimit), "more than %d documents", maxAttestations))
		return
	}
	raw, err := readVerified(l, r.left, "attestation", func() (blob, error) { return openBlob(ctx, r.be, l) })
	if err != nil {
		r.failed(err)
		return
	}
	r.left -= int64(len(raw))
	r.found = append(r.found, Attestation{
		MediaType: string(l.MediaType), PredicateType: kind, Content: raw,
		Digest: l.Digest, Manifest: manifest, Annotations: l.Annotations, Subject: subject,
	})
}

// referrers returns what refers to a manifest. A registry without the API for it keeps
// an index under a tag, which go-containerregistry asks for next.
func (r *repository) referrers(ctx context.Context, subject v1.Hash) ([]v1.Descriptor, error) {
	var descs []v1.Descriptor
	err := r.retry.do(ctx, func() error {
		idx, err := remote.Referrers(r.digest(v1.Descriptor{Digest: subject}), remote.WithContext(ctx), remote.WithTransport(r.client.Transport))
		if err != nil {
			return err
		}
		m, err := idx.IndexManifest()
		if err == nil {
			descs = m.Manifests
		}
		return err
	})
	if err != nil {
		return nil, r.explainOf(v1.Descriptor{Digest: subject, MediaType: types.OCIImageIndex}, err)
	}
	return descs, nil
}
