// Package dockerfile names ancestors by the Dockerfiles that they were built
// from: a catalogue for those who have the Dockerfiles of their base images, and
// not the images.
//
// [Parse] reads one Dockerfile with BuildKit's own parser; [File.Recipe] evaluates
// its final stage into the normal form of package recipe. A [Catalogue] tries the
// recipes of many Dockerfiles against an image's history; it is an
// [ancestry.Source].
//
// # What is claimed
//
// A recipe whose lines stand in the history from end to end is Recognised, and its
// FROM is a claim about the image below. That a Dockerfile was built is not proved
// by it: whoever copies a Dockerfile's instructions gets the same history. It is
// only Inferred, and no name, but a likeness,
//
//   - when some lines agree and others do not: "resembles python:3.11, 11 of 12
//     instructions (93 %)";
//   - when all agree but other build arguments were used than the Dockerfile's
//     defaults (give them in [Image.Args] if your builds set them);
//   - when the recipe starts from scratch and the history does not, or the reverse;
//   - when FROM names another image of the catalogue, and the history below reads
//     like an image of the catalogue that is not it;
//   - when the recipe says too little to be told from others (see
//     [recipe.Telling]): two lines of CMD and COPY stand in many Dockerfiles.
package dockerfile
