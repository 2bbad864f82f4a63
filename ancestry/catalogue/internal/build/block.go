package build

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

func digestColumn(d recipe.Dialect) int { return slices.Index(recipe.Dialects(), d) }

// A table numbers strings in the order of their first use.
type table struct {
	list []string
	ids  map[string]int
}

func (t *table) id(s string) int {
	if id, ok := t.ids[s]; ok {
		return id
	}
	if t.ids == nil {
		t.ids = map[string]int{}
	}
	t.ids[s] = len(t.list)
	t.list = append(t.list, s)
	return len(t.list) - 1
}

// newest is the code of a reference to an entry of a table that is numbered by
// first use: 0 for a new one, else how far back it is.
type newest struct{ fresh int }

func (n *newest) code(id int) uint64 {
	if id == n.fresh {
		n.fresh++
		return 0
	}
	return uint64(n.fresh - id)
}

// A block is one repository's part of the file, while it is put together.
type block struct {
	froms, origins, paths, archs, templates, args, tagsets, commits, instrs, patterns table
	shapes                                                                            []uint64
	shapeIDs                                                                          map[uint64]int
	hashes, lineShapes, patternOf, open, images                                       wire.Writer
	lines                                                                             int
	references                                                                        [7]wire.Writer
	last                                                                              [7]int
	edits, middles, counts, days, lengths, sets                                       wire.Writer
	fresh, freshSet                                                                   newest
	lastShape, lastDay, withImages, lastImage, withOpen, lastOpen                     int
	sequence                                                                          []int
}

// encodeRepository returns a repository's block and its number of recipes, and adds
// its keys to the indices.
func (b *Builder) encodeRepository(repo int, entries map[string]*entry, k *keys) ([]byte, int) {
	list := sorted(entries)
	x := &block{shapeIDs: map[uint64]int{}}
	for i, e := range list {
		x.add(i, e, k.columns)
		if e.digest != nil {
			k.recipe(repo, e.digest)
		}
	}
	return x.bytes(), len(list)
}

func (x *block) add(i int, e *entry, columns []int) {
	spans := e.spans()
	from := ""
	var instructions []Instruction
	var args []string
	if e.digest != nil {
		from, instructions, args = e.digest.From, e.digest.Instructions, e.digest.Args
		x.addImage(i, e.digest.Image)
		if e.digest.Open {
			x.withOpen++
			x.open.Uint(uint64(i - x.lastOpen))
			x.lastOpen = i
		}
	}
	x.refer(
		x.froms.id(from), x.origins.id(e.origin), x.paths.id(e.path), x.commits.id(shortCommit(e.commit)),
		x.archs.id(strings.Join(slices.Sorted(maps.Keys(e.archs)), " ")),
		x.templates.id(strings.Join(e.templates(spans), " ")), x.args.id(strings.Join(args, " ")),
	)
	sequence := make([]int, 0, len(instructions))
	for _, in := range instructions {
		sequence = append(sequence, x.instruction(in, columns))
	}
	x.edit(sequence)
	x.counts.Uint(uint64(len(spans)))
	for _, s := range spans {
		x.days.Int(int64(int(s.from) - x.lastDay))
		x.lastDay = int(s.from)
		length := uint64(0)
		if s.to != data.Ongoing {
			length = uint64(s.to-s.from) + 1
		}
		x.lengths.Uint(length)
		x.sets.Uint(x.freshSet.code(x.tagsets.id(strings.Join(s.tags, " "))))
	}
}

// shortCommit returns the bytes of a commit that are kept; zeroes for none.
func shortCommit(commit string) string {
	b, err := hex.DecodeString(fmt.Sprintf("%.*s", 2*wire.CommitSize, commit))
	if err != nil || len(b) != wire.CommitSize {
		b = make([]byte, wire.CommitSize)
	}
	return string(b)
}

func (x *block) addImage(i int, img data.Image) {
	lists := img.Lists()
	if lists == [len(lists)]string{} {
		return
	}
	x.withImages++
	x.images.Uint(uint64(i - x.lastImage))
	x.lastImage = i
	verified := uint64(0)
	if img.Verified {
		verified = 1
	}
	x.images.Uint(verified)
	for _, list := range lists {
		x.images.Uint(uint64(len(list) / wire.HashSize))
		x.images.Bytes = append(x.images.Bytes, list...)
	}
}

func (x *block) refer(ids ...int) {
	for i, id := range ids {
		x.references[i].Int(int64(id - x.last[i]))
		x.last[i] = id
	}
}

// instruction numbers an instruction, and writes its pattern and lines if it is
// new.
func (x *block) instruction(in Instruction, columns []int) int {
	n := len(x.instrs.list)
	var own []byte
	for _, c := range columns {
		own = fmt.Appendf(own, "%x ", in.Lines[c])
	}
	id := x.instrs.id(string(own))
	if id < n {
		return id
	}
	var pattern wire.Writer
	for d, c := range columns {
		code := 0
		if in.Lines[c] != 0 {
			code = 1 + slices.IndexFunc(columns, func(o int) bool { return in.Lines[o] == in.Lines[c] })
		}
		if code == d+1 {
			x.line(in.Lines[c], in.Shapes[c])
		}
		pattern.Uint(uint64(code))
	}
	x.patternOf.Uint(uint64(x.patterns.id(string(pattern.Bytes))))
	return id
}

func (x *block) line(hash, shape uint64) {
	x.hashes.Fixed(hash, wire.LineSize)
	x.lines++
	id, ok := x.shapeIDs[shape]
	if !ok {
		id = len(x.shapes)
		x.shapeIDs[shape] = id
		x.shapes = append(x.shapes, shape)
	}
	x.lineShapes.Int(int64(id - x.lastShape))
	x.lastShape = id + 1
}

// edit writes a sequence as what differs from the one before.
func (x *block) edit(sequence []int) {
	old := x.sequence
	prefix := 0
	for prefix < min(len(old), len(sequence)) && old[prefix] == sequence[prefix] {
		prefix++
	}
	suffix := 0
	for suffix < min(len(old), len(sequence))-prefix && old[len(old)-1-suffix] == sequence[len(sequence)-1-suffix] {
		suffix++
	}
	middle := sequence[prefix : len(sequence)-suffix]
	for _, v := range []int{prefix, suffix, len(middle)} {
		x.edits.Uint(uint64(v))
	}
	for _, id := range middle {
		x.middles.Uint(x.fresh.code(id))
	}
	x.sequence = sequence
}

// bytes puts the block's columns one after the other.
func (x *block) bytes() []byte {
	var w wire.Writer
	for _, t := range []*table{&x.froms, &x.origins, &x.paths, &x.archs, &x.templates, &x.args, &x.tagsets} {
		w.Strings(t.list)
	}
	w.Uint(uint64(len(x.commits.list)))
	for _, c := range x.commits.list {
		w.Bytes = append(w.Bytes, c...)
	}
	w.Uint(uint64(len(x.shapes)))
	for _, s := range x.shapes {
		w.Fixed(s, wire.ShapeSize)
	}
	w.Uint(uint64(x.lines))
	w.Append(&x.hashes, &x.lineShapes)
	w.Uint(uint64(len(x.patterns.list)))
	for _, p := range x.patterns.list {
		w.Bytes = append(w.Bytes, p...)
	}
	w.Uint(uint64(len(x.instrs.list)))
	w.Append(&x.patternOf)
	for i := range x.references {
		w.Append(&x.references[i])
	}
	w.Append(&x.edits, &x.middles, &x.counts, &x.days, &x.lengths, &x.sets)
	w.Uint(uint64(x.withOpen))
	w.Append(&x.open)
	w.Uint(uint64(x.withImages))
	w.Append(&x.images)
	return w.Bytes
}
