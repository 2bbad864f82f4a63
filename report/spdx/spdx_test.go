package spdx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/sbom/sbomtest"
	"github.com/stemma-go/stemma/report/spdx"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func write(t testing.TB, r *report.Report, opts *spdx.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, spdx.Write(&b, r, opts))
	return b.Bytes()
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("testdata/schema/spdx-schema-2.3.json")
	require.NoError(t, err)
	return s
}

func TestGolden(t *testing.T) {
	golden.Check(t, "sample.spdx.json", write(t, sbomtest.Sample(t), nil))
	golden.Check(t, "asked.spdx.json", write(t, handmade.Asked(t, nil), nil))
}

// Every kind of report is valid by the schema and by SPDX' own library, which reads it
// back as it was written.
func TestValid(t *testing.T) {
	s := schema(t)
	for name, build := range sbomtest.Reports(t) {
		r := build()
		t.Run(name, func(t *testing.T) {
			out := write(t, r, &spdx.Options{Compact: true})
			assert.Equal(t, 1, bytes.Count(out, []byte("\n")))
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
			require.NoError(t, err)
			require.NoError(t, s.Validate(doc))
			read, err := spdxjson.Read(bytes.NewReader(out))
			require.NoError(t, err)
			require.NoError(t, spdxlib.ValidateDocument(read))
			again, err := json.Marshal(read)
			require.NoError(t, err)
			assert.JSONEq(t, string(out), string(again))
			checkIDs(t, spdx.New(r))
		})
	}
}

// The schema does check.
func TestSchemaRefuses(t *testing.T) {
	d := spdx.New(sbomtest.Sample(t))
	d.Packages[0].PrimaryPackagePurpose = "PEBBLE"
	b, err := json.Marshal(d)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	require.NoError(t, err)
	assert.Error(t, schema(t).Validate(doc))
}

// The schema knows nothing of the forms of identifiers; the specification does.
func checkIDs(t *testing.T, d *v2_3.Document) {
	t.Helper()
	legal, ref := regexp.MustCompile(`^[0-9A-Za-z.-]+$`), regexp.MustCompile(`LicenseRef-[0-9A-Za-z.-]+`)
	seen := map[common.ElementID]bool{"DOCUMENT": true}
	licences := map[string]bool{}
	for _, l := range d.OtherLicenses {
		require.Regexp(t, `^LicenseRef-[0-9A-Za-z.-]+$`, l.LicenseIdentifier)
		require.False(t, licences[l.LicenseIdentifier])
		require.NotEmpty(t, l.ExtractedText)
		licences[l.LicenseIdentifier] = true
	}
	for _, p := range d.Packages {
		require.Regexp(t, legal, string(p.PackageSPDXIdentifier))
		require.False(t, seen[p.PackageSPDXIdentifier], p.PackageSPDXIdentifier)
		seen[p.PackageSPDXIdentifier] = true
		require.NotEmpty(t, p.PackageName)
		require.False(t, p.FilesAnalyzed)
		for _, r := range ref.FindAllString(p.PackageLicenseDeclared, -1) {
			require.True(t, licences[r], r)
		}
	}
	for _, r := range d.Relationships {
		require.True(t, seen[r.RefA.ElementRefID], r.RefA)
		require.True(t, seen[r.RefB.ElementRefID], r.RefB)
	}
}

// No character that does something reaches the output.
func TestHostileStrings(t *testing.T) {
	for _, evil := range []string{sbomtest.Evil, strings.Repeat("\u202e<b>", 800)} {
		for _, c := range string(write(t, sbomtest.Hostile(t, evil), nil)) {
			require.True(t, c == '\n' || unicode.IsPrint(c) && !unicode.Is(unicode.Mn, c), "%q", c)
		}
	}
}

func TestDeterministic(t *testing.T) {
	assert.Equal(t, write(t, sbomtest.Sample(t), nil), write(t, sbomtest.Sample(t), nil))
	other := sbomtest.Sample(t)
	other.AsOf = other.AsOf.AddDate(0, 0, 1)
	assert.NotEqual(t, spdx.New(sbomtest.Sample(t)).DocumentNamespace, spdx.New(other).DocumentNamespace)
}

// The report is as it was.
func TestChangesNothing(t *testing.T) {
	r := sbomtest.Sample(t)
	write(t, r, nil)
	assert.Equal(t, sbomtest.Sample(t).Inventory, r.Inventory)
	assert.Equal(t, sbomtest.Sample(t).Ancestors, r.Ancestors)
}

func relationships(d *v2_3.Document) []string {
	var all []string
	for _, r := range d.Relationships {
		all = append(all, fmt.Sprintf("%s %s %s", r.RefA.ElementRefID, r.Relationship, regexp.MustCompile(`-[0-9a-f]{16}$`).ReplaceAllString(string(r.RefB.ElementRefID), "")))
	}
	return all
}

// The chain goes down to the root, in the words of the specification and in that which
// GUAC reads, and each ancestor has what it brought.
func TestRelationships(t *testing.T) {
	assert.ElementsMatch(t, []string{
		"DOCUMENT DESCRIBES Image",
		"Image DESCENDANT_OF Ancestor-1", "Image GENERATED_FROM Ancestor-1",
		"Ancestor-1 DESCENDANT_OF Ancestor-2", "Ancestor-1 GENERATED_FROM Ancestor-2",
		"Ancestor-2 DESCENDANT_OF Ancestor-3", "Ancestor-2 GENERATED_FROM Ancestor-3",
		"Ancestor-3 CONTAINS OperatingSystem",
		"Ancestor-3 CONTAINS Package-deb-dash", "Ancestor-2 CONTAINS Package-deb-gcc-10",
		"Image CONTAINS Package-deb-libc6", "Ancestor-2 CONTAINS Package-deb-libssl-dev",
	}, relationships(spdx.New(sbomtest.Sample(t))))
}

func find(t *testing.T, d *v2_3.Document, name string) *v2_3.Package {
	t.Helper()
	for _, p := range d.Packages {
		if p.PackageName == name {
			return p
		}
	}
	t.Fatalf("no package %s", name)
	return nil
}

// An image that files were copied from is a tool by which the one that copied was built.
func TestDonors(t *testing.T) {
	d := spdx.New(sbomtest.Donors(t))
	all := relationships(d)
	assert.Contains(t, all, "Donor-0 BUILD_TOOL_OF Image")
	assert.Contains(t, all, "Donor-1 BUILD_TOOL_OF Ancestor-1")
	p := find(t, d, "node")
	assert.Equal(t, "CONTAINER", p.PrimaryPackagePurpose)
	assert.Equal(t, "confidence of the name: inferred\nversion of what was copied: 20.19.5\ncopied by step 9\ncopied to usr/local/bin/node", p.PackageComment)
	require.Len(t, p.Annotations, 1)
	assert.Contains(t, p.Annotations[0].AnnotationComment, "where images of node have it")
	assert.Equal(t, "1.26", find(t, d, "golang").PackageVersion)
}

func TestLicences(t *testing.T) {
	d := spdx.New(sbomtest.Sample(t))
	assert.Equal(t, "BSD-3-Clause", find(t, d, "dash").PackageLicenseDeclared)
	assert.Equal(t, "(GPL-3.0-or-later WITH GCC-exception-3.1) AND (GPL-2.0-or-later OR Artistic-2.0)", find(t, d, "gcc-10").PackageLicenseDeclared)
	assert.Regexp(t, `^LGPL-2.1-only AND LicenseRef-public-domain AND LicenseRef-Inner-Net-License--v2-[0-9a-f]{8} AND LicenseRef-not-an-expression-[0-9a-f]{8}$`, find(t, d, "libc6").PackageLicenseDeclared)
	texts := map[string]string{}
	for _, l := range d.OtherLicenses {
		texts[l.LicenseName] = l.ExtractedText
	}
	assert.Equal(t, map[string]string{"public-domain": "public-domain", "Inner Net License, v2": "Inner Net License, v2", "not an expression": "not an expression",
		"LicenseRef-scancode-ssleay": "NOASSERTION"}, texts)
}

func TestPackages(t *testing.T) {
	r := sbomtest.Sample(t)
	d := spdx.New(r)
	libc := find(t, d, "libc6")
	assert.Equal(t, "brought by this image in layer 3 ("+r.Index.Layers[3].DiffID.String()+"); first in layer 0", libc.PackageComment)
	assert.Equal(t, "found by dpkg-db-cataloger in /var/lib/dpkg/status", libc.PackageSourceInfo)
	var refs []string
	for _, e := range libc.PackageExternalReferences {
		refs = append(refs, e.Category+" "+e.RefType+" "+e.Locator)
	}
	assert.Equal(t, []string{"PACKAGE-MANAGER purl pkg:deb/debian/libc6@2.31-13+deb11u9?arch=amd64",
		"SECURITY cpe23Type cpe:2.3:a:glibc:libc6:2.31:*:*:*:*:*:*:*", "SECURITY cpe23Type cpe:2.3:a:libc6:libc6:2.31:*:*:*:*:*:*:*"}, refs)
	for _, p := range d.Packages {
		assert.NotEqual(t, "git", p.PackageName)
	}
	assert.Contains(t, d.Packages[0].PackageComment, "left out: git 1:2.30.2-1 (deb): removed in layer 4, this image")
}

// What is not known is said.
func TestNotKnown(t *testing.T) {
	d := spdx.New(sbomtest.Unknown(t))
	assert.Regexp(t, "^unknown-image-[0-9a-f]{12}$", d.DocumentName)
	assert.Contains(t, d.Packages[0].PackageComment, "the name of the image is not known")
	assert.Contains(t, d.Packages[1].PackageComment, "nothing tells which image it is")
	assert.Contains(t, spdx.New(sbomtest.ConfigOnly(t)).Packages[0].PackageComment, "no layer was read\nwhich packages are in it is not known")
	assert.Contains(t, spdx.New(sbomtest.Partial(t)).Packages[0].PackageComment, "there may be more packages")
	python := find(t, spdx.New(sbomtest.Sample(t)), "python")
	assert.Empty(t, python.PackageVersion)
	assert.Contains(t, python.PackageComment, "as likely: python:3.8-bullseye")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, spdx.Write(failing{err}, &report.Report{}, nil), err)
}

func BenchmarkWrite(b *testing.B) {
	r := sbomtest.Large(b, 3700)
	for b.Loop() {
		if err := spdx.Write(io.Discard, r, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleWrite() {
	r := report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1", AsOf: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err := spdx.Write(os.Stdout, r, &spdx.Options{Compact: true}); err != nil {
		panic(err)
	}
}

// A program says who made the document.
func ExampleNew() {
	d := spdx.New(report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1", AsOf: handmade.AsOf}))
	d.CreationInfo.Creators = append(d.CreationInfo.Creators, common.Creator{CreatorType: "Organization", Creator: "Shop Inc."})
	fmt.Println(d.DocumentName, d.CreationInfo.Created, len(d.CreationInfo.Creators))
	// Output: shop/api:2.4.1 2026-11-22T00:00:00Z 2
}
