package html_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/html"
)

// What was copied in is among the facts of the ancestor that copied it.
func TestDonors(t *testing.T) {
	r := sample(t)
	r.Donors = []report.Donor{{Donor: ancestry.Donor{Name: ancestry.Name{Repository: "node"}, Version: "20.19.5", Steps: []int{9}, Confidence: ancestry.Inferred}}}
	var b bytes.Buffer
	require.NoError(t, html.Write(&b, r))
	assert.Contains(t, b.String(), "<dt>Copied in</dt><dd><bdi>node 20.19.5 from node, inferred, by step 9</bdi></dd>")
}
