package vulns

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/stemma-go/stemma/report"
)

// What is read of Grype's JSON (grype/presenter/models of github.com/anchore/grype).
type (
	grypeMatch struct {
		Vulnerability struct {
			ID          string
			DataSource  string
			Severity    string
			Description string
			Fix         struct {
				Versions  []string
				State     string
				Available []struct{ Date string } // since version 0.99
			}
			FixedInVersion string // up to version 0.9
		}
		RelatedVulnerabilities []struct{ ID string }
		Artifact               struct {
			Name, Version, Type, PURL string
			Locations                 []struct{ Path, LayerID string }
			Metadata                  json.RawMessage
		}
		AppliedIgnoreRules []struct {
			Reason           string
			VexStatus        string `json:"vex-status"`
			VexJustification string `json:"vex-justification"`
		}
	}
	grypeSource struct {
		Type   string
		Target json.RawMessage
	}
	grypeImage struct {
		UserInput, ImageID, ManifestDigest string
		Tags, RepoDigests                  []string
		Layers                             []struct{ Digest string }
		Config                             []byte // base64
	}
)

func (d *Document) readGrype(top object) error {
	d.scanner = "Grype"
	info, err := field[struct{ Name, Version, Timestamp string }](top, "descriptor")
	if err != nil {
		return err
	}
	if info.Name != "grype" {
		return fmt.Errorf("descriptor: name %q, where Grype writes \"grype\"", clip(info.Name))
	}
	d.version = info.Version
	d.made, _ = time.Parse(time.RFC3339, info.Timestamp) // older reports have none
	source, err := field[grypeSource](top, "source")
	if err != nil {
		return err
	}
	d.image = identity{kind: source.Type}
	if source.Type == "image" {
		var image grypeImage
		if err := json.Unmarshal(source.Target, &image); err != nil {
			return fmt.Errorf("source.target: %w", err)
		}
		d.image.name, d.image.configDigest, d.image.tags = image.UserInput, image.ImageID, image.Tags
		d.image.digests = append(image.RepoDigests, image.ManifestDigest)
		d.image.config = configOf(image.Config)
		for _, l := range image.Layers {
			d.image.diffIDs = append(d.image.diffIDs, l.Digest)
		}
	}
	if string(top["matches"]) == "null" {
		return errors.New("matches: no list")
	}
	for _, list := range []string{"matches", "ignoredMatches"} {
		matches, err := field[[]grypeMatch](top, list)
		if err != nil {
			return err
		}
		for i := range matches {
			f := matches[i].finding()
			if list == "ignoredMatches" {
				f.excuse = matches[i].excuse()
			}
			if err := d.add(f, func() string { return fmt.Sprintf("%s[%d]", list, i) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *grypeMatch) finding() finding {
	v, a := &m.Vulnerability, &m.Artifact
	f := finding{
		id: v.ID, rating: ratingOf(v.Severity), title: firstLine(v.Description), url: v.DataSource, fixed: v.Fix.Versions, status: grypeStatus(v.Fix.State),
		pkg: pkg{kind: kindOfSyft(a.Type), name: a.Name, version: a.Version, purl: a.PURL},
	}
	for _, a := range v.Fix.Available {
		if day, err := time.Parse(time.DateOnly, a.Date); err == nil && (f.fixedOn.IsZero() || day.Before(f.fixedOn)) {
			f.fixedOn = day
		}
	}
	if v.FixedInVersion != "" {
		f.fixed, f.status = []string{v.FixedInVersion}, report.FixReleased
	}
	for _, r := range m.RelatedVulnerabilities {
		if r.ID != v.ID {
			f.aliases = append(f.aliases, r.ID)
		}
	}
	var meta struct{ Architecture string }
	if json.Unmarshal(a.Metadata, &meta) == nil {
		f.pkg.arch = meta.Architecture
	}
	for i, l := range a.Locations {
		switch {
		case !listedByDatabase(f.pkg.kind):
			f.pkg.paths = append(f.pkg.paths, relative(l.Path))
			if i == 0 {
				f.layer.diffID = l.LayerID
			}
		case f.layer.diffID != "":
		case ownsFile(l.Path, a.Name):
			f.layer = layerRef{diffID: l.LayerID}
		default:
			f.layer.why = "the report names the layer that wrote the package database last, and not the one that brought the package"
		}
	}
	return f
}

// ownsFile reports whether a file of dpkg's database is that of one package alone: the layer
// that has it installed the package. The list of all packages is written again by every layer.
func ownsFile(p, name string) bool {
	dir, file := path.Split(p)
	file = strings.TrimSuffix(file, path.Ext(file))
	switch strings.TrimPrefix(dir, "/") {
	case "var/lib/dpkg/info/":
		file, _, _ = strings.Cut(file, ":")
		return file == name
	case "var/lib/dpkg/status.d/":
		return true
	}
	return false
}

func (m *grypeMatch) excuse() *report.Excuse {
	e := &report.Excuse{Status: "ignored", By: "Grype: a rule of its configuration"}
	for _, r := range m.AppliedIgnoreRules {
		e.Says = r.Reason
		if r.VexStatus != "" {
			e.Status, e.Justification, e.By = r.VexStatus, r.VexJustification, "Grype: a VEX document"
		}
	}
	return e
}

func grypeStatus(state string) report.FixStatus {
	switch state {
	case "fixed":
		return report.FixReleased
	case "not-fixed":
		return report.FixNone
	case "wont-fix":
		return report.FixRefused
	}
	return report.FixNotKnown
}
