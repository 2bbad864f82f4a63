// Package data reads catalogue files. They say how the images of many repositories
// were built, which tags pointed to them, and when.
//
// A catalogue holds no text of a Dockerfile. It knows an instruction by the hash of
// its line (see package recipe) and by the hash of its [Shape], and a build argument by
// the hash of its value.
//
// # Asking
//
// [ReadHistory] hashes an image's history in one dialect. [Catalogue.Matches] then
// finds every part of it that is a recipe, line for line; [Catalogue.Alike] every part
// that is one in another version; [Catalogue.Shape] tells in which repositories a
// single instruction occurs; [Repository.Nearest] which recipes are most like a
// part. [Catalogue.ByDiffIDs], [Catalogue.ByBlobs] and [Catalogue.ByHistory] find one
// build of an image, by its layers or by the dates of its history.
//
// What was found is a [Repository] and the IDs of recipes in it. A [Recipe] has the
// FROM that the part below must satisfy, and tags with their days.
// [Repository.Timeline] follows one tag: to which recipe it pointed before and
// after. The catalogue ends with its [Catalogue.Day]; for what is younger,
// [Recipe].Templates compose a tag from values that the image's own instructions
// hold.
//
// Recipes that could not be read (their commit was not to be had) are there with
// their tags and days, and without instructions: so a tag's timeline is whole, and a
// tag that was composed can be checked against it.
//
// # The file
//
// All numbers are unsigned varints (as encoding/binary has them) unless said
// otherwise; fixed-width ones are little-endian. A string is its length and its
// bytes, a list its length and its items. Compressed means one zstd frame whose
// content has the size that is given with it.
//
//	magic    8 bytes: "stemma", 0x1a, and the version of the format, 2
//	packed   4 bytes: size of the head, compressed
//	raw      4 bytes: size of the head
//	head     compressed
//	sections the blocks of the repositories, the indices; the head says where
//
// The head: the day (signed, days since 1 January 2013), a string that says from what
// the catalogue was made, the list of dialects (strings, as package recipe names them;
// a reader ignores the lines of one that it does not know), the number of instructions
// of the longest recipe; for each of the five indices its offset from the first byte
// after the head, its size, its bits and its number of keys; the list of repositories,
// sorted by name: name, offset, size compressed, size, number of recipes.
//
// # Indices
//
// An index leads from a key of 40 bits to the repositories that have it. It begins
// with a table of 2^bits+1 offsets of 4 bytes; bucket b has the keys whose upper bits
// are b, and lies between offsets b and b+1, counted from the end of the table. A
// bucket is a list of keys, ascending, each as the difference to the one before
// (the first to the smallest key of the bucket), with the list of its repositories:
// the difference of the number to that of the one before, less 1, and how many
// recipes have the key. The indices are of
//
//  1. the lines of whole recipes ([Sequence] of [HashLine]), for each dialect,
//  2. their shapes (Sequence of [HashShape]), for each dialect,
//  3. single shapes (HashShape),
//  4. whole images: their diffIDs, the digests of their stored layers, and the hash of
//     their history (Sequence of the first 48 bits of each hash),
//  5. the outlines ([recipe.Outline]) of whole recipes that are open, for each dialect.
//
// Only the tables are read when a catalogue is opened: some hundred kilobytes. An index of
// at most 32,768 keys is read whole when it is first asked, into a filter of two bytes a
// key. The third index has the shapes of all instructions, so a history is first asked step
// by step, and only runs of steps that can be a recipe's are looked up.
//
// # Blocks
//
// A repository's block is compressed. It begins with seven lists of strings: names of
// base images, git repositories, paths of files, sets of architectures, sets of
// templates, sets of build arguments ([HashArg], [HashDefault]), sets of tags; the
// items of a set are separated by spaces, and the empty set is an empty string. Then:
//
//	commits       a list of 4 bytes each
//	shapes        a list of 5 bytes each: HashShape
//	lines         a list of 6 bytes each: HashLine; after it, for each line, the
//	              number of its shape, signed, less that of the line before plus 1
//	patterns      a list. A pattern has a number for each dialect: 0 if the dialect
//	              has no line, else 1 more than the first dialect that has the
//	              same line
//	instructions  a list of numbers of patterns. Where a pattern says that a dialect
//	              is the first with its line, the line is the next of lines.
//
// and the recipes, each of the following for all recipes before the next:
//
//	base, repository, path, commit, architectures, templates, build arguments
//	              seven columns: a number in the lists, signed, less that of the
//	              recipe before
//	edit          three numbers: how many instructions are those of the recipe before
//	              at its begin, how many at its end, how many are between
//	instructions  of those between: 0 for one that was not used before, n for the one
//	              n before the next that was not
//	spans         how many
//	first days    of all spans: signed, less that of the span before; the day
//	              [Undated] is written where it is not known
//	lengths       of all spans: 0 for one that goes on, else days plus 1
//	tags          of all spans: a set of tags, coded as instructions are
//
// Then the list of recipes that are open ([recipe.Recipe.Open]): number less that of
// the one before. At last the list of recipes of which one build is known ([Image]): number less that
// of the one before, 1 if the diffIDs were computed from the layers and 0 if not, and
// four lists of hashes, 32 bytes each: the diffIDs, the digests of the stored layers,
// the hash of the history, the digest of the manifest. The last two have at most one.
//
// # Hostile files
//
// A user's catalogue may come from anywhere. Every offset, count and number is
// checked before it is used, memory is bounded by limits far above what a real
// catalogue needs, and a corrupt block costs its repository alone: the error says
// which.
package data
