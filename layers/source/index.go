package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Bounds on nested indexes. Real ones nest once.
const (
	maxIndexDepth = 8
	maxIndexes    = 1000
)

// Annotations of descriptors: two for the image's name, and one that only an
// attestation of BuildKit has.
const (
	refNameKey        = ocispec.AnnotationRefName
	containerdNameKey = "io.containerd.image.name"
	attestationKey    = "vnd.docker.reference.type"
)

// candidate is an image that an index offers.
type candidate struct {
	desc    v1.Descriptor
	parent  v1.Hash   // the index it is in; zero for a layout's own
	indexes []v1.Hash // all indexes that lead to it, outermost first
	names   []string  // from the annotations of the layout's index.json

	attestations *[]v1.Descriptor // all that its index lists; shared

	annotations     *annotations
	moreAnnotations []*annotations // of further ways to it
}

// imageFinder collects the images of an index and of the indexes in it.
type imageFinder struct {
	be       backend
	limits   Limits
	visited  map[v1.Hash]bool        // indexes
	moreWays map[v1.Hash][]candidate // further ways to an index
	seen     int                     // descriptors
	found    []candidate
	known    map[v1.Hash]int  // the numbers of found, by digest
	beside   *[]v1.Descriptor // attestations, and what may be some
	skipped  error            // why something was skipped, the first time
}

// findImages collects the images of the index raw, whose digest is zero for a layout's
// own index.json. It skips what is missing or broken, unless nothing else is found: a
// layout need not hold everything that its index names.
func findImages(ctx context.Context, be backend, raw []byte, digest v1.Hash, limits Limits) ([]candidate, error) {
	f := &imageFinder{be: be, limits: limits, visited: map[v1.Hash]bool{}, moreWays: map[v1.Hash][]candidate{}, known: map[v1.Hash]int{}, beside: &[]v1.Descriptor{}}
	top := candidate{parent: digest}
	if digest != (v1.Hash{}) {
		top.indexes = []v1.Hash{digest}
	}
	if err := f.readIndex(ctx, raw, top, 0); err != nil {
		return nil, err
	}
	if err := f.addMoreWays(); err != nil {
		return nil, err
	}
	switch {
	case len(f.found) > 0:
		return withoutUnlessAll(f.found, isArtifact), nil
	case f.skipped != nil:
		return nil, fmt.Errorf("no image of the index can be read: %w", f.skipped)
	}
	return nil, explainf(because(ErrNotImage), "not an image: the index holds none")
}

// readIndex takes the descriptors of one index. way has what is known of the way to
// it.
func (f *imageFinder) readIndex(ctx context.Context, raw []byte, way candidate, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	idx, err := parseIndex(raw)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if idx.broken != nil {
		f.skip(fmt.Errorf("index: %w", idx.broken))
	}
	if f.seen += idx.count; f.seen > f.limits.Images {
		return explainf(because(ErrLimit), "the index has more than %d descriptors", f.limits.Images)
	}
	way.annotations = way.annotations.with(idx.annotations)
	for _, d := range idx.descriptors {
		if err := f.addDescriptor(ctx, d, way, depth); err != nil {
			return err
		}
	}
	return nil
}

func (f *imageFinder) addDescriptor(ctx context.Context, d v1.Descriptor, way candidate, depth int) error {
	c := candidate{
		desc: d, parent: way.parent, indexes: way.indexes, names: way.names, attestations: f.beside,
		annotations: way.annotations.with(d.Annotations),
	}
	// The specification gives these a meaning in the index.json of a layout only.
	if way.parent == (v1.Hash{}) {
		c.names = annotatedNames(d.Annotations)
	}
	if isAttestation(d) || d.ArtifactType != "" && mayAttest(d.ArtifactType) {
		*f.beside = append(*f.beside, d)
	}
	switch {
	case isAttestation(d):
	case d.MediaType.IsIndex():
		return f.readNested(ctx, d, c, depth)
	case d.MediaType.IsSchema1():
		f.skip(explainf(because(ErrNotImage), "manifest %s: of schema version 1, which is no longer in use", d.Digest))
	case d.MediaType.IsImage() || d.MediaType == "":
		f.add(c)
	default:
		f.skip(explainf(because(ErrNotImage), "manifest %s: of type %s, not an image", d.Digest, d.MediaType))
	}
	return nil
}

// readNested reads an index that is in another one.
func (f *imageFinder) readNested(ctx context.Context, d v1.Descriptor, way candidate, depth int) error {
	if f.visited[d.Digest] {
		f.moreWays[d.Digest] = append(f.moreWays[d.Digest], way)
		return nil
	}
	f.visited[d.Digest] = true
	if depth == maxIndexDepth || len(f.visited) > maxIndexes {
		return explainf(because(ErrLimit), "the index nests others more than %d deep, or more than %d of them", maxIndexDepth, maxIndexes)
	}
	raw, err := readManifest(ctx, f.be, d, f.limits)
	if err == nil {
		way.parent = d.Digest
		way.indexes = append(slices.Clip(way.indexes), d.Digest)
		err = f.readIndex(ctx, raw, way, depth+1)
	}
	if err != nil && (errors.Is(err, ErrLimit) || ctx.Err() != nil) {
		return err
	}
	f.skip(err)
	return nil
}

// add keeps an image, once with all its names.
func (f *imageFinder) add(c candidate) {
	n, ok := f.known[c.desc.Digest]
	if !ok {
		f.known[c.desc.Digest] = len(f.found)
		f.found = append(f.found, c)
		return
	}
	first := &f.found[n]
	first.names = slices.Concat(first.names, c.names)
	first.indexes = slices.Concat(first.indexes, c.indexes)
	first.moreAnnotations = append(first.moreAnnotations, c.annotations)
}

// addMoreWays adds to the images what the further ways to their indexes say: an image
// of an index that is listed under two names has both.
func (f *imageFinder) addMoreWays() error {
	if len(f.moreWays) == 0 {
		return nil
	}
	count := 0
	for n := range f.found {
		c := &f.found[n]
		indexes, done := slices.Clone(c.indexes), map[v1.Hash]bool{}
		names := slices.Clone(c.names)
		for i := 0; i < len(indexes); i++ {
			if done[indexes[i]] {
				continue
			}
			done[indexes[i]] = true
			for _, way := range f.moreWays[indexes[i]] {
				if count++; count > f.limits.names() {
					return explainf(because(ErrLimit), "the index leads to its images in more than %d ways", f.limits.names())
				}
				names = append(names, way.names...)
				indexes = append(indexes, way.indexes...)
				c.moreAnnotations = append(c.moreAnnotations, way.annotations)
			}
		}
		c.names, c.indexes = names, indexes
	}
	return nil
}

// skip notes why something is skipped, nil if it is not.
func (f *imageFinder) skip(err error) {
	if f.skipped == nil {
		f.skipped = err
	}
}

// isArtifact reports whether the index says that something is not an image, but a
// signature for example.
func isArtifact(c candidate) bool {
	t := types.MediaType(c.desc.ArtifactType)
	return t != "" && !t.IsConfig()
}

// withoutUnlessAll returns all candidates but those that drop selects. If it selects
// all, it returns all.
func withoutUnlessAll(all []candidate, drop func(candidate) bool) []candidate {
	if left := slices.DeleteFunc(slices.Clone(all), drop); len(left) > 0 {
		return left
	}
	return all
}

// readManifest reads a manifest or an index, and compares it with its descriptor.
func readManifest(ctx context.Context, be backend, d v1.Descriptor, limits Limits) ([]byte, error) {
	return readVerified(d, limits.Manifest, "manifest", func() (blob, error) {
		if b, ok := inline(d); ok {
			return b, nil
		}
		return be.manifest(ctx, d)
	})
}

// isAttestation reports whether something is an attestation, which BuildKit stores
// beside an image.
func isAttestation(d v1.Descriptor) bool {
	if d.Annotations[attestationKey] != "" {
		return true
	}
	return d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
}

// annotatedNames returns the names in the annotations of a descriptor.
func annotatedNames(annotations map[string]string) []string {
	var names []string
	for _, key := range []string{containerdNameKey, refNameKey} {
		if name := annotations[key]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// choose returns the one candidate that is wanted. Where platforms matter, platformOf
// reads them.
func choose(ctx context.Context, all []candidate, want selection, platform *v1.Platform, platformOf func(context.Context, candidate) (v1.Platform, error)) (candidate, error) {
	named, err := matchName(all, want)
	if err != nil {
		return candidate{}, err
	}
	if len(named) == 1 && (platform == nil || named[0].desc.Platform == nil) {
		return named[0], nil
	}
	if groups := nameGroups(named); len(groups) > 1 && !want.isUnique() {
		return candidate{}, ambiguous(groups)
	}
	fit, platforms := matchPlatform(ctx, named, platform, platformOf)
	switch {
	case ctx.Err() != nil:
		return candidate{}, ctx.Err()
	case len(fit) == 0:
		wanted := defaultPlatform()
		if platform != nil {
			wanted = *platform
		}
		return candidate{}, explainf(because(ErrNotFound), "no image for %s: there are %s", wanted, list(platforms))
	case len(fit) == 1 || inOneIndex(fit):
		return fit[0], nil
	}
	return candidate{}, ambiguous(digests(fit))
}

// isUnique reports whether the images that fit can only differ by platform, because
// they have the same full name, or are in the index with that digest.
func (s selection) isUnique() bool { return s.digest != (v1.Hash{}) || isFullName(s.tag) }

func ambiguous(names []string) error {
	return explainf(because(ErrAmbiguous), "holds several images, name one of %s", list(names))
}

// matchName returns the candidates that fit the name or digest best.
func matchName(all []candidate, want selection) ([]candidate, error) {
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

// rank returns how well a candidate fits; 0 for not at all.
func (c candidate) rank(want selection) int {
	if want.digest != (v1.Hash{}) && c.desc.Digest != want.digest && !slices.Contains(c.indexes, want.digest) {
		return 0
	}
	if want.tag == "" {
		return 1
	}
	return nameRank(want.tag, c.names)
}

// nameGroups returns what to call the images, each name once. Images with one name, or
// of one index, differ by platform only. The images of a layout that have no name at
// all are assumed to do so, too.
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

// label is what to call a candidate in a message.
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

// matchPlatform returns the candidates that fit best, and the platforms of all.
func matchPlatform(ctx context.Context, all []candidate, platform *v1.Platform, platformOf func(context.Context, candidate) (v1.Platform, error)) (fit []candidate, platforms []string) {
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

// inOneIndex reports whether the candidates are alternatives: all in one index, which
// is not a layout's own. That one lists independent images.
func inOneIndex(fit []candidate) bool {
	return fit[0].parent != (v1.Hash{}) &&
		!slices.ContainsFunc(fit, func(c candidate) bool { return c.parent != fit[0].parent })
}

// platformRank returns how well have fits want; 0 for not at all. If want has no
// variant, any will do.
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
	// Best is the newest variant up to the usual one, then the lowest above it.
	w, h := variantNumber(want.Variant), variantNumber(have.Variant)
	if h <= w {
		return 500 + min(h, 100)
	}
	return max(1, 100-h)
}

// variant returns the variant of a platform, or else the usual one of its architecture.
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

// annotations are those of a descriptor or an index, and in outer of what leads to it.
// The images of an index share the outer ones, since there may be many of both.
type annotations struct {
	own   map[string]string
	outer *annotations
}

// with returns the annotations of something below a, which has its own.
func (a *annotations) with(own map[string]string) *annotations {
	if len(own) == 0 {
		return a
	}
	return &annotations{own: own, outer: a}
}

// mergeAnnotations merges the annotations of a manifest and of all ways to it. The
// nearest to the manifest counts.
func mergeAnnotations(own map[string]string, ways []*annotations) map[string]string {
	var out map[string]string
	add := func(entries map[string]string) {
		for key, value := range entries {
			if out == nil {
				out = map[string]string{}
			}
			if _, ok := out[key]; !ok {
				out[key] = value
			}
		}
	}
	add(own)
	seen := map[*annotations]bool{}
	for _, a := range ways {
		for ; a != nil && !seen[a]; a = a.outer {
			seen[a] = true
			add(a.own)
		}
	}
	return out
}
