package json_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// TestStanding: a standing survives writing and reading, with null for what is not so.
func TestStanding(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "RUN /bin/sh -c true # buildkit", Files: []handmade.File{{Name: "f"}}}}}
	r := im.Report(t)
	r.Ancestors[0].Standing = &ancestry.Standing{
		AsOf: handmade.Day("2026-08-21"), Source: "example",
		Superseded: &ancestry.Succession{Name: ancestry.Name{Repository: "python", Tags: []string{"3.11"}}, First: "3.11.2", On: handmade.Day("2023-02-08"), Times: 34},
	}
	var b bytes.Buffer
	require.NoError(t, json.Write(&b, r, nil))
	d, err := json.Decode(&b)
	require.NoError(t, err)
	want := &json.Standing{
		AsOf: handmade.Day("2026-08-21"), Source: "example", State: "superseded",
		Superseded: &json.Succession{Name: "python:3.11", First: "3.11.2", On: handmade.Day("2023-02-08"), Times: 34},
	}
	assert.Equal(t, want, d.Ancestors[0].Standing)
}
