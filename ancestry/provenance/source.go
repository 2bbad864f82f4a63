package provenance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// maxDocuments is how many documents of one image are read.
const maxDocuments = 16

// Options say what is done with documents. nil and the zero value are the defaults.
type Options struct {
	// Config, if not nil, returns the configuration of an image that a build used; name
	// has its digest, mostly that of an index, of which the platform's image is meant. It
	// is asked for the base that the graph leads to, or for at most 16 images where there
	// is no graph. The layers of an image that begin like those of one of these prove its digest, and
	// where the base ends; a tag that an unsigned document has for it is recorded alone.
	Config func(ctx context.Context, name ancestry.Name, platform v1.Platform) (*v1.ConfigFile, error)
	// Verify, if not nil, checks who signed a document, and returns his name for display.
	// What it verified is proved. An error that wraps [ErrUnsigned] leaves the document as
	// it is, recorded; with another one it is not used, and that is a problem.
	Verify func(ctx context.Context, d Document) (signer string, err error)
}

// ErrUnsigned is the error of a Verify that finds no signature.
var ErrUnsigned = errors.New("not signed")

// A Source makes claims of documents. It is an [ancestry.Source].
type Source struct {
	docs []Document
	opts Options
}

var _ ancestry.Source = (*Source)(nil)

// New returns the source of an image's documents.
func New(docs []Document, opts *Options) *Source {
	s := &Source{docs: docs}
	if opts != nil {
		s.opts = *opts
	}
	return s
}

// Claims returns what the documents say about the image's base and donors. A document
// about another image, one that is broken, or one that Verify refuses, is an error, and the
// others count.
func (s *Source) Claims(ctx context.Context, q *ancestry.Query) ([]ancestry.Claim, error) {
	var claims []ancestry.Claim
	var errs []error
	for i, d := range s.docs {
		if i == maxDocuments {
			errs = append(errs, fmt.Errorf("%d attestations: only the first %d are read", len(s.docs), maxDocuments))
			break
		}
		got, err := s.claims(ctx, d, q)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !errors.Is(err, ErrOther) {
			errs = append(errs, fmt.Errorf("%s: %w", d, err))
		}
		claims = append(claims, got...)
	}
	return claims, errors.Join(errs...)
}

func (s *Source) claims(ctx context.Context, d Document, q *ancestry.Query) ([]ancestry.Claim, error) {
	st, err := Parse(d.Content)
	if err != nil {
		return nil, err
	}
	certain, err := st.isAbout(d, q)
	if err != nil {
		return nil, err
	}
	r := &reader{Statement: st, q: q, opts: &s.opts, where: "provenance " + short(d.Digest), grade: ancestry.Recorded, signed: "not signed"}
	if s.opts.Verify != nil {
		signer, err := s.opts.Verify(ctx, d)
		switch {
		case errors.Is(err, ErrUnsigned):
		case err != nil:
			return nil, fmt.Errorf("the signature: %w", err)
		case !certain:
			r.signed = "signed by " + clip(signer) + ", but not known to be of this image"
		default:
			r.grade, r.signed = ancestry.Proved, "signed by "+clip(signer)
		}
	}
	return r.claims(ctx)
}

// isAbout reports whether a statement is certainly about the image. The error says that it
// is about another one.
func (s *Statement) isAbout(d Document, q *ancestry.Query) (certain bool, err error) {
	known := slices.DeleteFunc([]v1.Hash{q.Hints.Digest, d.Subject}, func(h v1.Hash) bool { return h == v1.Hash{} })
	if len(known) == 0 || len(s.Subjects) == 0 {
		return false, nil
	}
	if slices.ContainsFunc(s.Subjects, func(h v1.Hash) bool { return slices.Contains(known, h) }) {
		return true, nil
	}
	return false, fmt.Errorf("it is about another image, %s", s.Subjects[0])
}

// short is the beginning of a digest, for evidence.
func short(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return "document"
	}
	return h.Algorithm + ":" + h.Hex[:min(12, len(h.Hex))]
}

// A reader reads one statement about one image.
type reader struct {
	*Statement
	q      *ancestry.Query
	opts   *Options
	where  string
	grade  ancestry.Confidence
	signed string
}

func (r *reader) claims(ctx context.Context) ([]ancestry.Claim, error) {
	if len(r.q.Steps) == 0 {
		return nil, nil
	}
	if r.graph == nil {
		return r.withoutGraph(ctx)
	}
	w := newWalk(r.graph)
	l, err := w.follow(r.graph.top)
	if err != nil {
		claims, more := r.withoutGraph(ctx)
		return claims, errors.Join(fmt.Errorf("llbDefinition: %w", err), more)
	}
	d := r.dockerfile(r.q.Steps)
	b, layers, err := r.graph.split(l, r.q, d)
	if err != nil {
		return nil, fmt.Errorf("llbDefinition: %w", err)
	}
	base, known := r.graph.image(l.base)
	claims, err := r.proved(ctx, base, &b)
	if err != nil {
		return claims, err // also where it is another image's base
	}
	g := &giver{walk: w, base: l.base, stages: r.stages(), steps: stepsOf(l, layers, r.q), grade: r.grade, source: r.where}
	donors, err := g.donors(l)
	says := r.evidence(baseSays(base, l.base == nothing, known))
	says.Name = called(g.stages, d, base)
	own := r.own(b)
	own.Donors, own.Dockerfile, own.Evidence = donors, d, says
	if b.exact || !b.known {
		own.Parent = base
	} else {
		claims = append(claims, r.below(b, base, says)...)
	}
	claims = append(claims, own)
	if from := r.origin(d); from != "" && b.exact && b.high > 0 {
		about := r.own(b)
		about.Evidence = r.evidence(from)
		claims = append(claims, about)
	}
	return claims, at("llbDefinition", err)
}

// own claims the steps that the build made.
func (r *reader) own(b boundary) ancestry.Claim {
	end := len(r.q.Steps)
	first := min(b.high, end-1)
	return ancestry.Claim{Start: first, End: end, Earlier: !b.exact || first == 0 || b.high == end}
}

// below claims a base of which the layers are known, and not how many steps without layers
// follow them: where it ends is inferred, what it is called is not.
func (r *reader) below(b boundary, base ancestry.Name, says ancestry.Evidence) []ancestry.Claim {
	at := b.likely(r.q.Steps, r.Started)
	if base.Repository == "" || at >= len(r.q.Steps) {
		return nil
	}
	end := r.evidence(fmt.Sprintf("the base ends below step %d, or up to %d steps before", b.high, b.high-b.low))
	end.Confidence = ancestry.Inferred
	return []ancestry.Claim{
		{Start: history.None, End: at, Evidence: end},
		{Start: b.low - 1, Earlier: true, End: b.low, Later: true, Name: base, Evidence: says},
	}
}

func (r *reader) evidence(says string) ancestry.Evidence {
	return ancestry.Evidence{
		Kind: ancestry.KindProvenance, Confidence: r.grade, Where: r.where,
		Says: fmt.Sprintf("%s, as %s attests (%s)", says, r.builder(), r.signed),
	}
}

func (s *Statement) builder() string {
	switch {
	case s.fromBuildKit():
		return "BuildKit"
	case s.fromTekton():
		return "Tekton Chains"
	}
	return "its builder"
}

func baseSays(base ancestry.Name, scratch, known bool) string {
	switch {
	case scratch:
		return "built from scratch"
	case base.Repository != "":
		return "built on " + base.String()
	case known:
		return "built on an image of a local layout, " + base.Digest.String()
	}
	return "built on files that are no image"
}

// origin says from what the steps were built, "" if nothing is attested.
func (r *reader) origin(d *ancestry.Dockerfile) string {
	says := ""
	if d != nil {
		says = "its steps are those of the Dockerfile"
	}
	if r.Repository != "" {
		if says == "" {
			says = "its steps were built"
		}
		says += " of " + clip(r.Repository)
		if r.Revision != "" {
			says += " at " + r.Revision
		}
	}
	return says
}

// proved compares the layers of the base that the graph leads to, and then knows exactly
// where it ends. The error says that they are others.
func (r *reader) proved(ctx context.Context, base ancestry.Name, b *boundary) ([]ancestry.Claim, error) {
	if base.Repository == "" {
		return nil, nil
	}
	claims, fits, err := r.try(ctx, Image{Name: base})
	switch {
	case err != nil:
		return nil, nil // what is attested is enough
	case claims == nil && fits:
		return nil, nil
	case claims == nil:
		return nil, fmt.Errorf("the build graph leads to %s, whose layers are not those that the image begins with", base)
	}
	if end := claims[0].End; end < len(r.q.Steps) {
		*b = exactly(end)
	}
	return claims, nil
}

// withoutGraph tries the images as what this one begins with. The only image that can be
// the base is taken for it, without its end.
func (r *reader) withoutGraph(ctx context.Context) ([]ancestry.Claim, error) {
	images := r.candidates()
	var claims []ancestry.Claim
	var errs []error
	if r.opts.Config != nil {
		if len(images) > maxTries {
			errs = append(errs, fmt.Errorf("%d images: only the first %d are compared", len(images), maxTries))
			images = images[:maxTries]
		}
		for _, i := range images {
			fitting, _, err := r.try(ctx, i)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s, which the build used: %w", i.Name, err))
			}
			claims = append(claims, fitting...)
		}
	}
	if len(claims) == 0 && len(images) == 1 && (images[0].Base || r.fromBuildKit() && !startsFromNothing(r.q.Steps)) && (r.opts.Config == nil || len(errs) > 0) {
		only := r.own(boundary{high: len(r.q.Steps)})
		only.Parent = images[0].Name
		only.Evidence = r.evidence("built on " + images[0].Name.String())
		if !images[0].Base {
			only.Evidence.Confidence = ancestry.Inferred
			only.Evidence.Says = fmt.Sprintf("the only image that its build used, as %s attests (%s)", r.builder(), r.signed)
		}
		claims = append(claims, only)
	}
	if from := r.origin(nil); from != "" && len(claims) > 0 && claims[0].Start == history.None && claims[0].End < len(r.q.Steps) {
		first := slices.MaxFunc(claims, func(a, b ancestry.Claim) int { return a.End - b.End }).End
		claims = append(claims, ancestry.Claim{Start: first, End: len(r.q.Steps), Evidence: r.evidence(from)})
	}
	if from := r.origin(nil); from != "" && len(claims) == 0 {
		claims = append(claims, ancestry.Claim{Start: history.None, End: len(r.q.Steps), Evidence: r.evidence(from),
			Dockerfile: &ancestry.Dockerfile{Repository: r.Repository, Revision: r.Revision}})
	}
	return claims, errors.Join(errs...)
}

// candidates are the images that can be the base: those that the statement calls bases
// if there are some, or else all but the builder's own tools. Each is there once: several tags
// of one digest are one image that has them all.
func (r *reader) candidates() []Image {
	var out []Image
	bases := slices.ContainsFunc(r.Images, func(i Image) bool { return i.Base })
	for _, i := range r.Images {
		if i.tool || i.Base != bases || i.Name.Repository == "" || slices.ContainsFunc(out, func(o Image) bool { return same(o.Name, i.Name) }) {
			continue
		}
		at := slices.IndexFunc(out, func(o Image) bool {
			return o.Name.Repository == i.Name.Repository && o.Name.Digest == i.Name.Digest && i.Name.Digest != (v1.Hash{})
		})
		if at < 0 {
			out = append(out, i)
			continue
		}
		tags := slices.Clone(out[at].Name.Tags)
		for _, t := range i.Name.Tags {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
		out[at].Name.Tags = tags
	}
	return out
}

// startsFromNothing reports whether an image begins with a COPY or a RUN: a stage that
// stands on scratch may begin so, and then the one image is a donor. Few roots do.
func startsFromNothing(steps []history.Step) bool {
	for _, s := range steps {
		if s.Layer != history.None {
			return s.Instruction.Keyword != "ADD" && s.Instruction.Keyword != ""
		}
	}
	return true
}
