package ancestry

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRows: every row of the table compiles, says where its facts are from, and what it
// tells.
func TestRows(t *testing.T) {
	rows, err := knownRows()
	require.NoError(t, err)
	require.Len(t, rows, len(publishers()))
	for i, r := range rows {
		assert.NotEmpty(t, r.of.Vendor, "row %d", i)
		assert.NotEmpty(t, r.of.Source, "row %d, %s", i, r.of.Vendor)
		assert.True(t, len(r.marks) > 0 || r.steps != nil, "row %d, %s", i, r.of.Vendor)
		assert.True(t, r.of.Name != "" || r.steps != nil, "row %d, %s: neither a name nor a boundary", i, r.of.Vendor)
	}
}
