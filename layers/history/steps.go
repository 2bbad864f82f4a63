package history

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Steps joins an image's history to its layers, oldest first. The layers are
// those of the configuration's rootfs.diff_ids.
//
// Steps stand in the order of the history. Every layer has exactly one step, and
// the layers of the steps increase. Where the history is missing, too short, or
// too long, the join is mended as [Step].Uncertain and [Step].Synthetic show, and
// one [Problem] says how:
//
//   - Entries that claim a layer are as many as the layers: they are joined one to
//     one. Only where BuildKit's marks contradict its instructions, and as many
//     of them in either way, are they swapped. Where BuildKit has appended entries for
//     layers without one (those with the comment buildkit.exporter.image.v0), the base
//     had no history: the layers at the bottom get synthetic steps, and what was
//     appended has no layer. Where a root stands above other layers, nothing is changed,
//     and every layer is uncertain.
//   - Too many claim one: if those whose instruction never makes a layer (ENV, CMD,
//     LABEL, …), with WORKDIR and text unknown or without it, are just the surplus,
//     they give up theirs. Otherwise the newest of those go first, then the newest
//     of all: who merges layers merges his own, and leaves the base as it is.
//   - Too few: if the entries marked empty whose instruction does make layers (RUN,
//     COPY, ADD), with WORKDIR and text unknown or without it, are just those that
//     are missing, they get one. Otherwise layers without an entry get a synthetic
//     step: on top if the history begins with the root of an image (tools that
//     append layers and do not say so), else at the bottom (a base whose history
//     was dropped).
//
// Instructions are parsed as by [Parse], and then completed with the help of their
// neighbours: an entry that Docker's classic builder and Buildah write alike is
// given to the one that wrote the entries around it, if that is one and the same;
// and a shell that an earlier SHELL names is known when it returns. What is not
// certain stays BuilderUnknown.
//
// Steps never fails. It takes time and memory linear in the configuration's size.
// A Problem's Step is None: it concerns the history as a whole.
func Steps(cfg *v1.ConfigFile) ([]Step, []Problem) {
	if cfg == nil {
		return nil, nil
	}
	entries := parseAll(cfg)
	j := joinHistory(cfg.History, entries, len(cfg.RootFS.DiffIDs))
	steps := make([]Step, 0, len(entries)+j.below+j.above)
	layer := 0
	add := func(s Step, made bool) {
		s.Index, s.Layer = len(steps), None
		if made {
			s.Layer = layer
			layer++
		}
		steps = append(steps, s)
	}
	for range j.below {
		add(synthetic(), true)
	}
	for i, h := range cfg.History {
		add(Step{
			History: i, Created: h.Created.Time,
			CreatedBy: h.CreatedBy, Comment: h.Comment, Author: h.Author,
			Instruction: entries[i].Instruction, Uncertain: j.uncertain[i],
		}, j.made[i])
	}
	for range j.above {
		add(synthetic(), true)
	}
	return steps, j.problems
}

// synthetic is the step of a layer of which the history says nothing.
func synthetic() Step {
	return Step{History: None, Synthetic: true, Instruction: Instruction{Builder: BuilderUnknown}}
}

// None stands for "no layer" and "no step" where an index is expected.
const None = -1

// A Problem is something wrong with an image, and where. It does not stop the
// reading of the rest. Problem is an error; Err is what it wraps.
type Problem struct {
	Layer int    // layer index, None if it concerns no single layer
	Step  int    // index of the step (see [Steps]), None if it concerns no single one
	Path  string // path inside the layer, "" if it concerns no single file
	Err   error  // what is wrong; never nil
}

// Error returns "layer 3: var/lib/dpkg/status: what is wrong".
func (p Problem) Error() string {
	var b strings.Builder
	if p.Layer != None {
		fmt.Fprintf(&b, "layer %d: ", p.Layer)
	}
	if p.Step != None {
		fmt.Fprintf(&b, "step %d: ", p.Step)
	}
	if p.Path != "" {
		fmt.Fprintf(&b, "%s: ", p.Path)
	}
	b.WriteString(p.Err.Error())
	return b.String()
}

// Unwrap returns Err.
func (p Problem) Unwrap() error { return p.Err }
