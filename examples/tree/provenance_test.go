package main

import (
	"context"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// A document that anybody can have written does not choose which hosts of the local network
// are asked; the image's own registry may be one.
func TestWhoIsAsked(t *testing.T) {
	for host, want := range map[string]bool{
		"docker.io": true, "ghcr.io": true, "registry.example.org:5000": true,
		"localhost": false, "localhost:5000": false, "127.0.0.1:5000": false, "10.0.0.1": false, "[::1]:5000": false,
		"metadata.google.internal": false, "nas.local": false, "registry:5000": false,
	} {
		assert.Equal(t, want, isPublic(host), host)
	}
	assert.Nil(t, (&flags{}).provenanceOptions())
	f := &flags{provenance: true, reference: "ghcr.io/acme/app:1"}
	_, err := f.provenanceOptions().Config(context.Background(), ancestry.Name{
		Repository: "127.0.0.1:5000/acme/base", Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)},
	}, v1.Platform{OS: "linux", Architecture: "amd64"})
	require.ErrorContains(t, err, "registry 127.0.0.1:5000 is on a local network, and was not asked")
}
