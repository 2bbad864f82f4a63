package main

import (
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
)

// This file reads attestations as cosign stores them beside an image, under the tag
// sha256-DIGEST.att: envelopes, with the certificate and the log's entry as annotations. See
// specs/SIGNATURE_SPEC.md and specs/ATTESTATION_SPEC.md of github.com/sigstore/cosign.
const (
	certificateKey = "dev.sigstore.cosign/certificate"
	logKey         = "dev.sigstore.cosign/bundle"
	timestampKey   = "dev.sigstore.cosign/rfc3161timestamp"
)

// cosigned is what tells who signed: a certificate, with what logs and clocks say of it; or
// nothing, for a key.
func cosigned(annotations map[string]string) (*protobundle.VerificationMaterial, error) {
	m := &protobundle.VerificationMaterial{Content: &protobundle.VerificationMaterial_PublicKey{PublicKey: &protocommon.PublicKeyIdentifier{}}}
	if text := annotations[certificateKey]; text != "" {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New(certificateKey + ": no certificate in PEM")
		}
		chain := &protocommon.X509CertificateChain{Certificates: []*protocommon.X509Certificate{{RawBytes: block.Bytes}}}
		m.Content = &protobundle.VerificationMaterial_X509CertificateChain{X509CertificateChain: chain}
	}
	if text := annotations[logKey]; text != "" {
		entry, err := logEntry([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", logKey, err)
		}
		m.TlogEntries = []*protorekor.TransparencyLogEntry{entry}
	}
	if text := annotations[timestampKey]; text != "" {
		var t struct{ SignedRFC3161Timestamp []byte }
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return nil, fmt.Errorf("%s: %w", timestampKey, err)
		}
		m.TimestampVerificationData = &protobundle.TimestampVerificationData{
			Rfc3161Timestamps: []*protocommon.RFC3161SignedTimestamp{{SignedTimestamp: t.SignedRFC3161Timestamp}},
		}
	}
	return m, nil
}

// logEntry reads an entry of the transparency log, with the log's promise to have it.
func logEntry(text []byte) (*protorekor.TransparencyLogEntry, error) {
	var entry struct {
		SignedEntryTimestamp []byte
		Payload              struct {
			Body           []byte `json:"body"`
			IntegratedTime int64  `json:"integratedTime"`
			LogIndex       int64  `json:"logIndex"`
			LogID          string `json:"logID"`
		}
	}
	if err := json.Unmarshal(text, &entry); err != nil {
		return nil, err
	}
	var body struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(entry.Payload.Body, &body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	id, err := hex.DecodeString(entry.Payload.LogID)
	if err != nil {
		return nil, fmt.Errorf("logID: %w", err)
	}
	return &protorekor.TransparencyLogEntry{
		LogIndex: entry.Payload.LogIndex, LogId: &protocommon.LogId{KeyId: id},
		KindVersion: &protorekor.KindVersion{Kind: body.Kind, Version: body.APIVersion}, IntegratedTime: entry.Payload.IntegratedTime,
		InclusionPromise: &protorekor.InclusionPromise{SignedEntryTimestamp: entry.SignedEntryTimestamp}, CanonicalizedBody: entry.Payload.Body,
	}, nil
}
