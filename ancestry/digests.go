package ancestry

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/internal/panics"
)

// A Digester is a [Source] that knows images by the digests of their manifests. Where the
// image, its place or its builder says what digest an ancestor has, it is asked for the tags.
type Digester interface {
	Source
	// TagsOf returns all tags under which a repository had the manifest or the index with
	// that digest, the most specific first, and where that was read; none if the source does
	// not know it. The repository is in the short form ("debian"). An error is reported as a Problem.
	TagsOf(ctx context.Context, repository string, digest v1.Hash) (tags []string, where string, err error)
}

// A digester asks the sources of one image for digests, each once.
type digester struct {
	q       *Query
	sources []Digester
	known   map[string]Claim // by repository and digest
	errs    []error
}

// withDigests adds to claims that state a digest what the sources say of it. What they say
// comes before the claim: its tags are the more specific ones.
func withDigests(ctx context.Context, q *Query, sources []Source, claims []weighed) ([]weighed, []error) {
	d := &digester{q: q, known: map[string]Claim{}}
	for _, s := range sources {
		if s, ok := s.(Digester); ok {
			d.sources = append(d.sources, s)
		}
	}
	if len(d.sources) == 0 {
		return claims, nil
	}
	out := make([]weighed, 0, len(claims))
	for _, w := range claims {
		if n, ok := d.ask(ctx, w.Name, d.digest(w)); ok {
			c := w.about(n)
			if c.Name = n.Name; w.Evidence.Kind == KindReference {
				c.Evidence.Kind, c.Evidence.Confidence = KindDigest, Proved // the image's own digest
				c.restOnBytes(q)
			}
			out = append(out, c)
		}
		if n, ok := d.ask(ctx, w.Parent, w.Parent.Digest); ok {
			c := w.about(n)
			c.Parent = n.Name
			out = append(out, c)
		}
		out = append(out, w)
	}
	return out, d.errs
}

// digest returns the digest of what a claim names: that of its manifest, if it is the image
// itself under a name by which it was asked for.
func (d *digester) digest(w weighed) v1.Hash {
	if w.Evidence.Kind == KindReference && w.End == len(d.q.Steps) {
		return d.q.Hints.Digest
	}
	return w.Name.Digest
}

// about returns the claim with nothing but what a source knows of a digest in it.
func (w weighed) about(n Claim) weighed {
	w.Name, w.Parent, w.Dockerfile, w.Donors, w.Standing = Name{}, Name{}, nil, nil, nil
	w.Evidence.Says, w.Evidence.Where, w.Evidence.Name = n.Evidence.Says, n.Evidence.Where, ""
	return w
}

// ask asks the sources for the tags of a digest. The first that knows it is believed.
func (d *digester) ask(ctx context.Context, n Name, digest v1.Hash) (Claim, bool) {
	if n.Repository == "" || digest == (v1.Hash{}) {
		return Claim{}, false
	}
	key := n.Repository + "@" + digest.String()
	if c, ok := d.known[key]; ok {
		return c, c.Name.Repository != ""
	}
	for _, s := range d.sources {
		var tags []string
		var where string
		err := panics.Catch(func() (err error) { tags, where, err = s.TagsOf(ctx, n.Repository, digest); return err })
		if err != nil {
			d.errs = append(d.errs, err)
		}
		named := Name{Repository: n.Repository, Tags: slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return !validTag(t) }), Digest: digest}
		if len(named.Tags) > 0 {
			c := Claim{Name: named, Evidence: Evidence{Says: fmt.Sprintf("%.19s… is the digest of %s", digest, named), Where: where}}
			d.known[key] = c
			return c, true
		}
	}
	d.known[key] = Claim{}
	return Claim{}, false
}
