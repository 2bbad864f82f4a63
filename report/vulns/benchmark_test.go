package vulns_test

import (
	"encoding/json"
	"io"
	"strconv"
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

// Statements about one vulnerability: ten times as many cost ten times as much.
func BenchmarkStatements(b *testing.B) {
	r := small(b)
	scan := read(b, "trivy.json", trivyOne("os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.31-2"}))
	for _, n := range []int{10_000, 100_000} {
		var list []m
		for range n {
			list = append(list, m{"products": []m{{"@id": "app:1"}}})
		}
		d := read(b, "vex.json", openVEX("Ann", "2026-01-01", list...))
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				got, err := vulns.Join(r, []*vulns.Document{d, scan}, nil)
				require.NoError(b, err)
				require.Equal(b, n, got.Exceptions[0].Used)
			}
		})
	}
}
