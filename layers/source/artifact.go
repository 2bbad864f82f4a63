package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// An Artifact is what a registry keeps besides images: a manifest, and the blobs that it
// names. Its methods may be called concurrently, until Close.
type Artifact struct {
	// Manifest is the manifest, verified against Digest. Nothing in it is checked beyond
	// that.
	Manifest *v1.Manifest
	// Digest is the manifest's.
	Digest v1.Hash

	repo   *repository
	limits Limits
}

// OpenArtifact opens what a registry keeps under ref, an image or another artifact, of
// which it reads the manifest. ref has no scheme, or registry:. Errors are those of [Open].
func OpenArtifact(ctx context.Context, ref string, opts *Options) (*Artifact, error) {
	o := opts.withDefaults()
	r, err := openRepository(ctx, ref, o, pulling)
	if err != nil {
		return nil, positioned(ref, err)
	}
	d, err := r.get(ctx, r.ref)
	if err != nil {
		return nil, positioned(ref, errors.Join(r.explain(err, reference{}), r.Close()))
	}
	a := &Artifact{Digest: d.Digest, repo: r, limits: o.Limits}
	if kindOf(d.Manifest) != kindImage {
		err = errors.New("neither an image nor an artifact")
	} else if err = decodeJSON(d.Manifest, &a.Manifest); err == nil && a.Manifest == nil {
		err = errors.New("an empty manifest")
	}
	if err != nil {
		return nil, positioned(ref, errors.Join(fmt.Errorf("manifest: %w", err), r.Close()))
	}
	return a, nil
}

// Config returns the configuration of an artifact that is an image, verified.
func (a *Artifact) Config(ctx context.Context) (*v1.ConfigFile, error) {
	raw, err := a.Blob(ctx, a.Manifest.Config, a.limits.Config)
	if err != nil {
		return nil, err
	}
	var c *v1.ConfigFile
	if err := decodeJSON(raw, &c); err != nil || c == nil {
		return nil, fmt.Errorf("config: %w", errors.Join(err, ErrNotImage))
	}
	return c, nil
}

// Blob reads a blob of at most so many bytes, whole, and compares it with its descriptor's
// size and digest. A blob that is larger, or claims to be, is [ErrLimit]. What breaks off is
// continued, as [Options.Attempts] says.
func (a *Artifact) Blob(ctx context.Context, d v1.Descriptor, most int64) ([]byte, error) {
	if d.Size > most || d.Size < 0 {
		return nil, tooLarge("blob "+d.Digest.String(), d.Size, most)
	}
	return readVerified(d, d.Size, "blob", func() (blob, error) { return a.repo.blob(ctx, d) })
}

// Close closes the connections.
func (a *Artifact) Close() error { return a.repo.Close() }

// PushArtifact uploads blobs, each with its media type, and then puts the manifest under
// ref. It returns the manifest's digest, and is the one thing in this package that writes. Errors are those of [Open].
func PushArtifact(ctx context.Context, ref string, manifest []byte, blobs []Blob, opts *Options) (v1.Hash, error) {
	r, err := openRepository(ctx, ref, opts.withDefaults(), pushing)
	if err != nil {
		return v1.Hash{}, positioned(ref, err)
	}
	defer r.Close()
	m := rawManifest(manifest)
	if err := r.push(ctx, m, blobs); err != nil {
		return v1.Hash{}, positioned(ref, r.explain(err, reference{}))
	}
	return m.Digest()
}

// A Blob is a blob to push.
type Blob struct {
	MediaType types.MediaType
	Content   []byte
}

func (r *repository) push(ctx context.Context, m rawManifest, blobs []Blob) error {
	pusher, err := remote.NewPusher(remote.WithTransport(r.client.Transport))
	if err != nil {
		return err
	}
	for _, b := range blobs {
		if err := r.retry.do(ctx, func() error { return pusher.Upload(ctx, r.ref.Context(), static.NewLayer(b.Content, b.MediaType)) }); err != nil {
			return err
		}
	}
	return r.retry.do(ctx, func() error { return pusher.Put(ctx, r.ref, m) })
}

// rawManifest is the manifest of an artifact.
type rawManifest []byte

func (m rawManifest) RawManifest() ([]byte, error)        { return m, nil }
func (m rawManifest) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }
func (m rawManifest) Digest() (v1.Hash, error) {
	h, _, err := v1.SHA256(bytes.NewReader(m))
	return h, err
}

// openRepository reaches a repository by the name of something in it.
func openRepository(ctx context.Context, ref string, o *Options, scope func(name.Repository) string) (*repository, error) {
	where := reference{scheme: schemeRegistry, forced: true, name: ref}
	if name, ok := strings.CutPrefix(ref, schemeRegistry+":"); ok && !looksLikePort(name) {
		where.name = name
	}
	n, err := registryReference(where, o)
	if err != nil {
		return nil, err
	}
	o.Waiting("registry " + n.Context().RegistryStr())
	r, err := newRepository(ctx, n, o, scope(n.Context()))
	if err != nil {
		return nil, errors.Join(r.explain(err, where), r.Close())
	}
	return r, nil
}

// The scopes of tokens that read and write one repository.
func pulling(r name.Repository) string { return r.Scope(transport.PullScope) }
func pushing(r name.Repository) string { return r.Scope(transport.PushScope) }
