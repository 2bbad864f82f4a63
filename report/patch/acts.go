package patch

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// act adds a vulnerability to what releases it, or may release it.
func (t *tracer) act(i int, v *report.Vulnerability, tr *report.Trace) {
	a, sure := t.actFor(v, tr)
	if a.Do == "" {
		return
	}
	n, ok := t.acts[a.Do]
	if !ok {
		n = len(t.out.Acts)
		t.acts[a.Do] = n
		t.out.Acts = append(t.out.Acts, a)
	}
	tr.Act = n
	to := &t.out.Acts[n]
	to.Rating = max(to.Rating, v.Rating)
	if sure {
		to.Releases = append(to.Releases, i)
	} else {
		to.Perhaps = append(to.Perhaps, i)
	}
}

// actFor says what to do for a fix in its state, and whether that releases it for certain.
func (t *tracer) actFor(v *report.Vulnerability, tr *report.Trace) (a report.Act, sure bool) {
	switch tr.State {
	case report.PatchUnpublished:
		return report.Act{Do: "wait for " + t.distribution() + " to publish the fixed versions", By: report.Publisher, Ancestor: -1}, true
	case report.PatchOwnStep:
		do := "take the fixed versions in the step of yours that installs the packages"
		if tr.Step != layers.None {
			do = fmt.Sprintf("take the fixed versions in your step %d", tr.Step)
		}
		return report.Act{Do: do, By: report.OwnSteps, Ancestor: 0}, true
	case report.PatchPull:
		a := t.renewal()
		if t.gone(1) {
			a.Do = fmt.Sprintf("rebuild on the last build of %s (docker build --pull), and leave it: no other will follow", t.report.NameOf(1))
		}
		return a, true
	case report.PatchInstaller, report.PatchNextLink:
		if t.gone(1) {
			return t.renewal(), false
		}
		return report.Act{Do: t.waiting(tr.Ancestor), By: report.Publisher, Ancestor: tr.Ancestor}, true
	case report.PatchNotKnown:
		if tr.Ancestor <= 0 {
			break
		}
		if f := t.links[1].content(t.report, v, t.fixOf(v)); f.answer == no && !t.gone(1) {
			return report.Act{Do: t.waiting(1), By: report.Publisher, Ancestor: 1}, true
		}
		return t.renewal(), false
	}
	return report.Act{}, false
}

func (t *tracer) renewal() report.Act {
	return report.Act{Do: t.report.Renewal(), By: report.OtherBase, Ancestor: 1}
}

// waiting says whom the image waits for.
func (t *tracer) waiting(ancestor int) string {
	name := t.report.NameOf(ancestor)
	if s := t.report.Ancestors[ancestor].Standing; s != nil && s.Superseded != nil && s.Superseded.Now != "" {
		name = s.Superseded.Name.String()
	}
	if t.gone(ancestor) {
		return fmt.Sprintf("ask the publisher of %s to leave %s, which is no longer built", t.report.NameOf(ancestor-1), name)
	}
	return fmt.Sprintf("wait until %s is rebuilt", name)
}

// gone reports whether the tags of an ancestor are no longer built.
func (t *tracer) gone(ancestor int) bool {
	s := t.report.Ancestors[ancestor].Standing
	return s != nil && s.Gone()
}

// distribution names the distribution of the image.
func (t *tracer) distribution() string {
	d := Distribution(t.report)
	return cmp.Or(d.PrettyName, d.ID, "the distribution")
}

// Distribution returns the distribution whose packages the image has: that of the youngest
// ancestor that says one. It is zero if none does. An index for [Options] is that of this
// distribution.
func Distribution(r *report.Report) ancestry.Distro {
	for _, a := range r.Ancestors {
		if a.Distro.ID != "" {
			return a.Distro
		}
	}
	return ancestry.Distro{}
}

// sortActs puts those first that release the most.
func (t *tracer) sortActs() {
	order := make([]int, len(t.out.Acts))
	for i := range order {
		order[i] = i
	}
	acts := t.out.Acts
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := acts[i], acts[j]
		return cmp.Or(
			cmp.Compare(len(b.Releases), len(a.Releases)), cmp.Compare(len(b.Perhaps), len(a.Perhaps)),
			cmp.Compare(b.Rating, a.Rating), cmp.Compare(a.Do, b.Do))
	})
	sorted := make([]report.Act, len(acts))
	at := make([]int, len(acts))
	for to, from := range order {
		sorted[to], at[from] = acts[from], to
	}
	t.out.Acts = sorted
	if len(sorted) == 0 {
		t.out.Acts = nil
	}
	for i := range t.out.Traces {
		if a := &t.out.Traces[i].Act; *a >= 0 {
			*a = at[*a]
		}
	}
}
