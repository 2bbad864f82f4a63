package cyclonedx

import (
	"strconv"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/sbom"
)

func (b *builder) metadata() *cdx.Metadata {
	return &cdx.Metadata{
		Timestamp:  sbom.Time(b.r.AsOf),
		Lifecycles: &[]cdx.Lifecycle{{Phase: cdx.LifecyclePhasePostBuild}},
		Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{
			Type: cdx.ComponentTypeApplication, Name: "stemma",
			ExternalReferences: &[]cdx.ExternalReference{{Type: cdx.ERTypeVCS, URL: "https://github.com/stemma-go/stemma"}},
		}}},
		Component: b.image(),
	}
}

// image is the component that the document describes.
func (b *builder) image() *cdx.Component {
	im := sbom.Whole(b.r)
	c := container(im, imageRef)
	var props properties
	addKnown(&props, im)
	props.add("stemma:reference", b.r.Reference)
	props.add("stemma:platform", sbom.Platform(b.r))
	if b.r.Partial {
		props.add("stemma:partial", "true")
	}
	if b.r.Index != nil {
		props.add("stemma:known", "layers")
		for i := range b.r.Index.Layers {
			props.add("aquasecurity:trivy:DiffID", sbom.DiffID(b.r, i))
		}
	}
	if b.r.PackagesKnown() {
		props.add("stemma:known", "packages")
	}
	if b.r.Vulnerabilities != nil {
		props.add("stemma:known", "vulnerabilities")
	}
	if b.r.Lineage != nil && b.r.Lineage.Asked != nil {
		props.add("stemma:live:asked", sbom.Time(b.r.Lineage.Asked.At))
	}
	for _, p := range gone(b.r) {
		props.add("stemma:removed", b.titles.Gone(b.r, p))
	}
	if len(b.r.Ancestors) > 0 {
		b.describe(&c, &props, 0)
	}
	c.Properties = some(props)
	c.Pedigree = b.pedigree()
	return &c
}

func container(im sbom.Image, ref string) cdx.Component {
	c := cdx.Component{BOMRef: ref, Type: cdx.ComponentTypeContainer, Name: im.Name, Version: im.Version, PackageURL: im.PURL}
	if im.Digest.Algorithm == "sha256" {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: im.Digest.Hex}}
	}
	return c
}

// pedigree lists the ancestors. They have no bom-ref here: that is of the components.
func (b *builder) pedigree() *cdx.Pedigree {
	var all []cdx.Component
	for i := 1; i < len(b.r.Ancestors); i++ {
		c := container(sbom.Ancestor(b.r, i), "")
		var props properties
		props.add("stemma:ancestor:index", ancestorRef(i)[len("ancestor-"):])
		props.add("stemma:confidence", b.r.Ancestors[i].Confidence.String())
		c.Properties = some(props)
		all = append(all, c)
	}
	if all == nil {
		return nil
	}
	return &cdx.Pedigree{Ancestors: &all, Notes: "the youngest first; each was built on the next"}
}

// maxNested bounds how deep containers stand in one another; parsers have limits, and
// the marks of a hostile history can make thousands. Those beyond stand side by side.
const maxNested = 50

// addAncestors adds the container of the parent, with those of its own ancestors in it.
func (b *builder) addAncestors() {
	var inner []cdx.Component
	for i := len(b.r.Ancestors) - 1; i >= 1; i-- {
		im := sbom.Ancestor(b.r, i)
		c := container(im, ancestorRef(i))
		var props properties
		addKnown(&props, im)
		b.describe(&c, &props, i)
		c.Properties = some(props)
		if i >= maxNested {
			inner = append([]cdx.Component{c}, inner...)
			continue
		}
		c.Components = some(inner)
		inner = []cdx.Component{c}
	}
	b.components = append(b.components, inner...)
}

// addDonors adds a container for each image from which an ancestor copied files.
func (b *builder) addDonors() {
	for i, d := range b.r.Donors {
		c := container(sbom.Donor(d), "donor-"+strconv.Itoa(i))
		var props properties
		props.add("stemma:donor:of", b.titles.Of(d.Ancestor))
		for _, says := range sbom.DonorSays(d) {
			props.add("stemma:donor", says)
		}
		c.Properties = some(props)
		c.Evidence = nameEvidence(d.Confidence, d.Evidence)
		b.bring(d.Ancestor, c)
	}
}

// addKnown says so where a component's name is made up.
func addKnown(props *properties, im sbom.Image) {
	if !im.Known {
		props.add("stemma:name", "not known")
	}
}

// describe adds what is known of an ancestor.
func (b *builder) describe(c *cdx.Component, props *properties, i int) {
	a := b.r.Ancestors[i]
	props.add("stemma:confidence", a.Confidence.String())
	props.add("stemma:boundary", a.Boundary.String())
	for _, t := range a.Ties {
		props.add("stemma:tie", t.String())
	}
	props.add("stemma:undecided", a.Undecided)
	for _, e := range a.Against {
		props.add("stemma:against", evidenceText(e))
	}
	if built, why := b.r.Built(i); why == "" {
		props.add("stemma:built", sbom.Time(built))
	} else {
		props.add("stemma:built:unknown", "its build date "+why)
	}
	if s := a.Standing; s != nil {
		props.add("stemma:standing", s.State()+", as of "+s.AsOf.UTC().Format(time.DateOnly))
	}
	addLive(props, a.Live)
	for l := a.Layers.From; l < a.Layers.To; l++ {
		props.number("stemma:layer:index", int64(l))
		props.add("stemma:layer:diffID", sbom.DiffID(b.r, l))
	}
	if b.r.Index != nil {
		props.number("stemma:content:bytes", a.Content)
	}
	c.Evidence = evidence(a)
}

// evidence is what speaks for an ancestor's name; nil if nothing does.
func evidence(a report.Ancestor) *cdx.Evidence {
	if a.Confidence == ancestry.Unknown {
		return nil
	}
	return nameEvidence(a.Confidence, a.Evidence)
}

func nameEvidence(sure ancestry.Confidence, list []ancestry.Evidence) *cdx.Evidence {
	var methods []cdx.EvidenceIdentityMethod
	for _, e := range list {
		methods = append(methods, cdx.EvidenceIdentityMethod{Technique: technique(e.Kind), Confidence: number(e.Confidence), Value: evidenceText(e)})
	}
	return &cdx.Evidence{Identity: &cdx.EvidenceIdentityChoice{Identities: &[]cdx.EvidenceIdentity{{
		Field: cdx.EvidenceIdentityFieldTypeName, Confidence: number(sure), Methods: some(methods),
	}}}}
}

func evidenceText(e ancestry.Evidence) string {
	if e.Where == "" {
		return sbom.Text(e.Says)
	}
	return sbom.Text(e.Says + " (" + e.Where + ")")
}

// number puts the grades in their order on the format's scale from 0 to 1.
func number(c ancestry.Confidence) *float32 {
	n := map[ancestry.Confidence]float32{ancestry.Proved: 1, ancestry.Recorded: 0.9, ancestry.Recognised: 0.8, ancestry.Inferred: 0.4}[c]
	return &n
}

// technique is the format's word for a kind of evidence.
func technique(k ancestry.Kind) cdx.EvidenceIdentityTechnique {
	switch k {
	case ancestry.KindDigest:
		return cdx.EvidenceIdentityTechniqueHashComparison
	case ancestry.KindProvenance:
		return cdx.EvidenceIdentityTechniqueAttestation
	case ancestry.KindAnnotation, ancestry.KindLabel, ancestry.KindBuilder, ancestry.KindRecipe, ancestry.KindParent, ancestry.KindStep:
		return cdx.EvidenceIdentityTechniqueManifestAnalysis
	}
	return cdx.EvidenceIdentityTechniqueOther
}

// addSystem adds the operating system of the finished image.
func (b *builder) addSystem() {
	d, by := sbom.Distro(b.r)
	if by < 0 {
		return
	}
	c := cdx.Component{BOMRef: "operating-system", Type: cdx.ComponentTypeOS, Name: sbom.Text(d.ID), Version: sbom.Text(d.VersionID), Description: sbom.Text(d.PrettyName)}
	var props properties
	props.add("stemma:ancestor", b.titles.Of(by))
	props.add("syft:distro:id", d.ID)
	props.add("syft:distro:versionID", d.VersionID)
	props.add("syft:distro:versionCodename", d.Codename)
	props.add("syft:distro:prettyName", d.PrettyName)
	props.add("aquasecurity:trivy:Type", d.ID)
	props.add("aquasecurity:trivy:Class", "os-pkgs")
	c.Properties = some(props)
	b.bring(by, c)
}
