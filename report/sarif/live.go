package sarif

import (
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report/internal/words"
)

// addLive says what registries said of the ancestors; nothing where none was asked. What is to
// be done about it are findings of rules.
func (w *writer) addLive(p *sarif.PropertyBag) {
	if w.r.Lineage == nil || w.r.Lineage.Asked == nil {
		return
	}
	p.Add("registriesAsked", w.r.Lineage.Asked.At.UTC().Format(time.RFC3339))
	says := []string{}
	for _, a := range w.r.Ancestors {
		for i, s := range words.Live(a.Live, w.r.AsOf) {
			if i > 0 {
				s = a.Live.Name + ": " + s
			}
			says = append(says, clean(s, maxText))
		}
	}
	p.Add("registriesSay", says)
}

// unanswered says of which ancestors it is not known whether their tags moved, although
// a registry was to be asked.
func (w *writer) unanswered() []string {
	var say []string
	for i, a := range w.r.Ancestors {
		if i < maxProblems && a.Live != nil && a.Live.State == ancestry.StateNotKnown {
			say = append(say, sentence(clean(words.Live(a.Live, w.r.AsOf)[0], maxText)))
		}
	}
	return say
}
