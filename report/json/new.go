package json

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/lifecycle"
)

// New makes a document of a report. It shares nothing with it.
func New(r *report.Report) *Document {
	d := &Document{
		Schema:    Schema,
		Reference: r.Reference,
		Digest:    digest(r.Digest),
		AsOf:      r.AsOf.UTC(),
		Partial:   r.Partial,
		Known:     known(r),
		Ancestors: []Ancestor{},
		Donors:    each(r.Donors, newDonor),
		Layers:    []Layer{},
		Packages:  []Package{},
		Unowned:   []Directory{},
		Findings:  each(r.Findings, newFinding),
		Remedies:  each(r.Remedies(), newRemedy),
		Problems:  each(r.Problems, newProblem),
		Asked:     newAsked(r.Lineage),
		Source:    newSource(r.Lineage),

		Scans:           []Scan{},
		VEX:             []VEX{},
		Vulnerabilities: []Vulnerability{},
		Acts:            []Act{},
		PackageIndexes:  newPackageIndexes(r.Patches),
	}
	d.addVulnerabilities(r)
	for i := range r.Ancestors {
		d.Ancestors = append(d.Ancestors, newAncestor(r, i))
	}
	if r.Index != nil {
		d.addLayers(r)
	}
	if r.Inventory != nil {
		d.Packages = each(r.Inventory.Packages, func(p packages.Package) Package { return newPackage(r, p) })
		d.Unowned = each(r.Inventory.Unowned, func(u packages.Directory) Directory { return Directory(u) })
	}
	return d
}

func newSource(l *ancestry.Lineage) *Source {
	if l == nil || l.Dockerfile == nil {
		return nil
	}
	if d := l.Dockerfile; d.Repository != "" || d.Revision != "" || d.Path != "" {
		return &Source{Repository: d.Repository, Revision: d.Revision, Dockerfile: d.Path}
	}
	return nil
}

func (d *Document) addLayers(r *report.Report) {
	if c := r.Index.Config; c != nil {
		d.Platform = v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}.String()
	}
	for _, l := range r.Index.Layers {
		d.Size += l.Size
		d.Uncompressed += l.Uncompressed
		d.Content += l.Content
		d.Shadowed += l.Shadowed
		out := Layer{Index: l.Index, Step: index(l.Step), Ancestor: index(r.AncestorOf(l.Index)), DiffID: digest(l.DiffID), Digest: digest(l.Digest),
			Verified: l.Verified, Partial: l.Partial, Compression: l.Compression, Size: l.Size, Uncompressed: l.Uncompressed, Content: l.Content,
			Files: l.Files, Added: l.Added, Modified: l.Modified, Rewritten: l.Rewritten, Shadowed: l.Shadowed, Hides: l.Hides,
			Deletes: l.Deletes, DeletedFiles: l.DeletedFiles}
		if r.Inventory != nil && l.Index < len(r.Inventory.Layers) {
			owned := Ownership(r.Inventory.Layers[l.Index])
			out.Owned = &owned
		}
		d.Layers = append(d.Layers, out)
	}
}

func newAncestor(r *report.Report, i int) Ancestor {
	a := r.Ancestors[i]
	built, why := r.Built(i)
	out := Ancestor{
		Name: a.String(), Repository: a.Repository, Tags: list(a.Tags), Digest: digest(a.Digest), Created: date(a.Created), Built: date(built), NotBuilt: why,
		Confidence: a.Confidence.String(), Boundary: a.Boundary.String(), Distro: Distro{ID: a.Distro.ID, VersionID: a.Distro.VersionID, Codename: a.Distro.Codename, PrettyName: a.Distro.PrettyName, SupportEnd: a.Distro.SupportEnd},
		Lifecycle: newLifecycle(a.Distro, r.AsOf),
		Evidence:  each(a.Evidence, newEvidence), Against: each(a.Against, newEvidence),
		Ties:  each(a.Ties, func(n ancestry.Name) Name { return Name{n.Repository, list(n.Tags), digest(n.Digest)} }),
		Steps: []Step{}, Layers: []int{},
		Size: a.Size, Uncompressed: a.Uncompressed, Content: a.Content, Shadowed: a.Shadowed, Packages: Counts(a.Packages),
		Standing: newStanding(a.Standing), Live: newLive(a.Live),
	}
	if r.Vulnerabilities != nil {
		out.Vulnerabilities = newCounts(r.Vulnerabilities.Of(i))
	}
	if r.Patches != nil && i < len(r.Patches.Outdated) {
		out.Outdated = newOutdated(r.Patches.Outdated[i])
	}
	for i := a.Steps.From; i < a.Steps.To; i++ {
		if s, ok := r.Step(i); ok {
			out.Steps = append(out.Steps, newStep(s))
		}
	}
	for i := a.Layers.From; i < a.Layers.To; i++ {
		out.Layers = append(out.Layers, i)
	}
	return out
}

func newDonor(d report.Donor) Donor {
	return Donor{Name: d.String(), Repository: d.Name.Repository, Tags: list(d.Name.Tags), Digest: digest(d.Name.Digest), Indirect: d.Indirect, Stage: d.Stage, Ancestor: index(d.Ancestor),
		Steps: append([]int{}, d.Steps...), Paths: list(d.Paths), Version: d.Version, Bytes: d.Bytes, Confidence: d.Confidence.String(), Evidence: each(d.Evidence, newEvidence)}
}

func newStanding(s *ancestry.Standing) *Standing {
	if s == nil {
		return nil
	}
	return &Standing{AsOf: s.AsOf.UTC(), Source: s.Source, State: s.State(), NotKnown: Gaps(s.NotKnown), Newer: s.Newer, Abandoned: date(s.Abandoned),
		Superseded: newSuccession(s.Superseded), Lagging: newSuccession(s.Lagging)}
}

// known says what was looked at and found.
func known(r *report.Report) []string {
	out := []string{}
	if r.Index != nil {
		out = append(out, "layers")
	}
	if r.PackagesKnown() {
		out = append(out, "packages")
	}
	if r.Vulnerabilities != nil {
		out = append(out, "vulnerabilities")
	}
	return out
}

func newLifecycle(d ancestry.Distro, at time.Time) Lifecycle {
	c, ok := lifecycle.Of(d)
	switch {
	case ok:
		return Lifecycle{Status: c.Status(at).String(), End: date(c.EOL), Extended: date(c.Extended), Source: c.Product.ReadFrom}
	case lifecycle.Rolling(d):
		return Lifecycle{Status: "rolling"}
	}
	return Lifecycle{Status: lifecycle.Unknown.String()}
}

func newSuccession(s *ancestry.Succession) *Succession {
	if s == nil {
		return nil
	}
	return &Succession{Name: s.Name.String(), First: s.First, On: s.On.UTC(), Now: s.Now, Until: date(s.Until), Times: s.Times}
}

func newEvidence(e ancestry.Evidence) Evidence {
	return Evidence{Kind: string(e.Kind), Confidence: e.Confidence.String(), Says: e.Says, Where: e.Where}
}

func newStep(s history.Step) Step {
	return Step{Index: s.Index, Layer: index(s.Layer), Created: date(s.Created), CreatedBy: s.CreatedBy, Comment: s.Comment, Author: s.Author,
		Builder: string(s.Instruction.Builder), Keyword: s.Instruction.Keyword, Args: s.Instruction.Args, Synthetic: s.Synthetic}
}

func newPackage(r *report.Report, p packages.Package) Package {
	byLayer := make(map[int]int64, len(p.Bytes.ByLayer))
	for l, n := range p.Bytes.ByLayer {
		byLayer[l] = n
	}
	return Package{
		Type: p.Type, Name: p.Name, Version: p.Version, Arch: p.Arch, PURL: p.PURL, Language: p.Language, Source: p.Source, FoundBy: p.FoundBy,
		Licenses: each(p.Licenses, func(l packages.License) License { return License(l) }), CPEs: list(p.CPEs),
		State: string(p.State), Layer: index(p.Layer()), Ancestor: index(r.AncestorOf(p.Layer())),
		Locations: each(p.Locations, func(l packages.Location) Location { return Location(l) }),
		Events: each(p.Events, func(e packages.Event) Event {
			return Event{Kind: string(e.Kind), Layer: e.Layer, From: e.From, To: e.To}
		}),
		Files: p.Files, Bytes: Bytes{p.Bytes.Visible, p.Bytes.Shadowed, byLayer}, Bundled: p.Bundled,
	}
}

func newFinding(f report.Finding) Finding {
	return Finding{Rule: f.Rule, Severity: f.Severity.String(), Layer: index(f.Layer), Step: index(f.Step), Ancestor: index(f.Ancestor),
		Subject: f.Subject, Items: list(f.Items), Message: f.Message, Bytes: f.Bytes, Remedy: f.Remedy, By: mender(f.By), Undecided: list(f.Undecided)}
}

func newRemedy(m report.Remedy) Remedy {
	return Remedy{Do: m.Do, By: mender(m.By), Ancestor: index(m.Ancestor), Severity: m.Severity.String(), Bytes: m.Bytes, Findings: append([]int{}, m.Findings...)}
}

// mender is "" for one that there is not.
func mender(m report.Mender) string {
	name, _ := m.MarshalText()
	return string(name)
}

func newProblem(p layers.Problem) Problem {
	return Problem{Layer: index(p.Layer), Step: index(p.Step), Path: p.Path, Message: p.Error()}
}

// each converts a list; the result is never nil.
func each[From, To any](from []From, f func(From) To) []To {
	to := make([]To, len(from))
	for i, v := range from {
		to[i] = f(v)
	}
	return to
}

// list copies a list; the result is never nil.
func list(s []string) []string { return append([]string{}, s...) }

// index is null for "none".
func index(i int) *int {
	if i < 0 {
		return nil
	}
	return &i
}

// date is null for the zero Time, and for what RFC 3339 has no year for: a zone
// can carry the last hour of 9999 into 10000.
func date(t time.Time) *time.Time {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return &t
}

// digest is empty for the zero Hash, which would print as ":".
func digest(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}
