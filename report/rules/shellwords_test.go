package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCommands(t *testing.T) {
	for script, want := range map[string][][]string{
		"a b;c":                                {{"a", "b"}, {"c"}},
		"a 'b;c' \"d && e\"":                   {{"a", "b;c", "d && e"}},
		"a \\\n  b \\; c":                      {{"a", "b", ";", "c"}},
		`a "\$b\c\\" d\ e`:                     {{"a", `$b\c\`, "d e"}},
		"a '' # b; c\nd":                       {{"a", ""}, {"d"}},
		"a#b ${X}/c \"$Y\"":                    {{"a#b", "${X}/c", "$Y"}},
		"x=$(a b) | c & d || e > f":            {{"a", "b"}, {"c"}, {"d"}, {"e"}},
		"a $(b \"`c`\")":                       {{"a", "$(b \"`c`\")"}, {"b", "`c`"}, {"c"}},
		"set -eux; \tif a; then b; else c; fi": {{"set", "-eux"}, {"a"}, {"b"}, {"c"}},
		"f() { a; }; for x in 1 2; do f $x; done; case $y in z) b;; esac; (c)": {{"a"}, {"f", "$x"}, {"b"}, {"c"}},
		"bash -exc 'a && sh -c \"b c\"'":                                       {{"bash", "-exc", `a && sh -c "b c"`}, {"a"}, {"sh", "-c", "b c"}, {"b", "c"}},
		"bash -o pipefail -c a":                                                {{"bash", "-o", "pipefail", "-c", "a"}, {"a"}},
		"cat <<EOF > /x\na; b\nEOF\nc":                                         {{"cat"}, {"c"}},
		" \t\n":                                                                nil,
	} {
		list, ok := commands(script)
		assert.True(t, ok, "%q", script)
		var got [][]string
		for _, c := range list {
			got = append(got, c.words)
		}
		assert.Equal(t, want, got, "%q", script)
	}
	for _, script := range []string{"a\nb 'never ends", "a\nb )", "a\nif b", "a\n" + strings.Repeat("b ", maxScript)} {
		_, ok := commands(script)
		assert.False(t, ok, "%.20q", script)
	}
}

func TestFetched(t *testing.T) {
	for script, want := range map[string]string{ // the programs that are given what was fetched
		"curl x | sh":                              "sh",
		"wget -O - x | tar x | cat; sh":            "tar cat",
		"curl x > y; sh y":                         "",
		"bash <(curl x)":                           "bash",
		"sh -c \"$(curl x)\"":                      "sh $(curl x)",
		"bash < <(curl x)":                         "bash",
		"x=$(curl x); echo $x | sh":                "",
		"set -e; (cd /tmp && curl x) | (cd /; sh)": "cd sh",
		"if curl x | grep y; then sh; fi":          "grep",
		"curl x && sh":                             "",
		"a | b":                                    "",
	} {
		list, ok := commands(script)
		assert.True(t, ok, script)
		var got []string
		for _, c := range list {
			if c.fetched {
				got = append(got, c.words[0])
			}
		}
		assert.Equal(t, want, strings.Join(got, " "), script)
	}
}

func FuzzCommands(f *testing.F) {
	for _, s := range []string{"a b;c", `a 'b "c' \`, "a\\\nb #c\nd", "$(a `b`)", "\x00\xff", "bash -c 'bash -c a'", "a <<E\nE\n", "curl | (sh", "a() { a; }; a",
		strings.Repeat("(", 30), strings.Repeat("if ", 30), strings.Repeat("$((", 30)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		list, _ := commands(script)
		for _, c := range list {
			if len(c.words) == 0 {
				t.Error("an empty command")
			}
			program(c.words)
		}
	})
}

// What a history can cost that is made to be slow, as long as a script may be: below 0.3 s
// each, in November 2026.
func BenchmarkHostileScripts(b *testing.B) {
	for _, unit := range []string{"(", "$(", "$[", "if ", "case a in a) ", "a|a&&", "a;", "\"$("} {
		b.Run(unit, func(b *testing.B) {
			n := maxScript / len(unit)
			if strings.ContainsAny(unit, "([if") {
				n = min(n, maxNesting)
			}
			for b.Loop() {
				commands(strings.Repeat(unit, n))
			}
		})
	}
}
