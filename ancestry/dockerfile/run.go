package dockerfile

import (
	"path"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/stemma-go/stemma/ancestry/recipe"
)

// words returns the command of CMD and ENTRYPOINT, with its shell if it has one.
func (e *evaluator) words(c instructions.ShellDependantCmdLine) []string {
	if !c.PrependShell {
		return c.CmdLine
	}
	return append(e.runShell(), strings.Join(c.CmdLine, " "))
}

// runShell returns a copy of the shell in force.
func (e *evaluator) runShell() []string {
	if len(e.shell) == 0 {
		// The parent may have set another.
		e.out.FollowsParent = true
		return []string{"/bin/sh", "-c"}
	}
	return append([]string(nil), e.shell...)
}

// run returns a RUN as Docker and BuildKit record it, and as Buildah does.
func (e *evaluator) run(c *instructions.RunCommand, line string) (expanded, written string) {
	if !c.PrependShell {
		return strings.Join(c.CmdLine, " "), line
	}
	text := strings.Join(c.CmdLine, " ")
	for _, f := range c.Files {
		line += "\n" + strings.TrimSpace(f.Data)
	}
	if len(c.Files) > 0 {
		text = heredoc(text, c.Files)
	}
	return strings.Join(append(e.runShell(), text), " "), line
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

func (e *evaluator) workdir(p string) string {
	if !path.IsAbs(p) && e.dir == "" {
		e.out.FollowsParent = true
	}
	if path.IsAbs(p) {
		e.dir = path.Clean(p)
	} else {
		e.dir = path.Join("/", e.dir, p)
	}
	return e.dir
}

func health(c *instructions.HealthCheckCommand) string {
	h := c.Health
	times := []string{h.Interval.String(), h.Timeout.String(), h.StartPeriod.String(), h.StartInterval.String()}
	return recipe.Health(h.Test, times, strconv.Itoa(h.Retries))
}
