package spdx

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/sbom"
)

// Options say how to write. nil and the zero value are the defaults.
type Options struct {
	// Compact writes one line; otherwise the document is indented by two spaces.
	Compact bool
}

// Write writes the report as an SPDX document. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if opts == nil || !opts.Compact {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(New(r)); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// New makes the document that [Write] writes, for programs that add something to it. It
// shares nothing with the report.
func New(r *report.Report) *v2_3.Document {
	b := &builder{r: r, titles: sbom.NewTitles(r), ids: sbom.IDs{}, licences: sbom.Licences{}, refs: map[string]*v2_3.OtherLicense{}}
	whole := sbom.Whole(r)
	b.addImage(whole)
	b.addAncestors()
	b.addDonors()
	b.addSystem()
	b.addPackages()
	doc := &v2_3.Document{
		SPDXVersion: v2_3.Version, DataLicense: v2_3.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: whole.String(),
		CreationInfo: &v2_3.CreationInfo{
			Created: b.day(), LicenseListVersion: listVersion(),
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "stemma"}},
		},
		Packages: b.packages, Relationships: b.relationships, OtherLicenses: b.otherLicenses(),
	}
	if content, err := json.Marshal(doc); err == nil { // it is nothing but strings
		doc.DocumentNamespace = "https://github.com/stemma-go/stemma/spdx/" + sbom.UUID(content)
	}
	return doc
}

// listVersion is the license list's version in the form that the specification wants: 3.29.
func listVersion() string {
	v := sbom.ListVersion()
	for i, dots := 0, 0; i < len(v); i++ {
		if v[i] == '.' {
			if dots++; dots == 2 {
				return v[:i]
			}
		}
	}
	return v
}

// A builder gathers the parts of a document.
type builder struct {
	r             *report.Report
	titles        sbom.Titles
	ids           sbom.IDs
	licences      sbom.Licences
	refs          map[string]*v2_3.OtherLicense // by identifier
	packages      []*v2_3.Package
	relationships []*v2_3.Relationship
}

const noAssertion = "NOASSERTION"

// day is the report's day.
func (b *builder) day() string { return sbom.Time(b.r.AsOf) }

// add adds a package with what every package has.
func (b *builder) add(p *v2_3.Package) {
	p.PackageDownloadLocation = noAssertion
	p.PackageSupplier = &common.Supplier{Supplier: noAssertion}
	p.IsFilesAnalyzedTagPresent = true
	p.PackageLicenseConcluded = noAssertion
	if p.PackageLicenseDeclared == "" {
		p.PackageLicenseDeclared = noAssertion
	}
	p.PackageCopyrightText = noAssertion
	b.packages = append(b.packages, p)
}

// relate says that a stands in a relationship to z.
func (b *builder) relate(a common.ElementID, relationship string, z common.ElementID) {
	b.relationships = append(b.relationships, &v2_3.Relationship{
		RefA: common.DocElementID{ElementRefID: a}, RefB: common.DocElementID{ElementRefID: z}, Relationship: relationship,
	})
}

// ancestorID is the identifier of an ancestor; the youngest is the image itself.
func ancestorID(i int) common.ElementID {
	if i <= 0 {
		return "Image"
	}
	return common.ElementID("Ancestor-" + strconv.Itoa(i))
}

// addPackages adds the packages of the finished image.
func (b *builder) addPackages() {
	if b.r.Inventory == nil {
		return
	}
	for i := range b.r.Inventory.Packages {
		p := &b.r.Inventory.Packages[i]
		if p.State != packages.Present {
			continue
		}
		by := b.r.AncestorOf(p.Layer())
		out := b.newPackage(p, by)
		b.add(out)
		b.relate(ancestorID(by), common.TypeRelationshipContains, out.PackageSPDXIdentifier)
	}
}

func (b *builder) newPackage(p *packages.Package, by int) *v2_3.Package {
	out := &v2_3.Package{
		PackageName: sbom.Text(p.Name), PackageVersion: sbom.Text(p.Version),
		PackageSPDXIdentifier:  common.ElementID("Package-" + idString(p.Type+"-"+p.Name, 64) + "-" + b.ids.Of(p)),
		PackageLicenseDeclared: b.declared(p.Licenses),
		PackageSourceInfo:      sourceInfo(p),
		PackageComment:         b.origin(p, by),
	}
	if out.PackageName == "" {
		out.PackageName = noAssertion
	}
	out.PackageExternalReferences = packageURL(sbom.PURL(p))
	for _, cpe := range sbom.CPEs(p) {
		out.PackageExternalReferences = append(out.PackageExternalReferences, &v2_3.PackageExternalReference{
			Category: common.CategorySecurity, RefType: common.TypeSecurityCPE23Type, Locator: cpe,
		})
	}
	return out
}

// packageURL is the reference to a package URL, nil for none.
func packageURL(purl string) []*v2_3.PackageExternalReference {
	if purl == "" {
		return nil
	}
	return []*v2_3.PackageExternalReference{{Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: purl}}
}

// sourceInfo says where the package was found.
func sourceInfo(p *packages.Package) string {
	s := ""
	if p.FoundBy != "" {
		s = "found by " + p.FoundBy
	}
	for i, l := range p.Locations {
		switch {
		case i == maxFiles:
			return sbom.Text(s + ", …")
		case i > 0:
			s += ", "
		case s != "":
			s += " in "
		}
		s += "/" + l.Path
	}
	return sbom.Text(s)
}

// maxFiles is how many files sourceInfo names; some packages have hundreds.
const maxFiles = 5

// origin says who brought the package, in words.
func (b *builder) origin(p *packages.Package, by int) string {
	l := p.Layer()
	if l < 0 {
		return ""
	}
	s := "in layer " + strconv.Itoa(l)
	if d := sbom.DiffID(b.r, l); d != "" {
		s += " (" + d + ")"
	}
	if who := b.titles.Of(by); who != "" {
		s = "brought by " + who + " " + s
	}
	if first := p.Introduced(); first != l && first >= 0 {
		s += "; first in layer " + strconv.Itoa(first)
	}
	return printable.Line(s)
}
