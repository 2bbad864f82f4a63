package recipe

// At reports whether the recipe stands at step start of a history, from end to
// end, and returns the step after its last. The steps must be of one dialect.
func (r Recipe) At(h *History, start int) (end int, d Dialect, ok bool) {
	for _, d := range Dialects() {
		if end, ok := r.at(h, start, d); ok && end > start {
			return end, d, true
		}
	}
	return 0, Any, false
}

func (r Recipe) at(h *History, start int, d Dialect) (end int, ok bool) {
	end = start
	w := d.writing()
	for _, in := range r.Instructions {
		l, ok := in.line(w)
		if !ok {
			continue
		}
		if end < 0 || end >= h.Len() || !h.Reads(end, d, l) {
			return 0, false
		}
		end++
	}
	return end, true
}
