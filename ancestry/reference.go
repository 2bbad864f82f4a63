package ancestry

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// hearImage collects what the image calls its ancestors; out is oldest first.
func hearImage(q *Query, out []Ancestor, heard [][]candidate, rank int) {
	top := len(out) - 1
	say := func(i int, cs ...candidate) {
		for _, c := range cs {
			if c.Name.valid() {
				c.rank += 2 * rank
				heard[i] = append(heard[i], c)
			}
		}
	}
	say(top, hearReference(q)...)
	say(top, hearAnnotations(q)...)
	hearBase(q, out, say, top, q.Hints.Annotations, KindAnnotation, Recorded)
	hearLabels(q, out, say)
	say(0, hearDistro(q, out[0], top == 0)...)
}

// hearReference returns the names under which the image was asked for. A
// reference by digest is proved if that is the manifest's digest.
func hearReference(q *Query) []candidate {
	var out []candidate
	for i, ref := range append([]string{q.Hints.Reference}, q.Hints.Tags...) {
		parse := ParseName
		if i == 0 {
			parse = referenceName
		}
		n, ok := parse(ref)
		if !ok {
			continue
		}
		e := Evidence{Kind: KindReference, Confidence: Recorded, Says: "asked for as " + n.String(), Where: "reference"}
		if i > 0 {
			e.Says, e.Where = "stored as "+n.String(), "tags"
		}
		proved := n.Digest != (v1.Hash{}) && n.Digest == q.Hints.Digest
		if proved {
			e.Confidence = Proved
			e.Says += ", and has that digest"
		} else {
			n.Digest = v1.Hash{} // of an index, or not known to be this image's
		}
		out = append(out, candidate{Name: n, Evidence: e, loose: !proved})
	}
	return out
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

// hearAnnotations returns the names in the annotations of the manifest and of its
// descriptor: containerd's, and ref.name where it is more than a tag.
func hearAnnotations(q *Query) []candidate {
	var out []candidate
	for _, key := range [...]string{containerdName, labelRefName} {
		value := q.Hints.Annotations[key]
		if key == labelRefName && !strings.ContainsAny(value, "/:") {
			continue
		}
		n, ok := ParseName(value)
		if !ok || len(n.Tags) == 0 {
			continue
		}
		out = append(out, candidate{Name: n, loose: true, Evidence: Evidence{
			Kind: KindReference, Confidence: Recorded, Says: "stored as " + n.String(), Where: "annotation " + key,
		}})
	}
	return out
}
