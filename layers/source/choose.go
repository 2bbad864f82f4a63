package source

import (
	"context"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// choose gives the one candidate that is wanted. platformOf is asked for the
// platforms that the index does not tell, where they matter.
func choose(ctx context.Context, all []candidate, want selection, platform *v1.Platform, platformOf func(context.Context, candidate) (v1.Platform, error)) (candidate, error) {
	named, err := byName(all, want)
	if err != nil {
		return candidate{}, err
	}
	if len(named) == 1 && (platform == nil || named[0].desc.Platform == nil) {
		return named[0], nil
	}
	if groups := nameGroups(named); len(groups) > 1 && !want.one() {
		return candidate{}, ambiguous(groups)
	}
	fit, platforms := byPlatform(ctx, named, platform, platformOf)
	switch {
	case ctx.Err() != nil:
		return candidate{}, ctx.Err()
	case len(fit) == 0:
		wanted := defaultPlatform()
		if platform != nil {
			wanted = *platform
		}
		return candidate{}, explainf(because(ErrNotFound), "no image for %s: there are %s", wanted, list(platforms))
	case len(fit) == 1 || oneIndex(fit):
		return fit[0], nil
	}
	return candidate{}, ambiguous(digests(fit))
}

// one tells whether what is wanted can be called that in one way only: the images
// it finds differ by platform.
func (s selection) one() bool { return s.digest != (v1.Hash{}) || isFullName(s.tag) }

func ambiguous(names []string) error {
	return explainf(because(ErrAmbiguous), "holds several images, name one of %s", list(names))
}

// byName gives the candidates that are called what is wanted.
func byName(all []candidate, want selection) ([]candidate, error) {
	if want == (selection{}) {
		return all, nil
	}
	var found []candidate
	best := 0
	for _, c := range all {
		rank := c.rank(want)
		if rank > best {
			best, found = rank, nil
		}
		if rank > 0 && rank == best {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil, explainf(because(ErrNotFound), "no image %s: there are %s", want, list(nameGroups(all)))
	}
	return found, nil
}

func (c candidate) rank(want selection) int {
	if want.digest != (v1.Hash{}) && c.desc.Digest != want.digest && !slices.Contains(c.indexes, want.digest) {
		return 0
	}
	if want.tag == "" {
		return 1
	}
	return nameRank(want.tag, c.names)
}

// nameGroups gives what the images are called, each name once. Those that one
// name or one index holds together differ by platform only; so, it is assumed,
// do those of a layout that have no name at all.
func nameGroups(all []candidate) []string {
	var groups []string
	for _, c := range all {
		name := c.label()
		if !slices.Contains(groups, name) {
			groups = append(groups, name)
		}
	}
	return groups
}

func (c candidate) label() string {
	switch {
	case len(c.names) > 0 && isFullName(c.names[0]):
		return familiar(c.names[0])
	case len(c.names) > 0:
		return c.names[0]
	case len(c.indexes) > 0:
		return "@" + c.indexes[0].String()
	}
	return "one without a name"
}

func digests(all []candidate) []string {
	var out []string
	for _, c := range all {
		out = append(out, "@"+c.desc.Digest.String())
	}
	return out
}

// byPlatform gives the candidates that fit best, and the platforms of all.
func byPlatform(ctx context.Context, all []candidate, platform *v1.Platform, platformOf func(context.Context, candidate) (v1.Platform, error)) (fit []candidate, platforms []string) {
	want := defaultPlatform()
	if platform != nil {
		want = *platform
	}
	best := 0
	for _, c := range all {
		if ctx.Err() != nil {
			return nil, nil
		}
		have, err := platformOf(ctx, c)
		if err != nil {
			platforms = append(platforms, "one that cannot be read ("+err.Error()+")")
			continue
		}
		platforms = append(platforms, have.String())
		rank := platformRank(want, have)
		if rank > best {
			best, fit = rank, nil
		}
		if rank > 0 && rank == best {
			fit = append(fit, c)
		}
	}
	slices.Sort(platforms)
	return fit, slices.Compact(platforms)
}

// oneIndex tells whether the candidates are alternatives within one index, other
// than a layout's own, which lists independent images.
func oneIndex(fit []candidate) bool {
	return fit[0].parent != (v1.Hash{}) &&
		!slices.ContainsFunc(fit, func(c candidate) bool { return c.parent != fit[0].parent })
}

// platformRank tells how well have fits want: 0 not at all, more is better. A
// variant that is not asked for may be any; one that is, is meant.
func platformRank(want, have v1.Platform) int {
	given := want.Variant != ""
	want.Variant, have.Variant = variant(want), variant(have)
	switch {
	case want.OS != have.OS && want.OS != "", want.Architecture != have.Architecture && want.Architecture != "":
		return 0
	case want.OSVersion != "" && want.OSVersion != have.OSVersion:
		return 0
	case want.Variant == have.Variant:
		return 1000
	case given:
		return 0
	}
	// The newest variant that is not above the usual one, or else the lowest above it.
	w, h := variantNumber(want.Variant), variantNumber(have.Variant)
	if h <= w {
		return 500 + min(h, 100)
	}
	return max(1, 100-h)
}

// variant is the variant of a platform, the usual one of its architecture if none is given.
func variant(p v1.Platform) string {
	if p.Variant != "" {
		return p.Variant
	}
	switch p.Architecture {
	case "arm":
		return "v7"
	case "arm64":
		return "v8"
	case "amd64":
		return "v1"
	}
	return ""
}

func variantNumber(v string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(v, "v"))
	return max(n, 0)
}
