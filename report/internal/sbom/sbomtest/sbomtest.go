// Package sbomtest has the reports with which the formats of bills of materials are tested.
package sbomtest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// Evil is text that no output may pass on as it is.
const Evil = "a\x1b]0;owned\a\x1b[2J\x9b31m\r\nb\u202e\u2066\u200b\u0085\xff\xfe\t\x00c\u0301<script>\"'&#?@:/"

// Sample is handmade.Sample with licences and CPEs of every kind.
func Sample(t testing.TB) *report.Report {
	t.Helper()
	r := handmade.Sample(t, nil)
	r.Ancestors[0].Ties = nil
	set := map[string]packages.Package{
		"dash":       {Licenses: []packages.License{{SPDX: "BSD-3-Clause", Name: "BSD-3-Clause"}}, CPEs: []string{"cpe:2.3:a:dash:dash:0.5.11:*:*:*:*:*:*:*"}},
		"gcc-10":     {Licenses: []packages.License{{SPDX: "GPL-3.0-or-later WITH GCC-exception-3.1"}, {SPDX: "GPL-2.0-or-later OR Artistic-2.0"}, {SPDX: "GPL-2.0-or-later OR Artistic-2.0", Name: "again"}}},
		"libc6":      {Licenses: []packages.License{{SPDX: "LGPL-2.1-only", Name: "LGPL-2.1"}, {Name: "public-domain"}, {Name: "Inner Net License, v2"}, {SPDX: "not an expression"}}, CPEs: []string{"cpe:2.3:a:glibc:libc6:2.31:*:*:*:*:*:*:*", "cpe:2.3:a:libc6:libc6:2.31:*:*:*:*:*:*:*", "no cpe"}},
		"libssl-dev": {Licenses: []packages.License{{SPDX: "OpenSSL AND LicenseRef-scancode-ssleay"}}},
	}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		p.Licenses, p.CPEs = set[p.Name].Licenses, set[p.Name].CPEs
	}
	r.Inventory.Packages[0].Source = "dash"
	return r
}

// Reports make reports of all kinds, by name.
func Reports(t testing.TB) map[string]func() *report.Report {
	return map[string]func() *report.Report{
		"sample":  func() *report.Report { return Sample(t) },
		"scanned": func() *report.Report { return handmade.Scanned(t, nil) },
		"evil scan": func() *report.Report {
			r := handmade.Scanned(t, nil)
			handmade.Poison(r.Vulnerabilities, Evil)
			return r
		},
		"nothing":     func() *report.Report { return report.New(nil, nil, nil, &report.Options{AsOf: handmade.AsOf}) },
		"empty":       func() *report.Report { return &report.Report{} },
		"config only": func() *report.Report { return ConfigOnly(t) },
		"partial":     func() *report.Report { return Partial(t) },
		"unknown":     func() *report.Report { return Unknown(t) },
		"hostile":     func() *report.Report { return Hostile(t, Evil) },
		"long":        func() *report.Report { return Hostile(t, strings.Repeat("x<é\u202e", 700)) },
		"many":        func() *report.Report { return Many(t) },
		"donors":      func() *report.Report { return Donors(t) },
		"asked":       func() *report.Report { return handmade.Asked(t, nil) },
		"no packages": func() *report.Report {
			r := Sample(t)
			r.Inventory = &packages.Inventory{}
			return r
		},
		"a path": func() *report.Report {
			r := Sample(t)
			r.Reference = "oci:build/layout:latest"
			return r
		},
	}
}

// ConfigOnly is a report of a configuration; no layer was read.
func ConfigOnly(t testing.TB) *report.Report {
	t.Helper()
	return handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "/bin/sh -c #(nop) ADD file:00 in / ", Files: []handmade.File{{Name: "a"}}}, {CreatedBy: "/bin/sh -c #(nop)  CMD [\"sh\"]"}},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 1}},
	}.ConfigReport(t)
}

// Partial is a report of an image of which a layer could not be read to its end.
func Partial(t testing.TB) *report.Report {
	t.Helper()
	r := Sample(t)
	r.Partial = true
	r.Index.Layers[3].DiffID = v1.Hash{}
	return r
}

// Unknown is a report in which no name is known, not even the image's own.
func Unknown(t testing.TB) *report.Report {
	t.Helper()
	r := Sample(t)
	for i := range r.Ancestors {
		r.Ancestors[i].Repository, r.Ancestors[i].Confidence = "", ancestry.Unknown
	}
	r.Reference, r.Digest = "", v1.Hash{}
	return r
}

// Donors is the sample with files that were copied from other images: by the image itself, and
// by its base, which copied them out of a stage.
func Donors(t testing.TB) *report.Report {
	t.Helper()
	r := Sample(t)
	r.Donors = []report.Donor{
		{Donor: ancestry.Donor{
			Name: ancestry.Name{Repository: "node"}, Version: "20.19.5", Steps: []int{9}, Paths: []string{"usr/local/bin/node"}, Confidence: ancestry.Inferred,
			Evidence: []ancestry.Evidence{{Kind: ancestry.KindHeuristic, Confidence: ancestry.Inferred, Says: "node 20.19.5, where images of node have it", Where: "layer 7: usr/local/bin/node"}},
		}, Bytes: 99_000_000},
		{Donor: ancestry.Donor{
			Name: ancestry.Name{Repository: "golang", Tags: []string{"1.26"}}, Stage: "build", Confidence: ancestry.Recorded,
			Evidence: []ancestry.Evidence{{Kind: ancestry.KindProvenance, Confidence: ancestry.Recorded, Says: "built with golang:1.26"}},
		}, Ancestor: 1},
	}
	return r
}

// Hostile is a report in which every string is evil.
func Hostile(t testing.TB, evil string) *report.Report {
	t.Helper()
	r := Donors(t)
	states := make([]packages.State, len(r.Inventory.Packages))
	for i := range states {
		states[i] = r.Inventory.Packages[i].State
	}
	r.Lineage.Asked = &ancestry.Asked{At: handmade.AsOf}
	for i, state := range []string{ancestry.StateMoved, ancestry.StateGone, ancestry.StateNotKnown, ancestry.StateCurrent} {
		r.Ancestors[i].Live = &ancestry.Live{State: state, Now: &ancestry.Tagged{}, Difference: &ancestry.Difference{}, EndOfLife: time.Unix(1<<60, 0)}
	}
	handmade.SetStrings(r.Ancestors, evil)
	handmade.SetStrings(r.Donors, evil)
	handmade.SetStrings(r.Lineage, evil)
	handmade.SetStrings(r.Findings, evil)
	handmade.SetStrings(r.Inventory, evil)
	for i := range states {
		r.Inventory.Packages[i].State = states[i]
	}
	r.Reference, r.Digest.Algorithm, r.Digest.Hex = evil, evil, evil
	r.Index.Config.OS, r.Index.Config.Architecture, r.Index.Config.Variant = evil, evil, evil
	r.Problems = []layers.Problem{{Layer: 1, Step: 2, Path: evil, Err: errors.New(evil)}}
	return r
}

// Many is a report with two hundred ancestors, as the marks of a hostile history may make
// them.
func Many(t testing.TB) *report.Report {
	t.Helper()
	var im handmade.Image
	for range 200 {
		im.Steps = append(im.Steps, handmade.Step{CreatedBy: "x"})
		im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: "debian", Tag: "12", Steps: 1})
	}
	return im.ConfigReport(t)
}

// Large is a report of n packages.
func Large(t testing.TB, n int) *report.Report {
	t.Helper()
	r := Sample(t)
	some := r.Inventory.Packages
	r.Inventory.Packages = nil
	for i := range n {
		p := some[i%len(some)]
		p.Name = fmt.Sprintf("%s-%d", p.Name, i)
		p.PURL = fmt.Sprintf("pkg:deb/debian/%s@%s?arch=amd64&distro=debian-11", p.Name, "1.0")
		p.State = packages.Present
		r.Inventory.Packages = append(r.Inventory.Packages, p)
	}
	require.Len(t, r.Inventory.Packages, n)
	return r
}
