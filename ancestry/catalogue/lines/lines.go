package lines

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// Options say how the Dockerfile was built. nil is the default.
type Options struct {
	// Target is the stage that was built, by name or number; "" is the last, or
	// whichever agrees best with the image.
	Target string
	// Args are build arguments. Those that the image recorded need not be given.
	Args map[string]string
}

const (
	maxInstructions = 500 // of a stage and those that it is built on
	maxStages       = 16  // that are tried
	leastPart       = 3   // a third of the instructions must fit
)

// Find finds the lines of an image's steps in the Dockerfile that it was built from. path
// becomes that of the result.
//
// The error says, with the line, what is wrong with the Dockerfile; or that nothing in it
// fits the steps: it is then another image's.
func Find(path string, text []byte, steps []history.Step, opts *Options) (*ancestry.Dockerfile, error) {
	d, _, err := find(path, text, steps, opts)
	return d, err
}

// find is Find, and returns how FROM names the base, too; "" if that is not known.
func find(path string, text []byte, steps []history.Step, opts *Options) (*ancestry.Dockerfile, string, error) {
	if opts == nil {
		opts = &Options{}
	}
	file, err := dockerfile.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	best, err := bestOf(file, steps, opts)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	d := &ancestry.Dockerfile{Path: path, Steps: make([]ancestry.Lines, len(steps))}
	all := strings.Split(string(text), "\n")
	for _, l := range best.placed.From {
		d.From = append(d.From, measured(l, all))
	}
	first := len(steps)
	for item, step := range best.step {
		if step != history.None {
			d.Steps[step] = measured(best.placed.Lines[best.items[item].at], all)
			first = min(first, step)
		}
	}
	if len(best.step) == 0 || best.step[0] != history.None {
		for i := range first {
			d.Steps[i] = d.Base()
		}
	}
	d.Donors = best.donors(path)
	return d, best.placed.Recipe.From, nil
}

// measured adds the column at which lines end.
func measured(l dockerfile.Lines, text []string) ancestry.Lines {
	out := ancestry.Lines{First: l.First, Last: l.Last, End: 1}
	if l.Last >= 1 && l.Last <= len(text) {
		out.End += utf8.RuneCountInString(strings.TrimSuffix(text[l.Last-1], "\r"))
	}
	return out
}

// A match is one reading of the Dockerfile, laid beside the steps.
type match struct {
	placed dockerfile.Placed
	items  []item
	step   []int // of each item, history.None where none fits
	same   []int // as step, without those that were edited since
	score  int
}

// An item is an instruction that a builder records.
type item struct {
	at   int    // among the recipe's instructions
	line string // in the builder's dialect
	in   recipe.Instruction
}

// bestOf returns the reading that agrees best: of all stages, with the build arguments
// that the image recorded and without, in all builders' ways of writing.
func bestOf(file *dockerfile.File, steps []history.Step, opts *Options) (match, error) {
	h := recipe.NewHistory(steps, nil)
	targets := []string{opts.Target}
	if opts.Target == "" {
		targets = file.Targets(maxStages)
	}
	var best match
	var firstErr error
	found := false
	for _, target := range targets {
		for _, args := range arguments(h, opts.Args) {
			placed, err := file.Place(&dockerfile.Options{Target: target, Args: args})
			if err == nil && len(placed.Lines) > maxInstructions {
				err = fmt.Errorf("more than %d instructions", maxInstructions)
			}
			if err != nil {
				firstErr = cmp.Or(firstErr, err)
				continue
			}
			for _, d := range recipe.Dialects() {
				m := align(placed, h, steps, d)
				if m.matched() == 0 && (len(placed.Lines) > 0 || target != targets[0]) {
					continue
				}
				if !found || m.score > best.score {
					best, found = m, true
				}
			}
		}
		if found && best.complete() {
			break
		}
	}
	switch n := len(best.items); {
	case found && best.matched()*leastPart >= n:
		return best, nil
	case found:
		return match{}, fmt.Errorf("only %d of its %d instructions fit the image's history: it is another image's, or was rewritten", best.matched(), n)
	case firstErr != nil:
		return match{}, firstErr
	}
	return match{}, errors.New("nothing in it fits the image's history: it is another image's")
}

// arguments returns the build arguments to try: those that the image recorded, with given
// ones; and given ones alone, since a recorded one can be of an ancestor's Dockerfile.
func arguments(h *recipe.History, given map[string]string) []map[string]string {
	recorded := map[string]string{}
	for i := range h.Len() {
		for _, pair := range h.BuildArgs(i) {
			if k, v, ok := strings.Cut(pair, "="); ok {
				recorded[k] = v // the youngest is the last
			}
		}
	}
	if len(recorded) == 0 {
		return []map[string]string{given}
	}
	maps.Copy(recorded, given)
	return []map[string]string{recorded, given}
}

func (m match) matched() int {
	n := 0
	for _, s := range m.step {
		if s != history.None {
			n++
		}
	}
	return n
}

func (m match) complete() bool { return m.matched() == len(m.items) }

// align lays the instructions of a Dockerfile beside the steps.
func align(placed dockerfile.Placed, h *recipe.History, steps []history.Step, d recipe.Dialect) match {
	m := match{placed: placed}
	for i, in := range placed.Recipe.Instructions {
		if in.Keyword == "" {
			m.items = append(m.items, item{at: i}) // what cannot be evaluated fits nothing
		} else if line, ok := in.Line(d); ok {
			m.items = append(m.items, item{i, line, in})
		}
	}
	m.step, m.score = equal(m.items, h, d)
	m.same = slices.Clone(m.step)
	m.fillGaps(h, steps, d)
	return m
}

// fillGaps finds instructions that were edited since, between those that are the same.
// What stands before the first that is the same can as well be the base's.
func (m *match) fillGaps(h *recipe.History, steps []history.Step, d recipe.Dialect) {
	first := slices.IndexFunc(m.step, func(s int) bool { return s != history.None })
	if first < 0 {
		return
	}
	next := m.step[first] + 1 // the first step that is free
	for i := first + 1; i < len(m.step); i++ {
		if m.step[i] != history.None {
			next = m.step[i] + 1
			continue
		}
		end := min(len(steps), next+maxGap)
		if j := slices.IndexFunc(m.step[i:], func(s int) bool { return s != history.None }); j >= 0 {
			end = min(end, m.step[i+j])
		}
		for s := next; s < end; s++ {
			if h.Speaks(s, d) && similar(m.items[i].in, steps[s].Instruction) {
				m.step[i], next = s, s+1
				break
			}
		}
	}
}

// maxGap is how many steps that nothing fits are looked at for an edited instruction.
const maxGap = 32
