package orchard

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// Push puts what a season brings into the registry Options.Host: the images of that season,
// under their tags. Each season is pushed once, the first one first.
func (o *Orchard) Push(ctx context.Context, season int, opts ...remote.Option) error {
	pusher, err := remote.NewPusher(opts...)
	if err != nil {
		return fmt.Errorf("orchard: %w", err)
	}
	refs := o.References(season)
	// Bases first, whose layers are then there and not pushed again; the apps in parallel.
	for _, apps := range []bool{false, true} {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(8)
		for _, ref := range slices.Sorted(maps.Keys(refs)) {
			im := refs[ref]
			if im.Season != season || im.App != apps {
				continue
			}
			tag, err := name.NewTag(ref)
			if err != nil {
				return fmt.Errorf("orchard: %w", err)
			}
			group.Go(func() error { return pusher.Push(ctx, tag, im.Image) })
		}
		if err := group.Wait(); err != nil {
			return fmt.Errorf("orchard: %w", err)
		}
	}
	if season > 1 {
		return nil
	}
	for _, odd := range o.Odd {
		tag, err := name.NewTag(o.opts.Host + "/" + odd.Repository + ":" + odd.Tag)
		if err == nil {
			err = pusher.Push(ctx, tag, odd.Image)
		}
		if err != nil {
			return fmt.Errorf("orchard: %w", err)
		}
	}
	return nil
}
