package source

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const userAgent = "stemma"

// openStreams bounds the layers open at once. go-containerregistry's default of
// four would block whoever opens a fifth before reading the others; how many to
// read in parallel is the reader's choice.
const openStreams = 1024

// repository is a backend on one repository of a registry.
type repository struct {
	ref    name.Reference
	puller *remote.Puller
}

var _ backend = (*repository)(nil)

// openRegistry opens a registry's image.
func openRegistry(ctx context.Context, where reference, o *Options) (*Image, error) {
	ref, err := registryReference(where, o)
	if err != nil {
		return nil, err
	}
	r, err := newRepository(ref, o)
	if err != nil {
		return nil, err
	}
	top, err := r.puller.Get(ctx, ref)
	if err != nil {
		return nil, r.explain(err, where)
	}
	img, err := r.open(ctx, top, o)
	if err != nil {
		return nil, err
	}
	img.Scheme, img.Name = schemeRegistry, familiarReference(ref)
	if _, ok := ref.(name.Tag); ok {
		img.Tags = []string{img.Name}
	} else {
		img.RepoDigests = []string{img.Name}
	}
	return img, nil
}

func registryReference(where reference, o *Options) (name.Reference, error) {
	var opts []name.Option
	ref, err := name.ParseReference(where.name)
	if err == nil && (o.Insecure || isLoopback(registryHost(ref))) {
		opts = append(opts, name.Insecure)
	}
	if err == nil {
		ref, err = name.ParseReference(where.name, opts...)
	}
	switch {
	case err == nil:
		return ref, nil
	case where.forced:
		return nil, explainf(because(err), "no legal image reference: %v", err)
	}
	return nil, explainf(because(err), "neither an existing file nor a legal image reference")
}

func newRepository(ref name.Reference, o *Options) (*repository, error) {
	opts := []remote.Option{
		remote.WithAuthFromKeychain(o.Keychain),
		remote.WithTransport(newGuard(o)),
		remote.WithUserAgent(userAgent),
		remote.WithJobs(openStreams),
	}
	if o.backoff != nil {
		opts = append(opts, remote.WithRetryBackoff(*o.backoff))
	}
	puller, err := remote.NewPuller(opts...)
	if err != nil {
		return nil, err
	}
	return &repository{ref: ref, puller: puller}, nil
}

// open opens the image of a manifest, or the one that is wanted of an index.
func (r *repository) open(ctx context.Context, top *remote.Descriptor, o *Options) (*Image, error) {
	if int64(len(top.Manifest)) > o.Limits.Manifest {
		return nil, tooLarge("manifest "+top.Digest.String(), int64(len(top.Manifest)), o.Limits.Manifest)
	}
	switch kindOf(top.Manifest) {
	case kindIndex:
	case kindImage:
		d := top.Descriptor
		d.Annotations = nil // the manifest's, which are read with it
		d.Data = top.Manifest
		return openCandidate(ctx, r, candidate{desc: d}, o.Limits)
	default:
		_, err := parseManifest(top.Manifest)
		return nil, err
	}
	all, err := walk(ctx, r, top.Manifest, top.Digest, o.Limits)
	if err != nil {
		return nil, err
	}
	c, err := choose(ctx, all, selection{}, o.Platform, platformReader(r, o.Limits))
	if err != nil {
		return nil, err
	}
	return openCandidate(ctx, r, c, o.Limits)
}

func (r *repository) manifest(ctx context.Context, d v1.Descriptor) (blob, error) {
	got, err := r.puller.Get(ctx, r.ref.Context().Digest(d.Digest.String()))
	if err != nil {
		return blob{}, r.explain(err, reference{})
	}
	return blob{ReadCloser: io.NopCloser(bytes.NewReader(got.Manifest)), size: int64(len(got.Manifest))}, nil
}

// blob streams a blob. Foreign layers are asked of this registry like others,
// and never of the addresses that their descriptors give.
func (r *repository) blob(ctx context.Context, d v1.Descriptor) (blob, error) {
	l, err := r.puller.Layer(ctx, r.ref.Context().Digest(d.Digest.String()))
	if err != nil {
		return blob{}, r.explain(err, reference{})
	}
	rc, err := l.Compressed()
	if err != nil {
		err = fmt.Errorf("blob %s: %w", d.Digest, r.explain(err, reference{}))
		if d.MediaType == types.DockerForeignLayer && len(d.URLs) > 0 {
			err = explainf(because(err), "%v (a foreign layer, whose bytes are at %s)", err, list(d.URLs))
		}
		return blob{}, err
	}
	return blob{ReadCloser: rc, size: -1}, nil
}
