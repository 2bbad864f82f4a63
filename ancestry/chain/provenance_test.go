package chain_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
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
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/testdata/counting"
)

// attested is what BuildKit says of an image of two steps, the lower of which came with the
// base.
const attested = `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1",
"subject":[{"name":"app","digest":{"sha256":"%s"}}],"predicate":{"buildDefinition":{
"buildType":"https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
"externalParameters":{"request":{"frontend":"dockerfile.v0"}},"internalParameters":{"buildConfig":{"llbDefinition":[
{"id":"step0","op":{"Op":{"source":{"identifier":"docker-image://example.org/acme/base:1@sha256:%s"}}}},
{"id":"step1","inputs":["step0:0"],"op":{"Op":{"exec":{"mounts":[{"dest":"/"}]}}}},
{"id":"step2","inputs":["step1:0"],"op":{"Op":{}}}]}}},
"runDetails":{"metadata":{"buildkit_metadata":{"layers":{"step0:0":[[{"digest":"sha256:%[2]s","size":1}]]}}}}}}`

// A registry is asked for attestations only if there are options for them. They are then two
// small requests, and name the base.
func TestProvenanceIsAskedFor(t *testing.T) {
	counter := counting.New(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	srv := httptest.NewServer(counter)
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	img := image(t, layer{blob(t, file{name: "a", body: "a"}), "COPY a / # buildkit"}, layer{blob(t, file{name: "b", body: "b"}), "RUN b # buildkit"})
	digest, err := img.Digest()
	require.NoError(t, err)
	base := strings.Repeat("b", 64)
	about, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{
		Layer:       static.NewLayer(fmt.Appendf(nil, attested, digest.Hex, base), "application/vnd.in-toto+json"),
		Annotations: map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"},
	})
	require.NoError(t, err)
	idx := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: about, Descriptor: v1.Descriptor{
			Platform:    &v1.Platform{OS: "unknown", Architecture: "unknown"},
			Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest.String()},
		}})
	ref, err := name.ParseReference(host + "/app:1")
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(ref, idx))

	for _, asked := range []bool{false, true} {
		opened, err := source.Open(t.Context(), "registry:"+host+"/app:1", &source.Options{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}})
		require.NoError(t, err)
		before := len(counter.Requests())
		opts := &chain.Options{MaxBytes: -1}
		if asked {
			opts.Provenance = &provenance.Options{}
		}
		r, err := chain.Of(t.Context(), opened, opts)
		require.NoError(t, err)
		require.NoError(t, opened.Close())
		assert.Empty(t, r.Problems)
		requests := counter.Requests()[before:]
		if !asked {
			assert.Empty(t, requests)
			continue
		}
		aboutDigest, err := about.Digest()
		require.NoError(t, err)
		require.Len(t, requests, 2, "%q", requests)
		assert.Equal(t, "GET /v2/app/manifests/"+aboutDigest.String(), requests[0])
		require.Len(t, r.Ancestors, 2)
		assert.Equal(t, "example.org/acme/base:1", r.Ancestors[1].String())
		assert.Equal(t, base, r.Ancestors[1].Digest.Hex)
		assert.Equal(t, ancestry.Recorded, r.Ancestors[1].Confidence, "%+v %+v", r.Ancestors[1].Evidence, r.Ancestors[0].Evidence)
	}

	// In a layout they lie beside the image, and cost nothing.
	dir := filepath.Join(t.TempDir(), "layout")
	_, err = layout.Write(dir, idx)
	require.NoError(t, err)
	opened, err := source.Open(t.Context(), "oci:"+dir, &source.Options{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}})
	require.NoError(t, err)
	defer opened.Close()
	r, err := chain.Of(t.Context(), opened, &chain.Options{MaxBytes: -1})
	require.NoError(t, err)
	require.Len(t, r.Ancestors, 2)
	assert.Equal(t, "example.org/acme/base:1", r.Ancestors[1].String())
}

// What GitHub attests is a bundle that refers to the image. It names no base, but the
// repository and the commit; so does the statement of any builder that names the source alone.
func TestGitHubAttestation(t *testing.T) {
	const statement = `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1",
"subject":[{"name":"ghcr.io/acme/app","digest":{"sha256":"%s"}}],"predicate":{"buildDefinition":{
"buildType":"https://actions.github.io/buildtypes/workflow/v1",
"externalParameters":{"workflow":{"ref":"refs/heads/main","repository":"https://github.com/acme/app","path":".github/workflows/ci.yml"}},
"resolvedDependencies":[{"uri":"git+https://github.com/acme/app@refs/heads/main","digest":{"gitCommit":"4b220de5058abfd01ff619c9d2ff6b09a049bea0"}}]},
"runDetails":{"builder":{"id":"https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main"}}}}`
	const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	img := image(t, layer{blob(t, file{name: "a", body: "a"}), "COPY a / # buildkit"}, layer{blob(t, file{name: "b", body: "b"}), "RUN b # buildkit"}, layer{blob(t, file{name: "c", body: "c"}), "RUN c # buildkit"})
	digest, err := img.Digest()
	require.NoError(t, err)
	size, err := img.Size()
	require.NoError(t, err)
	ref, err := name.ParseReference(host + "/app:1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(ref, img))
	payload := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, statement, digest.Hex))
	bundle := fmt.Sprintf(`{"mediaType":%q,"verificationMaterial":{},"dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","payload":%q,"signatures":[{"sig":""}]}}`, bundleType, payload)
	attestation := mutate.MediaType(mutate.ConfigMediaType(empty.Image, bundleType), types.OCIManifestSchema1)
	attestation, err = mutate.AppendLayers(attestation, static.NewLayer([]byte(bundle), bundleType))
	require.NoError(t, err)
	attestation = mutate.Annotations(attestation, map[string]string{"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1"}).(v1.Image)
	attestation = mutate.Subject(attestation, v1.Descriptor{MediaType: types.DockerManifestSchema2, Size: size, Digest: digest}).(v1.Image)
	about, err := attestation.Digest()
	require.NoError(t, err)
	require.NoError(t, remote.Write(ref.Context().Digest(about.String()), attestation))

	opened, err := source.Open(t.Context(), "registry:"+host+"/app:1", nil)
	require.NoError(t, err)
	defer opened.Close()
	r, err := chain.Of(t.Context(), opened, &chain.Options{MaxBytes: -1, Provenance: &provenance.Options{}})
	require.NoError(t, err)
	assert.Empty(t, r.Problems)
	unasked, err := chain.Of(t.Context(), opened, &chain.Options{MaxBytes: -1})
	require.NoError(t, err)
	require.Len(t, r.Ancestors, len(unasked.Ancestors), "no base is invented")
	assert.Equal(t, unasked.Ancestors[0].Steps, r.Ancestors[0].Steps)
	assert.Equal(t, unasked.Ancestors[0].Boundary, r.Ancestors[0].Boundary)
	assert.Equal(t, &ancestry.Dockerfile{Repository: "https://github.com/acme/app", Revision: "4b220de5058abfd01ff619c9d2ff6b09a049bea0"}, r.Lineage.Dockerfile)
	assert.Nil(t, unasked.Lineage.Dockerfile)
	var says []string
	for _, e := range r.Ancestors[0].Evidence {
		says = append(says, e.Says)
	}
	assert.Contains(t, says, "its steps were built of https://github.com/acme/app at 4b220de5058abfd01ff619c9d2ff6b09a049bea0, as its builder attests (not signed)")
}
