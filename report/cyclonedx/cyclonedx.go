package cyclonedx

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/sbom"
)

// Options say what to write. nil and the zero value are the defaults.
type Options struct {
	// Removed makes components of packages that are not in the finished image, too.
	Removed bool
	// Compact writes one line; otherwise the document is indented by two spaces.
	Compact bool
}

// Write writes the report as a CycloneDX document. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	if opts == nil {
		opts = &Options{}
	}
	var buf bytes.Buffer
	enc := cdx.NewBOMEncoder(&buf, cdx.BOMFileFormatJSON).SetPretty(!opts.Compact).SetEscapeHTML(false)
	if err := enc.Encode(New(r, opts)); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// New makes the document that [Write] writes, for programs that add something to it. It
// shares nothing with the report. nil opts are the defaults.
func New(r *report.Report, opts *Options) *cdx.BOM {
	if opts == nil {
		opts = &Options{}
	}
	b := &builder{r: r, titles: sbom.NewTitles(r), ids: sbom.IDs{}, licences: sbom.Licences{}, brought: map[int][]string{}, refs: map[int]string{}}
	b.addPackages(opts.Removed)
	b.addSystem()
	b.addAncestors()
	b.addDonors()
	bom := cdx.NewBOM()
	bom.SpecVersion = cdx.SpecVersion1_6
	bom.JSONSchema = "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.Metadata = b.metadata()
	bom.Components = some(b.components)
	bom.Dependencies = some(b.dependencies())
	bom.Vulnerabilities = b.vulnerabilities()
	bom.Compositions = &[]cdx.Composition{{Aggregate: aggregate(r), Assemblies: &[]cdx.BOMReference{imageRef}}}
	content, err := json.Marshal(bom)
	if err == nil { // it is nothing but strings and numbers
		bom.SerialNumber = "urn:uuid:" + sbom.UUID(content)
	}
	return bom
}

// aggregate says how complete the list of packages is. Never "complete": software that was
// copied without any metadata is in no list.
func aggregate(r *report.Report) cdx.CompositionAggregate {
	if r.Partial {
		return cdx.CompositionAggregateIncomplete
	}
	return cdx.CompositionAggregateUnknown
}

// A builder gathers the parts of a document.
type builder struct {
	r          *report.Report
	titles     sbom.Titles
	ids        sbom.IDs
	licences   sbom.Licences
	components []cdx.Component
	brought    map[int][]string // bom-refs, by the ancestor that brought them
	refs       map[int]string   // bom-refs of packages, by index in the inventory
}

// imageRef and ancestorRef are the bom-refs of the image and of its ancestors.
const imageRef = "image"

func ancestorRef(i int) string {
	if i == 0 {
		return imageRef
	}
	return "ancestor-" + strconv.Itoa(i)
}

// dependencies ties the image to its parent, that to its own, and each to what it brought.
func (b *builder) dependencies() []cdx.Dependency {
	var all []cdx.Dependency
	for i := range max(1, len(b.r.Ancestors)) {
		on := append([]string{}, b.brought[i]...)
		if i+1 < len(b.r.Ancestors) {
			on = append(on, ancestorRef(i+1))
		}
		all = append(all, cdx.Dependency{Ref: ancestorRef(i), Dependencies: some(on)})
	}
	return all
}

// bring notes that an ancestor brought a component; what no ancestor brought, the image
// has itself.
func (b *builder) bring(ancestor int, c cdx.Component) {
	b.components = append(b.components, c)
	b.brought[max(0, ancestor)] = append(b.brought[max(0, ancestor)], c.BOMRef)
}

// properties are a list that grows; those without a value are left out.
type properties []cdx.Property

func (p *properties) add(name, value string) {
	if value = sbom.Text(value); value != "" {
		*p = append(*p, cdx.Property{Name: name, Value: value})
	}
}

func (p *properties) number(name string, n int64) { p.add(name, strconv.FormatInt(n, 10)) }

// some is nil for an empty list, which the format leaves out.
func some[T any](list []T) *[]T {
	if len(list) == 0 {
		return nil
	}
	return &list
}

// gone returns the packages that are not in the finished image.
func gone(r *report.Report) []*packages.Package {
	var list []*packages.Package
	if r.Inventory == nil {
		return nil
	}
	for i := range r.Inventory.Packages {
		if p := &r.Inventory.Packages[i]; p.State != packages.Present {
			list = append(list, p)
		}
	}
	return list
}
