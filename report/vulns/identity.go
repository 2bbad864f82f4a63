package vulns

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/report"
)

// ErrOtherImage is the error of [Join] where a report is of another image, or of none.
// Options.OtherImage joins it nevertheless.
var ErrOtherImage = errors.New("the scanner's report is of another image")

// An identity is what a report says of the image that it is of. All of it may be unknown.
type identity struct {
	kind, name   string // "container_image", "filesystem"; what the scanner was asked for
	config       *v1.ConfigFile
	configDigest string
	digests      []string // of manifests, some with a repository and @ before
	tags         []string
	diffIDs      []string // bottom first
	entries      []string // OSV-Scanner: the diffID of each history entry, "" for one without a layer
	blobs        []string // Clair: digests of layers as stored, some of those that there are
}

// isImage reports whether a report is of an image. One that does not say may be.
func (d identity) isImage() bool {
	switch d.kind {
	case "", "image", "container_image", "oci-model", "unknown":
		return true
	}
	return false
}

// compare says why a report is of the image (same), or of another (other). Both are "" where
// nothing can be compared. What says most decides: layers, then digests, then tags. The
// digest of a configuration or a manifest may differ where the layers agree: a label, or
// another compression, changes no package.
func (t *target) compare(d identity) (same, other string) {
	if !d.isImage() {
		return "", fmt.Sprintf("it is of a %s", d.kind)
	}
	if len(d.diffIDs) > 0 && len(t.diffIDs) > 0 {
		if slices.Equal(d.diffIDs, t.diffIDs) {
			return "the same layers", ""
		}
		n := 0
		for n < min(len(d.diffIDs), len(t.diffIDs)) && d.diffIDs[n] == t.diffIDs[n] {
			n++
		}
		return "", fmt.Sprintf("its image has %s, this one %d, and they agree in the first %d", english.Plural(len(d.diffIDs), "layer", ""), len(t.diffIDs), n)
	}
	if same, _ := t.compareDigests(d); same != "" {
		return same, ""
	}
	if len(t.blobs) > 0 && len(d.blobs) > 0 {
		if i := slices.IndexFunc(d.blobs, func(b string) bool { _, ok := t.blobs[b]; return b != "" && !ok }); i >= 0 {
			return "", fmt.Sprintf("this image has no layer %s", clip(d.blobs[i]))
		}
		return "its layers are those of this image", ""
	}
	if d.configDigest != "" && t.configDigest != "" {
		if d.configDigest == t.configDigest {
			return "the same configuration", ""
		}
		return "", fmt.Sprintf("its configuration is %s, not %s", clip(d.configDigest), t.configDigest)
	}
	if _, other := t.compareDigests(d); other != "" {
		return "", other
	}
	if d.config != nil && t.history != nil {
		if slices.Equal(historyOf(d.config), t.history) {
			return "the same history", ""
		}
		return "", "its history is another"
	}
	return t.compareTags(d)
}

func (t *target) compareDigests(d identity) (same, other string) {
	if t.digest == "" {
		return "", ""
	}
	var theirs []string
	for _, s := range d.digests {
		if i := strings.LastIndexByte(s, '@'); i >= 0 {
			s = s[i+1:]
		}
		if s != "" {
			theirs = append(theirs, s)
		}
	}
	switch {
	case len(theirs) == 0:
		return "", ""
	case slices.Contains(theirs, t.digest):
		return "the same digest", ""
	case len(d.diffIDs) > 0 || d.configDigest != "":
		return "", "" // the digest may be that of an index
	}
	return "", fmt.Sprintf("its digest is %s, not %s", clip(theirs[0]), t.digest)
}

func (t *target) compareTags(d identity) (same, other string) {
	ours := plainName(t.reference)
	var theirs []string
	for _, s := range d.tags {
		if s = plainName(s); s != "" {
			theirs = append(theirs, s)
		}
	}
	switch {
	case ours == "" || len(theirs) == 0:
		return "", ""
	case slices.Contains(theirs, ours):
		return "the same name " + ours, ""
	}
	return "", fmt.Sprintf("its name is %s, not %s", clip(theirs[0]), clip(ours))
}

// plainName is a reference with a tag, without what Docker leaves out: "python:3.8" for
// docker.io/library/python:3.8. It is "" for a path, and for a reference with a digest.
func plainName(s string) string {
	for _, scheme := range []string{"docker:", "docker://", "registry:"} {
		s = strings.TrimPrefix(s, scheme)
	}
	s = strings.TrimPrefix(s, "//")
	if s == "" || strings.ContainsAny(s, "@ ") || strings.HasPrefix(s, ".") || strings.HasPrefix(s, "/") || strings.HasSuffix(s, ".tar") || strings.HasPrefix(s, "oci:") {
		return ""
	}
	for _, host := range []string{"index.docker.io/", "docker.io/", "library/"} {
		s = strings.TrimPrefix(s, host)
	}
	if i := strings.LastIndexByte(s, ':'); i < 0 || strings.Contains(s[i:], "/") {
		s += ":latest"
	}
	return s
}

func historyOf(c *v1.ConfigFile) []string {
	list := make([]string, len(c.History))
	for i, h := range c.History {
		list[i] = h.CreatedBy
	}
	return list
}

// A target is what is known of the image that findings are joined to.
type target struct {
	report       *report.Report
	reference    string
	digest       string
	configDigest string
	diffIDs      []string
	blobs        map[string]int // layers by the digest of their blob
	history      []string       // nil if the layers were read: their diffIDs say more
}

func newTarget(r *report.Report, opts *Options) *target {
	t := &target{report: r, reference: r.Reference, digest: hashText(r.Digest), configDigest: hashText(opts.ConfigDigest), blobs: map[string]int{}}
	config := opts.Config
	if r.Index != nil {
		if config == nil {
			config = r.Index.Config
		}
		for _, l := range r.Index.Layers {
			if l.Digest != (v1.Hash{}) {
				t.blobs[l.Digest.String()] = l.Index
			}
		}
	}
	if config != nil {
		for _, h := range config.RootFS.DiffIDs {
			t.diffIDs = append(t.diffIDs, h.String())
		}
		return t
	}
	for _, s := range r.Steps() {
		if !s.Synthetic {
			t.history = append(t.history, s.CreatedBy)
		}
	}
	return t
}

func hashText(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}
