package layers

import (
	"errors"
	"strings"
)

var errLoop = errors.New("symbolic links loop, or are too many")

// A route is the rest of a path that is being walked, with the targets of the links
// met on the way in front.
type route struct {
	rest         string
	links, steps int
}

// pop returns the next name; "" and "." are left out.
func (w *route) pop() (name string, ok bool) {
	for w.rest != "" {
		name, w.rest, _ = strings.Cut(w.rest, "/")
		if name != "" && name != "." {
			return name, true
		}
	}
	return "", false
}

// push puts a link's target in front. It is false when there have been too many.
func (w *route) push(target string) bool {
	w.links++
	if w.links > maxLinks {
		return false
	}
	if w.rest == "" {
		w.rest = target
	} else {
		w.rest = target + "/" + w.rest
	}
	return true
}
