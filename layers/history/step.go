package history

import (
	"time"
)

// A Step is one entry of an image's history, joined to the layer that it made.
type Step struct {
	// Index is the step's position in what [Steps] returned; 0 is the oldest.
	Index int
	// History is the position of its entry in the configuration's history. It is
	// None for a synthetic step, and equals Index where no step is synthetic.
	History int
	Layer   int       // index of the layer that the step made; None if it made none
	Created time.Time // when the builder says it ran; zero if it does not say

	CreatedBy string // the entry's created_by, as recorded
	Comment   string // the entry's comment, as recorded
	Author    string // the entry's author, as recorded

	// Instruction is CreatedBy, Comment and Author, parsed, with the help of the
	// neighbours: see [Steps].
	Instruction Instruction

	// Synthetic is true when the history has no entry for Layer and the step was
	// made up so that the layer has one.
	Synthetic bool
	// Uncertain is true when Layer is not simply what the history records: the
	// numbers of entries and layers differ, and another join would fit as well.
	// A synthetic step is not itself uncertain: its layer is known, its origin not.
	Uncertain bool
}

// An Instruction is a history entry's text, parsed. Text that no rule knows, and
// that of builders which have no Dockerfile, is kept whole in Args with an empty
// Keyword.
type Instruction struct {
	Builder Builder
	// Keyword is the Dockerfile keyword in capitals (RUN, COPY, ENV, …), or ""
	// when the entry is no Dockerfile instruction.
	Keyword string
	// Args is what follows the keyword, without the builder's decoration (no
	// "/bin/sh -c", "#(nop)", "|1 K=V", "# buildkit" or space at the end) and
	// without Flags. White space inside is as recorded.
	Args string
	// BuildArgs are the "K=V" of the prefix |N K=V …, in recorded order. Builders
	// write the values without quotes: a value may hold spaces. BuildArgs is nil
	// where the prefix could be split in more than one way; Args is then still
	// right.
	BuildArgs []string
	// Shell is the shell that ran a RUN, as recorded: [/bin/sh -c]. Empty for
	// an exec-form RUN and for everything else.
	Shell []string
	// Flags are --chown=, --chmod=, --from=, --link, --mount= … as recorded, in
	// order. BuildKit records only --chown, --chmod and --parents.
	Flags []string
	// Sources and Dest are those of COPY and ADD. A source that the builder
	// replaced by a content hash stands as recorded ("file:4bf66d…"), as does
	// the name of a heredoc ("<<EOF"). Names are split at spaces, which BuildKit
	// does not quote: a name with a space in it comes out as two.
	Sources []string
	Dest    string
	// From is the name of the image that this step says it was built on: Buildah
	// writes "FROM name" into the comment of the first entry above a base, older
	// versions without --layers into that of the last entry of the build. [Steps]
	// moves it to the first where that can be told. An image ID names nothing
	// outside the machine that built the image, and --layers writes one into every
	// entry: From is then "".
	From string
}
