package artifact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/layers/source"
)

// Genealogy is where the project's workflow publishes the genealogy of the Docker Official
// Images every week.
const Genealogy = "ghcr.io/stemma-go/genealogy:" + FormatVersion

// Options say how to fetch. nil and the zero value are the defaults.
type Options struct {
	// Dir is the directory in which catalogues are kept; "" is stemma/catalogues below
	// [os.UserCacheDir].
	Dir string
	// Offline asks nobody: what is kept is used, or it is an error.
	Offline bool
	// Fresh is for how long what was fetched is used without asking whether there is a
	// newer one. The default asks each time.
	Fresh time.Duration
	// Verify decides whether the artifact is to be trusted, by its signature, say. It gets
	// the artifact by its digest, registry.example.com/bases@sha256:…, before the file
	// is fetched, and its error refuses it. nil trusts the registry.
	Verify func(ctx context.Context, artifact string) error
	// MaxSize is how many bytes the files may have together; the default is 64 MiB. The
	// genealogy has some 12 MB.
	MaxSize int64
	// Timeout limits all of it, waiting for another process included; the default is
	// five minutes.
	Timeout time.Duration
	// Registry has credentials, transport and the like.
	Registry source.Options
}

const (
	defaultMaxSize = 64 << 20
	defaultTimeout = 5 * time.Minute
)

// maxAge is how old a catalogue may be before it has to be said.
const maxAge = 30 * 24 * time.Hour

// A Fetched is a catalogue that was fetched, now or before.
type Fetched struct {
	Catalogue *catalogue.Catalogue
	// Reference is what was asked for, Digest that of the artifact's manifest.
	Reference string
	Digest    v1.Hash
	// Day is that of the catalogue's newest fact, Source what it was made from, Size the
	// bytes of its file.
	Day    time.Time
	Source string
	Size   int64
	// Checked is when the registry was last asked.
	Checked time.Time
	// NotUpdated says why this is not what the registry has now; nil if it is, or if the
	// registry was not to be asked.
	NotUpdated error
	// NotKept says why it could not be kept in the cache directory; nil if it is kept.
	NotKept error
	// File is the catalogue file.
	File []byte
	// Parts are the further catalogues of the artifact, by name. Catalogue, Day, Source and
	// Size are of the main one alone.
	Parts []Part

	mainAlone bool // kept by a program that knew no parts: whether there are some is not known
}

// All returns the main catalogue and the parts, joined.
func (f *Fetched) All() *catalogue.Catalogue {
	all := []*catalogue.Catalogue{f.Catalogue}
	for _, p := range f.Parts {
		all = append(all, p.Catalogue)
	}
	return catalogue.Join(all...)
}

// Age says how old the catalogue is, in words, and whether that is more than 30 days ago.
func (f *Fetched) Age(now time.Time) (say string, old bool) {
	age := now.Sub(f.Day)
	return fmt.Sprintf("the catalogue is of %s, %d days ago", f.Day.Format(time.DateOnly), max(0, int(age.Hours()/24))), age > maxAge
}

// ErrNotKept is the error of an offline [Fetch] where nothing is kept. What is kept and
// damaged is another error.
var ErrNotKept = errors.New("no copy of it is kept, and the registry was not to be asked")

// Fetch returns the newest catalogue that ref names: that of the registry, or, where the
// registry gives none, the one that is kept. ref is a repository with a tag, a digest or
// both. One with a digest that is kept takes no request. See the package documentation for
// what is trusted, and for what happens when something fails.
func Fetch(ctx context.Context, ref string, opts *Options) (*Fetched, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	o.MaxSize, o.Timeout = cmp.Or(max(o.MaxSize, 0), defaultMaxSize), cmp.Or(o.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	s, unusable := openStore(o.Dir, ref, o.MaxSize, !o.Offline)
	defer s.close()
	kept, lost := s.load(o.Verify != nil)
	if o.Offline {
		switch {
		case kept != nil:
			return kept, nil
		case lost != nil:
			return nil, fmt.Errorf("%s: what is kept of it cannot be used: %w", ref, lost)
		case unusable != nil && !errors.Is(unusable, fs.ErrNotExist):
			return nil, fmt.Errorf("%s: what is kept of it cannot be used: %w", ref, unusable)
		}
		return nil, fmt.Errorf("%s: %w", ref, ErrNotKept)
	}
	start := time.Now()
	if kept != nil && !kept.mainAlone && (pinned(ref) || start.Sub(kept.Checked) < o.Fresh) {
		return kept, nil
	}
	if unusable == nil {
		unusable = s.lock(ctx)
	}
	if again, _ := s.load(o.Verify != nil); again != nil {
		if kept = again; !again.mainAlone && !again.Checked.Before(start) {
			return again, nil // another process fetched it meanwhile
		}
	}
	got, err := download(ctx, ref, kept, s, &o)
	switch {
	case err != nil && kept == nil:
		return nil, err
	case err != nil:
		kept.NotUpdated = err
		return kept, nil
	}
	if got.NotKept = unusable; unusable == nil {
		got.NotKept = s.keep(got, o.Verify != nil)
	}
	return got, nil
}

// pinned reports whether a reference has a digest.
func pinned(ref string) bool { return strings.Contains(ref, "@") }

// download gets the catalogue from its registry, but for files that are kept.
func download(ctx context.Context, ref string, kept *Fetched, s *store, o *Options) (*Fetched, error) {
	a, err := source.OpenArtifact(ctx, ref, &o.Registry)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	got := &Fetched{Reference: ref, Digest: a.Digest, Checked: time.Now()}
	if a.Manifest == nil {
		return nil, fmt.Errorf("%s: %w: it is an index", ref, ErrNoCatalogue)
	}
	main, parts, names, err := filesOf(a.Manifest)
	if err == nil && o.Verify != nil {
		err = o.Verify(ctx, repository(ref)+"@"+a.Digest.String())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	if kept != nil && !kept.mainAlone && kept.Digest == a.Digest {
		got.Catalogue, got.File, got.Parts = kept.Catalogue, kept.File, kept.Parts
	} else {
		g := getter{a, s, o.MaxSize}
		if got.File, got.Catalogue, err = g.get(ctx, main); err != nil {
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
		for i, d := range parts {
			p := Part{Name: names[i]}
			if p.File, p.Catalogue, err = g.get(ctx, d); err == nil {
				err = check(d.Annotations, d.Size, p.Catalogue)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", ref, p.Name, err)
			}
			got.Parts = append(got.Parts, p)
		}
	}
	got.describe()
	if err := check(a.Manifest.Annotations, got.Size, got.Catalogue); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	if err := got.notOlder(kept); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return got, nil
}

// notOlder returns an error if one of the catalogues is older than the one that is kept.
func (f *Fetched) notOlder(kept *Fetched) error {
	if kept == nil {
		return nil
	}
	if f.Day.Before(kept.Day) {
		return fmt.Errorf("the registry has a catalogue of %s, which is older than the one that is kept", f.Day.Format(time.DateOnly))
	}
	for _, p := range f.Parts {
		i := slices.IndexFunc(kept.Parts, func(k Part) bool { return k.Name == p.Name })
		if day := p.Catalogue.Day(); i >= 0 && day.Before(kept.Parts[i].Catalogue.Day()) {
			return fmt.Errorf("the registry has %s of %s, which is older than the one that is kept", p.Name, day.Format(time.DateOnly))
		}
	}
	return nil
}

// A getter gets the files of an artifact.
type getter struct {
	a    *source.Artifact
	s    *store
	left int64 // bytes that they may still have
}

// get returns a file and opens it. One that is kept, with the same digest, takes no request.
func (g *getter) get(ctx context.Context, d v1.Descriptor) (file []byte, c *catalogue.Catalogue, err error) {
	if file, err = g.s.file(d.Digest); err != nil || int64(len(file)) > g.left {
		if file, err = g.a.Blob(ctx, d, g.left); err != nil {
			return nil, nil, err
		}
	}
	g.left -= int64(len(file))
	c, err = open(file)
	return file, c, err
}

// describe says what the file says of itself.
func (f *Fetched) describe() {
	f.Day, f.Source, f.Size = f.Catalogue.Day(), f.Catalogue.Source(), int64(len(f.File))
}

// repository returns a reference without tag and digest.
func repository(ref string) string {
	ref, _, _ = strings.Cut(strings.TrimPrefix(ref, "registry:"), "@")
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		ref = ref[:i]
	}
	return ref
}

// defaultDir is where catalogues are kept.
func defaultDir() (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "stemma", "catalogues"), err
}
