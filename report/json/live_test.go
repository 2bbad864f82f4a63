package json_test

import (
	"bytes"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// What is attested of the source is there, and null where nothing is.
func TestSource(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "RUN /bin/sh -c true # buildkit"}}}
	for what, test := range map[string]struct {
		attested *ancestry.Dockerfile
		want     *json.Source
	}{
		"nothing":           {nil, nil},
		"lines alone":       {&ancestry.Dockerfile{Steps: []ancestry.Lines{{First: 1, Last: 1}}}, nil},
		"its repository":    {&ancestry.Dockerfile{Repository: "https://example.com/a", Revision: "3f2c"}, &json.Source{Repository: "https://example.com/a", Revision: "3f2c"}},
		"its path, hostile": {&ancestry.Dockerfile{Path: "a\x1b[2J/Dockerfile"}, &json.Source{Dockerfile: "a\x1b[2J/Dockerfile"}},
	} {
		r := im.Report(t)
		r.Lineage.Dockerfile = test.attested
		var b bytes.Buffer
		require.NoError(t, json.Write(&b, r, nil))
		assert.NotContains(t, b.String(), "\x1b")
		d, err := json.Decode(&b)
		require.NoError(t, err)
		assert.Equal(t, test.want, d.Source, what)
	}
}

// What a registry said survives writing and reading, with null for what is not known.
func TestLive(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "RUN /bin/sh -c true # buildkit", Files: []handmade.File{{Name: "f"}}}}}
	r := im.Report(t)
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("7", 64)}
	day, asked := handmade.Day("2026-10-01"), handmade.Day("2026-11-22")
	r.Lineage.Asked = &ancestry.Asked{At: asked, Requests: 9, Bytes: 4100}
	r.Ancestors[0].Live = &ancestry.Live{
		Name: "base:1", State: ancestry.StateMoved, Now: &ancestry.Tagged{Digest: digest, Created: day, Layers: 2, Bytes: 900}, Since: day,
		Difference: &ancestry.Difference{Layers: 1, Bytes: 800}, NoEndOfLife: "why", Requests: 9, Bytes: 4100,
	}
	var b bytes.Buffer
	require.NoError(t, json.Write(&b, r, nil))
	assert.Contains(t, b.String(), `"packages": null`)
	d, err := json.Decode(&b)
	require.NoError(t, err)
	assert.Equal(t, &json.Asked{At: asked, Requests: 9, Bytes: 4100}, d.Asked)
	assert.Equal(t, &json.Live{
		Name: "base:1", State: "moved", Now: &json.Tagged{Digest: digest.String(), Created: &day, Layers: 2, Bytes: 900}, Since: &day,
		Difference: &json.Difference{Layers: 1, Bytes: 800}, NoEndOfLife: "why", Requests: 9, Bytes: 4100,
	}, d.Ancestors[0].Live)
}
