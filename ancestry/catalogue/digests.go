package catalogue

import (
	"context"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// TagsOf returns all tags under which a repository had the image with that digest of its
// manifest or index: it makes a Catalogue an [ancestry.Digester]. Of catalogues that were joined
// the earliest that knows it says them. The error joins what was wrong with catalogues.
func (c *Catalogue) TagsOf(_ context.Context, repository string, digest v1.Hash) (tags []string, where string, err error) {
	var errs []error
	for i, p := range c.parts {
		repo, err := p.Repository(repository)
		if err != nil {
			errs = append(errs, fmt.Errorf("catalogue %d: %w", i, err))
		}
		if repo == nil {
			continue
		}
		for _, id := range repo.ByManifest(digest) {
			for _, t := range everyTag(repo.Recipe(id)) {
				if !slices.Contains(tags, t) {
					tags = append(tags, t)
				}
			}
		}
		if len(tags) > 0 {
			data.SortTags(tags)
			return tags, origin(p), errors.Join(errs...)
		}
	}
	return nil, "", errors.Join(errs...)
}
