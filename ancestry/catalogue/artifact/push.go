package artifact

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/source"
)

// Push publishes a catalogue file under ref, a repository with a tag, and returns the
// manifest's digest, by which others can pin it. The file must be a catalogue of this
// version. opts are those of the registry; nil are the defaults.
func Push(ctx context.Context, ref string, file []byte, opts *source.Options) (v1.Hash, error) {
	return PushAll(ctx, ref, file, nil, opts)
}

// PushAll is Push for several catalogues in one artifact: the main one, and parts, of which
// Name and File count. No name may occur twice.
func PushAll(ctx context.Context, ref string, file []byte, parts []Part, opts *source.Options) (v1.Hash, error) {
	if strings.Contains(ref, "@") {
		return v1.Hash{}, fmt.Errorf("%s: %w", ref, errors.New("say a tag and no digest, which is that of what is pushed"))
	}
	c, err := open(file)
	if err != nil {
		return v1.Hash{}, err
	}
	blobs := []source.Blob{{MediaType: emptyType, Content: []byte(empty)}, {MediaType: MediaType, Content: file}}
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	for i := range parts {
		if parts[i].Catalogue, err = open(parts[i].File); err != nil {
			return v1.Hash{}, fmt.Errorf("%s: %w", parts[i].Name, err)
		}
		blobs = append(blobs, source.Blob{MediaType: MediaType, Content: parts[i].File})
	}
	m, err := newManifest(file, c, parts)
	if err != nil {
		return v1.Hash{}, err
	}
	return source.PushArtifact(ctx, ref, m, blobs, opts)
}
