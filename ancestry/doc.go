// Package ancestry tells which images an image descends from.
//
// An image's history is the history of its base image, followed by the entries
// that its own Dockerfile added; the base image's history begins with that of its
// own base; and so on down to an image made from nothing. [Resolve] finds the
// places where one ends and the next begins, and names the images between: the
// [Lineage].
//
// # Claims
//
// Everything that can say something about the chain is a [Source]: the reference under
// which the image was asked for, annotations and labels, the table of publishers, the
// comment that Buildah leaves on the first step above a base, a catalogue of recipes,
// images that the user has, the os-release of the root, and last the habits of those who
// write Dockerfiles. A Source makes a [Claim]: "steps 4 to 9 are the image X". Resolve
// weighs the claims against each other. It takes the most confident, and keeps
// what contradicts them: conflicting evidence is shown, ties are shown as ties.
//
// # Publishers
//
// Who publishes images mostly marks them, by labels or by what his build always does. A
// [Publisher] is a row of such marks. The rows that Stemma knows stand in one table;
// [Options].Publishers adds the user's own:
//
//	ancestry.Publisher{
//		Vendor: "ACME",
//		Marks:  map[string]string{"label:com.acme.image": `(?P<name>[a-z/]+)`, "label:com.acme.version": `(?P<version>[0-9.]+)`},
//		Name:   "registry.acme.example/${name}", Tags: []string{"${version}"},
//	}
//
// # Confidence
//
// [Proved] rests on bytes: a verified diffID or a digest. [Recorded] rests on what
// the image or its builder says about itself. [Recognised] rests on a recipe: the
// steps are those of a known Dockerfile, from end to end. [Inferred] rests on
// habits. Where nothing can be said, the ancestor is there, with its steps and
// layers, and its name is [Unknown]: an unknown name beats a wrong one.
//
// # How claims are weighed
//
// Boundaries come first. Claims are taken from the strongest to the weakest;
// between equals the earlier source comes first, the user's catalogues before what
// the image says itself, and the longer span before the shorter. A claim that a
// span of steps is one image keeps later ones from cutting it; a claim that does
// not fit is refused, and its evidence stands in Against with the reason. So does a
// claim whose time (From, To) excludes the day on which the image was built.
// [KindDigest] claims are Proved only where the layers were read and verified.
//
// A boundary that rests on habits alone is refused where it would leave an image without
// layers beside one that is known already, and between instructions of one build whose
// files are all in a layer that follows.
//
// Then every span is named, by the claims that end where it ends or are about one of its
// steps, and by what the span above says of its parent (no surer than the boundary between
// the two). Labels are inherited; so they are read from the LABEL steps, and speak for the
// image whose step set them. A name from a label is only Inferred where layers follow in the
// span: a parent whose end was not found may have ended there. What the root's files say
// names it only where its steps do no more than a distribution's own.
//
// The strongest name wins. What agrees with it (same repository, a tag in common)
// is evidence for it; what does not is in Against. Equally good names from one
// source are Ties: if all are tags of one repository, the repository is the name
// and the tag is left open; if not, the first in the source's order is the name.
// Other evidence decides a tie if it speaks for one side: the FROM of the image
// above, the suite that a step names. [KindResembles] never names and never bounds.
//
// A FROM alone names the parent no better than Inferred: the parent's own steps were
// compared with nothing. A source that compares them as well, and finds that both
// agree, says so by a claim of its own about the parent, at its own confidence: see
// package catalogue.
//
// The image itself is called what it is known to be, if that is known by a recipe
// or better; otherwise it is called by the reference under which it was asked for.
//
// Where a claim states a digest, by which an image is pinned, sources that know images by
// digest are asked for its tags: see [Digester].
//
// # Standing
//
// A source that follows tags through time also says how the image that it names
// stands: superseded, abandoned or lagging, as of the source's day. See [Standing].
// It is that of the name which won, and of none where names tie.
//
// Whether tags have moved since then is asked of registries by package live, if a caller
// wants that: Ancestor.Live has the answer. Nothing here asks any server.
//
// # What is needed
//
// Resolve needs one method, ConfigFile: two small requests to a registry, and no
// layer. Hints (os-release and diffIDs that were verified, see [Hints]) make it
// better when the layers have been read.
package ancestry
