package history

import (
	"encoding/json"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// defaultShell is the one that Docker uses unless told otherwise, and that
// Buildah records always.
const defaultShell = "/bin/sh -c"

// parseClassic parses what Docker's classic builder and Buildah write.
func parseClassic(h v1.History) (parsed, bool) {
	for _, parse := range [...]func(v1.History) (parsed, bool){parseNop, parseBuildArgRun, parseShellRun} {
		if p, ok := parse(h); ok {
			return p, true
		}
	}
	// docker build --squash appends an entry, which makes the one layer into which it
	// merged all others.
	merged := strings.HasPrefix(h.Comment, "merge sha256:") && strings.Contains(h.Comment, " to sha256:")
	return tool(h, BuilderDocker), h.CreatedBy == "" && (merged || strings.HasPrefix(h.Comment, "create new from sha256:"))
}

// parseNop parses what Docker's classic builder and Buildah write for everything but
// RUN: a shell with a comment, "/bin/sh -c #(nop) …".
//
// Docker since 1.13 passes the mark and the text as two arguments, which makes
// two spaces. It passes COPY, ADD and WORKDIR as one argument; so do earlier versions
// and Buildah, for all instructions.
func parseNop(h v1.History) (parsed, bool) {
	shell, rest, ok := CutShell(h.CreatedBy)
	if !ok {
		return parsed{}, false
	}
	text, ok := strings.CutPrefix(rest, "#(nop) ")
	if !ok {
		return parsed{}, false
	}
	text, two := strings.CutPrefix(text, " ")
	text, mutated := cutBuildahMetadata(text)
	keyword, word, args, ok := cutKeyword(text)
	if !ok {
		p := parsed{form: formClassic, Instruction: Instruction{Builder: BuilderUnknown, Args: text}}
		return p, true
	}
	p := parsed{form: formClassic, Instruction: Instruction{Builder: BuilderUnknown, Keyword: keyword}}
	p.Args = args
	switch {
	case two || strings.Join(shell, " ") != defaultShell:
		p.Builder = BuilderDocker
	case mutated || word != keyword || strings.HasSuffix(args, "  "):
		p.Builder = BuilderBuildah
	case keyword == "COPY" || keyword == "ADD" || keyword == "WORKDIR":
	default:
		p.Builder = oneSpace(keyword, p.Args, h.Created.Time)
	}
	switch keyword {
	case "COPY", "ADD":
		p.hashedCopy()
	case "HEALTHCHECK":
		p.detail()
	case "USER", "STOPSIGNAL":
		p.Args = unwrap(p.Args, "[", "]") // until Docker 17.12
	case "CMD", "ENTRYPOINT":
		p.Args = unwrap(p.Args, "&{", "}") // in Docker 1.10 to 1.11
	}
	return p, true
}

// unwrap takes off what Docker once put around an argument: it printed Go values.
// Buildah records the Dockerfile's text, which never looks like that.
func unwrap(args, before, after string) string {
	inner, ok := strings.CutPrefix(args, before)
	if inner, closed := strings.CutSuffix(inner, after); ok && closed && !strings.HasPrefix(inner, `"`) {
		return inner
	}
	return args
}

// oneSpace returns the builder that wrote "#(nop) CMD …" with one space. Docker did
// until 1.12, whose last release is of December 2016; Buildah's first release is of
// 2017. Docker 1.12 was in use for long after, so the years up to 2019 say nothing.
// Buildah has an option that sets the time to the epoch, Docker has none.
func oneSpace(keyword, args string, created time.Time) Builder {
	list := (keyword == "CMD" || keyword == "ENTRYPOINT") && strings.Contains(args, ",") && json.Valid([]byte(args))
	year := created.UTC().Year()
	switch {
	case list: // Docker prints the list without commas.
		return BuilderBuildah
	case created.IsZero() || year <= 1970 || year >= 2020:
		return BuilderBuildah
	case year < 2017:
		return BuilderDocker
	}
	return BuilderUnknown
}

// hashedCopy takes apart "--chown=a:bfile:<hash> in /dest", which has no space
// between the flag and the source.
func (p *parsed) hashedCopy() {
	p.Args = strings.TrimRight(p.Args, " ")
	source, dest, ok := strings.Cut(p.Args, " in ")
	if !ok {
		p.detail()
		return
	}
	flags, source := cutHashed(source)
	p.Flags, source = cutFlags(flags + source)
	p.Sources, p.Dest = strings.Fields(source), dest
	p.Args = source + " in " + dest
	if len(p.Flags) > 0 && p.Flags[0] == "--link" {
		p.Builder = BuilderBuildah
	}
}

// cutHashed puts a space between flags and a source of the form kind:<SHA-256>. A URL
// is the hash alone, without a kind: both Docker and Buildah write it so.
func cutHashed(s string) (flags, source string) {
	const hash = 64
	if !strings.HasPrefix(s, "--") || len(s) < hash || strings.Trim(s[len(s)-hash:], "0123456789abcdef") != "" {
		return "", s
	}
	for _, kind := range [...]string{"file:", "dir:", "multi:", ""} {
		i := len(s) - hash - len(kind)
		if i > 0 && s[i:i+len(kind)] == kind {
			return s[:i] + " ", s[i:]
		}
	}
	return "", s
}

// cutBuildahMetadata cuts what Buildah appends to an instruction when labels or
// times were changed: "|force-mtime=1700000000", "|inheritLabels=false".
func cutBuildahMetadata(text string) (string, bool) {
	cut := false
	for {
		trimmed := strings.TrimRight(text, " ")
		i := strings.LastIndexByte(trimmed, '|')
		if i < 0 {
			return text, cut
		}
		key, value, ok := strings.Cut(trimmed[i+1:], "=")
		switch key {
		case "force-mtime", "clamp-mtime":
			ok = ok && value != "" && strings.Trim(value, "0123456789") == ""
		case "inheritLabels", "inheritAnnotations":
			ok = ok && value == "false"
		case "unsetLabel", "unsetAnnotation":
			ok = ok && value != "" && !strings.Contains(value, " ")
		default:
			ok = false
		}
		if !ok {
			return text, cut
		}
		text, cut = text[:i], true
	}
}

// parseShellRun parses a RUN without keyword, "/bin/sh -c apt-get update", of
// Docker's classic builder and of Buildah. An exec-form RUN of Docker's is only
// its words, and can't be told from anything else.
func parseShellRun(h v1.History) (parsed, bool) {
	shell, _, ok := CutShell(h.CreatedBy)
	if !ok || strings.HasPrefix(h.Comment, buildKitComment) {
		return parsed{}, false
	}
	p := parsed{form: formClassic, Instruction: Instruction{Builder: BuilderUnknown, Keyword: "RUN"}}
	if strings.Join(shell, " ") != defaultShell {
		p.Builder = BuilderDocker // Buildah records /bin/sh whatever SHELL says
	}
	p.run(h.CreatedBy)
	p.buildahRun()
	return p, true
}

// parseBuildArgRun parses a RUN without keyword that has build arguments:
// "|1 FOO=1 /bin/sh -c echo hi".
func parseBuildArgRun(h v1.History) (parsed, bool) {
	if _, _, ok := cutCount(h.CreatedBy); !ok {
		return parsed{}, false
	}
	p := parsed{form: formClassic, Instruction: Instruction{Builder: BuilderUnknown, Keyword: "RUN"}}
	p.run(h.CreatedBy)
	p.buildahRun()
	return p, true
}

// buildahRun looks for what Buildah writes differently after "/bin/sh -c": the line of
// the Dockerfile, with its flags and the brackets of an exec form.
func (p *parsed) buildahRun() {
	var mutated bool
	if p.Args, mutated = cutBuildahMetadata(p.Args); mutated {
		p.Builder = BuilderBuildah
	}
	if strings.Join(p.Shell, " ") != defaultShell {
		return
	}
	for _, flag := range [...]string{"--mount=", "--network=", "--security="} {
		if strings.HasPrefix(p.Args, flag) {
			p.Builder = BuilderBuildah
			p.Flags, p.Args = cutFlags(p.Args)
			break
		}
	}
	var exec []string
	if strings.HasPrefix(p.Args, "[") && json.Unmarshal([]byte(p.Args), &exec) == nil {
		p.Builder, p.Shell = BuilderBuildah, nil
	}
}
