// Package lines tells which lines of a Dockerfile made which steps of an image.
//
//	d, err := lines.Find("build/Dockerfile", text, rep.Steps(), nil)
//
// A finding about a step can so be shown where it is mended: at the RUN that did it,
// or, for what the image inherited, at the FROM that names the base.
//
// # How steps are found
//
// The Dockerfile is evaluated, and its instructions are compared with the steps by what
// builders record of them: in the normal form, and for all builders, by which
// ancestry/catalogue recognises images. So it does not matter that a builder expands
// variables, replaces the sources of a COPY by a hash, leaves FROM and comments out, or
// joins lines. What the order of equal lines leaves open is decided so that as much as
// possible agrees, from the youngest step down.
//
// The values of build arguments are those that the image recorded, unless Options gives
// others. The stage is the last one; if another agrees better, it was built with
// --target, and is that.
//
// Between instructions that agree, one that was edited since is still found: a RUN that
// has most of its words, an ENV or a LABEL of the same names, a COPY to the same place. A step that
// no instruction fits has no lines, since wrong ones are worse than none. A Dockerfile
// of which less than a third fits is another image's: that is an error.
//
// Where the first of the stage's instructions is found, all steps below it came with the
// base, and have the lines of its FROM.
//
// # Limits
//
// A Dockerfile comes from outside. It may have 1 MiB and 500 instructions in a stage; the last
// 16 stages are tried. Find never fails otherwise than by an error.
package lines
