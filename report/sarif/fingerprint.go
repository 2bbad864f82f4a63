package sarif

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-go/stemma/report"
)

// fingerprints returns one for each finding, each another, and the same after a rebuild:
// of the rule, the repository that brought it, and what it is about. Digests, dates and
// the tag of the base are not in it, and instead of a layer it has the repository that
// the layer is of, with the instruction that is to blame. Findings that are the same in
// all of this are numbered, in the order of their layers.
func (w *writer) fingerprints() []string {
	out := make([]string, len(w.r.Findings))
	times := map[string]int{}
	m := newMask(w)
	for _, i := range w.order() {
		f := w.r.Findings[i]
		h := sha256.New()
		for _, part := range []string{f.Rule, w.repositoryOf(f.Ancestor), m.subject(f.Subject), m.instruction(f)} {
			fmt.Fprintf(h, "%d:", len(part)) // so that no two lists of parts are written the same; a hash's Write never fails
			_, _ = io.WriteString(h, part)
		}
		sum := hex.EncodeToString(h.Sum(nil)[:16])
		times[sum]++
		out[i] = fmt.Sprintf("%s:%d", sum, times[sum])
	}
	return out
}

// order are the findings from the bottom layer up. Numbers in their subjects count as
// numbers, so that layer 10 comes after layer 9.
func (w *writer) order() []int {
	all := make([]int, len(w.r.Findings))
	subjects := make([][]int, len(all))
	for i, f := range w.r.Findings {
		all[i], subjects[i] = i, numbers(f.Subject)
	}
	slices.SortStableFunc(all, func(a, b int) int {
		x, y := w.r.Findings[a], w.r.Findings[b]
		return cmp.Or(cmp.Compare(x.Layer, y.Layer), cmp.Compare(x.Step, y.Step), slices.Compare(subjects[a], subjects[b]))
	})
	return all
}

// numbers are those in a text.
func numbers(s string) []int {
	var out []int
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			n = math.MaxInt // too long
		}
		out = append(out, n)
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
type mask struct {
	w             *writer
	changes       *regexp.Regexp // digests, dates
	layers, steps *regexp.Regexp
}

func newMask(w *writer) mask {
	const list = `s? \d+(?:(?:, | and | to )\d+)*`
	return mask{w,
		regexp.MustCompile(`\b[0-9a-f]{12,}\b|\b\d{4}-\d\d-\d\d\b|\b\d{8}\b`),
		regexp.MustCompile(`\blayer` + list), regexp.MustCompile(`\bstep` + list),
	}
}

func (m mask) subject(s string) string {
	for _, a := range m.w.r.Ancestors { // an image of the chain, or the one that its tag has now
		if tag, ok := strings.CutPrefix(s, a.Repository+":"); ok && a.Repository != "" && !strings.ContainsAny(tag, " /") {
			return a.Repository
		}
	}
	s = m.changes.ReplaceAllString(s, "")
	s = m.steps.ReplaceAllString(s, "step")
	return m.layers.ReplaceAllStringFunc(s, func(places string) string {
		var of []string
		for _, layer := range numbers(places) {
			of = append(of, m.w.repositoryOf(m.w.r.AncestorOf(layer)))
		}
		return "layer " + strings.Join(slices.Compact(of), ", ")
	})
}

// instruction is that of the finding's step, if the subject is told by its place alone.
func (m mask) instruction(f report.Finding) string {
	if !m.layers.MatchString(f.Subject) && !m.steps.MatchString(f.Subject) {
		return ""
	}
	s, ok := m.w.r.Step(f.Step)
	if !ok {
		return ""
	}
	return s.Instruction.Keyword + " " + m.changes.ReplaceAllString(s.Instruction.Args, "")
}
