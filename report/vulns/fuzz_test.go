package vulns_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/report/vulns"
)

// Whatever a document is, it is read or refused, and what is read joins without a loss, and
// prints.
func fuzz(f *testing.F, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	r := small(f)
	lone := report.New(nil, r.Lineage, nil, nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := vulns.Read(bytes.NewReader(b), "x")
		if err != nil {
			return
		}
		for _, r := range []report.Report{*r, *lone} {
			v, err := vulns.Join(&r, []*vulns.Document{d, d}, &vulns.Options{OtherImage: true})
			require.NoError(t, err)
			r.Vulnerabilities = v
			checkSums(t, &r)
			require.NoError(t, text.Write(io.Discard, &r, &text.Options{Verbose: true, Width: 80}))
		}
	})
}

func FuzzTrivy(f *testing.F) {
	fuzz(f, seed(f, trivyReport(fuzzImage(), fuzzTruths())), unpacked(f, "trivy-fluentd-gems"), sampleScan(f, "trivy"))
}

func FuzzGrype(f *testing.F) {
	fuzz(f, seed(f, grypeReport(fuzzImage(), fuzzTruths())), sampleScan(f, "grype"))
}

func FuzzClair(f *testing.F) {
	fuzz(f, seed(f, clairReport(fuzzImage(), fuzzTruths())), unpacked(f, "clair-ubuntu-bionic"))
}

func FuzzOSV(f *testing.F) { fuzz(f, seed(f, osvReport(fuzzImage(), fuzzTruths()))) }

func FuzzVEX(f *testing.F) {
	fuzz(f, sampleScan(f, "openvex"), seed(f, openVEX("Ann", "2026-01-01", m{"products": []m{{"@id": "app:1", "subcomponents": []m{{"@id": "pkg:deb/debian/libc6"}}}}})))
}

func fuzzImage() imageOf { return imageOf{"app:1", []string{"sha256:0", "sha256:1"}} }

func fuzzTruths() []truth {
	return []truth{{id: "CVE-2026-1", name: "libc6", source: "glibc", version: "2.31-2", fixed: "2.31-3", rating: report.High},
		{id: "CVE-2026-2", name: "dash", source: "dash", version: "0.5", rating: report.Low}}
}

func seed(f *testing.F, doc any) []byte {
	b, err := json.Marshal(doc)
	require.NoError(f, err)
	return b
}

func sampleScan(f *testing.F, name string) []byte {
	b, err := os.ReadFile("../../testdata/handmade/scans/sample." + name + ".json")
	require.NoError(f, err)
	return b
}
