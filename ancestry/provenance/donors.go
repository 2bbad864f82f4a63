package provenance

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
)

// maxDonors is how many donors are named, and maxCopies of how many copies; real builds have
// a handful.
const (
	maxDonors = 100
	maxCopies = 10_000
)

// A giver collects the donors of a build: the images from which its line copies, or of
// which its commands saw files.
type giver struct {
	walk   *walk
	base   output      // in the chain, and so no donor
	stages []stage     // of the Dockerfile; nil if it is not known
	steps  map[int]int // the step of the history, by the number of the line's layer
	grade  ancestry.Confidence
	source string // where evidence was read
	found  []ancestry.Donor
}

// donors returns what was found, also beside an error.
func (g *giver) donors(l line) ([]ancestry.Donor, error) {
	n := 0
	for i, made := range l.layers {
		for _, c := range made.copies {
			if n++; n > maxCopies {
				return g.found, fmt.Errorf("step %d: more than %d copies and mounts", made.step, maxCopies)
			}
			if err := g.add(i, c); err != nil {
				return g.found, fmt.Errorf("what step %d copies: %w", made.step, err)
			}
		}
	}
	return g.found, nil
}

// add takes all images behind what was copied: that on which the stage stands, and those
// from which the stage itself copied.
func (g *giver) add(layer int, c copied) error {
	if g.walk.source(c.from) != "" {
		g.give(layer, c, c.from, gift{})
		return nil
	}
	name, of := g.stage(c.from)
	seen, todo := map[output]bool{c.from: true}, []output{c.from}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		l := line{base: at}
		if g.walk.source(at) == "" {
			var err error
			if l, err = g.walk.follow(at); err != nil {
				return err
			}
		}
		from := gift{stage: name, says: of + ", which stands on it"}
		if at != c.from {
			from = gift{indirect: true, says: of + ", which copies from it in turn"}
		}
		g.give(layer, c, l.base, from)
		for _, made := range l.layers {
			for _, inner := range made.copies {
				if !seen[inner.from] {
					seen[inner.from] = true
					todo = append(todo, inner.from)
				}
			}
		}
	}
	return nil
}

// A gift says how files of an image came to be copied.
type gift struct {
	stage    string // its name, if they are out of one that stands on the image
	says     string // the stage, for evidence; "" if there is none
	indirect bool   // another stage made something of them
}

// give adds a source to the donors, or what was copied to one that is there.
func (g *giver) give(layer int, c copied, from output, how gift) {
	name, ok := g.walk.image(from)
	if !ok || name.Repository == "" || from == g.base {
		return
	}
	if how.indirect = how.indirect || c.mount; how.indirect {
		how.stage = ""
	}
	i := slices.IndexFunc(g.found, func(d ancestry.Donor) bool {
		return d.Stage == how.stage && d.Indirect == how.indirect && same(d.Name, name)
	})
	if i < 0 {
		if len(g.found) == maxDonors {
			return
		}
		e := ancestry.Evidence{
			Kind: ancestry.KindProvenance, Confidence: g.grade, Where: g.source,
			Says: "the build " + c.says(how.says),
		}
		g.found = append(g.found, ancestry.Donor{
			Name: name, Stage: how.stage, Indirect: how.indirect, Confidence: g.grade, Evidence: []ancestry.Evidence{e},
		})
		i = len(g.found) - 1
	}
	d := &g.found[i]
	if d.Indirect {
		return
	}
	if step, ok := g.steps[layer]; ok && !slices.Contains(d.Steps, step) {
		d.Steps = append(d.Steps, step)
	}
	if p := c.directory(); p != "" && !slices.Contains(d.Paths, p) {
		d.Paths = append(d.Paths, p)
		slices.Sort(d.Paths)
	}
}

func same(a, b ancestry.Name) bool {
	return a.Repository == b.Repository && slices.Equal(a.Tags, b.Tags) && a.Digest == b.Digest
}

// says what was done, of a stage if there is one.
func (c copied) says(stage string) string {
	switch of := "it"; {
	case c.mount && stage != "":
		return fmt.Sprintf("ran a command that saw files of %s, at %s", stage, clip(c.dest))
	case c.mount:
		return fmt.Sprintf("ran a command that saw its files, at %s", clip(c.dest))
	default:
		if stage != "" {
			of = stage
		}
		if c.dest == "" {
			return "takes all files from " + of
		}
		return fmt.Sprintf("copies from %s: %s to %s", of, clip(c.src), clip(c.dest))
	}
}

// clip shortens text of a document.
func clip(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// directory returns where files were put, if that is known to be a directory: what else
// is copied may be a file or a directory.
func (c copied) directory() string {
	if !strings.HasSuffix(c.dest, "/") {
		return ""
	}
	p := strings.TrimPrefix(path.Clean("/"+c.dest), "/")
	if p == "" {
		return ""
	}
	return p + "/"
}

// stage returns the name of the stage whose last step has an output, and how to speak of
// it: the last one whose FROM is above the step's own line, or
// else BuildKit's own name of the step.
func (g *giver) stage(o output) (name, says string) {
	at := g.walk.lineOf(o.step)
	for _, s := range g.stages {
		if s.line <= at {
			name = clip(s.name)
		}
	}
	if name == "" {
		return clip(g.walk.steps[o.step].ID), "another stage"
	}
	return name, "stage " + name
}

// lineOf returns the line of the Dockerfile at which a step begins; 0 if it is not known.
func (g *graph) lineOf(step int) int {
	if g.meta.Source == nil {
		return 0
	}
	for _, l := range g.meta.Source.Locations[g.steps[step].ID].Locations {
		for _, r := range l.Ranges {
			return r.Start.Line
		}
	}
	return 0
}
