package provenance

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/stemma-go/stemma/ancestry"
)

// maxDockerfile is the size in bytes of the largest Dockerfile that is read.
const maxDockerfile = 1 << 20

// maxWord is the length in bytes of the longest build argument that is put into a FROM: one
// argument can hold others many times.
const maxWord = 1024

// A stage is one of the Dockerfile, with the line of its FROM.
type stage struct {
	line int
	name string // or its number
	from string // what it is built on, as it is given, with the build arguments put in
}

// stages returns the stages of the attested Dockerfile, in its order; nil if there is none
// that can be read.
func (s *Statement) stages() []stage {
	if len(s.Dockerfile) == 0 || len(s.Dockerfile) > maxDockerfile {
		return nil
	}
	parsed, err := parser.Parse(bytes.NewReader(s.Dockerfile))
	if err != nil {
		return nil
	}
	var out []stage
	args := maps.Clone(s.args)
	lex := shell.NewLex(parsed.EscapeToken)
	expand := func(word string) string {
		if len(word) > maxWord {
			return ""
		}
		word, _, err := lex.ProcessWord(word, environment(args))
		if err != nil || len(word) > maxWord {
			return ""
		}
		return word
	}
	for _, n := range parsed.AST.Children {
		switch first := n.Next; {
		case first == nil:
		case strings.EqualFold(n.Value, "ARG") && len(out) == 0:
			for a := first; a != nil; a = a.Next {
				if k, v, ok := strings.Cut(a.Value, "="); ok && args != nil && s.args[k] == "" {
					args[k] = expand(v)
				}
			}
		case strings.EqualFold(n.Value, "FROM"):
			st := stage{line: n.StartLine, name: strconv.Itoa(len(out)), from: expand(first.Value)}
			for a := first; a.Next != nil; a = a.Next {
				if strings.EqualFold(a.Value, "AS") {
					st.name = a.Next.Value
				}
			}
			out = append(out, st)
		}
	}
	return out
}

// environment is what build arguments are to BuildKit's lexer.
type environment map[string]string

func (e environment) Get(key string) (string, bool) { v, ok := e[key]; return v, ok }
func (e environment) Keys() []string                { return slices.Sorted(maps.Keys(e)) }

// called returns how the FROM at the base's place in the Dockerfile calls the base; "" if
// that is not known. The graph has the digest, whether the Dockerfile has it or not.
func called(stages []stage, d *ancestry.Dockerfile, base ancestry.Name) string {
	if d == nil || base.Repository == "" {
		return ""
	}
	for _, s := range stages {
		if n, ok := ancestry.ParseName(s.from); ok && s.line == d.Base().First && n.Repository == base.Repository {
			return s.from
		}
	}
	return ""
}
