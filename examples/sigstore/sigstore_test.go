package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protodsse "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/testing/ca"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	sigdsse "github.com/sigstore/sigstore/pkg/signature/dsse"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/stemma-go/stemma/testdata/handmade"
)

const (
	issuer   = "https://token.actions.githubusercontent.com"
	workflow = "https://github.com/acme/app/.github/workflows/build.yml@refs/heads/main"
	other    = "https://github.com/mallory/app/.github/workflows/build.yml@refs/heads/main"
	slsa     = "https://slsa.dev/provenance/v1"
	base     = "registry.example.com/acme/base:1@sha256:2be3677d6d16085cc275ba3934f769848ba7fc6cb8f8adeef24f580e8eab2aee"

	bundleType   = "application/vnd.dev.sigstore.bundle.v0.3+json"
	envelopeType = "application/vnd.dsse.envelope.v1+json"
	intoto       = "application/vnd.in-toto+json"
)

// A place is a registry with an image of one layer on one of a base.
type place struct {
	name.Digest
	image v1.Image
	size  int64
}

func newPlace(t *testing.T) *place {
	p := &place{}
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)))
	t.Cleanup(srv.Close)
	p.image = handmade.Image{Steps: []handmade.Step{
		{CreatedBy: "ADD root.tar / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day("2026-03-01"), Files: []handmade.File{{Name: "root"}}},
		{CreatedBy: "COPY app / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day("2026-04-01"), Files: []handmade.File{{Name: "app"}}},
	}}.Build(t)
	digest, err := p.image.Digest()
	require.NoError(t, err)
	p.size, err = p.image.Size()
	require.NoError(t, err)
	p.Digest, err = name.NewDigest(strings.TrimPrefix(srv.URL, "http://") + "/acme/app@" + digest.String())
	require.NoError(t, err)
	require.NoError(t, remote.Write(p.Digest, p.image))
	return p
}

// statement is what BuildKit attests of the image with mode=max.
func (p *place) statement(t *testing.T, digest string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/statement.json")
	require.NoError(t, err)
	return []byte(strings.NewReplacer("BASE", base, "SUBJECT", strings.TrimPrefix(digest, "sha256:")).Replace(string(b)))
}

func (p *place) own(t *testing.T) []byte { return p.statement(t, p.DigestStr()) }

// attach stores a document as cosign does, under the tag, or else as an artifact that refers to
// the image.
func (p *place) attach(t *testing.T, tagged bool, mediaType string, content []byte, annotations map[string]string) {
	t.Helper()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations["predicateType"] = slsa
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(content, types.MediaType(mediaType)), Annotations: annotations})
	require.NoError(t, err)
	digest, err := p.image.Digest()
	require.NoError(t, err)
	if tagged {
		require.NoError(t, remote.Write(p.Context().Tag("sha256-"+digest.Hex+".att"), img))
		return
	}
	img = mutate.ConfigMediaType(img, types.MediaType(mediaType)) // is the artifact's type
	img = mutate.Subject(img, v1.Descriptor{MediaType: types.OCIManifestSchema1, Size: p.size, Digest: digest}).(v1.Image)
	own, err := img.Digest()
	require.NoError(t, err)
	require.NoError(t, remote.Write(p.Context().Digest(own.String()), img))
}

// ask runs the program.
func (p *place) ask(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append(args, p.Digest.String()), &stdout, &stderr)
	assert.Empty(t, stderr.String())
	return regexp.MustCompile(`\n[│ ]+`).ReplaceAllString(stdout.String(), " "), code // long lines are broken
}

// A key signs as `cosign generate-key-pair` makes it.
type key struct {
	private *ecdsa.PrivateKey
	file    string // has the public one
}

func newKey(t *testing.T) key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	public, err := cryptoutils.MarshalPublicKeyToPEM(private.Public())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "cosign.pub")
	require.NoError(t, os.WriteFile(file, public, 0o600))
	return key{private, file}
}

func (k key) sign(t *testing.T, statement []byte) []byte {
	t.Helper()
	s, err := signature.LoadECDSASignerVerifier(k.private, crypto.SHA256)
	require.NoError(t, err)
	signer, err := dsse.NewEnvelopeSigner(&sigdsse.SignerAdapter{SignatureSigner: s, Pub: k.private.Public()})
	require.NoError(t, err)
	envelope, err := signer.SignPayload(t.Context(), intoto, statement)
	require.NoError(t, err)
	return must(json.Marshal(envelope))
}

// A world is an instance of Sigstore, and the file by which others trust it.
type world struct {
	*ca.VirtualSigstore
	root string
}

func newWorld(t *testing.T) world {
	t.Helper()
	s, err := ca.NewVirtualSigstore()
	require.NoError(t, err)
	logs := s.RekorLogs()
	for id, l := range logs {
		l.ID = must(hex.DecodeString(id)) // it is the text there
	}
	trusted, err := root.NewTrustedRoot(root.TrustedRootMediaType01, s.FulcioCertificateAuthorities(), nil, s.TimestampingAuthorities(), logs)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "trusted_root.json")
	require.NoError(t, os.WriteFile(file, must(trusted.MarshalJSON()), 0o600))
	return world{s, file}
}

// A signed is a statement that somebody signed with a certificate.
type signed struct {
	envelope   *protodsse.Envelope
	leaf       []byte
	entry      *protorekor.TransparencyLogEntry
	timestamps [][]byte
}

func (w world) sign(t *testing.T, identity string, statement []byte) signed {
	t.Helper()
	return w.signAt(t, identity, statement, time.Now().Add(5*time.Minute))
}

// signAt is sign with the time at which the log has it.
func (w world) signAt(t *testing.T, identity string, statement []byte, at time.Time) signed {
	t.Helper()
	e, err := w.AttestAtTime(identity, issuer, statement, at, true)
	require.NoError(t, err)
	content, err := e.SignatureContent()
	require.NoError(t, err)
	raw := content.EnvelopeContent().RawEnvelope()
	envelope := &protodsse.Envelope{PayloadType: raw.PayloadType, Payload: must(base64.StdEncoding.DecodeString(raw.Payload))}
	for _, s := range raw.Signatures {
		envelope.Signatures = append(envelope.Signatures, &protodsse.Signature{Sig: must(base64.StdEncoding.DecodeString(s.Sig))})
	}
	verification, err := e.VerificationContent()
	require.NoError(t, err)
	entries, err := e.TlogEntries()
	require.NoError(t, err)
	return signed{envelope, verification.Certificate().Raw, w.logged(t, entries[0]), must(e.Timestamps())}
}

// logged fills in what the instance leaves out of an entry.
func (w world) logged(t *testing.T, e *tlog.Entry) *protorekor.TransparencyLogEntry {
	t.Helper()
	out := e.TransparencyLogEntry()
	out.KindVersion = &protorekor.KindVersion{Kind: "dsse", Version: "0.0.1"}
	promise, err := w.RekorSignPayload(tlog.RekorPayload{Body: base64.StdEncoding.EncodeToString(out.CanonicalizedBody), IntegratedTime: out.IntegratedTime, LogIndex: out.LogIndex, LogID: hex.EncodeToString(out.LogId.KeyId)})
	require.NoError(t, err)
	out.InclusionPromise = &protorekor.InclusionPromise{SignedEntryTimestamp: promise}
	proof, err := w.GetInclusionProof(out.CanonicalizedBody)
	require.NoError(t, err)
	out.InclusionProof = &protorekor.InclusionProof{LogIndex: *proof.LogIndex, TreeSize: *proof.TreeSize, RootHash: must(hex.DecodeString(*proof.RootHash)), Checkpoint: &protorekor.Checkpoint{Envelope: *proof.Checkpoint}}
	return out
}

// bundle is how GitHub's attestations are stored, and cosign's since version 3.
func (s signed) bundle(t *testing.T) []byte {
	t.Helper()
	material := &protobundle.VerificationMaterial{
		Content:     &protobundle.VerificationMaterial_Certificate{Certificate: &protocommon.X509Certificate{RawBytes: s.leaf}},
		TlogEntries: []*protorekor.TransparencyLogEntry{s.entry}, TimestampVerificationData: &protobundle.TimestampVerificationData{},
	}
	for _, at := range s.timestamps {
		material.TimestampVerificationData.Rfc3161Timestamps = append(material.TimestampVerificationData.Rfc3161Timestamps, &protocommon.RFC3161SignedTimestamp{SignedTimestamp: at})
	}
	return must(protojson.Marshal(&protobundle.Bundle{MediaType: bundleType, VerificationMaterial: material, Content: &protobundle.Bundle_DsseEnvelope{DsseEnvelope: s.envelope}}))
}

// cosign is how cosign stores it up to version 2: the envelope, and annotations.
func (s signed) cosign(t *testing.T) ([]byte, map[string]string) {
	t.Helper()
	return must(protojson.Marshal(s.envelope)), map[string]string{
		certificateKey: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.leaf})),
		timestampKey:   fmt.Sprintf(`{"SignedRFC3161Timestamp":%q}`, base64.StdEncoding.EncodeToString(s.timestamps[0])),
		logKey: fmt.Sprintf(`{"SignedEntryTimestamp":%q,"Payload":{"body":%q,"integratedTime":%d,"logIndex":%d,"logID":%q}}`,
			base64.StdEncoding.EncodeToString(s.entry.InclusionPromise.SignedEntryTimestamp), base64.StdEncoding.EncodeToString(s.entry.CanonicalizedBody),
			s.entry.IntegratedTime, s.entry.LogIndex, hex.EncodeToString(s.entry.LogId.KeyId)),
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const proved, recorded = "○ registry.example.com/acme/base:1 proved", "○ registry.example.com/acme/base:1 recorded"

// What the key signed is proved: as an envelope under cosign's tag, as one that refers to the
// image, and as a bundle, as cosign 3 writes it.
func TestKey(t *testing.T) {
	k, stranger := newKey(t), newKey(t)
	for name, store := range map[string]func(*testing.T, *place, []byte){
		"tag":      func(t *testing.T, p *place, envelope []byte) { p.attach(t, true, envelopeType, envelope, nil) },
		"referrer": func(t *testing.T, p *place, envelope []byte) { p.attach(t, false, envelopeType, envelope, nil) },
		"bundle": func(t *testing.T, p *place, envelope []byte) {
			b := &protobundle.Bundle{MediaType: bundleType, VerificationMaterial: &protobundle.VerificationMaterial{
				Content: &protobundle.VerificationMaterial_PublicKey{PublicKey: &protocommon.PublicKeyIdentifier{Hint: "a key"}},
			}}
			signed := &protodsse.Envelope{}
			require.NoError(t, protojson.Unmarshal(envelope, signed))
			b.Content = &protobundle.Bundle_DsseEnvelope{DsseEnvelope: signed}
			p.attach(t, false, bundleType, must(protojson.Marshal(b)), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			store(t, p, k.sign(t, p.own(t)))
			out, code := p.ask(t, "-key", k.file)
			assert.Zero(t, code, out)
			assert.Contains(t, out, proved)
			assert.Contains(t, out, "as BuildKit attests (signed by the key ")
			out, code = p.ask(t, "-key", stranger.file)
			assert.Equal(t, 3, code)
			assert.NotContains(t, out, "acme/base")
			assert.Contains(t, out, "the signature: ")
		})
	}
}

// Without a signature, what is attested stays recorded.
func TestUnsigned(t *testing.T) {
	k := newKey(t)
	p := newPlace(t)
	p.attach(t, false, intoto, p.own(t), nil)
	out, code := p.ask(t, "-key", k.file)
	assert.Zero(t, code, out)
	assert.Contains(t, out, recorded)
	assert.Contains(t, out, "as BuildKit attests (not signed)")
}

// refused checks that nothing is told of the base, and why.
func refused(t *testing.T, out string, code int, why string) {
	t.Helper()
	assert.Equal(t, 3, code)
	assert.NotContains(t, out, "acme/base")
	assert.Contains(t, out, why)
}

// What the right signer signed is proved: as a bundle, which GitHub stores, and as cosign stores
// it. What somebody else signed is refused, and so is what another world certified.
func TestIdentity(t *testing.T) {
	w := newWorld(t)
	who := []string{"-issuer", issuer, "-identity", "^https://github.com/acme/", "-trusted-root", w.root}
	stores := map[string]func(*place, signed){
		"bundle": func(p *place, s signed) { p.attach(t, false, bundleType, s.bundle(t), nil) },
		"tag": func(p *place, s signed) {
			envelope, annotations := s.cosign(t)
			p.attach(t, true, envelopeType, envelope, annotations)
		},
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			store(p, w.sign(t, workflow, p.own(t)))
			out, code := p.ask(t, who...)
			assert.Zero(t, code, out)
			assert.Contains(t, out, proved)
			assert.Contains(t, out, "(signed by "+workflow+")")

			p = newPlace(t)
			store(p, w.sign(t, other, p.own(t)))
			out, code = p.ask(t, who...)
			refused(t, out, code, "the signature: failed to verify certificate identity")
			assert.Contains(t, out, "mallory")

			p = newPlace(t)
			store(p, newWorld(t).sign(t, workflow, p.own(t)))
			out, code = p.ask(t, who...)
			refused(t, out, code, "the signature: ")

			p = newPlace(t) // a genuine attestation, of another image
			store(p, w.sign(t, workflow, p.statement(t, "sha256:"+strings.Repeat("0", 64))))
			out, code = p.ask(t, who...)
			refused(t, out, code, "it is about another image")

			p = newPlace(t) // the payload says more than what was signed
			s := w.sign(t, workflow, p.own(t))
			s.envelope.Payload = bytes.Replace(s.envelope.Payload, []byte("acme/base"), []byte("evil/base"), 1)
			store(p, s)
			out, code = p.ask(t, who...)
			refused(t, out, code, "the signature: ")
			assert.NotContains(t, out, "evil/base")
		})
	}
}

// What was signed when the certificate was not valid yet, or not any more, is refused.
func TestExpired(t *testing.T) {
	w := newWorld(t)
	for _, after := range []time.Duration{-48 * time.Hour, 48 * time.Hour} {
		p := newPlace(t)
		p.attach(t, false, bundleType, w.signAt(t, workflow, p.own(t), time.Now().Add(after)).bundle(t), nil)
		out, code := p.ask(t, "-issuer", issuer, "-identity", "^https://github.com/acme/", "-trusted-root", w.root)
		refused(t, out, code, "the signature: ")
	}
}

// Of several attestations the one that the right key signed counts: one by another key is
// refused, and one that is not signed is against it.
func TestSeveral(t *testing.T) {
	k, stranger := newKey(t), newKey(t)
	p := newPlace(t)
	evil := bytes.ReplaceAll(p.own(t), []byte("acme/base:1"), []byte("evil/base:1"))
	p.attach(t, false, envelopeType, k.sign(t, p.own(t)), nil)
	p.attach(t, false, envelopeType, stranger.sign(t, evil), nil)
	out, code := p.ask(t, "-key", k.file)
	assert.Equal(t, 3, code, out)
	assert.Contains(t, out, proved)
	assert.Contains(t, out, "the signature: ")
	assert.NotContains(t, out, "evil/base")

	p.attach(t, false, intoto, evil, nil)
	out, code = p.ask(t, "-key", k.file)
	assert.Equal(t, 3, code, out)
	assert.Contains(t, out, proved)
	assert.Contains(t, out, "against: built on registry.example.com/evil/base:1, as BuildKit attests (not signed)")
}

// Without the log's entry nobody knows when a certificate was used, or whether in secret.
func TestWithoutLog(t *testing.T) {
	w := newWorld(t)
	p := newPlace(t)
	s := w.sign(t, workflow, p.own(t))
	envelope, annotations := s.cosign(t)
	delete(annotations, logKey)
	p.attach(t, true, envelopeType, envelope, annotations)
	out, code := p.ask(t, "-issuer", issuer, "-identity", "^https://github.com/acme/", "-trusted-root", w.root)
	refused(t, out, code, "the signature: ")
}

// A key does not vouch for what a certificate signed, and broken documents are refused.
func TestBroken(t *testing.T) {
	w, k := newWorld(t), newKey(t)
	p := newPlace(t)
	good := w.sign(t, workflow, p.own(t))
	_, annotations := good.cosign(t)
	for name, test := range map[string]struct {
		content     []byte
		annotations map[string]string
		why         string
	}{
		"another kind of signer": {good.bundle(t), nil, "the signature: "},
		"no JSON":                {[]byte("{"), nil, "unexpected EOF"},
		"an empty bundle":        {[]byte(`{"dsseEnvelope":{}}`), nil, "no predicateType"},
		"a log that is none":     {k.sign(t, p.own(t)), map[string]string{logKey: "{}"}, logKey},
		"no certificate":         {k.sign(t, p.own(t)), map[string]string{certificateKey: "x"}, "no certificate in PEM"},
		"a certificate's key":    {k.sign(t, p.own(t)), annotations, "the signature: "},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.attach(t, true, envelopeType, test.content, test.annotations)
			out, code := p.ask(t, "-key", k.file)
			refused(t, out, code, test.why)
		})
	}
}

// Whom to trust is the caller's to say, in one way.
func TestUsage(t *testing.T) {
	k, w := newKey(t), newWorld(t)
	for _, test := range []struct {
		args []string
		why  string
	}{
		{nil, "one reference"},
		{[]string{"app:1"}, "who may sign"},
		{[]string{"-issuer", issuer, "app:1"}, "who may sign"},
		{[]string{"-issuer", issuer, "-identity", "x", "app:1"}, "either -trusted-root or -tuf"},
		{[]string{"-issuer", issuer, "-identity", "x", "-trusted-root", w.root, "-tuf", "app:1"}, "either -trusted-root or -tuf"},
		{[]string{"-issuer", issuer, "-identity", "(", "-trusted-root", w.root, "app:1"}, "missing closing )"},
		{[]string{"-key", k.file, "-issuer", issuer, "app:1"}, "either -key"},
		{[]string{"-key", "nowhere.pub", "app:1"}, "nowhere.pub"},
		{[]string{"-key", w.root, "app:1"}, "PEM"},
		{[]string{"-issuer", issuer, "-identity", "x", "-trusted-root", k.file, "app:1"}, "trusted root"},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, 2, run(t.Context(), test.args, &out, &errs), test.args)
		assert.Contains(t, errs.String(), test.why)
		assert.Empty(t, out.String())
	}
	var out, errs bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), []string{"-key", k.file, filepath.Join(t.TempDir(), "app.tar")}, &out, &errs))
	assert.Contains(t, errs.String(), "no such file")
}
