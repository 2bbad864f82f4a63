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

// Poison replaces all texts of vulnerabilities that a scanner's report can choose.
func Poison(v *report.Vulnerabilities, text string) {
	for i := range v.Scans {
		s := &v.Scans[i]
		s.File, s.Scanner, s.Version, s.Image, s.Same, s.Other = text, text, text, text, text, text
	}
	for i := range v.Exceptions {
		v.Exceptions[i].File, v.Exceptions[i].Author = text, text
	}
	for i := range v.List {
		w := &v.List[i]
		w.ID, w.Title, w.URL, w.Type, w.Name, w.Version, w.PURL, w.Path, w.Why = text, text, text, text, text, text, text, text, text
		w.Aliases, w.Fixed = []string{text, text}, []string{text}
		if w.Excuse != nil {
			w.Excuse = &report.Excuse{Status: text, Justification: text, Says: text, By: text, File: text}
		}
		for j := range w.Sightings {
			w.Sightings[j].ID = text
		}
	}
}
