package assertions_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/reporttest"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/sample"
)

func TestImage(t *testing.T) {
	img, err := sample.Open() // or source.Open(t.Context(), "registry.example.org/shop/api:2.4.1", nil)
	require.NoError(t, err)
	rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{
		Rules: rules.All(),
		AsOf:  time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), // the same result tomorrow
	})
	require.NoError(t, err)

	// The assertions of package reporttest say who is to blame when they fail.
	reporttest.Complete(t, rep)
	reporttest.DescendsFrom(t, rep, "example.org/runtime/node")
	reporttest.NotDescendsFrom(t, rep, "alpine")
	reporttest.HasPackage(t, rep, "npm", "express")
	reporttest.NoPackage(t, rep, "deb", "openssh-server")
	reporttest.NoFinding(t, rep, "root-user", "unverified")
	reporttest.NoFindingAbove(t, rep, report.Warning)
	reporttest.MaxSize(t, rep, 10<<20)

	// All else is plain data.
	root := rep.Ancestors[len(rep.Ancestors)-1]
	assert.Equal(t, "bookworm", root.Distro.Codename)
	assert.Less(t, rep.AsOf.Sub(rep.Ancestors[0].Created), 90*24*time.Hour, "our own build is old")

	upgraded := 0
	for _, p := range rep.Inventory.Packages {
		for _, e := range p.Events {
			if p.Type == "deb" && e.Kind == packages.Upgraded {
				upgraded++
				assert.Equal(t, 1, rep.AncestorOf(e.Layer), "%s was upgraded by %s", p.Name, rep.Ancestors[rep.AncestorOf(e.Layer)])
			}
		}
	}
	assert.Equal(t, 19, upgraded)
}
