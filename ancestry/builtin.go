package ancestry

import (
	"context"
	"fmt"
	"time"

	"github.com/stemma-go/stemma/layers/history"
)

// A sourceFunc is a Source that needs nothing but the query.
type sourceFunc func(q *Query) ([]Claim, error)

func (f sourceFunc) Claims(_ context.Context, q *Query) ([]Claim, error) { return f(q) }

// builtin returns the sources of boundaries that every image is asked for,
// strongest first. What an image calls itself is heard when its boundaries are
// known: see hearImage.
func builtin() []Source {
	return []Source{
		sourceFunc(fromComments), sourceFunc(buildpacks), sourceFunc(root),
		sourceFunc(builderChanges), sourceFunc(commands), sourceFunc(firstLayer),
	}
}

// fromComments reads the mark that Buildah leaves on the first step above a base.
// With --layers it leaves one on every step, since every step is built on an image
// of its own: those name an ID. So an ID is a boundary only above another
// builder's steps.
func fromComments(q *Query) ([]Claim, error) {
	var claims []Claim
	for i, s := range q.Steps {
		from := s.Instruction.From
		if from == "" || i == 0 {
			continue
		}
		name, ok := ParseName(from)
		below := q.Steps[i-1].Instruction
		if !ok && (below.From != "" || !known(below.Builder) || below.Builder == history.BuilderBuildah) {
			continue
		}
		claims = append(claims, Claim{
			Start: history.None, End: i, Name: name,
			Evidence: Evidence{
				Kind: KindBuilder, Confidence: Recorded,
				Says: "built on " + plainText(from), Where: fmt.Sprintf("step %d: comment", i),
			},
		})
	}
	return claims, nil
}

// builderChanges finds neighbouring steps of different builders: no Dockerfile is
// built by two.
func builderChanges(q *Query) ([]Claim, error) {
	var claims []Claim
	for i := 1; i < len(q.Steps); i++ {
		below, above := q.Steps[i-1].Instruction.Builder, q.Steps[i].Instruction.Builder
		if below == above || !known(below) || !known(above) {
			continue
		}
		claims = append(claims, boundary(i, fmt.Sprintf("the builder changes from %s to %s", below, above)))
	}
	return claims, nil
}

func known(b history.Builder) bool { return b != "" && b != history.BuilderUnknown }

// boundary claims no more than that an image ends before step i.
func boundary(i int, says string) Claim {
	return Claim{
		Start: history.None, End: i,
		Evidence: Evidence{Kind: KindHeuristic, Confidence: Inferred, Says: says, Where: fmt.Sprintf("step %d", i)},
	}
}

// commands finds Dockerfiles by their ends. Most end with CMD, ENTRYPOINT or both,
// and have each once. So where one occurs again, with layers in between, another
// Dockerfile ended between the two; and where layers follow the last CMD, that
// CMD was the parent's.
func commands(q *Query) ([]Claim, error) {
	var claims []Claim
	end := map[string]int{"CMD": history.None, "ENTRYPOINT": history.None} // the last of each
	cut := func(after int, says string) {
		at := closing(q.Steps, after)
		if at >= len(q.Steps) || sameMoment(q.Steps[at-1], q.Steps[at]) {
			return
		}
		claims = append(claims, boundary(at, says))
	}
	for i, s := range q.Steps {
		k := s.Instruction.Keyword
		last, ok := end[k]
		if !ok {
			continue
		}
		if last != history.None && makesLayer(q.Steps[last:i]) {
			// CMD is where a Dockerfile ends; its ENTRYPOINT may stand far above.
			after := last
			if k == "ENTRYPOINT" {
				after = max(last, end["CMD"])
			}
			cut(after, fmt.Sprintf("%s at step %d is followed by layers and by another %s", k, last, k))
			for other, at := range end {
				if at <= after {
					end[other] = history.None
				}
			}
		}
		end[k] = i
	}
	if last := end["CMD"]; last != history.None && end["ENTRYPOINT"] <= last {
		if at := closing(q.Steps, last); makesLayer(q.Steps[at:]) {
			cut(last, fmt.Sprintf("CMD at step %d is followed by layers", last))
		}
	}
	return claims, nil
}

// closing returns the step after a CMD or ENTRYPOINT and what usually stands with
// it at a Dockerfile's end.
func closing(steps []history.Step, i int) int {
	for i++; i < len(steps); i++ {
		switch steps[i].Instruction.Keyword {
		case "CMD", "ENTRYPOINT", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "VOLUME", "ONBUILD":
			if steps[i].Layer == history.None {
				continue
			}
		}
		break
	}
	return i
}

func makesLayer(steps []history.Step) bool {
	for _, s := range steps {
		if s.Layer != history.None {
			return true
		}
	}
	return false
}

// sameMoment reports whether two steps were recorded with one time, as BuildKit
// does inside one build. Times at the epoch are made up.
func sameMoment(a, b history.Step) bool {
	return a.Created.Equal(b.Created) && a.Created.After(time.Unix(0, 0))
}

// plainText makes text from an image fit to be shown: short, and without control
// characters.
func plainText(s string) string {
	const most = 200
	out := make([]rune, 0, min(len(s), most))
	for _, r := range s {
		if len(out) == most {
			return string(out) + "…"
		}
		if r < ' ' || 0x7f <= r && r < 0xa0 || r == 0xfffd {
			r = '?'
		}
		out = append(out, r)
	}
	return string(out)
}
