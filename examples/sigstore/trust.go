package main

import (
	"crypto"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

// trust says whose signatures count.
type trust struct {
	key              string // a file
	issuer, identity string
	root             string // a file
	tuf              bool
}

// verifier is made of either a key, or an identity and a trusted root.
func (t trust) verifier() (*verifier, error) {
	switch keyless := t.issuer != "" || t.identity != "" || t.root != "" || t.tuf; {
	case t.key != "" && keyless:
		return nil, errors.New("either -key, or -issuer and -identity with a trusted root")
	case t.key != "":
		return byKey(t.key)
	case t.issuer == "" || t.identity == "":
		return nil, errors.New("who may sign: give -key, or -issuer and -identity")
	case (t.root != "") == t.tuf:
		return nil, errors.New("either -trusted-root or -tuf")
	}
	return t.byIdentity()
}

// byKey trusts one public key, at any time.
func byKey(file string) (*verifier, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := cryptoutils.UnmarshalPEMToPublicKey(pem)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	v, err := signature.LoadVerifier(key, crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	always := root.NewExpiringKey(v, time.Time{}, time.Time{})
	material := root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) { return always, nil })
	entity, err := verify.NewVerifier(material, verify.WithNoObserverTimestamps(), verify.WithoutStatementPredicate())
	return &verifier{entity: entity, who: verify.WithKey(), name: "the key " + file}, err
}

// byIdentity trusts a name that a certificate authority has certified.
func (t trust) byIdentity() (*verifier, error) {
	who, err := verify.NewShortCertificateIdentity(t.issuer, "", "", t.identity)
	if err != nil {
		return nil, err
	}
	material, err := t.material()
	if err != nil {
		return nil, err
	}
	// A certificate lives for minutes: something has to tell that it was used within them. What
	// else an instance of Sigstore has, its signatures must have, too.
	opts := []verify.VerifierOption{verify.WithObserverTimestamps(1), verify.WithoutStatementPredicate()}
	if len(material.RekorLogs()) > 0 {
		opts = append(opts, verify.WithTransparencyLog(1))
	}
	if len(material.CTLogs()) > 0 {
		opts = append(opts, verify.WithSignedCertificateTimestamps(1))
	}
	entity, err := verify.NewVerifier(material, opts...)
	return &verifier{entity: entity, who: verify.WithCertificateIdentity(who)}, err
}

func (t trust) material() (root.TrustedMaterial, error) {
	if t.tuf {
		return root.FetchTrustedRoot()
	}
	return root.NewTrustedRootFromPath(t.root)
}
