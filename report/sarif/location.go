package sarif

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/distribution/reference"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// physical returns where a finding is mended; without a Dockerfile, the image's name. found
// is false if the step should be in the Dockerfile and is not known there.
func (w *writer) physical(f report.Finding) (at *sarif.PhysicalLocation, found bool) {
	if w.dockerfile == nil {
		// GitHub wants a file's path: no scheme, no colon, and no registry's port. There is
		// no such file, and GitHub shows the name alone.
		return place(sarif.NewSimpleArtifactLocation(escapePath(w.path())), ancestry.Lines{First: 1, Last: 1, End: 1}), true
	}
	lines, found := w.lines(f)
	if lines == (ancestry.Lines{}) {
		lines = ancestry.Lines{First: 1, Last: 1, End: 1}
	}
	return place(w.artifact(), lines), found
}

// lines are those in the Dockerfile: of the step; of the FROM that names the base, for
// what comes from that or another base mends; of the last stage's FROM, for what is about
// the image as a whole, and where the step is not known.
func (w *writer) lines(f report.Finding) (at ancestry.Lines, found bool) {
	d := w.dockerfile
	if f.Inherited() && f.Ancestor > 0 {
		if at = d.Step(f.Step); at == (ancestry.Lines{}) {
			at = d.Base()
		}
		return at, true
	}
	if f.By > report.OwnSteps && f.Bytes == 0 && w.isFirst(f) {
		return d.Base(), true
	}
	if f.Step >= 0 && len(f.Undecided) == 0 {
		if at = d.Step(f.Step); at != (ancestry.Lines{}) {
			return at, true
		}
	}
	if n := len(d.From); n > 0 {
		at = d.From[n-1]
	}
	return at, f.Step < 0 || len(f.Undecided) > 0
}

// isFirst reports whether a finding blames the first of an ancestor's steps, as one about
// the ancestor as a whole does.
func (w *writer) isFirst(f report.Finding) bool {
	return f.Ancestor >= 0 && f.Ancestor < len(w.r.Ancestors) && f.Step == w.r.Ancestors[f.Ancestor].Steps.From
}

// stages returns the FROM of the stages that stand on the base, for what comes from it.
func (w *writer) stages(f report.Finding) []*sarif.Location {
	related := []*sarif.Location{}
	if w.dockerfile == nil || len(w.dockerfile.From) < 2 || !f.Inherited() {
		return related
	}
	for i, l := range w.dockerfile.From[1:] {
		if i == maxLocations {
			break
		}
		related = append(related, sarif.NewLocation().WithID(i+1).WithPhysicalLocation(place(w.artifact(), l)).
			WithMessage(sarif.NewTextMessage(fmt.Sprintf("The stage at line %d", l.First))))
	}
	return related
}

// artifact is the Dockerfile. GitHub makes a file: URI relative to its checkout.
func (w *writer) artifact() *sarif.ArtifactLocation {
	p := path.Clean(strings.ReplaceAll(w.dockerfile.Path, `\`, "/"))
	if path.IsAbs(p) {
		return sarif.NewSimpleArtifactLocation("file://" + escapePath(p))
	}
	return sarif.NewSimpleArtifactLocation(escapePath(p)).WithURIBaseID("%SRCROOT%")
}

func place(a *sarif.ArtifactLocation, l ancestry.Lines) *sarif.PhysicalLocation {
	return sarif.NewPhysicalLocation().WithArtifactLocation(a).
		WithRegion(sarif.NewRegion().WithStartLine(l.First).WithStartColumn(1).WithEndLine(l.Last).WithEndColumn(l.End))
}

// logicals says in which layers and files a finding is.
func (w *writer) logicals(f report.Finding) []*sarif.LogicalLocation {
	paths := f.Items
	if strings.HasPrefix(f.Subject, "/") {
		paths = append([]string{f.Subject}, paths...)
	}
	var all []*sarif.LogicalLocation
	for _, p := range paths {
		if strings.HasPrefix(p, "/") && len(all) < maxLocations {
			all = append(all, w.logical(f.Layer, p))
		}
	}
	if all == nil {
		all = append(all, w.logical(f.Layer, ""))
	}
	return all
}

// logical is image@layer:/path, as far as it is known.
func (w *writer) logical(layer int, file string) *sarif.LogicalLocation {
	name := w.image
	l := sarif.NewLogicalLocation().WithKind("resource")
	if layer >= 0 {
		name += fmt.Sprintf("@%d", layer)
	}
	if file != "" {
		file = clean("/"+strings.TrimPrefix(file, "/"), maxText)
		name += ":" + file
		l.WithName(file)
	}
	return l.WithFullyQualifiedName(name)
}

// name is the image's name for people.
func (w *writer) name() string {
	if w.r.Reference == "" {
		return "the image"
	}
	return w.r.Reference
}

// path is the image's repository without its registry, as a path.
func (w *writer) path() string {
	host, rest, ok := strings.Cut(w.image, "/")
	if ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		return rest
	}
	return w.image
}

// repository is a reference without what a rebuild changes, its tag and digest: as people
// write it, with the registry if that is another than Docker Hub. Of a file it is the
// path's last element.
func repository(ref string) string {
	scheme, rest, ok := strings.Cut(ref, ":")
	onDisk := strings.HasPrefix(ref, "/") || strings.HasPrefix(ref, ".") || strings.HasSuffix(ref, ".tar")
	if ok {
		switch scheme {
		case "docker-archive", "oci", "oci-archive":
			onDisk, ref = true, rest
		case "docker", "registry":
			ref = rest
		}
	}
	if !onDisk {
		if named, err := reference.ParseNormalizedNamed(ref); err == nil {
			return words.Clip(reference.FamiliarName(named), maxName)
		}
	}
	ref, _, _ = strings.Cut(ref, "@")
	base := path.Base(strings.ReplaceAll(ref, `\`, "/"))
	base, _, _ = strings.Cut(base, ":")
	base = clean(base, maxName)
	if strings.Trim(base, "./ ") == "" {
		return "image"
	}
	return base
}

// escapePath escapes everything in a path that a URI gives a meaning to, the colon too.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
	}
	return strings.Join(parts, "/")
}
