package layers

import (
	"fmt"

	"github.com/stemma-go/stemma/layers/history"
)

// None stands for "no layer" and "no step" where an index is expected.
const None = history.None

// A Problem is something wrong with an image, and where: in its history, in a
// layer, in a file. It does not stop the reading of the rest.
type Problem = history.Problem

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
