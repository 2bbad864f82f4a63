package vulns

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/report"
)

// What is read of Trivy's JSON, schema 2 (pkg/types of github.com/aquasecurity/trivy).
type (
	trivyMetadata struct {
		ImageID     string
		DiffIDs     []string
		RepoTags    []string
		RepoDigests []string
		ImageConfig json.RawMessage
		Layers      []trivyLayer
	}
	trivyLayer  struct{ Digest, DiffID string }
	trivyResult struct {
		Target          string
		Class           string
		Type            string
		Vulnerabilities []trivyVulnerability
		Modified        []trivyModified `json:"ExperimentalModifiedFindings"`
	}
	trivyVulnerability struct {
		VulnerabilityID  string
		VendorIDs        []string
		PkgName          string
		PkgPath          string
		PkgIdentifier    struct{ PURL string }
		InstalledVersion string
		FixedVersion     string
		Status           string
		Layer            trivyLayer
		PrimaryURL       string
		Title            string
		Severity         string
	}
	trivyModified struct {
		Type      string
		Status    string
		Statement string
		Source    string
		Finding   json.RawMessage
	}
)

func (d *Document) readTrivy(top object) error {
	d.scanner = "Trivy"
	info, err := field[struct{ Version string }](top, "Trivy")
	if err != nil {
		return err
	}
	d.version = info.Version
	if d.made, err = field[time.Time](top, "CreatedAt"); err != nil {
		return err
	}
	kind, err := field[string](top, "ArtifactType")
	if err != nil {
		return err
	}
	meta, err := field[trivyMetadata](top, "Metadata")
	if err != nil {
		return err
	}
	d.image = identity{kind: kind, name: text(top["ArtifactName"]), config: configOf(meta.ImageConfig), configDigest: meta.ImageID,
		digests: meta.RepoDigests, tags: meta.RepoTags, diffIDs: meta.DiffIDs}
	results, err := field[[]trivyResult](top, "Results")
	if err != nil {
		return err
	}
	for i, r := range results {
		for j := range r.Vulnerabilities {
			f := r.finding(&r.Vulnerabilities[j])
			if err := d.add(f, func() string { return fmt.Sprintf("Results[%d].Vulnerabilities[%d]", i, j) }); err != nil {
				return err
			}
		}
		for j, m := range r.Modified {
			where := func() string { return fmt.Sprintf("Results[%d].ExperimentalModifiedFindings[%d]", i, j) }
			if m.Type != "vulnerability" {
				continue
			}
			var v trivyVulnerability
			if err := json.Unmarshal(m.Finding, &v); err != nil {
				return fmt.Errorf("%s: %w", where(), err)
			}
			f := r.finding(&v)
			f.excuse = &report.Excuse{Status: m.Status, Says: m.Statement, By: "Trivy: " + m.Source}
			if err := d.add(f, where); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *trivyResult) finding(v *trivyVulnerability) finding {
	f := finding{
		id: v.VulnerabilityID, aliases: v.VendorIDs, rating: ratingOf(v.Severity), title: firstLine(v.Title), url: v.PrimaryURL,
		status: report.FixStatus(v.Status),
		pkg:    pkg{name: v.PkgName, version: v.InstalledVersion, purl: v.PkgIdentifier.PURL},
		layer:  layerRef{diffID: v.Layer.DiffID, blob: v.Layer.Digest},
	}
	if f.status == "unknown" {
		f.status = report.FixNotKnown
	}
	for s := range strings.SplitSeq(v.FixedVersion, ",") {
		if s = strings.TrimSpace(s); s != "" {
			f.fixed = append(f.fixed, s)
		}
	}
	switch {
	case r.Class == "os-pkgs":
	case v.PkgPath != "":
		f.pkg.paths = []string{relative(v.PkgPath)}
	case !trivyGroups(r.Target):
		f.pkg.paths = []string{relative(r.Target)} // a lock file, or a binary
	}
	return f
}

// trivyGroups reports whether a target is the name that Trivy gives to all packages of a
// language, each with a path of its own.
func trivyGroups(target string) bool {
	switch target {
	case "Java", "Ruby", "Python", "Node.js", "":
		return true
	}
	return false
}

// configOf parses a configuration; nil if it is none, or has no layers. A report without it
// still joins.
func configOf(raw []byte) *v1.ConfigFile {
	var c v1.ConfigFile
	if len(raw) == 0 || json.Unmarshal(raw, &c) != nil || len(c.RootFS.DiffIDs) == 0 {
		return nil
	}
	return &c
}
