package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"

	"github.com/stemma-go/stemma/report"
)

// fingerprints returns one for each finding, each another, and the same after a rebuild:
// of the rule, the repository that brought it, and what it is about. Digests, dates,
// numbers of layers and steps, and the tag of the base are not in it. Where that leaves
// nothing but a layer, the instruction that made it is. Findings that are the same in all
// of this are numbered, in the order of their layers.
func (w *writer) fingerprints() []string {
	out := make([]string, len(w.r.Findings))
	times := map[string]int{}
	m := newMask()
	for i, f := range w.r.Findings {
		h := sha256.New()
		for _, part := range []string{f.Rule, w.repositoryOf(f.Ancestor), m.subject(f.Subject), m.instruction(w.r, f)} {
			fmt.Fprintf(h, "%d:", len(part)) // so that no two lists of parts are written the same; a hash's Write never fails
			_, _ = io.WriteString(h, part)
		}
		sum := hex.EncodeToString(h.Sum(nil)[:16])
		times[sum]++
		out[i] = fmt.Sprintf("%s:%d", sum, times[sum])
	}
	return out
}

// repositoryOf is the repository of an ancestor, as far as it is known.
func (w *writer) repositoryOf(ancestor int) string {
	switch {
	case ancestor == 0:
		return "own"
	case ancestor < 0 || ancestor >= len(w.r.Ancestors):
		return ""
	}
	return "from " + w.r.Ancestors[ancestor].Repository
}

// A mask leaves out of text what a rebuild changes.
type mask struct{ changes, places *regexp.Regexp }

func newMask() mask {
	return mask{
		changes: regexp.MustCompile(`\b[0-9a-f]{12,}\b|\b\d{4}-\d\d-\d\d\b|\b\d{8}\b`), // digests, dates
		places:  regexp.MustCompile(`\b(layer|step)s? \d+(?:(?:, | and | to )\d+)*`),
	}
}

func (m mask) subject(s string) string {
	return m.places.ReplaceAllString(m.changes.ReplaceAllString(s, ""), "$1")
}

// instruction is that of the finding's step, if the subject is told by its place alone.
func (m mask) instruction(r *report.Report, f report.Finding) string {
	if !m.places.MatchString(f.Subject) {
		return ""
	}
	s, ok := r.Step(f.Step)
	if !ok {
		return ""
	}
	return s.Instruction.Keyword + " " + m.changes.ReplaceAllString(s.Instruction.Args, "")
}
