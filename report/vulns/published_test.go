package vulns_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// published reads a scanner's report that somebody has published.
func published(t testing.TB, name string) *vulns.Document {
	t.Helper()
	d, err := vulns.Read(bytes.NewReader(unpacked(t, name)), name)
	require.NoError(t, err)
	return d
}

func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata/published", name+".json.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

// config is a configuration, as ancestry takes it.
type config v1.ConfigFile

func (c *config) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// chainOf tells the chain of a configuration alone, without an image.
func chainOf(t testing.TB, c *v1.ConfigFile) *report.Report {
	t.Helper()
	g, err := genealogy.Open()
	require.NoError(t, err)
	lin, err := ancestry.Resolve(t.Context(), (*config)(c), &ancestry.Options{Catalogues: []ancestry.Source{g}})
	require.NoError(t, err)
	return report.New(nil, lin, nil, &report.Options{AsOf: handmade.AsOf})
}

// counted says how many vulnerabilities each ancestor has, and how many have none.
func counted(r *report.Report) map[string]report.Ratings {
	m := map[string]report.Ratings{}
	for i := -1; i < len(r.Ancestors); i++ {
		if c := r.Vulnerabilities.Of(i); c.Ratings.Total() > 0 {
			name := "not joined"
			if i >= 0 {
				name = r.Ancestors[i].String()
			}
			m[name] = c.Ratings
		}
	}
	return m
}

// Reports that are published join with the chain that is told from the configuration in
// the very same file: each finding has an ancestor, or there is a reason.
func TestPublished(t *testing.T) {
	for name, tt := range map[string]struct {
		findings int
		chain    string
		want     map[string]report.Ratings
	}{
		// The jar is in the application's layer, and not in tomcat's.
		"trivy-spring4shell-jre8": {1, "unknown < tomcat < openjdk < debian",
			map[string]report.Ratings{"unknown": {report.Low: 1}}},
		"trivy-fluentd-gems": {2, "unknown < debian",
			map[string]report.Ratings{"debian": {report.Critical: 1}, "unknown": {report.High: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			d := published(t, name)
			require.NotNil(t, d.Config())
			r := chainOf(t, d.Config())
			var names []string
			for _, a := range r.Ancestors {
				names = append(names, a.String())
			}
			assert.Equal(t, tt.chain, strings.Join(names, " < "))
			var err error
			r.Vulnerabilities, err = vulns.Join(r, []*vulns.Document{d}, nil)
			require.NoError(t, err)
			assert.Equal(t, tt.want, counted(r))
			checkSums(t, r, tt.findings)
			for _, v := range r.Vulnerabilities.List {
				assert.Equal(t, report.JoinScanner, v.Join)
			}
		})
	}
}

// checkSums checks that no finding is lost: the sightings of each scan are its findings, and
// each is in the list once; and each has a layer or a reason.
func checkSums(t testing.TB, r *report.Report, findings ...int) {
	t.Helper()
	sightings := make([]int, len(r.Vulnerabilities.Scans))
	extra := 0
	for _, v := range r.Vulnerabilities.List {
		require.NotEmpty(t, v.Sightings)
		for _, s := range v.Sightings {
			sightings[s.Scan]++
		}
		extra += len(v.Sightings) - 1
		if v.Layer == layers.None {
			assert.NotEmpty(t, v.Why, v.ID)
			assert.Equal(t, -1, v.Ancestor, v.ID)
			assert.Equal(t, report.JoinNone, v.Join, v.ID)
		} else {
			assert.NotEqual(t, -1, v.Ancestor, v.ID)
			assert.NotEqual(t, report.JoinNone, v.Join, v.ID)
		}
	}
	again := 0
	for i, s := range r.Vulnerabilities.Scans {
		assert.Equal(t, s.Findings+s.Suppressed, sightings[i], s.File)
		assert.Equal(t, s.Findings, s.Ratings.Total(), s.File)
		again += s.Again
		if findings != nil {
			assert.Equal(t, findings[i], s.Findings, s.File)
		}
	}
	assert.Equal(t, extra, again)
}

// Grype's report of python:3.6 has 1,509 findings, and 1,397 of them come from the three
// links of buildpack-deps, which nobody chose.
func TestPublishedGrype(t *testing.T) {
	d := published(t, "grype-python-3.6")
	r := chainOf(t, d.Config())
	var err error
	r.Vulnerabilities, err = vulns.Join(r, []*vulns.Document{d}, nil)
	require.NoError(t, err)
	checkSums(t, r, 1509)
	got := counted(r)
	assert.Equal(t, map[string]report.Ratings{
		"python:3.6.12-buster":       {report.Negligible: 20, report.Low: 2, report.High: 3},
		"buildpack-deps:buster":      {report.Unrated: 73, report.Negligible: 555, report.Low: 72, report.Medium: 547, report.High: 19},
		"buildpack-deps:buster-scm":  {report.Negligible: 36, report.Low: 1, report.Medium: 12, report.High: 8},
		"buildpack-deps:buster-curl": {report.Unrated: 1, report.Negligible: 22, report.Low: 15, report.Medium: 36},
		"debian:buster-20210111":     {report.Unrated: 2, report.Negligible: 48, report.Low: 17, report.Medium: 18, report.High: 2},
	}, got)
	deps := 0
	for name, c := range got {
		if strings.HasPrefix(name, "buildpack-deps:") {
			deps += c.Total()
		}
	}
	assert.Equal(t, 1397, deps, "of 1,509")
	assert.Equal(t, report.Ratings{report.Unrated: 76, report.Negligible: 681, report.Low: 107, report.Medium: 613, report.High: 32}, r.Vulnerabilities.Scans[0].Ratings)
}

// A report of Clair's names the image and no layer, so none is known for its findings.
func TestPublishedClair(t *testing.T) {
	d := published(t, "clair-ubuntu-bionic")
	assert.Nil(t, d.Config())
	r := report.New(nil, nil, nil, &report.Options{AsOf: handmade.AsOf, Reference: "ubuntu:bionic-20190912.1"})
	var err error
	r.Vulnerabilities, err = vulns.Join(r, []*vulns.Document{d}, nil)
	require.NoError(t, err)
	checkSums(t, r, 4)
	for _, v := range r.Vulnerabilities.List {
		assert.Equal(t, "the report names no layer", v.Why)
	}
	assert.Equal(t, "the same name ubuntu:bionic-20190912.1", r.Vulnerabilities.Scans[0].Same)
}
