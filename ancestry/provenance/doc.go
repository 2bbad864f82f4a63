// Package provenance reads what a build attested about itself, and tells an image's base and
// donors by it.
//
// A builder knows what it built an image from. BuildKit writes it down, as provenance in the
// format of SLSA, and stores it beside the image. So do other builders, or the systems that
// run them. Where such a document is at hand, nothing about the youngest ancestor need be
// guessed:
//
//	docs := []provenance.Document{{Content: b}}
//	lineage, err := ancestry.Resolve(ctx, img, &ancestry.Options{
//		Catalogues: []ancestry.Source{provenance.New(docs, nil)},
//	})
//
// Package layers/source finds the documents (Image.Attestations), and stemma.Options.Provenance
// and chain.Options.Provenance put the two together.
//
// # What is asked for, and when
//
// The documents of an image in a layout or an archive lie beside it, and are read whenever it
// is opened by package layers/source and its chain is told. A registry is asked for
// them only if Options.Provenance is not nil: to open an image asks a server for the image,
// and for nothing else. Where the index lists the attestations, as BuildKit does, it takes two
// more small requests; where it does not, up to six, to find that there are none. `tree
// -provenance` asks.
//
// [Options].Config asks for more: the configurations of images that the build used, at their
// own registries, each with its own credentials.
//
// # What is read
//
// Statements of in-toto, plain, in a DSSE envelope or in a Sigstore bundle, with a predicate of
// SLSA's provenance v0.2 or v1. Of other predicates, such as SBOMs, nothing is read. The
// images that a build used are listed in no order: the base, the donors, the frontend that read
// the Dockerfile, the scanner that made an SBOM. What else there is depends on the builder:
//
//   - BuildKit with mode=max (the default of buildctl; --provenance=mode=max of buildx) attests
//     the graph of the build, the Dockerfile, and the layers. The graph is walked back from its
//     last step. The line of the file system leads to the base. What the steps of that
//     line copy, and what their commands have mounted, leads to donors, through other
//     stages where need be. So a frontend is never taken for either.
//   - BuildKit with mode=min (the default of buildx) lists images alone. With Options.Config,
//     each is asked for its configuration; the image stands on those whose layers are the
//     lowest of its own, which proves their digest. Without, an image is inferred to be the base if
//     it is the only one, and the steps do not look like those of a stage on scratch.
//   - Tekton Chains lists the images that its tasks ran in. A task that builds with Buildah
//     and gives the result BASE_IMAGES_DIGESTS, as those of Konflux do, names the images of the
//     FROM lines; these alone are considered. Buildah itself attests nothing: it writes its
//     base into annotations, which package ancestry reads. So does ko.
//   - GitHub's attestations (actions/attest-build-provenance, bundles that refer to the image)
//     and those of SLSA's generators name the repository and the commit that were built, and no
//     base. That is evidence about the image's own steps. Images that other builders list are compared like those
//     of mode=min, and never inferred.
//
// Where the base ends, its layers in the document say, or its configuration; steps without
// layers that follow are told by the Dockerfile in the document, laid beside the history
// (package ancestry/catalogue/lines). Where that does not fit, the end stays open.
// The same Dockerfile becomes [ancestry.Lineage].Dockerfile, with the source repository and
// the commit: a report in SARIF can then point to its lines.
//
// # How sure it is
//
// Nobody verifies a document that is not signed: whoever can write to the repository can
// write it. What it says is recorded, as an annotation is. Two things are compared nevertheless:
// a document that is about another digest than the image's is refused, and so is a base whose
// layers (by Options.Config) the image does not have.
//
// [Options].Verify is the caller's: who signed, and whether he may. What it verified is proved.
// This package brings no verifier, since each would bring hundreds of packages and a choice of
// whom to trust. The program examples/sigstore, a module of its own, verifies with sigstore-go what
// cosign and GitHub store: by a key, or by an identity and a trusted root.
//
//	provenance.Options{Verify: v.verify} // examples/sigstore/verify.go
//
// BuildKit's statements are plain: who signs them signs the manifest, [Document].Manifest, or
// wraps the predicate, as cosign attest does.
//
// # Limits
//
// A document is hostile input. It may have 32 MiB, 10,000 materials and a graph of 20,000
// steps, of which 200,000 are looked at; graphs that go round in a circle, inputs that there
// are not, and steps of an unknown kind are errors that name the step, and what the document
// says otherwise still counts. Text of a document in evidence is cut, and printed like other
// text of an image.
//
// The structs are this package's own: BuildKit's (solver/llbsolver/provenance/types) compile
// 40 packages, protobuf among them, for the few fields that lead to images.
package provenance
