package history

import (
	"encoding/json"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The marks of BuildKit's entries.
const (
	buildKitSuffix  = " # buildkit"                // ends instructions that change files
	buildKitComment = "buildkit."                  // begins comments
	exporterComment = "buildkit.exporter.image.v0" // of a layer that the build did not make an entry for
)

// isKeyword reports whether s, in capitals, is an instruction that leaves a
// history entry. FROM leaves none.
func isKeyword(s string) bool {
	switch s {
	case "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
		"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR":
		return true
	}
	return false
}

// cutKeyword splits "env A=1" into the keyword ENV, the word env as it is written, and
// the arguments "A=1".
func cutKeyword(text string) (keyword, word, args string, ok bool) {
	const longest = len("HEALTHCHECK")
	i := strings.IndexAny(text[:min(len(text), longest+1)], " \t\n")
	if i < 0 {
		i = len(text)
	}
	if i > longest {
		return "", "", "", false
	}
	word = text[:i]
	keyword = strings.ToUpper(word)
	return keyword, word, strings.TrimLeft(text[i:], " \t"), isKeyword(keyword)
}

// parseBuildKit parses what BuildKit writes: instructions, and what it says of layers
// that have no history.
func parseBuildKit(h v1.History) (parsed, bool) {
	if p, ok := parseBare(h); ok {
		return p, true
	}
	return tool(h, BuilderBuildKit), strings.HasPrefix(h.Comment, buildKitComment)
}

// parseBare parses the entries that begin with a keyword: BuildKit's, and those of
// tools that copy the Dockerfile's line. BuildKit is recognised by its comment or
// suffix, or by the way in which it writes lists (Go's, not JSON's).
func parseBare(h v1.History) (parsed, bool) {
	keyword, word, args, ok := cutKeyword(h.CreatedBy)
	if !ok || word != keyword {
		return parsed{}, false
	}
	p := parsed{form: formBare, Instruction: Instruction{Builder: BuilderUnknown, Keyword: keyword, Args: args}}
	var suffixed bool
	if p.Args, suffixed = strings.CutSuffix(p.Args, buildKitSuffix); suffixed ||
		strings.HasPrefix(h.Comment, buildKitComment) || goList(keyword, args) {
		p.Builder = BuilderBuildKit
	}
	if keyword == "RUN" {
		p.run(p.Args)
	}
	if len(p.Shell) == 0 {
		p.detail()
	}
	return p, true
}

// goList reports whether the arguments are a Go value printed by fmt, as only
// BuildKit writes them without "#(nop)": EXPOSE map[80/tcp:{}], VOLUME [/data],
// CMD ["a" "b"].
func goList(keyword, args string) bool {
	switch keyword {
	case "EXPOSE":
		return strings.HasPrefix(args, "map[")
	case "VOLUME", "SHELL":
		return strings.HasPrefix(args, "[") && !strings.HasPrefix(args, `["`)
	case "CMD", "ENTRYPOINT":
		return strings.HasPrefix(args, `["`) && strings.Contains(args, `" "`) && !json.Valid([]byte(args))
	}
	return false
}

// parseKaniko recognises Kaniko by its author. It copies the Dockerfile's line, so the
// keyword can be in small letters and the flags are all there.
func parseKaniko(h v1.History) (parsed, bool) {
	if h.Author != "kaniko" {
		return parsed{}, false
	}
	keyword, _, args, ok := cutKeyword(h.CreatedBy)
	if !ok {
		return tool(h, BuilderKaniko), true
	}
	p := parsed{form: formBare, Instruction: Instruction{Builder: BuilderKaniko, Keyword: keyword, Args: args}}
	p.detail()
	return p, true
}

// detail takes flags, sources and destination out of Args, for the keywords that
// have them.
func (p *parsed) detail() {
	switch p.Keyword {
	case "RUN", "HEALTHCHECK":
		p.Flags, p.Args = cutFlags(p.Args)
	case "COPY", "ADD":
		p.Flags, p.Args = cutFlags(p.Args)
		p.Sources, p.Dest = sourcesAndDest(p.Args)
	}
}

// cutFlags cuts leading words that begin with two dashes and a letter.
func cutFlags(args string) (flags []string, rest string) {
	for len(args) > 2 && args[:2] == "--" && isAlnum(args[2]) {
		word, after, _ := strings.Cut(args, " ")
		flags = append(flags, word)
		args = strings.TrimLeft(after, " ")
	}
	return flags, args
}

// sourcesAndDest splits "a b /dest" and `["a","b","/dest"]`. Lines after the
// first are the text of heredocs.
func sourcesAndDest(args string) (sources []string, dest string) {
	line, _, _ := strings.Cut(args, "\n")
	var names []string
	if !strings.HasPrefix(line, "[") || json.Unmarshal([]byte(line), &names) != nil {
		names = strings.Fields(line)
	}
	if len(names) < 2 {
		return nil, ""
	}
	return slices.Clip(names[:len(names)-1]), names[len(names)-1]
}
