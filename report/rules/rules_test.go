package rules

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A want is what a test expects of a finding; empty strings are not compared.
type want struct {
	ancestor, layer, step int
	severity              report.Severity
	subject               string
	message, remedy       string // parts of them
	bytes                 int64
}

func check(t *testing.T, rule report.Rule, r *report.Report, wants ...want) {
	t.Helper()
	found := report.RunRules(r, []report.Rule{rule})
	for _, f := range found {
		t.Logf("%v", f)
		assert.Equal(t, rule.Name, f.Rule)
		assert.NotEmpty(t, f.Message)
		assert.NotEmpty(t, f.Remedy)
		assert.NotEmpty(t, f.Subject)
		assert.LessOrEqual(t, f.Severity, rule.Severity)
		assert.False(t, strings.HasSuffix(f.Message, ".") || strings.HasSuffix(f.Remedy, "."), "no full stop")
		if f.Layer != layers.None { // layer, step and ancestor agree
			assert.Equal(t, r.AncestorOf(f.Layer), f.Ancestor)
		}
		if f.Step != layers.None {
			assert.Equal(t, r.AncestorOfStep(f.Step), f.Ancestor)
		}
	}
	require.Len(t, found, len(wants))
	for i, w := range wants {
		f := found[i]
		assert.Equal(t, w.ancestor, f.Ancestor, "ancestor")
		assert.Equal(t, w.layer, f.Layer, "layer")
		assert.Equal(t, w.step, f.Step, "step")
		assert.Equal(t, w.severity, f.Severity, "severity")
		assert.Equal(t, w.bytes, f.Bytes, "bytes")
		if w.subject != "" {
			assert.Equal(t, w.subject, f.Subject)
		}
		assert.Contains(t, f.Message, w.message)
		assert.Contains(t, f.Remedy, w.remedy)
	}
}

func buildkit(createdBy string, files ...handmade.File) handmade.Step {
	return handmade.Step{CreatedBy: createdBy, Comment: handmade.BuildKit, Files: files}
}

func file(name string, size int) handmade.File { return handmade.File{Name: name, Size: size} }

const digest = "sha256:4bf66d5e2f7d8fca4bf66d5e2f7d8fca4bf66d5e2f7d8fca4bf66d5e2f7d8fca"

// from is evidence that a Dockerfile's FROM names its base so.
func from(name string) []ancestry.Evidence {
	return []ancestry.Evidence{{Kind: ancestry.KindAnnotation, Confidence: ancestry.Recorded, Says: "base name", Name: name, Where: "annotation base.name"}}
}

// aPackage is a package that a layer installed and no other touched since.
func aPackage(kind, name string, layer int, bytes int64) packages.Package {
	return packages.Package{Type: kind, Name: name, Version: "1", State: packages.Present,
		Events: []packages.Event{{Kind: packages.Introduced, Layer: layer, To: "1"}},
		Bytes:  packages.Bytes{Visible: bytes, ByLayer: map[int]int64{layer: bytes}}}
}

// Each rule has a name and a Doc that says what it finds, why, and when it is
// silent; the table in the package's documentation has them all, and no others.
func TestAllAreDocumented(t *testing.T) {
	source, err := os.ReadFile("rules.go")
	require.NoError(t, err)
	var want []string
	last := ""
	for _, r := range All() {
		assert.Greater(t, r.Name, last, "in alphabetical order")
		last = r.Name
		assert.Regexp(t, `^[a-z-]+$`, r.Name)
		finds, rest, _ := strings.Cut(r.Doc, ". ")
		assert.LessOrEqual(t, len(finds), 85, "%s: the first sentence is a line of the table", r.Name)
		assert.Contains(t, rest, "It is silent ", r.Name)
		assert.Contains(t, rest, "It may be wrong where ", r.Name)
		want = append(want, fmt.Sprintf("//\t%-17s  %-7s  %s.", r.Name, r.Severity, finds))
	}
	got := regexp.MustCompile(`(?m)^//\t[a-z-]+ +(?:note|warning|serious) .*$`).FindAllString(string(source), -1)
	assert.Equal(t, want, got)
}

// Nothing is known: nothing is found, and nothing breaks.
func TestNothingKnown(t *testing.T) {
	assert.Empty(t, report.RunRules(&report.Report{}, All()))
	assert.Empty(t, report.RunRules(report.New(nil, &ancestry.Lineage{}, &packages.Inventory{}, nil), All()))
}

// A good image has nothing to find.
func TestNothingFound(t *testing.T) {
	im := handmade.Image{
		Config: handmade.User("10001"),
		Steps: []handmade.Step{
			{CreatedBy: "ADD rootfs.tar.xz / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day("2026-10-20"), Files: []handmade.File{file("bin/sh", 2_000_000)}},
			{CreatedBy: "COPY app /app # buildkit", Comment: handmade.BuildKit, Created: handmade.Day("2026-11-01"), Files: []handmade.File{file("app/main", 3_000_000)}},
			{CreatedBy: "USER 10001", Comment: handmade.BuildKit, Created: handmade.Day("2026-11-01")},
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "trixie", Steps: 1, Distro: ancestry.Distro{ID: "debian", VersionID: "13"}, Evidence: from("debian:trixie@" + digest)}, {Steps: 2}},
		Inventory: &packages.Inventory{Packages: []packages.Package{aPackage("deb", "libc6", 0, 100), aPackage("npm", "make", 1, 10)}},
	}
	assert.Empty(t, report.RunRules(im.Report(t), All()))
}
