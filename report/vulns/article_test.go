package vulns_test

import (
	"fmt"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// pythonChain is the chain of python:3.6 of January 2021, told from its real configuration,
// with an inventory that the test makes: for each ancestor some packages, of which the last
// layer upgrades one of each.
type pythonChain struct {
	report  *report.Report
	config  *v1.ConfigFile
	image   imageOf
	truths  []truth
	ratings map[string]report.Ratings // by ancestor, what is true
	fixable map[string]int
}

func newPythonChain(t testing.TB, scale int) *pythonChain {
	t.Helper()
	c := &pythonChain{config: published(t, "grype-python-3.6").Config(), ratings: map[string]report.Ratings{}, fixable: map[string]int{}}
	base := chainOf(t, c.config)
	c.image.name = "python:3.6"
	for _, d := range c.config.RootFS.DiffIDs {
		c.image.diffIDs = append(c.image.diffIDs, d.String())
	}
	inv := &packages.Inventory{}
	last := len(c.image.diffIDs) - 1
	id := 0
	for a, of := range []report.Ratings{ // youngest first, as the ancestors are
		{report.Medium: 1, report.High: 1},
		{report.Unrated: 2, report.Low: 20, report.Medium: 21, report.High: 9, report.Critical: 2},
		{report.Low: 3, report.Medium: 2, report.High: 1},
		{report.Low: 4, report.Medium: 1},
		{report.Low: 6, report.Medium: 3, report.High: 1, report.Critical: 1},
	} {
		anc := base.Ancestors[a]
		for n := range 2 {
			name, version, layer := fmt.Sprintf("lib%d-%d", a, n), "1:1.0-1", anc.Layers.From
			p := packages.Package{Type: "deb", Name: name, Version: version, Arch: "amd64", Source: fmt.Sprintf("source%d", a), State: packages.Present,
				Locations: []packages.Location{{Path: "var/lib/dpkg/status", Layer: last}},
				Events:    []packages.Event{{Kind: packages.Introduced, Layer: layer, To: version}}}
			by := a
			if n == 1 && a > 0 { // the ancestor above upgraded it, so it is that one's
				by = a - 1
				layer = base.Ancestors[by].Layers.To - 1
				p.Events = append(p.Events, packages.Event{Kind: packages.Upgraded, Layer: layer, From: version, To: "1:1.0-2"})
				p.Version, version = "1:1.0-2", "1:1.0-2"
			}
			p.PURL = "pkg:deb/debian/" + name + "@" + version + "?arch=amd64&distro=debian-11&upstream=" + p.Source
			inv.Packages = append(inv.Packages, p)
			who := base.Ancestors[by].String()
			for rating, k := range of {
				for range k * scale {
					id++
					tr := truth{id: fmt.Sprintf("CVE-2026-%05d", id), name: name, version: version, source: p.Source, rating: report.Rating(rating), status: "affected",
						layer: anc.Layers.From} // wrong where the package was upgraded
					if id%3 == 0 {
						tr.fixed = "1:1.0-9"
						c.fixable[who]++
					}
					c.truths = append(c.truths, tr)
					count := c.ratings[who]
					count[rating]++
					c.ratings[who] = count
				}
			}
		}
	}
	c.report = report.New(nil, base.Lineage, inv, &report.Options{AsOf: handmade.AsOf, Reference: "python:3.6"})
	return c
}

func (c *pythonChain) join(t testing.TB, docs ...*vulns.Document) {
	t.Helper()
	var err error
	c.report.Vulnerabilities, err = vulns.Join(c.report, docs, &vulns.Options{Config: c.config})
	require.NoError(t, err)
}

// The table of the article: the vulnerabilities of a chain like python:3.8's by ancestor, from
// each scanner's report. The sums are the scanner's own totals, to the last finding.
func TestArticle(t *testing.T) {
	forms := map[string]func(imageOf, []truth) m{"trivy": trivyReport, "grype": grypeReport, "clair": clairReport, "osv": osvReport}
	var all []*vulns.Document
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			c := newPythonChain(t, 4)
			d := read(t, name, form(c.image, c.truths))
			c.join(t, d)
			assert.Equal(t, c.ratings, counted(c.report))
			checkSums(t, c.report, len(c.truths))
			totals := report.Ratings{}
			for i := range c.report.Ancestors {
				n := c.report.Vulnerabilities.Of(i)
				assert.Equal(t, c.fixable[c.report.Ancestors[i].String()], n.Fixable)
				for r, k := range n.Ratings {
					totals[r] += k
				}
			}
			assert.Equal(t, c.report.Vulnerabilities.Scans[0].Ratings, totals)
			assert.Equal(t, len(c.truths), totals.Total())
			for _, v := range c.report.Vulnerabilities.List {
				want := report.JoinPURL
				if name == "clair" || name == "osv" {
					want = report.JoinName // they have no package URL
				}
				assert.Equal(t, want, v.Join)
				assert.Equal(t, packages.Present, v.State)
				assert.Regexp(t, `^CVE-2026-\d{5}$`, v.ID)
			}
			all = append(all, d)
		})
	}
	c := newPythonChain(t, 4)
	c.join(t, all...)
	assert.Equal(t, c.ratings, counted(c.report), "four scanners that agree find no more than one")
	checkSums(t, c.report)
	assert.Len(t, c.report.Vulnerabilities.Scans, 4)
}

// Of a thousand, most come from buildpack-deps, which nobody chose.
func TestArticleWhose(t *testing.T) {
	c := newPythonChain(t, 6)
	c.join(t, read(t, "trivy.json", trivyReport(c.image, c.truths)))
	all := c.report.Vulnerabilities.Count(nil).Ratings.Total()
	assert.Greater(t, all, 800)
	deps := 0
	for i, a := range c.report.Ancestors {
		if a.Repository == "buildpack-deps" {
			deps += c.report.Vulnerabilities.Of(i).Ratings.Total()
		}
	}
	assert.Greater(t, deps*10, all*5)
}
