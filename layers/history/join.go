package history

import (
	"fmt"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A join says which entries of a history made a layer.
type join struct {
	entries      []parsed
	made         []bool // by entry
	uncertain    []bool // by entry
	below, above int    // layers without an entry, under and over all others
	problems     []Problem
}

// joinHistory finds the join of a history and n layers. See [Steps].
func joinHistory(history []v1.History, entries []parsed, n int) join {
	j := join{entries: entries, made: make([]bool, len(history)), uncertain: make([]bool, len(history))}
	claimed := 0
	for i, h := range history {
		j.made[i] = !h.EmptyLayer
		if j.made[i] {
			claimed++
		}
	}
	switch {
	case claimed > n:
		j.dropSurplus(claimed, n)
	case claimed < n && len(history) == 0:
		j.below = n
		j.problem("no history: %s", count(n, "layer has no step recorded", "layers have no steps recorded"))
	case claimed < n:
		j.findMissing(claimed, n)
	case j.dropExported(history):
	default:
		j.mendMarks()
		j.doubtRoots()
	}
	return j
}

// effect is what an entry does, as its builder's marks say it if they are correct.
func (j *join) effect(i int) effect {
	switch {
	case rowOf(j.entries[i].Builder).marks != correct:
		return effectOf(j.entries[i].Instruction)
	case j.made[i]:
		return isLayer
	default:
		return noLayer
	}
}

// dropExported handles the entries that BuildKit appends for layers without one: as
// many as are missing, at the end of the history, where the base of a build had no
// history. The entries of the build itself stand before them, and its layers are those
// on top. So it is the base's layers that have no entry; what BuildKit appended
// describes layers that have one. A child has entries on top of it all.
func (j *join) dropExported(history []v1.History) bool {
	end := len(history)
	for end > 0 && history[end-1].Comment != exporterComment {
		end--
	}
	var exported, others []int // that claim a layer
	for i := range end {
		switch {
		case !j.made[i]:
		case history[i].Comment == exporterComment:
			exported = append(exported, i)
		default:
			others = append(others, i)
		}
	}
	if len(exported) == 0 || len(others) == 0 || others[len(others)-1] > exported[0] {
		return false // nothing, or nothing else: then they stand where they belong
	}
	reason := fmt.Sprintf("history has %s of BuildKit's exporter, for layers without one", count(len(exported), "entry", "entries"))
	for _, i := range others {
		j.uncertain[i] = true
	}
	if beginsAtRoot(j.entries) {
		for _, i := range exported {
			j.uncertain[i] = true
		}
		j.problem("%s, though it begins with a root: taken as recorded; the join is uncertain", reason)
		return true
	}
	for _, i := range exported {
		j.made[i] = false
	}
	j.below = len(exported)
	j.problem("%s: %s at the bottom without a step recorded; the join is uncertain", reason, count(j.below, "layer", "layers"))
	return true
}

// mendMarks mends marks that are wrong while their number is right. Only BuildKit's are
// ever wrong beyond doubt: its RUN, COPY and ADD always make a layer, its ENV
// never does. Docker's classic builder marks a RUN that changed nothing empty, and
// images from before 2016 have layers of ENVs.
func (j *join) mendMarks() {
	var over, under []int
	claims := 0
	for i, e := range j.entries {
		does := j.effect(i)
		if does == noLayer && j.made[i] {
			claims++
		}
		switch {
		case rowOf(e.Builder).marks != fixed || e.Keyword == "":
		case does == noLayer && j.made[i]:
			over = append(over, i)
		case does == isLayer && !j.made[i]:
			under = append(under, i)
		}
	}
	if len(over) == len(under) && len(over) > 0 {
		for k := range over {
			j.made[over[k]], j.made[under[k]] = false, true
		}
		for i := min(over[0], under[0]); i <= max(over[len(over)-1], under[len(under)-1]); i++ {
			j.uncertain[i] = true
		}
		j.problem("history marks %s empty and as many as layers wrongly: swapped", count(len(under), "step", "steps"))
		return
	}
	if claims > 0 {
		j.problem("history claims a layer for %s: taken as recorded", count(claims, "step that changes no file", "steps that change no file"))
	}
}

// doubtRoots looks for an entry that makes the root of an image and has another's layer
// below its own: layers and entries are then not in the same order.
func (j *join) doubtRoots() {
	layers := 0
	for i, e := range j.entries {
		if !j.made[i] {
			continue
		}
		if layers > 0 && isRoot(e) {
			copy(j.uncertain, j.made)
			j.problem("history has the root of an image at step %d, above %s; the join is uncertain", i, count(layers, "layer", "layers"))
			return
		}
		layers++
	}
}

// dropSurplus takes the layers away from entries where too many claim one.
func (j *join) dropSurplus(claimed, n int) {
	reason := fmt.Sprintf("history claims %s, the image has %d", count(claimed, "layer", "layers"), n)
	for _, atMost := range [...]effect{noLayer, mayBeLayer} {
		if j.changeMarks(true, claimed-n, func(does effect) bool { return does <= atMost }) {
			j.problem("%s: layers taken from %s that need not make one", reason, count(claimed-n, "step", "steps"))
			return
		}
	}
	copy(j.uncertain, j.made)
	left := claimed - n
	for _, atMost := range [...]effect{noLayer, isLayer} { // those that make none go first
		for i := len(j.made) - 1; i >= 0 && left > 0; i-- {
			if j.made[i] && j.effect(i) <= atMost {
				j.made[i] = false
				left--
			}
		}
	}
	j.problem("%s: joined from the bottom, the rest is left without a layer; the join is uncertain", reason)
}

// findMissing finds layers for entries that claim none, or for none at all.
func (j *join) findMissing(claimed, n int) {
	missing := n - claimed
	reason := fmt.Sprintf("history claims %s, the image has %d", count(claimed, "layer", "layers"), n)
	for _, atLeast := range [...]effect{isLayer, mayBeLayer} {
		if j.changeMarks(false, missing, func(does effect) bool { return does >= atLeast }) {
			j.problem("%s: layers given to %s marked empty", reason, count(missing, "step", "steps"))
			return
		}
	}
	copy(j.uncertain, j.made)
	switch {
	case claimed > 0 && beginsAtRoot(j.entries):
		j.above = missing
		j.problem("%s: %s on top without a step recorded; the join is uncertain", reason, count(missing, "layer", "layers"))
	case claimed > 0:
		j.below = missing
		j.problem("%s: %s at the bottom without a step recorded; the join is uncertain", reason, count(missing, "layer", "layers"))
	default: // nothing is joined that could be wrong
		j.below = missing
		j.problem("%s: the history records only empty steps", reason)
	}
}

// changeMarks gives a layer to each entry that has none and does what is wanted, or
// takes it away (made is what they have now), if these are exactly want in number.
func (j *join) changeMarks(made bool, want int, wanted func(effect) bool) bool {
	found := 0
	for i := range j.entries {
		if j.made[i] == made && wanted(j.effect(i)) {
			found++
		}
	}
	if found != want {
		return false
	}
	shifted := false
	for i := range j.entries {
		change := j.made[i] == made && wanted(j.effect(i))
		if change {
			j.made[i] = !made
			shifted = true
		}
		// Whatever stands above the first that was mended has another layer than
		// the history says.
		j.uncertain[i] = change || shifted && j.made[i]
	}
	return true
}

// beginsAtRoot reports whether the history's first files are those of a root: an
// archive unpacked into /, or a layer of a tool that makes whole images.
func beginsAtRoot(entries []parsed) bool {
	for _, e := range entries {
		if e.From != "" {
			return false
		}
		if effectOf(e.Instruction) == noLayer || e.Keyword == "WORKDIR" {
			continue
		}
		return isRoot(e) || rowOf(e.Builder).WholeImages || e.Keyword == "ADD" && e.Dest == "/"
	}
	return false
}

// isRoot reports whether an entry is certain to make the root of an image: of a tool
// that makes nothing else, of docker import, or of an archive that is called so.
func isRoot(e parsed) bool {
	archive := e.Keyword == "ADD" && e.Dest == "/" && len(e.Sources) == 1
	if archive {
		name := path.Base(e.Sources[0])
		archive = strings.Contains(name, "rootfs") && strings.Contains(name, ".tar")
	}
	imported := e.Builder == BuilderCommit && e.Keyword == "" && e.Args == ""
	return archive || imported || rowOf(e.Builder).Roots
}

func (j *join) problem(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	j.problems = append(j.problems, Problem{Layer: None, Step: None, Err: err})
}

// count is "1 layer", "2 layers".
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
