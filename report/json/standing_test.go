package json_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report/internal/imagetest"
	"github.com/stemma-go/stemma/report/json"
)

// TestStanding: a standing survives writing and reading, with null for what is not so.
func TestStanding(t *testing.T) {
	im := imagetest.Image{Steps: []imagetest.Step{{CreatedBy: "RUN /bin/sh -c true # buildkit", Files: []imagetest.File{{Name: "f"}}}}}
	r := im.Report(t)
	r.Ancestors[0].Standing = &ancestry.Standing{
		AsOf: imagetest.Day("2026-08-21"), Source: "example",
		Superseded: &ancestry.Succession{Name: ancestry.Name{Repository: "python", Tags: []string{"3.11"}}, First: "3.11.2", On: imagetest.Day("2023-02-08"), Times: 34},
	}
	var b bytes.Buffer
	require.NoError(t, json.Write(&b, r, nil))
	d, err := json.Decode(&b)
	require.NoError(t, err)
	want := &json.Standing{
		AsOf: imagetest.Day("2026-08-21"), Source: "example",
		Superseded: &json.Succession{Name: "python:3.11", First: "3.11.2", On: imagetest.Day("2023-02-08"), Times: 34},
	}
	assert.Equal(t, want, d.Ancestors[0].Standing)
}
