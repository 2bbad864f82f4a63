// Package spdx writes a report as a software bill of materials in SPDX 2.3, as JSON.
//
// # What is where
//
// The image, each of its ancestors, the operating system and each package of the
// finished image are packages of the document, told apart by primaryPackagePurpose:
// CONTAINER, OPERATING_SYSTEM, and none for a package. Their relationships:
//
//	SPDXRef-DOCUMENT  DESCRIBES       the image
//	the image         DESCENDANT_OF   its parent, and that its own, down to the root
//	the image         GENERATED_FROM  its parent, and that its own, down to the root
//	each of them      CONTAINS        the packages that it brought
//
// DESCENDANT_OF says it as the specification means it. GENERATED_FROM says the same to
// GUAC, which makes an edge of it, and passes over DESCENDANT_OF.
//
// Packages that a later layer removed, or whose database it deleted, are not in the
// document: a reader would look for vulnerabilities in what is not there. The image's comment
// names them. Annotations are of the type OTHER, by "Tool: stemma".
//
// # Fields
//
//	versionInfo           of an image its tag or digest; none where it is not known, or tied
//	checksums             of an image the digest of its manifest
//	builtDate             when an image was built; none if that is not known
//	validUntilDate        when its publisher ends the life of an image; none if no registry said so
//	externalRefs          the package URL; CPEs, the likeliest first
//	licenseDeclared       all licences, joined by AND; NOASSERTION if none is known
//	licenseConcluded      NOASSERTION: nobody has concluded anything
//	sourceInfo            of a package the files that prove it, and who found it
//	comment               of a package the ancestor and the layer that brought it
//	                      of an ancestor what its name rests on, and what else it may be
//	annotations           of an ancestor the evidence for its name; whether its tag still points to it, where a registry was asked
//	filesAnalyzed         false, always
//
// A licence that is no SPDX expression is a LicenseRef, made of its name, with the name
// as its text. What the text of a LicenseRef in an expression is, is not known.
//
// # The same report gives the same document
//
// The time is the report's day. The namespace ends in a UUID that is made of the document's
// content, and packages' SPDXIDs in a hash of their type, name, version, architecture, package
// URL and files.
package spdx
