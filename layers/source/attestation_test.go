package source_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/counting"
)

const (
	slsa  = "https://slsa.dev/provenance/v1"
	inTot = "application/vnd.in-toto+json"
)

// An artifact is a manifest made by hand.
type artifact struct {
	subject   *v1.Descriptor
	layers    []v1.Descriptor
	documents [][]byte
}

// document adds one.
func (a *artifact) document(body, mediaType, key, predicateType string) *artifact {
	d := v1.Descriptor{MediaType: types.MediaType(mediaType), Size: int64(len(body)), Digest: digestOf([]byte(body))}
	if key != "" {
		d.Annotations = map[string]string{key: predicateType}
	}
	a.layers, a.documents = append(a.layers, d), append(a.documents, []byte(body))
	return a
}

func digestOf(b []byte) v1.Hash {
	h, _, err := v1.SHA256(bytes.NewReader(b))
	if err != nil {
		panic(err)
	}
	return h
}

func (a *artifact) manifest() []byte {
	return must(json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: "application/vnd.docker.attestation.manifest.v1+json",
		Config:  v1.Descriptor{MediaType: "application/vnd.oci.empty.v1+json", Size: 2, Digest: digestOf([]byte("{}")), Data: []byte("{}")},
		Subject: a.subject, Layers: a.layers,
	}))
}

// descriptor is what an index says of it: about is the image, if it says so.
func (a *artifact) descriptor(about string) v1.Descriptor {
	raw := a.manifest()
	d := v1.Descriptor{
		MediaType: types.OCIManifestSchema1, Size: int64(len(raw)), Digest: digestOf(raw),
		Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"},
	}
	if about != "" {
		d.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about}
	}
	return d
}

// A place is a registry, and a layout of the same.
type attestedPlace struct {
	host  string
	count *counting.Handler
}

func newPlace(t *testing.T) *attestedPlace {
	p := &attestedPlace{count: counting.New(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)))}
	srv := httptest.NewServer(p.count)
	t.Cleanup(srv.Close)
	p.host = strings.TrimPrefix(srv.URL, "http://")
	return p
}

// put writes blobs and a manifest.
func (p *attestedPlace) put(t *testing.T, reference string, manifest []byte, mediaType types.MediaType, blobs ...[]byte) {
	t.Helper()
	send := func(method, path, contentType string, body []byte) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.host+"/v2/app/"+path, bytes.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", contentType)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Less(t, resp.StatusCode, 300, "%s", path)
	}
	for _, b := range blobs {
		send(http.MethodPost, "blobs/uploads/?digest="+digestOf(b).String(), "application/octet-stream", b)
	}
	send(http.MethodPut, "manifests/"+reference, string(mediaType), manifest)
}

// index makes an index of the sample image, a sibling and what else is listed.
func attestedIndex(t *testing.T, more ...v1.Descriptor) (img v1.Image, raw []byte) {
	t.Helper()
	img = linux(t, "amd64")
	var m v1.IndexManifest
	idx := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: linux(t, "arm64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}})
	m = *must(idx.IndexManifest())
	m.Manifests = append(m.Manifests, more...)
	return img, must(json.Marshal(m))
}

func linux(t *testing.T, arch string) v1.Image {
	t.Helper()
	img := sample()
	img, err := mutate.ConfigFile(img, &v1.ConfigFile{OS: "linux", Architecture: arch, RootFS: must(img.ConfigFile()).RootFS})
	require.NoError(t, err)
	return img
}

func (p *attestedPlace) open(t *testing.T) *source.Image {
	t.Helper()
	img, err := source.Open(t.Context(), "registry:"+p.host+"/app:1", &source.Options{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}})
	require.NoError(t, err)
	t.Cleanup(func() { img.Close() })
	return img
}

func provenanceOnly(kind string) bool { return kind == "" || kind == slsa }

// Opening an image asks for none of its attestations. They cost two requests where the index
// lists them; an SBOM beside them is not fetched.
func TestAttestationsOfTheIndex(t *testing.T) {
	for what, tied := range map[string]bool{"by its annotation": true, "by its subject": false} {
		t.Run(what, func(t *testing.T) {
			img, _ := attestedIndex(t)
			digest := must(img.Digest())
			own := (&artifact{subject: must(descriptorOf(img))}).
				document(`{"sbom":1}`, inTot, "in-toto.io/predicate-type", "https://spdx.dev/Document").
				document(`{"built":1}`, inTot, "in-toto.io/predicate-type", slsa)
			other := (&artifact{}).document(`{"built":2}`, inTot, "in-toto.io/predicate-type", slsa)
			about := ""
			if tied {
				about, own.subject = digest.String(), nil
			}
			_, raw := attestedIndex(t, other.descriptor("sha256:"+strings.Repeat("0", 64)), own.descriptor(about))
			p := newPlace(t)
			for _, i := range []v1.Image{img, linux(t, "arm64")} {
				require.NoError(t, remote.Write(must(name.ParseReference(p.host+"/app@"+must(i.Digest()).String())), i))
			}
			for _, a := range []*artifact{own, other} {
				p.put(t, digestOf(a.manifest()).String(), a.manifest(), types.OCIManifestSchema1, append(a.documents, []byte("{}"))...)
			}
			p.put(t, "1", raw, types.OCIImageIndex)

			before := len(p.count.Requests())
			opened := p.open(t)
			assert.Equal(t, []string{
				"GET /v2/", "GET /v2/app/manifests/1", "GET /v2/app/manifests/" + digest.String(), "GET /v2/app/blobs/" + must(img.ConfigName()).String(),
			}, p.count.Requests()[before:])
			before = len(p.count.Requests())
			got, err := opened.Attestations(t.Context(), provenanceOnly)
			require.NoError(t, err)
			require.Len(t, got, 1)
			assert.Equal(t, source.Attestation{
				MediaType: inTot, PredicateType: slsa, Content: []byte(`{"built":1}`),
				Digest: digestOf([]byte(`{"built":1}`)), Manifest: digestOf(own.manifest()), Subject: digest,
				Annotations: map[string]string{"in-toto.io/predicate-type": slsa},
			}, got[0])
			assert.Equal(t, []string{
				"GET /v2/app/manifests/" + digestOf(own.manifest()).String(), "GET /v2/app/blobs/" + got[0].Digest.String(),
			}, p.count.Requests()[before:])
			all, err := opened.Attestations(t.Context(), nil)
			require.NoError(t, err)
			assert.Len(t, all, 2)
		})
	}
}

func descriptorOf(img v1.Image) (*v1.Descriptor, error) {
	d, err := img.Digest()
	if err != nil {
		return nil, err
	}
	size, err := img.Size()
	return &v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: d, Size: size}, err
}

// Where the index lists none, the registry is asked: for referrers, of the image or of the
// index, and for cosign's tags. A registry with nothing is asked little, once.
func TestAttestationsOfTheRegistry(t *testing.T) {
	img, raw := attestedIndex(t)
	index := v1.Descriptor{MediaType: types.OCIImageIndex, Digest: digestOf(raw), Size: int64(len(raw))}
	bundle := "application/vnd.dev.sigstore.bundle.v0.3+json"
	for what, test := range map[string]struct {
		make     func() (reference string, a *artifact)
		found    int
		requests int
	}{
		"nothing": {nil, 0, 4},
		"referrer of the image": {func() (string, *artifact) {
			return "", (&artifact{subject: must(descriptorOf(img))}).document("{}1", bundle, "", "")
		}, 1, 4},
		"referrer of the index": {func() (string, *artifact) { return "", (&artifact{subject: &index}).document("{}2", bundle, "", "") }, 1, 4},
		"a tag of cosign": {func() (string, *artifact) {
			return strings.Replace(must(img.Digest()).String(), ":", "-", 1) + ".att",
				(&artifact{}).document("{}3", "application/vnd.dsse.envelope.v1+json", "predicateType", slsa)
		}, 1, 5},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlace(t)
			require.NoError(t, remote.Write(must(name.ParseReference(p.host+"/app@"+must(img.Digest()).String())), img))
			arm := linux(t, "arm64")
			require.NoError(t, remote.Write(must(name.ParseReference(p.host+"/app@"+must(arm.Digest()).String())), arm))
			p.put(t, "1", raw, types.OCIImageIndex)
			if test.make != nil {
				reference, a := test.make()
				if reference == "" {
					reference = digestOf(a.manifest()).String()
				}
				p.put(t, reference, a.manifest(), types.OCIManifestSchema1, append(a.documents, []byte("{}"))...)
			}
			opened := p.open(t)
			before := len(p.count.Requests())
			got, err := opened.Attestations(t.Context(), provenanceOnly)
			require.NoError(t, err)
			assert.Len(t, got, test.found)
			assert.Len(t, p.count.Requests()[before:], test.requests, "%q", p.count.Requests()[before:])
		})
	}
}

// What is wrong with an attestation costs that attestation, and is said with its place.
func TestAttestationsThatAreBroken(t *testing.T) {
	img, _ := attestedIndex(t)
	digest := must(img.Digest()).String()
	good := (&artifact{}).document(`{"good":1}`, inTot, "", "")
	for what, test := range map[string]struct {
		change func(a *artifact)
		says   string
	}{
		"another digest": {func(a *artifact) {
			a.layers[0].Digest = digestOf([]byte("another"))
			a.documents[0] = []byte(`{"bad":2}`)
		}, "the bytes have the digest sha256:"},
		"another size": {func(a *artifact) { a.layers[0].Size++ }, "has 9 bytes, its descriptor says 10"},
		"too large":    {func(a *artifact) { a.layers[0].Size = 1 << 40 }, "over the limit"},
	} {
		t.Run(what, func(t *testing.T) {
			bad := (&artifact{}).document(`{"bad":1}`, inTot, "", "")
			test.change(bad)
			dir := filepath.Join(t.TempDir(), "layout")
			l, err := layout.Write(dir, empty.Index)
			require.NoError(t, err)
			require.NoError(t, l.AppendImage(img))
			for _, a := range []*artifact{bad, good} {
				require.NoError(t, l.WriteBlob(digestOf(a.manifest()), io.NopCloser(bytes.NewReader(a.manifest()))))
				for i, b := range a.documents {
					require.NoError(t, os.WriteFile(filepath.Join(dir, "blobs/sha256", a.layers[i].Digest.Hex), b, 0o644))
				}
				require.NoError(t, l.AppendDescriptor(a.descriptor(digest)))
			}
			opened, err := source.Open(t.Context(), "oci:"+dir, nil)
			require.NoError(t, err)
			defer opened.Close()
			got, err := opened.Attestations(t.Context(), nil)
			require.Error(t, err)
			assert.Contains(t, err.Error(), "attestations of the image: ")
			assert.Contains(t, err.Error(), test.says)
			require.Len(t, got, 1)
			assert.Equal(t, `{"good":1}`, string(got[0].Content))
		})
	}
	t.Run("not there", func(t *testing.T) { // as docker save leaves it
		dir := filepath.Join(t.TempDir(), "layout")
		l, err := layout.Write(dir, empty.Index)
		require.NoError(t, err)
		require.NoError(t, l.AppendImage(img))
		half := (&artifact{}).document(`{"half":1}`, inTot, "", "")
		require.NoError(t, l.WriteBlob(digestOf(half.manifest()), io.NopCloser(bytes.NewReader(half.manifest()))))
		for _, a := range []*artifact{good, half} {
			require.NoError(t, l.AppendDescriptor(a.descriptor(digest)))
		}
		opened, err := source.Open(t.Context(), "oci:"+dir, nil)
		require.NoError(t, err)
		defer opened.Close()
		got, err := opened.Attestations(t.Context(), nil)
		require.NoError(t, err)
		assert.Empty(t, got)
	})
	t.Run("many", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "layout")
		l, err := layout.Write(dir, empty.Index)
		require.NoError(t, err)
		require.NoError(t, l.AppendImage(img))
		for i := range 20 {
			a := (&artifact{}).document(fmt.Sprintf(`{"n":%d}`, i), inTot, "", "")
			for _, b := range append(a.documents, a.manifest()) {
				require.NoError(t, l.WriteBlob(digestOf(b), io.NopCloser(bytes.NewReader(b))))
			}
			require.NoError(t, l.AppendDescriptor(a.descriptor(digest)))
		}
		opened, err := source.Open(t.Context(), "oci:"+dir, nil)
		require.NoError(t, err)
		defer opened.Close()
		got, err := opened.Attestations(t.Context(), nil)
		require.ErrorIs(t, err, source.ErrLimit)
		assert.Len(t, got, 8)
	})
}
