package recipe

import (
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/layers/history"
)

// A Context is what a Dockerfile takes over from its parent.
type Context struct {
	Env   map[string]string
	Dir   string   // the working directory; "" is /
	Shell []string // that SHELL set; nil is [/bin/sh -c]
}

// A History is an image's history, made comparable with recipes. It is safe for
// concurrent use.
type History struct {
	steps []history.Step
	root  map[string]string // the variables before the first step
	// lines are each step's first readings, by dialect; readings are all of them, from
	// the first time that somebody asks for them.
	lines, readings map[Dialect][][]string
	once            sync.Once
}

// NewHistory prepares an image's steps. env is the configuration's Env: it has the
// values of variables that no step set, which then come from the root.
func NewHistory(steps []history.Step, env []string) *History {
	h := &History{steps: steps, root: rootEnv(steps, env)}
	h.lines = h.read(nil)
	return h
}

// read returns the steps' lines by dialect: of each step the first, or with a mask all.
func (h *History) read(mask *Mask) map[Dialect][][]string {
	out := map[Dialect][][]string{}
	writes := map[Dialect]*history.Writing{}
	for _, d := range Dialects() {
		out[d], writes[d] = make([][]string, len(h.steps)), d.writing()
	}
	args := newArgs(h.steps)
	b := before{path: h.root["PATH"], mask: mask}
	var given [][]string
	if mask != nil {
		b.withArgs, given = NewMask(), h.given()
		for k, v := range h.root {
			b.set(k, v)
		}
	}
	grown := 0
	for i, s := range h.steps {
		if mask != nil {
			for _, pair := range given[i] {
				k, v, _ := strings.Cut(pair, "=")
				b.withArgs.Set(k, v)
			}
		}
		for d, w := range writes {
			if grown > maxGrowth {
				out[d][i] = []string{line(s.Instruction.Keyword, s.Instruction.Args)}
				continue
			}
			out[d][i] = b.lines(s.Instruction, w, args[i])
		}
		for d := range writes {
			grown += max(0, len(out[d][i][0])-len(s.CreatedBy)) // other readings are never longer
		}
		b.after(s.Instruction)
	}
	return out
}

// maxGrowth is how many bytes longer than a history its lines may be: port ranges
// that are written out, relative directories made absolute. What follows then
// stands as it is recorded.
const maxGrowth = 8 << 20

// rootEnv returns the variables that were set before the first step.
func rootEnv(steps []history.Step, env []string) map[string]string {
	root := map[string]string{"PATH": DefaultPath}
	for _, pair := range env {
		k, v, _ := strings.Cut(pair, "=")
		root[k] = v
	}
	for _, s := range steps {
		for _, pair := range s.Instruction.Env() {
			k, _, _ := strings.Cut(pair, "=")
			delete(root, k)
		}
	}
	if _, ok := root["PATH"]; !ok {
		root["PATH"] = DefaultPath
	}
	return root
}

// Before returns the context that step i found: what an image whose history ends
// there hands on to its children. It takes time linear in i.
func (h *History) Before(i int) Context {
	c := Context{Env: maps.Clone(h.root)}
	for _, s := range h.steps[:i] {
		switch in := s.Instruction; in.Keyword {
		case "ENV":
			for _, pair := range in.Env() {
				k, v, _ := strings.Cut(pair, "=")
				c.Env[k] = v
			}
		case "WORKDIR":
			c.Dir = join(c.Dir, in.Args)
		case "SHELL":
			c.Shell = strings.Fields(shellText(in.Args))
		}
	}
	return c
}

// maxDir bounds a working directory that is put together from relative ones:
// Linux' PATH_MAX.
const maxDir = 4096

func join(dir, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	if len(dir)+len(p) > maxDir {
		return "/"
	}
	return path.Join("/", dir, p)
}

// newArgs returns, for ARG steps, the names that are new: Buildah records at each
// ARG all names known so far, sorted.
func newArgs(steps []history.Step) []string {
	names := make([]string, len(steps))
	known := map[string]bool{}
	for i, s := range steps {
		in := s.Instruction
		w := in.Builder.Facts().Writing
		if in.From != "" && !isID(in.From) || in.Builder != history.BuilderUnknown && (w == nil || !w.SumsArgs) {
			clear(known)
		}
		if in.Keyword != "ARG" {
			continue
		}
		all := strings.Fields(argNames(in.Args))
		fresh := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return known[n] })
		if len(fresh) == 0 {
			fresh = all
		}
		for _, n := range all {
			known[n] = true
		}
		names[i] = strings.Join(fresh, " ")
	}
	return names
}

// isID reports whether a FROM is an image's ID: with --layers, Buildah records the
// image before each instruction.
func isID(from string) bool {
	return len(from) >= 12 && strings.Trim(from, "0123456789abcdef") == ""
}

// Len returns the number of steps.
func (h *History) Len() int { return len(h.steps) }

// Speaks reports whether step i can be of the dialect: it is an instruction, and
// its builder is that of the dialect or not known.
func (h *History) Speaks(i int, d Dialect) bool {
	in := h.steps[i].Instruction
	own := DialectOf(in.Builder)
	return in.Builder == history.BuilderUnknown && !h.steps[i].Synthetic || own == d && own != Any
}

// Line returns step i's line, read in a dialect other than Any: as it stands in a
// Dockerfile that takes nothing over from its parent.
func (h *History) Line(i int, d Dialect) string { return h.lines[d][i][0] }

// Readings returns all lines that can be step i's in a dialect other than Any, the
// first of which is [History.Line]. The others are those of an [Instruction] that is
// open: where a variable of the parent's gave a part of it, or a build argument whose value
// the recipe does not know, or the parent's directory.
func (h *History) Readings(i int, d Dialect) []string {
	h.once.Do(func() { h.readings = h.read(NewMask()) })
	return h.readings[d][i]
}

// Reads reports whether a recipe's line can be step i's.
func (h *History) Reads(i int, d Dialect, line string) bool {
	return h.Speaks(i, d) && (h.Line(i, d) == line || slices.Contains(h.Readings(i, d), line))
}

// before is what a step finds.
type before struct {
	path, dir, shell string
	mask             *Mask // of variables; nil for first readings alone
	withArgs         *Mask // of variables and build arguments
}

// set notes a variable.
func (b *before) set(name, value string) {
	if b.mask != nil {
		b.mask.Set(name, value)
		b.withArgs.Set(name, value)
	}
}

func (b *before) after(in history.Instruction) {
	switch in.Keyword {
	case "ENV":
		for _, pair := range in.Env() {
			k, v, _ := strings.Cut(pair, "=")
			if k == "PATH" {
				b.path = v
			}
			b.set(k, v)
		}
	case "WORKDIR":
		b.dir = join(b.dir, in.Args)
	case "SHELL":
		b.shell = shellText(in.Args)
	}
}

// shellText is a recorded SHELL without its brackets.
func shellText(args string) string { return strings.Trim(args, "[]") }

// lines returns what one step can read like; args are the new names of Buildah's
// ARG.
func (b *before) lines(in history.Instruction, w *history.Writing, args string) []string {
	switch {
	case in.Keyword == "":
		// The exec form of a classic RUN is recorded as its words alone.
		return []string{line("RUN", in.Args)}
	case in.Keyword == "ARG" && w.SumsArgs:
		return []string{line("ARG", args)}
	case in.Keyword == "ARG":
		return []string{line("ARG", argNames(in.Args))}
	case !w.Expanded && in.Keyword != "COPY" && in.Keyword != "ADD":
		return []string{line(in.Keyword, in.Args)}
	}
	finish := func(rest string) string { return line(in.Keyword, rest) }
	rest := in.Args
	switch in.Keyword {
	case "RUN", "MAINTAINER", "ONBUILD", "SHELL":
		return []string{finish(rest)}
	case "CMD", "ENTRYPOINT":
		return []string{finish(command(rest, b.shell))}
	case "HEALTHCHECK":
		return []string{finish(health(rest))}
	case "COPY", "ADD":
		rest = stepCopy(in, w)
	case "ENV":
		rest = KeepPath(rest, b.path)
	case "WORKDIR":
		rest = join(b.dir, rest)
	case "EXPOSE":
		finish = func(rest string) string { return line("EXPOSE", ports(rest)) }
	}
	out := []string{finish(rest)}
	if !w.Expanded || b.mask == nil {
		return out
	}
	if in.Keyword == "WORKDIR" {
		if below, ok := relative(b.dir, rest); ok {
			out = append(out, finish(below))
		}
	}
	for _, m := range []*Mask{b.mask, b.withArgs} {
		if masked, ok := m.Apply(rest); ok && masked != rest && !slices.Contains(out, finish(masked)) {
			out = append(out, finish(masked))
		}
	}
	return out
}

// relative returns a directory as a relative WORKDIR in dir names it: "./app".
func relative(dir, p string) (string, bool) {
	dir = join(dir, ".")
	if dir == p {
		return "./.", true
	}
	below, ok := strings.CutPrefix(p, strings.TrimSuffix(dir, "/")+"/")
	return "./" + below, ok
}

func stepCopy(in history.Instruction, w *history.Writing) string {
	switch {
	case !w.Expanded && w.Sources:
		return strings.Join(append(slices.Clone(in.Flags), in.Args), " ")
	case !w.Expanded:
		return in.Dest
	}
	owner := ""
	for _, f := range in.Flags {
		if v, ok := strings.CutPrefix(f, "--chown="); ok {
			owner = v
		}
	}
	return copied(w, owner, in.Sources, in.Dest)
}

// Lines returns the lines of steps from to to-1 in a dialect; false if one of
// them can't be of that dialect.
func (h *History) Lines(from, to int, d Dialect) ([]string, bool) {
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		if !h.Speaks(i, d) {
			return nil, false
		}
		lines = append(lines, h.Line(i, d))
	}
	return lines, true
}

// given returns, for each ARG step, the values of its build arguments: those that the
// next RUN has, and where that has none, its own.
func (h *History) given() [][]string {
	out := make([][]string, len(h.steps))
	var next []string
	for i := len(h.steps) - 1; i >= 0; i-- {
		switch in := h.steps[i].Instruction; in.Keyword {
		case "RUN":
			next = in.BuildArgs
		case "ARG":
			for _, own := range h.BuildArgs(i) {
				name, _, valued := strings.Cut(own, "=")
				at := slices.IndexFunc(next, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
				if at >= 0 {
					out[i] = append(out[i], next[at])
				} else if valued {
					out[i] = append(out[i], own)
				}
			}
		}
	}
	return out
}

// BuildArgs returns the build arguments that step i records: those of a RUN, or
// the values of an ARG (of Docker's classic builder, its default). nil if it
// records none.
func (h *History) BuildArgs(i int) []string {
	in := h.steps[i].Instruction
	if in.Keyword != "ARG" {
		return in.BuildArgs
	}
	if strings.Count(in.Args, "=") == 1 && isName(in.Args[:strings.IndexByte(in.Args, '=')]) {
		return []string{in.Args} // whatever spaces the value has
	}
	return strings.Fields(in.Args)
}
