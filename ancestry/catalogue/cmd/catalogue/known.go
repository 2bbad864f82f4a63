package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/moby/sys/atomicwriter"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
)

// known is what registries said until now, kept in a file between runs: JSON, compressed
// by zstd. A registry knows the present tags alone; what they pointed to before, and since
// when, is known from earlier runs.
type known struct {
	Version int                          `json:"version"`
	Looked  time.Time                    `json:"looked"` // when the last run ended
	Images  map[string]*keptImage        `json:"images"` // by manifest digest
	Tags    map[string]map[string][]span `json:"tags"`   // by repository and tag, the oldest span first
	read    int                          // images that this run read
}

// A keptImage is what is wanted of a configuration and a manifest.
type keptImage struct {
	Created time.Time    `json:"created"`
	Env     []string     `json:"env,omitempty"`
	History []v1.History `json:"history,omitempty"`
	DiffIDs []v1.Hash    `json:"diffIDs,omitempty"`
	Blobs   []v1.Hash    `json:"blobs,omitempty"`
	// Verified: the diffIDs were computed from the layers.
	Verified bool `json:"verified,omitempty"`
}

// A span says what a tag pointed to, and when.
type span struct {
	Images []string  `json:"images"`
	From   time.Time `json:"from"` // zero: not known
	To     time.Time `json:"to"`   // zero: it still does
}

const (
	knownVersion = 1
	maxKnown     = 4 << 30 // bytes, decompressed
)

func newKeptImage(cfg *v1.ConfigFile) *keptImage {
	return &keptImage{Created: cfg.Created.Time, Env: cfg.Config.Env, History: cfg.History, DiffIDs: cfg.RootFS.DiffIDs}
}

// loadKnown reads the file; there is nothing in one that is not there yet.
func loadKnown(file string) (*known, error) {
	k := &known{Version: knownVersion, Images: map[string]*keptImage{}, Tags: map[string]map[string][]span{}}
	if file == "" {
		return k, nil
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dec, err := zstd.NewReader(f)
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	if err := json.NewDecoder(io.LimitReader(dec, maxKnown)).Decode(k); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if k.Version != knownVersion {
		return nil, fmt.Errorf("%s: of version %d, and this program reads %d", file, k.Version, knownVersion)
	}
	return k, nil
}

// save writes the file, whole or not at all.
func (k *known) save(file string) error {
	if file == "" {
		return nil
	}
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	return atomicwriter.WriteFile(file, enc.EncodeAll(b, nil), 0o600)
}

// point says what a tag points to now.
func (k *known) point(repository, tag string, images []string, now time.Time) {
	slices.Sort(images)
	if k.Tags[repository] == nil {
		k.Tags[repository] = map[string][]span{}
	}
	spans := k.Tags[repository][tag]
	from := k.since(images, now)
	if n := len(spans); n > 0 && spans[n-1].To.IsZero() {
		last := &spans[n-1]
		if slices.Equal(last.Images, images) {
			return
		}
		// It came between the last look and this one, and not before it was made.
		if from.Before(k.Looked) {
			from = k.Looked
		}
		last.To = from
	}
	if len(images) > 0 {
		spans = append(spans, span{Images: images, From: from})
	}
	if len(spans) > 0 {
		k.Tags[repository][tag] = spans
	}
}

// since returns when images were made, the zero time if that is not known.
func (k *known) since(images []string, now time.Time) time.Time {
	var since time.Time
	for _, d := range images {
		at := k.Images[d].Created
		if at.Year() < 2013 || at.After(now) { // a fixed date
			return time.Time{}
		}
		if at.After(since) {
			since = at
		}
	}
	return since
}

// drop ends the tags of a repository that are not there any more.
func (k *known) drop(repository string, tags []string, now time.Time) {
	for tag, spans := range k.Tags[repository] {
		if n := len(spans); n > 0 && spans[n-1].To.IsZero() && !slices.Contains(tags, tag) {
			spans[n-1].To = now
		}
	}
}

// add adds all images to the catalogue. Those of one digest and the same days are one.
func (k *known) add(b *own.Builder) error {
	type key struct {
		image    string
		from, to time.Time
	}
	var errs []error
	for _, repository := range slices.Sorted(maps.Keys(k.Tags)) {
		tags := map[key][]string{}
		for _, tag := range slices.Sorted(maps.Keys(k.Tags[repository])) {
			for _, s := range k.Tags[repository][tag] {
				for _, d := range s.Images {
					at := key{d, s.From, s.To}
					tags[at] = append(tags[at], tag)
				}
			}
		}
		keys := slices.SortedFunc(maps.Keys(tags), func(a, b key) int {
			if c := a.from.Compare(b.from); c != 0 {
				return c
			}
			return strings.Compare(a.image+a.to.String(), b.image+b.to.String())
		})
		for _, at := range keys {
			errs = append(errs, k.addImage(b, repository, tags[at], at.image, at.from, at.to))
		}
	}
	return errors.Join(errs...)
}

func (k *known) addImage(b *own.Builder, repository string, tags []string, digest string, from, to time.Time) error {
	img, n := k.Images[digest], ancestry.Name{}
	for _, t := range tags {
		one, ok := ancestry.ParseName(repository + ":" + t)
		if !ok {
			return fmt.Errorf("%q is no name of an image", repository+":"+t)
		}
		n.Repository, n.Tags = one.Repository, append(n.Tags, one.Tags...)
	}
	h, err := v1.NewHash(digest)
	if err != nil || img == nil {
		return fmt.Errorf("%s: %q is not kept", repository, digest)
	}
	n.Digest = h
	cfg := &v1.ConfigFile{History: img.History, RootFS: v1.RootFS{Type: "layers", DiffIDs: img.DiffIDs}, Config: v1.Config{Env: img.Env}}
	return b.AddImage(own.Image{Name: n, Config: cfg, Verified: img.Verified, Digests: img.Blobs, From: from, To: to})
}
