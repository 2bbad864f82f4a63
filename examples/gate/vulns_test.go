package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A policy that limits vulnerabilities asks for a scanner's report, and passes or fails by it.
func TestVulns(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	policy := write("policy.yaml", "failOn: never\nmaxVulnerabilities: {own: {critical: 0}, inherited: {critical: 0}}\n")
	none := write("none.json", `{"SchemaVersion": 2, "ArtifactName": "a", "Results": []}`)
	one := write("one.json", `{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Class": "os-pkgs", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-0001", "PkgName": "bash", "Severity": "CRITICAL", "PkgIdentifier": {"PURL": "pkg:deb/debian/bash"}}]}]}`)
	vex := write("vex.json", `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "me", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:deb/debian/bash"}], "status": "not_affected", "justification": "vulnerable_code_not_present"}]}`)
	unrated := write("unrated.json", `{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Class": "os-pkgs", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-0002", "PkgName": "bash", "Severity": "UNKNOWN", "PkgIdentifier": {"PURL": "pkg:deb/debian/bash"}}]}]}`)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no report":      {nil, 1, "FAIL maxVulnerabilities: the vulnerabilities are not known: no scanner's report was read"},
		"VEX alone":      {[]string{"-vulns", vex}, 1, "no scanner's report was read"},
		"unrated":        {[]string{"-vulns", unrated}, 0, "UNKNOWN no limit of the policy counts 1 unrated vulnerability, which may be of any rating: 1 from example.org/base/debian:bookworm\nPASS\n"},
		"unrated, SARIF": {[]string{"-vulns", unrated, "-format", "sarif"}, 0, `"open"`},
		"unrated, JUnit": {[]string{"-vulns", unrated, "-format", "junit"}, 0, `<skipped message="cannot tell: no limit of the policy counts 1 unrated`},
		"unrated, JSON":  {[]string{"-vulns", unrated, "-format", "json"}, 0, "no limit of the policy counts 1 unrated"},
		"nothing":        {[]string{"-vulns", none}, 0, "PASS"},
		"one":            {[]string{"-vulns", none, "-vulns", one}, 1, "FAIL maxVulnerabilities: 1 inherited critical vulnerability: 1 from example.org/base/debian:bookworm; allowed are 0"},
		"another image":  {[]string{"-vulns", "../../testdata/handmade/scans/sample.trivy.json"}, 2, "another image"},
		"no such file":   {[]string{"-vulns", dir + "/nope.json"}, 2, "nope.json"},
		"no name":        {[]string{"-vulns", ""}, 2, "vulns"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, tt.code, run(context.Background(), append([]string{"-policy", policy}, tt.args...), &out, &errs), errs.String())
			assert.Contains(t, out.String()+errs.String(), tt.says)
		})
	}
}
