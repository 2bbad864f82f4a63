package layers

import (
	"fmt"
	"strings"
)

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

// problems collects what is wrong with one layer's entries, up to a limit.
type problems struct {
	list  []Problem
	limit int
	more  int // over the limit
}

func (p *problems) add(layer int, path string, err error) {
	if len(p.list) >= p.limit {
		p.more++
		return
	}
	p.list = append(p.list, Problem{Layer: layer, Step: None, Path: path, Err: err})
}

// all returns the problems and, if some were dropped, how many.
func (p *problems) all(layer int) []Problem {
	if p.more == 0 {
		return p.list
	}
	return append(p.list, Problem{Layer: layer, Step: None, Err: fmt.Errorf("and %d more problems", p.more)})
}
