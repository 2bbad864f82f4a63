package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/stemma-go/stemma/layers/source"
)

// A crawl looks at all tags of the repositories of namespaces.
type crawl struct {
	namespaces   []string // of which the registry lists the repositories
	repositories []string
	only, skip   patterns // repository:tag
	opts         *source.Options
	now          time.Time
	known        *known
	reading      singleflight.Group // by digest
	progress     func(stage string, done, total int)
	stderr       io.Writer
}

// patterns are those of path.Match, in which * matches slashes, too.
type patterns []string

func (p *patterns) String() string { return "" }

func (p *patterns) Set(s string) error {
	if _, err := path.Match(s, ""); err != nil || s == "" {
		return errors.New("no pattern")
	}
	*p = append(*p, s)
	return nil
}

func (p patterns) match(name string) bool {
	slash := strings.NewReplacer("/", "\x00")
	return slices.ContainsFunc(p, func(pattern string) bool {
		ok, err := path.Match(slash.Replace(pattern), slash.Replace(name))
		return err == nil && ok
	})
}

func (c *crawl) wants(repository, tag string) bool {
	name := repository + ":" + tag
	return (len(c.only) == 0 || c.only.match(name)) && !c.skip.match(name)
}

// run looks at everything. What fails is told and costs itself: what was known of it
// before stays. It fails only if ctx is done or a namespace can't be listed.
func (c *crawl) run(ctx context.Context) error {
	all := slices.Clone(c.repositories)
	for _, n := range c.namespaces {
		list, err := source.ListRepositories(ctx, n, c.opts)
		if err != nil {
			return fmt.Errorf("%w (name its repositories by -repository)", err)
		}
		all = append(all, list...)
		c.dropRepositories(n, list)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for i, r := range all {
		c.progress("repositories", i, len(all))
		if err := c.repository(ctx, r); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintln(c.stderr, err)
		}
	}
	c.progress("repositories", len(all), len(all))
	c.known.Looked = c.now
	return ctx.Err()
}

// dropRepositories ends the tags of repositories of a namespace that it lists no more.
func (c *crawl) dropRepositories(namespace string, listed []string) {
	namespace = strings.TrimSuffix(namespace, "/")
	for r := range c.known.Tags {
		if (r == namespace || strings.HasPrefix(r, namespace+"/")) && !slices.Contains(listed, r) {
			c.known.drop(r, nil, c.now)
		}
	}
}

// repository looks at all tags of one.
func (c *crawl) repository(ctx context.Context, name string) error {
	repo, err := source.OpenRepository(ctx, name, c.opts)
	if err != nil {
		return err
	}
	defer repo.Close()
	tags, err := repo.Tags(ctx)
	if err != nil {
		return err
	}
	tags = slices.DeleteFunc(tags, func(t string) bool { return !c.wants(name, t) })
	slices.Sort(tags)
	var mu sync.Mutex // guards c.known, done and errs
	done := 0
	var errs []error
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, tag := range slices.Compact(tags) {
		g.Go(func() error {
			found, err := c.tag(ctx, repo, tag, &mu)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				c.known.point(name, tag, found, c.now)
			} else {
				errs = append(errs, err)
			}
			done++
			c.progress(name, done, len(tags))
			return ctx.Err()
		})
	}
	err = g.Wait()
	if err == nil {
		c.known.drop(name, tags, c.now)
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(append(errs, err)...)
}

// tag returns what a tag points to, images by their digests: none for what is no image.
func (c *crawl) tag(ctx context.Context, repo *source.Repository, tag string, mu *sync.Mutex) ([]string, error) {
	a, err := repo.Tagged(ctx, tag)
	if err != nil {
		return nil, err
	}
	if a.Index == nil {
		return c.images(ctx, mu, a)
	}
	var found []string
	for _, d := range a.Index.Manifests {
		if d.Platform != nil && d.Platform.OS == "unknown" { // an attestation
			continue
		}
		if c.has(mu, d.Digest) {
			found = append(found, d.Digest.String())
			continue
		}
		a, err := repo.ByDigest(ctx, d.Digest)
		if err != nil {
			return nil, err
		}
		if a.Index != nil {
			continue // an index in an index
		}
		more, err := c.images(ctx, mu, a)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func (c *crawl) has(mu *sync.Mutex, h v1.Hash) bool {
	mu.Lock()
	defer mu.Unlock()
	return c.known.Images[h.String()] != nil
}

// images reads the configuration of an image that is not known. Tags that point to the same
// one wait for each other.
func (c *crawl) images(ctx context.Context, mu *sync.Mutex, a *source.Artifact) ([]string, error) {
	digest := a.Digest.String()
	if c.has(mu, a.Digest) {
		return []string{digest}, nil
	}
	_, err, _ := c.reading.Do(digest, func() (any, error) { return nil, c.image(ctx, mu, a) })
	switch {
	case errors.Is(err, source.ErrNotImage):
		return nil, nil // a signature, a chart
	case err != nil:
		return nil, fmt.Errorf("%s: %w", digest, err)
	}
	return []string{digest}, nil
}

func (c *crawl) image(ctx context.Context, mu *sync.Mutex, a *source.Artifact) error {
	if c.has(mu, a.Digest) {
		return nil
	}
	cfg, err := a.Config(ctx)
	if err != nil {
		return err
	}
	img := newKeptImage(cfg)
	for _, l := range a.Manifest.Layers {
		img.Blobs = append(img.Blobs, l.Digest)
	}
	mu.Lock()
	defer mu.Unlock()
	c.known.Images[a.Digest.String()] = img
	c.known.read++
	return nil
}
