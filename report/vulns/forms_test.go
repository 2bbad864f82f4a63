package vulns_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
)

// A truth is a vulnerability that a test states, from which reports are made in the form of
// each scanner.
type truth struct {
	id, name, version, fixed string
	source                   string
	rating                   report.Rating
	status                   string // of Trivy
	layer                    int    // what the scanner says
}

// An imageOf is the image that the reports are of.
type imageOf struct {
	name    string
	diffIDs []string
}

type m = map[string]any

func (im imageOf) diffID(layer int) string {
	if layer < 0 {
		return ""
	}
	return im.diffIDs[layer]
}

func purlOf(tr truth) string {
	return "pkg:deb/debian/" + tr.name + "@" + strings.ReplaceAll(tr.version, ":", "%3A") + "?arch=amd64&distro=debian-11.2"
}

// trivyReport is a report as Trivy 0.74 writes it.
func trivyReport(im imageOf, list []truth) m {
	var found []m
	for _, tr := range list {
		v := m{"VulnerabilityID": tr.id, "PkgID": tr.name + "@" + tr.version, "PkgName": tr.name, "InstalledVersion": tr.version,
			"PkgIdentifier": m{"PURL": purlOf(tr), "UID": "1"}, "Layer": m{"DiffID": im.diffID(tr.layer)},
			"Severity": strings.ToUpper(tr.rating.String()), "Status": tr.status, "CweIDs": []string{"CWE-1"}}
		if tr.rating == report.Negligible {
			v["Severity"] = "LOW" // Trivy has no such rating
		}
		if tr.fixed != "" {
			v["FixedVersion"], v["Status"] = tr.fixed, "fixed"
		}
		found = append(found, v)
	}
	return m{"SchemaVersion": 2, "Trivy": m{"Version": "0.74.0"}, "CreatedAt": "2026-11-20T10:00:00Z", "ArtifactName": im.name, "ArtifactType": "container_image",
		"Metadata": m{"OS": m{"Family": "debian", "Name": "11.2"}, "DiffIDs": im.diffIDs},
		"Results":  []m{{"Target": im.name + " (debian 11.2)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": found}}}
}

// grypeReport is a report as Grype 0.121 writes it.
func grypeReport(im imageOf, list []truth) m {
	matches := []m{}
	for _, tr := range list {
		fix := m{"versions": []string{}, "state": "not-fixed"}
		if tr.fixed != "" {
			fix = m{"versions": []string{tr.fixed}, "state": "fixed"}
		}
		matches = append(matches, m{
			"vulnerability":          m{"id": tr.id, "severity": strings.ToUpper(tr.rating.String()[:1]) + tr.rating.String()[1:], "fix": fix, "cvss": []m{}, "risk": 1.5},
			"relatedVulnerabilities": []m{{"id": tr.id, "namespace": "nvd:cpe"}},
			"artifact": m{"id": "a1", "name": tr.name, "version": tr.version, "type": "deb", "purl": purlOf(tr), "metadataType": "DpkgMetadata", "upstreams": []m{{"name": tr.source}},
				"locations": []m{{"path": "/var/lib/dpkg/status", "layerID": im.diffIDs[len(im.diffIDs)-1]}}},
		})
	}
	var layers []m
	for _, d := range im.diffIDs {
		layers = append(layers, m{"digest": d})
	}
	return m{"matches": matches, "source": m{"type": "image", "target": m{"userInput": im.name, "layers": layers}},
		"descriptor": m{"name": "grype", "version": "0.121.2"}}
}

// clairReport is a report as Clair 4 answers it.
func clairReport(_ imageOf, list []truth) m {
	packages, environments, known, found := m{}, m{}, m{}, map[string][]string{}
	numbers := map[string]string{}
	for i, tr := range list {
		key := tr.name + " " + tr.version
		n, ok := numbers[key]
		if !ok {
			n = fmt.Sprint(len(numbers) + 1)
			numbers[key] = n
			packages[n] = m{"id": n, "name": tr.name, "version": tr.version, "kind": "binary", "arch": "amd64", "source": m{"name": tr.source, "version": tr.version, "kind": "source"}}
			environments[n] = []m{{"package_db": "var/lib/dpkg/status", "introduced_in": "", "distribution_id": "1"}}
		}
		id := fmt.Sprint(1000 + i)
		severity := strings.ToUpper(tr.rating.String()[:1]) + tr.rating.String()[1:]
		known[id] = m{"id": id, "updater": "debian/updater", "name": tr.id, "severity": "unimportant", "normalized_severity": severity, "fixed_in_version": tr.fixed, "links": "https://example.org/a https://example.org/b"}
		found[n] = append(found[n], id)
	}
	return m{"manifest_hash": "sha256:" + strings.Repeat("ab", 32), "packages": packages, "distributions": m{}, "environments": environments, "vulnerabilities": known,
		"package_vulnerabilities": found, "enrichments": m{}}
}

// osvReport is a report as OSV-Scanner 2 writes it: by source package, with the name of the
// binary beside it, and records of Debian's that name the CVE.
func osvReport(im imageOf, list []truth) m {
	score := map[report.Rating]string{report.Critical: "9.8", report.High: "7.5", report.Medium: "5.3", report.Low: "2.1"}
	byPackage := map[string]m{}
	var order []string
	for _, tr := range list {
		key := tr.name + " " + tr.version
		p, ok := byPackage[key]
		if !ok {
			p = m{"package": m{"name": tr.source, "os_package_name": tr.name, "version": tr.version, "ecosystem": "Debian:11", "image_origin_details": m{"index": tr.layer}},
				"vulnerabilities": []m{}, "groups": []m{}}
			byPackage[key] = p
			order = append(order, key)
		}
		v := m{"id": "DEBIAN-" + tr.id, "upstream": []string{tr.id}, "modified": "2026-01-01T00:00:00Z"}
		if tr.fixed != "" {
			v["affected"] = []m{{"package": m{"ecosystem": "Debian:11", "name": tr.source}, "ranges": []m{{"type": "ECOSYSTEM", "events": []m{{"introduced": "0"}, {"fixed": tr.fixed}}}}},
				{"package": m{"ecosystem": "Debian:10", "name": tr.source}, "ranges": []m{{"type": "ECOSYSTEM", "events": []m{{"introduced": "0"}, {"fixed": "0.0.1"}}}}}}
		}
		p["vulnerabilities"] = append(p["vulnerabilities"].([]m), v)
		p["groups"] = append(p["groups"].([]m), m{"ids": []string{"DEBIAN-" + tr.id}, "aliases": []string{"DEBIAN-" + tr.id}, "max_severity": score[tr.rating]})
	}
	var packages, layers []m
	for _, key := range order {
		packages = append(packages, byPackage[key])
	}
	for _, d := range im.diffIDs {
		layers = append(layers, m{"diff_id": d, "command": "RUN", "is_empty": false, "base_image_index": 0})
	}
	return m{"results": []m{{"source": m{"path": "/var/lib/dpkg/status", "type": "os"}, "packages": packages}}, "experimental_config": m{"licenses": m{"summary": false, "allowlist": nil}},
		"image_metadata": m{"os": "Debian GNU/Linux 11 (bullseye)", "layer_metadata": layers, "base_images": []any{}}}
}

// read reads a report that a test makes.
func read(t testing.TB, name string, doc any) *vulns.Document {
	t.Helper()
	b, err := json.Marshal(doc)
	require.NoError(t, err)
	d, err := vulns.Read(strings.NewReader(string(b)), name)
	require.NoError(t, err)
	return d
}
