package ancestry

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stemma-go/stemma/layers/history"
)

// containerdName is the annotation in which containerd keeps an image's name.
const containerdName = "io.containerd.image.name"

// Labels are inherited: a child's configuration has all that its ancestors set and
// it did not overwrite. Only a LABEL step in the history tells whose a label is.
// So labels are read from the steps, and speak for the image to which the step belongs.
// What stands in the configuration alone is of whoever could set labels without a step.

// references returns the names under which the image was asked for, and those under
// which it is stored. A reference by digest is proved if that is the manifest's digest.
func references(q *Query) ([]Claim, error) {
	var claims []Claim
	add := func(n Name, says, where string) {
		e := Evidence{Kind: KindReference, Confidence: Recorded, Says: says + n.String(), Where: where}
		if n.Digest != (v1.Hash{}) && n.Digest == q.Hints.Digest {
			e.Confidence = Proved
			e.Says += ", and has that digest"
		} else {
			n.Digest = v1.Hash{} // of an index, or not known to be this image's
		}
		claims = append(claims, Claim{Start: max(0, len(q.Steps)-1), Earlier: true, End: len(q.Steps), Name: n, Evidence: e})
	}
	if n, ok := referenceName(q.Hints.Reference); ok {
		add(n, "asked for as ", "reference")
	}
	for _, tag := range q.Hints.Tags {
		if n, ok := ParseName(tag); ok {
			add(n, "stored as ", "tags")
		}
	}
	for _, key := range [...]string{containerdName, specs.AnnotationRefName} {
		value := q.Hints.Annotations[key]
		if key == specs.AnnotationRefName && !strings.ContainsAny(value, "/:") {
			continue // a tag alone
		}
		if n, ok := ParseName(value); ok && len(n.Tags) > 0 {
			n.Digest = v1.Hash{}
			add(n, "stored as ", "annotation "+key)
		}
	}
	return claims, nil
}

// referenceName reads a reference as a user writes it; where a file is named there
// is no name. docker:24 and registry:2 are images.
func referenceName(ref string) (Name, bool) {
	for _, scheme := range [...]string{"docker-archive:", "oci:", "oci-archive:"} {
		if strings.HasPrefix(ref, scheme) {
			return Name{}, false
		}
	}
	if n, ok := ParseName(ref); ok {
		return n, true
	}
	for _, scheme := range [...]string{"docker:", "registry:"} {
		if rest, ok := strings.CutPrefix(ref, scheme); ok {
			return ParseName(strings.TrimPrefix(rest, "//"))
		}
	}
	return Name{}, false
}

// labelsOf returns the labels that a step sets. rockcraft and umoci record theirs in
// commands of their own; only their keys are returned.
func labelsOf(s history.Step) map[string]string {
	var set map[string]string
	add := func(pair string) {
		if set == nil {
			set = map[string]string{}
		}
		k, v, _ := strings.Cut(pair, "=")
		set[k] = v
	}
	for _, p := range s.Instruction.Labels() {
		add(p)
	}
	if s.Instruction.Builder == history.BuilderUmoci {
		for _, text := range strings.Split(s.CreatedBy, "--config.label ")[1:] {
			k, _, _ := strings.Cut(text, "=")
			add(k)
		}
	}
	return set
}

// unexplained returns the labels of the configuration that no step set.
func (q *Query) unexplained() map[string]string {
	rest := maps.Clone(q.Config.Config.Labels)
	if len(rest) == 0 {
		return nil
	}
	for _, s := range q.Steps {
		for k := range labelsOf(s) {
			delete(rest, k)
		}
	}
	return rest
}

// baseNames reads org.opencontainers.image.base.name and base.digest, of LABEL steps,
// of labels that no step set, and of the manifest's annotations. They name the image
// below the one that set them.
func baseNames(q *Query) ([]Claim, error) {
	var claims []Claim
	last := len(q.Steps) - 1
	if last < 0 {
		return nil, nil
	}
	add := func(set map[string]string, kind Kind, most Confidence, at int, later bool) {
		if n, ok := baseName(set); ok {
			claims = append(claims, Claim{
				Start: at, End: at + 1, Earlier: true, Later: later, Parent: n,
				Evidence: Evidence{Kind: kind, Confidence: most, Says: "base name " + n.String(), Name: set[specs.AnnotationBaseImageName], Where: fmt.Sprintf("%s %s", kind, specs.AnnotationBaseImageName)},
			})
		}
	}
	add(q.Hints.Annotations, KindAnnotation, Recorded, last, false)
	for i, s := range q.Steps {
		add(labelsOf(s), KindLabel, Recorded, i, true)
	}
	rest := q.unexplained()
	for i := last; i >= 0; i-- {
		if appender(q.Steps[i]) != "" { // it sets labels without a step
			add(rest, KindLabel, Recorded, i, true)
			return claims, nil
		}
	}
	if most := max(Inferred, q.unexplainedGrade()); most > Unknown {
		// Somebody set them, and who it was is not known.
		add(rest, KindLabel, most, last, false)
	}
	return claims, nil
}

func baseName(set map[string]string) (Name, bool) {
	n, ok := ParseName(set[specs.AnnotationBaseImageName])
	if !ok {
		return Name{}, false
	}
	if h, err := v1.NewHash(set[specs.AnnotationBaseImageDigest]); err == nil && n.Digest == (v1.Hash{}) {
		n.Digest = h
	}
	return n, true
}

// ownNames reads the names that images give themselves by org.opencontainers.image.ref.name,
// and by org.opencontainers.image.version.
func ownNames(q *Query) ([]Claim, error) {
	var claims []Claim
	claim := func(set map[string]string, most Confidence, start, end int, open bool) {
		if n, ok := refName(set); ok {
			claims = append(claims, Claim{
				Start: start, End: end, Earlier: open, Later: open, Name: n,
				Evidence: Evidence{Kind: KindLabel, Confidence: most, Says: "is named " + n.String(), Where: "label " + specs.AnnotationRefName},
			})
		}
	}
	set, first := map[string]string{}, 0
	for i, s := range q.Steps {
		// One map for the steps between two layers, or to the end of a Dockerfile. The
		// first layer of a root parts nothing: there was no image before it.
		k := s.Instruction.Keyword
		if s.Layer > 0 || k == "CMD" || k == "ENTRYPOINT" {
			claim(set, Recorded, first, first+1, true)
			set = map[string]string{}
		}
		for k, v := range labelsOf(s) {
			if len(set) == 0 {
				first = i
			}
			set[k] = v
		}
	}
	claim(set, Recorded, first, min(first+1, len(q.Steps)), true)
	if most := q.unexplainedGrade(); most > Unknown && len(q.Steps) > 0 {
		claim(q.unexplained(), most, 0, len(q.Steps), false)
	}
	return claims[max(0, len(claims)-maxLabelClaims):], nil
}

// maxLabelClaims is how many names in labels are looked at, the youngest: no image has so
// many ancestors, and each name is compared with all others.
const maxLabelClaims = 200

// refName reads ref.name, which the specification gives to an index's
// annotations and Ubuntu, among others, to labels: a repository, with version as
// its tag, or a whole reference.
func refName(set map[string]string) (Name, bool) {
	value := set[specs.AnnotationRefName]
	n, ok := ParseName(value)
	if !ok || n.Repository == "latest" || n.Repository[0] >= '0' && n.Repository[0] <= '9' && !strings.ContainsAny(value, "/:") {
		return Name{}, false // a tag alone
	}
	if v := set[specs.AnnotationVersion]; len(n.Tags) == 0 && validTag(v) {
		n.Tags = []string{v}
	}
	return n, true
}

// unexplainedGrade returns how sure it is that labels which no step explains are
// those of the whole image. Docker records every LABEL and --label,
// BuildKit every LABEL: where their steps do not have it, it may be inherited from
// an image whose end was not found. Buildah does not record --label. Builders
// without Dockerfiles record no labels at all; but where several were at work, or
// nothing says who was, one of them has built on the image of another.
func (q *Query) unexplainedGrade() Confidence {
	most := Recorded
	for i, s := range q.Steps {
		builder := s.Instruction.Builder
		switch {
		case builder != q.Steps[0].Instruction.Builder:
			return Unknown
		case s.Instruction.Keyword == "" && i > 0 && !known(builder):
			most = Inferred
		case s.Instruction.Keyword == "":
		case s.Instruction.Builder == history.BuilderBuildah:
			most = Inferred
		default:
			return Unknown
		}
	}
	return most
}

// compact drops empty and invalid tags, and repeated ones.
func compact(tags ...string) []string {
	var out []string
	seen := map[string]bool{}
	for _, t := range tags {
		if validTag(t) && !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// labelLifecycle is where the buildpacks' lifecycle keeps what it needs for the
// next build, as JSON.
const labelLifecycle = "io.buildpacks.lifecycle.metadata"

// maxLifecycle is the size in bytes beyond which the label is not read: it lists
// every layer, and has some ten KB.
const maxLifecycle = 4 << 20

// lifecycle is the part of the label that tells the base.
type lifecycle struct {
	RunImage struct {
		TopLayer  string `json:"topLayer"`  // diffID of the run image's uppermost layer
		Reference string `json:"reference"` // name@digest, or an ID
		Image     string `json:"image"`     // since platform API 0.12
	} `json:"runImage"`
	Stack struct {
		RunImage struct {
			Image string `json:"image"`
		} `json:"runImage"`
	} `json:"stack"`
}

// buildpacks reads where the run image ends and what it is called. The label is of
// the image that the lifecycle exported; a Dockerfile that is built on that inherits
// it, and it is then still true of the run image.
func buildpacks(q *Query) ([]Claim, error) {
	raw := q.Config.Config.Labels[labelLifecycle]
	if raw == "" {
		return nil, nil
	}
	if len(raw) > maxLifecycle {
		return nil, fmt.Errorf("label %s: larger than %d bytes", labelLifecycle, maxLifecycle)
	}
	var meta lifecycle
	if err := json.Unmarshal([]byte(raw), &meta); err != nil {
		return nil, fmt.Errorf("label %s: %w", labelLifecycle, err)
	}
	end, ok := topLayer(q, meta.RunImage.TopLayer)
	if !ok {
		return nil, nil
	}
	name := runImage(meta)
	says := "the run image ends here"
	if name.Repository != "" {
		says = "the run image is " + name.String()
	}
	return []Claim{{
		Start: history.None, End: end, Name: name,
		Evidence: Evidence{
			Kind: KindLabel, Confidence: Recorded,
			Says: says, Where: "label " + labelLifecycle,
		},
	}}, nil
}

// topLayer returns the step after the one that made the layer with a diffID. If
// several layers have it, none is the one.
func topLayer(q *Query, diffID string) (int, bool) {
	want, err := v1.NewHash(diffID)
	if err != nil {
		return 0, false
	}
	layer := history.None
	for i, d := range q.Config.RootFS.DiffIDs {
		if d != want {
			continue
		}
		if layer != history.None {
			return 0, false
		}
		layer = i
	}
	for _, s := range q.Steps {
		if s.Layer == layer && layer != history.None {
			return s.Index + 1, true
		}
	}
	return 0, false
}

// runImage puts the name together: the tag is where the build asked for it, the
// digest where it found it.
func runImage(meta lifecycle) Name {
	var n Name
	for _, s := range [...]string{meta.RunImage.Image, meta.Stack.RunImage.Image, meta.RunImage.Reference} {
		p, ok := ParseName(s)
		switch {
		case !ok:
		case n.Repository == "":
			n = p
		case n.Digest == (v1.Hash{}) && n.Repository == p.Repository:
			n.Digest = p.Digest
		}
	}
	return n
}
