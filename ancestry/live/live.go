package live

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/internal/panics"
	"github.com/stemma-go/stemma/layers/history"
)

// A Registry gives small documents of registries. *source.Documents, of package
// layers/source, is one.
type Registry interface {
	// Get returns the document at /v2/REPOSITORY/WHAT/REFERENCE of the registry to which a
	// repository belongs ("debian" to Docker Hub, "ghcr.io/acme/base" to ghcr.io): the
	// manifest or index of a tag or digest (what is "manifests"), the configuration with a
	// digest ("blobs"), or the index of what refers to a digest ("referrers"). See
	// https://github.com/opencontainers/distribution-spec/blob/main/spec.md.
	//
	// A document of more than most bytes is an error. Requests is how many requests it took.
	// An error that wraps [io/fs.ErrNotExist] says that the registry has no such document;
	// any other, that it is not known. Get ends when ctx does, and is called concurrently.
	Get(ctx context.Context, repository, what, reference string, most int64) (content []byte, requests int, err error)
}

// Options say whom to ask, and how long.
type Options struct {
	// Registry is asked; nil asks nobody.
	Registry Registry
	// Timeout bounds the time for all answers together; the default is 20 seconds.
	Timeout time.Duration
	// Hosts, if not nil, are the registries that may be asked, and no others are: "docker.io",
	// "registry.example.com", "10.1.2.3:5000". The package documentation says who is asked
	// without it.
	Hosts []string
	// Now is the time of asking; nil is time.Now.
	Now func() time.Time
}

const (
	defaultTimeout = 20 * time.Second
	// maxAncestors is more than real chains have. More of them are not asked for.
	maxAncestors = 16
	// maxDocuments bounds what is asked about one ancestor.
	maxDocuments = 10
	// maxDocument is what the distribution specification has registries accept for a
	// manifest, in bytes.
	maxDocument = 4 << 20
	// maxTies is how many equally good names are tried.
	maxTies = 3
)

// Resolve is [ancestry.Resolve], and then asks a registry about each ancestor. What is proved
// by that becomes evidence. Nil ask, and one without a Registry, ask nothing.
//
// The error is that of [ancestry.Resolve]. That a registry fails is no error: the answer
// then says so.
func Resolve(ctx context.Context, img ancestry.ConfigFiler, opts *ancestry.Options, ask *Options) (*ancestry.Lineage, error) {
	lineage, err := ancestry.Resolve(ctx, img, opts)
	if err != nil || ask == nil || ask.Registry == nil {
		return lineage, err
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	again := ancestry.Options{}
	if opts != nil {
		again = *opts
	}
	at := time.Now()
	if ask.Now != nil {
		at = ask.Now()
	}
	answers := ask.all(ctx, image{cfg, lineage.Steps, again.Hints}, lineage.Ancestors)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var proofs claims
	for _, a := range answers {
		proofs = append(proofs, a.claims...)
	}
	if len(proofs) > 0 {
		again.Catalogues = append(slices.Clone(again.Catalogues), proofs)
		if lineage, err = ancestry.Resolve(ctx, img, &again); err != nil {
			return nil, err
		}
	}
	attach(lineage, answers, at)
	return lineage, nil
}

// An image is the one whose ancestors are asked for.
type image struct {
	config *v1.ConfigFile
	steps  []history.Step
	hints  ancestry.Hints
}

// An answer is what came of asking about one ancestor.
type answer struct {
	live     ancestry.Live
	end      int // the step after the ancestor's last
	claims   []ancestry.Claim
	evidence []ancestry.Evidence // for and against what is there already
	against  []ancestry.Evidence
	// onlyProof says that there is no ancestor of that name, unless the answer proves it.
	onlyProof bool
}

// all asks about all ancestors at once.
func (o *Options) all(ctx context.Context, img image, ancestors []ancestry.Ancestor) []answer {
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s", timeout))
	defer cancel()
	var wg sync.WaitGroup
	inquiries := o.inquiries(ctx, img, ancestors)
	for i, q := range inquiries {
		if i >= maxAncestors {
			q.live = ancestry.Live{Name: q.ancestor.String()}
			q.notKnown(fmt.Sprintf("no more than %d ancestors are asked for", maxAncestors))
			continue
		}
		wg.Go(func() {
			if err := panics.Catch(func() error { q.ask(); return nil }); err != nil {
				q.notKnown(err.Error())
				q.live.NoEndOfLife = "it was not asked"
			}
		})
	}
	wg.Wait()
	answers := make([]answer, 0, len(inquiries))
	for _, q := range inquiries {
		answers = append(answers, q.answer)
	}
	return answers
}

// inquiries are about each ancestor that has a name, and about each name that is said to be
// a base's and is no ancestor's: where that base ends was not known.
func (o *Options) inquiries(ctx context.Context, img image, ancestors []ancestry.Ancestor) []*inquiry {
	var list []*inquiry
	asked := map[string]bool{}
	add := func(a ancestry.Ancestor, youngest bool) *inquiry {
		asked[a.Repository] = true
		q := &inquiry{ctx: ctx, options: o, image: img, ancestor: a, youngest: youngest}
		q.end = a.Steps.To
		list = append(list, q)
		return q
	}
	for i, a := range ancestors {
		if a.Repository != "" {
			add(a, i == 0)
		}
	}
	for _, a := range ancestors {
		for _, e := range a.Evidence {
			n, ok := ancestry.ParseName(e.Name)
			if !ok || asked[n.Repository] {
				continue
			}
			base := ancestry.Ancestor{Repository: n.Repository, Tags: n.Tags, Digest: img.baseDigest(e.Name, n),
				Steps: a.Steps, Layers: a.Layers, Confidence: ancestry.Inferred}
			add(base, false).onlyProof = true
		}
	}
	return list
}

// baseDigest is the digest that the image says its base has.
func (img image) baseDigest(name string, n ancestry.Name) v1.Hash {
	for _, set := range []map[string]string{img.hints.Annotations, img.config.Config.Labels} {
		h, err := v1.NewHash(set[specs.AnnotationBaseImageDigest])
		if err == nil && set[specs.AnnotationBaseImageName] == name && n.Digest == (v1.Hash{}) {
			return h
		}
	}
	return n.Digest
}

// claims are what registries prove, as a source.
type claims []ancestry.Claim

func (c claims) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) { return c, nil }

// attach puts the answers where they belong. A proof may have moved a boundary.
func attach(l *ancestry.Lineage, answers []answer, at time.Time) {
	l.Asked = &ancestry.Asked{At: at.UTC()}
	for _, a := range answers {
		l.Asked.Requests += a.live.Requests
		l.Asked.Bytes += a.live.Bytes
		if a.onlyProof && len(a.claims) == 0 {
			continue
		}
		for i := range l.Ancestors {
			to := &l.Ancestors[i]
			last := a.end == to.Steps.To || to.Steps.Contains(a.end-1)
			if !last || to.Live != nil || to.Repository == "" {
				continue
			}
			live := a.live
			to.Live = &live
			to.Evidence = slices.Insert(to.Evidence, min(1, len(to.Evidence)), a.evidence...)
			to.Against = append(to.Against, a.against...)
			break
		}
	}
}
