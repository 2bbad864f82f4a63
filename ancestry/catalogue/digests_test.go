package catalogue_test

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
)

// TestTagsOf: a base that is pinned by its digest gets the tags that one's own catalogue has
// for it, though its steps are not those that the catalogue has.
func TestTagsOf(t *testing.T) {
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)}
	first := catalogueOf(t, func(b *own.Builder) { image(t, b, "acme/other:1", built("o!ADD rootfs.tar / # buildkit")) })
	second := catalogueOf(t, func(b *own.Builder) {
		image(t, b, "registry.example.com/base:1.2@"+digest.String(), built("a!ADD rootfs.tar / # buildkit", "CMD [\"sh\"]"))
		image(t, b, "registry.example.com/base:1@"+digest.String(), built("a!ADD rootfs.tar / # buildkit", "CMD [\"sh\"]"))
	})
	var c ancestry.Digester = catalogue.Join(first, second)
	tags, where, err := c.TagsOf(t.Context(), "registry.example.com/base", digest)
	require.NoError(t, err)
	assert.Equal(t, []string{"1.2", "1"}, tags)
	assert.Equal(t, "catalogue of 2026-03-01, our base images", where)
	for _, repository := range []string{"registry.example.com/base/more", "acme/other"} {
		tags, _, err = c.TagsOf(t.Context(), repository, digest)
		require.NoError(t, err)
		assert.Empty(t, tags)
	}

	app := built("x!ADD squashed.tar / # buildkit", "y!/bin/sh -c #(nop) COPY file:"+strings.Repeat("c", 64)+" in /app ")
	app.History[1].Comment = "FROM registry.example.com/base@" + digest.String()
	l, err := ancestry.Resolve(t.Context(), (*config)(app), &ancestry.Options{Catalogues: []ancestry.Source{c}})
	require.NoError(t, err)
	require.Len(t, l.Ancestors, 2)
	base := l.Ancestors[1]
	assert.Equal(t, "registry.example.com/base:1.2", base.String())
	assert.Equal(t, ancestry.Recorded, base.Confidence)
	assert.Contains(t, base.Evidence[0].Says, "is the digest of registry.example.com/base:1.2")
}
