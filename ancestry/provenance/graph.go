package provenance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// maxSteps is how many steps a build graph may have; real ones have a hundred.
const maxSteps = 20_000

// maxVisits is how many steps are looked at in all, some of them on several ways.
const maxVisits = 10 * maxSteps

// graphStep is a vertex of BuildKit's graph, with the parts that lead to images: see its
// solver/pb/ops.proto. Inputs are "step3:0", the number of an output after the step's ID.
type graphStep struct {
	ID     string   `json:"id"`
	Inputs []string `json:"inputs"`
	Op     *struct {
		Op struct {
			Exec *struct {
				Mounts []mount `json:"mounts"`
			} `json:"exec"`
			Source *struct {
				Identifier string `json:"identifier"`
			} `json:"source"`
			File *struct {
				Actions []fileAction `json:"actions"`
			} `json:"file"`
			Merge *struct {
				Inputs []struct {
					Input int `json:"input"`
				} `json:"inputs"`
			} `json:"merge"`
			Diff  *struct{} `json:"diff"`
			Build *struct{} `json:"build"`
			Pass  *struct{} `json:"passthrough"`
		} `json:"Op"`
	} `json:"op"`

	inputs []output // Inputs, parsed
}

// mount is what a command sees at Dest. Input is -1 for an empty one.
type mount struct {
	Input     int    `json:"input"`
	Dest      string `json:"dest"`
	Output    int    `json:"output"`
	MountType int    `json:"mountType"` // 0 is a bind mount
}

// fileAction works on Input; from as many as there are inputs on, its numbers are those of
// the actions before.
type fileAction struct {
	Input     int `json:"input"`
	Secondary int `json:"secondaryInput"`
	Output    int `json:"output"`
	Action    struct {
		Copy *struct {
			Src  string `json:"src"`
			Dest string `json:"dest"`
		} `json:"copy"`
	} `json:"Action"`
}

// sourceMap says which lines of the Dockerfile a step is of.
type sourceMap struct {
	Locations map[string]struct {
		Locations []struct {
			Ranges []struct {
				Start struct {
					Line int `json:"line"`
				} `json:"start"`
			} `json:"ranges"`
		} `json:"locations"`
	} `json:"locations"`
	Infos []struct {
		Data []byte `json:"data"`
	} `json:"infos"`
}

// An output is one of a step's results.
type output struct{ step, index int }

// nothing is what a build from scratch begins with.
var nothing = output{step: -1}

// A graph is a build, its steps by number.
type graph struct {
	steps []graphStep
	top   output // what became the image
	meta  buildKitMetadata
}

// newGraph checks the steps. The one that nothing works on has no operation, and the result
// as its input.
func newGraph(steps []graphStep, meta buildKitMetadata) (*graph, error) {
	if len(steps) > maxSteps {
		return nil, fmt.Errorf("%d steps, more than %d", len(steps), maxSteps)
	}
	number := make(map[string]int, len(steps))
	for i, s := range steps {
		if _, twice := number[s.ID]; twice {
			return nil, fmt.Errorf("step %d: there are two with the ID %.40q", i, s.ID)
		}
		number[s.ID] = i
	}
	used := make([]bool, len(steps))
	for i := range steps {
		s := &steps[i]
		for _, in := range s.Inputs {
			id, index, _ := strings.Cut(in, ":")
			n, err := strconv.Atoi(index)
			of, ok := number[id]
			if err != nil || n < 0 || !ok {
				return nil, fmt.Errorf("step %d: no input %.40q", i, in)
			}
			s.inputs = append(s.inputs, output{of, n})
			used[of] = true
		}
	}
	g := &graph{steps: steps, top: nothing, meta: meta}
	for i, s := range steps {
		if used[i] || s.does() || len(s.inputs) != 1 {
			continue
		}
		if g.top != nothing {
			return nil, fmt.Errorf("step %d: a second result", i)
		}
		g.top = s.inputs[0]
	}
	if g.top == nothing {
		return nil, errors.New("no step is the result")
	}
	return g, nil
}

// does reports whether a step has an operation.
func (s graphStep) does() bool {
	if s.Op == nil {
		return false
	}
	op := s.Op.Op
	return op.Exec != nil || op.Source != nil || op.File != nil || op.Merge != nil || op.Diff != nil || op.Build != nil || op.Pass != nil
}

// A copied is something that a step takes from outside its own line.
type copied struct {
	from      output
	src, dest string // of a COPY; a mount has its place as dest
	mount     bool
}

// A layer is a step of a line, which makes one layer.
type layer struct {
	step   int
	copies []copied
}

// A line is how a file system came about: what it begins with, and what was put onto it.
type line struct {
	base   output // of a source, or nothing
	layers []layer
	// loose says that the layers are not one for each step: --link put images together.
	loose bool
}

// A walk follows a graph. Its budget bounds the steps looked at: merges in merges can lead
// to one in more ways than can be walked.
type walk struct {
	*graph
	active map[output]bool // on the way to where the walk is
	budget int
}

func newWalk(g *graph) *walk {
	return &walk{graph: g, active: map[output]bool{}, budget: maxVisits}
}

// follow walks from an output down to what its file system begins with.
func (w *walk) follow(top output) (line, error) {
	var l line
	var way []output
	defer func() {
		for _, o := range way {
			delete(w.active, o)
		}
	}()
	at := top
	for at != nothing && w.source(at) == "" {
		if w.active[at] {
			return line{}, fmt.Errorf("step %d: the graph goes round in a circle", at.step)
		}
		if w.budget--; w.budget < 0 {
			return line{}, fmt.Errorf("step %d: more than %d steps are on the ways through the graph", at.step, maxVisits)
		}
		w.active[at] = true
		way = append(way, at)
		below, made, err := w.below(at)
		if err != nil {
			return line{}, err
		}
		l.layers = append(l.layers, made.layers...)
		l.loose = l.loose || made.loose
		at = below
	}
	l.base = at
	slices.Reverse(l.layers)
	return l, nil
}

// source returns what a step that is a source fetches: "docker-image://…"; "" for others.
func (g *graph) source(o output) string {
	if o == nothing || g.steps[o.step].Op == nil || g.steps[o.step].Op.Op.Source == nil {
		return ""
	}
	return g.steps[o.step].Op.Op.Source.Identifier
}

// below returns the output that a step works on, and what the step made of it, the last
// layer first.
func (w *walk) below(o output) (output, line, error) {
	s := w.steps[o.step]
	if s.Op == nil {
		return nothing, line{}, fmt.Errorf("step %d: it has no operation", o.step)
	}
	switch op := s.Op.Op; {
	case op.Exec != nil:
		i := slices.IndexFunc(op.Exec.Mounts, func(m mount) bool { return m.Output == o.index && m.MountType == 0 })
		if i < 0 {
			return nothing, line{}, fmt.Errorf("step %d: no mount has the output %d", o.step, o.index)
		}
		made := layer{step: o.step}
		for j, m := range op.Exec.Mounts {
			if from, err := s.input(m.Input); j != i && m.MountType == 0 && err == nil && from != nothing {
				made.copies = append(made.copies, copied{from: from, dest: m.Dest, mount: true})
			}
		}
		on, err := s.input(op.Exec.Mounts[i].Input)
		return on, line{layers: []layer{made}}, positioned(o.step, err)
	case op.File != nil:
		on, copies, err := s.files(op.File.Actions, o.index)
		return on, line{layers: []layer{{o.step, copies}}}, positioned(o.step, err)
	case op.Merge != nil:
		return w.merged(o.step)
	}
	return nothing, line{}, fmt.Errorf("step %d: an operation that cannot be followed", o.step)
}

func positioned(step int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("step %d: %w", step, err)
}

// input returns an input by number; -1 is an empty file system.
func (s graphStep) input(n int) (output, error) {
	switch {
	case n == -1:
		return nothing, nil
	case n < 0 || n >= len(s.inputs):
		return nothing, fmt.Errorf("input %d of %d", n, len(s.inputs))
	}
	return s.inputs[n], nil
}

// files follows the actions that lead to an output.
func (s graphStep) files(actions []fileAction, index int) (output, []copied, error) {
	i := slices.IndexFunc(actions, func(a fileAction) bool { return a.Output == index })
	if i < 0 {
		return nothing, nil, fmt.Errorf("no action has the output %d", index)
	}
	var copies []copied
	for range actions {
		a := actions[i]
		if c := a.Action.Copy; c != nil && a.Secondary >= 0 && a.Secondary < len(s.inputs) {
			copies = append(copies, copied{from: s.inputs[a.Secondary], src: c.Src, dest: c.Dest})
		}
		if a.Input < len(s.inputs) {
			on, err := s.input(a.Input)
			slices.Reverse(copies)
			return on, copies, err
		}
		if i = a.Input - len(s.inputs); i >= len(actions) {
			return nothing, nil, fmt.Errorf("action %d of %d", i, len(actions))
		}
	}
	return nothing, nil, errors.New("the actions go round in a circle")
}

// merged follows a merge: COPY --link makes a file system of its own, which is laid onto the
// one before.
func (w *walk) merged(step int) (output, line, error) {
	s := w.steps[step]
	inputs := s.Op.Op.Merge.Inputs
	if len(inputs) == 0 {
		return nothing, line{}, fmt.Errorf("step %d: a merge of nothing", step)
	}
	var made line
	for _, in := range slices.Backward(inputs[1:]) {
		from, err := s.input(in.Input)
		if err != nil {
			return nothing, line{}, positioned(step, err)
		}
		upper, err := w.follow(from)
		if err != nil {
			return nothing, line{}, err
		}
		slices.Reverse(upper.layers)
		made.layers = append(made.layers, upper.layers...)
		if made.loose = made.loose || upper.loose || upper.base != nothing; upper.base != nothing {
			made.layers = append(made.layers, layer{step, []copied{{from: upper.base}}})
		}
	}
	on, err := s.input(inputs[0].Input)
	return on, made, positioned(step, err)
}

// image returns the image that a source step fetches, false for other sources.
func (g *graph) image(o output) (ancestry.Name, bool) {
	kind, ref, _ := strings.Cut(g.source(o), "://")
	switch kind {
	case "docker-image":
		return ancestry.ParseName(ref)
	case "oci-layout": // its name means nothing elsewhere
		_, digest, _ := strings.Cut(ref, "@")
		h, err := v1.NewHash(digest)
		return ancestry.Name{Digest: h}, err == nil
	}
	return ancestry.Name{}, false
}

// layersOf returns the stored layers of an output, as BuildKit recorded them; nil where it
// did not.
func (g *graph) layersOf(o output) []v1.Descriptor {
	if o == nothing {
		return nil
	}
	for _, stack := range g.meta.Layers[fmt.Sprintf("%s:%d", g.steps[o.step].ID, o.index)] {
		if len(stack) > 0 {
			return stack
		}
	}
	return nil
}
