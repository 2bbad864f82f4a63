package lines

import (
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// similar reports whether an instruction is that of a step, edited since.
func similar(in recipe.Instruction, step history.Instruction) bool {
	if in.Keyword == "" || in.Keyword != step.Keyword {
		return false
	}
	switch in.Keyword {
	case "RUN":
		return sameWords(in.Expanded, step.Args) || sameWords(in.Written, step.Args)
	case "ENV", "LABEL":
		written := history.Instruction{Keyword: in.Keyword, Args: in.Expanded}
		return sameNames(written.Env(), step.Env()) || sameNames(written.Labels(), step.Labels())
	case "COPY", "ADD":
		return path.Clean(in.Dest) == path.Clean(step.Dest) && in.Dest != ""
	case "ARG":
		return firstWord(in.Expanded) == firstWord(step.Args)
	case "CMD", "ENTRYPOINT", "HEALTHCHECK", "MAINTAINER", "STOPSIGNAL":
		return true // a stage has one that counts
	}
	return false
}

func firstWord(s string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	name, _, _ = strings.Cut(name, "=")
	return name
}

// sameNames reports whether "K=V" pairs have the same names, of which there is one.
func sameNames(a, b []string) bool {
	names := func(pairs []string) []string {
		var out []string
		for _, p := range pairs {
			k, _, _ := strings.Cut(p, "=")
			out = append(out, k)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return len(a) > 0 && slices.Equal(names(a), names(b))
}

// maxWords is how many words of a command are compared.
const maxWords = 2000

// sameWords reports whether at least two thirds of the words of two commands are the same.
func sameWords(a, b string) bool {
	x, y := words(a), words(b)
	common := 0
	for w := range x {
		if y[w] {
			common++
		}
	}
	return common > 0 && 3*common >= 2*max(len(x), len(y))
}

func words(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		if len(out) == maxWords {
			break
		}
		out[w] = true
	}
	return out
}
