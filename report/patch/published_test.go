package patch_test

import (
	"compress/gzip"
	"fmt"
	"os"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
	"github.com/stemma-go/stemma/report/vulns"
	"github.com/stemma-go/stemma/testdata/handmade"
)

type config v1.ConfigFile

func (c *config) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// A published report of Grype's on python:3.6, of which the days are those of the genealogy:
// nothing says when a fix came, so no fix is said to have arrived.
func TestPublished(t *testing.T) {
	f, err := os.Open("../vulns/testdata/published/grype-python-3.6.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	d, err := vulns.Read(z, "grype.json")
	require.NoError(t, err)
	g, err := genealogy.Open()
	require.NoError(t, err)
	lin, err := ancestry.Resolve(t.Context(), (*config)(d.Config()), &ancestry.Options{Catalogues: []ancestry.Source{g}})
	require.NoError(t, err)
	r := report.New(nil, lin, nil, &report.Options{AsOf: handmade.AsOf})
	r.Vulnerabilities, err = vulns.Join(r, []*vulns.Document{d}, nil)
	require.NoError(t, err)
	p := patch.Trace(r, nil)
	sum := 0
	for _, s := range report.PatchStates() {
		sum += p.Counts[s]
	}
	assert.Equal(t, r.Vulnerabilities.Count(nil).Ratings.Total(), sum, "each is in one state")
	assert.Equal(t, p.Fixable, sum-p.Counts[report.PatchNone])
	for i, tr := range p.Traces {
		assert.NotEmpty(t, tr.Why, i)
	}
	var got []string
	for _, a := range p.Acts {
		got = append(got, fmt.Sprint(a.Do, " ", len(a.Releases), " ", len(a.Perhaps)))
	}
	assert.Equal(t, []string{"move to a tag of buildpack-deps that is still built, or to another image if none is 0 32"}, got)
}
