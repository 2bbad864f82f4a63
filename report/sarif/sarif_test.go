package sarif_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	gosarif "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/sarif"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/sample"
)

// write writes a report, and checks all that SARIF's schema and GitHub want.
func write(t *testing.T, r *report.Report, opts *sarif.Options) ([]byte, *gosarif.Run) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, sarif.Write(&b, r, opts))
	log, err := gosarif.FromBytes(b.Bytes(), gosarif.WithStrictValidation())
	require.NoError(t, err)
	again, err := json.MarshalIndent(log, "", "  ")
	require.NoError(t, err)
	require.JSONEq(t, b.String(), string(again), "nothing is lost by reading it")
	require.NoError(t, log.Validate())
	require.Len(t, log.Runs, 1)
	checkGitHub(t, log.Runs[0])
	return b.Bytes(), log.Runs[0]
}

// checkGitHub checks what GitHub's documentation of SARIF demands.
func checkGitHub(t *testing.T, run *gosarif.Run) {
	t.Helper()
	require.LessOrEqual(t, len(run.Results), 25_000)
	require.NotEmpty(t, *run.Tool.Driver.Name)
	require.True(t, strings.HasSuffix(*run.AutomationDetails.ID, "/"), "all of the id is the category")
	for _, rule := range run.Tool.Driver.Rules {
		require.NotEmpty(t, *rule.ID)
		require.LessOrEqual(t, len([]rune(*rule.Name)), 255)
		for _, text := range []string{*rule.ShortDescription.Text, *rule.FullDescription.Text} {
			require.NotEmpty(t, text)
			require.LessOrEqual(t, len([]rune(text)), 1024)
		}
		require.NotEmpty(t, *rule.Help.Text)
		require.LessOrEqual(t, len(rule.Properties.Tags), 10)
		score, ok := rule.Properties.Properties["security-severity"]
		assert.Equal(t, ok, strings.Contains(strings.Join(rule.Properties.Tags, " "), "security"), *rule.ID)
		if ok {
			assert.Regexp(t, `^([1-9]|10)\.\d$`, score)
		}
	}
	prints := map[string]bool{}
	for _, res := range run.Results {
		require.Equal(t, *res.RuleID, *run.Tool.Driver.Rules[res.RuleIndex].ID)
		require.NotEmpty(t, *res.Message.Text)
		require.Contains(t, []string{"note", "warning", "error", "none"}, res.Level)
		require.Equal(t, res.Level == "none", res.Kind == "open")
		require.Len(t, res.Locations, 1)
		require.LessOrEqual(t, len(res.RelatedLocations), 100)
		print := res.PartialFingerprints["primaryLocationLineHash"]
		require.Regexp(t, `^[0-9a-f]{32}:\d+$`, print)
		require.False(t, prints[print], "two findings have one fingerprint")
		prints[print] = true
		for _, l := range append(res.Locations, res.RelatedLocations...) {
			p := l.PhysicalLocation
			u, err := url.Parse(*p.ArtifactLocation.URI)
			require.NoError(t, err)
			require.Contains(t, []string{"", "file"}, u.Scheme, "the upload is refused otherwise")
			require.NotEmpty(t, u.Path)
			require.Equal(t, u.Scheme == "file", strings.HasPrefix(u.Path, "/"))
			require.NotContains(t, *p.ArtifactLocation.URI, "%00")
			require.Positive(t, *p.Region.StartLine)
			require.Positive(t, *p.Region.StartColumn)
			require.GreaterOrEqual(t, *p.Region.EndLine, *p.Region.StartLine)
			require.Positive(t, *p.Region.EndColumn)
		}
	}
}

// dockerfile is one that the handmade sample could have been built from.
const dockerfile = `ARG PYTHON=3.8
FROM python:${PYTHON}-bullseye AS base

# Everything, once more.
RUN apt-get update && apt-get upgrade -y
RUN apt-get purge -y git

FROM base
ADD https://example.com/model.bin /srv/
RUN chown -R www-data /srv
CMD ["serve"]
`

func place(t *testing.T, r *report.Report, text string) *ancestry.Dockerfile {
	t.Helper()
	d, err := lines.Find("build/Dockerfile", []byte(text), r.Steps(), nil)
	require.NoError(t, err)
	return d
}

func TestGolden(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	b, _ := write(t, r, nil)
	golden.Check(t, "handmade.sarif", b)
	b, _ = write(t, r, &sarif.Options{Dockerfile: place(t, r, dockerfile), Version: "0.1.0", Category: "api"})
	golden.Check(t, "handmade-dockerfile.sarif", b)
	b, _ = write(t, handmade.Asked(t, rules.All()), nil)
	golden.Check(t, "asked.sarif", b)
	r = handmade.Scanned(t, nil)
	b, _ = write(t, r, &sarif.Options{Dockerfile: place(t, r, dockerfile), Rules: []report.Rule{}}) // the rules are in the others
	golden.Check(t, "scanned.sarif", b)
}

// Each vulnerability that nobody excuses is a result, as severe as its rating.
func TestVulnerabilities(t *testing.T) {
	r := handmade.Scanned(t, rules.All())
	_, run := write(t, r, nil)
	require.Len(t, run.Tool.Driver.Rules, len(rules.All())+6)
	scores := map[string]any{}
	for _, rule := range run.Tool.Driver.Rules {
		if strings.HasPrefix(*rule.ID, "vulnerability/") {
			assert.Contains(t, rule.Properties.Tags, "vulnerability")
			scores[*rule.ID] = rule.Properties.Properties["security-severity"]
		}
	}
	assert.Equal(t, map[string]any{"vulnerability/critical": "9.5", "vulnerability/high": "8.0", "vulnerability/medium": "5.0", "vulnerability/low": "2.0",
		"vulnerability/negligible": "1.0", "vulnerability/unknown": nil}, scores)
	n := map[string]int{}
	for _, res := range run.Results {
		if strings.HasPrefix(*res.RuleID, "vulnerability/") {
			n[*res.RuleID]++
			assert.NotContains(t, *res.Message.Text, "CVE-2026-0008", "it is excused")
		}
	}
	for rating, want := range r.Vulnerabilities.Count(nil).Ratings {
		assert.Equal(t, want, n["vulnerability/"+report.Rating(rating).String()])
	}
	notes := run.Invocations[0].ToolExecutionNotifications
	require.NotEmpty(t, notes)
	assert.Contains(t, *notes[0].Message.Text, "CVE-2026-0008 in libssl-dev is excused: not affected; vulnerable code not in execute path")
	for _, f := range r.Findings {
		assert.NotContains(t, f.Rule, "vulnerability", "the report is not changed")
	}
	_, run = write(t, handmade.Sample(t, rules.All()), nil)
	assert.Len(t, run.Tool.Driver.Rules, len(rules.All()))
}

// The project's sample image, with the Dockerfile that it was built from.
func TestSample(t *testing.T) {
	img, err := sample.Open()
	require.NoError(t, err)
	files := &report.Files{}
	idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: files.Wants()})
	require.NoError(t, err)
	lin, err := ancestry.Resolve(t.Context(), img, nil)
	require.NoError(t, err)
	r := report.New(idx, lin, nil, &report.Options{Reference: sample.Reference, AsOf: handmade.AsOf, Rules: rules.All(), Files: files})
	text, err := os.ReadFile("../../testdata/chain/3-app/Dockerfile")
	require.NoError(t, err)
	b, run := write(t, r, &sarif.Options{Dockerfile: place(t, r, string(text))})
	golden.Check(t, "sample.sarif", b)
	require.NotEmpty(t, run.Results)
	for _, res := range run.Results {
		assert.NotContains(t, *res.Message.Text, "not found in")
	}
}

// The schema that the tests hold every output against is one that refuses.
func TestSchemaRefuses(t *testing.T) {
	b, _ := write(t, handmade.Sample(t, rules.All()), nil)
	for _, change := range [][2]string{{`"level": "warning"`, `"level": "bad"`}, {`"startLine": 1`, `"startLine": 0`}, {`"uri": "shop/api"`, `"uri": "http://[x"`}, {`"version": "2.1.0"`, `"version": "2.0.0"`}} {
		log, err := gosarif.FromBytes(bytes.Replace(b, []byte(change[0]), []byte(change[1]), 1))
		require.NoError(t, err)
		assert.Error(t, log.Validate(), change[1])
	}
}

// What is inherited is at the FROM, what the image does itself at its own line.
func TestLines(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	_, run := write(t, r, &sarif.Options{Dockerfile: place(t, r, dockerfile)})
	at := map[string]string{}
	for i, res := range run.Results {
		p := res.Locations[0].PhysicalLocation
		assert.Equal(t, "build/Dockerfile", *p.ArtifactLocation.URI)
		at[r.Findings[i].Rule+" "+r.Findings[i].Subject] = fmt.Sprintf("%d:%d-%d:%d", *p.Region.StartLine, *p.Region.StartColumn, *p.Region.EndLine, *p.Region.EndColumn)
	}
	assert.Equal(t, "2:1-2:39", at["end-of-life Debian 11 (bullseye)"])
	assert.Equal(t, "2:1-2:39", at["build-tools compilers"])
	assert.Equal(t, "5:1-5:41", at["package-caches /var/lib/apt/lists"])
	assert.Equal(t, "2:1-2:39", at["born-old python:3.8.16-bullseye"], "another base mends it")
	assert.Equal(t, "8:1-8:10", at["root-user user"], "about the image as a whole")
	assert.Equal(t, "9:1-9:40", at["add-remote https://example.com/model.bin"])
	assert.Equal(t, "10:1-10:27", at["copy-up layer 6"])
	for i, res := range run.Results {
		if r.Findings[i].Inherited() {
			require.Len(t, res.RelatedLocations, 1, "the stage that stands on the one with the base")
			assert.Equal(t, 8, *res.RelatedLocations[0].PhysicalLocation.Region.StartLine)
			assert.Contains(t, *res.Message.Text, "[The stage at line 8](1) is built on that.")
		}
	}
}

// A step that is not in the Dockerfile is at the last stage's FROM, and the message says so.
func TestLineNotFound(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	_, run := write(t, r, &sarif.Options{Dockerfile: place(t, r, "FROM a\n\nRUN apt-get purge -y git\nUSER 1\n")})
	n := 0
	for i, res := range run.Results {
		if f := r.Findings[i]; f.Rule == "add-remote" {
			n++
			assert.Equal(t, 1, *res.Locations[0].PhysicalLocation.Region.StartLine)
			assert.Contains(t, *res.Message.Text, "The instruction was not found in build/Dockerfile.")
		}
	}
	assert.Equal(t, 1, n)
}

// The place of an image without a Dockerfile, and its category.
func TestReferences(t *testing.T) {
	for ref, want := range map[string][2]string{
		"":                              {"image", "stemma/image/"},
		"debian:12":                     {"debian", "stemma/debian/"},
		"docker.io/library/debian":      {"debian", "stemma/debian/"},
		"localhost:5000/shop/api:2.4.1": {"shop/api", "stemma/localhost:5000/shop/api/"},
		"registry.example.com/shop/api@sha256:" + strings.Repeat("0a", 32): {"shop/api", "stemma/registry.example.com/shop/api/"},
		"docker:shop/api:2":             {"shop/api", "stemma/shop/api/"},
		"registry:ghcr.io/a/b:1":        {"a/b", "stemma/ghcr.io/a/b/"},
		"oci:build/layout:shop/api:1":   {"api", "stemma/api/"},
		"oci:testdata/sample/image":     {"image", "stemma/image/"},
		"docker-archive:/tmp/a b.tar:x": {"a%20b.tar", "stemma/a b.tar/"},
		"./app.tar":                     {"app.tar", "stemma/app.tar/"},
		"/":                             {"image", "stemma/image/"},
		"..":                            {"image", "stemma/image/"},
		`C:\images\app.tar`:             {"app.tar", "stemma/app.tar/"},
	} {
		r := handmade.Sample(t, []report.Rule{rules.RootUser()})
		r.Reference = ref
		_, run := write(t, r, nil)
		require.Len(t, run.Results, 1)
		assert.Equal(t, want, [2]string{*run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI, *run.AutomationDetails.ID}, ref)
	}
}

// A Dockerfile's path is relative to the repository, or GitHub makes it so.
func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		"./build/Dockerfile": "build/Dockerfile", `build\Dockerfile.prod`: "build/Dockerfile.prod",
		"/home/runner/a b/Dockerfile": "file:///home/runner/a%20b/Dockerfile", "a:b": "a%3Ab", "100%/D?#": "100%25/D%3F%23",
	} {
		r := handmade.Sample(t, []report.Rule{rules.RootUser()})
		_, run := write(t, r, &sarif.Options{Dockerfile: &ancestry.Dockerfile{Path: path}})
		assert.Equal(t, want, *run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	}
}

// Where the build attested its Dockerfile and its place, no option is needed for it, and the
// source is said. An option beats it.
func TestAttestedDockerfile(t *testing.T) {
	r := handmade.Sample(t, []report.Rule{rules.RootUser()})
	r.Lineage.Dockerfile = place(t, r, dockerfile)
	r.Lineage.Dockerfile.Repository, r.Lineage.Dockerfile.Revision = "https://git.example.org/acme/app.git", "4b220de5"
	uri := func(opts *sarif.Options) (string, *gosarif.Run) {
		_, run := write(t, r, opts)
		return *run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI, run
	}
	at, run := uri(nil)
	assert.Equal(t, "build/Dockerfile", at)
	require.Len(t, run.VersionControlProvenance, 1)
	assert.Equal(t, "https://git.example.org/acme/app.git", *run.VersionControlProvenance[0].RepositoryURI)
	assert.Equal(t, "4b220de5", *run.VersionControlProvenance[0].RevisionID)
	at, _ = uri(&sarif.Options{Dockerfile: &ancestry.Dockerfile{Path: "other/Dockerfile"}})
	assert.Equal(t, "other/Dockerfile", at)
	r.Lineage.Dockerfile.Path, r.Lineage.Dockerfile.Repository = "", "git@example.org:acme/app.git"
	at, run = uri(nil)
	assert.NotContains(t, at, "Dockerfile")
	assert.Empty(t, run.VersionControlProvenance)
}

func prints(t *testing.T, r *report.Report) []string {
	t.Helper()
	_, run := write(t, r, nil)
	var out []string
	for _, res := range run.Results {
		out = append(out, res.PartialFingerprints["primaryLocationLineHash"])
	}
	return out
}

// An image that is built again, on a newer build of its base that has nine layers and steps
// more, has the same fingerprints.
func TestRebuiltIsNoNewAlert(t *testing.T) {
	const more = 9
	r := handmade.Sample(t, rules.All())
	byLayer := func(subject string, layer int) {
		f := r.AtLayer(3)
		f.Rule, f.Subject, f.Message, f.Remedy = "shipped-removed", fmt.Sprintf(subject, layer), "m", "r"
		r.Findings = append(r.Findings, f)
	}
	byLayer("files of layer %d", 2)
	byLayer("of layer %d", 0)
	byLayer("of layer %d", 0)
	want := prints(t, r)

	r.Digest, r.Reference = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}, "registry.example.com/shop/api:2.4.2"
	number := regexp.MustCompile(`layer \d`)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Subject = number.ReplaceAllStringFunc(f.Subject, func(s string) string {
			return fmt.Sprint("layer ", int(s[len(s)-1]-'0')+more)
		})
		f.Subject = strings.ReplaceAll(f.Subject, "3.8.16", "3.8.17")
		f.Message, f.Remedy = "another message", "another remedy"
		if f.Layer >= 0 {
			f.Layer += more
		}
		if f.Step >= 0 {
			f.Step += more
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b report.Finding) int { // as RunRules sorts them
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(uint(a.Ancestor), uint(b.Ancestor)), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Subject, b.Subject))
	})
	for i := range r.Ancestors {
		a := &r.Ancestors[i]
		a.Tags = append([]string{"another"}, a.Tags...)
		a.Created = a.Created.AddDate(0, 3, 0)
		a.Steps.To, a.Layers.To = a.Steps.To+more, a.Layers.To+more
		if i < len(r.Ancestors)-1 {
			a.Steps.From, a.Layers.From = a.Steps.From+more, a.Layers.From+more
		}
	}
	steps := r.Lineage.Steps
	r.Lineage.Steps = slices.Concat(slices.Repeat(steps[:1], more), steps)
	for i := range r.Lineage.Steps {
		in := &r.Lineage.Steps[i].Instruction
		in.Args = strings.ReplaceAll(in.Args, "917750a82b29f8f7f88a121017bd9dfeb0fbcc8f0697a009f08b6b58246eff4b", strings.Repeat("1", 64))
	}
	assert.ElementsMatch(t, want, prints(t, r))
}

// Findings that differ in anything have other fingerprints, and so have those that differ
// in nothing.
func TestFingerprintsDiffer(t *testing.T) {
	r := handmade.Sample(t, nil)
	add := func(rule, subject string, ancestor, step int) {
		r.Findings = append(r.Findings, report.Finding{Rule: rule, Subject: subject, Ancestor: ancestor, Step: step, Layer: -1, Message: "m", Remedy: "r"})
	}
	add("a", "b", 0, 7)
	add("a", "b", 0, 7)
	add("a", "b", 1, 7)
	add("a", "b", -1, 7)
	add("ab", "", 0, 7)
	add("a", "layer 3", 0, 7)
	add("a", "layer 3", 0, 8)
	add("a", "layer 4", 0, 9)
	add("a", "app-20260101", 0, 7)
	add("a", "app-20260102", 0, 7)
	add("a", "other-20260101", 0, 7)
	prints(t, r) // which checks it
}

// What cannot be told is open, and not a problem; and says which rules cannot tell.
func TestUndecided(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{{CreatedBy: "RUN x # buildkit", Files: []handmade.File{{Name: "a"}}}}}
	r := im.ConfigReport(t)
	r.Findings = report.RunRules(r, []report.Rule{rules.Unknown()})
	require.NotEmpty(t, r.Findings)
	_, run := write(t, r, nil)
	for i, res := range run.Results {
		assert.Equal(t, "open", res.Kind)
		assert.Equal(t, "none", res.Level)
		for _, rule := range r.Findings[i].Undecided {
			assert.Contains(t, *res.Message.Text, rule)
		}
	}
	assert.Equal(t, false, run.Properties.Properties["layersRead"])
	assert.Equal(t, false, run.Properties.Properties["packagesKnown"])
}

// What could not be read is said.
func TestProblems(t *testing.T) {
	r := handmade.Sample(t, nil)
	_, run := write(t, r, nil)
	inv := run.Invocations[0]
	assert.True(t, *inv.ExecutionSuccessful)
	require.Len(t, inv.ToolExecutionNotifications, len(r.Problems))
	n := inv.ToolExecutionNotifications[1]
	assert.Equal(t, "warning", n.Level)
	assert.Contains(t, *n.Message.Text, "not a valid zip file")
	assert.Equal(t, "registry.example.com/shop/api@2:/usr/local/lib/broken.jar", *n.Locations[0].LogicalLocations[0].FullyQualifiedName)

	r.Partial = true
	_, run = write(t, r, nil)
	assert.False(t, *run.Invocations[0].ExecutionSuccessful)
	assert.Equal(t, "error", run.Invocations[0].ToolExecutionNotifications[0].Level)
}

// GitHub refuses a file with more than 25,000 results: the least severe are left out, and
// that is said.
func TestTooMany(t *testing.T) {
	r := handmade.Sample(t, nil)
	for i := range 25_010 {
		r.Findings = append(r.Findings, report.Finding{Rule: "many", Ancestor: 0, Subject: fmt.Sprint(i), Message: "m", Remedy: fmt.Sprint("do ", i)})
	}
	for range 2_000 {
		r.Problems = append(r.Problems, layers.Problem{Layer: -1, Step: -1, Err: errors.New("x")})
	}
	var b bytes.Buffer
	require.NoError(t, sarif.Write(&b, r, nil))
	log, err := gosarif.FromBytes(b.Bytes())
	require.NoError(t, err)
	assert.Len(t, log.Runs[0].Results, 25_000)
	says := log.Runs[0].Invocations[0].ToolExecutionNotifications
	assert.Equal(t, "10 findings are left out, the least severe: GitHub takes 25000.", *says[0].Message.Text)
	assert.Equal(t, "1002 more problems are left out.", *says[len(says)-1].Message.Text)
	help := *log.Runs[0].Tool.Driver.Rules[len(rules.All())].Help.Text
	assert.Contains(t, help, "Do 9.\n25000 more\n")
}

// A distribution whose end is near is not shown as severe as one that has ended.
func TestLesserFindings(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	r.Findings[0].Severity = report.Note
	require.Equal(t, "end-of-life", r.Findings[0].Rule)
	require.Equal(t, "end-of-life", r.Findings[1].Rule)
	_, run := write(t, r, nil)
	shows := func(i int) []any {
		rule := run.Tool.Driver.Rules[run.Results[i].RuleIndex]
		return []any{*run.Results[i].RuleID, run.Results[i].Level, rule.Properties.Properties["security-severity"]}
	}
	assert.Equal(t, []any{"end-of-life/note", "note", "2.0"}, shows(0))
	assert.Equal(t, []any{"end-of-life", "error", "8.0"}, shows(1))
}

// Every rule is described, and a tag says what it is about. A new rule needs a line in
// topics.
func TestEveryRuleHasTopics(t *testing.T) {
	_, run := write(t, report.New(nil, nil, nil, &report.Options{AsOf: handmade.AsOf}), nil)
	require.Len(t, run.Tool.Driver.Rules, len(rules.All()))
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, rule := range run.Tool.Driver.Rules {
		assert.Greater(t, len(rule.Properties.Tags), 1, *rule.ID)
		if slices.Contains(rule.Properties.Tags, "security") {
			assert.Contains(t, string(page), "`"+*rule.ID+"`", "the page names the security rules")
		}
	}
	assert.Empty(t, run.Results)
}

// Names from the image do no harm.
func TestHostileStrings(t *testing.T) {
	evil := "<script>alert(1)</script>[click](https://evil.example)`x`\x1b]0;owned\x07\u202egnp.exe\u009b\xff|\n# h" + strings.Repeat("A", 4096)
	r := handmade.Asked(t, rules.All())
	handmade.SetStrings(r.Ancestors, evil)
	handmade.SetStrings(r.Lineage, evil)
	handmade.SetStrings(r.Findings, evil)
	r.Vulnerabilities = handmade.Scanned(t, nil).Vulnerabilities
	handmade.Poison(r.Vulnerabilities, evil)
	r.Reference = evil
	r.Findings = append(r.Findings, report.Finding{Ancestor: 99, Layer: 99, Step: 99, Rule: evil, Subject: "/" + evil, Message: evil, Remedy: evil})
	r.Problems = []layers.Problem{{Layer: 1, Step: 2, Path: evil, Err: errors.New(evil)}, {Layer: -1, Step: -1}}
	for _, opts := range []*sarif.Options{nil, {Dockerfile: &ancestry.Dockerfile{Path: evil, From: []ancestry.Lines{{First: 1, Last: 1, End: 1}, {First: 2, Last: 2, End: 2}}}, Category: evil, Version: evil}} {
		b, run := write(t, r, opts)
		assert.NotContains(t, string(b), "<script")
		assert.NotContains(t, string(b), "](https:")
		assert.NotContains(t, string(b), "https://evil.example`")
		var doc any
		require.NoError(t, json.Unmarshal(b, &doc))
		walk(doc, func(s string) {
			assert.LessOrEqual(t, len(s), 20_000)
			for _, c := range s {
				require.True(t, c == '\n' || s == "\r\n" || unicode.IsPrint(c), "%q in %q", c, s)
			}
		})
		for _, res := range run.Results {
			assert.Less(t, len(*res.Message.Text), 4000)
			assert.NotContains(t, *res.Message.Text, "\n")
		}
		for _, rule := range run.Tool.Driver.Rules {
			assert.NotRegexp(t, "[^\\\\]`|[^\\\\]<", *rule.Help.Markdown)
		}
	}
}

func walk(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, x := range v {
			walk(x, f)
		}
	case map[string]any:
		for k, x := range v {
			f(k)
			walk(x, f)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, sarif.Write(failing{err}, &report.Report{}, nil), err)
}

func TestDeterministic(t *testing.T) {
	want, _ := write(t, handmade.Sample(t, rules.All()), nil)
	got, _ := write(t, handmade.Sample(t, rules.All()), nil)
	assert.Equal(t, want, got)
}

// many is a report of 3,700 findings and more.
func many(t testing.TB) *report.Report {
	r := handmade.Sample(t, rules.All())
	for i := range 3_700 {
		f := r.Findings[i%12]
		f.Subject = fmt.Sprintf("%s %d", f.Subject, i)
		r.Findings = append(r.Findings, f)
	}
	return r
}

// GitHub takes 10 MB, compressed.
func TestSize(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	require.NoError(t, sarif.Write(z, many(t), nil))
	require.NoError(t, z.Close())
	assert.Less(t, b.Len(), 1_000_000)
}

func BenchmarkWrite(b *testing.B) {
	r := many(b)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := sarif.Write(&out, r, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(out.Len()), "bytes")
	}
}

func Example() {
	r := report.New(nil, nil, nil, &report.Options{Reference: "registry.example.com/shop/api:2.4.1"})
	r.Findings = []report.Finding{{
		Rule: "root-user", Severity: report.Warning, Layer: -1, Step: -1, Ancestor: -1, Subject: "user",
		Message: "runs as root: no ancestor sets USER", Remedy: "end the Dockerfile with USER 10001", By: report.OwnSteps,
	}}
	d := &ancestry.Dockerfile{Path: "build/Dockerfile", From: []ancestry.Lines{{First: 1, Last: 1, End: 12}}} // or of lines.Find
	var b bytes.Buffer
	if err := sarif.Write(&b, r, &sarif.Options{Dockerfile: d}); err != nil {
		fmt.Println(err)
		return
	}
	log, err := gosarif.FromBytes(b.Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	res := log.Runs[0].Results[0]
	at := res.Locations[0].PhysicalLocation
	fmt.Printf("%s:%d: %s: %s\n", *at.ArtifactLocation.URI, *at.Region.StartLine, res.Level, *res.Message.Text)
	// Output:
	// build/Dockerfile:1: warning: Runs as root: no ancestor sets USER. It is about the image as a whole. To do (you, in your Dockerfile): end the Dockerfile with USER 10001.
}
