// Package cyclonedx writes a report as a software bill of materials in CycloneDX 1.6,
// as JSON.
//
// # What is where
//
//	metadata.component           the image; its package URL, digest and platform
//	….pedigree.ancestors         its ancestors, the youngest first
//	….properties                 stemma:removed: packages that are not in the finished image
//	components                   the packages of the finished image
//	                             the operating system
//	                             a container for the parent, with one for its parent in it, and so on
//	vulnerabilities              what scanners found, once for each package; affects the package, or where that is
//	                             no component the container of the ancestor that brought it, or the image
//	dependencies                 image → parent → … → root; each of them → the packages that it brought
//
// Packages are not nested in the containers, so that readers find them that look at
// the uppermost components only.
//
// Packages that a later layer removed, or whose database it deleted, are no components:
// a reader would look for vulnerabilities in what is not there. Each is named in a
// property stemma:removed of the image. [Options].Removed makes them components, too,
// with the scope "excluded".
//
// # Properties
//
// On every package, what tells its layer and the ancestor that brought it, in the names
// of this project and in those that Syft and Trivy use. A property that is not known is
// left out.
//
//	stemma:ancestor                     "debian:12", "this image", "unknown-image-…"
//	stemma:ancestor:index               0 is the image itself
//	stemma:layer:index                  the layer that brought this version; 0 is the bottom one
//	stemma:layer:diffID                 digest of its archive, as computed
//	stemma:introduced:layer:index       the layer that first had the package, if that is another one
//	stemma:state                        removed, hidden; only with Options.Removed
//	syft:package:type, :foundBy, :language
//	syft:location:0:path, :layerID      the first file that proves the package, and the layer whose version was read
//	syft:cpe23                          the CPEs after the first
//	aquasecurity:trivy:LayerDiffID, :LayerDigest
//	aquasecurity:trivy:PkgType, :SrcName
//
// On the container of an ancestor, and on the image:
//
//	stemma:name                         "not known" where nothing tells the name
//	stemma:confidence                   unknown, inferred, recognised, recorded, proved: what the name rests on
//	stemma:boundary                     what rests on it that the ancestor begins where it does
//	stemma:tie                          another name for which the evidence is as good
//	stemma:against                      what contradicts the name, or was refused
//	stemma:undecided                    what the names of a tie differ in
//	stemma:built                        when it was built; stemma:built:unknown says why that is not known
//	stemma:standing                     current, superseded, abandoned, newer, not known, and the day of the catalogue
//	stemma:live                         current, moved, gone, not known: whether its tag still points to it, where a registry was asked
//	stemma:live:name, :why              the tag that was asked for; why it is gone, or why it is not known whether it moved
//	stemma:live:since, :digest          when what the tag points to now was built, if the tag moved; the digest of that
//	stemma:live:layers, :bytes          layers that it has and the ancestor has not, and their bytes as stored
//	stemma:live:packages                packages in which the two differ, if that was asked for
//	stemma:endOfLife                    the day on which its publisher ends its life; :unknown says why that is not known
//	stemma:layer:index, :diffID         its layers
//	stemma:content:bytes                bytes of the regular files of its layers, uncompressed
//
// On a vulnerability: stemma:ancestor, stemma:ancestor:index and stemma:layer:index of what
// brought the package in the version that has it; stemma:package; stemma:state (present, or
// removed, replaced, hidden); stemma:join and stemma:why, which package report explains. Its
// ratings are those of the scanners, each with its name. What excuses it is its analysis.
//
// On the image alone: stemma:reference, stemma:platform, stemma:partial (some of it
// could not be read), stemma:known (layers, packages, vulnerabilities: what was read, and found),
// stemma:live:asked (when registries were asked), and Trivy's DiffID, one for each layer.
//
// # Evidence
//
// The evidence for an ancestor's name is in evidence.identity, whose confidence is a
// number: 1 for proved, 0.9 recorded, 0.8 recognised, 0.4 inferred, 0 unknown. These
// numbers say an order, and nothing about how often such a name is right. Where the
// evidence is as good for several names, none is written as the version.
//
// # Licences
//
// If all licences of a package are SPDX expressions, they are one expression, joined by
// AND: none of them is left out, which is not to say that all apply to all of its files. Otherwise each is written by name, since CycloneDX 1.6 has no room for expressions
// beside names. The element license.id is not used: it allows only identifiers of the list
// that a reader was made with, and a newer one would make the document invalid there.
//
// # The same report gives the same document
//
// The time is the report's day, the serial number is made of the document's content, and
// the bom-refs of a package's type, name, version, architecture, package URL and files.
package cyclonedx
