package publishers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// Microsoft's ImageBuilder writes what it built into image-info files, which dotnet/versions
// keeps: github.com/dotnet/docker-tools, src/ImageBuilder/Models/Image. Layers are listed
// from the top down, with the digests of the manifest. Until 2024 they were strings.
const (
	dotnetInfo  = "build-info/docker/image-info.dotnet-dotnet-docker-main.json"
	dotnetFiles = "dotnet/dotnet-docker"
	microsoft   = "mcr.microsoft.com/"
)

type imageInfo struct {
	Repos []struct {
		Repo   string
		Images []struct {
			Manifest  struct{ SharedTags []string }
			Platforms []platformInfo
		}
	}
}

type platformInfo struct {
	SimpleTags      []string
	Digest          string // repository@digest of the platform's manifest
	BaseImageDigest string // repository@digest
	OSType          string
	Architecture    string
	Created         time.Time
	CommitURL       string // of the Dockerfile
	Layers          []layerInfo
}

// A layerInfo is a digest, or an object that has one.
type layerInfo string

func (l *layerInfo) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(l))
	}
	var x struct{ Digest string }
	err := json.Unmarshal(b, &x)
	*l = layerInfo(x.Digest)
	return err
}

// A fact is that tags pointed to an image: comparable.
type fact struct {
	repository, tags   string
	commit, path, arch string
	digest, base       string // "" if not known
	layers             string // bottom first
	created            data.Day
}

// readDotnet reads every revision of .NET's image-info file.
func readDotnet(ctx context.Context, j *Job) error {
	revisions, err := j.versions(ctx, func(p string) bool { return p == dotnetInfo }, dotnetInfo)
	if err != nil {
		return err
	}
	source, err := git.Open(ctx, j.clone(dotnetFiles))
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	d := &dotnet{Job: j, source: source, failed: map[string]error{}, images: map[string]bool{}}
	now, before := map[fact]data.Day{}, ""
	for _, r := range revisions {
		added, gone, err := j.delta(before, now, j.blob(r.blob))
		if err != nil { // what the revision before says goes on
			j.unread(fmt.Sprintf("%.12s", r.commit), err)
			continue
		}
		before = r.blob
		for _, f := range gone {
			d.add(f, now[f], r.from)
			delete(now, f)
		}
		for _, f := range added {
			now[f] = r.from
		}
	}
	for _, f := range sorted(now) {
		d.add(f, now[f], data.Ongoing)
	}
	return nil
}

func sorted(facts map[fact]data.Day) []fact {
	return slices.SortedFunc(maps.Keys(facts), func(a, b fact) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

var errURL = errors.New("not the address of a Dockerfile")

// parseImageInfo returns what one revision says of images for Linux.
func parseImageInfo(text []byte) (map[fact]bool, error) {
	var info imageInfo
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, err
	}
	facts := map[fact]bool{}
	for _, repo := range info.Repos {
		for _, img := range repo.Images {
			for _, p := range img.Platforms {
				if p.OSType != "" && p.OSType != "Linux" {
					continue
				}
				f, err := p.fact()
				if err != nil {
					return nil, err
				}
				f.repository = microsoft + repo.Repo
				f.tags = strings.Join(slices.Concat(p.SimpleTags, img.Manifest.SharedTags), " ")
				facts[f] = true
			}
		}
	}
	return facts, nil
}

// bashbrewArch are the names that catalogues have for ImageBuilder's architectures.
var bashbrewArch = map[string]string{"amd64": "amd64", "arm64": "arm64v8", "arm32": "arm32v7", "arm": "arm32v7"}

func (p platformInfo) fact() (fact, error) {
	f := fact{arch: bashbrewArch[p.Architecture], base: p.BaseImageDigest, created: data.DayOf(p.Created)}
	_, f.digest, _ = strings.Cut(p.Digest, "@")
	u, err := url.Parse(p.CommitURL)
	if err != nil {
		return f, fmt.Errorf("%w: %.80q", errURL, p.CommitURL)
	}
	_, file, ok := strings.Cut(u.Path, "/blob/") // /owner/name/blob/COMMIT/PATH
	f.commit, f.path, _ = strings.Cut(file, "/")
	if !ok || len(f.commit) != 40 || f.path == "" {
		return f, fmt.Errorf("%w: %.80q", errURL, p.CommitURL)
	}
	var layers []string
	for _, l := range slices.Backward(p.Layers) {
		layers = append(layers, string(l))
	}
	f.layers = strings.Join(layers, " ")
	return f, nil
}

// dotnet adds facts to the catalogue.
type dotnet struct {
	*Job
	source *git.Objects
	failed map[string]error
	images map[string]bool // by digest of the manifest
}

// add adds the recipe of a fact, its layers, and those of its base.
func (d *dotnet) add(f fact, from, to data.Day) {
	a := build.Addition{
		Repository: f.repository, Tags: strings.Fields(f.tags), Origin: "github.com/" + dotnetFiles, Commit: f.commit, Path: f.path,
		From: from, To: to,
	}
	if f.arch != "" {
		a.Architectures = []string{f.arch}
	}
	m, err := d.dockerfile(f)
	if err == nil {
		a.Digest = m.digest
		d.report.Recipes++
	}
	d.b.Add(a) // tags and days count in either case
	if f.layers == "" || !d.opts.Since.IsZero() && f.created < data.DayOf(d.opts.Since) {
		return
	}
	layers, ok := hashes(f.layers)
	if !ok {
		d.unread(f.digest, errors.New("digests that are none"))
		return
	}
	whole := &build.Digest{From: "scratch", Image: data.Image{Blobs: layers}}
	whole.Image.Manifest, _ = v1.NewHash(f.digest)
	d.b.Add(build.Addition{Repository: f.repository, Tags: a.Tags, Digest: whole, Architectures: a.Architectures, From: from, To: to})
	if !d.images[f.digest] {
		d.images[f.digest] = true
		d.report.Images++
	}
	if err == nil {
		d.addBase(f, m, layers)
	}
}

// addBase adds the image that FROM names, if it is another publisher's, and public: what is
// below the layers of the Dockerfile, one layer, as the roots of distributions have.
func (d *dotnet) addBase(f fact, m made, layers []v1.Hash) {
	n, ok := ancestry.ParseName(m.digest.From)
	public := !strings.HasPrefix(n.Repository, microsoft+"dotnet/") && !strings.Contains(n.Repository, ".azurecr.io/")
	if !ok || len(n.Tags) == 0 || m.layers < 0 || len(layers)-m.layers != 1 || !public {
		return
	}
	d.b.Add(build.Addition{
		Repository: n.Repository, Tags: n.Tags, Digest: &build.Digest{From: "scratch", Image: data.Image{Blobs: layers[:1]}},
		From: f.created, To: f.created,
	})
}

// dockerfile evaluates the Dockerfile of a fact, once for each that differs.
func (d *dotnet) dockerfile(f fact) (made, error) {
	name := f.commit + ":" + f.path
	if err := d.failed[name]; err != nil {
		return made{}, err
	}
	b := &blob{job: d.Job, repository: dotnetFiles, objects: d.source, hash: d.kept.Blobs[name]}
	var err error
	if b.hash == "" {
		b.hash = name
		if b.text, err = b.read(); err == nil {
			b.hash, b.text, err = d.source.Blob(name)
			d.kept.Blobs[name], d.kept.fresh = b.hash, true
		}
	}
	var m made
	if err == nil {
		platform := map[string]string{"amd64": "linux/amd64", "arm64v8": "linux/arm64", "arm32v7": "linux/arm/v7"}[f.arch]
		m, err = d.evaluate(b, dockerfile.Options{Platform: platform})
	}
	if err != nil {
		d.failed[name] = err
		d.unread(name, err)
		return made{}, err
	}
	return m, nil
}

func hashes(list string) ([]v1.Hash, bool) {
	var out []v1.Hash
	for s := range strings.FieldsSeq(list) {
		h, err := v1.NewHash(s)
		if err != nil {
			return nil, false
		}
		out = append(out, h)
	}
	return out, true
}
