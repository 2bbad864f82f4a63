package html_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/html"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/patched"
)

func write(t testing.TB, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, html.Write(&b, r))
	return b.String()
}

// sample is the sample with a life of its tags.
func sample(t testing.TB) *report.Report {
	r := handmade.Sample(t, rules.All())
	asOf := handmade.Day("2026-08-21")
	python := func(tag string) ancestry.Name { return ancestry.Name{Repository: "python", Tags: []string{tag}} }
	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: asOf,
		Superseded: &ancestry.Succession{Name: python("3.8-bullseye"), First: "3.8.16-bullseye", On: handmade.Day("2023-02-04"), Times: 34, Until: handmade.Day("2024-10-20")},
		Abandoned:  handmade.Day("2024-10-20"),
		Lagging:    &ancestry.Succession{Name: ancestry.Name{Repository: "buildpack-deps", Tags: []string{"bullseye"}}, On: handmade.Day("2023-02-04"), Times: 61, Now: "bullseye-20241001"},
	}
	r.Ancestors[2].Standing = &ancestry.Standing{AsOf: asOf, NotKnown: ancestry.Gaps{Superseded: "the tag is one of several", Abandoned: "the tag is one of several"}}
	r.Ancestors[3].Standing = &ancestry.Standing{AsOf: asOf}
	return r
}

func TestGolden(t *testing.T) {
	golden.Check(t, "sample.html", []byte(write(t, sample(t))))
	golden.Check(t, "asked.html", []byte(visible(write(t, handmade.Asked(t, rules.All())))))
	golden.Check(t, "scanned.html", []byte(visible(write(t, handmade.Scanned(t, nil)))))
}

// The same report gives the same bytes; so does a report made again.
func TestDeterministic(t *testing.T) {
	want := write(t, sample(t))
	for range 3 {
		assert.Equal(t, want, write(t, sample(t)))
	}
}

// What was read, the chain and what to do first come first, in this order.
func TestOrder(t *testing.T) {
	out := write(t, sample(t))
	at := 0
	for _, want := range []string{
		"<h1>", "linux/amd64", `<h2 id="chain-h">`, `<h2 id="todo-h">`, `<h2 id="time-h">`, `<h2 id="packages-h">`,
		`<h2 id="findings-h">`, `<h2 id="ancestors-h">`, `<h2 id="problems-h">`, "<footer>",
	} {
		i := strings.Index(out[at:], want)
		require.GreaterOrEqual(t, i, 0, "%s is missing, or too early", want)
		at += i
	}
}

func TestNothing(t *testing.T) {
	for _, r := range []*report.Report{{AsOf: handmade.AsOf}, report.New(nil, nil, nil, &report.Options{AsOf: handmade.AsOf})} {
		out := write(t, r)
		for _, want := range []string{
			"Image without a name", "the configuration, and no layer in full", "Nothing is known of the image's ancestors", "No rule found anything to mend",
			"The packages were not looked for", "As of</dt><dd><bdi>2026-11-22",
		} {
			assert.Contains(t, visible(out), want)
		}
		assert.NotContains(t, out, "0 B")
	}
}

// visible is the page without its style and its script.
func visible(page string) string {
	_, page, _ = strings.Cut(page, "</style>")
	page, _, _ = strings.Cut(page, "<script>")
	return page
}

// The sizes of an image of which no layer was read are not known, and drawn as that.
func TestConfigurationAlone(t *testing.T) {
	im := handmade.Image{
		Steps:     []handmade.Step{{CreatedBy: "/bin/sh -c #(nop) ADD file:00 in / ", Files: []handmade.File{{Name: "a"}}}, {CreatedBy: "/bin/sh -c #(nop)  CMD [\"sh\"]"}},
		Ancestors: []handmade.Ancestor{{Repository: "alpine", Tag: "3.19", Steps: 2}},
	}
	out := visible(write(t, im.ConfigReport(t)))
	for _, want := range []string{
		"How many bytes each added is not known", `class="c0 vague unsized"`, "build date not known", "When it was built is not recorded", "<span>not known</span>", "ADD file:00 in /",
	} {
		assert.Contains(t, strings.ReplaceAll(out, "when it was", "When it was"), want)
	}
	assert.NotContains(t, out, "0 B")
	assert.NotContains(t, out, `class="share"`)
}

// Where something could not be read, numbers are the least that they can be.
func TestPartial(t *testing.T) {
	r := sample(t)
	assert.NotContains(t, write(t, r), "at least")
	r.Partial, r.Index.Layers[0].Partial = true, true
	out := visible(write(t, r))
	for _, want := range []string{"Some of the image could not be read", "at least 7.4 MB", "at least 22 MB", "at least 4", "<span>at least 3.2 MB</span>"} {
		assert.Contains(t, out, want)
	}
	assert.Contains(t, out, "usr/local/lib/broken.jar")
}

// Packages that were looked for and not found are not none.
func TestPackagesNotKnown(t *testing.T) {
	r := sample(t)
	r.Inventory = &packages.Inventory{}
	out := visible(write(t, r))
	assert.Contains(t, out, "then it is not known")
	assert.Contains(t, out, "Packages</dt><dd><bdi>not known")
	assert.NotContains(t, out, `class="map`)
}

// What a name leaves open is said beside it.
func TestTies(t *testing.T) {
	r := sample(t)
	a := &r.Ancestors[3]
	a.Tags, a.Undecided = nil, "full or slim: read the layers to tell"
	a.Ties = []ancestry.Name{{Repository: "debian", Tags: []string{"bullseye"}}, {Repository: "debian", Tags: []string{"bullseye-slim"}}}
	out := visible(write(t, r))
	assert.Contains(t, out, `<span class="open">full or slim: read the layers to tell</span>`)
	assert.Contains(t, out, "debian:bullseye or debian:bullseye-slim")
}

// What the image was built from is told, if it is attested.
func TestSource(t *testing.T) {
	r := sample(t)
	assert.NotContains(t, visible(write(t, r)), "Built from")
	r.Lineage.Dockerfile = &ancestry.Dockerfile{Repository: "https://example.com/shop", Revision: "3f2c", Path: "api/Dockerfile"}
	assert.Contains(t, visible(write(t, r)), "Built from</dt><dd><bdi>https://example.com/shop at 3f2c, the Dockerfile api/Dockerfile, as its build attestation says</bdi>")
}

// Of a tag that is gone, the table says what is: the tag, or its image for the platform.
func TestGone(t *testing.T) {
	r := sample(t)
	r.Ancestors[2].Live = &ancestry.Live{Name: "a:1", State: ancestry.StateGone, Why: "it has no image for linux/s390x", Platform: "linux/s390x"}
	r.Ancestors[3].Live = &ancestry.Live{Name: "b:1", State: ancestry.StateGone, Why: "its registry has no 1 (404)"}
	out := visible(write(t, r))
	for _, want := range []string{
		`<span class="sev warning">its tag has no image for linux/s390x any more</span>`, "a:1 has no image for linux/s390x any more",
		`<span class="sev warning">its tag is gone</span>`, "b:1 is gone: its registry has no 1 (404)",
	} {
		assert.Contains(t, out, want)
	}
	assert.Equal(t, 1, strings.Count(out, "its tag is gone"))
}

// The life of a tag is said in words, and what is not known is said.
func TestTimeline(t *testing.T) {
	out := visible(write(t, sample(t)))
	for _, want := range []string{
		"built on 2023-01-23, 3 years 9 months ago",
		"newer builds of python:3.8-bullseye exist since 2023-02-04, 34 of them; the last was given up on 2024-10-20",
		"none of its tags is built any more since 2024-10-20",
		"newer builds of its base buildpack-deps:bullseye exist since 2023-02-04, 61 of them; the newest is bullseye-20241001",
		"Python 3.8: security fixes ended on 2024-10-07",
		"Debian 11 (bullseye): regular security support ended on 2024-08-14, LTS ended on 2026-08-31",
		"whether newer builds exist is not known: the tag is one of several",
		"no newer build exists (as of 2026-08-21)",
		"<li>whether newer builds exist is not known</li>",
		`<rect class="span past"`, `<rect class="span current" y="14"`, `<rect class="span open"`, `class="mark eol"`, `class="mark abandoned"`, `class="mark lagging"`,
	} {
		assert.Contains(t, out, want)
	}
	r := sample(t)
	r.Ancestors[3].Standing = &ancestry.Standing{AsOf: handmade.Day("2022-08-21"), Newer: true}
	assert.Contains(t, write(t, r), "whether newer builds exist is not known: it was built after 2022-08-21, the day of the catalogue")
}

// A date that is none of a build is shown with the reason, and not drawn.
func TestDoubtfulDate(t *testing.T) {
	im := handmade.Image{
		Steps: []handmade.Step{
			{CreatedBy: "ADD root.tar /", Created: handmade.Day("2024-12-05"), Files: []handmade.File{{Name: "a", Size: 1000}}},
			{CreatedBy: "COPY app /", Created: handmade.Day("2023-01-01"), Files: []handmade.File{{Name: "app", Size: 1000}}},
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Steps: 1}, {Steps: 1}},
	}
	out := visible(write(t, im.Report(t)))
	assert.Contains(t, out, "when it was built is not known: its date, 2023-01-01, is older than its base&#39;s")
	assert.Contains(t, out, `class="c0 vague"`)
	assert.Equal(t, 1, strings.Count(out, `class="mark built" d="M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z"><title>`))
}

// manyPackages is a report of 3,700 packages.
func manyPackages(t testing.TB) *report.Report {
	r := handmade.Sample(t, rules.All())
	r.Inventory.Packages = nil
	for i := range 3700 {
		layer := i % 7
		r.Inventory.Packages = append(r.Inventory.Packages, packages.Package{
			Type: "npm", Name: fmt.Sprintf("@scope/package-%d", i), Version: "1.0.0", State: packages.Present,
			Events: []packages.Event{{Kind: packages.Introduced, Layer: layer, To: "1.0.0"}},
			Bytes:  packages.Bytes{Visible: int64(i * i), ByLayer: map[int]int64{layer: int64(i * i)}},
		})
	}
	return r
}

// large is a report of much more than anybody reads.
func large(t testing.TB) *report.Report {
	r := manyPackages(t)
	r.Findings = nil
	for i := range 3000 {
		f := r.AtLayer(i % 7)
		f.Rule, f.Subject, f.Message, f.Remedy = "rule", "subject", fmt.Sprintf("this is number %d", i), fmt.Sprintf("do number %d", i)
		f.Items = []string{"one", "two", "three"}
		r.Findings = append(r.Findings, f)
	}
	steps := make([]history.Step, 2000)
	for i := range steps {
		steps[i] = history.Step{Index: i, Layer: layers.None, Instruction: history.Instruction{Keyword: "RUN", Args: strings.Repeat("x", 8000)}}
	}
	r.Lineage.Steps = append(r.Lineage.Steps, steps...)
	r.Ancestors[0].Steps.To = len(r.Lineage.Steps)
	return r
}

// A page has an end, and says what it leaves out.
func TestSize(t *testing.T) {
	out := write(t, manyPackages(t))
	assert.Less(t, len(out), 300_000)
	assert.Contains(t, out, "3200 more are not shown here; the JSON report has them")
	cells := strings.Count(out, `<svg class="cell`)
	assert.Greater(t, cells, 100)
	assert.Less(t, cells, 300, "the maps stay small")
	assert.Regexp(t, `>[0-9]+ more</text>`, out)

	out = write(t, large(t))
	assert.Less(t, len(out), 6_000_000)
	for _, want := range []string{"3200 more are not shown", "2000 more are not shown", "1505 more are not shown"} {
		assert.Contains(t, out, want)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, html.Write(failing{err}, &report.Report{}), err)
}

// Writing takes little time beside the seconds that reading such an image takes.
func BenchmarkWrite(b *testing.B) {
	for name, r := range map[string]*report.Report{"sample": sample(b), "3700packages": manyPackages(b)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := html.Write(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleWrite() {
	r := report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1", AsOf: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "report.html"))
	if err != nil {
		panic(err)
	}
	if err := html.Write(f, r); err != nil {
		panic(err)
	}
	if err := f.Close(); err != nil {
		panic(err)
	}
	page, err := os.ReadFile(f.Name())
	if err != nil {
		panic(err)
	}
	fmt.Println(string(page[:15]), strings.Contains(string(page), "<title>shop/api:2.4.1: family tree</title>"))
	// Output: <!doctype html> true
}

// The counts of vulnerabilities are beside the stack, and lead to the list, which can be
// filtered; without a scanner's report there is nothing of them.
func TestVulnerabilities(t *testing.T) {
	assert.NotContains(t, visible(write(t, sample(t))), "ulnerabilit")
	out := visible(write(t, handmade.Scanned(t, nil)))
	for _, want := range []string{
		`<a class="sev serious" href="#vulns" data-a="2">1 critical</a>`, `<a href="#vulns">Vulnerabilities</a>`,
		`<li class="c2" data-a="2" data-s="5" data-m="m2" data-f="1">`, `<option value="m1">you, in your Dockerfile</option>`,
		"the package is removed", "Grype 0.121.2 (sample.grype.json), 2026-11-21: 6 findings, 3 of them the same as others.",
		"its layer is that of srv/model.bin", "ancestor not known", "vulnerable code not in execute path", "2 of these are in packages that a later layer removed or replaced",
	} {
		assert.Contains(t, out, want)
	}
}

// How far a fix has come stands beside it, and what brings fixes above the list.
func TestPatched(t *testing.T) {
	out := strings.ReplaceAll(visible(write(t, patched.Report(t, nil))), "&#43;", "+")
	assert.Contains(t, out, "take the fixed versions in your step 7: brings 1 of 6 fixes")
	assert.Contains(t, out, "the distribution has not published the fix: fixed in 1.1.1n-0+deb11u4; the newest of the distribution is 1.1.1n-0+deb11u3")
}
