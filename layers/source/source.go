package source

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// defaultPlatform is the one wanted when the caller wants none: images for
// containers are Linux images, also on the machines of those who look at them.
func defaultPlatform() v1.Platform {
	return v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
}

// Image is an open image and what the place it was found in says about it.
// It is a [v1.Image]; each of its layers is a [StoredLayer]. Its methods and
// those of its layers may be called concurrently, until Close.
type Image struct {
	v1.Image

	// Scheme is the kind of place: docker-archive, oci, oci-archive, registry
	// or docker.
	Scheme string

	// Reference is what was given to [Open].
	Reference string

	// Name is for display: the first of Tags, or else what comes nearest to a
	// name, such as the file's.
	Name string

	// Tags are the full names, such as python:3.13 or ghcr.io/org/app:1, under
	// which the place knows the image, in the short form that Docker prints.
	// A registry gives the one that was asked for.
	Tags []string

	// RepoDigests are names of the form repository@sha256:…, where the image
	// is known to have been pulled from or pushed to. A daemon records them.
	RepoDigests []string

	// Platform is the config's; if that is silent, the index's.
	Platform v1.Platform

	// Annotations are the manifest's and those of the index descriptors that
	// lead to it and of these indexes, the nearer to the manifest going before.
	Annotations map[string]string

	// ManifestDigest is the digest of the manifest, zero if there is none
	// (docker-archive). The manifest in an archive that docker save made was
	// written by docker save: no registry need know it.
	ManifestDigest v1.Hash

	// IndexDigest is the digest of the outermost index the image was taken
	// from, zero if there is none. A layout's own index.json does not count.
	IndexDigest v1.Hash

	// Damage is what is wrong with the archive, though the image could be
	// opened: nil or an error that wraps [io.ErrUnexpectedEOF] or
	// [archive/tar.ErrHeader]. What is lost by it, if anything, shows when
	// a layer is read.
	Damage error

	closer io.Closer
}

var _ v1.Image = (*Image)(nil)

// Close releases the file, directory or temporary copy the image is read from.
// Neither the image nor its layers can be used afterwards.
func (i *Image) Close() error {
	if i.closer == nil {
		return nil
	}
	return i.closer.Close()
}

// Open opens the image that ref names; the package documentation tells how. Nil
// opts ask for the defaults. The image must be closed.
//
// The manifest and the config have been read, and compared with their
// digests, when Open returns; the layers have not. For a registry's image, ctx
// also governs the requests that reading its layers makes later on.
//
// The Engine's API exports an image only as a stream, so that of a daemon is
// first copied to a temporary file in [os.TempDir], as large as the image
// uncompressed and unlinked at once. No other source needs one.
//
// An error is one line that starts with ref, and wraps its cause; see the
// sentinels, beginning with [ErrNotImage].
func Open(ctx context.Context, ref string, opts *Options) (*Image, error) {
	o := opts.withDefaults()
	where, err := parseReference(ref)
	if err != nil {
		return nil, positioned(ref, err)
	}
	img, err := openAt(ctx, where, o)
	if err != nil {
		return nil, positioned(ref, err)
	}
	img.Reference = ref
	if err := img.settlePlatform(o.Platform); err != nil {
		return nil, positioned(ref, errors.Join(err, img.Close()))
	}
	return img, nil
}

func openAt(ctx context.Context, where reference, o *Options) (*Image, error) {
	switch where.scheme {
	case schemeRegistry:
		return openRegistry(ctx, where, o)
	case schemeDocker:
		return openDaemon(ctx, where, o)
	default:
		return openPath(ctx, where, o)
	}
}

// settlePlatform takes the platform from the config where that names one, and
// holds it against the one that was asked for. Configs are often silent about
// the variant and the version, which an index then tells, or nothing does.
func (i *Image) settlePlatform(want *v1.Platform) error {
	cfg, err := i.ConfigFile()
	if err != nil {
		return err
	}
	if p := cfg.Platform(); p != nil && p.OS != "" && p.Architecture != "" {
		if p.OS == i.Platform.OS && p.Architecture == i.Platform.Architecture {
			p.Variant = cmp.Or(p.Variant, i.Platform.Variant)
			p.OSVersion = cmp.Or(p.OSVersion, i.Platform.OSVersion)
		}
		i.Platform = *p
	}
	if want == nil || i.Platform.OS == "" {
		return nil
	}
	asked := *want
	if i.Platform.Variant == "" {
		asked.Variant = ""
	}
	if i.Platform.OSVersion == "" {
		asked.OSVersion = ""
	}
	if platformRank(asked, i.Platform) > 0 {
		return nil
	}
	return explainf(because(ErrNotFound), "the image is for %s, not for %s", i.Platform, *want)
}
