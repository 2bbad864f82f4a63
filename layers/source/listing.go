package source

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// maxListed is the most names that a registry's list may have.
const maxListed = 1_000_000

// A Repository is an open repository of a registry. Its methods may be called concurrently,
// until Close.
type Repository struct {
	r      *repository
	name   string
	limits Limits
}

// OpenRepository opens a repository, such as ghcr.io/org/app. Errors are those of [Open].
func OpenRepository(ctx context.Context, name string, opts *Options) (*Repository, error) {
	o := opts.withDefaults()
	r, err := openRepository(ctx, name, o, pulling)
	if err != nil {
		return nil, positioned(name, err)
	}
	return &Repository{r, name, o.Limits}, nil
}

// Tags lists the tags, in the registry's order. A list of more than a million is
// [ErrLimit].
func (r *Repository) Tags(ctx context.Context) ([]string, error) {
	var tags []string
	var pages *remote.Lister
	err := r.r.retry.do(ctx, func() (err error) {
		pages, err = r.r.puller.Lister(ctx, r.r.ref.Context())
		return err
	})
	for err == nil && pages.HasNext() {
		var page *remote.Tags
		if page, err = pages.Next(ctx); err == nil {
			tags, err = grow(tags, page.Tags)
		}
	}
	if err != nil {
		return nil, positioned(r.name, r.r.explain(err, reference{}))
	}
	return tags, nil
}

// Tagged opens what a tag points to.
func (r *Repository) Tagged(ctx context.Context, tag string) (*Artifact, error) {
	ref, err := name.NewTag(r.r.ref.Context().Name()+":"+tag, name.StrictValidation)
	if err != nil {
		return nil, positioned(r.name, err)
	}
	return r.open(ctx, r.r.ref.Context().Tag(ref.TagStr()))
}

// ByDigest opens what has a digest.
func (r *Repository) ByDigest(ctx context.Context, h v1.Hash) (*Artifact, error) {
	return r.open(ctx, r.r.ref.Context().Digest(h.String()))
}

func (r *Repository) open(ctx context.Context, ref name.Reference) (*Artifact, error) {
	a, err := r.r.artifact(ctx, ref, r.limits)
	if err != nil {
		return nil, positioned(ref.Name(), err)
	}
	return a, nil
}

// Close closes the connections.
func (r *Repository) Close() error { return r.r.Close() }

// ListRepositories lists the repositories of a namespace: of a registry, such as
// registry.example.com, or those whose path begins with that of the namespace,
// registry.example.com/base. They have the registry's name before them. Many public
// registries (Docker Hub, GHCR, Quay) give no such list, and their error is returned.
// Errors are those of [Open].
func ListRepositories(ctx context.Context, namespace string, opts *Options) ([]string, error) {
	host, below, _ := strings.Cut(strings.TrimSuffix(namespace, "/"), "/")
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return nil, positioned(namespace, explainf(because(ErrScheme), "does not begin with the host of a registry"))
	}
	r, err := openRepository(ctx, host+"/any", opts.withDefaults(), listing)
	if err != nil {
		return nil, positioned(namespace, err)
	}
	defer r.Close()
	var all []string
	var pages *remote.Catalogger
	err = r.retry.do(ctx, func() (err error) {
		pages, err = r.puller.Catalogger(ctx, r.ref.Context().Registry)
		return err
	})
	for err == nil && pages.HasNext() {
		var page *remote.Catalogs
		if page, err = pages.Next(ctx); err == nil {
			all, err = grow(all, page.Repos)
		}
	}
	if err != nil {
		return nil, positioned(namespace, r.explain(err, reference{}))
	}
	var out []string
	for _, s := range all {
		if below == "" || s == below || strings.HasPrefix(s, below+"/") {
			out = append(out, host+"/"+s)
		}
	}
	return out, nil
}

// listing is the scope of a token that lists a registry's repositories.
func listing(name.Repository) string { return "registry:catalog:*" }

func grow(all, page []string) ([]string, error) {
	if len(all)+len(page) > maxListed {
		return nil, explainf(because(ErrLimit), "a list of more than %d names", maxListed)
	}
	return append(all, page...), nil
}
