package graph_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/graph/formats/dot"
	"gonum.org/v1/gonum/graph/formats/dot/ast"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/graph"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func write(t testing.TB, f func(io.Writer, *report.Report) error, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f(&b, r))
	return b.String()
}

// checkGolden draws a report of four boxes in both ways.
func checkGolden(t *testing.T, name string, r *report.Report) {
	t.Helper()
	mermaid, dot := write(t, graph.WriteMermaid, r), write(t, graph.WriteDOT, r)
	golden.Check(t, name+".mmd", []byte(mermaid))
	golden.Check(t, name+".dot", []byte(dot))
	checkMermaid(t, mermaid, 4)
	checkDOT(t, dot, 4)
}

func TestGolden(t *testing.T) {
	checkGolden(t, "sample", handmade.Sample(t, rules.All()))
}

// What registries said is in the boxes, where they were asked.
func TestLive(t *testing.T) {
	r := handmade.Asked(t, rules.All())
	checkGolden(t, "asked", r)

	r.Ancestors[1].Live = &ancestry.Live{State: ancestry.StateGone, Platform: strings.Repeat(`"`, 4096)}
	mermaid := write(t, graph.WriteMermaid, r)
	assert.Contains(t, mermaid, "its tag has no image for #34;")
	checkMermaid(t, mermaid, 4)
	checkDOT(t, write(t, graph.WriteDOT, r), 4)
}

// checkMermaid holds a flowchart to the few lines that it may consist of.
func checkMermaid(t *testing.T, s string, boxes int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	require.Equal(t, "flowchart TB", lines[0])
	label := regexp.MustCompile(`^    a\d+\["(?:[^"#<>&%` + "`" + `{}\\*_$\[\]()|~;@!]|#\d+;|<br>)*"\]$`)
	n := map[string]int{}
	for _, l := range lines[1:] {
		switch {
		case label.MatchString(l):
			n["box"]++
		case regexp.MustCompile(`^    a\d+ --> a\d+$`).MatchString(l):
			n["arrow"]++
		default:
			assert.Regexp(t, `^    style a\d+ stroke-dasharray: 5 5$`, l)
		}
	}
	assert.Equal(t, boxes, n["box"])
	assert.Equal(t, max(boxes-1, 0), n["arrow"])
	assert.Less(t, len(s), 50_000)
}

// checkDOT reads a graph with a parser, and returns the labels as they are shown.
func checkDOT(t *testing.T, s string, boxes int) (labels []string) {
	t.Helper()
	file, err := dot.ParseString(s)
	require.NoError(t, err, s)
	require.Len(t, file.Graphs, 1)
	arrows := 0
	for _, st := range file.Graphs[0].Stmts {
		switch st := st.(type) {
		case *ast.NodeStmt:
			require.Equal(t, "label", st.Attrs[0].Key)
			require.LessOrEqual(t, len(st.Attrs), 2)
			labels = append(labels, strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", "&amp;", "&").Replace(strings.Trim(st.Attrs[0].Val, `"`)))
		case *ast.EdgeStmt:
			arrows++
		default:
			assert.IsType(t, &ast.AttrStmt{}, st)
		}
	}
	assert.Len(t, labels, boxes)
	assert.Equal(t, max(boxes-1, 0), arrows)
	return labels
}

var hostile = []string{
	`"]`, `\`, `\"`, `\N`, `a" ]; x -> y; //`, "#", "#quot;", "%%{init: {}}%%", "<script>", "<br>", "&lt;", "`b`", "**b**", "end", "|", "{", "}", "(", ";", "$x$", "fa:fa-car",
	"a\nb", "x\x1b[31m", "\u202e", "a\u0301", "\xff", strings.Repeat("x", 4096), strings.Repeat(`"`, 4096), strings.Repeat("é", 4096), "click a0 href \"x\"", "",
}

func named(names ...string) *report.Report {
	lin := &ancestry.Lineage{}
	for _, n := range names {
		lin.Ancestors = append(lin.Ancestors, ancestry.Ancestor{Repository: n, Confidence: ancestry.Recognised})
	}
	return report.New(nil, lin, nil, &report.Options{Reference: "x", AsOf: handmade.AsOf})
}

func checkName(t *testing.T, s string) {
	r := named(s, "debian")
	checkMermaid(t, write(t, graph.WriteMermaid, r), 2)
	out := write(t, graph.WriteDOT, r)
	labels := checkDOT(t, out, 2)
	if s != "" && len(s) < 20 && !strings.ContainsFunc(s, func(c rune) bool {
		return c == '\uFFFD' || !unicode.IsPrint(c) || unicode.Is(unicode.Mn, c) || c == ' '
	}) {
		assert.True(t, strings.HasPrefix(labels[0], s+"\n"), "%q is shown as it is: %q", s, labels[0])
	}
	for _, c := range out {
		require.True(t, c == '\n' || unicode.IsPrint(c) && !unicode.Is(unicode.Mn, c), "%q", c)
	}
}

// Whatever an ancestor is called, the graph has its two boxes and one arrow.
func TestHostile(t *testing.T) {
	for _, s := range hostile {
		t.Run(fmt.Sprintf("%.12q", s), func(t *testing.T) { checkName(t, s) })
	}
}

func FuzzName(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkName(t, s) })
}

// A chain without end is cut in its middle.
func TestMany(t *testing.T) {
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprint(strings.Repeat(`"`, 99), i)
	}
	r := named(names...)
	checkMermaid(t, write(t, graph.WriteMermaid, r), graph.Most)
	labels := checkDOT(t, write(t, graph.WriteDOT, r), graph.Most)
	assert.Equal(t, "951 more", labels[graph.Most/2])
}

func TestNothing(t *testing.T) {
	checkMermaid(t, write(t, graph.WriteMermaid, &report.Report{}), 0)
	checkDOT(t, write(t, graph.WriteDOT, &report.Report{}), 0)
}

// What is not known is said.
func TestConfigOnly(t *testing.T) {
	assert.Contains(t, write(t, graph.WriteMermaid, named("debian")), `["debian<br>recognised, build date not known"]`)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, graph.WriteMermaid(failing{err}, &report.Report{}), err)
	assert.ErrorIs(t, graph.WriteDOT(failing{err}, &report.Report{}), err)
}

func ExampleWriteMermaid() {
	r := named("shop/api", "debian")
	if err := graph.WriteMermaid(os.Stdout, r); err != nil {
		fmt.Println(err)
	}
	// Output:
	// flowchart TB
	//     a0["shop/api<br>recognised, build date not known"]
	//     a1["debian<br>recognised, build date not known"]
	//     a0 --> a1
}

func ExampleWriteDOT() {
	r := named("shop/api", "debian")
	if err := graph.WriteDOT(os.Stdout, r); err != nil {
		fmt.Println(err)
	}
	// Output:
	// digraph stemma {
	//     node [shape=box, fontname="Helvetica, Arial, sans-serif"];
	//     a0 [label="shop/api\nrecognised, build date not known"];
	//     a1 [label="debian\nrecognised, build date not known"];
	//     a0 -> a1;
	// }
}
