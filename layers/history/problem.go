package history

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
