package markdown_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
	"github.com/stemma-go/stemma/report/markdown"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/patched"
)

func write(t *testing.T, r *report.Report, opts *markdown.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, markdown.Write(&b, r, opts))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	out := write(t, handmade.Sample(t, rules.All()), nil)
	golden.Check(t, "sample.md", out)
	check(t, out)
	out = write(t, handmade.Scanned(t, nil), nil)
	golden.Check(t, "scanned.md", out)
	check(t, out)
	out = write(t, handmade.Asked(t, rules.All()), nil)
	golden.Check(t, "asked.md", out)
	check(t, out)
	old, new := handmade.Pair(t, rules.All())
	out = write(t, new, &markdown.Options{Before: old})
	golden.Check(t, "changes.md", out)
	check(t, out)
}

func TestWriteDiff(t *testing.T) {
	var b bytes.Buffer
	old, new := handmade.Pair(t, rules.All())
	require.NoError(t, markdown.WriteDiff(&b, diff.New(old, new, nil), nil))
	golden.Check(t, "diff.md", b.Bytes())
	check(t, b.Bytes())
}

// parse reads Markdown as GitHub does.
func parse(b []byte) ast.Node {
	return goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(gmtext.NewReader(b))
}

// check holds Markdown to its structure: tables whose rows have as many cells as their heads,
// headings, lists, code spans; no links, images or HTML but what folds; and outside code nothing
// that GitHub acts upon. It returns how many nodes of each kind there are.
func check(t *testing.T, b []byte) map[string]int {
	t.Helper()
	kinds := map[string]int{}
	acts := regexp.MustCompile(`[@#$]|://|www\.|:\w+:|(?i)gh-\d|\b[0-9a-f]{7,}\b`)
	details := regexp.MustCompile(`^(<details><summary>[A-Za-z0-9, ]+</summary>|</details>)\s*$`)
	columns, folds := 0, map[string]int{}
	require.NoError(t, ast.Walk(parse(b), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		kinds[n.Kind().String()]++
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML, *ast.CodeBlock, *ast.FencedCodeBlock, *ast.Blockquote, *ast.ThematicBreak, *tables.Strikethrough, *tables.FootnoteLink:
			t.Errorf("a %s", n.Kind())
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				assert.Regexp(t, details, string(line.Value(b)))
				tag, _, _ := strings.Cut(string(line.Value(b)), ">")
				folds[tag+">"]++
			}
		case *tables.Table:
			columns = len(n.Alignments)
		case *tables.TableRow:
			assert.Equal(t, columns, n.ChildCount(), "a row")
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			s := string(n.Segment.Value(b))
			if acts.MatchString(s) {
				t.Errorf("GitHub would act upon %q", s)
			}
		}
		return ast.WalkContinue, nil
	}))
	for _, r := range string(b) {
		if r != '\n' && (!unicode.IsPrint(r) || unicode.Is(unicode.Mn, r)) {
			t.Errorf("%q", r)
		}
	}
	assert.Equal(t, folds["<details>"], folds["</details>"])
	return kinds
}

var hostile = []string{
	"a|b", `a\|b`, "`", "``` x", "a`|`b", "@octocat", "octo/repo#123", "#1", "GH-1", "https://evil.example/x", "www.evil.example", "a@evil.example",
	"[x](javascript:alert(1))", "![x](http://evil.example)", "<script>alert(1)</script>", "</details>", "<!-- x", "<b>", "&lt;b&gt;", "# x", "- x", "1. x", "> x",
	"---", "***b***", "_i_", "~~s~~", ":smile:", "$x$", "$$x$$", "[^1]", "[^1]: x", "0123456789abcdef", "\\", "a\\", "\\`", "x\x1b[31my", "a\r\n\r\n# b", "\u202eabc", "a\u0301", "\xff", "| x | y |", "mailto:a", strings.Repeat("x", 4096), strings.Repeat("`", 4096), strings.Repeat("|", 4096), strings.Repeat("\\", 4096), strings.Repeat("@a ", 1000), "",
}

// Whatever the strings of a report are, the page keeps its structure.
func TestHostile(t *testing.T) {
	old, new := handmade.Pair(t, rules.All())
	new.Vulnerabilities = handmade.Scanned(t, nil).Vulnerabilities
	new.Lineage.Asked = &ancestry.Asked{At: handmade.AsOf}
	new.Ancestors[1].Live = &ancestry.Live{Name: "base:1", State: ancestry.StateNotKnown, Why: "no answer"}
	want := check(t, write(t, new, &markdown.Options{Before: old}))
	for _, evil := range append(hostile, strings.Join(hostile[:40], " ")) {
		t.Run(fmt.Sprintf("%.12q", evil), func(t *testing.T) {
			for _, r := range []*report.Report{old, new} {
				handmade.SetStrings(r.Ancestors, evil)
				handmade.SetStrings(r.Findings, evil)
				handmade.SetStrings(r.Inventory, evil)
				if r.Vulnerabilities != nil {
					handmade.Poison(r.Vulnerabilities, evil)
				}
				r.Reference = evil
				r.Problems = []layers.Problem{{Layer: 1, Step: 2, Path: evil, Err: errors.New(evil)}}
			}
			kinds := check(t, write(t, new, &markdown.Options{Before: old}))
			assert.Equal(t, want["Heading"], kinds["Heading"])
			assert.NotZero(t, kinds["Table"])
		})
	}
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	im := handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "/bin/sh -c #(nop) ADD file:00 in / ", Files: []handmade.File{{Name: "a"}}}},
		Ancestors: []handmade.Ancestor{{Repository: "alpine", Tag: "3.19", Steps: 1}},
	}
	r := im.ConfigReport(f)
	f.Fuzz(func(t *testing.T, s string) {
		r.Reference = s
		r.Ancestors[0].Repository, r.Ancestors[0].Tags = s, []string{s}
		r.Findings = []report.Finding{{Message: s, Rule: s, Remedy: s}, {Rule: s, Severity: report.Warning, Message: s, Remedy: s + "."}}
		kinds := check(t, write(t, r, nil))
		assert.Equal(t, 2, kinds["Heading"])
		assert.Equal(t, 2, kinds["Table"])
		assert.Equal(t, 1, kinds["List"])
	})
}

// However much there is to say, it fits, what matters comes first, and what is left out is
// counted.
func TestFits(t *testing.T) {
	r, b := handmade.Pair(t, rules.All())
	for i := range 3700 {
		p := r.Inventory.Packages[0]
		p.Name, p.Version = fmt.Sprintf("package-%04d-%s", i, strings.Repeat("y", i%400)), "1.2.3"
		r.Inventory.Packages = append(r.Inventory.Packages, p)
		f := r.Findings[0]
		f.Message, f.Remedy = fmt.Sprint("finding number ", i, " of them all"), fmt.Sprint("do the thing with number ", i)
		r.Findings = append(r.Findings, f)
		r.Problems = append(r.Problems, layers.Problem{Layer: 0, Err: fmt.Errorf("problem %d", i)})
	}
	for _, limit := range []int{0, 1, 4000, 10_000, 32_000, 200_000} {
		out := write(t, r, &markdown.Options{Before: b, Limit: limit})
		most := map[int]int{0: 65_000, 1: 4000}[limit]
		if most == 0 {
			most = limit
		}
		assert.LessOrEqual(t, len(out), most)
		assert.Greater(t, len(out), most*2/5, "%d of %d used", len(out), most)
		assert.Contains(t, string(out), "left out here")
		assert.Contains(t, string(out), "#### What to do\n\n1. ")
		check(t, out)
	}
}

func TestNothing(t *testing.T) {
	out := write(t, &report.Report{AsOf: handmade.AsOf}, nil)
	assert.Equal(t, "### The image\n\n0 ancestors · layers not read · packages not known · as of 2026-11-22\n\n#### What to do\n\nNothing was found that wants to be mended.\n\n", string(out))
	var b bytes.Buffer
	require.NoError(t, markdown.WriteDiff(&b, diff.New(&report.Report{}, &report.Report{}, nil), nil))
	assert.Contains(t, b.String(), "- Not known: the layers of the old image were not read")
}

func TestConfigOnly(t *testing.T) {
	im := handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "/bin/sh -c #(nop) ADD file:00 in / ", Files: []handmade.File{{Name: "a"}}}, {CreatedBy: "/bin/sh -c #(nop)  CMD [\"sh\"]"}},
		Ancestors: []handmade.Ancestor{{Repository: "alpine", Tag: "3.19", Steps: 2}},
	}
	out := string(write(t, im.ConfigReport(t), nil))
	assert.Contains(t, out, "| **`alpine:3.19`** | recognised | not known | not known | not known |  |\n")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, markdown.Write(failing{err}, &report.Report{}, nil), err)
	assert.ErrorIs(t, markdown.WriteDiff(failing{err}, &diff.Diff{}, nil), err)
}

func BenchmarkWrite(b *testing.B) {
	r := handmade.Sample(b, rules.All())
	for i := range 3700 {
		p := r.Inventory.Packages[0]
		p.Name = fmt.Sprint("package-", i)
		r.Inventory.Packages = append(r.Inventory.Packages, p)
	}
	for b.Loop() {
		var buf bytes.Buffer
		if err := markdown.Write(&buf, r, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func Example() {
	r := report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1", AsOf: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err := markdown.Write(os.Stdout, r, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ### `shop/api:2.4.1`
	//
	// 0 ancestors · layers not read · packages not known · as of 2026-11-22
	//
	// #### What to do
	//
	// Nothing was found that wants to be mended.
}

// What brings fixes comes first.
func TestPatched(t *testing.T) {
	out := string(write(t, patched.Report(t, nil), nil))
	assert.Contains(t, out, "#### What brings the 6 fixes of vulnerabilities")
	assert.Contains(t, out, "| Take the fixed versions in your step 7 | 1 | 0 | you, in your Dockerfile |")
	check(t, []byte(out))
}
