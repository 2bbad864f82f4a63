package text_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/patched"
)

func TestPatchesGolden(t *testing.T) {
	r := patched.Report(t, rules.All())
	for name, opts := range map[string]text.Options{
		"patched-screen-100":      {Width: 100, ASCII: text.Never, Color: text.Never},
		"patched-screen-60-ascii": {Width: 60, ASCII: text.Always, Color: text.Never},
		"patched-100":             {Width: 100, ASCII: text.Never, Color: text.Never, Verbose: true},
	} {
		t.Run(name, func(t *testing.T) { golden.Check(t, name+".txt", write(t, r, opts)) })
	}
}

// No line is longer than the terminal is wide, whatever the index says.
func TestPatchesEveryWidth(t *testing.T) {
	const evil = "a\x1b]0;owned\a\x1b[2J\r\nb\u202e\xff\x00"
	r := patched.Report(t, nil)
	r.Patches.Index += evil + strings.Repeat("x", 4000)
	for i := range r.Patches.Acts {
		r.Patches.Acts[i].Do += evil
	}
	for i := range r.Patches.Traces {
		r.Patches.Traces[i].Why += evil
	}
	for i := range r.Patches.Outdated {
		for j := range r.Patches.Outdated[i].Newest {
			r.Patches.Outdated[i].Newest[j] += evil
		}
	}
	for width := 20; width <= 130; width += 5 {
		for _, opts := range []text.Options{{}, {Verbose: true}, {ASCII: text.Always}} {
			opts.Width, opts.Color = width, text.Never
			for line := range strings.Lines(string(write(t, r, opts))) {
				require.LessOrEqual(t, ansi.StringWidth(strings.TrimSuffix(line, "\n")), width, "%q", line)
				require.NotContains(t, line, "\x1b")
				require.NotContains(t, line, "\u202e")
			}
		}
	}
}

// Without a scanner the index alone speaks, and where there is none the reason is told.
func TestPatchesWithoutScanner(t *testing.T) {
	r := patched.Report(t, nil)
	r.Vulnerabilities, r.Patches.Traces, r.Patches.Acts = nil, nil, nil
	out := string(write(t, r, text.Options{Width: 100, ASCII: text.Always}))
	assert.Contains(t, out, "outdated")
	assert.Contains(t, out, "index of packages: debian: bullseye-security, as of 2026-11-21")
	assert.NotContains(t, out, "fixable")
	r.Patches = &report.Patches{NoIndex: "the image's distribution is not known"}
	out = string(write(t, r, text.Options{Width: 100, ASCII: text.Always}))
	assert.Contains(t, out, "not known: which packages are outdated: the image's distribution is not known")
}

// A remedy that is an act, too, is told once.
func TestPatchesOnce(t *testing.T) {
	r := patched.Report(t, rules.All())
	do := "rebuild on a current python:3.8.16-bullseye (docker build --pull, or a newer digest)"
	r.Findings = append(r.Findings, report.Finding{Rule: "lagging", Severity: report.Note, Ancestor: 1, Remedy: do, By: report.OtherBase})
	r.Patches.Acts = append([]report.Act{{Do: do, By: report.OtherBase, Ancestor: 1, Rating: report.Low, Releases: []int{0}}}, r.Patches.Acts...)
	out := strings.Join(strings.Fields(string(write(t, r, text.Options{Width: 120, ASCII: text.Always}))), " ")
	assert.Equal(t, 1, strings.Count(out, do))
	assert.Contains(t, out, "brings 1 fix of")
	assert.Contains(t, out, "mends born-old, shipped-removed and lagging; you, by another base or a rebuild")
}
