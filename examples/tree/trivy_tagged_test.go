//go:build tagged

package main

import (
	stdjson "encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/stemma-go/stemma/report/json"
)

// Trivy itself reads the sample image, with a database in which every package has a
// vulnerability. Each of its findings is joined to the package that it means, without a miss, and
// belongs to the ancestor that brought the package's version.
func TestTaggedTrivy(t *testing.T) {
	trivy := os.Getenv("STEMMA_TRIVY")
	if trivy == "" {
		var err error
		if trivy, err = exec.LookPath("trivy"); err != nil {
			t.Skip("no trivy: go install github.com/aquasecurity/trivy/cmd/trivy@v0.74.0, or name one in STEMMA_TRIVY")
		}
	}
	before := document(t)
	cache := t.TempDir()
	writeTrivyDB(t, filepath.Join(cache, "db"), before)
	report := filepath.Join(cache, "trivy.json")
	do(t, trivy, "image", "--input", "../../testdata/sample/image", "--cache-dir", cache, "--skip-db-update", "--skip-java-db-update", "--skip-vex-repo-update",
		"--offline-scan", "--scanners", "vuln", "--format", "json", "--output", report, "--quiet", "--disable-telemetry", "--skip-version-check")

	doc := document(t, "-vulns", report, layout)
	require.Len(t, doc.Scans, 1)
	scan := doc.Scans[0]
	assert.Equal(t, "Trivy", scan.Scanner)
	assert.Equal(t, "the same layers", scan.Same)
	assert.Zero(t, scan.Again)
	require.Greater(t, scan.Findings, 300)
	assert.Len(t, doc.Vulnerabilities, scan.Findings)
	kinds, otherLayer := map[string]int{}, 0
	for _, v := range doc.Vulnerabilities {
		if !assert.NotNil(t, v.Package, "%s %s %s: %s", v.Type, v.Name, v.Path, v.Why) {
			continue
		}
		p := doc.Packages[*v.Package]
		kinds[v.Type]++
		assert.Equal(t, p.Version, v.Version)
		assert.Equal(t, p.Ancestor, v.Ancestor)
		assert.Equal(t, "present", v.State, v.Name)
		assert.NotEmpty(t, v.Fixed)
		if v.Sightings[0].Layer != nil && *v.Sightings[0].Layer != *v.Layer {
			otherLayer++
		}
	}
	t.Logf("%v findings; of %d Trivy names another layer", kinds, otherLayer)
	for _, kind := range []string{"deb", "npm", "pypi"} {
		assert.NotZero(t, kinds[kind], kind)
	}
	sum := 0
	for _, a := range doc.Ancestors {
		sum += a.Vulnerabilities.Ratings.High
	}
	assert.Equal(t, scan.Findings, sum, "the ancestors' sums are Trivy's own total")
}

// writeTrivyDB writes a database of Trivy's, schema 2, in which all packages of a document have
// a vulnerability that a later version fixes.
func writeTrivyDB(t *testing.T, dir string, doc *json.Document) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "metadata.json"), []byte(`{"Version":2,"NextUpdate":"2100-01-01T00:00:00Z","UpdatedAt":"2026-11-01T00:00:00Z","DownloadedAt":"2026-11-01T00:00:00Z"}`), 0o644))
	db, err := bolt.Open(filepath.Join(dir, "trivy.db"), 0o644, nil)
	require.NoError(t, err)
	defer db.Close()
	put := func(tx *bolt.Tx, value any, key string, buckets ...string) {
		b, err := tx.CreateBucketIfNotExists([]byte(buckets[0]))
		require.NoError(t, err)
		for _, name := range buckets[1:] {
			b, err = b.CreateBucketIfNotExists([]byte(name))
			require.NoError(t, err)
		}
		raw, err := stdjson.Marshal(value)
		require.NoError(t, err)
		require.NoError(t, b.Put([]byte(key), raw))
	}
	type m = map[string]any
	lists := map[string]string{"npm": "npm::GitHub Security Advisory npm", "python": "pip::GitHub Security Advisory pip"}
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		put(tx, m{"ID": "debian", "Name": "Debian Security Tracker"}, "debian 12", "data-source")
		for _, list := range lists {
			put(tx, m{"ID": "ghsa", "Name": "GitHub Security Advisory"}, list, "data-source")
		}
		seen := map[string]bool{}
		for _, p := range doc.Packages {
			name := p.Name
			if p.Type == "deb" {
				if p.Source != "" {
					name = p.Source // Debian's tracker is about source packages
				}
				if !seen["deb "+name] {
					seen["deb "+name] = true
					id := fmt.Sprintf("CVE-2026-%05d", len(seen))
					put(tx, m{"FixedVersion": "9999:1"}, id, "debian 12", name)
					put(tx, m{"Title": "made for a test", "Severity": "HIGH"}, id, "vulnerability")
				}
				continue
			}
			if list := lists[p.Type]; list != "" && !seen[list+name] {
				seen[list+name] = true
				id := fmt.Sprintf("CVE-2026-%05d", len(seen))
				put(tx, m{"VulnerableVersions": []string{"<9999.0.0"}, "PatchedVersions": []string{"9999.0.0"}}, id, list, name)
				put(tx, m{"Title": "made for a test", "Severity": "HIGH"}, id, "vulnerability")
			}
		}
		return nil
	}))
}
