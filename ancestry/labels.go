package ancestry

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/history"
)

// Keys of the OCI image specification's annotations, which are used as labels too.
const (
	labelRefName    = "org.opencontainers.image.ref.name"
	labelTitle      = "org.opencontainers.image.title"
	labelVersion    = "org.opencontainers.image.version"
	labelVendor     = "org.opencontainers.image.vendor"
	labelURL        = "org.opencontainers.image.url"
	labelSource     = "org.opencontainers.image.source"
	labelBaseName   = "org.opencontainers.image.base.name"
	labelBaseDigest = "org.opencontainers.image.base.digest"
	containerdName  = "io.containerd.image.name"
)

// Labels are inherited: a child's configuration has all that its ancestors set and
// it did not overwrite. Only a LABEL step in the history tells whose a label is.
// So labels are read from the steps, and speak for the ancestor whose step set
// them. What stands in the configuration alone speaks for an ancestor only if
// there is just one: see unexplainedGrade.
//
// An ancestor whose parent's end was not found has the parent's labels among its
// own. So its name is surely its own only if no layer follows, and the lowest
// base.name is that of the image below it.

// own returns the labels that an ancestor's steps set, oldest first: one map for
// the steps between two layers, in which the last word counts. The first layer of a
// root parts nothing: there was no image before it.
func own(q *Query, span Span) []map[string]string {
	sets := []map[string]string{{}}
	rootless := span.From == 0
	for _, s := range q.Steps[span.From:span.To] {
		switch {
		case s.Layer == history.None:
		case rootless:
			rootless = false
		default:
			sets = append(sets, map[string]string{})
		}
		for _, p := range s.Instruction.Labels() {
			k, v, _ := strings.Cut(p, "=")
			sets[len(sets)-1][k] = v
		}
	}
	return sets
}

// ownName returns the name that an ancestor's labels give to it.
func ownName(sets []map[string]string) []candidate {
	most := Recorded
	for _, set := range slices.Backward(sets) {
		if c := named(set, most); len(c) > 0 {
			return c
		}
		most = Inferred // a parent may have ended below
	}
	return nil
}

// unexplained returns the labels of the configuration that no step set.
func unexplained(q *Query) map[string]string {
	rest := map[string]string{}
	maps.Copy(rest, q.Config.Config.Labels)
	for _, s := range q.Steps {
		for _, p := range s.Instruction.Labels() {
			k, _, _ := strings.Cut(p, "=")
			delete(rest, k)
		}
		// umoci and rockcraft record theirs in commands of their own.
		if s.Instruction.Builder == history.BuilderUmoci {
			for _, text := range strings.Split(s.CreatedBy, "--config.label ")[1:] {
				k, _, _ := strings.Cut(text, "=")
				delete(rest, k)
			}
		}
	}
	return rest
}

// hearBase reads base.name and base.digest, set by ancestor i: the image right
// below it. A name is no surer than the place it is pinned to, and that is where
// ancestor i begins. A root that says what it is is not named so: then it is not the
// image that is meant, whose end was not found.
func hearBase(q *Query, out []Ancestor, say func(int, ...candidate), i int, set map[string]string, kind Kind, most Confidence) {
	n, ok := ParseName(set[labelBaseName])
	if !ok {
		return
	}
	if h, err := v1.NewHash(set[labelBaseDigest]); err == nil && n.Digest == (v1.Hash{}) {
		n.Digest = h
	}
	e := Evidence{
		Kind: kind, Confidence: most, Says: "base name " + n.String(),
		Where: fmt.Sprintf("%s %s", kind, labelBaseName),
	}
	if i == 0 || i == 1 && out[1].Boundary <= Inferred && anotherRoot(q, out[0], n) {
		e.Says += "; where that ends is not known"
		e.Confidence = min(most, Inferred)
		out[i].Evidence = append(out[i].Evidence, e)
		return
	}
	e.Confidence = min(most, out[i].Boundary)
	say(i-1, candidate{Name: n, Evidence: e, rank: 1})
}

// anotherRoot reports whether the root's steps say that it is a distribution's own,
// and n is neither a distribution's image nor a copy of that.
func anotherRoot(q *Query, root Ancestor, n Name) bool {
	c, _, ok := rootOf(q.Steps)
	return ok && c.End == root.Steps.To && c.Name.Repository != "" &&
		!isDistroRepository(n.Repository) && path.Base(n.Repository) != path.Base(c.Name.Repository)
}

// hearLabels reads the labels of every ancestor's own steps, and those that no
// step explains.
func hearLabels(q *Query, out []Ancestor, say func(int, ...candidate)) {
	top := len(out) - 1
	for i, a := range out {
		sets := own(q, a.Steps)
		say(i, ownName(sets)...)
		for _, set := range sets {
			if set[labelBaseName] != "" {
				hearBase(q, out, say, i, set, KindLabel, Recorded)
				break
			}
		}
	}
	rest := unexplained(q)
	if top == 0 {
		if most := unexplainedGrade(q); most > Unknown {
			say(0, named(rest, most)...)
			hearBase(q, out, say, 0, rest, KindLabel, most)
		}
		return
	}
	// Somebody set them, and who it was is not known.
	hearBase(q, out, say, top, rest, KindLabel, Inferred)
	for _, c := range named(rest, Inferred) {
		if i := vendorSpan(q, out, c.Name); i != history.None {
			say(i, c)
		}
	}
}

// unexplainedGrade returns how sure it is that labels which no step explains are
// those of the one ancestor that there is. Docker records every LABEL and --label,
// BuildKit every LABEL: where their steps do not have it, it may be inherited from
// an image whose end was not found. Buildah does not record --label. Builders
// without Dockerfiles record no labels at all; but where several were at work, or
// nothing says who was, one of them has built on the image of another.
func unexplainedGrade(q *Query) Confidence {
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

// named returns the name that a set of labels gives to the image that set them.
func named(set map[string]string, most Confidence) []candidate {
	for _, knows := range [...]func(map[string]string) (Name, string, bool){redHat, bitnami, chainguard, refName} {
		n, key, ok := knows(set)
		if !ok {
			continue
		}
		return []candidate{{Name: n, rank: 1, Evidence: Evidence{
			Kind: KindLabel, Confidence: most, Says: "is named " + n.String(), Where: "label " + key,
		}}}
	}
	return nil
}

// refName reads ref.name, which the specification gives to an index's
// annotations and Ubuntu, among others, to labels: a repository, with version as
// its tag, or a whole reference.
func refName(set map[string]string) (Name, string, bool) {
	value := set[labelRefName]
	n, ok := ParseName(value)
	if !ok || n.Repository == "latest" || n.Repository[0] >= '0' && n.Repository[0] <= '9' && !strings.ContainsAny(value, "/:") {
		return Name{}, "", false // a tag alone
	}
	if v := set[labelVersion]; len(n.Tags) == 0 && validTag(v) {
		n.Tags = []string{v}
	}
	return n, labelRefName, true
}

// compact drops empty and invalid tags, and repeated ones.
func compact(tags ...string) []string {
	var out []string
	for _, t := range tags {
		if validTag(t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
