package html

// A rect is a rectangle of a picture.
type rect struct{ X, Y, W, H float64 }

// inset makes a rectangle smaller: by top at the top and by rim at all sides.
func (r rect) inset(rim, top float64) rect {
	return rect{r.X + rim, r.Y + rim + top, max(0, r.W-2*rim), max(0, r.H-2*rim-top)}
}

// squarify divides a rectangle into one for each weight, whose areas are as the weights
// and whose sides are as equal as a greedy choice makes them: Bruls, Huizing and van
// Wijk, "Squarified Treemaps" (2000). Weights are sorted, the greatest first, and none
// is negative.
func squarify(weights []float64, in rect) []rect {
	out := make([]rect, 0, len(weights))
	for rest := weights; len(rest) > 0; {
		scale := in.W * in.H / max(sum(rest), 1e-9) // area of a weight of 1
		side := min(in.W, in.H)
		n := 1
		for n < len(rest) && worst(rest[:n+1], side, scale) <= worst(rest[:n], side, scale) {
			n++
		}
		var row []rect
		row, in = fill(rest[:n], in, scale)
		out, rest = append(out, row...), rest[n:]
	}
	return out
}

// worst is the greatest ratio of sides that a row of weights gets along a side.
func worst(row []float64, side, scale float64) float64 {
	thick := sum(row) * scale / max(side, 1e-9)
	least := row[len(row)-1] * scale / max(thick, 1e-9)
	most := row[0] * scale / max(thick, 1e-9)
	return max(most/max(thick, 1e-9), thick/max(least, 1e-9))
}

// fill lays a row along the shorter side, and returns what is left.
func fill(row []float64, in rect, scale float64) (out []rect, left rect) {
	total := sum(row)
	if in.W >= in.H { // a column at the left
		thick := min(total*scale/max(in.H, 1e-9), in.W)
		y := in.Y
		for _, w := range row {
			h := in.H * w / max(total, 1e-9)
			out = append(out, rect{in.X, y, thick, h})
			y += h
		}
		return out, rect{in.X + thick, in.Y, in.W - thick, in.H}
	}
	thick := min(total*scale/max(in.W, 1e-9), in.H)
	x := in.X
	for _, w := range row {
		wide := in.W * w / max(total, 1e-9)
		out = append(out, rect{x, in.Y, wide, thick})
		x += wide
	}
	return out, rect{in.X, in.Y + thick, in.W, in.H - thick}
}

func sum(fs []float64) (s float64) {
	for _, f := range fs {
		s += f
	}
	return s
}
