package history

import (
	"slices"
	"strconv"
	"strings"
)

// run takes a RUN's build arguments and shell out of text. What is left is Args.
func (p *parsed) run(text string) {
	if n, rest, ok := cutCount(text); ok {
		args, command, words, ok := cutBuildArgs(n, rest)
		if !ok {
			p.Args = text
			return
		}
		p.BuildArgs, text = args, command
		if words && p.form == formClassic && p.Builder == BuilderUnknown {
			p.Builder = BuilderBuildah
		}
	}
	if shell, rest, ok := CutShell(text); ok {
		p.Shell, text = shell, rest
	}
	p.Args = text
}

// cutCount cuts the "|2 " that says how many build arguments follow.
func cutCount(s string) (n int, rest string, ok bool) {
	if !strings.HasPrefix(s, "|") {
		return 0, s, false
	}
	i := strings.IndexByte(s[:min(len(s), 8)], ' ')
	if i < 2 {
		return 0, s, false
	}
	n, err := strconv.Atoi(s[1:i])
	if err != nil || n < 0 || s[1] == '+' || s[1] == '-' {
		return 0, s, false
	}
	return n, s[i+1:], true
}

// cutBuildArgs splits "A=1 B=x y /bin/sh -c command" into n arguments and the
// command. Values are not quoted, so the list ends at the first shell that has at least
// n words like K=V before it. Each such word begins an argument. If there are more than
// n, some value contains one; which one is not known, and args is nil. Without a shell
// (exec form), each value is one word.
//
// Buildah counts words, not arguments; words is true where only that count fits.
func cutBuildArgs(n int, s string) (args []string, command string, words, ok bool) {
	var starts []int // of the words that look like K=V
	seen, pos := 0, 0
	for pos < len(s) {
		enough := len(starts) >= n || seen == n && len(starts) > 0
		if enough && pos > 0 {
			if _, _, shell := CutShell(s[pos:]); shell {
				return splitAt(s[:pos-1], starts, n), s[pos:], len(starts) < n, true
			}
		}
		end := strings.IndexByte(s[pos:], ' ')
		if end < 0 {
			break
		}
		if looksLikePair(s[pos:pos+end], "_.-") {
			starts = append(starts, pos)
		} else if len(starts) == 0 {
			break
		}
		seen++
		pos += end + 1
	}
	return cutWords(n, s)
}

// splitAt splits s at starts, if n of them or fewer say where.
func splitAt(s string, starts []int, n int) []string {
	if len(starts) > n {
		return nil
	}
	var args []string
	for i, start := range starts {
		end := len(s)
		if i+1 < len(starts) {
			end = starts[i+1] - 1
		}
		args = append(args, s[start:end])
	}
	return args
}

// cutWords takes n words that look like K=V off an exec-form command.
func cutWords(n int, s string) (args []string, command string, words, ok bool) {
	for range n {
		word, rest, more := strings.Cut(s, " ")
		if !more || !looksLikePair(word, "_.-") {
			return nil, "", false, false
		}
		args = append(args, word)
		s = rest
	}
	return args, s, false, true
}

// looksLikePair reports whether word is a name, made of letters, digits and the
// characters of extra, and "=".
func looksLikePair(word, extra string) bool {
	i := strings.IndexByte(word, '=')
	if i <= 0 || word[0] == '-' {
		return false
	}
	for _, c := range []byte(word[:i]) {
		if !isAlnum(c) && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

// runsCommands reports whether a program is one that SHELL names, and that is told by a
// flag that a command follows: one that ends in c, /C, or -Command.
func runsCommands(program string) bool {
	name := program[strings.LastIndexAny(program, `/\`)+1:]
	return slices.Contains([]string{
		"sh", "bash", "ash", "dash", "ksh", "zsh", "fish",
		"cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh", "pwsh.exe",
	}, strings.ToLower(name))
}

// CutShell cuts the shell off a command: "/bin/bash -o pipefail -c apt-get" gives
// [/bin/bash -o pipefail -c] and "apt-get". It reports false where no known shell is
// told to run a command. [Parse] reads a RUN by it.
func CutShell(s string) (shell []string, rest string, ok bool) {
	const longest, most = 256, 12 // bytes of a word, words of a shell
	option := false               // this word is the value of the one before
	for range most {
		i := strings.IndexByte(s[:min(len(s), longest)], ' ')
		if i <= 0 {
			return nil, "", false
		}
		word := s[:i]
		s = s[i+1:]
		switch {
		case len(shell) == 0:
			if !runsCommands(word) {
				return nil, "", false
			}
		case option:
			option = false
		case endsShell(word):
			return append(shell, word), s, true
		case word[0] != '-' && word[0] != '/':
			return nil, "", false
		case strings.EqualFold(word, "-NoLogo"):
		case word == "-o" || word == "-O" || word[0] == '-' && word[1:] != "" && word[1] != '-' && strings.HasSuffix(word, "o"):
			option = true
		case strings.EqualFold(word, "-ExecutionPolicy") || strings.EqualFold(word, "-Version"):
			option = true
		}
		shell = append(shell, word)
	}
	return nil, "", false
}

// endsShell reports whether a command follows the flag: -c, -ec, -lc, /C, -Command.
func endsShell(flag string) bool {
	if strings.EqualFold(flag, "/c") || strings.EqualFold(flag, "-command") {
		return true
	}
	return len(flag) > 1 && len(flag) < 8 && flag[0] == '-' && flag[1] != '-' && flag[len(flag)-1] == 'c'
}
