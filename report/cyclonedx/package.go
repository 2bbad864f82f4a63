package cyclonedx

import (
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report/internal/sbom"
)

// addPackages adds the packages of the finished image, and the others if asked to.
func (b *builder) addPackages(removed bool) {
	if b.r.Inventory == nil {
		return
	}
	system, _ := sbom.Distro(b.r)
	for i := range b.r.Inventory.Packages {
		p := &b.r.Inventory.Packages[i]
		if p.State != packages.Present && !removed {
			continue
		}
		by := b.r.AncestorOf(p.Layer())
		c := b.component(p, by, sbom.Text(system.ID))
		if p.State != packages.Present {
			c.Scope = cdx.ScopeExcluded
		}
		b.refs[i] = c.BOMRef
		b.bring(by, c)
	}
}

func (b *builder) component(p *packages.Package, by int, system string) cdx.Component {
	c := cdx.Component{
		Type: cdx.ComponentTypeLibrary, Name: sbom.Text(p.Name), Version: sbom.Text(p.Version), PackageURL: sbom.PURL(p),
		Licenses: b.licenseChoices(p.Licenses),
	}
	c.BOMRef = packageRef(c.PackageURL, b.ids.Of(p))
	if p.Type == "binary" {
		c.Type = cdx.ComponentTypeApplication
	}
	props := b.origin(p, by)
	addSyft(&props, p)
	for i, cpe := range sbom.CPEs(p) {
		if i == 0 {
			c.CPE = cpe
			continue
		}
		props.add("syft:cpe23", cpe)
	}
	for i, l := range p.Locations {
		if i == 0 {
			props.add("syft:location:0:path", "/"+l.Path)
			props.add("syft:location:0:layerID", sbom.DiffID(b.r, l.Layer))
		}
	}
	props.add("aquasecurity:trivy:LayerDiffID", sbom.DiffID(b.r, p.Layer()))
	props.add("aquasecurity:trivy:LayerDigest", sbom.LayerDigest(b.r, p.Layer()))
	props.add("aquasecurity:trivy:PkgType", trivyType(p.Type, system))
	if p.Type == "deb" || p.Type == "apk" { // rpm's is the name of a file
		props.add("aquasecurity:trivy:SrcName", p.Source)
	}
	c.Properties = some(props)
	c.Evidence = occurrences(p)
	return c
}

// packageRef is the package URL with an identifier, as Syft makes it; so it is legible,
// and two packages of one URL differ.
func packageRef(purl, id string) string {
	if purl == "" {
		return "package-" + id
	}
	base, subpath, found := strings.Cut(purl, "#")
	if found {
		subpath = "#" + subpath
	}
	sep := "?"
	if strings.Contains(base, "?") {
		sep = "&"
	}
	return base + sep + "package-id=" + id + subpath
}

// origin says which layer and which ancestor brought the package.
func (b *builder) origin(p *packages.Package, by int) properties {
	var props properties
	props.add("stemma:ancestor", b.titles.Of(by))
	if by >= 0 {
		props.number("stemma:ancestor:index", int64(by))
	}
	if l := p.Layer(); l >= 0 {
		props.number("stemma:layer:index", int64(l))
		props.add("stemma:layer:diffID", sbom.DiffID(b.r, l))
	}
	if l := p.Introduced(); l >= 0 && l != p.Layer() {
		props.number("stemma:introduced:layer:index", int64(l))
	}
	if p.State != packages.Present {
		props.add("stemma:state", string(p.State))
	}
	return props
}

func addSyft(props *properties, p *packages.Package) {
	props.add("syft:package:foundBy", p.FoundBy)
	props.add("syft:package:language", p.Language)
	props.add("syft:package:type", p.Type)
}

// trivyType is Trivy's word for a package type; for packages of a distribution, that is
// the distribution. "" where it has none.
func trivyType(kind, system string) string {
	switch kind {
	case "deb", "apk", "rpm":
		return system
	case "npm":
		return "node-pkg"
	case "python":
		return "python-pkg"
	case "gem":
		return "gemspec"
	case "go-module":
		return "gobinary"
	case "java-archive":
		return "jar"
	case "rust-crate":
		return "rustbinary"
	case "conda":
		return "conda-pkg"
	}
	return ""
}

// occurrences are the files that prove the package.
func occurrences(p *packages.Package) *cdx.Evidence {
	var all []cdx.EvidenceOccurrence
	for _, l := range p.Locations {
		all = append(all, cdx.EvidenceOccurrence{Location: "/" + sbom.Text(l.Path)})
	}
	if all == nil {
		return nil
	}
	return &cdx.Evidence{Occurrences: &all}
}

// licenseChoices writes expressions as one, or else everything by name.
func (b *builder) licenseChoices(licences []packages.License) *cdx.Licenses {
	expressions, names := b.licences.Split(licences)
	switch {
	case len(expressions)+len(names) == 0:
		return nil
	case len(names) == 0:
		return &cdx.Licenses{{Expression: sbom.And(expressions)}}
	}
	var all cdx.Licenses
	for _, n := range append(expressions, names...) {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{Name: n}})
	}
	return &all
}
