package main

import (
	"context"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/source"
)

// verify reads the layers of all images to which a tag points, unless they were read
// before, and compares them with their diffIDs. A layer that several images have is read
// once. What fails is told, and stays unverified.
func (c *crawl) verify(ctx context.Context) error {
	read, places := map[v1.Hash]bool{}, map[string]string{}
	for _, img := range c.known.Images {
		for _, d := range img.DiffIDs {
			read[d] = read[d] || img.Verified
		}
	}
	for repository, tags := range c.known.Tags {
		for _, spans := range tags {
			for _, digest := range spans[len(spans)-1].Images {
				if spans[len(spans)-1].To.IsZero() && !c.known.Images[digest].Verified {
					places[digest] = repository
				}
			}
		}
	}
	done := 0
	for digest, repository := range places {
		err := c.verifyImage(ctx, repository+"@"+digest, c.known.Images[digest], read)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintln(c.stderr, err)
		}
		done++
		c.progress("layers of images", done, len(places))
	}
	return nil
}

func (c *crawl) verifyImage(ctx context.Context, ref string, kept *keptImage, read map[v1.Hash]bool) error {
	opts := *c.opts
	img, err := source.Open(ctx, "registry:"+ref, &opts)
	if err != nil {
		return err
	}
	defer img.Close()
	all, err := img.Layers()
	if err != nil {
		return fmt.Errorf("%s: %w", ref, err)
	}
	if len(all) != len(kept.DiffIDs) {
		return fmt.Errorf("%s: %d layers and %d diffIDs: not verified", ref, len(all), len(kept.DiffIDs))
	}
	for i, l := range all {
		if read[kept.DiffIDs[i]] {
			continue
		}
		if err := verifyLayer(l, kept.DiffIDs[i]); err != nil {
			return fmt.Errorf("%s: layer %d: %w", ref, i, err)
		}
		read[kept.DiffIDs[i]] = true
	}
	kept.Verified = true
	return nil
}

func verifyLayer(l v1.Layer, want v1.Hash) error {
	r, err := l.Uncompressed()
	if err != nil {
		return err
	}
	defer r.Close()
	h, err := v1.Hasher(want.Algorithm)
	if err != nil {
		return err
	}
	if _, err := io.Copy(h, r); err != nil {
		return err
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want.Hex {
		return fmt.Errorf("it has the diffID sha256:%s, and not %s: not verified", got, want)
	}
	return nil
}
