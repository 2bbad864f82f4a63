package vulns_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/report/vulns"
)

// 10,000 findings: reading them, joining them, and printing the first screen and the whole
// tree.
func BenchmarkFindings(b *testing.B) {
	c := newPythonChain(b, 68)
	c.truths = c.truths[:10_000]
	doc, err := json.Marshal(trivyReport(c.image, c.truths))
	require.NoError(b, err)
	in := string(doc)
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(in)))
		for b.Loop() {
			_, err := vulns.Read(strings.NewReader(in), "trivy.json")
			require.NoError(b, err)
		}
	})
	d, err := vulns.Read(strings.NewReader(in), "trivy.json")
	require.NoError(b, err)
	b.Run("join and print", func(b *testing.B) {
		for b.Loop() {
			c.join(b, d)
			require.NoError(b, text.Write(io.Discard, c.report, &text.Options{Width: 100}))
			require.NoError(b, text.Write(io.Discard, c.report, &text.Options{Width: 100, Verbose: true}))
		}
	})
}
