package source

// notes are the annotations of a descriptor or an index, and of those that lead to
// it. The images of an index share the latter: it may hold many of both.
type notes struct {
	own map[string]string
	far *notes
}

// nearer gives the notes of what has annotations of its own.
func (n *notes) nearer(own map[string]string) *notes {
	if len(own) == 0 {
		return n
	}
	return &notes{own: own, far: n}
}

// gather puts the annotations of a manifest and of all ways to it together, the
// nearer going before.
func gather(own map[string]string, ways []*notes) map[string]string {
	var out map[string]string
	add := func(entries map[string]string) {
		for key, value := range entries {
			if out == nil {
				out = map[string]string{}
			}
			if _, ok := out[key]; !ok {
				out[key] = value
			}
		}
	}
	add(own)
	seen := map[*notes]bool{}
	for _, n := range ways {
		for ; n != nil && !seen[n]; n = n.far {
			seen[n] = true
			add(n.own)
		}
	}
	return out
}
