package ancestry_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// says is a source that claims what it is made of.
type says []ancestry.Claim

func (s says) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) { return s, nil }

func donor(name string, steps ...int) ancestry.Donor {
	n, _ := ancestry.ParseName(name)
	return ancestry.Donor{Name: n, Steps: steps, Confidence: ancestry.Recorded,
		Evidence: []ancestry.Evidence{{Kind: ancestry.KindProvenance, Confidence: ancestry.Recorded, Says: "material " + name}}}
}

// donorsOf tells the donors in short: "node:20 [1 2] recorded 1".
func donorsOf(l *ancestry.Lineage) []string {
	var all []string
	for _, d := range l.Donors {
		all = append(all, fmt.Sprint(d, " ", d.Steps, " ", d.Confidence, " ", len(d.Evidence)))
	}
	return all
}

// Kaniko records --from. A name alone may be that of a stage.
func TestDonorsOfHistory(t *testing.T) {
	c := image(t, `2024-01-01 + ADD rootfs.tar /
		2024-01-02 + COPY --from=node:20 /usr/local/bin/node /usr/local/bin/
		2024-01-02 + COPY --from=build /out /app
		2024-01-02 + COPY --from=0 /out /app
		2024-01-02 + COPY --from=ghcr.io/astral-sh/uv /uv /bin/
		2024-01-02 + COPY --from=node:20 /opt /opt
		2024-01-02 + COPY --from=$IMAGE:1 /x /x`)
	for i := range c.History {
		c.History[i].Author = "kaniko"
	}
	l, err := ancestry.Resolve(t.Context(), c, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"node:20 [1 5] recorded 1", "ghcr.io/astral-sh/uv [4] recorded 1"}, donorsOf(l))
	assert.Empty(t, l.Problems)
	for _, a := range l.Ancestors {
		assert.NotContains(t, fmt.Sprint(a.Evidence, a.Against), "copies from")
	}
}

// Docker's builders record no --from: a published configuration alone tells no donor.
func TestDonorsOfPublished(t *testing.T) {
	for _, img := range realimages.All(t) {
		l, err := ancestry.Resolve(t.Context(), img, nil)
		require.NoError(t, err)
		assert.Empty(t, l.Donors, img.File)
	}
}

func TestDonorsOfSources(t *testing.T) {
	c := image(t, chain)
	n := len(c.History)
	claim := func(start int, donors ...ancestry.Donor) ancestry.Claim {
		return ancestry.Claim{Start: start, End: n, Donors: donors, Evidence: ancestry.Evidence{Kind: ancestry.KindProvenance, Confidence: ancestry.Recorded, Says: "provenance"}}
	}
	resolve := func(sources ...ancestry.Source) *ancestry.Lineage {
		l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Catalogues: sources})
		require.NoError(t, err)
		return l
	}
	before := resolve()
	assert.Empty(t, before.Donors)
	l := resolve(says{claim(history.None, donor("docker.io/library/node:20", n-1), donor("golang:1.26"))}, says{claim(history.None, donor("node", n-1))})
	assert.Equal(t, []string{"golang:1.26 [] recorded 1", fmt.Sprintf("node:20 [%d] recorded 2", n-1)}, donorsOf(l))
	assert.Equal(t, before.Ancestors, l.Ancestors, "the chain is the same")

	none := donor("a:1")
	none.Evidence = nil
	unsure := donor("a:1")
	unsure.Confidence = ancestry.Unknown
	for _, bad := range []ancestry.Donor{donor("A B"), donor("a:1", n), donor("a:1", -1), none, unsure} {
		l := resolve(says{claim(history.None, bad)})
		assert.Empty(t, l.Donors)
		assert.NotEmpty(t, l.Problems)
	}
	late := claim(0, donor("a:1"))
	late.From = late.From.AddDate(2100, 0, 0)
	assert.Empty(t, resolve(says{late}).Donors, "a claim that was refused has no donors")
}
