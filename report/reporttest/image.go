package reporttest

import (
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/report"
)

// mostFailures is how many failures an assertion reports; the others are counted.
const mostFailures = 20

// TestingT is what an assertion needs of a test. *testing.T, B and F have it.
type TestingT interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
}

// An Image is a report on which a test makes assertions. It belongs to the test for
// which it was made.
type Image struct {
	*report.Report
	t    TestingT
	must bool
}

// New returns an Image that reports to t.
func New(t TestingT, r *report.Report) *Image { return &Image{Report: r, t: t} }

// Require returns an Image whose assertions end the test, by FailNow, when they fail.
func (i *Image) Require() *Image { return &Image{Report: i.Report, t: i.t, must: true} }

// Complete asserts that the whole image could be read.
func (i *Image) Complete() bool {
	i.t.Helper()
	return i.check(i.unread())
}

// unread is the failure of an assertion that needs all of an image of which some could
// not be read; nothing if all was.
func (i *Image) unread() []failure {
	if !i.Partial {
		return nil
	}
	f := failure{what: "some of the image could not be read, and what is there is not known",
		remedy: "mend what could not be read, and read the image again"}
	for n, p := range i.Problems {
		if n == 3 {
			f.evidence = append(f.evidence, fmt.Sprintf("and %d more problems", len(i.Problems)-n))
			break
		}
		f.evidence = append(f.evidence, p.Error())
	}
	return []failure{f}
}

// A failure is one reason why an assertion does not hold.
type failure struct {
	what     string   // what is wrong, in one sentence without a full stop
	evidence []string // what shows it
	remedy   string   // what to do; "" if nothing can be said
}

// failed is a failure without evidence or remedy.
func failed(format string, args ...any) []failure {
	return []failure{{what: fmt.Sprintf(format, args...)}}
}

// String returns what is wrong on a line, and evidence and remedy on lines of their own.
// Names and paths in them come from the image.
func (f failure) String() string {
	var b strings.Builder
	b.WriteString(printable.Line(f.what))
	for _, e := range f.evidence {
		b.WriteString("\n  evidence: " + printable.Line(e))
	}
	if f.remedy != "" {
		b.WriteString("\n  remedy: " + printable.Line(f.remedy))
	}
	return b.String()
}

// check reports failures, and returns whether there are none.
func (i *Image) check(all []failure) bool {
	i.t.Helper()
	for n, f := range all {
		if n == mostFailures {
			i.t.Errorf("and %d more", len(all)-n)
			break
		}
		i.t.Errorf("%s", f)
	}
	if i.must && len(all) > 0 {
		i.t.FailNow()
	}
	return len(all) == 0
}

// place names the ancestor, layer and step to blame, as far as they are known.
func (i *Image) place(ancestor, layer, step int) string {
	var parts []string
	if ancestor >= 0 && ancestor < len(i.Ancestors) {
		parts = append(parts, i.NameOf(ancestor))
	}
	if layer != layers.None {
		parts = append(parts, fmt.Sprintf("layer %d", layer))
	}
	if step != layers.None {
		s := fmt.Sprintf("step %d", step)
		if x, ok := i.Step(step); ok {
			s += ": " + short(x.CreatedBy)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// placeOf is place for a layer.
func (i *Image) placeOf(layer int) string {
	return i.place(i.AncestorOf(layer), layer, i.StepOf(layer))
}

// short is the beginning of a step's text, which may have kilobytes.
func short(s string) string {
	const most = 100
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most-1]) + "…"
}
