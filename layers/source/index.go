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
)

// Bounds on nested indexes. Real ones nest once.
const (
	maxIndexDepth = 8
	maxIndexes    = 1000
)

// Annotations of descriptors that name the image, or tell that it is none.
const (
	refNameKey        = "org.opencontainers.image.ref.name"
	containerdNameKey = "io.containerd.image.name"
	attestationKey    = "vnd.docker.reference.type"
)

// candidate is an image that an index offers.
type candidate struct {
	desc    v1.Descriptor
	parent  v1.Hash   // the index it is in; zero for a layout's own
	indexes []v1.Hash // all indexes that lead to it, outermost first
	names   []string  // as the layout's index.json annotates them
	notes   *notes    // its annotations, and those of what leads to it
	others  []*notes  // of the further ways to it
}

// walker collects the images of an index and of those nested in it.
type walker struct {
	be      backend
	limits  Limits
	visited map[v1.Hash]bool        // indexes
	again   map[v1.Hash][]candidate // the further ways to an index
	seen    int                     // descriptors
	found   []candidate
	known   map[v1.Hash]int // found, by digest
	lost    error           // why something the first time was passed over
}

// walk collects the images of the index raw, whose digest is zero for a
// layout's own index.json. What is missing or broken is passed over as long as
// an image is found: a layout need not hold all that its index names.
func walk(ctx context.Context, be backend, raw []byte, digest v1.Hash, limits Limits) ([]candidate, error) {
	w := &walker{be: be, limits: limits, visited: map[v1.Hash]bool{}, again: map[v1.Hash][]candidate{}, known: map[v1.Hash]int{}}
	top := candidate{parent: digest}
	if digest != (v1.Hash{}) {
		top.indexes = []v1.Hash{digest}
	}
	if err := w.index(ctx, raw, top, 0); err != nil {
		return nil, err
	}
	if err := w.settle(); err != nil {
		return nil, err
	}
	switch {
	case len(w.found) > 0:
		return withoutArtifacts(w.found), nil
	case w.lost != nil:
		return nil, fmt.Errorf("no image of the index can be read: %w", w.lost)
	}
	return nil, explainf(because(ErrNotImage), "not an image: the index holds none")
}

// index takes the descriptors of one index. The candidate has what the way to it
// has told.
func (w *walker) index(ctx context.Context, raw []byte, way candidate, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	idx, err := parseIndex(raw)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if idx.broken != nil {
		w.pass(fmt.Errorf("index: %w", idx.broken))
	}
	if w.seen += idx.count; w.seen > w.limits.Images {
		return explainf(because(ErrLimit), "the index has more than %d descriptors", w.limits.Images)
	}
	way.notes = way.notes.nearer(idx.annotations)
	for _, d := range idx.descriptors {
		if err := w.descriptor(ctx, d, way, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) descriptor(ctx context.Context, d v1.Descriptor, way candidate, depth int) error {
	c := candidate{
		desc:    d,
		parent:  way.parent,
		indexes: way.indexes,
		names:   way.names,
		notes:   way.notes.nearer(d.Annotations),
	}
	// By the OCI's specification these mean something in a layout's index.json only.
	if way.parent == (v1.Hash{}) {
		c.names = annotatedNames(d.Annotations)
	}
	switch {
	case isAttestation(d):
	case d.MediaType.IsIndex():
		return w.nested(ctx, d, c, depth)
	case d.MediaType.IsSchema1():
		w.pass(explainf(because(ErrNotImage), "manifest %s: of schema version 1, which is no longer in use", d.Digest))
	case d.MediaType.IsImage() || d.MediaType == "":
		w.add(c)
	default:
		w.pass(explainf(because(ErrNotImage), "manifest %s: of type %s, not an image", d.Digest, d.MediaType))
	}
	return nil
}

func (w *walker) nested(ctx context.Context, d v1.Descriptor, way candidate, depth int) error {
	if w.visited[d.Digest] {
		w.again[d.Digest] = append(w.again[d.Digest], way)
		return nil
	}
	w.visited[d.Digest] = true
	if depth == maxIndexDepth || len(w.visited) > maxIndexes {
		return explainf(because(ErrLimit), "the index nests others more than %d deep, or more than %d of them", maxIndexDepth, maxIndexes)
	}
	raw, err := readManifest(ctx, w.be, d, w.limits)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrLimit) {
			return err
		}
		w.pass(err)
		return nil
	}
	way.parent = d.Digest
	way.indexes = append(way.indexes[:len(way.indexes):len(way.indexes)], d.Digest)
	if err := w.index(ctx, raw, way, depth+1); errors.Is(err, ErrLimit) || ctx.Err() != nil {
		return err
	} else if err != nil {
		w.pass(err)
	}
	return nil
}

// add keeps an image, once under all its names.
func (w *walker) add(c candidate) {
	n, ok := w.known[c.desc.Digest]
	if !ok {
		w.known[c.desc.Digest] = len(w.found)
		w.found = append(w.found, c)
		return
	}
	first := &w.found[n]
	first.names = slices.Concat(first.names, c.names)
	first.indexes = slices.Concat(first.indexes, c.indexes)
	first.others = append(first.others, c.notes)
}

// settle tells the images of an index of the further ways to it: one that is
// listed under two names has both.
func (w *walker) settle() error {
	if len(w.again) == 0 {
		return nil
	}
	told := 0
	for n := range w.found {
		c := &w.found[n]
		indexes, done := slices.Clone(c.indexes), map[v1.Hash]bool{}
		names := slices.Clone(c.names)
		for i := 0; i < len(indexes); i++ {
			if done[indexes[i]] {
				continue
			}
			done[indexes[i]] = true
			for _, way := range w.again[indexes[i]] {
				if told++; told > w.limits.names() {
					return explainf(because(ErrLimit), "the index leads to its images in more than %d ways", w.limits.names())
				}
				names = append(names, way.names...)
				indexes = append(indexes, way.indexes...)
				c.others = append(c.others, way.notes)
			}
		}
		c.names, c.indexes = names, indexes
	}
	return nil
}

// withoutArtifacts leaves out what the index says is no image, such as a signature,
// as long as an image is left.
func withoutArtifacts(all []candidate) []candidate {
	isArtifact := func(c candidate) bool {
		t := types.MediaType(c.desc.ArtifactType)
		return t != "" && !t.IsConfig()
	}
	if images := slices.DeleteFunc(slices.Clone(all), isArtifact); len(images) > 0 {
		return images
	}
	return all
}

func (w *walker) pass(err error) {
	if w.lost == nil {
		w.lost = err
	}
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

// isAttestation tells what BuildKit stores beside an image about its build.
func isAttestation(d v1.Descriptor) bool {
	if d.Annotations[attestationKey] != "" {
		return true
	}
	return d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
}

func annotatedNames(annotations map[string]string) []string {
	var names []string
	for _, key := range []string{containerdNameKey, refNameKey} {
		if name := annotations[key]; name != "" {
			names = append(names, name)
		}
	}
	return names
}

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

// notes are the annotations of a descriptor or an index, and of those that lead to
// it. The images of an index share the latter: it may hold many of both.
type notes struct {
	own map[string]string
	far *notes
}

// nearer gives the notes of what has annotations of its own.
func (n *notes) nearer(own map[string]string) *notes {
	if len(own) == 0 {
		return n
	}
	return &notes{own: own, far: n}
}

// gather puts the annotations of a manifest and of all ways to it together, the
// nearer going before.
func gather(own map[string]string, ways []*notes) map[string]string {
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
	seen := map[*notes]bool{}
	for _, n := range ways {
		for ; n != nil && !seen[n]; n = n.far {
			seen[n] = true
			add(n.own)
		}
	}
	return out
}
