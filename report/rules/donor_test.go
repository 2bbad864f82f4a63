package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestDonor(t *testing.T) {
	node := aPackage("binary", "node", 1, 9)
	node.Version, node.Locations = "20.19.5", []packages.Location{{Path: "usr/local/bin/node", Layer: 1}}
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar / # buildkit", file("bin/sh", 9)),
			buildkit("COPY /usr/local/bin/node /usr/local/bin/ # buildkit", file("usr/local/bin/node", 9)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{node}},
	}
	check(t, Donor(), im.Report(t), want{0, 1, 1, report.Note, "node",
		"nothing patches node 20.19.5: it was copied from the image node (inferred), and no package database lists it",
		"keep the image of COPY --from current (node): raise its tag or digest, and build again", 0})

	im.Ancestors = []handmade.Ancestor{{Repository: "acme/base", Tag: "1", Steps: 2}, {Steps: 1}}
	im.Steps = append(im.Steps, buildkit("ENV A=1"))
	require.Len(t, im.Report(t).Donors, 1)
	check(t, Donor(), im.Report(t)) // it came with the base

	with := func(d ancestry.Donor) *report.Report {
		r := im.Report(t)
		d.Confidence = ancestry.Recognised
		r.Lineage.Donors = []ancestry.Donor{d}
		return report.New(nil, r.Lineage, nil, nil)
	}
	uv := ancestry.Name{Repository: "ghcr.io/astral-sh/uv", Tags: []string{"0.9"}}
	check(t, Donor(), with(ancestry.Donor{Name: uv, Steps: []int{2}}), want{0, layers.None, 2, report.Note, "ghcr.io/astral-sh/uv:0.9",
		"nothing patches the files that were copied from the image ghcr.io/astral-sh/uv:0.9: no package", "(ghcr.io/astral-sh/uv)", 0})
	assert.Len(t, report.RunRules(with(ancestry.Donor{Name: uv}), []report.Rule{Donor()}), 1, "by a step that is not known")
	check(t, Donor(), with(ancestry.Donor{Name: uv, Stage: "build", Steps: []int{2}})) // may be the stage's own work
	check(t, Donor(), with(ancestry.Donor{Name: uv, Steps: []int{1}}))                 // the base's
	indirect := with(ancestry.Donor{Name: uv, Indirect: true})
	check(t, Donor(), indirect) // nothing of it is known to be in the image
	assert.Equal(t, "what the build made of files from ghcr.io/astral-sh/uv:0.9, recognised", indirect.Donors[0].Says())
}
