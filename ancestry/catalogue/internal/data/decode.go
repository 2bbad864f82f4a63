package data

import (
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// decode reads a repository's block: tables first, then the recipes, one column
// after the other.
func (r *Repository) decode(in *wire.Reader, recipes int) error {
	for _, table := range []*[]string{&r.froms, &r.origins, &r.paths, &r.archs, &r.templates, &r.args, &r.tagsets} {
		*table = in.Strings()
	}
	r.commits = in.Take(wire.CommitSize * in.Count(wire.CommitSize, in.Len()))
	r.decodeLines(in)
	r.decodeInstructions(in)
	r.recipes = make([]record, min(recipes, in.Len()))
	if len(r.recipes) != recipes {
		return wire.ErrCorrupt
	}
	r.decodeReferences(in)
	r.decodeSequences(in)
	r.decodeSpans(in)
	r.decodeOpen(in)
	r.decodeImages(in)
	if in.Len() != 0 && in.Err() == nil {
		return wire.ErrCorrupt
	}
	return in.Err()
}

func (r *Repository) decodeLines(in *wire.Reader) {
	r.shapes = make([]uint64, in.Count(wire.ShapeSize, in.Len()))
	for i := range r.shapes {
		r.shapes[i] = in.Fixed(wire.ShapeSize)
	}
	r.lines = make([]line, in.Count(wire.LineSize, in.Len()))
	for i := range r.lines {
		r.lines[i].hash = in.Fixed(wire.LineSize)
	}
	next := int64(0)
	for i := range r.lines {
		id := next + in.Int()
		if id < 0 || id >= int64(len(r.shapes)) {
			in.Fail()
			return
		}
		r.lines[i].shape = uint32(id)
		next = id + 1
	}
}

// decodeInstructions reads the patterns, and then which instruction has which. A
// pattern has a number for each dialect: 0 if the dialect has no line; else 1 more than
// the first dialect that has the same line. Lines are numbered as they come.
func (r *Repository) decodeInstructions(in *wire.Reader) {
	n := len(r.dialects)
	patterns := make([]int, n*in.Count(n, in.Len()))
	for i := range patterns {
		patterns[i] = in.Below(i%n + 2)
	}
	count := in.Count(1, in.Len())
	if count*n > maxArena {
		in.Fail()
		count = 0
	}
	r.byDialect, r.gaps = make([][]int32, n), make([]bool, n)
	for d := range r.byDialect {
		r.byDialect[d] = make([]int32, count)
	}
	line := int32(0)
	for i := range count {
		at := in.Below(len(patterns)/n) * n
		if in.Err() != nil {
			return
		}
		for d, code := range patterns[at : at+n] {
			switch code {
			case 0:
				r.byDialect[d][i] = -1
				r.gaps[d] = true
			case d + 1:
				r.byDialect[d][i] = line
				line++
			default:
				r.byDialect[d][i] = r.byDialect[code-1][i]
			}
		}
	}
	if int(line) != len(r.lines) {
		in.Fail()
	}
}

// instructions returns the number of distinct instructions.
func (r *Repository) instructions() int { return len(r.byDialect[0]) }

// decodeReferences reads the columns that point into the tables, each as the
// difference to the recipe before.
func (r *Repository) decodeReferences(in *wire.Reader) {
	for _, column := range []struct {
		at    func(*record) *int32
		table int
	}{
		{func(x *record) *int32 { return &x.from }, len(r.froms)},
		{func(x *record) *int32 { return &x.origin }, len(r.origins)},
		{func(x *record) *int32 { return &x.path }, len(r.paths)},
		{func(x *record) *int32 { return &x.commit }, len(r.commits) / wire.CommitSize},
		{func(x *record) *int32 { return &x.archs }, len(r.archs)},
		{func(x *record) *int32 { return &x.template }, len(r.templates)},
		{func(x *record) *int32 { return &x.args }, len(r.args)},
	} {
		last := int64(0)
		for i := range r.recipes {
			last += in.Int()
			if last < 0 || last >= int64(column.table) {
				in.Fail()
				return
			}
			*column.at(&r.recipes[i]) = int32(last)
		}
	}
}

// maxArena bounds the instructions of all recipes of a repository, and the lines of its
// distinct instructions in all dialects: a few bytes can repeat long recipes many times.
const maxArena = 1 << 23

// decodeSequences reads the recipes' instructions: what a recipe shares with the
// one before at its begin and at its end, and what is between.
func (r *Repository) decodeSequences(in *wire.Reader) {
	type edit struct{ prefix, middle, suffix int }
	edits := make([]edit, len(r.recipes))
	length, total := 0, 0
	for i := range edits {
		e := edit{prefix: in.Below(length + 1)}
		e.suffix = in.Below(length - e.prefix + 1)
		e.middle = in.Count(0, 1<<16)
		length = e.prefix + e.middle + e.suffix
		if total += length; total > maxArena {
			in.Fail()
			return
		}
		edits[i] = e
	}
	if in.Err() != nil {
		return
	}
	r.arena = make([]uint32, 0, total)
	fresh := 0
	last := r.arena
	for i, e := range edits {
		if in.Err() != nil {
			return
		}
		first := len(r.arena)
		r.arena = append(r.arena, last[:e.prefix]...)
		for range e.middle {
			id := newest(in, &fresh, r.instructions())
			r.arena = append(r.arena, uint32(id))
		}
		r.arena = append(r.arena, last[len(last)-e.suffix:]...)
		r.recipes[i].first, r.recipes[i].end = int32(first), int32(len(r.arena))
		last = r.arena[first:]
	}
}

func (r *Repository) decodeSpans(in *wire.Reader) {
	total := 0
	for i := range r.recipes {
		n := in.Count(3, in.Len())
		if total += n; total > in.Len() {
			in.Fail()
			return
		}
		r.recipes[i].spanFirst, r.recipes[i].spanEnd = int32(total-n), int32(total)
	}
	if total*3 > in.Len() {
		in.Fail()
		return
	}
	r.spans = make([]span, total)
	day := int64(0)
	for i := range r.spans {
		day += in.Int()
		r.spans[i].from = Day(max(min(day, int64(Ongoing)-1), -int64(Ongoing)))
	}
	for i := range r.spans {
		r.spans[i].to = Ongoing
		if n := in.Count(0, 1<<20); n > 0 {
			r.spans[i].to = r.spans[i].from + Day(n-1)
		}
	}
	fresh := 0
	for i := range r.spans {
		r.spans[i].tags = newest(in, &fresh, len(r.tagsets))
	}
}

// newest reads a reference into a table whose entries are numbered in the order of
// their first use: 0 is the next new one, n the one n before it.
func newest(in *wire.Reader, fresh *int, table int) int {
	back := in.Below(*fresh + 1)
	if back > 0 {
		return *fresh - back
	}
	if *fresh >= table {
		in.Fail()
		return 0
	}
	*fresh++
	return *fresh - 1
}

func (r *Repository) decodeOpen(in *wire.Reader) {
	at := 0
	for range in.Count(1, in.Len()) {
		if at += in.Below(len(r.recipes) - at); in.Err() != nil {
			return
		}
		r.recipes[at].open = true
	}
}

func (r *Repository) decodeImages(in *wire.Reader) {
	n := in.Count(6, in.Len())
	r.images = make(map[int]image, n)
	at := 0
	for range n {
		at += in.Below(len(r.recipes) - at)
		x := image{verified: in.Below(2) == 1}
		for i := range x.hashes {
			x.hashes[i] = in.Take(wire.HashSize * in.Count(wire.HashSize, in.Len()))
		}
		if len(x.hashes[dated]) > wire.HashSize || len(x.hashes[manifest]) > wire.HashSize {
			in.Fail()
		}
		r.images[at] = x
	}
}
