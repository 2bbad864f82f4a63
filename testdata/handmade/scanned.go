package handmade

import (
	"bytes"
	"embed"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
)

// scans are reports about the image of [Sample], made up for tests, in the forms of Trivy and
// Grype, and a VEX document.
//
//go:embed scans
var scans embed.FS

// Scanned is [Sample] with vulnerabilities: of every rating, in packages that are present,
// replaced and removed, in one that the inventory lacks, found by one scanner and by two,
// excused, and without an ancestor.
func Scanned(t testing.TB, rules []report.Rule) *report.Report {
	t.Helper()
	r := Sample(t, rules)
	var docs []*vulns.Document
	for _, name := range []string{"sample.trivy.json", "sample.grype.json", "sample.openvex.json"} {
		b, err := scans.ReadFile("scans/" + name)
		require.NoError(t, err)
		d, err := vulns.Read(bytes.NewReader(b), name)
		require.NoError(t, err)
		docs = append(docs, d)
	}
	v, err := vulns.Join(r, docs, nil)
	require.NoError(t, err)
	r.Vulnerabilities = v
	return r
}
