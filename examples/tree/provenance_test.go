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
	assert.Nil(t, (&flags{}).provenanceOptions())
	f := &flags{provenance: true, reference: "ghcr.io/acme/app:1"}
	for _, host := range []string{"127.0.0.1:5000", "127.1:5000", "100.64.0.1", "[fd00::1]:5000", "registry:5000", "registry.corp", "nas.home"} {
		_, err := f.provenanceOptions().Config(context.Background(), ancestry.Name{
			Repository: host + "/acme/base", Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)},
		}, v1.Platform{OS: "linux", Architecture: "amd64"})
		require.ErrorContains(t, err, "registry "+host+" is on a local network, and was not asked")
	}
}
