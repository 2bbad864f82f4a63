// Package recipe has the normal form in which a Dockerfile and an image's history
// can be compared.
//
// A [Recipe] is what one Dockerfile adds to its base: the instructions of its
// final stage, in order, evaluated. A [History] is what an image's configuration
// holds of all the Dockerfiles in its chain. Where a part of the history reads
// like a recipe from end to end, the recipe is recognised.
//
// # Dialects
//
// Builders record an instruction in different ways. Docker's classic builder and
// BuildKit expand variables, take quotes off, and record the result; Buildah and
// Kaniko record the line as it stands in the Dockerfile. Docker and Buildah
// replace the sources of COPY and ADD by a hash; BuildKit and Kaniko name them.
// BuildKit leaves no entry for ONBUILD, Kaniko none for what changes no file;
// Buildah adds up the names of all ARGs.
//
// No single form keeps all that each of them records. So there is one for every
// [Dialect]: the line of an instruction in a dialect is what the builder of that
// dialect records of it, without decoration, and brought to the same shape
// whatever the builder's version. A history's steps have a line in the dialect of
// the builder that wrote them. Equal lines are equal instructions, as far as that
// dialect tells.
//
// # The lines
//
// A line is the keyword in capitals, a space, and what follows from this table.
// White space inside a command is as recorded; none is left at its end. Characters
// outside ASCII are U+FFFD, as some versions of Docker record them.
//
//	         Docker, BuildKit                           Buildah, Kaniko
//	RUN      the command, or the exec form's words      the command as written,
//	         parted by spaces; without a shell          without flags
//	ENV      K=V K=V, expanded, without quotes          as written
//	LABEL    K=V K=V, expanded, without quotes          as written
//	COPY     Docker: --chown, destination               Buildah: destination
//	ADD      BuildKit: sources, destination             Kaniko: as written
//	ARG      the names                                  the names
//	WORKDIR  the absolute path                          as written
//	EXPOSE   80/tcp 443/tcp, sorted                     as written
//	CMD      ["word" "word"], or the text that a        as written
//	ENTRYPOINT  shell is given
//	HEALTHCHECK  words of the test, a bar, durations    as written
//	ONBUILD  Docker: as written; BuildKit: no line      as written
//	others   expanded                                   as written
//
// Kaniko has lines for RUN, COPY, ADD and WORKDIR only. It leaves no entry for a
// WORKDIR whose directory is there already, nor for a RUN that changes nothing:
// nothing in a Dockerfile tells of which this holds, and such a history is not
// recognised.
//
// Not in a line, because no builder's history and Dockerfile agree on them: the
// build arguments of a RUN and the values of an ARG (see [Instruction].Args and
// [History.BuildArgs]), --from of COPY, --mount and other flags of RUN. BuildKit has
// recorded --chown, --chmod and --parents of COPY since different years between
// 2021 and 2024: its lines have none of them.
//
// # What comes from the parent
//
// A line is the same wherever in a history the recipe stands, so that lines can be
// kept as hashes. But a Dockerfile can use what its parent hands on:
//
//   - The shell of the parent runs its RUN, and its CMD in shell form. No line has a
//     shell. SHELL is an instruction with a line of its own.
//   - PATH is nearly always extended. In an ENV line, the value that PATH had before
//     stands as ${PATH}. See [KeepPath].
//   - A variable of the parent's, or one that BuildKit sets for the platform
//     (TARGETARCH): the recipe's instruction is open (see [Instruction].Open). In its
//     line, the values of all variables are left out, known or not. See [Mask].
//   - A build argument that differs from build to build, where a recipe is told so: open, too.
//     In its line, the values of build arguments are left out as well.
//   - The working directory of the parent: a relative WORKDIR, before any absolute one,
//     is open. Its line is "WORKDIR ./app".
//
// A history does not tell which of its steps come from an open instruction. So a step
// has a line, and next to it those of the open instructions that it could come from:
// [History.Readings]. A recipe stands at a place where each of its lines is one of the
// readings of a step; [History.Reads] says so.
//
// Who looks recipes up by the hash of a whole sequence of lines finds those without
// open instructions by the first readings, [History.Line]. For the others there is the
// [Outline], which all readings of a step have in common: it leads to a recipe, and
// the readings decide.
//
// This finds less than an evaluation on the real parent does, and never something
// else: a Dockerfile that has a value of its parent's variable written out, in the
// same instruction in which it uses a variable of the parent's, is not recognised.
// With [Context], as [History.Before] finds it, a recipe can still be evaluated on a
// known parent: none of its lines is then open.
package recipe
