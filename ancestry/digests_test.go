package ancestry_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// pins is a Digester of one image.
type pins struct {
	said
	repository string
	digest     v1.Hash
	tags       []string
	err        error
}

func (p pins) TagsOf(_ context.Context, repository string, digest v1.Hash) ([]string, string, error) {
	if p.err == nil && repository == p.repository && digest == p.digest {
		return p.tags, "a catalogue", nil
	}
	return nil, "", p.err
}

// TestDigester: a digest that an attestation has is given tags by a source that knows it, with
// the attestation's confidence, and in that repository alone.
func TestDigester(t *testing.T) {
	digest := v1.Hash{Algorithm: "sha256", Hex: "d695c3de6fcd8cfe3a6222b0358425d40adfd129a8a47c3416faff1a8aece389"}
	attested := claim(2, 4, "", ancestry.Recorded, ancestry.KindProvenance)
	attested.Parent = ancestry.Name{Repository: "acme/base", Digest: digest}
	resolve := func(p pins) (ancestry.Ancestor, []error) {
		l, err := ancestry.Resolve(t.Context(), image(t, adds+cmd+byBuildKit), &ancestry.Options{Catalogues: []ancestry.Source{said{attested}, p}})
		require.NoError(t, err)
		var problems []error
		for _, x := range l.Problems {
			problems = append(problems, x.Err)
		}
		return l.Ancestors[1], problems
	}
	a, problems := resolve(pins{repository: "acme/base", digest: digest, tags: []string{"1.2.3", "not a tag", "1"}})
	assert.Empty(t, problems)
	assert.Equal(t, "acme/base", a.Repository)
	assert.Equal(t, []string{"1.2.3", "1"}, a.Tags)
	assert.Equal(t, digest, a.Digest)
	assert.Equal(t, ancestry.Recorded, a.Confidence)
	assert.Equal(t, "sha256:d695c3de6fcd… is the digest of acme/base:1.2.3", a.Evidence[0].Says)
	assert.Equal(t, "a catalogue", a.Evidence[0].Where)
	assert.Empty(t, a.Against)

	a, _ = resolve(pins{repository: "other/base", digest: digest, tags: []string{"1.2.3"}})
	assert.Equal(t, "acme/base@"+digest.String(), a.String())
	a, problems = resolve(pins{err: errors.New("corrupt")})
	assert.Equal(t, "acme/base@"+digest.String(), a.String())
	require.Len(t, problems, 1)
	assert.ErrorContains(t, problems[0], "corrupt")
}

// TestOwnDigest: the image's own digest proves its name, unless its layers are not those of the
// manifest.
func TestOwnDigest(t *testing.T) {
	digest := v1.Hash{Algorithm: "sha256", Hex: "d695c3de6fcd8cfe3a6222b0358425d40adfd129a8a47c3416faff1a8aece389"}
	p := pins{repository: "acme/base", digest: digest, tags: []string{"1.2.3", "1"}}
	layers := strings.Count(adds+cmd, " + ")
	for want, verified := range map[string][]bool{"proved": nil, "proved, all layers": make([]bool, layers), "recorded": make([]bool, layers)} {
		for i := range verified {
			verified[i] = want != "recorded"
		}
		l, err := ancestry.Resolve(t.Context(), image(t, adds+cmd), &ancestry.Options{Catalogues: []ancestry.Source{p},
			Hints: ancestry.Hints{Reference: "acme/base:1", Digest: digest, Verified: verified}})
		require.NoError(t, err)
		a := l.Ancestors[0]
		assert.Equal(t, []string{"1.2.3", "1"}, a.Tags, want)
		assert.Equal(t, strings.Split(want, ",")[0], a.Confidence.String(), want)
	}
}
