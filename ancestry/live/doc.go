// Package live asks registries about the ancestors of an image: whether the tag of each
// still points to what is here. Nothing in Stemma asks any server unless the caller gives it
// a [Registry].
//
//	documents := source.NewDocuments(nil)
//	defer documents.Close()
//	rep, err := stemma.Analyze(ctx, img, &stemma.Options{Live: &live.Options{Registry: documents}})
//
// [ancestry.Ancestor].Live has the answer, and [ancestry.Lineage].Asked what all of them
// took. stemma.Options and chain.Options have such an option; a program that resolves the
// chain itself calls [Resolve] in place of [ancestry.Resolve].
//
// # What is asked
//
// Of each ancestor that has a name, one tag: the one by which the image above was built on
// it, if an annotation, a label, a builder or a Dockerfile says so; for the image itself the
// one that it was asked for by; else the most specific one without a day in it, since such
// tags do not move. The manifest of the tag and the
// configuration of the image that it is for this platform are read, and compared with what
// is here, layer by layer and instruction by instruction.
//
//   - current: the image begins with the layers that the tag points to.
//   - moved: it does not, although the name is known better than by inference. Live.Since is
//     when what the tag points to was built, which is the first day on which it can have
//     moved.
//   - gone: the registry says that there is no such tag, or none for this platform.
//   - not known: the registry failed, or did not answer in time, or nothing says that the
//     name was ever right; Live.Why says which.
//
// If a digest is known for the ancestor, such as that of
// org.opencontainers.image.base.digest, it is compared with those of the tag; where it is
// another, what the registry has under it is compared with what is here, too. An annotation
// whose digest has other layers than the image has is evidence against the name.
//
// A base that an annotation or label names, and of which nothing tells where it ends, is no
// ancestor. It is asked for nevertheless, and becomes one if its layers are those that the
// image begins with.
//
// The differences are those that manifests and configurations tell: layers, and their bytes
// as stored. Which packages differ they do not tell: that takes the layers of both, many
// megabytes in place of a few kilobytes, and is no part of this package. RootPackages of
// package report/diff counts them in two reports; `tree -live-packages` reads what the tag of
// the root points to, if it moved, and puts the number into [ancestry.Difference].Packages.
//
// Last, the registry is asked what refers to the image that is here. Microsoft attaches an
// artifact of the type application/vnd.microsoft.artifact.lifecycle to images whose life
// ends, with the day in an annotation.
//
// # What an answer proves
//
// Where the diffIDs of an image that the registry has are the lowest of this one, and its
// history is that with which this one begins, the name is proved. It then enters as a claim
// like those of other sources, with the kind [ancestry.KindDigest]: it can decide between
// names, and bound what was not bounded. What does not agree changes no name. Layers that
// were not read are taken as the configuration has them, and the name is then recorded.
//
// # What it costs
//
// Four or five small requests an ancestor, and two for a token; at most ten documents where a
// tag moved, none of more than 4 MiB. Reading a manifest counts as a pull at Docker Hub. All
// ancestors are asked at the same time, until Options.Timeout has passed. A registry that
// fails, or says nothing, costs the answers about its own images only.
//
// # Whom it asks
//
// Names come from the image, which is hostile input. A registry of the local network
// (localhost, a private address, a host without a dot) is asked only if the image itself
// came from it, or if Options.Hosts names it. Where Options.Hosts is given, no other host is
// asked. Whoever is asked learns which image is looked at.
package live
