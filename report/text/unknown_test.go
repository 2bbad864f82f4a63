package text_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/handmade"
)

var plain = text.Options{Width: 120, ASCII: text.Always, Color: text.Never, Steps: true}

// What is not known is said, and no number stands for it.
func TestNotKnown(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			{CreatedBy: "ADD root.tar /", Created: handmade.Day("2024-12-05"), Files: []handmade.File{{Name: "a"}}},
			{CreatedBy: "COPY app /", Created: handmade.Day("2023-01-01"), Files: []handmade.File{{Name: "app"}}},
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Steps: 1}, {Steps: 1}},
		Inventory: &packages.Inventory{},
	}
	r := im.Report(t)
	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), NotKnown: ancestry.Gaps{Superseded: "its build date is not recorded"}}
	out := string(write(t, r, plain))
	assert.Contains(t, out, "2 layers, packages not known, as of")
	assert.NotContains(t, out, "0 packages")
	assert.Contains(t, out, "| date 2023-01-01 is older than its base's: not a build date, layer 1")
	assert.Contains(t, out, "  whether newer builds exist is not known: its build date is not recorded (catalogue of 2026-08-21)\n")
	assert.NotContains(t, out, "no newer build")

	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), NotKnown: ancestry.Gaps{Lagging: "x"}}
	r.Index.Layers[0].Partial, r.Partial, r.Inventory.Packages = true, true, []packages.Package{{Name: "x", State: packages.Present,
		Events: []packages.Event{{Kind: packages.Introduced, Layer: 0}}}}
	out = string(write(t, r, plain))
	assert.Contains(t, out, "  no newer build exists; whether newer ones of its base do is not known (as of 2026-08-21)\n")
	assert.Contains(t, out, "layer 0, at least ")
	assert.Contains(t, out, "at least 0 packages")
}

// Ties are told by what would decide them.
func TestTies(t *testing.T) {
	names := func(tags ...string) (ties []ancestry.Name) {
		for _, tag := range tags {
			ties = append(ties, ancestry.Name{Repository: "debian", Tags: []string{tag}})
		}
		return ties
	}
	for name, tt := range map[string]struct {
		ties []ancestry.Name
		want []string
	}{
		"variants": {names("trixie-slim", "trixie"), []string{"o debian:trixie, full or slim recognised\n", "  full or slim: read the layers to tell\n"}},
		"days":     {names("sid-20260713", "sid-20260803"), []string{"o debian recognised\n", "  or debian:sid-20260713 or debian:sid-20260803: its build date would tell, and is not recorded\n"}},
		"others":   {names("12", "13", "14"), []string{"o debian recognised\n", "  or debian:12, debian:13, or debian:14\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := handmade.Image{Steps: []handmade.Step{{CreatedBy: "ADD x /"}}, Ancestors: []handmade.Ancestor{{Repository: "debian", Steps: 1}}}.ConfigReport(t)
			r.Ancestors[0].Ties = tt.ties
			out := string(write(t, r, plain))
			for _, want := range tt.want {
				assert.Contains(t, out, want)
			}
		})
	}
	r := handmade.Image{Steps: []handmade.Step{{CreatedBy: "ADD x /", Files: []handmade.File{{Name: "a"}}}}, Ancestors: []handmade.Ancestor{{Repository: "debian", Steps: 1}}}.Report(t)
	r.Ancestors[0].Ties = names("trixie", "trixie-slim")
	assert.Contains(t, string(write(t, r, plain)), "  full or slim: its files do not tell\n")
}

// One piece of evidence decides; all are shown on demand.
func TestVerbose(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	a := &r.Ancestors[2]
	a.Evidence = append(a.Evidence, ancestry.Evidence{Confidence: ancestry.Inferred, Says: "another reason", Where: "layer 0"})
	a.Against = append(a.Against, ancestry.Evidence{Says: "another doubt"})
	out := string(write(t, r, plain))
	assert.Contains(t, out, "python's FROM names it")
	assert.Contains(t, out, "against: it should have three steps")
	assert.NotContains(t, out, "another")
	all := plain
	all.Verbose = true
	out = string(write(t, r, all))
	assert.Contains(t, out, "| for, inferred: python's FROM names it (steps 3 to 6)\n| for, inferred: another reason (layer 0)\n")
	assert.Contains(t, out, "| against: another doubt\n")
}
