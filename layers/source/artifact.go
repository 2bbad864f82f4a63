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

// An Artifact is what a registry keeps under one name, an image or something else: a
// manifest, and the blobs that it names; or an index. Its methods may be called
// concurrently, until Close.
type Artifact struct {
	// Manifest is nil for an index, and Index is nil for all else. They were compared with
	// Digest, and nothing in them is checked beyond that.
	Manifest *v1.Manifest
	Index    *v1.IndexManifest
	// Digest is that of the manifest or index.
	Digest v1.Hash

	repo *repository
	owns bool // the repository is closed with it
	most int64
}

// OpenArtifact opens what a registry keeps under ref, which has no scheme, or registry:. It
// reads the manifest. Errors are those of [Open].
func OpenArtifact(ctx context.Context, ref string, opts *Options) (*Artifact, error) {
	o := opts.withDefaults()
	r, err := openRepository(ctx, ref, o, pulling)
	if err != nil {
		return nil, positioned(ref, err)
	}
	a, err := r.artifact(ctx, r.ref, o.Limits)
	if err != nil {
		return nil, positioned(ref, errors.Join(err, r.Close()))
	}
	a.owns = true
	return a, nil
}

func (r *repository) artifact(ctx context.Context, ref name.Reference, limits Limits) (*Artifact, error) {
	d, err := r.get(ctx, ref)
	if err != nil {
		return nil, (&repository{ref: ref}).explain(err, reference{})
	}
	a := &Artifact{Digest: d.Digest, repo: r, most: limits.Config}
	switch kindOf(d.Manifest) {
	case kindImage:
		a.Manifest = &v1.Manifest{}
		err = decodeJSON(d.Manifest, a.Manifest)
	case kindIndex:
		a.Index = &v1.IndexManifest{}
		err = decodeJSON(d.Manifest, a.Index)
	default:
		err = errors.New("neither a manifest nor an index")
	}
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	return a, nil
}

// Config returns the configuration of an artifact that is an image, verified; for anything
// else the error is [ErrNotImage].
func (a *Artifact) Config(ctx context.Context) (*v1.ConfigFile, error) {
	if a.Manifest == nil {
		return nil, explainf(because(ErrNotImage), "an index")
	}
	if what, ok := artifact(a.Manifest); ok {
		return nil, explainf(because(ErrNotImage), "not an image but an artifact %s", what)
	}
	raw, err := a.Blob(ctx, a.Manifest.Config, a.most)
	if err != nil {
		return nil, err
	}
	if _, err := parseConfig(raw); err != nil {
		return nil, err
	}
	return v1.ParseConfigFile(bytes.NewReader(raw))
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

// Close closes the connections, unless they are those of a [Repository].
func (a *Artifact) Close() error {
	if !a.owns {
		return nil
	}
	return a.repo.Close()
}

// PushArtifact uploads blobs, each with its media type, and then puts the manifest under
// ref. It returns the manifest's digest. Nothing else in this package writes to a registry.
// Errors are those of [Open].
func PushArtifact(ctx context.Context, ref string, manifest []byte, blobs []Blob, opts *Options) (v1.Hash, error) {
	r, err := openRepository(ctx, ref, opts.withDefaults(), pushing)
	if err != nil {
		return v1.Hash{}, positioned(ref, err)
	}
	defer r.Close()
	if err := r.push(ctx, rawManifest(manifest), blobs); err != nil {
		return v1.Hash{}, positioned(ref, r.explain(err, reference{}))
	}
	h, _, err := v1.SHA256(bytes.NewReader(manifest))
	return h, err
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
