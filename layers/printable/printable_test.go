package printable

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestLine(t *testing.T) {
	for in, want := range map[string][2]string{ // UTF-8, ASCII
		"":                        {"", ""},
		"plain":                   {"plain", "plain"},
		" a \t\n b ":              {"a b", "a b"},
		"\x1b[31mred\x07":         {`\x1b[31mred\x07`, `\x1b[31mred\x07`},
		"\u009b31m":               {`\u009b31m`, `\u009b31m`},
		"\xff\xc3":                {`\xff\xc3`, `\xff\xc3`},
		"\u202egnp.exe":           {`\u202egnp.exe`, `\u202egnp.exe`},
		"zero\u200bwidth\ufeff":   {`zero\u200bwidth\ufeff`, `zero\u200bwidth\ufeff`},
		"a\u0301":                 {`a\u0301`, `a\u0301`},
		"ärger 漢字 🙂":              {"ärger 漢字 🙂", `\u00e4rger \u6f22\u5b57 \U0001f642`},
		"line\u2028sep\u00a0nbsp": {`line\u2028sep\u00a0nbsp`, `line\u2028sep\u00a0nbsp`},
		"\x00\x7f":                {`\x00\x7f`, `\x00\x7f`},
	} {
		assert.Equal(t, want[0], Line(in), "%q", in)
		assert.Equal(t, want[1], ASCII(in), "%q", in)
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"a b", "\x1b]8;;http://x\x07", "\u202e\xff", "\t漢\u0301"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, ascii bool) {
		got := line(s, ascii)
		if !utf8.ValidString(got) {
			t.Errorf("%q is no UTF-8", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) || ascii && r >= 0x80 {
				t.Errorf("%q has %U", got, r)
			}
		}
		if again := line(got, ascii); again != got {
			t.Errorf("%q becomes %q", got, again)
		}
	})
}
