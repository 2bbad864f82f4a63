package dockerfile

import (
	"slices"
	"strconv"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// A Copy is a COPY --from.
type Copy struct {
	At int // among the recipe's instructions
	// Image is what it copies from, as the Dockerfile has it with build arguments filled in;
	// or what the stage stands on that it copies from.
	Image string
	// Stage is the name or the number of that stage, as --from has it; "" if it copies from
	// an image.
	Stage string
}

// copy tells what an instruction of a stage copies from: false if it is no COPY --from, or
// needs a build argument that is not known. BuildKit expands no variables in --from, so a
// name with one in it is no name.
func (e *evaluator) copy(stages []instructions.Stage, in instructions.Stage, c instructions.Command) (Copy, bool) {
	cp, ok := c.(*instructions.CopyCommand)
	if !ok || cp.From == "" {
		return Copy{}, false
	}
	here := slices.IndexFunc(stages, func(s instructions.Stage) bool { return linesOf(s.Location) == linesOf(in.Location) })
	at, ok := basesOf(stages).last(cp.From, here)
	if n, err := strconv.Atoi(cp.From); !ok && err == nil {
		if n < 0 || n >= here {
			return Copy{}, false
		}
		at, ok = n, true
	}
	if !ok {
		return Copy{Image: cp.From}, true
	}
	_, base, err := e.chainOf(stages, at)
	return Copy{Image: base, Stage: cp.From}, err == nil && base != ""
}
