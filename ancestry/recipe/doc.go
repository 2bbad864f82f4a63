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
// BuildKit leaves no entry for ONBUILD, Buildah adds up the names of all ARGs.
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
// White space inside a command is as recorded; none is left at its end.
//
//	         Docker, BuildKit                           Buildah, Kaniko
//	RUN      shell and command, or the exec form's      the command as written,
//	         words, parted by spaces                    without flags
//	ENV      K=V K=V, expanded, without quotes          as written
//	LABEL    K=V K=V, expanded, without quotes          as written
//	COPY     Docker: --chown, destination               Buildah: destination
//	ADD      BuildKit: --parents, --chown, --chmod,     Kaniko: as written
//	         sources, destination
//	ARG      the names                                  the names
//	WORKDIR  the absolute path                          as written
//	EXPOSE   80/tcp 443/tcp, sorted                     as written
//	CMD      ["word" "word"]                            as written
//	HEALTHCHECK  words of the test, a bar, durations    as written
//	ONBUILD  Docker: as written; BuildKit: no line      as written
//	others   expanded                                   as written
//
// Not in a line, because no builder's history and Dockerfile agree on them: the
// build arguments of a RUN and the values of an ARG (compare them with
// [Recipe.Differs]), --from of COPY, --mount and other flags of RUN.
//
// # What comes from the parent
//
// A Dockerfile may use variables that its parent set, work in its parent's
// directory and run its parent's shell: the [Context]. History records what came
// of them. PATH is nearly always extended, so in an expanded ENV line the value
// that PATH had before stands as ${PATH}, on both sides; a recipe then has the same
// line on every parent. For the rest, a recipe is evaluated in the Context that
// [History.Before] finds below the place where it is tried.
package recipe
