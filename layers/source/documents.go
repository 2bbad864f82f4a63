package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/singleflight"
)

// Documents reads small documents from registries: manifests, configurations, lists of what
// refers to an image. It is the registry of package ancestry/live.
//
// What has a digest is verified, and kept in memory: the same repository is not asked for it
// again. Credentials
// come from the keychain for each registry, and are sent to that one, and to the token
// server that it names. Its methods may be called concurrently.
type Documents struct {
	opts    *Options
	opening singleflight.Group

	mu    sync.Mutex
	repos map[string]*repository // by name
	kept  map[document][]byte
	bytes int // of kept
}

// A document is known by where it was read: what one registry has does not say what
// another one has.
type document struct {
	repository, what string // the registry's name included
	digest           v1.Hash
}

// maxKept bounds the documents that are kept, in bytes.
const maxKept = 32 << 20

// NewDocuments returns a reader. Nothing is asked of any registry before the first Get. Of
// opts, what concerns registries counts; nil is the defaults.
func NewDocuments(opts *Options) *Documents {
	return &Documents{opts: opts.withDefaults(), repos: map[string]*repository{}, kept: map[document][]byte{}}
}

// The kinds of documents, as the distribution specification calls them in its paths:
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md.
const (
	manifestsPath = "manifests"
	blobsPath     = "blobs"
	referrersPath = "referrers"
)

// Get returns the document at /v2/REPOSITORY/WHAT/REFERENCE. The repository is as its users
// write it, "debian" or "ghcr.io/acme/base"; what is manifests, blobs or referrers; the
// reference is a tag of a manifest, or a digest. A document of more than most bytes is
// [ErrLimit]. It must not be changed.
//
// Requests is how many HTTP requests it took, those for a token and those that were
// redirected or repeated included; none where the document was kept.
//
// The error is one line. It wraps [io/fs.ErrNotExist] where the registry says that there is
// no such document.
func (d *Documents) Get(ctx context.Context, repository, what, reference string, most int64) (content []byte, requests int, err error) {
	var sent atomic.Int64
	content, err = d.get(context.WithValue(ctx, requestCount{}, &sent), repository, what, reference, most)
	if errors.Is(err, ErrNotFound) {
		err = explainf(because(fs.ErrNotExist, err), "%v", err)
	}
	return content, int(sent.Load()), err
}

func (d *Documents) get(ctx context.Context, repository, what, reference string, most int64) ([]byte, error) {
	digest, notDigest := v1.NewHash(reference)
	addressed := notDigest == nil && what != referrersPath
	switch {
	case what != manifestsPath && what != blobsPath && what != referrersPath:
		return nil, fmt.Errorf("%q is no kind of document", what)
	case notDigest != nil && what != manifestsPath:
		return nil, fmt.Errorf("%s are named by a digest, not by %q", what, reference)
	}
	ref, err := documentName(repository, reference, notDigest == nil, d.opts)
	if err != nil {
		return nil, err
	}
	key := document{ref.Context().Name(), what, digest}
	if addressed {
		if raw, ok := d.keptDocument(key); ok && int64(len(raw)) <= most {
			return raw, nil
		}
	}
	r, err := d.open(ctx, ref)
	if err != nil {
		return nil, err
	}
	var raw []byte
	err = r.retry.do(ctx, func() error {
		raw, err = r.document(ctx, ref, what, most)
		return err
	})
	if err != nil {
		return nil, r.explainDocument(ref, err)
	}
	if addressed {
		if err := verify(raw, digest, what); err != nil {
			return nil, explainf(because(err), "registry %s: %v", ref.Context().RegistryStr(), err)
		}
		d.keep(key, raw)
	}
	return raw, nil
}

// documentName parses a name whose tag or digest is given apart.
func documentName(repository, reference string, digest bool, o *Options) (name.Reference, error) {
	sep := ":"
	if digest {
		sep = "@"
	}
	ref, err := registryReference(parsedReference(repository+sep+reference), o)
	if err == nil && ref.Identifier() != reference { // "a:b" and "c" make a name, too
		err = explainf(nil, "no legal image reference: %s", oneLine(repository+sep+reference, 300))
	}
	return ref, err
}

func parsedReference(name string) reference {
	return reference{scheme: schemeRegistry, forced: true, name: name}
}

// open returns the repository, which is reached once. Those who ask for it while it is
// being reached share the result.
func (d *Documents) open(ctx context.Context, ref name.Reference) (*repository, error) {
	key := ref.Context().Name()
	for {
		d.mu.Lock()
		r := d.repos[key]
		d.mu.Unlock()
		if r != nil {
			return r, nil
		}
		done := d.opening.DoChan(key, func() (any, error) { return nil, d.reach(ctx, key, ref) })
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case got := <-done:
			theirs := errors.Is(got.Err, context.Canceled) || errors.Is(got.Err, context.DeadlineExceeded)
			if got.Err != nil && !(theirs && ctx.Err() == nil) {
				return nil, got.Err
			}
		}
	}
}

func (d *Documents) reach(ctx context.Context, key string, ref name.Reference) error {
	d.opts.Waiting("registry " + ref.Context().RegistryStr())
	r, err := newRepository(ctx, ref, d.opts, ref.Context().Scope(transport.PullScope))
	if err != nil {
		return errors.Join(r.explain(err, reference{}), r.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.repos[key] = r
	return nil
}

// document makes one request.
func (r *repository) document(ctx context.Context, ref name.Reference, what string, most int64) ([]byte, error) {
	repo := ref.Context()
	u := url.URL{Scheme: repo.Scheme(), Host: repo.RegistryStr(), Path: "/v2/" + repo.RepositoryStr() + "/" + what + "/" + ref.Identifier()}
	if what == blobsPath {
		ctx = context.WithValue(ctx, forBlob{}, true)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, permanent{err}
	}
	switch what {
	case manifestsPath:
		req.Header.Set("Accept", strings.Join([]string{string(types.OCIImageIndex), string(types.DockerManifestList),
			string(types.OCIManifestSchema1), string(types.DockerManifestSchema2)}, ", "))
	case referrersPath:
		req.Header.Set("Accept", string(types.OCIImageIndex))
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := transport.CheckError(resp, http.StatusOK); err != nil {
		return nil, err
	}
	raw, err := readLimited(blob{ReadCloser: resp.Body, size: resp.ContentLength}, most, what)
	if err != nil {
		return nil, err
	}
	return raw, checkAnnounced(raw, resp.Header.Get("Docker-Content-Digest"))
}

// checkAnnounced compares a document with the digest that the answer's header gives it.
func checkAnnounced(raw []byte, header string) error {
	announced, err := v1.NewHash(header)
	if err != nil {
		return nil // registries need not give one
	}
	if err := verify(raw, announced, "what it announces as "+announced.String()); err != nil {
		return permanent{err}
	}
	return nil
}

// explainDocument explains an error about one document.
func (r *repository) explainDocument(ref name.Reference, err error) error {
	of := repository{ref: ref}
	return of.explain(err, reference{})
}

func (d *Documents) keptDocument(key document) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	raw, ok := d.kept[key]
	return raw, ok
}

// keep keeps a document. Where there are too many, it starts again.
func (d *Documents) keep(key document, raw []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.kept[key]; ok {
		return
	}
	if d.bytes += len(raw); d.bytes > maxKept {
		clear(d.kept)
		d.bytes = len(raw)
	}
	d.kept[key] = raw
}

// Close closes the connections that only this reader can use.
func (d *Documents) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, r := range d.repos {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// requestCount is the key of a context under which requests are counted.
type requestCount struct{}

// countRequest counts a request, if its context has a counter.
func countRequest(req *http.Request) {
	if n, ok := req.Context().Value(requestCount{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
