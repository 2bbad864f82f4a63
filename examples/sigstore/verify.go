package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protodsse "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/encoding/protojson"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/provenance"
)

// A verifier checks who signed attestations.
type verifier struct {
	entity *verify.Verifier
	who    verify.PolicyOption
	name   string // of the key; "" where the certificate has the name
}

// verify is the Verify of provenance.Options. What is signed has to be about the image that the
// attestation was found beside: a genuine attestation of another image proves nothing here.
func (v *verifier) verify(_ context.Context, d provenance.Document) (signer string, err error) {
	signed, err := read(d)
	if err != nil {
		return "", err
	}
	if d.Subject == (v1.Hash{}) {
		return "", errors.New("nothing says which image it is about")
	}
	digest, err := hex.DecodeString(d.Subject.Hex)
	if err != nil {
		return "", err
	}
	result, err := v.entity.Verify(signed, verify.NewPolicy(verify.WithArtifactDigest(d.Subject.Algorithm, digest), v.who))
	switch {
	case err != nil:
		return "", errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	case v.name != "":
		return v.name, nil
	case result.Signature == nil || result.Signature.Certificate == nil:
		return "", errors.New("it has no certificate")
	}
	return result.Signature.Certificate.SubjectAlternativeName, nil
}

// read reads a signed document: a bundle of Sigstore, or an envelope with what cosign has
// about it in annotations. A plain statement is not signed.
func read(d provenance.Document) (*bundle.Bundle, error) {
	var kind struct {
		PredicateType string          `json:"predicateType"`
		DSSEEnvelope  json.RawMessage `json:"dsseEnvelope"`
	}
	switch err := json.Unmarshal(d.Content, &kind); {
	case err != nil:
		return nil, err
	case kind.PredicateType != "":
		return nil, provenance.ErrUnsigned
	case kind.DSSEEnvelope != nil:
		b := &bundle.Bundle{}
		if err := b.UnmarshalJSON(d.Content); err != nil {
			return nil, fmt.Errorf("the bundle: %w", err)
		}
		return b, nil
	}
	envelope := &protodsse.Envelope{}
	switch err := protojson.Unmarshal(d.Content, envelope); {
	case err != nil:
		return nil, fmt.Errorf("the envelope: %w", err)
	case len(envelope.Signatures) == 0:
		return nil, provenance.ErrUnsigned
	}
	material, err := cosigned(d.Annotations)
	if err != nil {
		return nil, fmt.Errorf("the envelope's annotations: %w", err)
	}
	// This version of bundles may have a certificate with what the log promised, as cosign kept it.
	made, err := bundle.NewBundle(&protobundle.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1", VerificationMaterial: material,
		Content: &protobundle.Bundle_DsseEnvelope{DsseEnvelope: envelope},
	})
	if err != nil {
		return nil, fmt.Errorf("the envelope: %w", err)
	}
	return made, nil
}
