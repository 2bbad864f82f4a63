package ancestry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stemma-go/stemma/layers/history"
)

// A sourceFunc is a Source that needs nothing but the query.
type sourceFunc func(q *Query) ([]Claim, error)

func (f sourceFunc) Claims(_ context.Context, q *Query) ([]Claim, error) { return f(q) }

// builtin returns the sources that every image is asked for, in the order in which they
// count: what the image says itself, what its publisher and its builder wrote, how roots
// are made, and last the habits of those who write Dockerfiles.
func builtin(publishers []Publisher) []Source {
	return []Source{
		sourceFunc(references), publisherSource{publishers}, sourceFunc(comments), sourceFunc(buildpacks),
		sourceFunc(baseNames), sourceFunc(roots), sourceFunc(builderChanges), sourceFunc(wholeBuilds), sourceFunc(commits),
		sourceFunc(commands), sourceFunc(firstLayer), sourceFunc(ownNames), sourceFunc(rootFiles), sourceFunc(copyFlags),
	}
}

// comments reads the mark that Buildah leaves on the first step above a base.
func comments(q *Query) ([]Claim, error) {
	var claims []Claim
	for i, s := range q.Steps {
		from := s.Instruction.From
		if from == "" || i == 0 {
			continue
		}
		name, ok := ParseName(from)
		below := q.Steps[i-1].Instruction
		// An ID is a boundary only above another builder's steps: with --layers Buildah
		// writes one into every entry.
		if !ok && (below.From != "" || !known(below.Builder) || below.Builder == history.BuilderBuildah) {
			continue
		}
		claims = append(claims, Claim{
			Start: history.None, End: i, Name: name,
			Evidence: Evidence{
				Kind: KindBuilder, Confidence: Recorded,
				Says: "built on " + plainText(from), Name: from, Where: fmt.Sprintf("step %d: comment", i),
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

// marked is a boundary that a builder's own entries show.
func marked(i int, says string) Claim {
	c := boundary(i, says)
	c.Evidence.Kind, c.Evidence.Confidence = KindBuilder, Recorded
	return c
}

// appender returns the name of the tool that made a step, if it is one that puts an
// application on a base image, all at once and without a Dockerfile: "" of others.
func appender(s history.Step) string {
	switch s.Instruction.Builder {
	case history.BuilderJib, history.BuilderKo, history.BuilderBuildpacks:
		return string(s.Instruction.Builder)
	}
	if s.Author == ".NET SDK" && strings.HasPrefix(s.CreatedBy, ".NET SDK Container Tooling") {
		return ".NET SDK"
	}
	return ""
}

// wholeBuilds finds the steps of tools that put an application on a base, which is all
// that is below, and do nothing else.
func wholeBuilds(q *Query) ([]Claim, error) {
	if q.Config.Config.Labels[labelLifecycle] != "" {
		return nil, nil // it tells better
	}
	var claims []Claim
	for i := 1; i < len(q.Steps); i++ {
		below, above := appender(q.Steps[i-1]), appender(q.Steps[i])
		switch {
		case below == above:
		case above != "":
			claims = append(claims, marked(i, above+" puts an application on a base image, which ends here"))
		default:
			claims = append(claims, marked(i, "the image that "+below+" made ends here"))
		}
	}
	return claims, nil
}

// commits finds where Buildah committed an image that it built without --layers: then
// the instructions make no layer, and the last step of the build has that of all.
func commits(q *Query) ([]Claim, error) {
	var claims []Claim
	for i := 1; i < len(q.Steps); i++ {
		if pending(q.Steps, i-1) && q.Steps[i-1].Layer != history.None {
			claims = append(claims, boundary(i, "Buildah committed a whole build before"))
		}
	}
	return claims, nil
}

// insideCommit reports whether a boundary lies between instructions of one build of
// Buildah's whose files are all in a layer that follows.
func insideCommit(steps []history.Step, w weighed) bool {
	return w.End < len(steps) && steps[w.End-1].Layer == history.None && pending(steps, w.End)
}

// pending reports whether the step is of a build by Buildah that has changed files
// before it, and not yet made a layer.
func pending(steps []history.Step, i int) bool {
	const most = 500 // steps to look at
	if !byBuildah(steps[i]) {
		return false
	}
	lowest := max(0, i-most)
	for i--; i >= lowest; i-- {
		s := steps[i]
		if s.Layer != history.None || !byBuildah(s) || steps[i+1].Instruction.From != "" {
			return false
		}
		switch s.Instruction.Keyword {
		case "RUN", "COPY", "ADD":
			return !strings.HasPrefix(s.Comment, "FROM ") // with --layers, a RUN that changed nothing
		}
	}
	return false
}

// byBuildah reports whether Buildah can have recorded a step: Docker's classic builder
// records a RUN alike.
func byBuildah(s history.Step) bool {
	b := s.Instruction.Builder
	return b == history.BuilderBuildah || !known(b) && s.Instruction.Keyword != ""
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
	if last := end["ENTRYPOINT"]; last != history.None && end["CMD"] <= last {
		claims = append(claims, laterBuild(q.Steps, last)...)
	}
	return claims, nil
}

// laterBuild finds a base whose ENTRYPOINT is followed by the steps of another build:
// they were recorded much later, and begin as a Dockerfile does that is built on another's
// image, with USER root or MAINTAINER. Any of that alone says nothing: the build cache puts
// days into one Dockerfile.
func laterBuild(steps []history.Step, entrypoint int) []Claim {
	const later = time.Hour
	at := closing(steps, entrypoint)
	if at >= len(steps) || !makesLayer(steps[at:]) || !makesLayer(steps[:at]) {
		return nil
	}
	before, after := steps[at-1].Created, steps[at].Created
	if before.Unix() <= 0 || after.Sub(before) < later {
		return nil
	}
	for i := at; i < len(steps) && steps[i].Layer == history.None; i++ {
		in := steps[i].Instruction
		user, _, _ := strings.Cut(in.Args, ":")
		if in.Keyword == "MAINTAINER" || in.Keyword == "USER" && (user == "root" || user == "0") {
			return []Claim{boundary(at, fmt.Sprintf("ENTRYPOINT at step %d is followed by a %s and layers, %s later", entrypoint, in.Keyword, after.Sub(before).Round(time.Minute)))}
		}
	}
	return nil
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

// firstLayer finds a root in a history that says nothing of its lowest layer, if
// that layer brings an os-release and more layers follow.
func firstLayer(q *Query) ([]Claim, error) {
	if len(q.Steps) < 2 || q.Steps[0].Layer != 0 || !makesLayer(q.Steps[1:]) || !silent(q.Steps[0]) {
		return nil, nil
	}
	_, where, ok := q.Hints.Files[0].distro()
	if !ok {
		return nil, nil
	}
	if _, _, ok := rootOf(q.Steps); ok {
		return nil, nil
	}
	c := boundary(1, "the lowest layer is a distribution's root, and nothing says what made it")
	c.Evidence.Where = q.inRoot(where)
	return []Claim{c}, nil
}

// silent reports whether the history does not say what a step did.
func silent(s history.Step) bool {
	return s.Synthetic || s.CreatedBy == "" && s.Instruction.Builder == history.BuilderUnknown
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
