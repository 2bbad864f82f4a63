package main

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/json"
)

// scanOf writes a report in Trivy's form with a vulnerability for each of Debian's packages of
// a document, whose layer is wrong, and returns the file.
func scanOf(t *testing.T, doc *json.Document) string {
	t.Helper()
	type m = map[string]any
	var diffIDs []string
	for _, l := range doc.Layers {
		diffIDs = append(diffIDs, l.DiffID)
	}
	found := []m{}
	for i, p := range doc.Packages {
		if p.Type != "deb" {
			continue
		}
		found = append(found, m{"VulnerabilityID": fmt.Sprintf("CVE-2026-%05d", i), "PkgName": p.Name, "InstalledVersion": p.Version, "FixedVersion": "9", "Severity": "HIGH",
			"PkgIdentifier": m{"PURL": p.PURL}, "Layer": m{"DiffID": diffIDs[len(diffIDs)-1]}})
	}
	b, err := stdjson.Marshal(m{"SchemaVersion": 2, "ArtifactName": "shop/api", "ArtifactType": "container_image", "Metadata": m{"DiffIDs": diffIDs},
		"Results": []m{{"Class": "os-pkgs", "Vulnerabilities": found}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "trivy.json")
	require.NoError(t, os.WriteFile(file, b, 0o644))
	return file
}

func document(t *testing.T, args ...string) *json.Document {
	t.Helper()
	out, errs, code := tree(t, append([]string{"-json"}, args...)...)
	require.Zero(t, code, errs)
	doc, err := json.Decode(bytes.NewReader([]byte(out)))
	require.NoError(t, err)
	return doc
}

// Each finding of a scanner's has the ancestor of its package, whatever layer the scanner
// says.
func TestVulns(t *testing.T) {
	before := document(t)
	assert.NotContains(t, before.Known, "vulnerabilities")
	file := scanOf(t, before)
	doc := document(t, "-vulns", file, "-vulns", file)
	require.Greater(t, len(doc.Vulnerabilities), 100)
	for _, v := range doc.Vulnerabilities {
		require.NotNil(t, v.Package, v.Name)
		p := doc.Packages[*v.Package]
		assert.Equal(t, p.Ancestor, v.Ancestor, v.Name)
		assert.Equal(t, p.Layer, v.Layer)
		assert.Equal(t, p.State, v.State)
		assert.Equal(t, "purl", v.Join)
		assert.Len(t, v.Sightings, 2, "the file was given twice")
	}
	assert.Equal(t, len(doc.Vulnerabilities), doc.Scans[0].Findings)
	assert.Equal(t, len(doc.Vulnerabilities), doc.Scans[1].Again)

	out, errs, code := tree(t, "-width", "100", "-vulns", file)
	require.Zero(t, code, errs)
	assert.Regexp(t, `(?m)^  vulnerabilities +critical +high .* fixable$`, out)
	assert.Regexp(t, fmt.Sprintf(`(?m)^  all +0 +%d +0 `, len(doc.Vulnerabilities)), out)

	// The chain alone has no packages: then the layer is the scanner's word, and that is said.
	out, errs, code = tree(t, "-chain", "-vulns", file)
	require.Zero(t, code, errs)
	assert.Contains(t, strings.Join(strings.Fields(out), " "), "by the scanner's word alone")
}

func TestVulnsErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		return filepath.Join(dir, name)
	}
	other := write("other.json", `{"SchemaVersion": 2, "ArtifactName": "a", "Metadata": {"DiffIDs": ["sha256:1"]}, "Results": []}`)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"another image": {[]string{"-vulns", other, layout}, 1, "other.json: the scanner's report is of another image: its image has 1 layer, this one 26, and they agree in the first 0 (-other-image joins it nevertheless)"},
		"no such file":  {[]string{"-vulns", dir + "/none", layout}, 1, "none"},
		"no report":     {[]string{"-vulns", write("x.json", "{}"), layout}, 1, "x.json: neither a report of Trivy"},
		"no name":       {[]string{"-vulns", "", layout}, 2, "no file"},
	} {
		out, errs, code := tree(t, tt.args...)
		assert.Equal(t, tt.code, code, name)
		assert.Contains(t, errs, tt.says, name)
		assert.Empty(t, out, name)
	}
	out, errs, code := tree(t, "-vulns", other, "-other-image", layout)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "of another image")
}
