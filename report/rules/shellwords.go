package rules

import "strings"

// commands splits a shell script into its simple commands, each a list of words
// without their quotes. It knows quotes, backslashes, comments and the operators
// that end a command. What is inside $(…) or `…` is split like the rest. It expands
// nothing, and never fails: of what is no valid script, it splits as much as it can.
func commands(script string) [][]string {
	s := splitter{}
	for i := 0; i < len(script); i++ {
		c := script[i]
		switch {
		case s.quote == '\'':
			s.quoted(c)
		case c == '\\' && i+1 < len(script):
			i++
			if script[i] != '\n' { // a backslash at the end of a line joins it to the next
				s.put(script[i])
			}
		case s.quote == '"':
			s.quoted(c)
		case c == '\'' || c == '"':
			s.quote, s.open = c, true
		case c == '#' && !s.open:
			for i+1 < len(script) && script[i+1] != '\n' {
				i++
			}
		case c == ' ' || c == '\t' || c == '\r':
			s.endWord()
		case strings.IndexByte(";&|\n()`", c) >= 0:
			s.endCommand()
		default:
			s.put(c)
		}
	}
	s.endCommand()
	return s.commands
}

type splitter struct {
	commands [][]string
	words    []string
	word     strings.Builder
	open     bool // a word has begun
	quote    byte // the quote that is open, 0 if none
}

func (s *splitter) put(c byte) {
	s.word.WriteByte(c)
	s.open = true
}

// quoted takes a byte inside quotes: the one that ends them, or any other.
func (s *splitter) quoted(c byte) {
	if c == s.quote {
		s.quote = 0
		return
	}
	s.put(c)
}

func (s *splitter) endWord() {
	if s.open {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.open = false
}

func (s *splitter) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.commands = append(s.commands, s.words)
	}
	s.words = nil
}

// program returns the program that a simple command runs, without its
// directory, and its arguments. It skips what may stand before: the shell's
// words, assignments, and programs that run another.
func program(words []string) (string, []string) {
	for i, w := range words {
		switch w {
		case "!", "{", "}", "if", "then", "else", "elif", "do", "while", "until", "time", "exec", "command", "sudo", "env", "nice", "eatmydata":
			continue
		}
		if isAssignment(w) || i > 0 && strings.HasPrefix(w, "-") { // an option of sudo, env, nice
			continue
		}
		return w[strings.LastIndexByte(w, '/')+1:], words[i+1:]
	}
	return "", nil
}

// isAssignment reports whether a word is NAME=value.
func isAssignment(w string) bool {
	name, _, ok := strings.Cut(w, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
