package provenance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	// Annotations are those that the manifest has for the document: for a verifier, since
	// cosign keeps there by which certificate an envelope is signed. Not verified, and not read
	// here.
	Annotations map[string]string
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

	Payload      *string         `json:"payload"` // of a DSSE envelope
	PayloadType  string          `json:"payloadType"`
	DSSEEnvelope json.RawMessage `json:"dsseEnvelope"` // of a Sigstore bundle
}

// maxEnvelopes is how deep a statement may be wrapped: in an envelope, and that in a bundle.
const maxEnvelopes = 2

// payloadType is that of a statement in a DSSE envelope.
const payloadType = "application/vnd.in-toto+json"

// unwrap returns the statement in a document. Who verifies a signature reads the document
// by itself, so nothing is read that another reader could take for something else.
func unwrap(content []byte, depth int) (*statement, error) {
	s, err := decode(content)
	if err != nil {
		return nil, err
	}
	switch inner := s.DSSEEnvelope; {
	case moreThanOne(s.PredicateType != "" || s.Predicate != nil, s.Payload != nil, inner != nil):
		return nil, errors.New("more than one of a statement, a payload and a dsseEnvelope")
	case s.PredicateType != "":
		return s, nil
	case depth == maxEnvelopes:
		return nil, errors.New("an envelope in an envelope")
	case inner != nil:
		s, err := unwrap(inner, depth+1)
		return s, at("dsseEnvelope", err)
	case s.Payload != nil && s.PayloadType != payloadType:
		return nil, fmt.Errorf("payloadType: %.80q is not %s", s.PayloadType, payloadType)
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

// decode reads a document that is one JSON object, without two keys that the decoder takes
// for one: those that differ in case alone, too.
func decode(content []byte) (*statement, error) {
	var s statement
	d := json.NewDecoder(bytes.NewReader(content))
	if err := d.Decode(&s); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the document")
	}
	d = json.NewDecoder(bytes.NewReader(content))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var keys []string
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		k, _ := key.(string)
		switch twice := func(o string) bool { return strings.EqualFold(o, k) }; {
		case slices.ContainsFunc(keys, twice):
			return nil, fmt.Errorf("%.40q is there twice", k)
		case slices.ContainsFunc(statementKeys(), twice):
			keys = append(keys, k)
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return nil, err
		}
	}
	return &s, nil
}

// statementKeys are those of which statement has fields.
func statementKeys() []string {
	return []string{"predicateType", "predicate", "subject", "payload", "payloadType", "dsseEnvelope"}
}

func moreThanOne(all ...bool) bool {
	n := 0
	for _, is := range all {
		if is {
			n++
		}
	}
	return n > 1
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
