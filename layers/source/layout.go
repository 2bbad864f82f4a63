package source

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// indexJSON is the index of a layout.
const indexJSON = ocispec.ImageIndexFile

// layout is an OCI image layout in a directory or an archive.
type layout struct{ store }

var _ backend = layout{}

func (l layout) manifest(_ context.Context, d v1.Descriptor) (blob, error) { return l.blobOf(d) }

func (l layout) blob(_ context.Context, d v1.Descriptor) (blob, error) {
	b, err := l.blobOf(d)
	if err != nil && len(d.URLs) > 0 {
		return b, explainf(because(err), "blob %s: a foreign layer, whose bytes are not in the image but at %s", d.Digest, list(d.URLs))
	}
	return b, err
}

// blobOf opens a blob. A digest that has been parsed is safe in a path: it consists of
// letters and digits only.
func (l layout) blobOf(d v1.Descriptor) (blob, error) {
	if _, err := v1.NewHash(d.Digest.String()); err != nil {
		return blob{}, err
	}
	return l.open(blobPath(d.Digest))
}

func blobPath(h v1.Hash) string { return ocispec.ImageBlobsDir + "/" + h.Algorithm + "/" + h.Hex }

// candidates returns the images of the layout.
func (l layout) candidates(ctx context.Context, limits Limits) ([]candidate, error) {
	b, err := l.open(indexJSON)
	if err != nil {
		return nil, err
	}
	raw, err := readLimited(b, limits.Manifest, indexJSON)
	if err != nil {
		return nil, err
	}
	if kindOf(raw) != kindIndex {
		return nil, explainf(because(ErrNotImage), "not an image: %s is no index", indexJSON)
	}
	all, err := findImages(ctx, l, raw, v1.Hash{}, limits)
	if err != nil {
		return nil, err
	}
	// docker pull and docker save keep an index whole, but only the image of one
	// platform of it.
	return withoutUnlessAll(all, func(c candidate) bool { return c.desc.Data == nil && !l.has(blobPath(c.desc.Digest)) }), nil
}

// openLayout opens the image that is wanted of a layout. saved are the images of the
// archive's manifest.json, if there is one; their names count, too.
func openLayout(ctx context.Context, st store, where reference, o *Options, saved []savedImage) (*Image, error) {
	l := layout{st}
	all, err := l.candidates(ctx, o.Limits)
	if err != nil {
		return nil, err
	}
	if len(saved) > 0 {
		if err := l.addNames(ctx, all, saved, o.Limits); err != nil {
			return nil, err
		}
	}
	c, err := choose(ctx, all, where.want, o.Platform, platformReader(l, o.Limits))
	if err != nil {
		return nil, err
	}
	img, err := openCandidate(ctx, l, c, o.Limits)
	if err != nil {
		return nil, err
	}
	img.Tags = fullNames(c.names)
	img.Name = displayName(where.want, img.Tags, c.names, where.path)
	return img, nil
}

// addNames adds the names of manifest.json to the images with the same config. They
// come first, because index.json has the same names, or only their tags.
func (l layout) addNames(ctx context.Context, all []candidate, saved []savedImage, limits Limits) error {
	tags := map[string][]string{}
	for _, s := range saved {
		tags[s.configDigest()] = append(tags[s.configDigest()], s.RepoTags...)
	}
	delete(tags, "")
	count := 0
	for n := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		raw, err := readManifest(ctx, l, all[n].desc, limits)
		if err != nil {
			continue // reported if the image is opened
		}
		m, err := v1.ParseManifest(bytes.NewReader(raw))
		if err != nil {
			continue
		}
		names := tags[m.Config.Digest.Hex]
		if count += len(names); count > limits.names() {
			return explainf(because(ErrLimit), "%s gives more than %d names to the images of the index", manifestJSON, limits.names())
		}
		all[n].names = slices.Concat(names, all[n].names)
	}
	return nil
}

// readCandidate reads an image's manifest and config.
func readCandidate(ctx context.Context, be backend, c candidate, limits Limits) (*image, *v1.Manifest, error) {
	raw, err := readManifest(ctx, be, c.desc, limits)
	if err != nil {
		return nil, nil, err
	}
	img, m, err := loadImage(ctx, be, raw, c.desc.MediaType, limits)
	if err != nil {
		return nil, nil, fmt.Errorf("image %s: %w", c.desc.Digest, err)
	}
	return img, m, nil
}

// openCandidate opens an image, with what the index says about it.
func openCandidate(ctx context.Context, be backend, c candidate, limits Limits) (*Image, error) {
	img, m, err := readCandidate(ctx, be, c, limits)
	if err != nil {
		return nil, err
	}
	chains := append([]*annotations{c.annotations}, c.moreAnnotations...)
	out := &Image{Image: img, ManifestDigest: c.desc.Digest, Annotations: mergeAnnotations(m.Annotations, chains)}
	if c.desc.Platform != nil {
		out.Platform = *c.desc.Platform
	}
	out.beside = &surroundings{be: be, indexes: c.indexes, limits: limits}
	if c.attestations != nil {
		out.beside.listed = *c.attestations
	}
	if len(c.indexes) > 0 {
		out.IndexDigest = c.indexes[0]
	}
	return out, nil
}

// platformReader returns a function that reads the platform of an image from its
// descriptor, or else from its config.
func platformReader(be backend, limits Limits) func(context.Context, candidate) (v1.Platform, error) {
	return func(ctx context.Context, c candidate) (v1.Platform, error) {
		if c.desc.Platform != nil {
			return *c.desc.Platform, nil
		}
		img, _, err := readCandidate(ctx, be, c, limits)
		if err != nil {
			return v1.Platform{}, err
		}
		cfg, err := img.ConfigFile()
		if err != nil || cfg.Platform() == nil {
			return v1.Platform{OS: "unknown"}, err
		}
		return *cfg.Platform(), nil
	}
}
