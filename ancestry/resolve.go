package ancestry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/internal/panics"
	"github.com/stemma-go/stemma/layers/history"
)

// A ConfigFiler has an image's configuration. Every v1.Image is one.
type ConfigFiler interface {
	ConfigFile() (*v1.ConfigFile, error)
}

// Options say how to [Resolve]. nil and the zero value are the defaults.
type Options struct {
	// Hints are what is known besides the configuration.
	Hints Hints
	// Catalogues are asked in this order; between claims of equal confidence, the
	// earlier source's wins. All of them come before what the image says itself.
	Catalogues []Source
	// Publishers are rows that are tried before those of the table.
	Publishers []Publisher
}

// Resolve tells an image's chain. The error is not nil only if the configuration
// can't be read or ctx is done.
//
// A source that fails or panics costs its own claims: the lineage has a problem that says so.
//
// Resolve is deterministic: the same configuration, hints and claims give the same
// lineage. See the package's documentation for how claims are weighed.
func Resolve(ctx context.Context, img ConfigFiler, opts *Options) (*Lineage, error) {
	if opts == nil {
		opts = &Options{}
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if cfg == nil {
		return nil, errors.New("reading the configuration: there is none")
	}
	steps, problems := history.Steps(cfg)
	q := &Query{Config: cfg, Steps: steps, Hints: opts.Hints}
	l := &Lineage{Steps: q.Steps, Problems: problems}
	var claims []weighed
	sources := slices.Concat(opts.Catalogues, builtin(opts.Publishers))
	for i, s := range sources {
		var got []Claim
		err := panics.Catch(func() (err error) { got, err = s.Claims(ctx, q); return err })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			l.problem(fmt.Errorf("source %d: %w", i, err))
		}
		for j, c := range got {
			w, err := weigh(q, c)
			if err != nil {
				l.problem(fmt.Errorf("source %d: claim %d: %w", i, j, err))
				continue
			}
			w.source = i
			claims = append(claims, w)
		}
	}
	claims, errs := withDigests(ctx, q, sources, claims)
	for _, err := range errs {
		l.problem(err)
	}
	c := findBoundaries(q.Steps, claims)
	l.Ancestors = c.ancestors(q)
	l.Donors = c.donors()
	l.Dockerfile = c.dockerfile()
	return l, nil
}

func (l *Lineage) problem(err error) {
	l.Problems = append(l.Problems, history.Problem{Layer: history.None, Step: history.None, Err: err})
}

// A weighed is a claim with what Resolve thinks of it.
type weighed struct {
	Claim
	source   int
	rejected string // why it names nothing; "" if it may
}

// weigh checks a claim against the image. The error says what makes it nonsense.
func weigh(q *Query, c Claim) (weighed, error) {
	named := c.Name.Repository == "" || c.Name.shorten()
	parented := c.Parent.Repository == "" || c.Parent.shorten()
	w := weighed{Claim: c}
	switch {
	case !q.has(c):
		return w, fmt.Errorf("steps [%d,%d) of %d", c.Start, c.End, len(q.Steps))
	case c.Evidence.Confidence <= Unknown || c.Evidence.Confidence > Proved:
		return w, fmt.Errorf("confidence %v", c.Evidence.Confidence)
	case !named:
		return w, fmt.Errorf("%q is no image's name", c.Name.Repository)
	case !parented:
		return w, fmt.Errorf("%q is no image's name", c.Parent.Repository)
	}
	for i := range c.Donors {
		if err := c.Donors[i].check(q); err != nil {
			return w, err
		}
	}
	if c.Evidence.Kind == KindResembles && c.Evidence.Confidence > Inferred {
		w.Evidence.Confidence = Inferred
	}
	w.restOnBytes(q)
	if len(q.Steps) == 0 {
		return w, nil
	}
	if t := q.Steps[c.End-1].Created; !t.IsZero() && t.Unix() > 0 {
		if !c.From.IsZero() && t.Before(c.From) || !c.To.IsZero() && t.After(c.To) {
			w.rejected = fmt.Sprintf("but it was built on %s, outside of its time", t.UTC().Format("2006-01-02"))
		}
	}
	return w, nil
}

// restOnBytes takes a digest for proved only where bytes say so.
func (w *weighed) restOnBytes(q *Query) {
	if w.Evidence.Kind == KindDigest && w.Evidence.Confidence == Proved && !q.proved(w.Claim) {
		w.Evidence.Confidence = Recorded
		w.Evidence.Says += " (as the image says; its layers were not verified)"
	}
}

// has reports whether the claim's steps are the image's. Of an image without history there
// is but one thing to claim: its name.
func (q *Query) has(c Claim) bool {
	n := len(q.Steps)
	switch {
	case n == 0:
		return c.Start == 0 && c.End == 0
	case c.Start == history.None:
		return !c.Earlier && !c.Later && 1 <= c.End && c.End <= n
	}
	return 0 <= c.Start && c.Start < c.End && c.End <= n
}

// proved reports whether a claim by digest rests on bytes: all layers of its span
// and below were verified, or it is the image itself, whose digest is known, and of which no
// layer turned out to be another one than its manifest says.
func (q *Query) proved(c Claim) bool {
	if c.End == len(q.Steps) && q.Hints.Digest != (v1.Hash{}) && q.Hints.Digest == c.Name.Digest {
		return !slices.Contains(q.Hints.Verified, false)
	}
	if !makesLayer(q.Steps[:c.End]) {
		return false // nothing was verified
	}
	for _, s := range q.Steps[:c.End] {
		if s.Layer == history.None {
			continue
		}
		if s.Layer < 0 || s.Layer >= len(q.Hints.Verified) || !q.Hints.Verified[s.Layer] {
			return false
		}
	}
	return true
}
