package text_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestVulnerabilitiesGolden(t *testing.T) {
	r := handmade.Scanned(t, nil)
	for name, opts := range map[string]text.Options{
		"scanned-screen-120":      {Width: 120, ASCII: text.Never, Color: text.Never},
		"scanned-screen-100":      {Width: 100, ASCII: text.Never, Color: text.Never},
		"scanned-screen-60-ascii": {Width: 60, ASCII: text.Always, Color: text.Never},
		"scanned-100":             {Width: 100, ASCII: text.Never, Color: text.Never, Verbose: true},
	} {
		t.Run(name, func(t *testing.T) { golden.Check(t, name+".txt", write(t, r, opts)) })
	}
}

// No line is longer than the terminal is wide, and whatever a scanner's report says is text.
func TestVulnerabilitiesEveryWidth(t *testing.T) {
	const evil = "a\x1b]0;owned\a\x1b[2J\x9b31m\r\nb\u202e\u2066\u200b\u0085\xff\xfe\t\x00c\u0301\u0301"
	hostile := handmade.Scanned(t, nil)
	handmade.Poison(hostile.Vulnerabilities, evil)
	for _, r := range []*report.Report{handmade.Scanned(t, nil), hostile} {
		for width := 20; width <= 150; width++ {
			for _, opts := range []text.Options{{}, {Verbose: true}, {ASCII: text.Always}, {Steps: true}} {
				opts.Width, opts.Color = width, text.Never
				for line := range strings.Lines(string(write(t, r, opts))) {
					line = strings.TrimSuffix(line, "\n")
					require.LessOrEqual(t, ansi.StringWidth(line), width, "%q", line)
					require.Equal(t, strings.TrimRight(line, " "), line)
					for _, c := range line {
						require.True(t, unicode.IsPrint(c) && !unicode.Is(unicode.Mn, c), "%q", c)
						require.True(t, opts.ASCII != text.Always || c < 0x80, "%q", c)
					}
				}
			}
		}
	}
}

// What the numbers do not rest on is said.
func TestVulnerabilitiesNotKnown(t *testing.T) {
	r := handmade.Scanned(t, nil)
	for i := range r.Vulnerabilities.List {
		r.Vulnerabilities.List[i].Join = report.JoinScanner
	}
	r.Vulnerabilities.Scans[0].Same, r.Vulnerabilities.Scans[1].Same, r.Vulnerabilities.Scans[1].Other = "", "", "its name is another"
	out := strings.Join(strings.Fields(string(write(t, r, text.Options{Width: 100, ASCII: text.Always}))), " ")
	assert.Contains(t, out, "not known: the image's packages; 13 vulnerabilities belong to a layer by the scanner's word alone")
	assert.Contains(t, out, "not known: whether it is of this image")
	assert.Contains(t, out, "of another image: its name is another")
	r.Vulnerabilities = &report.Vulnerabilities{}
	out = string(write(t, r, text.Options{Width: 100, ASCII: text.Always}))
	assert.Contains(t, out, "all                                         0     0       0    0        0    0        0\n", "a report of nothing found")
}

// Of a package with very many, some are listed and the rest counted.
func TestVulnerabilitiesMany(t *testing.T) {
	r := handmade.Scanned(t, nil)
	one := r.Vulnerabilities.List[0]
	for range 2000 {
		r.Vulnerabilities.List = append(r.Vulnerabilities.List, one)
	}
	out := string(write(t, r, text.Options{Width: 100, ASCII: text.Always, Verbose: true}))
	assert.Contains(t, strings.Join(strings.Fields(out), " "), "and 1,990 more")
}
