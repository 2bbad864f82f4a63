package cyclonedx_test

import (
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/cyclonedx"
	"github.com/stemma-go/stemma/report/internal/sbom/sbomtest"
)

// An image that files were copied from is a container, which the one that copied depends on.
func TestDonors(t *testing.T) {
	bom := cyclonedx.New(sbomtest.Donors(t), nil)
	refs := map[string]cdx.Component{}
	for _, c := range *bom.Components {
		refs[c.BOMRef] = c
	}
	node := refs["donor-0"]
	assert.Equal(t, cdx.ComponentTypeContainer, node.Type)
	assert.Equal(t, "node", node.Name)
	assert.Contains(t, *node.Properties, cdx.Property{Name: "stemma:donor", Value: "version of what was copied: 20.19.5"})
	require.NotNil(t, node.Evidence)
	assert.Equal(t, "1.26", refs["donor-1"].Version)
	for _, d := range *bom.Dependencies {
		switch d.Ref {
		case "image":
			assert.Contains(t, *d.Dependencies, "donor-0")
			assert.NotContains(t, *d.Dependencies, "donor-1")
		case "ancestor-1":
			assert.Contains(t, *d.Dependencies, "donor-1")
		}
	}
}
