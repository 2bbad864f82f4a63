package history

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A join says which entries of a history made a layer.
type join struct {
	made         []bool // by entry
	uncertain    []bool // by entry
	below, above int    // layers without an entry, under and over all others
	problems     []Problem
}

// A making says whether an instruction makes a layer.
type making uint8

const (
	never  making = iota // configuration only
	maybe                // WORKDIR, and what can't be told
	always               // files
)

// makes tells what an entry's instruction does. VOLUME and WORKDIR make the
// directory with some builders; BuildKit's WORKDIR always makes a layer, Docker's
// mostly does not.
func makes(in Instruction) making {
	switch in.Keyword {
	case "RUN", "COPY", "ADD":
		return always
	case "WORKDIR":
		return maybe
	case "VOLUME":
		if in.Builder == BuilderKaniko {
			return maybe
		}
		return never
	case "":
	default:
		return never
	}
	switch in.Builder {
	case BuilderUmoci:
		if strings.HasPrefix(in.Args, "umoci config") {
			return never
		}
		return always
	case BuilderUnknown, BuilderBuildKit, BuilderDocker, BuilderBuildah:
		return maybe
	}
	return always
}

// kind is what an entry's instruction does. Buildah's marks are right as they
// stand: without --layers, a build's last entry has the layer of all of them,
// whatever it is, and a RUN or COPY before it has none.
func (j *join) kind(i int, e parsed) making {
	switch {
	case e.Builder != BuilderBuildah:
		return makes(e.Instruction)
	case j.made[i]:
		return always
	default:
		return never
	}
}

// joinHistory finds the join of a history and n layers. See [Steps].
func joinHistory(history []v1.History, entries []parsed, n int) join {
	j := join{made: make([]bool, len(history)), uncertain: make([]bool, len(history))}
	claimed := 0
	for i, h := range history {
		j.made[i] = !h.EmptyLayer
		if j.made[i] {
			claimed++
		}
	}
	switch {
	case claimed > n:
		j.shorten(entries, claimed, n)
	case claimed < n && len(history) == 0:
		j.below = n
		j.problem("no history: %s", count(n, "layer has no step recorded", "layers have no steps recorded"))
	case claimed < n:
		j.lengthen(entries, claimed, n)
	default:
		j.swap(entries)
	}
	return j
}

// swap mends marks that are wrong while their number is right. Only BuildKit's are
// ever wrong beyond doubt: its RUN, COPY and ADD always make a layer, its ENV
// never does. Docker's classic builder marks a RUN that changed nothing empty, and
// images from before 2016 have layers of ENVs.
func (j *join) swap(entries []parsed) {
	var over, under []int
	claims := 0
	for i, e := range entries {
		m := j.kind(i, e)
		if m == never && j.made[i] {
			claims++
		}
		switch {
		case e.Builder != BuilderBuildKit || e.Keyword == "":
		case m == never && j.made[i]:
			over = append(over, i)
		case m == always && !j.made[i]:
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

// shorten takes the layers away from entries that claim one too many.
func (j *join) shorten(entries []parsed, claimed, n int) {
	reason := fmt.Sprintf("history claims %s, the image has %d", count(claimed, "layer", "layers"), n)
	for _, atMost := range [...]making{never, maybe} {
		if j.flip(entries, true, claimed-n, func(m making) bool { return m <= atMost }) {
			j.problem("%s: layers taken from %s that need not make one", reason, count(claimed-n, "step", "steps"))
			return
		}
	}
	copy(j.uncertain, j.made)
	left := claimed - n
	for _, atMost := range [...]making{never, always} { // those that make none go first
		for i := len(j.made) - 1; i >= 0 && left > 0; i-- {
			if j.made[i] && j.kind(i, entries[i]) <= atMost {
				j.made[i] = false
				left--
			}
		}
	}
	j.problem("%s: joined from the bottom, the rest is left without a layer; the join is uncertain", reason)
}

// lengthen finds layers for entries that claim none, or for none at all.
func (j *join) lengthen(entries []parsed, claimed, n int) {
	missing := n - claimed
	reason := fmt.Sprintf("history claims %s, the image has %d", count(claimed, "layer", "layers"), n)
	for _, atLeast := range [...]making{always, maybe} {
		if j.flip(entries, false, missing, func(m making) bool { return m >= atLeast }) {
			j.problem("%s: layers given to %s marked empty", reason, count(missing, "step", "steps"))
			return
		}
	}
	copy(j.uncertain, j.made)
	switch {
	case claimed > 0 && beginsAtRoot(entries):
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

// flip turns the entries of some making that have a layer (or have none), if they
// are exactly want in number.
func (j *join) flip(entries []parsed, made bool, want int, which func(making) bool) bool {
	found := 0
	for i, e := range entries {
		if j.made[i] == made && which(j.kind(i, e)) {
			found++
		}
	}
	if found != want {
		return false
	}
	shifted := false
	for i, e := range entries {
		flipped := j.made[i] == made && which(j.kind(i, e))
		if flipped {
			j.made[i] = !made
			shifted = true
		}
		// Whatever stands above the first that was mended has another layer than
		// the history says.
		j.uncertain[i] = flipped || shifted && j.made[i]
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
		if makes(e.Instruction) == never || e.Keyword == "WORKDIR" {
			continue
		}
		switch e.Builder {
		case BuilderDebuerreotype, BuilderApko, BuilderBazel, BuilderNix, BuilderUmoci:
			return true
		case BuilderCommit:
			return e.Args == "" // docker import
		}
		return e.Keyword == "ADD" && e.Dest == "/"
	}
	return false
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
