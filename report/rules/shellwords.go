package rules

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A command is a simple command of a shell script.
type command struct {
	// words are the program and its arguments, without quotes and assignments. What the
	// shell would expand stands as it is written: "$HOME", "$(date)".
	words []string
	// fetched is true if the command is given what another one of the script fetches from
	// the network, through a pipe, a substitution or a redirection.
	fetched bool
}

// commands returns the simple commands of a shell script in their order, those in
// substitutions, functions and the scripts of sh -c included. It expands nothing. ok is
// false for what is no script of a shell that is known, or longer than any that builds
// an image; the commands are then those before the error.
func commands(script string) (list []command, ok bool) {
	s := &scriptReader{}
	ok = s.read(script, 0)
	return s.list, ok
}

const (
	maxScript  = 64 << 10 // bytes of a script
	maxNesting = 4000     // words in it that may open a level: the parser's time grows with their square
	maxShells  = 3        // levels of sh -c 'sh -c …'
)

type scriptReader struct{ list []command }

func (s *scriptReader) read(script string, level int) (ok bool) {
	opens := 0
	for _, word := range []string{"(", "{", "[", "if", "case", "for", "while", "until"} {
		opens += strings.Count(script, word)
	}
	if len(script) > maxScript || opens > maxNesting {
		return false
	}
	defer func() { // the parser is somebody else's, and scripts are anybody's
		if recover() != nil {
			ok = false
		}
	}()
	ok = true
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	for stmt, err := range parser.StmtsSeq(strings.NewReader(script)) {
		if err != nil { // the last, but a loop that is left may panic (version 3.14.1)
			ok = false
			continue
		}
		scope{s, script, level}.stmt(stmt, false)
	}
	return ok
}

// A scope is a script that is being read.
type scope struct {
	*scriptReader
	script string
	level  int
}

// stmt takes the commands of a statement, which is fed what another one fetches, or not. It
// reports whether one of them fetches something.
func (s scope) stmt(stmt *syntax.Stmt, fed bool) (fetches bool) {
	for _, r := range stmt.Redirs {
		fed = s.nested(r.Word) || fed
	}
	switch c := stmt.Cmd.(type) {
	case nil:
	case *syntax.BinaryCmd:
		fetches = s.stmt(c.X, fed)
		piped := c.Op == syntax.Pipe || c.Op == syntax.PipeAll
		return s.stmt(c.Y, fed || piped && fetches) || fetches
	case *syntax.CallExpr:
		return s.call(c, fed)
	default:
		syntax.Walk(c, func(n syntax.Node) bool {
			if inner, ok := n.(*syntax.Stmt); ok {
				fetches = s.stmt(inner, fed) || fetches
				return false
			}
			return true
		})
	}
	return fetches
}

// call takes a simple command.
func (s scope) call(c *syntax.CallExpr, fed bool) (fetches bool) {
	at := len(s.list)
	cmd := command{fetched: fed}
	for _, a := range c.Assigns {
		fetches = s.nested(a) || fetches
	}
	for _, w := range c.Args {
		cmd.fetched = s.nested(w) || cmd.fetched
		cmd.words = append(cmd.words, s.text(w))
	}
	if len(cmd.words) == 0 {
		return fetches
	}
	s.list = slices.Insert(s.list, at, cmd) // before what is substituted in it
	prog, args := program(cmd.words)
	if script, ok := shellScript(prog, args); ok && s.level < maxShells {
		s.scriptReader.read(script, s.level+1)
	}
	return fetches || slices.Contains(fetchers(), prog) || cmd.fetched
}

// nested takes the commands that are substituted in a part of a command, and reports
// whether one of them fetches something.
func (s scope) nested(n syntax.Node) (fetches bool) {
	if word, ok := n.(*syntax.Word); ok && word == nil {
		return false
	}
	syntax.Walk(n, func(n syntax.Node) bool {
		if inner, ok := n.(*syntax.Stmt); ok {
			fetches = s.stmt(inner, false) || fetches
			return false
		}
		return true
	})
	return fetches
}

// text returns a word without its quotes.
func (s scope) text(w *syntax.Word) string {
	var b strings.Builder
	var add func(parts []syntax.WordPart, quoted bool)
	add = func(parts []syntax.WordPart, quoted bool) {
		for _, p := range parts {
			switch p := p.(type) {
			case *syntax.Lit:
				b.WriteString(unescape(p.Value, quoted))
			case *syntax.SglQuoted:
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				add(p.Parts, true)
			default:
				b.WriteString(s.script[p.Pos().Offset():p.End().Offset()])
			}
		}
	}
	add(w.Parts, false)
	return b.String()
}

// unescape takes the backslashes off. Inside double quotes, only some mean anything.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("$`\"\\\n", s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// fetchers are the programs that print what they fetch from the network.
func fetchers() []string { return []string{"curl", "wget", "fetch", "aria2c"} }

// shells are the programs that run a script of the shell's language.
func shells() []string { return []string{"sh", "bash", "ash", "dash", "zsh", "ksh"} }

// shellScript returns the script of sh -c.
func shellScript(prog string, args []string) (script string, ok bool) {
	if !slices.Contains(shells(), prog) {
		return "", false
	}
	for i, a := range args {
		switch {
		case a == "-o" || i > 0 && args[i-1] == "-o": // -o pipefail
		case !strings.HasPrefix(a, "-"):
			return "", false
		case !strings.HasPrefix(a, "--") && strings.HasSuffix(a, "c") && i+1 < len(args):
			return args[i+1], true
		}
	}
	return "", false
}

// program returns the program that a simple command runs, without its directory, and
// its arguments. It skips programs that run another, with their options.
func program(words []string) (string, []string) {
	for i, w := range words {
		switch w {
		case "exec", "command", "sudo", "env", "nice", "eatmydata", "time", "xvfb-run":
			continue
		}
		if isAssignment(w) || i > 0 && strings.HasPrefix(w, "-") { // of sudo, env, nice
			continue
		}
		return w[strings.LastIndexByte(w, '/')+1:], words[i+1:]
	}
	return "", nil
}

// isAssignment reports whether a word is NAME=value, as env takes them.
func isAssignment(w string) bool {
	name, _, ok := strings.Cut(w, "=")
	return ok && syntax.ValidName(name)
}
