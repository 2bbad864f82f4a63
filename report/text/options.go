package text

import (
	"io"
	"os"
	"strings"

	"github.com/muesli/termenv"
	"golang.org/x/term"
)

// Options say how to write. nil and the zero value are the defaults.
type Options struct {
	// Width is the number of columns; 0 is that of the terminal, 80 where the
	// output is none. Less than 20 is 20.
	Width int
	// Color says when to use colours; Auto looks at the output and the environment.
	Color When
	// ASCII says when to write nothing but ASCII; Auto looks at the locale of the
	// environment.
	ASCII When
	// Steps writes the whole tree instead of the first screen, with the steps of every
	// ancestor.
	Steps bool
	// Verbose writes the whole tree instead of the first screen: every finding, and all
	// evidence for and against every name, with the confidence that each piece supports.
	// With Steps alone, the evidence is the one that decides, and the strongest against.
	Verbose bool
	// More says how to get the whole tree, on the first screen: "tree -v".
	More string
}

// When says when to do something.
type When int

// The values of When.
const (
	Auto When = iota
	Always
	Never
)

const (
	defaultWidth = 80
	leastWidth   = 20
	// proseWidth is the length up to which lines are easy to read, however wide
	// the terminal.
	proseWidth = 120
)

// newPage returns an empty page for an output. o may be nil.
func (o *Options) newPage(w io.Writer) *page {
	if o == nil {
		o = &Options{}
	}
	return newPage(o.width(w), o.ascii(os.Getenv), o.profile(w))
}

// width returns the number of columns to write.
func (o *Options) width(w io.Writer) int {
	if o.Width > 0 {
		return max(o.Width, leastWidth)
	}
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return max(n, leastWidth)
		}
	}
	return defaultWidth
}

// profile returns the colours to use: the terminal's sixteen, or none.
func (o *Options) profile(w io.Writer) termenv.Profile {
	switch o.Color {
	case Always:
		return termenv.ANSI
	case Never:
		return termenv.Ascii
	}
	if termenv.NewOutput(w).EnvColorProfile() == termenv.Ascii {
		return termenv.Ascii
	}
	return termenv.ANSI
}

// ascii reports whether to write nothing but ASCII. env looks up a variable of the
// environment.
func (o *Options) ascii(env func(string) string) bool {
	switch o.ASCII {
	case Always:
		return true
	case Never:
		return false
	}
	if env("TERM") == "dumb" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} { // the first that is set counts
		if v := env(name); v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return false // no locale is set, as in most containers and pipelines
}
