package recipe

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
)

// argNames returns the names of "A=1 B C=x". Values are recorded without quotes, so a
// word of a value can be taken for a name. It then is both in the Dockerfile's line and
// in the history's.
func argNames(args string) string {
	var names []string
	for word := range strings.FieldsSeq(args) {
		name, _, _ := strings.Cut(word, "=")
		if isName(name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// ports brings "80", "80/tcp 443/tcp", "map[80/tcp:{}]" and "[80/tcp]" to the same
// sorted list; ranges are written out. Text that is none of these stays.
func ports(args string) string {
	const most = 8192 // of one instruction, written out
	list := strings.NewReplacer("map[", "", "[", "", "]", "", ":{}", "").Replace(args)
	var out []string
	for word := range strings.FieldsSeq(list) {
		if i := strings.LastIndexByte(word, ':'); i >= 0 {
			word = word[i+1:] // the host's part
		}
		port, proto, _ := strings.Cut(word, "/")
		if port == "" {
			continue // a variable's value, left out
		}
		if proto == "" {
			proto = "tcp"
		}
		if out = append(out, portRange(port, strings.ToLower(proto))...); len(out) > most {
			return args
		}
	}
	slices.SortFunc(out, comparePorts)
	return strings.Join(slices.Compact(out), " ")
}

func portRange(port, proto string) []string {
	const most = 1024 // of a range that is written out
	from, to, isRange := strings.Cut(port, "-")
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if !isRange || err1 != nil || err2 != nil || last < first || last-first >= most {
		return []string{port + "/" + proto}
	}
	var out []string
	for p := first; p <= last; p++ {
		out = append(out, strconv.Itoa(p)+"/"+proto)
	}
	return out
}

func comparePorts(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// The two ways in which a health check is recorded:
//
//	&{["CMD-SHELL" "curl -f localhost"] "30s" "3s" "0s" "0s" '\x03'}    Docker
//	{Test:[CMD-SHELL curl -f localhost] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3}
//
// StartInterval came late, in both.
var (
	quotedHealth = regexp.MustCompile(`(?s)^&?\{\[(.*)\] ((?:"[^" ]*" )+)'(.*)'\}$`)
	namedHealth  = regexp.MustCompile(`(?s)^&?\{Test:\[(.*)\] Interval:(\S+) Timeout:(\S+) StartPeriod:(\S+)(?: StartInterval:(\S+))? Retries:(\d+)\}$`)
)

// health brings a recorded health check to "words of the test | durations".
func health(args string) string {
	if m := namedHealth.FindStringSubmatch(args); m != nil {
		return Health(strings.Fields(m[1]), m[2:6], m[6])
	}
	if m := quotedHealth.FindStringSubmatch(args); m != nil {
		words, ok := unquoteList(m[1])
		retries, err := strconv.Unquote("'" + m[3] + "'")
		if ok && err == nil && retries != "" {
			times := strings.Fields(strings.ReplaceAll(m[2], `"`, ""))
			return Health(words, times, strconv.Itoa(int([]rune(retries)[0])))
		}
	}
	return args
}

// Health returns what follows HEALTHCHECK in an expanded line: the words of its
// test, its durations as time.Duration prints them (interval, timeout, start
// period, start interval; zero ones at the end are left out), and its retries.
func Health(test, times []string, retries string) string {
	times = slices.Clone(times)
	for len(times) > 0 && (times[len(times)-1] == "0s" || times[len(times)-1] == "") {
		times = times[:len(times)-1]
	}
	words := strings.Fields(strings.Join(test, " "))
	return strings.Join(words, " ") + " | " + strings.Join(append(times, retries), " ")
}

// Command returns what follows CMD or ENTRYPOINT in an expanded line: the words in
// brackets, each in quotes; or, of words that are a shell and a command, the command
// alone, since the shell can be the parent's. The shell in force is given as its words
// with spaces between them. [history.CutShell] recognises the usual ones without.
func Command(words []string, shell string) string {
	if n := len(words) - 1; n > 0 {
		before := strings.Join(words[:n], " ")
		_, rest, known := history.CutShell(before + " x")
		if before == shell || known && rest == "x" {
			return words[n]
		}
	}
	return fmt.Sprintf("%q", words)
}

// command is Command for a list as it is recorded: ["a" "b"].
func command(args, shell string) string {
	inner, ok := strings.CutPrefix(args, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed {
		return args
	}
	words, ok := unquoteList(inner)
	if !ok {
		return args
	}
	return Command(words, shell)
}

// unquoteList takes apart what fmt's %q prints of a list: `"a" "b c"`.
func unquoteList(s string) ([]string, bool) {
	var words []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, false
		}
		w, err := strconv.Unquote(q)
		if err != nil {
			return nil, false
		}
		words = append(words, w)
		s = s[len(q):]
	}
	return words, true
}

// DefaultPath is the PATH of an image that does not set it.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// KeepPath replaces, in the pairs of an expanded ENV, the value that PATH had
// before by ${PATH}. Nearly every ENV that sets PATH extends it; the line is then the
// same whatever the parent's is.
func KeepPath(args, before string) string {
	if before == "" {
		return args
	}
	start := 0
	if !strings.HasPrefix(args, "PATH=") {
		i := strings.Index(args, " PATH=")
		if i < 0 {
			return args
		}
		start = i + 1
	}
	start += len("PATH=")
	end := len(args)
	if i := strings.IndexByte(args[start:], ' '); i >= 0 {
		end = start + i
	}
	entries := args[start:end]
	i := strings.Index(":"+entries+":", ":"+before+":")
	if i < 0 {
		return args
	}
	return args[:start] + entries[:i] + "${PATH}" + entries[i+len(before):] + args[end:]
}
