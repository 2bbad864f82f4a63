package provenance

import (
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// maxTries is how many images of one build are asked for. Builds use a handful.
const maxTries = 16

// try compares an image with the lowest layers. There are no claims if it was not asked for,
// or does not fit; fits is then true only if nothing was compared.
func (r *reader) try(ctx context.Context, i Image) (claims []ancestry.Claim, fits bool, err error) {
	if r.opts.Config == nil || i.Name.Digest == (v1.Hash{}) {
		return nil, true, nil // a tag alone may point to another image by now
	}
	var platform v1.Platform
	if p := r.q.Config.Platform(); p != nil {
		platform = *p
	}
	cfg, err := r.opts.Config(ctx, i.Name, platform)
	if err != nil {
		return nil, true, err
	}
	if cfg == nil || len(cfg.RootFS.DiffIDs) == 0 {
		return nil, true, nil
	}
	own, all := cfg.RootFS.DiffIDs, r.q.Config.RootFS.DiffIDs
	if len(own) > len(all) || !slices.Equal(own, all[:len(own)]) {
		return nil, false, nil
	}
	end, ok := r.endOf(cfg)
	if !ok || !r.begins(cfg) {
		return nil, true, nil
	}
	return r.fitting(i.Name, end, len(own)), true, nil
}

// fitting claims an image whose layers are the lowest of this one. They prove its digest and
// where it ends. What a document that is not signed calls it is recorded.
func (r *reader) fitting(n ancestry.Name, end, layers int) []ancestry.Claim {
	proof := ancestry.Evidence{Kind: ancestry.KindDigest, Confidence: ancestry.Proved, Where: r.where}
	byDigest := ancestry.Name{Repository: n.Repository, Digest: n.Digest}
	if len(n.Tags) == 0 || r.grade == ancestry.Proved {
		proof.Says = fmt.Sprintf("its %d layers are those of %s, which the build used", layers, n)
		return []ancestry.Claim{{Start: history.None, End: end, Name: n, Evidence: proof}}
	}
	proof.Says = fmt.Sprintf("begins where the %d layers of %s end", layers, byDigest)
	called := r.evidence(fmt.Sprintf("its %d layers are those of %s, which the build used as %s", layers, byDigest, n))
	return []ancestry.Claim{{Start: history.None, End: end, Evidence: proof}, {Start: history.None, End: end, Name: n, Evidence: called}}
}

// begins reports whether the history begins like that of an image: two images can have the
// same layers.
func (r *reader) begins(cfg *v1.ConfigFile) bool {
	all := r.q.Config.History
	for i, h := range cfg.History {
		if i >= len(all) {
			return len(all) == 0
		}
		if h.CreatedBy != all[i].CreatedBy {
			return false
		}
	}
	return true
}

// endOf returns the step after an image of which the configuration is known: its layers
// say where that is at least, its own history how many steps without layers follow.
func (r *reader) endOf(cfg *v1.ConfigFile) (int, bool) {
	b, err := split(r.q.Steps, len(cfg.RootFS.DiffIDs), nil)
	if err != nil {
		return 0, false
	}
	below := slices.IndexFunc(r.q.Steps, func(s history.Step) bool { return s.Layer == len(cfg.RootFS.DiffIDs)-1 })
	steps, _ := history.Steps(cfg)
	if n := len(steps); below < n && n <= b.high {
		return n, true
	}
	return below + 1, true
}
