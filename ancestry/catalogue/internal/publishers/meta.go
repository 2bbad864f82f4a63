package publishers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// docker-library/meta keeps in builds.json every build of today's official images, one for
// each architecture: the digest of its manifest, its tags, and the digests of what it was
// built on (docker-library/meta-scripts, builds.go). It changes many times a day and has tens of
// megabytes: the last revision of each day is read, and the file only by who asks for it.
const (
	metaBuilds = "builds.json"
	maxBuilds  = 256 << 20 // bytes
)

// A metaBuild is a build, as far as it is read. Until the end of 2023 Resolved was an object of a
// manifest and an index; since then it is an index, with attestations among its manifests.
type metaBuild struct {
	Build struct {
		Arch            string
		Resolved        metaImage
		Parents         map[string]string // name, digest of the manifest
		ResolvedParents map[string]metaImage
	}
	Source struct {
		Arches map[string]struct{ Tags []string }
	}
}

type metaImage struct {
	Manifest, Index *struct {
		Ref  string
		Desc metaDescriptor
	}
	Manifests   []metaDescriptor
	Annotations map[string]string
}

type metaDescriptor struct {
	Digest      string
	Annotations map[string]string
}

// manifest returns the digest of the image's manifest.
func (m metaImage) manifest() string {
	if m.Manifest != nil {
		return m.Manifest.Desc.Digest
	}
	for _, d := range m.Manifests {
		if d.Annotations["vnd.docker.reference.type"] == "" {
			return d.Digest
		}
	}
	return ""
}

// index returns the digest of the index of all platforms, "" if there is none.
func (m metaImage) index() string {
	if m.Index != nil {
		return m.Index.Desc.Digest
	}
	_, digest, _ := strings.Cut(m.Annotations["org.opencontainers.image.ref.name"], "@")
	return digest
}

// A pointer is a fact: that a tag pointed to a digest, of an architecture or, of an index,
// of all. It is comparable.
type pointer struct{ repository, tag, arch, digest string }

// parseMeta returns what one revision of builds.json says.
func parseMeta(text []byte) (map[pointer]bool, error) {
	var builds map[string]metaBuild
	if err := json.Unmarshal(text, &builds); err != nil {
		return nil, err
	}
	out := map[pointer]bool{}
	add := func(reference, arch, digest string) {
		n, ok := ancestry.ParseName(plainName(reference))
		if _, err := v1.NewHash(digest); ok && err == nil && len(n.Tags) > 0 {
			out[pointer{n.Repository, n.Tags[0], arch, digest}] = true
		}
	}
	for _, b := range builds {
		arch := b.Build.Arch
		if strings.HasPrefix(arch, "windows") {
			continue
		}
		for _, tag := range b.Source.Arches[arch].Tags {
			add(tag, arch, b.Build.Resolved.manifest()) // its index is of the build servers' own
		}
		for parent, digest := range b.Build.Parents {
			add(parent, arch, digest)
		}
		for parent, img := range b.Build.ResolvedParents {
			if !strings.HasPrefix(img.ref(), "oisupport/") {
				add(parent, "", img.index())
			}
		}
	}
	return out, nil
}

// ref is the name under which the image was found.
func (m metaImage) ref() string {
	if m.Manifest != nil {
		return m.Manifest.Ref
	}
	return m.Annotations["org.opencontainers.image.ref.name"]
}

// readMeta adds what tags pointed to, by digests alone.
func readMeta(ctx context.Context, j *Job) error {
	all, err := j.versions(ctx, func(p string) bool { return p == metaBuilds }, metaBuilds)
	if err != nil {
		return err
	}
	since := data.Undated + 1
	if !j.opts.Since.IsZero() {
		since = data.DayOf(j.opts.Since)
	}
	p := pointers{Job: j, now: map[pointer]data.Day{}, digests: map[string]bool{}}
	for _, v := range all {
		if v.from == v.to || v.to < since {
			continue // not the last of its day
		}
		var facts map[pointer]bool
		_, text, err := j.objects.BlobUpTo(v.blob, maxBuilds)
		if err == nil {
			facts, err = parseMeta(text)
		}
		if err != nil { // what the revision before says goes on
			j.unread(fmt.Sprintf("%.12s", v.commit), err)
			continue
		}
		p.revise(facts, v.from)
	}
	p.revise(nil, data.Ongoing)
	return nil
}

// pointers are the facts of revisions, one after the other.
type pointers struct {
	*Job
	now     map[pointer]data.Day // since when
	digests map[string]bool
}

// revise adds what ends on a day, and notes what begins.
func (p *pointers) revise(facts map[pointer]bool, day data.Day) {
	var ended []pointer
	for x := range p.now {
		if !facts[x] {
			ended = append(ended, x)
		}
	}
	slices.SortFunc(ended, func(a, b pointer) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, x := range ended {
		p.add(x, p.now[x], day)
		delete(p.now, x)
	}
	for x := range facts {
		if _, ok := p.now[x]; !ok {
			p.now[x] = day
		}
	}
}

// add adds a tag of an image of which nothing but a digest is known.
func (p *pointers) add(x pointer, from, to data.Day) {
	h, err := v1.NewHash(x.digest)
	if err != nil {
		return
	}
	a := build.Addition{
		Repository: x.repository, Tags: []string{x.tag}, Digest: &build.Digest{From: "scratch", Image: data.Image{Manifest: h}}, From: from, To: to,
	}
	if x.arch != "" {
		a.Architectures = []string{x.arch}
	}
	p.b.Add(a)
	if !p.digests[x.digest] {
		p.digests[x.digest] = true
		p.report.Images++
	}
}
