package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/package-url/packageurl-go"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// An Image is how a bill of materials names an image: the one that is reported on, or
// an ancestor. All is fit to be printed.
type Image struct {
	Name    string // never empty
	Version string // a tag or a digest, "" if neither is known
	PURL    string // "" if the name is not known, or is that of a tie between repositories
	Digest  v1.Hash
	// Known is false where nothing tells which image it is, and Name is made up.
	Known bool
}

// String returns name:version, or name@digest.
func (im Image) String() string {
	switch {
	case im.Version == "":
		return im.Name
	case im.Version == im.Digest.String():
		return im.Name + "@" + im.Version
	}
	return im.Name + ":" + im.Version
}

// Whole names the image that is reported on: as its place or the image itself records it,
// or else by the reference under which it was asked for, which may be a path, or else by
// what its youngest ancestor is taken for.
func Whole(r *report.Report) Image {
	recorded, ok := recordedName(r)
	if !ok {
		recorded, ok = ancestry.ParseName(r.Reference)
		// Without a tag or a digest, it may as well be a directory.
		ok = ok && (len(recorded.Tags) > 0 || recorded.Digest != (v1.Hash{}))
	}
	switch {
	case ok:
		if d := digest(r.Digest); d != (v1.Hash{}) {
			recorded.Digest = d
		}
		return named(recorded, platform(r).Architecture)
	case Text(r.Reference) != "":
		return byDigest(Text(r.Reference), r, true)
	case len(r.Ancestors) > 0 && Ancestor(r, 0).Known:
		return Ancestor(r, 0)
	}
	return byDigest(unknown(r, 0), r, false)
}

// recordedName is the name of the youngest ancestor, if more speaks for it than a recipe:
// whoever builds by another's recipe has an image of his own.
func recordedName(r *report.Report) (ancestry.Name, bool) {
	if len(r.Ancestors) == 0 {
		return ancestry.Name{}, false
	}
	a := r.Ancestors[0]
	n := ancestry.Name{Repository: a.Repository, Tags: a.Tags, Digest: digest(a.Digest)}
	return n, a.Repository != "" && a.Confidence >= ancestry.Recorded && len(a.Ties) == 0
}

// byDigest names the image by something that is no image's name, such as a path.
func byDigest(name string, r *report.Report, known bool) Image {
	im := Image{Name: name, Digest: digest(r.Digest), Known: known}
	if im.Digest != (v1.Hash{}) {
		im.Version = im.Digest.String()
	}
	return im
}

// digest is zero for what is no digest.
func digest(h v1.Hash) v1.Hash {
	if _, err := v1.NewHash(h.String()); err != nil {
		return v1.Hash{}
	}
	return h
}

// Ancestor names an ancestor of the report.
func Ancestor(r *report.Report, i int) Image {
	a := r.Ancestors[i]
	if a.Repository == "" || a.Confidence == ancestry.Unknown {
		return Image{Name: unknown(r, i)}
	}
	n := ancestry.Name{Repository: a.Repository, Tags: a.Tags, Digest: digest(a.Digest)}
	if len(a.Ties) == 0 {
		return named(n, "")
	}
	im := named(ancestry.Name{Repository: n.Repository}, "") // which of the tags it is, nobody knows
	for _, t := range a.Ties {
		if t.Repository != n.Repository {
			im.PURL = ""
		}
	}
	return im
}

// Donor names an image that files were copied from.
func Donor(d report.Donor) Image {
	if d.Name.Repository == "" {
		return Image{Name: "unknown-image"}
	}
	return named(ancestry.Name{Repository: d.Name.Repository, Tags: d.Name.Tags, Digest: digest(d.Name.Digest)}, "")
}

// DonorSays says what an image has of a donor, a fact each.
func DonorSays(d report.Donor) []string {
	says := []string{"confidence of the name: " + d.Confidence.String()}
	if d.Indirect {
		says = append(says, "the image has only what the build made of its files")
	}
	if d.Version != "" {
		says = append(says, Text("version of what was copied: "+d.Version))
	}
	if d.Stage != "" {
		says = append(says, Text("copied out of the stage "+d.Stage+" that is built on it"))
	}
	for _, s := range d.Steps {
		says = append(says, fmt.Sprintf("copied by step %d", s))
	}
	for _, p := range d.Paths {
		says = append(says, Text("copied to "+p))
	}
	return says
}

// unknown makes up a name for an image of which none is known. Viewers take components of
// one name for one, also those of different documents. So it is made of what the image is:
// all its layers, or else all its steps, and the number of steps.
func unknown(r *report.Report, i int) string {
	if i >= len(r.Ancestors) {
		return "unknown-image"
	}
	a := r.Ancestors[i]
	h := sha256.New()
	for l := range a.Layers.To {
		d := DiffID(r, l)
		if d == "" {
			h.Reset()
			for _, s := range r.Steps()[:min(max(0, a.Steps.To), len(r.Steps()))] {
				fmt.Fprintf(h, "%s %d:%s,", Time(s.Created), len(s.CreatedBy), s.CreatedBy)
			}
			break
		}
		fmt.Fprintf(h, "%s,", d)
	}
	fmt.Fprint(h, a.Steps.To)
	return "unknown-image-" + hex.EncodeToString(h.Sum(nil)[:6])
}

func named(n ancestry.Name, arch string) Image {
	im := Image{Name: Text(n.Repository), PURL: ImagePURL(n, arch), Digest: n.Digest, Known: true}
	switch {
	case len(n.Tags) > 0:
		im.Version = Text(n.Tags[0])
	case n.Digest != (v1.Hash{}):
		im.Version = n.Digest.String()
	}
	return im
}

// ImagePURL returns the package URL of an image, "" for what has no valid name. Where the
// digest is known it is of the type oci, whose version is the digest; else of the type
// docker, whose version may be a tag.
func ImagePURL(n ancestry.Name, arch string) string {
	ref, err := reference.ParseNormalizedNamed(n.Repository)
	if err != nil || !reference.IsNameOnly(ref) {
		return ""
	}
	if n.Digest != (v1.Hash{}) {
		q := packageurl.Qualifiers{{Key: "repository_url", Value: ref.Name()}}
		if len(n.Tags) > 0 {
			q = append(q, packageurl.Qualifier{Key: "tag", Value: n.Tags[0]})
		}
		if arch != "" {
			q = append(q, packageurl.Qualifier{Key: "arch", Value: arch})
		}
		return purl("oci", "", path.Base(ref.Name()), n.Digest.String(), q)
	}
	version := ""
	if len(n.Tags) > 0 {
		version = n.Tags[0]
	}
	var q packageurl.Qualifiers
	if host := reference.Domain(ref); host != "docker.io" {
		q = packageurl.Qualifiers{{Key: "repository_url", Value: host}}
	}
	namespace := strings.TrimPrefix(path.Dir(reference.Path(ref)), ".")
	if len(q) == 0 && namespace == "library" {
		namespace = "" // as the purl specification's example pkg:docker/cassandra@latest
	}
	return purl("docker", namespace, path.Base(ref.Name()), version, q)
}

func purl(kind, namespace, name, version string, q packageurl.Qualifiers) string {
	p := packageurl.NewPackageURL(kind, namespace, name, version, q, "")
	if p.Normalize() != nil {
		return ""
	}
	return p.ToString()
}

// platform is zero where it is not known.
func platform(r *report.Report) v1.Platform {
	if r.Index == nil || r.Index.Config == nil {
		return v1.Platform{}
	}
	c := r.Index.Config
	return v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}
}

// Platform returns os/architecture[/variant], "" if that is not known.
func Platform(r *report.Report) string { return Text(platform(r).String()) }

// Distro returns the operating system of the finished image, and the ancestor that says
// so: the youngest that says anything. -1 if none does.
func Distro(r *report.Report) (ancestry.Distro, int) {
	for i, a := range r.Ancestors {
		if a.Distro.ID != "" {
			return a.Distro, i
		}
	}
	return ancestry.Distro{}, -1
}
