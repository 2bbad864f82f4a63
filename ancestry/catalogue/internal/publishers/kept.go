package publishers

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
)

// kept is what a cache has of one publisher: what was read of his files. Those are not read
// again, and need not be there: a clone without files (git clone --filter=blob:none) will do.
type kept struct {
	Targets map[string]bool      // by blob: it asks for its platform
	Made    map[string]keptMade  // by blob and options
	Blobs   map[string]string    // "commit:path" to blob
	Deltas  map[string]keptDelta // by the blobs of two revisions of an image-info file
	Unread  map[Object]bool      // what was not there the last time
	fresh   bool
}

type keptMade struct {
	Digest *build.Digest
	Layers int
	Values map[string]string
	Err    string // why it is no Dockerfile
}

// A keptDelta is what a revision says that the one before did not, and the reverse: facts
// in the order of their text.
type keptDelta struct {
	Added, Gone []string
	Err         string // why it says nothing
}

// load returns what is kept of the publisher.
func (j *Job) load() {
	k := &kept{}
	if !j.cache.Load(j.Repository, k) {
		k = &kept{}
	}
	if k.Targets == nil {
		k.Targets = map[string]bool{}
	}
	if k.Made == nil {
		k.Made = map[string]keptMade{}
	}
	if k.Blobs == nil {
		k.Blobs = map[string]string{}
	}
	if k.Deltas == nil {
		k.Deltas = map[string]keptDelta{}
	}
	if k.Unread == nil {
		k.Unread = map[Object]bool{}
	}
	j.kept, j.lacks = k, map[Object]bool{}
}

// save keeps what was read, and what was not there: it is not asked for again.
func (j *Job) save() error {
	if !maps.Equal(j.kept.Unread, j.lacks) {
		j.kept.Unread, j.kept.fresh = j.lacks, true
	}
	if !j.kept.fresh {
		return nil
	}
	return j.cache.Save(j.Repository, j.kept)
}

// An Object is a file's content that a clone does not have.
type Object struct {
	Repository string // owner/name
	Name       string // a hash, or "commit:path"
}

// A blob is a file's content, read when somebody asks for it.
type blob struct {
	job        *Job
	repository string
	objects    *git.Objects
	hash       string
	text       []byte
}

// blob is one of the publisher's own files.
func (j *Job) blob(hash string) *blob {
	return &blob{job: j, repository: j.Repository, objects: j.objects, hash: hash}
}

func (b *blob) read() ([]byte, error) {
	if b.text != nil {
		return b.text, nil
	}
	var err error
	_, b.text, err = b.objects.Blob(b.hash)
	if errors.Is(err, git.ErrMissing) {
		b.job.lacks[Object{b.repository, b.hash}] = true
	} else if err != nil {
		b.job.broken = err
	}
	return b.text, err
}

// targets reports whether a Dockerfile asks for its platform.
func (j *Job) targets(b *blob) (bool, error) {
	if t, ok := j.kept.Targets[b.hash]; ok {
		return t, nil
	}
	text, err := b.read()
	if err != nil {
		return false, err
	}
	t := bytes.Contains(text, []byte("TARGET"))
	j.kept.Targets[b.hash], j.kept.fresh = t, true
	return t, nil
}

// evaluate evaluates a Dockerfile, or takes what was made of it before.
func (j *Job) evaluate(b *blob, opts dockerfile.Options) (made, error) {
	key := fmt.Sprintf("%s %v %v %v %s", b.hash, opts.Args, opts.Varies, opts.Inherited, opts.Platform)
	if k, ok := j.kept.Made[key]; ok {
		m := made{digest: k.Digest, layers: k.Layers, values: maps.Clone(k.Values)}
		if k.Err != "" {
			return made{}, errors.New(k.Err)
		}
		return m, nil
	}
	text, err := b.read()
	if err != nil {
		return made{}, err
	}
	m, err := evaluate(text, opts)
	k := keptMade{Digest: m.digest, Layers: m.layers, Values: maps.Clone(m.values)}
	if err != nil {
		k.Err = err.Error()
	}
	j.kept.Made[key], j.kept.fresh = k, true
	return m, err
}

// delta returns what a revision of an image-info file changes of the facts that the one before,
// with the given hash, says.
func (j *Job) delta(before string, now map[fact]data.Day, b *blob) (added, gone []fact, err error) {
	key := before + " " + b.hash
	k, ok := j.kept.Deltas[key]
	if !ok {
		text, err := b.read()
		if err != nil {
			return nil, nil, err
		}
		facts, err := parseImageInfo(text)
		if err != nil {
			k.Err = err.Error()
		} else {
			k.Added, k.Gone = difference(facts, now), difference(now, facts)
		}
		j.kept.Deltas[key], j.kept.fresh = k, true
	}
	if k.Err != "" {
		return nil, nil, errors.New(k.Err)
	}
	return unpackFacts(k.Added), unpackFacts(k.Gone), nil
}

// difference returns the facts of one set that are not in another, packed and sorted.
func difference[A, B any](these map[fact]A, those map[fact]B) []string {
	var out []string
	for f := range these {
		if _, ok := those[f]; !ok {
			out = append(out, f.pack())
		}
	}
	slices.Sort(out)
	return out
}

func (f fact) pack() string {
	return strings.Join([]string{f.repository, f.tags, f.commit, f.path, f.arch, f.digest, f.base, f.layers, fmt.Sprint(int(f.created))}, "\x00")
}

func unpackFacts(list []string) []fact {
	out := make([]fact, len(list))
	for i, s := range list {
		w := strings.SplitN(s, "\x00", 9)
		f := &out[i]
		if len(w) != 9 {
			continue
		}
		f.repository, f.tags, f.commit, f.path, f.arch, f.digest, f.base, f.layers = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
		var day int
		_, _ = fmt.Sscan(w[8], &day)
		f.created = data.Day(day)
	}
	return out
}
