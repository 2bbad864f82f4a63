package provenance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// MaxSize is the size in bytes of the largest document that [Parse] reads. With the whole
// build graph and its Dockerfile, documents have some 10 kB to 1 MB.
const MaxSize = 32 << 20

// A Document is an attestation as it is stored.
type Document struct {
	// Content is an in-toto statement, or one in a DSSE envelope or a Sigstore bundle.
	Content []byte
	// Digest is that of Content, and Manifest that of the manifest that lists it: what
	// signatures refer to. Zero where they are not known.
	Digest, Manifest v1.Hash
	// Subject is the digest of what the place ties the document to: the image's manifest,
	// or an index that has it. Zero if the place does not say.
	Subject v1.Hash
}

// String names the document in evidence and errors.
func (d Document) String() string {
	if d.Digest == (v1.Hash{}) {
		return "provenance"
	}
	return "provenance " + d.Digest.String()
}

// ErrOther says that a document is no provenance of a kind that is known: an SBOM, for
// example. It is an error of [Parse].
var ErrOther = errors.New("no SLSA provenance of version 0.2 or 1")

// The predicate types that are read.
const (
	typeSLSA02 = "https://slsa.dev/provenance/v0.2"
	typeSLSA1  = "https://slsa.dev/provenance/v1"
)

// IsProvenance reports whether a predicate type is one that [Parse] reads. It reports true
// for "", a type that is not known before the document is read.
func IsProvenance(predicateType string) bool {
	return predicateType == "" || predicateType == typeSLSA02 || predicateType == typeSLSA1
}

// statement is an in-toto statement, or what holds one.
type statement struct {
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
	Subject       []struct {
		Digest map[string]string `json:"digest"`
	} `json:"subject"`

	Payload      *string         `json:"payload"`      // of a DSSE envelope
	DSSEEnvelope json.RawMessage `json:"dsseEnvelope"` // of a Sigstore bundle
}

// maxEnvelopes is how deep a statement may be wrapped: in an envelope, and that in a bundle.
const maxEnvelopes = 2

// unwrap returns the statement in a document.
func unwrap(content []byte, depth int) (*statement, error) {
	var s statement
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&s); err != nil {
		return nil, err
	}
	switch inner := s.DSSEEnvelope; {
	case s.PredicateType != "":
		return &s, nil
	case depth == maxEnvelopes:
		return nil, errors.New("an envelope in an envelope")
	case inner != nil:
		s, err := unwrap(inner, depth+1)
		return s, at("dsseEnvelope", err)
	case s.Payload != nil:
		b, err := decodeBase64(*s.Payload)
		if err != nil {
			return nil, at("payload", err)
		}
		s, err := unwrap(b, depth+1)
		return s, at("payload", err)
	}
	return nil, errors.New("no predicateType: not an in-toto statement")
}

// decodeBase64 takes both alphabets, as DSSE wants.
func decodeBase64(s string) ([]byte, error) {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil {
		return b, nil
	}
	return base64.URLEncoding.DecodeString(s)
}

// at says where in a document an error is; nil stays nil.
func at(where string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", where, err)
}
