package cyclonedx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/cyclonedx"
	"github.com/stemma-go/stemma/report/internal/sbom/sbomtest"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func write(t testing.TB, r *report.Report, opts *cyclonedx.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, cyclonedx.Write(&b, r, opts))
	return b.Bytes()
}

// schema is CycloneDX' own, with the two that it refers to.
func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	files, err := filepath.Glob("testdata/schema/*.json")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		require.NoError(t, err)
		require.NoError(t, c.AddResource("http://cyclonedx.org/schema/"+filepath.Base(f), doc))
	}
	c.AssertFormat()
	s, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	require.NoError(t, err)
	return s
}

func TestGolden(t *testing.T) {
	golden.Check(t, "sample.cdx.json", write(t, sbomtest.Sample(t), nil))
	golden.Check(t, "asked.cdx.json", write(t, handmade.Asked(t, nil), nil))
	golden.Check(t, "scanned.cdx.json", write(t, handmade.Scanned(t, nil), nil))
	golden.Check(t, "removed.cdx.json", write(t, sbomtest.Sample(t), &cyclonedx.Options{Removed: true}))
}

// Every kind of report is valid by the schema, has bom-refs that are unique, and
// dependencies between those that there are.
func TestValid(t *testing.T) {
	s := schema(t)
	for name, build := range sbomtest.Reports(t) {
		r := build()
		for _, opts := range []*cyclonedx.Options{nil, {Removed: true, Compact: true}} {
			t.Run(name, func(t *testing.T) {
				out := write(t, r, opts)
				doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
				require.NoError(t, err)
				require.NoError(t, s.Validate(doc))
				var bom cdx.BOM
				require.NoError(t, cdx.NewBOMDecoder(bytes.NewReader(out), cdx.BOMFileFormatJSON).Decode(&bom))
				checkRefs(t, &bom)
			})
		}
	}
}

// A document that is wrong is refused: the schema does check.
func TestSchemaRefuses(t *testing.T) {
	bom := cyclonedx.New(sbomtest.Sample(t), nil)
	(*bom.Components)[0].Type = "pebble"
	b, err := json.Marshal(bom)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	require.NoError(t, err)
	assert.Error(t, schema(t).Validate(doc))
}

func checkRefs(t *testing.T, bom *cdx.BOM) {
	t.Helper()
	seen := map[string]bool{bom.Metadata.Component.BOMRef: true}
	depth := 0
	var walk func(*[]cdx.Component, int)
	walk = func(list *[]cdx.Component, at int) {
		depth = max(depth, at)
		if list == nil {
			return
		}
		for _, c := range *list {
			require.NotEmpty(t, c.BOMRef)
			require.False(t, seen[c.BOMRef], c.BOMRef)
			seen[c.BOMRef] = true
			walk(c.Components, at+1)
		}
	}
	walk(bom.Components, 0)
	assert.LessOrEqual(t, depth, 60)
	if bom.Vulnerabilities != nil {
		for _, v := range *bom.Vulnerabilities {
			require.False(t, seen[v.BOMRef], v.BOMRef)
			require.NotEmpty(t, *v.Affects)
			for _, a := range *v.Affects {
				require.True(t, seen[a.Ref], a.Ref)
			}
		}
	}
	from := map[string]bool{}
	for _, d := range *bom.Dependencies {
		require.True(t, seen[d.Ref], d.Ref)
		require.False(t, from[d.Ref])
		from[d.Ref] = true
		if d.Dependencies == nil {
			continue
		}
		for _, on := range *d.Dependencies {
			require.True(t, seen[on], on)
		}
	}
}

// No character that does something reaches the output.
func TestHostileStrings(t *testing.T) {
	for _, evil := range []string{sbomtest.Evil, string(bytes.Repeat([]byte("\u202e<b>"), 800))} {
		out := write(t, sbomtest.Hostile(t, evil), &cyclonedx.Options{Removed: true})
		for _, c := range string(out) {
			require.True(t, c == '\n' || unicode.IsPrint(c) && !unicode.Is(unicode.Mn, c), "%q", c)
		}
	}
}

func TestDeterministic(t *testing.T) {
	want := write(t, sbomtest.Sample(t), nil)
	assert.Equal(t, want, write(t, sbomtest.Sample(t), nil))
	other := sbomtest.Sample(t)
	other.AsOf = other.AsOf.AddDate(0, 0, 1)
	assert.NotEqual(t, cyclonedx.New(sbomtest.Sample(t), nil).SerialNumber, cyclonedx.New(other, nil).SerialNumber)
	assert.Regexp(t, `^urn:uuid:[0-9a-f-]{36}$`, cyclonedx.New(other, nil).SerialNumber)
}

// The report is as it was.
func TestChangesNothing(t *testing.T) {
	r := sbomtest.Sample(t)
	write(t, r, &cyclonedx.Options{Removed: true})
	assert.Equal(t, sbomtest.Sample(t).Inventory, r.Inventory)
	assert.Equal(t, sbomtest.Sample(t).Ancestors, r.Ancestors)
}

func find(t *testing.T, bom *cdx.BOM, name string) cdx.Component {
	t.Helper()
	for _, c := range *bom.Components {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no component %s", name)
	return cdx.Component{}
}

func property(c cdx.Component, name string) string {
	if c.Properties != nil {
		for _, p := range *c.Properties {
			if p.Name == name {
				return p.Value
			}
		}
	}
	return ""
}

func TestPackages(t *testing.T) {
	r := sbomtest.Sample(t)
	bom := cyclonedx.New(r, nil)
	libc := find(t, bom, "libc6")
	diffID := r.Index.Layers[3].DiffID.String()
	for name, want := range map[string]string{
		"stemma:ancestor":                "this image",
		"stemma:ancestor:index":          "0",
		"stemma:layer:index":             "3",
		"stemma:layer:diffID":            diffID,
		"stemma:introduced:layer:index":  "0",
		"syft:location:0:layerID":        diffID,
		"syft:location:0:path":           "/var/lib/dpkg/status",
		"syft:package:type":              "deb",
		"aquasecurity:trivy:LayerDiffID": diffID,
		"aquasecurity:trivy:PkgType":     "debian",
	} {
		assert.Equal(t, want, property(libc, name), name)
	}
	assert.Equal(t, "debian:bullseye-20230109", property(find(t, bom, "dash"), "stemma:ancestor"))
	assert.Equal(t, "cpe:2.3:a:glibc:libc6:2.31:*:*:*:*:*:*:*", libc.CPE)
	assert.Equal(t, "(GPL-3.0-or-later WITH GCC-exception-3.1) AND (GPL-2.0-or-later OR Artistic-2.0)", (*find(t, bom, "gcc-10").Licenses)[0].Expression)
	var names []string
	for _, l := range *libc.Licenses {
		names = append(names, l.License.Name)
	}
	assert.Equal(t, []string{"LGPL-2.1-only", "public-domain", "Inner Net License, v2", "not an expression"}, names)
}

// Removed packages are no components, and are named.
func TestRemoved(t *testing.T) {
	bom := cyclonedx.New(sbomtest.Sample(t), nil)
	for _, c := range *bom.Components {
		assert.NotEqual(t, "git", c.Name)
	}
	assert.Equal(t, "git 1:2.30.2-1 (deb): removed in layer 4, this image", property(*bom.Metadata.Component, "stemma:removed"))
	git := find(t, cyclonedx.New(sbomtest.Sample(t), &cyclonedx.Options{Removed: true}), "git")
	assert.Equal(t, cdx.ScopeExcluded, git.Scope)
	assert.Equal(t, "removed", property(git, "stemma:state"))
}

// The chain: pedigree, nesting and dependencies.
func TestChain(t *testing.T) {
	bom := cyclonedx.New(sbomtest.Sample(t), nil)
	var names []string
	for _, c := range *bom.Metadata.Component.Pedigree.Ancestors {
		names = append(names, c.Name+" "+c.Version)
	}
	assert.Equal(t, []string{"python ", "buildpack-deps bullseye", "debian bullseye-20230109"}, names)
	python := find(t, bom, "python")
	assert.Equal(t, "pkg:docker/python", python.PackageURL, "ties name no tag")
	deps := (*python.Components)[0]
	assert.Equal(t, "pkg:docker/buildpack-deps@bullseye", deps.PackageURL)
	assert.Equal(t, "debian", (*deps.Components)[0].Name)
	on := map[string][]string{}
	for _, d := range *bom.Dependencies {
		if d.Dependencies != nil {
			on[d.Ref] = *d.Dependencies
		}
	}
	assert.Contains(t, on["image"], "ancestor-1")
	assert.Contains(t, on["ancestor-1"], "ancestor-2")
	assert.Contains(t, on["ancestor-2"], "ancestor-3")
	assert.Contains(t, on["ancestor-3"], find(t, bom, "dash").BOMRef)
	assert.Contains(t, on["ancestor-3"], "operating-system")
	assert.Equal(t, "it should have three steps, and has one", property(deps, "stemma:against"))
	assert.Equal(t, float32(0.4), *(*deps.Evidence.Identity.Identities)[0].Confidence)
}

// What nothing names says so.
func TestUnknown(t *testing.T) {
	bom := cyclonedx.New(sbomtest.Unknown(t), nil)
	c := (*bom.Components)[len(*bom.Components)-1]
	assert.Equal(t, "ancestor-1", c.BOMRef)
	assert.Regexp(t, "^unknown-image-[0-9a-f]{12}$", c.Name)
	assert.Equal(t, "not known", property(c, "stemma:name"))
	assert.Empty(t, c.PackageURL)
	assert.Nil(t, c.Evidence)
	assert.Regexp(t, "^unknown-image-[0-9a-f]{12}$", bom.Metadata.Component.Name)
	assert.NotEqual(t, c.Name, bom.Metadata.Component.Name)
	assert.Equal(t, "not known", property(*bom.Metadata.Component, "stemma:name"))
}

func TestPartial(t *testing.T) {
	assert.Equal(t, cdx.CompositionAggregateIncomplete, (*cyclonedx.New(sbomtest.Partial(t), nil).Compositions)[0].Aggregate)
	assert.Equal(t, cdx.CompositionAggregateUnknown, (*cyclonedx.New(sbomtest.Sample(t), nil).Compositions)[0].Aggregate)
	assert.Empty(t, property(*cyclonedx.New(sbomtest.ConfigOnly(t), nil).Metadata.Component, "stemma:known"))
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, cyclonedx.Write(failing{err}, &report.Report{}, nil), err)
}

func BenchmarkWrite(b *testing.B) {
	r := sbomtest.Large(b, 3700)
	for b.Loop() {
		if err := cyclonedx.Write(io.Discard, r, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleWrite() {
	var b bytes.Buffer
	r := report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1", AsOf: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err := cyclonedx.Write(&b, r, nil); err != nil {
		panic(err)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(&b, cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		panic(err)
	}
	fmt.Println(bom.SpecVersion, bom.Metadata.Component.Name, bom.Metadata.Component.Version)
	// Output: 1.6 shop/api 2.4.1
}

// A program adds the supplier of the image.
func ExampleNew() {
	r := report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1", AsOf: handmade.AsOf})
	bom := cyclonedx.New(r, nil)
	bom.Metadata.Supplier = &cdx.OrganizationalEntity{Name: "Shop Inc."}
	fmt.Println(bom.Metadata.Component.PackageURL, bom.Metadata.Timestamp)
	// Output: pkg:docker/shop/api@2.4.1 2026-11-22T00:00:00Z
}
