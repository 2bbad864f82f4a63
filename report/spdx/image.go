package spdx

import (
	"fmt"
	"strings"

	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report/internal/sbom"
	"github.com/stemma-go/stemma/report/internal/words"
)

// addImage adds the image that the document describes.
func (b *builder) addImage(im sbom.Image) {
	p := container(im, ancestorID(0))
	if len(b.r.Ancestors) > 0 {
		p.BuiltDate = b.built(0)
		b.addLive(p, 0)
	}
	p.PackageComment = b.imageComment(im)
	b.add(p)
	b.relate("DOCUMENT", common.TypeRelationshipDescribe, ancestorID(0))
}

func container(im sbom.Image, id common.ElementID) *v2_3.Package {
	p := &v2_3.Package{
		PackageName: im.Name, PackageVersion: im.Version, PackageSPDXIdentifier: id,
		PrimaryPackagePurpose: "CONTAINER", PackageExternalReferences: packageURL(im.PURL),
	}
	if im.Digest.Algorithm == "sha256" {
		p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: im.Digest.Hex}}
	}
	return p
}

func (b *builder) built(i int) string {
	if at, why := b.r.Built(i); why == "" {
		return sbom.Time(at)
	}
	return ""
}

// imageComment says what a reader would else take for knowledge: what was not read, and what
// is left out.
func (b *builder) imageComment(im sbom.Image) string {
	var says []string
	if !im.Known {
		says = append(says, "the name of the image is not known")
	}
	if p := sbom.Platform(b.r); p != "" {
		says = append(says, "platform "+p)
	}
	if b.r.Index == nil {
		says = append(says, "no layer was read")
	}
	if !b.r.PackagesKnown() {
		says = append(says, "which packages are in it is not known")
	}
	if b.r.Partial {
		says = append(says, "some of the image could not be read: there may be more packages")
	}
	if b.r.Inventory != nil {
		for i := range b.r.Inventory.Packages {
			if p := &b.r.Inventory.Packages[i]; p.State != packages.Present {
				says = append(says, "left out: "+b.titles.Gone(b.r, p))
			}
		}
	}
	return strings.Join(says, "\n")
}

// addAncestors adds the ancestors, and says what was built on what.
func (b *builder) addAncestors() {
	for i := 1; i < len(b.r.Ancestors); i++ {
		p := container(sbom.Ancestor(b.r, i), ancestorID(i))
		p.BuiltDate = b.built(i)
		p.PackageComment = b.ancestorComment(i)
		p.Annotations = b.evidence(i)
		b.addLive(p, i)
		b.add(p)
		b.relate(ancestorID(i-1), common.TypeRelationshipDescendantOf, ancestorID(i))
		b.relate(ancestorID(i-1), common.TypeRelationshipGeneratedFrom, ancestorID(i))
	}
}

// addDonors adds a container for each image from which an ancestor copied files.
func (b *builder) addDonors() {
	for i, d := range b.r.Donors {
		p := container(sbom.Donor(d), common.ElementID(fmt.Sprintf("Donor-%d", i)))
		p.PackageComment = strings.Join(sbom.DonorSays(d), "\n")
		p.Annotations = b.annotations(d.Evidence, "")
		b.add(p)
		b.relate(p.PackageSPDXIdentifier, common.TypeRelationshipBuildToolOf, ancestorID(d.Ancestor))
	}
}

func (b *builder) ancestorComment(i int) string {
	a := b.r.Ancestors[i]
	says := []string{"confidence of the name: " + a.Confidence.String()}
	if a.Confidence == ancestry.Unknown {
		says = []string{"nothing tells which image it is; the name stands for it in this document"}
	}
	says = append(says, "confidence of the boundary: "+a.Boundary.String())
	switch a.Layers.Len() {
	case 0:
		says = append(says, "it has no layer of its own")
	case 1:
		says = append(says, fmt.Sprintf("layer %d", a.Layers.From))
	default:
		says = append(says, fmt.Sprintf("layers %d to %d", a.Layers.From, a.Layers.To-1))
	}
	for _, t := range a.Ties {
		says = append(says, "as likely: "+sbom.Text(t.String()))
	}
	if a.Undecided != "" {
		says = append(says, sbom.Text(a.Undecided))
	}
	return strings.Join(says, "\n")
}

// evidence are annotations that say what speaks for an ancestor's name, and against it.
func (b *builder) evidence(i int) []v2_3.Annotation {
	a := b.r.Ancestors[i]
	return append(b.annotations(a.Evidence, ""), b.annotations(a.Against, "against it, ")...)
}

func (b *builder) annotations(list []ancestry.Evidence, against string) []v2_3.Annotation {
	var all []v2_3.Annotation
	for _, e := range list {
		says := fmt.Sprintf("%s%s: %s", against, e.Confidence, e.Says)
		if e.Where != "" {
			says += " (" + e.Where + ")"
		}
		all = append(all, annotation(b.day(), says))
	}
	return all
}

func annotation(at, says string) v2_3.Annotation {
	return v2_3.Annotation{
		Annotator: common.Annotator{AnnotatorType: "Tool", Annotator: "stemma"}, AnnotationDate: at, AnnotationType: "OTHER", AnnotationComment: sbom.Text(says),
	}
}

// addLive says what a registry said of an ancestor, an annotation for each fact, as of when it
// was asked; nothing where none was.
func (b *builder) addLive(p *v2_3.Package, i int) {
	live := b.r.Ancestors[i].Live
	if live == nil || b.r.Lineage == nil || b.r.Lineage.Asked == nil {
		return
	}
	for _, says := range words.Live(live, b.r.AsOf) {
		p.Annotations = append(p.Annotations, annotation(sbom.Time(b.r.Lineage.Asked.At), says))
	}
	if !live.EndOfLife.IsZero() {
		p.ValidUntilDate = sbom.Time(live.EndOfLife)
	}
}

// addSystem adds the operating system of the finished image.
func (b *builder) addSystem() {
	d, by := sbom.Distro(b.r)
	if by < 0 {
		return
	}
	p := &v2_3.Package{
		PackageName: sbom.Text(d.ID), PackageVersion: sbom.Text(d.VersionID), PackageSPDXIdentifier: "OperatingSystem",
		PackageSummary: sbom.Text(d.PrettyName), PrimaryPackagePurpose: "OPERATING_SYSTEM",
	}
	if p.PackageName == "" {
		p.PackageName = noAssertion
	}
	b.add(p)
	b.relate(ancestorID(by), common.TypeRelationshipContains, p.PackageSPDXIdentifier)
}
