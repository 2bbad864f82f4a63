package stemma_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdxlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/cyclonedx"
	"github.com/stemma-go/stemma/report/spdx"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/sample"
)

func analyzeSample(t testing.TB) *report.Report {
	t.Helper()
	img, err := sample.Open()
	require.NoError(t, err)
	opts := &stemma.Options{AsOf: handmade.AsOf, Packages: scan.Options{CPEs: true}}
	opts.Hints.Reference = sample.Reference
	r, err := stemma.Analyze(t.Context(), img, opts)
	require.NoError(t, err)
	return r
}

// validate checks a document by the JSON schema in the first of files, which may refer to
// the others.
func validate(t *testing.T, document []byte, base string, files ...string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		require.NoError(t, err)
		require.NoError(t, c.AddResource(base+filepath.Base(f), schema))
	}
	s, err := c.Compile(base + filepath.Base(files[0]))
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	require.NoError(t, err)
	require.NoError(t, s.Validate(doc))
}

// The sample image as a bill of materials: valid, with all of its packages, most of them
// with a licence, each with its layer.
func TestSBOM(t *testing.T) {
	r := analyzeSample(t)
	present, licensed := 0, 0
	for _, p := range r.Inventory.Packages {
		if p.State == packages.Present {
			present++
			if len(p.Licenses) > 0 {
				licensed++
			}
		}
	}
	require.Greater(t, present, 500)
	t.Logf("%d packages, %d with a licence", present, licensed)
	assert.Greater(t, licensed, 0)

	var b bytes.Buffer
	require.NoError(t, cyclonedx.Write(&b, r, nil))
	dir := "report/cyclonedx/testdata/schema/"
	validate(t, b.Bytes(), "http://cyclonedx.org/schema/", dir+"bom-1.6.schema.json", dir+"spdx.schema.json", dir+"jsf-0.82.schema.json")
	var bom cdx.BOM
	require.NoError(t, cdx.NewBOMDecoder(&b, cdx.BOMFileFormatJSON).Decode(&bom))
	count := 0
	for _, c := range *bom.Components {
		if c.Type == cdx.ComponentTypeContainer || c.Type == cdx.ComponentTypeOS {
			continue
		}
		count++
		properties := map[string]string{}
		for _, p := range *c.Properties {
			properties[p.Name] = p.Value
		}
		for _, name := range []string{"stemma:ancestor", "stemma:layer:index", "stemma:layer:diffID", "syft:location:0:layerID", "aquasecurity:trivy:LayerDiffID"} {
			require.NotEmpty(t, properties[name], "%s of %s", name, c.Name)
		}
	}
	assert.Equal(t, present, count)
	assert.Len(t, *bom.Metadata.Component.Pedigree.Ancestors, len(r.Ancestors)-1)

	b.Reset()
	require.NoError(t, spdx.Write(&b, r, nil))
	validate(t, b.Bytes(), "http://spdx.org/", "report/spdx/testdata/schema/spdx-schema-2.3.json")
	doc, err := spdxjson.Read(&b)
	require.NoError(t, err)
	require.NoError(t, spdxlib.ValidateDocument(doc))
	assert.Len(t, doc.Packages, present+len(r.Ancestors)+1) // and the operating system
}

// What a bill of materials costs beside the reading of the image.
func BenchmarkSBOM(b *testing.B) {
	r := analyzeSample(b)
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			analyzeSample(b)
		}
	})
	b.Run("cyclonedx", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, cyclonedx.Write(io.Discard, r, nil))
		}
	})
	b.Run("spdx", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, spdx.Write(io.Discard, r, nil))
		}
	})
}
