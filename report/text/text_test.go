package text_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func write(t *testing.T, r *report.Report, opts text.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, text.Write(&b, r, &opts))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	for name, opts := range map[string]text.Options{
		"40":         {Width: 40, ASCII: text.Never, Color: text.Never, Verbose: true},
		"80":         {Width: 80, ASCII: text.Never, Color: text.Never, Verbose: true},
		"200-steps":  {Width: 200, ASCII: text.Never, Color: text.Never, Steps: true},
		"80-steps":   {Width: 80, ASCII: text.Never, Color: text.Never, Steps: true},
		"80-ascii":   {Width: 80, ASCII: text.Always, Color: text.Never, Steps: true},
		"80-colours": {Width: 80, ASCII: text.Never, Color: text.Always, Steps: true},

		"screen-100":         {Width: 100, ASCII: text.Never, Color: text.Never, More: "tree -v"},
		"screen-60":          {Width: 60, ASCII: text.Never, Color: text.Never, More: "tree -v"},
		"screen-40":          {Width: 40, ASCII: text.Never, Color: text.Never, More: "tree -v"},
		"screen-80-ascii":    {ASCII: text.Always, Color: text.Never},
		"screen-100-colours": {Width: 100, ASCII: text.Never, Color: text.Always},
	} {
		t.Run(name, func(t *testing.T) { golden.Check(t, name+".txt", write(t, r, opts)) })
	}
}

// No line is longer than the terminal is wide, whatever the width, and colours
// change nothing of the text.
func TestEveryWidth(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	for width := 20; width <= 210; width++ {
		for _, steps := range []bool{true, false} {
			plain := write(t, r, text.Options{Width: width, ASCII: text.Never, Color: text.Never, Steps: steps})
			for line := range strings.Lines(string(plain)) {
				line = strings.TrimSuffix(line, "\n")
				require.LessOrEqual(t, ansi.StringWidth(line), width, "%q", line)
				require.Equal(t, strings.TrimRight(line, " "), line, "space at the end")
			}
			coloured := write(t, r, text.Options{Width: width, ASCII: text.Never, Color: text.Always, Steps: steps})
			require.Contains(t, string(coloured), "\x1b[")
			require.Equal(t, string(plain), ansi.Strip(string(coloured)))
		}
	}
}

func TestASCII(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	r.Reference = "ré—f"
	for _, steps := range []bool{true, false} {
		for _, b := range write(t, r, text.Options{ASCII: text.Always, Color: text.Never, Steps: steps}) {
			require.Less(t, b, byte(0x80))
		}
	}
}

// A pipe gets no escape codes, and a line at the end.
func TestPipe(t *testing.T) {
	out := string(write(t, handmade.Sample(t, rules.All()), text.Options{}))
	assert.NotContains(t, out, "\x1b")
	assert.True(t, strings.HasSuffix(out, "\n"))
}

// Everything of the report that a string can come from is hostile here.
func TestHostileStrings(t *testing.T) {
	const evil = "a\x1b]0;owned\a\x1b[2J\x9b31m\r\nb\u202e\u2066\u200b\u0085\xff\xfe\t\x00c\u0301\u0301"
	r := handmade.Sample(t, rules.All())
	// What the packages hold is not printed by itself; findings name them.
	handmade.SetStrings(r.Ancestors, evil)
	handmade.SetStrings(r.Lineage, evil)
	handmade.SetStrings(r.Findings, evil)
	r.Reference, r.Digest.Algorithm, r.Digest.Hex = evil, evil, evil
	r.Index.Config.OS, r.Index.Config.Architecture, r.Index.Config.Variant = evil, evil, evil
	r.Findings = append(r.Findings, report.Finding{Ancestor: -1, Rule: evil, Message: evil, Remedy: evil})
	r.Problems = []layers.Problem{{Layer: 1, Step: 2, Path: evil, Err: errors.New(evil)}}
	r.Ancestors[1].Repository = strings.Repeat("long", 1000)
	for _, opts := range []text.Options{{ASCII: text.Always}, {ASCII: text.Never}, {ASCII: text.Always, Steps: true}, {ASCII: text.Never, Steps: true}} {
		opts.Width, opts.Color = 100, text.Never
		out := write(t, r, opts)
		require.Contains(t, string(out), `\x1b]0;owned\x07`)
		for _, c := range string(out) {
			require.True(t, c == '\n' || unicode.IsPrint(c) && !unicode.Is(unicode.Mn, c), "%q", c)
		}
		for line := range strings.Lines(string(out)) {
			require.LessOrEqual(t, ansi.StringWidth(strings.TrimSuffix(line, "\n")), 100)
		}
	}
}

// A name that is wrapped stays one ancestor: the sign that begins one is not
// repeated.
func TestWrappedTitle(t *testing.T) {
	r := handmade.Sample(t, nil)
	r.Reference = strings.Repeat("word ", 30)
	for _, verbose := range []bool{true, false} {
		out := string(write(t, r, text.Options{Width: 40, ASCII: text.Never, Color: text.Never, Verbose: verbose}))
		assert.Equal(t, 3, strings.Count(out, "\n● "), out)
		assert.Equal(t, 1, strings.Count(out, "\n○ "), out)
	}
}

func TestNothing(t *testing.T) {
	out := string(write(t, &report.Report{AsOf: handmade.AsOf}, text.Options{ASCII: text.Always}))
	assert.Equal(t, "image\nas of 2026-11-22\n\nnothing to do was found\n", out)
	out = string(write(t, &report.Report{AsOf: handmade.AsOf}, text.Options{ASCII: text.Always, Verbose: true}))
	assert.Equal(t, "image\nas of 2026-11-22\n\n0 ancestors, x 0 serious, ! 0 warnings, i 0 notes\n", out)
}

func TestConfigOnly(t *testing.T) {
	im := handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "/bin/sh -c #(nop) ADD file:00 in / ", Files: []handmade.File{{Name: "a"}}}, {CreatedBy: "/bin/sh -c #(nop)  CMD [\"sh\"]"}},
		Ancestors: []handmade.Ancestor{{Repository: "alpine", Tag: "3.19", Steps: 2}},
		Inventory: (*packages.Inventory)(nil),
	}
	out := string(write(t, im.ConfigReport(t), text.Options{ASCII: text.Always, Color: text.Never, Steps: true}))
	assert.Contains(t, out, "o alpine:3.19 recognised\n  build date not recorded, layer 0\n")
	assert.Contains(t, out, "ADD file:00 in /")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, text.Write(failing{err}, &report.Report{}, nil), err)
	assert.ErrorIs(t, text.WriteRules(failing{err}, rules.All(), nil), err)
}

func ExampleWriteRules() {
	if err := text.WriteRules(os.Stdout, []report.Rule{rules.Superseded()}, &text.Options{Width: 60, ASCII: text.Always}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// superseded, note
	//   An ancestor of which a newer build is published under the
	//   same tag. A build on that tag today gets the newer one,
	//   with the fixes that this one lacks. It is silent about
	//   ancestors that no catalogue of tags and days names and
	//   whose registry was not asked, that are newer than the
	//   catalogue, or that are abandoned. It may be wrong where
	//   the image stands on an old one on purpose.
}

func Example() {
	r := report.New(nil, nil, nil, &report.Options{AsOf: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err := text.Write(os.Stdout, r, &text.Options{ASCII: text.Always}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// image
	// as of 2026-11-22
	//
	// nothing to do was found
}
