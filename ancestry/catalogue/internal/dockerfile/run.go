package dockerfile

import (
	"path"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// execute returns the command of CMD and ENTRYPOINT.
func (e *evaluator) execute(c instructions.ShellDependantCmdLine) string {
	words := c.CmdLine
	shell := strings.Join(e.shell, " ")
	if c.PrependShell {
		words = []string{shell, strings.Join(c.CmdLine, " ")}
		if shell == "" {
			words[0] = "/bin/sh -c" // or another of the parent's: it is left out
		}
	}
	return recipe.Command(words, shell)
}

// run returns a RUN as Docker and BuildKit record it, without its shell, and as
// Buildah does.
func (e *evaluator) run(c *instructions.RunCommand, line string) (expanded, written string) {
	text := strings.Join(c.CmdLine, " ")
	if !c.PrependShell {
		if _, rest, ok := history.CutShell(text); ok { // as it is read from a history
			text = rest
		}
		return text, line
	}
	for _, f := range c.Files {
		line += "\n" + strings.TrimSpace(f.Data)
	}
	if len(c.Files) > 0 {
		text = heredoc(text, c.Files)
	}
	return text, line
}

// heredoc puts a heredoc's content where the shell finds it, as BuildKit does: a
// lone heredoc is the command itself, or a script if it begins with #!.
func heredoc(line string, files []instructions.ShellInlineFile) string {
	if h, err := parser.ParseHeredoc(line); err == nil && h != nil {
		data := files[0].Data
		if files[0].Chomp {
			data = parser.ChompHeredocContent(data)
		}
		if strings.HasPrefix(data, "#!") {
			return path.Join("/dev/pipes", files[0].Name)
		}
		return data
	}
	var b strings.Builder
	b.WriteString(line)
	for _, f := range files {
		b.WriteByte('\n')
		b.WriteString(f.Data)
		b.WriteString(f.Name)
	}
	return b.String()
}

// workdir appends a WORKDIR. A relative one that stands first depends on the parent's
// directory, and those that follow on it.
func (e *evaluator) workdir(p string, in recipe.Instruction) error {
	absolute := path.IsAbs(p) || strings.HasPrefix(p, recipe.Unknown) // variables name absolute ones, mostly
	switch {
	case absolute:
		e.dir = path.Clean(p)
	case e.dir == "":
		in.Expanded = "./" + recipe.Known(path.Clean(p))
		open := in
		in.Open = &open
		return e.add(in)
	default:
		e.dir = path.Join(e.dir, p)
	}
	in.Expanded = e.dir
	return e.add(in)
}

func health(c *instructions.HealthCheckCommand) string {
	h := c.Health
	times := []string{h.Interval.String(), h.Timeout.String(), h.StartPeriod.String(), h.StartInterval.String()}
	return recipe.Health(h.Test, times, strconv.Itoa(h.Retries))
}
