package build

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// A Digest is all of a recipe that goes into a catalogue: hashes in place of text.
type Digest struct {
	From         string
	Instructions []Instruction
	Versions     []data.Version // of which tags may be made
	Args         []string       // build arguments: see data.HashArg
	Open         bool           // see recipe.Recipe.Open
	Image        data.Image     // what is known of the image that was built
}

// An Instruction has the hashes of its lines, their shapes and their outlines, by
// dialect in the order of [recipe.Dialects]; 0 where the dialect has no line.
type Instruction struct{ Lines, Shapes, Outlines []uint64 }

func newInstruction() Instruction {
	n := len(recipe.Dialects())
	return Instruction{make([]uint64, n), make([]uint64, n), make([]uint64, n)}
}

// DigestRecipe hashes a recipe in all dialects.
func DigestRecipe(r recipe.Recipe) *Digest {
	d := &Digest{From: r.From, Open: r.Open()}
	for _, in := range r.Instructions {
		out := newInstruction()
		d.addArgs(in)
		for i, dialect := range recipe.Dialects() {
			if line, ok := in.Line(dialect); ok {
				out.Lines[i], out.Shapes[i], out.Outlines[i] = data.HashLine(line), data.HashShape(line), data.HashLine(recipe.Outline(line))
				if dialect == recipe.BuildKit {
					d.Versions = append(d.Versions, data.Versions(line)...)
				}
			}
		}
		if in.Keyword == "ARG" {
			d.Versions = append(d.Versions, data.Versions("ARG "+in.Expanded)...)
		}
		d.Instructions = append(d.Instructions, out)
	}
	slices.Sort(d.Args)
	return d
}

// addArgs adds the build arguments that an instruction knows, each value once.
func (d *Digest) addArgs(in recipe.Instruction) {
	add := func(hash func(name, value string) string, pair string) {
		name, value, ok := strings.Cut(pair, "=")
		if a := hash(name, value); ok && !slices.Contains(d.Args, a) {
			d.Args = append(d.Args, a)
		}
	}
	for _, pair := range in.Args {
		add(data.HashArg, pair)
	}
	if in.Keyword == "ARG" {
		for pair := range strings.FieldsSeq(in.Written) {
			add(data.HashDefault, pair)
		}
	}
}

// DigestHistory hashes the history of an image that is made from nothing, and that
// no Dockerfile made or whose Dockerfile is not known.
func DigestHistory(steps []history.Step, env []string) *Digest {
	d := &Digest{From: "scratch"}
	h := recipe.NewHistory(steps, env)
	for range steps {
		d.Instructions = append(d.Instructions, newInstruction())
	}
	for i, dialect := range recipe.Dialects() {
		r := data.ReadHistory(h, steps, dialect)
		for s := range steps {
			d.Instructions[s].Lines[i], d.Instructions[s].Shapes[i] = r.Lines[s], r.Shapes[s]
		}
		d.fill(i)
	}
	for _, s := range steps {
		d.Versions = append(d.Versions, data.Versions(s.CreatedBy)...)
	}
	return d
}

// fill puts a line that no history has where a dialect has none, but has others. Some
// other builder made that step: without it, what is left would be another image.
func (d *Digest) fill(dialect int) {
	const none = "\n"
	if !slices.ContainsFunc(d.Instructions, func(in Instruction) bool { return in.Lines[dialect] != 0 }) {
		return
	}
	for s := range d.Instructions {
		if in := &d.Instructions[s]; in.Lines[dialect] == 0 {
			in.Lines[dialect], in.Shapes[dialect] = data.HashLine(none), data.HashShape(none)
		}
	}
}

// Key is equal for recipes with the same FROM, lines and build arguments, and of one
// build where that is known: an image that was built twice is two.
func (d *Digest) Key() string {
	var k []byte
	for _, in := range d.Instructions {
		for _, l := range in.Lines {
			k = binary.LittleEndian.AppendUint64(k, l)
		}
	}
	lists := d.Image.Lists()
	return d.From + "\x00" + strings.Join(lists[:], "\x00") + "\x00" + strings.Join(d.Args, " ") + "\x00" + string(k)
}
