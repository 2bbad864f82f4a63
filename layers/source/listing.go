package source

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// maxListed is the most names that a registry's list may have.
const maxListed = 1_000_000

// ListTags lists the tags of a repository, such as ghcr.io/org/app, in the registry's
// order. Errors are those of [Open]; a list of more than a million names is [ErrLimit].
func ListTags(ctx context.Context, repository string, opts *Options) ([]string, error) {
	r, err := openRepository(ctx, repository, opts.withDefaults(), pulling)
	if err != nil {
		return nil, positioned(repository, err)
	}
	defer r.Close()
	var tags []string
	var pages *remote.Lister
	err = r.retry.do(ctx, func() (err error) {
		pages, err = r.puller.Lister(ctx, r.ref.Context())
		return err
	})
	for err == nil && pages.HasNext() {
		var page *remote.Tags
		if page, err = pages.Next(ctx); err == nil {
			tags, err = grow(tags, page.Tags)
		}
	}
	if err != nil {
		return nil, positioned(repository, r.explain(err, reference{}))
	}
	return tags, nil
}

// ListRepositories lists the repositories of a namespace: of a registry, such as
// registry.example.com, or those whose path begins with that of the namespace,
// registry.example.com/base. They have the registry's name before them. Many public
// registries (Docker Hub, GHCR, Quay) give no such list, and their error is returned.
// Errors are those of [ListTags].
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
