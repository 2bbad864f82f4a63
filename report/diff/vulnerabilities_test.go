package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func chainOfTwo() *ancestry.Lineage {
	return &ancestry.Lineage{Ancestors: []ancestry.Ancestor{{}, {Repository: "debian", Tags: []string{"12"}}}}
}

// scanned is a report of two ancestors with the vulnerabilities that are given.
func scanned(list ...report.Vulnerability) *report.Report {
	r := report.New(nil, chainOfTwo(), nil, nil)
	for i := range list {
		list[i].Type, list[i].Package = "deb", -1
	}
	r.Vulnerabilities = &report.Vulnerabilities{List: list}
	return r
}

func TestVulnerabilities(t *testing.T) {
	old := scanned(
		report.Vulnerability{ID: "CVE-1", Name: "openssl", Version: "1", Rating: report.High},
		report.Vulnerability{ID: "CVE-2", Name: "openssl", Version: "1", Rating: report.Low},
		report.Vulnerability{ID: "CVE-3", Name: "zlib", Version: "1", Rating: report.Critical},
		report.Vulnerability{ID: "CVE-4", Name: "zlib", Version: "1", Rating: report.High, Excuse: &report.Excuse{}},
	)
	new := scanned(
		report.Vulnerability{ID: "CVE-1", Name: "openssl", Version: "2", Rating: report.High}, // an upgrade that keeps it
		report.Vulnerability{ID: "CVE-2", Name: "openssl", Version: "2", Rating: report.Medium},
		report.Vulnerability{ID: "CVE-4", Name: "zlib", Version: "1", Rating: report.High}, // no longer excused
		report.Vulnerability{ID: "CVE-5", Name: "curl", Version: "8", Rating: report.Unrated, Ancestor: -1, State: packages.Present},
		report.Vulnerability{ID: "CVE-5", Name: "curl", Version: "7", Rating: report.Unrated, Ancestor: 0},
	)
	d := diff.New(old, new, nil)
	assert.True(t, d.VulnerabilitiesKnown)
	var got []string
	for _, v := range d.Vulnerabilities {
		got = append(got, fmt.Sprintf("%s %s %s (was %s) of %s %s by %q", v.Change, v.ID, v.Rating, v.Was, v.Package, v.Version, v.Ancestor))
	}
	assert.Equal(t, []string{
		`added CVE-4 high (was unknown) of zlib 1 by "this image"`,
		`added CVE-5 unknown (was unknown) of curl 8 by ""`,
		`added CVE-5 unknown (was unknown) of curl 7 by "this image"`,
		`removed CVE-3 critical (was unknown) of zlib 1 by "this image"`,
		`other CVE-2 medium (was low) of openssl 2 by "this image"`,
	}, got)
	assert.True(t, d.Matters())
	out := text(t, d)
	for _, line := range []string{"3 gained: CVE-4 (high) of zlib 1", "1 lost: CVE-3 (critical) of zlib 1", "1 rated otherwise: CVE-2 (medium, was low) of openssl 2"} {
		assert.Contains(t, strings.Join(strings.Fields(out), " "), line)
	}
}

// With one scan the two are not compared, and without any nothing is said of it.
func TestVulnerabilitiesNotKnown(t *testing.T) {
	with, without := scanned(report.Vulnerability{ID: "CVE-1"}), report.New(nil, chainOfTwo(), nil, nil)
	for _, tt := range []struct {
		old, new *report.Report
		says     string
	}{
		{with, without, "no scanner's report of the new image was read, so vulnerabilities are not compared"},
		{without, with, "no scanner's report of the old image was read, so vulnerabilities are not compared"},
	} {
		d := diff.New(tt.old, tt.new, nil)
		assert.False(t, d.VulnerabilitiesKnown)
		assert.Empty(t, d.Vulnerabilities)
		assert.Contains(t, d.NotKnown, tt.says)
	}
	assert.NotContains(t, text(t, diff.New(without, without, nil)), "ulnerabilit")
	assert.Contains(t, text(t, diff.New(with, with, nil)), "Vulnerabilities: none is gained, and none is lost")
}

// The same image, scanned twice, gains and loses nothing; on another base its own ones come along.
func TestVulnerabilitiesOfTheSame(t *testing.T) {
	r := handmade.Scanned(t, nil)
	assert.Empty(t, diff.New(r, handmade.Scanned(t, nil), nil).Vulnerabilities)
	base := scanned()
	for _, v := range diff.New(r, base, &diff.Options{Base: true}).Vulnerabilities {
		assert.NotEqual(t, "this image", v.Ancestor, v.ID)
	}
}
