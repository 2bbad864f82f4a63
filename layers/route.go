package layers

import (
	"errors"
	"strings"
)

var errLoop = errors.New("symbolic links loop, or are too many")

// The most symbolic links that are followed for one path, as in Linux, and the most
// components, "." included, and bytes that these may add to it: links that are walked
// for each of many entries must not cost what their targets are long.
const (
	maxLinks = 40
	maxSteps = 1024
	maxAdded = 16 << 10
)

// A route is the rest of a path that is being walked, with the targets of the links
// met on the way in front.
type route struct {
	rest                string
	links, steps, added int
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
	w.steps += 1 + strings.Count(target, "/")
	w.added += len(target)
	if w.links > maxLinks || w.steps > maxSteps || w.added > maxAdded {
		return false
	}
	if w.rest == "" {
		w.rest = target
	} else {
		w.rest = target + "/" + w.rest
	}
	return true
}
