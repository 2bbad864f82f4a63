package list

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A Place is a part of a registry.
type Place struct {
	// Registry is a host, with its port if it has one.
	Registry string
	// Prefix is what the repositories' names begin with, up to a slash or their end; "" is
	// all of them.
	Prefix string
	// Tags is a pattern of package path for the tags that are wanted; "" is all of them.
	Tags string
	// AtOnce is how many repositories are asked for their tags at the same time; 0 is 1.
	AtOnce int
}

// ParsePlace parses HOST or HOST/PREFIX.
func ParsePlace(s, tags string) (Place, error) {
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return Place{}, fmt.Errorf("%s: a registry is named by its host, without %s://", short(s), short(scheme))
	}
	host, prefix, _ := strings.Cut(strings.TrimSuffix(s, "/"), "/")
	if _, err := name.NewRegistry(host); err != nil || host == "" {
		return Place{}, fmt.Errorf("%s is no registry", short(host))
	}
	if prefix != "" {
		if _, err := name.NewRepository(host + "/" + prefix); err != nil {
			return Place{}, fmt.Errorf("%s: %w", short(s), reason(err))
		}
	}
	if _, err := path.Match(tags, ""); err != nil {
		return Place{}, fmt.Errorf("%s is no pattern for tags: %w", short(tags), err)
	}
	return Place{Registry: host, Prefix: prefix, Tags: tags}, nil
}

// References asks the registry for the tags of all its repositories. Tags under which
// cosign keeps signatures and attestations are left out. A registry that lists more than a
// million, or the same again and again, is an error after what it listed. The puller's transport should
// be one of [Bounded].
//
// Many public registries have no list of their repositories, or show it to nobody. Then the
// prefix is tried as the name of one repository.
func (p Place) References(ctx context.Context, puller *remote.Puller, opts ...name.Option) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		registry, err := name.NewRegistry(p.Registry, opts...)
		if err != nil {
			yield(Item{}, err)
			return
		}
		repositories, err := puller.Catalogger(ctx, registry)
		if err != nil {
			if p.Prefix != "" && answered(err) {
				p.tags(ctx, puller, []name.Repository{registry.Repo(p.Prefix)}, yield)
				return
			}
			yield(Item{}, fmt.Errorf("the list of repositories of %s: %w", p.Registry, explain(err)))
			return
		}
		var seen pages
		for repositories.HasNext() {
			page, err := repositories.Next(ctx)
			if err == nil {
				err = seen.turn(page.Repos)
			}
			if err != nil {
				yield(Item{}, fmt.Errorf("the list of repositories of %s: %w", p.Registry, explain(err)))
				return
			}
			var some []name.Repository
			for _, r := range page.Repos {
				if p.has(r) {
					some = append(some, registry.Repo(r))
				}
			}
			if !p.tags(ctx, puller, some, yield) {
				return
			}
		}
	}
}

func (p Place) has(repository string) bool {
	rest, ok := strings.CutPrefix(repository, p.Prefix)
	return ok && (p.Prefix == "" || rest == "" || rest[0] == '/')
}

// tags yields those of some repositories that are wanted, in the order of the repositories.
func (p Place) tags(ctx context.Context, puller *remote.Puller, repositories []name.Repository, yield func(Item, error) bool) bool {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	answers := make(chan chan tagged, max(p.AtOnce, 1)-1) // and the one that is waited for
	go func() {
		defer close(answers)
		for _, r := range repositories {
			answer := make(chan tagged, 1)
			select {
			case answers <- answer:
			case <-asking.Done():
				return
			}
			go func() { answer <- p.tagsOf(asking, puller, r) }()
		}
	}()
	for answer := range answers {
		t := <-answer
		for _, tag := range t.tags {
			if item, err := Parse(t.repository + ":" + tag); !yield(item, err) {
				return false
			}
		}
		if t.err != nil && !yield(Item{}, fmt.Errorf("the tags of %s: %w", t.repository, explain(t.err))) || ctx.Err() != nil {
			return false
		}
	}
	return true
}

// tagged are the tags of a repository that are wanted; with err, those before that happened.
type tagged struct {
	repository string
	tags       []string
	err        error
}

func (p Place) tagsOf(ctx context.Context, puller *remote.Puller, r name.Repository) tagged {
	t := tagged{repository: r.Name()}
	tags, err := puller.Lister(ctx, r)
	var seen pages
	for err == nil && tags.HasNext() {
		var page *remote.Tags
		if page, err = tags.Next(ctx); err != nil {
			break
		}
		if err = seen.turn(page.Tags); err != nil {
			break
		}
		for _, tag := range page.Tags {
			if p.wants(tag) {
				t.tags = append(t.tags, tag)
			}
		}
	}
	t.err = err
	return t
}

// A pages is what was seen of a list that a registry hands out page by page.
type pages struct {
	first        string // of the last page that had anything
	pages, names int
}

// turn counts a page, and refuses one that no registry would have.
func (p *pages) turn(names []string) error {
	const most = 1_000_000
	p.pages, p.names = p.pages+1, p.names+len(names)
	switch {
	case p.names > most, p.pages > most:
		return fmt.Errorf("it is longer than %d", most)
	case len(names) > 0 && p.pages > 1 && names[0] == p.first:
		return errors.New("the registry repeats the same page")
	case len(names) > 0:
		p.first = names[0]
	}
	return nil
}

func (p Place) wants(tag string) bool {
	if p.Tags != "" {
		ok, err := path.Match(p.Tags, tag)
		return ok && err == nil
	}
	return !attached().MatchString(tag)
}

// attached are the tags under which cosign keeps what belongs to an image, and those that
// stand for the referrers of a digest:
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema.
func attached() *regexp.Regexp { return regexp.MustCompile(`^sha256-[0-9a-f]{64}(\.[a-z]+)?$`) }

// answered reports whether an error is the registry's answer, and not that it can't be
// reached.
func answered(err error) bool {
	var refused *transport.Error
	return errors.As(err, &refused) && refused.StatusCode < http.StatusInternalServerError && refused.StatusCode != http.StatusTooManyRequests
}

// explain says what a status means here.
func explain(err error) error {
	var refused *transport.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return errors.New("the registry shows it to nobody, or not with these credentials")
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return errors.New("the registry has none")
	}
	return err
}
