package graph_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/graph"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// The box of an ancestor says from which images it copied.
func TestDonors(t *testing.T) {
	r := handmade.Sample(t, nil)
	for _, name := range []string{"node", "golang", `a"b`, "c", "d"} {
		r.Donors = append(r.Donors, report.Donor{Donor: ancestry.Donor{Name: ancestry.Name{Repository: name}}})
	}
	var mermaid, dot bytes.Buffer
	require.NoError(t, graph.WriteMermaid(&mermaid, r))
	require.NoError(t, graph.WriteDOT(&dot, r))
	assert.Contains(t, mermaid.String(), "files from node, golang, a#34;b and 2 more")
	assert.Contains(t, dot.String(), `files from node, golang, a\"b and 2 more`)
}
