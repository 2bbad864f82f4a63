package dockerfile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// command evaluates one instruction and appends it to the recipe.
func (e *evaluator) command(c instructions.Command) error {
	in := recipe.Instruction{Keyword: strings.ToUpper(c.Name())}
	in.Flags, in.Written = written(c)
	switch c := c.(type) {
	case *instructions.ArgCommand:
		return e.arg(c, in)
	case *instructions.ExposeCommand:
		return e.expose(c, in)
	case *instructions.EnvCommand:
		return e.setEnv(c, in)
	case *instructions.OnbuildCommand:
		in.Expanded = in.Written
		return e.add(in)
	}
	ignoreContents(c)
	if x, ok := c.(instructions.SupportsSingleWordExpansion); ok {
		if err := x.Expand(e.expand); err != nil {
			return err
		}
	}
	switch c := c.(type) {
	case *instructions.RunCommand:
		in.Expanded, in.Written = e.run(c, in.Written)
		in.Args = e.buildArgs()
	case *instructions.LabelCommand:
		in.Expanded = pairs(c.Labels)
	case *instructions.CopyCommand:
		in.Owner = c.Chown
		copied(&in, c.SourcesAndDest)
	case *instructions.AddCommand:
		in.Owner = c.Chown
		copied(&in, c.SourcesAndDest)
	case *instructions.CmdCommand:
		in.Expanded = e.execute(c.ShellDependantCmdLine)
	case *instructions.EntrypointCommand:
		in.Expanded = e.execute(c.ShellDependantCmdLine)
	case *instructions.WorkdirCommand:
		return e.workdir(c.Path, in)
	case *instructions.ShellCommand:
		e.shell = c.Shell
		in.Expanded = fmt.Sprint(c.Shell)
	case *instructions.HealthCheckCommand:
		in.Expanded = health(c)
	case *instructions.MaintainerCommand:
		in.Expanded = c.Maintainer
	case *instructions.UserCommand:
		in.Expanded = c.User
	case *instructions.VolumeCommand:
		in.Expanded = fmt.Sprint(c.Volumes)
	case *instructions.StopSignalCommand:
		in.Expanded = c.Signal
	default:
		return fmt.Errorf("instruction %T is not known", c)
	}
	return e.add(in)
}

// add appends an instruction, unless the recipe has grown out of all proportion.
func (e *evaluator) add(in recipe.Instruction) error {
	e.size += len(in.Expanded) + len(in.Written) + len(in.Dest)
	for _, words := range [...][]string{in.Args, in.Sources} {
		for _, w := range words {
			e.size += len(w) + 16 // its header
		}
	}
	if e.size > MaxRecipe {
		return errTooLarge
	}
	in, ok := e.withOpen(in)
	if !ok {
		return errTooLarge
	}
	e.out.Instructions = append(e.out.Instructions, in)
	return nil
}

// withOpen sets an instruction's Open if something in it is not known. It reports false
// if too much text had to be searched.
func (e *evaluator) withOpen(in recipe.Instruction) (recipe.Instruction, bool) {
	fields := func(in *recipe.Instruction) []*string {
		all := []*string{&in.Expanded, &in.Dest, &in.Owner}
		for i := range in.Sources {
			all = append(all, &in.Sources[i])
		}
		return all
	}
	isOpen := func(s *string) bool { return strings.Contains(*s, recipe.Unknown) }
	if in.Open == nil && !slices.ContainsFunc(fields(&in), isOpen) {
		return in, true
	}
	if in.Open == nil {
		open, ok := in, true
		open.Sources = slices.Clone(in.Sources)
		for _, s := range fields(&open) {
			if *s, ok = e.mask.Apply(*s); !ok {
				return in, false
			}
		}
		in.Open = &open
	}
	for _, s := range fields(&in) {
		*s = recipe.Known(*s)
	}
	return in, true
}

// written returns an instruction's flags and the rest of its line, as they stand.
func written(c instructions.Command) (flags []string, rest string) {
	text, ok := c.(fmt.Stringer)
	if !ok {
		return nil, ""
	}
	rest = cutWord(text.String())
	for strings.HasPrefix(rest, "--") {
		next := cutWord(rest)
		flags = append(flags, strings.TrimRightFunc(rest[:len(rest)-len(next)], unicode.IsSpace))
		rest = next
	}
	return flags, rest
}

// cutWord returns what follows the first word.
func cutWord(s string) string {
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return ""
	}
	return strings.TrimLeftFunc(s[i:], unicode.IsSpace)
}

// arg declares build arguments.
func (e *evaluator) arg(c *instructions.ArgCommand, in recipe.Instruction) error {
	if err := c.Expand(e.expand); err != nil {
		return err
	}
	var recorded []string
	for _, a := range c.Args {
		value, known := "", true
		if v, ok := e.opts.Args[a.Key]; ok {
			value = v
		} else if a.Value != nil {
			value = *a.Value
		} else {
			value, known = e.globals[a.Key], e.known[a.Key]
		}
		if _, again := e.args[a.Key]; !again && !e.open[a.Key] {
			e.order = append(e.order, a.Key)
		}
		delete(e.open, a.Key)
		delete(e.args, a.Key)
		known = known && !strings.Contains(value, recipe.Unknown) && !slices.Contains(e.opts.Varies, a.Key)
		if known {
			e.args[a.Key] = value
			if len(e.opts.Varies) > 0 {
				e.mask.Set(a.Key, value)
			}
			recorded = append(recorded, a.Key+"="+value)
		} else {
			e.open[a.Key] = true
			recorded = append(recorded, a.Key)
		}
	}
	in.Expanded, in.Args = strings.Join(recorded, " "), recorded
	return e.add(in)
}

// buildArgs returns the ARGs in force.
func (e *evaluator) buildArgs() []string {
	var out []string
	for _, k := range e.order {
		v, ok := e.args[k]
		if e.own[k] {
			v, ok = e.env[k], true
		}
		if !ok || strings.Contains(v, recipe.Unknown) {
			out = append(out, k)
			continue
		}
		out = append(out, k+"="+v)
	}
	return out
}

func (e *evaluator) setEnv(c *instructions.EnvCommand, in recipe.Instruction) error {
	// PATH of the parent stands for itself in ENV (see recipe.KeepPath): using it
	// there is no inheritance that a recipe has to be evaluated again for.
	noted := e.missing["PATH"]
	if err := c.Expand(e.expand); err != nil {
		return err
	}
	before := e.env["PATH"]
	only := true
	for _, kv := range c.Env {
		only = only && (kv.Key == "PATH" || !strings.Contains(kv.Value, before))
	}
	if only && !noted {
		delete(e.missing, "PATH")
	}
	in.Expanded = recipe.KeepPath(pairs(c.Env), before)
	err := e.add(in)
	for _, kv := range c.Env {
		e.env[kv.Key], e.own[kv.Key] = kv.Value, true
		e.mask.Set(kv.Key, kv.Value)
	}
	return err
}

func (e *evaluator) expose(c *instructions.ExposeCommand, in recipe.Instruction) error {
	var all []string
	for _, p := range c.Ports {
		e.allow(p)
		e.using = p
		words, err := e.lex.ProcessWords(p, environment{e})
		if err != nil {
			return err
		}
		if e.spent {
			return errTooLarge
		}
		for _, w := range words {
			e.size += len(w)
		}
		all = append(all, words...)
	}
	in.Expanded = strings.Join(all, " ")
	return e.add(in)
}

func pairs(kvs instructions.KeyValuePairs) string {
	words := make([]string, len(kvs))
	for i, kv := range kvs {
		words[i] = kv.String()
	}
	return strings.Join(words, " ")
}

// ignoreContents leaves the text of heredocs as it is: no line has it.
func ignoreContents(c instructions.Command) {
	var contents []instructions.SourceContent
	switch c := c.(type) {
	case *instructions.CopyCommand:
		contents = c.SourceContents
	case *instructions.AddCommand:
		contents = c.SourceContents
	}
	for i := range contents {
		contents[i].Expand = false
	}
}

func copied(in *recipe.Instruction, sd instructions.SourcesAndDest) {
	in.Sources = append(in.Sources, sd.SourcePaths...)
	for _, c := range sd.SourceContents {
		in.Sources = append(in.Sources, "<<"+c.Path)
	}
	in.Dest = sd.DestPath
	var words []string
	if json.Unmarshal([]byte(in.Written), &words) != nil {
		words = strings.Fields(in.Written)
	}
	if len(words) > 0 {
		in.WrittenDest = words[len(words)-1]
	}
}
