package history

import (
	"encoding/json"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// parseAll parses all entries of a history and finds out, with the help of their
// neighbours, what one entry alone does not tell.
func parseAll(cfg *v1.ConfigFile) []parsed {
	entries := make([]parsed, len(cfg.History))
	for i, h := range cfg.History {
		entries[i] = parse(h)
	}
	findShells(cfg.History, entries)
	moveFrom(cfg.History, entries)
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].form == entries[start].form {
			end++
		}
		if entries[start].form != formOther {
			decideBuilders(entries[start:end])
		}
		start = end
	}
	findCommit(cfg, entries)
	return entries
}

// decideBuilders gives the entries of a run of one form whose builder is not known
// that of the nearest known ones below and above them, if these agree.
//
// An entry that was built "FROM" something begins an image, and says nothing of
// the one below. Where only one side is known, that side is taken, except above
// Buildah's last entry: a classic build may have gone on there without saying so.
// (Buildah says so on top of another builder's image.)
func decideBuilders(run []parsed) {
	above := make([]Builder, len(run)) // the nearest known one above, in the same build
	next := BuilderUnknown
	for i := len(run) - 1; i >= 0; i-- {
		above[i] = next
		if run[i].Builder != BuilderUnknown {
			next = run[i].Builder
		}
		if run[i].From != "" {
			next = BuilderUnknown
		}
	}
	below := BuilderUnknown
	for i := range run {
		if run[i].Builder != BuilderUnknown {
			below = run[i].Builder
			continue
		}
		switch {
		case below == above[i] || above[i] == BuilderUnknown && !below.Facts().NamesBase:
			run[i].Builder = below
		case below == BuilderUnknown:
			run[i].Builder = above[i]
		}
	}
}

// moveFrom moves From to the first entry of a build that Buildah committed as
// one layer. Some versions, 1.28 among them, write the comment into the last entry, which
// has the layer; all entries before it are marked empty and have no comment. One of them
// must have a mark that only such a build gives it (a RUN without a layer, a CMD with
// one): else the entries below could be the base's.
func moveFrom(history []v1.History, entries []parsed) {
	for i := range entries {
		if entries[i].From == "" || history[i].EmptyLayer {
			continue
		}
		oneLayer := effectOf(entries[i].Instruction) == noLayer
		first := i
		for k := i - 1; k >= 0; k-- {
			e := entries[k]
			if !history[k].EmptyLayer || history[k].Comment != "" || e.form != formClassic || e.Builder == BuilderDocker {
				break
			}
			oneLayer = oneLayer || effectOf(e.Instruction) == isLayer
			first = k
		}
		if !oneLayer || first == i {
			continue
		}
		entries[first].From, entries[i].From = entries[i].From, ""
		for k := first; k < i; k++ {
			entries[k].Builder = BuilderBuildah
		}
	}
}

// findShells finds the shell of RUNs for which an earlier SHELL names one that
// Parse does not know: SHELL ["conda", "run", "-n", "base", "/bin/bash", "-c"].
func findShells(history []v1.History, entries []parsed) {
	shell := ""
	for i := range entries {
		e := &entries[i]
		if e.Keyword == "SHELL" && e.Builder != BuilderBuildah { // it records /bin/sh whatever SHELL says
			shell = shellText(e.Args)
			continue
		}
		if shell == "" {
			continue
		}
		switch {
		case e.Keyword == "" && e.form == formOther && e.Builder == BuilderUnknown,
			e.Keyword == "RUN" && len(e.Shell) == 0 && !e.Builder.asWritten():
			parseWithShell(history[i], e, shell)
		case len(e.Shell) > 0 && strings.HasSuffix(shell, " "+strings.Join(e.Shell, " ")):
			parseWithShell(history[i], e, shell) // its beginning was taken for a build argument's value
		case len(e.Shell) > 0:
			lengthenShell(e, shell)
		}
	}
}

// shellText is a SHELL's arguments as they are recorded before a command: without
// brackets, and without JSON's quotes. It is "" for text that is no shell, and for one
// that is too long to be searched for in every entry.
func shellText(args string) string {
	const longest = 1024
	if len(args) > longest {
		return ""
	}
	var words []string
	if json.Unmarshal([]byte(args), &words) == nil {
		return strings.Join(words, " ")
	}
	inner, ok := strings.CutPrefix(args, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed {
		return ""
	}
	return inner
}

// parseWithShell parses an entry again, with the default shell in the place of the one
// that is recorded in it.
func parseWithShell(h v1.History, e *parsed, shell string) {
	before, after, ok := strings.Cut(h.CreatedBy, shell+" ")
	if !ok {
		return
	}
	_, _, counted := cutCount(strings.TrimPrefix(before, "RUN "))
	if before != "" && before != "RUN " && !counted {
		return
	}
	h.CreatedBy = before + defaultShell + " " + after
	p := parse(h)
	if p.form == formOther {
		return
	}
	if len(p.Shell) > 0 {
		p.Shell = strings.Fields(shell)
	}
	if p.form == formClassic {
		p.Builder = BuilderDocker // Buildah records /bin/sh whatever SHELL says
	}
	*e = p
}

// lengthenShell moves words from the command to the shell, where the SHELL in
// force has more of them: [powershell -Command $ErrorActionPreference = 'Stop';].
func lengthenShell(e *parsed, shell string) {
	more, ok := strings.CutPrefix(shell, strings.Join(e.Shell, " ")+" ")
	if !ok {
		return
	}
	if command, ok := strings.CutPrefix(e.Args, more+" "); ok {
		e.Shell, e.Args = append(e.Shell, more), command
	}
}

// findCommit recognises docker commit in the newest entry: it records the
// container's command, which is also that of the new image. If the command is a
// shell's, the entry reads like a RUN; but no build makes a RUN the image's command.
func findCommit(cfg *v1.ConfigFile, entries []parsed) {
	last := len(entries) - 1
	if last < 0 || len(cfg.Config.Cmd) == 0 {
		return
	}
	e, h := &entries[last], cfg.History[last]
	open := e.form == formOther && e.Builder == BuilderUnknown ||
		e.form == formClassic && (e.Builder == BuilderUnknown || e.Builder == BuilderDocker)
	if open && !h.EmptyLayer && h.CreatedBy == strings.Join(cfg.Config.Cmd, " ") {
		*e = tool(h, BuilderCommit)
	}
}
