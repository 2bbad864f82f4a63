package recipe

import (
	"slices"
	"strings"
)

// A Mask leaves the values of variables out of text, so that a Dockerfile in which
// they are not known and a history in which they are read alike.
//
// The platform's names are always left out: BuildKit sets TARGETARCH and its like.
type Mask struct {
	values map[string]string // by variable
	sorted []string          // the values to leave out, longest first; nil if it has to be made again
	budget int               // bytes that may still be searched
	// text and masked are what was masked last: two dialects have many lines in common.
	text, masked string
}

// shortest is the length in bytes from which a value is left out. Shorter ones occur
// in too much text that has nothing to do with them.
const shortest = 3

// platforms are the values of BuildKit's own build arguments.
func platforms() []string {
	var all []string
	for _, arch := range [...]string{"amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "mips64le", "loong64"} {
		all = append(all, arch, "linux/"+arch)
	}
	return append(all, "linux", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8")
}

// NewMask returns a mask without variables.
func NewMask() *Mask {
	const searched = 64 << 20 // of text, once for each value
	return &Mask{values: map[string]string{}, budget: searched}
}

// Set adds a variable, or gives it another value. PATH is none: see [KeepPath].
func (m *Mask) Set(name, value string) {
	if name != "PATH" && m.values[name] != value {
		m.values[name] = value
		m.sorted, m.text, m.masked = nil, "", ""
	}
}

// Apply leaves the values out of text. It reports false when too much text has been
// searched: a hostile history can have thousands of variables.
func (m *Mask) Apply(text string) (string, bool) {
	if m.budget < 0 {
		return "", false
	}
	if text == m.text {
		return m.masked, true
	}
	if m.sorted == nil {
		const sorting = 512 // bytes that could be searched meanwhile, for each value
		m.budget -= sorting * len(m.values)
		m.sorted = platforms()
		for _, v := range m.values {
			if len(v) >= shortest || strings.Contains(v, Unknown) {
				m.sorted = append(m.sorted, v)
			}
		}
		slices.SortFunc(m.sorted, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		m.sorted = slices.Compact(m.sorted)
	}
	if m.budget -= len(m.sorted) * len(text); m.budget < 0 {
		return "", false
	}
	m.text = text
	for _, v := range m.sorted {
		text = strings.ReplaceAll(text, v, "")
	}
	m.masked = Known(text)
	return m.masked, true
}

// Unknown stands in the text of a Dockerfile for a value that its parent or the
// build's platform gives. No Dockerfile holds it.
const Unknown = "\x00"

// Known returns text without what is not known in it.
func Known(text string) string { return strings.ReplaceAll(text, Unknown, "") }

// Outline returns what is left of a line of an expanded dialect when everything in it
// that can come from a variable is taken away: the keyword, or all of a command, which
// only the shell expands. All readings of a step have the same outline. It leads to
// recipes that can agree; whether they do, the lines decide.
func Outline(line string) string {
	switch keyword, _, _ := strings.Cut(line, " "); keyword {
	case "ADD", "COPY", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR":
		return keyword
	}
	return line
}
