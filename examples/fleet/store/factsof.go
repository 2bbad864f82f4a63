package store

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// FactsOf returns what the database keeps of a report. A report without a lineage is an error.
func FactsOf(r *report.Report) (*Facts, error) {
	if r == nil || r.Lineage == nil || len(r.Ancestors) == 0 {
		return nil, errors.New("the report has no lineage")
	}
	f := &Facts{Partial: r.Partial, Layers: layersOf(r)}
	if r.Index == nil {
		f.Partial, f.Reason = true, "only the configuration was read"
	} else if r.Partial {
		f.Reason = "not known"
		if len(r.Problems) > 0 {
			f.Reason = r.Problems[0].Error()
		}
	}
	for _, s := range r.Steps() {
		f.Steps = append(f.Steps, Step{s.Created, s.CreatedBy, s.Layer})
	}
	for i := range r.Ancestors {
		a := &r.Ancestors[i]
		f.Chain = append(f.Chain, Ancestor{Steps: a.Steps, Layers: a.Layers, Distro: distro(a.Distro), Names: namesOf(r, a.Ancestor), Packages: packagesAt(r, a.Layers)})
	}
	for _, found := range r.Findings {
		f.Findings = append(f.Findings, findingOf(r, found))
	}
	return f, nil
}

// layersOf returns the layers as they were read, or, without an index, as the lineage has them.
func layersOf(r *report.Report) []Layer {
	var list []Layer
	if r.Index == nil {
		for range r.Ancestors[0].Layers.To {
			list = append(list, Layer{Unread: true})
		}
		return list
	}
	for _, l := range r.Index.Layers {
		n := Layer{DiffID: l.DiffID, Digest: l.Digest, Size: l.Size, Content: l.Content, Shadowed: l.Shadowed}
		if l.DiffID.Hex == "" || l.Partial {
			n.DiffID, n.Unread = l.Claimed, true
		}
		list = append(list, n)
	}
	return list
}

func distro(d ancestry.Distro) string {
	return cmp.Or(d.PrettyName, strings.TrimSpace(d.ID+" "+d.VersionID))
}

// namesOf returns an ancestor's names: all its tags, then the names that are as likely.
func namesOf(r *report.Report, a ancestry.Ancestor) []Name {
	if a.Repository == "" {
		return nil
	}
	like := Name{Confidence: a.Confidence}
	if len(a.Evidence) > 0 {
		like.Evidence = a.Evidence[0].Says
	}
	var list []Name
	add := func(n ancestry.Name, like Name) {
		tags := n.Tags
		if len(tags) == 0 {
			tags = []string{""}
		}
		for rank, t := range tags {
			like.Repository, like.Tag, like.Digest, like.Rank = n.Repository, t, n.Digest, rank
			list = append(list, like)
		}
	}
	main := like
	main.Moved, main.Since, main.AsOf = fate(r, a)
	add(ancestry.Name{Repository: a.Repository, Tags: a.Tags, Digest: a.Digest}, main)
	like.Alternative = true
	for _, n := range a.Ties {
		add(n, like)
	}
	return list
}

// packagesAt returns the packages that are there at the end of an ancestor with these layers:
// nil if they are not known. One that no database lists any more, because the database was
// deleted, is there: its files may be.
func packagesAt(r *report.Report, own ancestry.Span) []Package {
	if r.Inventory == nil || r.Index == nil {
		return nil
	}
	list := []Package{}
	for i := range r.Inventory.Packages {
		p := &r.Inventory.Packages[i]
		version, there := versionAt(p, own.To)
		if !there {
			continue
		}
		n := Package{Type: p.Type, Name: p.Name, Version: version, Arch: p.Arch, PURL: purl(p, version)}
		for layer, bytes := range p.Bytes.ByLayer {
			if own.Contains(layer) {
				n.Bytes += bytes
			}
		}
		list = append(list, n)
	}
	return list
}

// versionAt returns the version of a package that is there above the first layers.
func versionAt(p *packages.Package, layers int) (version string, there bool) {
	for _, e := range p.Events {
		switch {
		case e.Layer >= layers:
			return version, there
		case e.Kind == packages.Removed:
			there = false
		case e.Kind != packages.Unlisted:
			version, there = e.To, true
		}
	}
	return version, there
}

// purl returns a package's URL for a version, without qualifiers: "" if it has none, or if
// the URL writes versions in another way than the package system.
func purl(p *packages.Package, version string) string {
	u, err := packageurl.FromString(p.PURL)
	if err != nil {
		return ""
	}
	epochless := func(v string) string {
		if epoch, rest, ok := strings.Cut(v, ":"); ok && strings.Trim(epoch, "0123456789") == "" {
			return rest
		}
		return v
	}
	switch u.Version {
	case p.Version:
		u.Version = version
	case epochless(p.Version):
		u.Version = epochless(version)
	default:
		if version != p.Version {
			return ""
		}
	}
	u.Qualifiers, u.Subpath = nil, ""
	return u.ToString()
}

// wholes are the rules whose findings are about an ancestor as a whole: they name its first
// step because they have to name one.
var wholes = []string{"abandoned", "born-old", "end-of-life", "lagging", "latest", "moving-base", "old-catalogue", "superseded", "unknown"}

func findingOf(r *report.Report, f report.Finding) Finding {
	n := Finding{Rule: f.Rule, Severity: f.Severity, Subject: f.Subject, Message: f.Message, Remedy: f.Remedy, By: f.By, Bytes: f.Bytes, Ancestor: f.Ancestor, Step: -1}
	if f.Ancestor < 0 || f.Ancestor >= len(r.Ancestors) {
		n.Ancestor = -1
		return n
	}
	if span := r.Ancestors[f.Ancestor].Steps; !slices.Contains(wholes, f.Rule) && span.Contains(f.Step) {
		n.Step = f.Step
	}
	return n
}
