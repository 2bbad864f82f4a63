package history

import (
	"encoding/json"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// settle parses all entries of a history and decides, with the help of their
// neighbours, what one entry alone does not tell.
func settle(cfg *v1.ConfigFile) []parsed {
	entries := make([]parsed, len(cfg.History))
	for i, h := range cfg.History {
		entries[i] = parse(h)
	}
	settleShells(cfg.History, entries)
	settleFrom(cfg.History, entries)
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].form == entries[start].form {
			end++
		}
		if entries[start].form != formOther {
			settleBuilders(entries[start:end])
		}
		start = end
	}
	settleCommit(cfg, entries)
	return entries
}

// settleBuilders gives the undecided entries of a run of one form the builder of
// the decided ones below and above them, if these agree.
//
// An entry that was built "FROM" something begins an image, and says nothing of
// the one below. Where only one side is decided, that side is taken, but for one
// case: after the last entry of Buildah's a classic build may have gone on, which
// does not say so. (Buildah on top of another builder's image does.)
func settleBuilders(run []parsed) {
	above := make([]Builder, len(run)) // nearest decided one above, in the same build
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
		case below == above[i] || above[i] == BuilderUnknown && below != BuilderBuildah:
			run[i].Builder = below
		case below == BuilderUnknown:
			run[i].Builder = above[i]
		}
	}
}

// settleFrom moves From to the first entry of a build that Buildah committed as
// one layer. Some versions (1.28 for one) write the comment into the last entry, which has
// the layer; all before it are marked empty and have no comment. An instruction
// that can't be marked so otherwise (a RUN without a layer, a CMD with one) must be
// among them: else the entries below could be the base's.
func settleFrom(history []v1.History, entries []parsed) {
	for i := range entries {
		if entries[i].From == "" || history[i].EmptyLayer {
			continue
		}
		oneLayer := makes(entries[i].Instruction) == never
		first := i
		for k := i - 1; k >= 0; k-- {
			e := entries[k]
			if !history[k].EmptyLayer || history[k].Comment != "" || e.form != formClassic || e.Builder == BuilderDocker {
				break
			}
			oneLayer = oneLayer || makes(e.Instruction) == always
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

// settleShells finds the shell of RUNs for which an earlier SHELL names one that
// Parse does not know: SHELL ["conda", "run", "-n", "base", "/bin/bash", "-c"].
func settleShells(history []v1.History, entries []parsed) {
	shell := ""
	for i := range entries {
		e := &entries[i]
		if e.Keyword == "SHELL" && e.Builder != BuilderBuildah {
			shell = shellText(e.Args)
			continue
		}
		if shell == "" {
			continue
		}
		switch {
		case e.Keyword == "" && e.form == formOther && e.Builder == BuilderUnknown,
			e.Keyword == "RUN" && len(e.Shell) == 0 && e.Builder != BuilderBuildah && e.Builder != BuilderKaniko:
			respell(history[i], e, shell)
		case len(e.Shell) > 0 && strings.HasSuffix(shell, " "+strings.Join(e.Shell, " ")):
			respell(history[i], e, shell) // its beginning was taken for a build argument's value
		case len(e.Shell) > 0:
			lengthenShell(e, shell)
		}
	}
}

// shellText is a SHELL's arguments as they stand before a command: without
// brackets, and without JSON's quotes. It is "" for what is no shell, or a text so
// long that to look for it in every entry would cost too much.
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

// respell parses an entry again, as if the shell that stands in it were the
// default one.
func respell(h v1.History, e *parsed, shell string) {
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

// settleCommit recognises docker commit in the newest entry: it records the
// container's command, which is also that of the new image. Where that is a shell's,
// the entry reads like a RUN, which no build leaves as the image's command.
func settleCommit(cfg *v1.ConfigFile, entries []parsed) {
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
