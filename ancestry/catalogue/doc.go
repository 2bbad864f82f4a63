// Package catalogue names an image's ancestors by the recipes of a catalogue: of the
// Docker Official Images, which package genealogy holds, or of one's own, which package
// own makes.
//
//	g, err := genealogy.Open()
//	l, err := ancestry.Resolve(ctx, img, &ancestry.Options{Catalogues: []ancestry.Source{g}})
//
// It needs the configuration alone. Hints make it surer: see below.
//
// # How a chain is found
//
// First every part of the history is found that is a recipe, line for line; where
// these do not make a whole chain, every part that is one in shape, but for versions,
// numbers and hashes. A part can be many recipes: buildpack-deps:bullseye and
// buildpack-deps:buster are the same but for their FROM, and the two instructions of
// Debian's root are also Ubuntu's. So the parts are not named one by one. A part
// stands on the one below if
//
//   - its FROM names it: the repository is that of the part below, and the tag
//     pointed, at the time, to a recipe that the part below is,
//   - it was not built before it, and
//   - each was built on a day on which its recipe had a tag, or soon after. Root
//     archives got their tag some days later than they were made. Of dated tags
//     (bullseye-20230109), an image has that of its day.
//
// A chain begins with a root: a recipe FROM scratch, at step 0. Of all chains the one
// is taken that explains most steps, exactly before in shape. Every combination of
// recipes that makes that chain is a tie; a part that is in none is out.
//
// Then what else is known narrows the ties, and never widens them: what the root's files
// say (distribution and version; slim or full; the point release; the archive's suite,
// see [ancestry.Files]) chooses among roots, and with them among all that stands on
// them; so do the name under which the image was asked for, and the annotations base.name
// and revision that Docker's builders set. What a file does not say decides nothing:
// without files, full and slim stay a tie. Files that contradict every reading of an
// official root take the names of all that stands on it; one's own (acme/base) may be
// called anything. The image's own values have a veto over tags: with NODE_VERSION=4.8.5
// it is no node:8.8.1. The tags of an ancestor are all those that it could have been
// built for, the most specific first; what readings that are a tie have in common is
// left out.
//
// # Roots that say nothing
//
// ADD and CMD are the root of many distributions, and of many roots no more than tags
// and days are known. So a root is also assumed: from the FROM of what stands on it, and
// from its own files. Of a distribution's images it is the one that got its tag last
// before the root was built. What is assumed is Inferred at most.
//
// # How sure it is
//
// A part is Recognised if it says enough to be told from others (see recipe.Telling;
// of a root it is enough that it states its version), or if a Recognised part
// stands on it: then two recipes agree, the one's FROM and the other's own
// instructions. That is why what is claimed here of the part below may be better than
// Inferred, as FROM alone is not.
//
// An image that a catalogue knows with its parents (own.Builder.AddImage) is read beside the
// chain: what it stands on is told too. If it has steps of a builder that records the
// same for whatever it builds (Jib, Bazel, …), its layers alone name it.
//
// An image built by somebody else from the same Dockerfile at the same time can't be
// told from the official one by its history. Digests and diffIDs prove it. The same
// layers under another history are another image.
//
// A root that says nothing, with nothing Recognised on it and no files, is Inferred if it
// was built on the day of a dated tag, and otherwise has no name.
//
// # Newer than the catalogue
//
// What agrees in shape with a recipe, from end to end, and was built after the
// catalogue's day, is that repository's image in a newer version: its tag is composed
// from values in its instructions, by the patterns of that recipe's tags, and must not
// be one that was dropped before. So is what was built before, if the catalogue knows
// that there was such a tag then, and that its Dockerfile could not be read. It is
// Recognised, and the evidence says which of the two it is. What follows the chain and
// agrees with a recipe in 70 % of its shapes or more, under the same conditions, is
// Inferred. What was built when the catalogue's knowledge ends, and is like no recipe, is
// named by its repository alone, without a tag, if it has instructions that no other
// repository ever had.
//
// # Near misses
//
// What agrees and does not fit (it stands on something else than its FROM says, or
// was built when it had no tag), and what agrees in part, gets no name. The evidence
// says what it resembles, and how much of it.
//
// # Standing
//
// A claim without ties also says how the image stands on the catalogue's day: see
// [ancestry.Standing]. A tag goes on when its recipe changes, or, of a root, when it
// gets another dated tag. The official images are also rebuilt, without a change of
// their recipe, whenever their base is; that is no fact of the catalogue, and shows as
// lagging instead.
//
// # Cost
//
// The data of the Docker Official Images are 3.9 MB, those of other publishers 2 MB, both in
// package genealogy. BenchmarkCold and BenchmarkWarm say what resolving costs, and
// BenchmarkParts in package genealogy what the other publishers' files add: next to nothing
// for an image that has none of their instructions.
package catalogue
