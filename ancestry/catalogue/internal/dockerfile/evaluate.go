package dockerfile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// Options say how a Dockerfile is built. The zero value, and nil, are a plain
// docker build on an unknown parent.
type Options struct {
	// Target is the stage to build, by name or number; "" is the last.
	Target string
	// Args are the build arguments (--build-arg).
	Args map[string]string
	// Varies are build arguments that have a value which is not known. What they are part of
	// is open, and compared without the values of all build arguments.
	Varies []string
	// Platform is the target platform, "linux/arm64/v8"; "" leaves TARGETARCH and
	// its like open (see [recipe.Instruction.Open]).
	Platform string
	// Parent is what the base image hands on. Without Env it is not known, and what
	// depends on it is open.
	Parent recipe.Context
	// Inherited are variables of the base image that are known where Parent is not.
	Inherited map[string]string
}

// Recipe evaluates the Dockerfile's target stage, together with the stages of the
// file that it is built on.
func (f *File) Recipe(opts *Options) (recipe.Recipe, error) {
	p, err := f.Place(opts)
	switch {
	case err != nil:
		return recipe.Recipe{}, err
	case p.Recipe.From == "":
		return recipe.Recipe{}, errors.New("FROM: no name: give the build argument that it uses")
	case p.Err != nil:
		return recipe.Recipe{}, p.Err
	}
	return p.Recipe, nil
}

// A Placed is a recipe with the lines on which its instructions stand.
type Placed struct {
	// Recipe is the recipe. Where a build argument is not given and its FROM cannot do
	// without, From is ""; where another instruction cannot, that has no keyword.
	Recipe recipe.Recipe
	// Lines are those of the recipe's instructions.
	Lines []Lines
	// From are those of the FROM of every stage that it is made of, the oldest first.
	From []Lines
	// Copies are the COPY --from of which it is known what image they copy from.
	Copies []Copy
	// Err is why the first instruction without a keyword has none; nil if all have.
	Err error
}

// Lines are the first and the last line of an instruction, counted from 1.
type Lines struct{ First, Last int }

// Place is [File.Recipe] for those who look for an instruction in the file. It does
// without build arguments that are not known.
func (f *File) Place(opts *Options) (Placed, error) {
	if opts == nil {
		opts = &Options{}
	}
	stages, meta, err := f.stages()
	if err != nil {
		return Placed{}, err
	}
	e := newEvaluator(f.escape, opts)
	if err := e.global(meta); err != nil {
		return Placed{}, err
	}
	chain, from, err := e.chain(stages, opts.Target)
	if err != nil {
		return Placed{}, err
	}
	var p Placed
	for _, s := range chain {
		p.From = append(p.From, linesOf(s.Location))
		for _, c := range s.Commands {
			if copied, ok := e.copy(stages, s, c); ok {
				copied.At = len(p.Lines)
				p.Copies = append(p.Copies, copied)
			}
			if err := e.command(c); err != nil {
				err = fmt.Errorf("%s: %w", strings.ToUpper(c.Name()), err)
				if errors.Is(err, errTooLarge) {
					return Placed{}, err
				}
				p.Err = cmp.Or(p.Err, err)
				e.out.Instructions = append(e.out.Instructions, recipe.Instruction{})
			}
			p.Lines = append(p.Lines, linesOf(c.Location()))
		}
	}
	e.out.From = from
	e.out.Inherits = slices.Sorted(maps.Keys(e.missing))
	p.Recipe = e.out
	return p, nil
}

// Targets returns the stages as numbers for [Options].Target, the last first, and no more
// than most.
func (f *File) Targets(most int) []string {
	stages, _, err := f.stages()
	if err != nil {
		return nil
	}
	var all []string
	for i := len(stages) - 1; i >= 0 && len(all) < most; i-- {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

func linesOf(ranges []parser.Range) Lines {
	if len(ranges) == 0 {
		return Lines{}
	}
	return Lines{ranges[0].Start.Line, ranges[len(ranges)-1].End.Line}
}

// An evaluator runs a Dockerfile without running anything.
type evaluator struct {
	opts    *Options
	lex     *shell.Lex
	globals map[string]string // ARGs before the first FROM
	known   map[string]bool   // the globals whose value is known
	env     map[string]string // set by ENV, or by the parent
	own     map[string]bool   // set by ENV here
	args    map[string]string // set by ARG
	order   []string          // the ARGs, in order of declaration
	open    map[string]bool   // ARGs without a known value
	missing map[string]bool   // used and not set: Inherits
	mask    *recipe.Mask      // the variables set here
	using   string            // the word that is being expanded
	dir     string            // "" if it is the parent's, and not known
	shell   []string
	left    int // bytes that words may still grow by: see expand
	spent   bool
	size    int // bytes of out, and of all words that were expanded
	out     recipe.Recipe
}

func newEvaluator(escape rune, opts *Options) *evaluator {
	e := &evaluator{
		opts: opts, lex: shell.NewLex(escape),
		globals: map[string]string{}, known: map[string]bool{},
		env: map[string]string{}, own: map[string]bool{},
		args: map[string]string{}, open: map[string]bool{}, missing: map[string]bool{},
		mask: recipe.NewMask(), dir: opts.Parent.Dir, shell: opts.Parent.Shell,
	}
	if opts.Parent.Env != nil && e.dir == "" {
		e.dir = "/"
	}
	maps.Copy(e.env, opts.Inherited)
	maps.Copy(e.env, opts.Parent.Env)
	if _, ok := e.env["PATH"]; !ok {
		e.env["PATH"] = recipe.DefaultPath
	}
	if opts.Platform != "" {
		parts := append(strings.Split(opts.Platform, "/"), "", "")
		for k, v := range map[string]string{
			"TARGETPLATFORM": opts.Platform, "TARGETOS": parts[0], "TARGETARCH": parts[1], "TARGETVARIANT": parts[2],
		} {
			e.globals[k], e.known[k] = v, true
		}
	}
	return e
}

// global evaluates the ARGs before the first FROM.
func (e *evaluator) global(meta []instructions.ArgCommand) error {
	for _, c := range meta {
		for _, a := range c.Args {
			v, given := e.opts.Args[a.Key]
			if !given && a.Value != nil {
				var err error
				if v, err = e.outer(*a.Value); err != nil {
					return fmt.Errorf("ARG %s: %w", a.Key, err)
				}
			}
			if given || a.Value != nil {
				e.globals[a.Key], e.known[a.Key] = v, true
			}
		}
	}
	return nil
}

// chain returns the target stage and those below it, oldest first, and the name of
// the image that the oldest is built on; "" if a build argument that it needs is not
// known.
func (e *evaluator) chain(stages []instructions.Stage, target string) ([]instructions.Stage, string, error) {
	at := len(stages) - 1
	if target != "" {
		i, ok := basesOf(stages).last(target, len(stages))
		if n, err := strconv.Atoi(target); !ok && err == nil && 0 <= n && n < len(stages) {
			i, ok = n, true
		}
		if !ok {
			return nil, "", fmt.Errorf("no stage %q", target)
		}
		at = i
	}
	return e.chainOf(stages, at)
}

// chainOf is chain for a stage of which the index is known.
func (e *evaluator) chainOf(stages []instructions.Stage, at int) ([]instructions.Stage, string, error) {
	before := basesOf(stages)
	var chain []instructions.Stage
	for {
		chain = append(chain, stages[at])
		base, err := e.outer(stages[at].BaseName)
		if err != nil {
			return nil, "", fmt.Errorf("FROM: %w", err)
		}
		// A stage can only be built on those before it: this ends.
		i, ok := before.last(base, at)
		if !ok {
			slices.Reverse(chain)
			return chain, base, nil
		}
		at = i
	}
}

// bases are the stages that have a name, oldest first, by name in small letters.
type bases map[string][]int

func basesOf(stages []instructions.Stage) bases {
	b := bases{}
	for i, s := range stages {
		if s.Name != "" {
			name := strings.ToLower(s.Name)
			b[name] = append(b[name], i)
		}
	}
	return b
}

// last returns the youngest stage of a name before stage at: a name that is given
// twice is the second one's from there on.
func (b bases) last(name string, at int) (int, bool) {
	all := b[strings.ToLower(name)]
	i, _ := slices.BinarySearch(all, at)
	if i == 0 {
		return 0, false
	}
	return all[i-1], true
}
