package json_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/internal/sbom/sbomtest"
	"github.com/stemma-go/stemma/report/json"
)

func TestDonors(t *testing.T) {
	d := json.New(sbomtest.Donors(t))
	require.Len(t, d.Donors, 2)
	node := d.Donors[0]
	assert.Equal(t, "node", node.Name)
	assert.Equal(t, 0, *node.Ancestor)
	assert.Equal(t, []int{9}, node.Steps)
	assert.Equal(t, []string{"usr/local/bin/node"}, node.Paths)
	assert.Equal(t, "20.19.5", node.Version)
	assert.Equal(t, "inferred", node.Confidence)
	assert.EqualValues(t, 99_000_000, node.Bytes)
	assert.Len(t, node.Evidence, 1)
	golang := d.Donors[1]
	assert.Equal(t, "golang:1.26", golang.Name)
	assert.Equal(t, "build", golang.Stage)
	assert.Equal(t, 1, *golang.Ancestor)
	assert.Equal(t, []int{}, golang.Steps, "not null")
	assert.Equal(t, []string{}, golang.Paths)
}
