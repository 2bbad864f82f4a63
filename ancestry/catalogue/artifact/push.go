package artifact

import (
	"context"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/source"
)

// Push publishes a catalogue file under ref, a repository with a tag, and returns the
// manifest's digest, by which others can pin it. The file must be a catalogue of this
// version. opts are those of the registry; nil are the defaults.
func Push(ctx context.Context, ref string, file []byte, opts *source.Options) (v1.Hash, error) {
	if strings.Contains(ref, "@") {
		return v1.Hash{}, fmt.Errorf("%s: %w", ref, errors.New("say a tag and no digest, which is that of what is pushed"))
	}
	c, err := open(file)
	if err != nil {
		return v1.Hash{}, err
	}
	m, err := newManifest(file, c)
	if err != nil {
		return v1.Hash{}, err
	}
	blobs := []source.Blob{{MediaType: emptyType, Content: []byte(empty)}, {MediaType: MediaType, Content: file}}
	return source.PushArtifact(ctx, ref, m, blobs, opts)
}
