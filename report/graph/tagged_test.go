//go:build tagged

package graph_test

import (
	"encoding/xml"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report/graph"
)

// Graphviz draws two boxes, and in the first the name as it is.
func TestTaggedGraphviz(t *testing.T) {
	for _, s := range hostile {
		cmd := exec.Command("dot", "-Tsvg")
		cmd.Stdin = strings.NewReader(write(t, graph.WriteDOT, named(s, "debian")))
		out, err := cmd.Output()
		require.NoError(t, err, "%q", s)
		var svg struct {
			Nodes []struct {
				Class string   `xml:"class,attr"`
				Text  []string `xml:"text"`
			} `xml:"g>g"`
		}
		require.NoError(t, xml.Unmarshal(out, &svg))
		var first []string
		n := map[string]int{}
		for _, g := range svg.Nodes {
			n[g.Class]++
			if g.Class == "node" && first == nil {
				first = g.Text
			}
		}
		assert.Equal(t, map[string]int{"node": 2, "edge": 1}, n, "%q", s)
		if s != "" && len(s) < 100 {
			require.Len(t, first, 2)
			assert.Equal(t, printable.Line(s), strings.TrimSpace(strings.ReplaceAll(first[0], "\u00a0", " ")))
		}
	}
}
