package vulns_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
)

// A document that cannot be read is refused, and the error says what it is, or where it
// breaks.
func TestReadErrors(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for in, want := range map[string]string{
		"":                            "x: it is empty",
		"\nLibrary | Vulnerability":   "x: not JSON: say --format json to Trivy",
		"[]":                          "x: not a JSON object",
		"3":                           "not a JSON object",
		"{\"a\": 1,\n  \"b\" 2}":      "line 2, column 7: invalid character '2' after object key",
		"{}":                          "neither a report of Trivy, Grype, Clair or OSV-Scanner",
		`{"bomFormat": "CycloneDX"}`:  "a CycloneDX document: say --format json to Trivy",
		`{"spdxVersion": "SPDX-2.3"}`: "an SPDX document",
		`{"runs": [], "results": []}`: "a SARIF document",
		`{"manifest_hash": "sha256:a", "packages": {}}`:                                                   "an index report of Clair's",
		`{"artifacts": [], "descriptor": {"name": "syft"}}`:                                               "a list of packages that Syft made",
		`{"document": {"csaf_version": "2.0"}}`:                                                           "a CSAF document",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": {}}`:                                        "Results: json: cannot unmarshal object",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Vulnerabilities": [{"PkgName": "a"}]}]}`: "Results[0].Vulnerabilities[0]: a vulnerability without an identifier",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Target": "a"}, {"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "a"}, {"VulnerabilityID": "CVE-2"}]}]}`:          "Results[1].Vulnerabilities[1]: CVE-2: no name of a package",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Vulnerabilities": [{"VulnerabilityID": "` + long + `", "PkgName": "a"}]}]}`:                                                  "Results[0].Vulnerabilities[0]: a text of 5000 bytes, more than 4096: xxx",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"ExperimentalModifiedFindings": [{"Type": "vulnerability", "Finding": 3}]}]}`:                                                 "Results[0].ExperimentalModifiedFindings[0]: json: cannot unmarshal number",
		`{"SchemaVersion": 2, "ArtifactName": "a", "CreatedAt": "yesterday"}`:                                                                                                                 "CreatedAt: ",
		`{"matches": [], "descriptor": {"name": "other"}}`:                                                                                                                                    "descriptor: name \"other\", where Grype writes \"grype\"",
		`{"matches": [{"vulnerability": {"id": "CVE-1"}}], "descriptor": {"name": "grype"}}`:                                                                                                  "matches[0]: CVE-1: no name of a package",
		`{"matches": [], "ignoredMatches": [{}], "descriptor": {"name": "grype"}}`:                                                                                                            "ignoredMatches[0]: a vulnerability without an identifier",
		`{"matches": [], "source": {"type": "image", "target": "x"}, "descriptor": {"name": "grype"}}`:                                                                                        "source.target: ",
		`{"manifest_hash": "a", "package_vulnerabilities": {"1": ["2"]}}`:                                                                                                                     `package_vulnerabilities["1"]: no package has that number`,
		`{"manifest_hash": "a", "packages": {"1": {"name": "a"}}, "package_vulnerabilities": {"1": ["2"]}}`:                                                                                   `package_vulnerabilities["1"][0]: no vulnerability has the number "2"`,
		`{"image": "a", "unapproved": [], "vulnerabilities": [{"vulnerability": "CVE-1"}]}`:                                                                                                   "vulnerabilities[0]: CVE-1: no name",
		`{"results": [{"source": {}, "packages": [{"vulnerabilities": [{"id": "A"}]}]}]}`:                                                                                                     "results[0].packages[0], vulnerability 0: A: no name of a package",
		`{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"vulnerability": {"name": "CVE-1"}, "status": "fine"}]}`:                                                               "statements[0]: invalid status",
		`{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"status": "fixed"}]}`:                                                                                                  "statements[0]: no vulnerability",
		`{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"vulnerability": {"name": "CVE-1"}, "status": "not_affected"}]}`:                                                       "statements[0]: either justification or impact statement must be",
		`{"@context": "https://openvex.dev/ns/v0.2.0", "statements": 3}`:                                                                                                                      "cannot unmarshal number",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "a", "VendorIDs": ["x"` + strings.Repeat(`,"x"`, 1000) + `]}]}]}`: "CVE-1: more than 1000 identifiers",
		// Reports of other tools, of other versions, and with nothing where findings must be.
		`{"results": null}`: "results: no list",
		`{"version": "1.0", "results": [{"check_id": "x", "path": "a.py"}], "errors": [], "paths": {}}`: "results[0]: no source and packages, as a report of OSV-Scanner has",
		`{"version": "1.0", "results": [], "errors": [], "paths": {}}`:                                  `no results, and "errors", which no report of OSV-Scanner has`,
		`{"results": [null]}`:                                                                              "results[0]: no source and packages",
		`{"results": [{"source": {}, "packages": null}]}`:                                                  "results[0]: no source and packages",
		`{"SchemaVersion": 3, "ArtifactName": "a", "Results": []}`:                                         "SchemaVersion: 3: schema 2 is read",
		`{"SchemaVersion": "2", "ArtifactName": "a", "Results": []}`:                                       "SchemaVersion: ",
		`{"SchemaVersion": 2, "ArtifactName": "a"}`:                                                        "no Results: ",
		`{"SchemaVersion": 2, "ArtifactName": "a", "ArtifactType": "container_image"}`:                     "no Results: ",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": null}`:                                       "Results: no list",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [null]}`:                                     "Results[0]: neither a Target nor Vulnerabilities",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Target": "a", "Vulnerabilities": null}]}`: "Results[0].Vulnerabilities: no list",
		`{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Target": "a", "Vulnerabilites": []}]}`:    `Results[0]: no Vulnerabilities, but "Vulnerabilites", which is not known`,
		`{"matches": null, "descriptor": {"name": "grype"}}`:                                               "matches: no list",
		`{"manifest_hash": "a", "package_vulnerabilities": null}`:                                          "package_vulnerabilities: null",
		`{"image": "a", "unapproved": [], "vulnerabilities": null}`:                                        "vulnerabilities: no list",
		strings.Repeat(`{"matches":[`, 20000):                                                              "exceeded max depth",
	} {
		_, err := vulns.Read(strings.NewReader(in), "x")
		assert.ErrorContains(t, err, want, "%.200s", in)
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			assert.Less(t, len(err.Error()), 400)
		}
	}
	_, err := vulns.Read(iotest.ErrReader(errors.New("broken pipe")), "x")
	assert.EqualError(t, err, "x: broken pipe")
	_, err = vulns.Open("testdata/nowhere.json")
	assert.ErrorContains(t, err, "nowhere.json")
}

// What each scanner says is read as it is meant.
func TestReadFacts(t *testing.T) {
	trivy := m{"SchemaVersion": 2, "Trivy": m{"Version": "0.74.0"}, "CreatedAt": "2026-11-20T10:00:00+02:00", "ArtifactName": "app:1",
		"Results": []m{{"Class": "os-pkgs", "Vulnerabilities": []m{
			{"VulnerabilityID": "CVE-1", "PkgName": "a", "FixedVersion": "2, 3", "Status": "fixed", "Severity": "CRITICAL", "Title": "a: bad\nmore", "PrimaryURL": "https://example.org"},
			{"VulnerabilityID": "CVE-2", "PkgName": "a", "Status": "will_not_fix", "Severity": "NONSENSE"},
			{"VulnerabilityID": "CVE-3", "PkgName": "a", "Status": "unknown", "Severity": "LOW"}},
			"ExperimentalModifiedFindings": []m{{"Type": "vulnerability", "Status": "ignored", "Statement": "accepted", "Source": ".trivyignore", "Finding": m{"VulnerabilityID": "CVE-4", "PkgName": "a", "Severity": "HIGH"}},
				{"Type": "secret", "Finding": m{"RuleID": "x"}}}}}}
	grype := m{"matches": []m{
		{"vulnerability": m{"id": "CVE-5", "severity": "Negligible", "fix": m{"state": "wont-fix"}}, "artifact": m{"name": "a"}},
		{"vulnerability": m{"id": "CVE-6", "severity": "Medium", "fix": m{"state": "not-fixed"}}, "artifact": m{"name": "a"}}},
		"ignoredMatches": []m{{"vulnerability": m{"id": "CVE-7", "severity": "High"}, "artifact": m{"name": "a"}, "appliedIgnoreRules": []m{{"vex-status": "not_affected", "vex-justification": "component_not_present"}}},
			{"vulnerability": m{"id": "CVE-8", "severity": "High"}, "artifact": m{"name": "a"}, "appliedIgnoreRules": []m{{"vulnerability": "CVE-8", "reason": "no"}}}},
		"descriptor": m{"name": "grype", "version": "0.121.2", "timestamp": "2026-11-21T00:00:00Z"}}
	clair := m{"manifest_hash": "", "packages": m{"1": m{"name": "a"}}, "vulnerabilities": m{
		"7": m{"name": "RHSA-2026:1234: a security update (Important) (CVE-2026-0009, CVE-2026-0010)", "normalized_severity": "High", "fixed_in_version": "2"},
		"8": m{"name": "CVE-11", "normalized_severity": "Unknown", "fixed_in_version": ""}}, "package_vulnerabilities": m{"1": []string{"7", "8"}}}
	osv := m{"results": []m{{"source": m{"path": ""}, "packages": []m{{"package": m{"name": "a", "version": "1.5.0", "ecosystem": "npm"},
		"vulnerabilities": []m{
			{"id": "GHSA-1", "aliases": []string{"CVE-12"}, "summary": "bad", "database_specific": m{"severity": "MODERATE"}, "affected": []m{{"package": m{"name": "a", "ecosystem": "npm"},
				"ranges": []m{{"type": "SEMVER", "events": []m{{"introduced": "0"}, {"fixed": "1.4.1"}, {"introduced": "1.5.0"}, {"fixed": "1.6.0"}}}, {"type": "GIT", "events": []m{{"fixed": "abcdef"}}}}}}},
			{"id": "MAL-2"}},
		"groups": []m{{"ids": []string{"GHSA-1"}, "aliases": []string{"CVE-12", "GHSA-1"}, "max_severity": ""},
			{"ids": []string{"MAL-2"}, "max_severity": "9.1", "experimental_analysis": m{"MAL-2": m{"called": false}}}}}}}}}
	var docs []*vulns.Document
	for _, d := range []m{trivy, grype, clair, osv} {
		docs = append(docs, read(t, "x.json", d))
	}
	r := report.New(nil, nil, nil, nil)
	v, err := vulns.Join(r, docs, nil)
	require.NoError(t, err)
	r.Vulnerabilities = v
	checkSums(t, r, 3, 2, 2, 1)
	got := map[string]report.Vulnerability{}
	for _, w := range v.List {
		got[w.ID] = w
	}
	assert.Len(t, got, 12)
	assert.Equal(t, []string{"2", "3"}, got["CVE-1"].Fixed)
	assert.Equal(t, "a: bad", got["CVE-1"].Title)
	assert.Equal(t, report.FixReleased, got["CVE-1"].Status)
	assert.Equal(t, report.FixRefused, got["CVE-2"].Status)
	assert.Equal(t, report.Unrated, got["CVE-2"].Rating)
	assert.Equal(t, report.FixNotKnown, got["CVE-3"].Status)
	assert.Equal(t, &report.Excuse{Status: "ignored", Says: "accepted", By: "Trivy: .trivyignore", File: "x.json"}, got["CVE-4"].Excuse)
	assert.Equal(t, report.Negligible, got["CVE-5"].Rating)
	assert.Equal(t, report.FixRefused, got["CVE-5"].Status)
	assert.Equal(t, report.FixNone, got["CVE-6"].Status)
	assert.Equal(t, &report.Excuse{Status: "not_affected", Justification: "component_not_present", By: "Grype: a VEX document", File: "x.json"}, got["CVE-7"].Excuse)
	assert.Equal(t, "no", got["CVE-8"].Excuse.Says)
	rhsa := got["RHSA-2026:1234"]
	assert.Equal(t, []string{"CVE-2026-0009", "CVE-2026-0010"}, rhsa.Aliases, "an advisory about two keeps its name")
	assert.Equal(t, []string{"2"}, rhsa.Fixed)
	assert.Equal(t, report.Unrated, got["CVE-11"].Rating)
	assert.False(t, func() bool { w := got["CVE-11"]; return w.Fixable() }())
	assert.Equal(t, []string{"1.6.0"}, got["CVE-12"].Fixed, "the fix of an older branch is none")
	assert.Equal(t, report.Medium, got["CVE-12"].Rating)
	assert.Equal(t, []string{"GHSA-1"}, got["CVE-12"].Aliases)
	assert.Equal(t, report.Critical, got["MAL-2"].Rating)
	assert.NotNil(t, got["MAL-2"].Excuse)
	scans := v.Scans
	assert.Equal(t, "0.74.0", scans[0].Version)
	assert.Equal(t, "2026-11-20 08:00:00 +0000 UTC", scans[0].Made.UTC().String())
	assert.Equal(t, []int{1, 2, 0, 1}, []int{scans[0].Suppressed, scans[1].Suppressed, scans[2].Suppressed, scans[3].Suppressed})
	assert.Equal(t, "Clair", scans[2].Scanner)
	assert.Equal(t, 4, v.Count(nil).Excused)
}

// What each scanner writes where it found nothing.
func TestReadNothing(t *testing.T) {
	for name, in := range map[string]string{
		"Trivy":                         `{"SchemaVersion": 2, "ArtifactName": "a", "Results": []}`,
		"Trivy without vulnerabilities": `{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"Target": "a", "Class": "os-pkgs", "Type": "debian", "Packages": []}]}`,
		"Trivy without Results":         `{"SchemaVersion": 2, "ArtifactName": "a", "ArtifactType": "container_image", "Metadata": {"DiffIDs": ["sha256:0"]}}`,
		"Grype":                         `{"matches": [], "descriptor": {"name": "grype"}}`,
		"Clair":                         `{"manifest_hash": "a", "package_vulnerabilities": {}}`,
		"clair-scanner":                 `{"image": "a", "unapproved": [], "vulnerabilities": []}`,
		"OSV-Scanner":                   `{"results": [], "experimental_config": {}}`,
	} {
		_, err := vulns.Read(strings.NewReader(in), "x")
		assert.NoError(t, err, name)
	}
}

// Where OSV has no word for a rating, its CVSS vectors say it.
func TestReadVectors(t *testing.T) {
	for vector, want := range map[string]report.Rating{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H":                    report.Critical, // 9.8
		"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H":                    report.High,     // 7.5
		"CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N":                    report.Low,      // 2.2
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N":                    report.Unrated,  // 0
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": report.Critical, // 9.3
		"AV:N/AC:L/Au:N/C:C/I:C/A:C":                                      report.High,     // 10
		"AV:N/AC:M/Au:N/C:P/I:N/A:N":                                      report.Medium,   // 4.3
		"CVSS:3.1/AV:N":                                                   report.Unrated,
		"CVSS:9.9/AV:N":                                                   report.Unrated,
		"high":                                                            report.Unrated,
		"":                                                                report.Unrated,
	} {
		severity := []m{{"type": "CVSS_V3", "score": vector}}
		pkg := m{"name": "a", "version": "1", "ecosystem": "npm"}
		for _, v := range []m{
			{"id": "X-1", "severity": severity},
			{"id": "X-1", "affected": []m{{"package": pkg, "severity": severity}, {"package": m{"name": "b", "ecosystem": "npm"}, "severity": []m{{"score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}}}}},
		} {
			d := read(t, "osv.json", m{"results": []m{{"source": m{"path": "x"}, "packages": []m{{"package": pkg, "vulnerabilities": []m{v}}}}}})
			got, err := vulns.Join(report.New(nil, nil, nil, nil), []*vulns.Document{d}, nil)
			require.NoError(t, err)
			assert.Equal(t, want, got.List[0].Rating, vector)
		}
	}
}
