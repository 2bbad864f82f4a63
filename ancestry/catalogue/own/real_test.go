package own_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// A configFile is an ancestry.ConfigFiler.
type configFile v1.ConfigFile

func (c *configFile) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// published are the histories by name.
func published(t *testing.T) map[string]*configFile {
	t.Helper()
	out := map[string]*configFile{}
	for _, r := range realimages.All(t) {
		cfg, err := r.ConfigFile()
		require.NoError(t, err)
		out[r.Reference] = (*configFile)(cfg)
	}
	return out
}

// chains are published images and the place where their own Dockerfile begins.
var chains = []struct {
	image, from string
	start       int
}{
	{"buildpack-deps:buster-curl", "debian:buster", 2},
	{"buildpack-deps:buster-scm", "buildpack-deps:buster-curl", 4},
	{"buildpack-deps:buster", "buildpack-deps:buster-scm", 5},
	{"python:3.13-trixie", "buildpack-deps:trixie", 4},
	{"python:3.11.1", "buildpack-deps:bullseye", 6},
	{"python:3.10.9-slim-buster", "debian:buster-slim", 2},
	{"php:8.1-apache-buster", "debian:buster-slim", 2},
	{"tomcat:9-jdk17", "eclipse-temurin:17-jdk-jammy", 10},
	{"eclipse-temurin:17-jdk-jammy", "ubuntu:jammy", 2},
	{"eclipse-temurin:21-jre-noble", "ubuntu:noble", 5},
	{"nginx:latest", "debian:trixie-slim", 1},
	{"haproxy:latest", "debian:trixie-slim", 1},
	{"node:22-alpine", "alpine:3.24", 2},
	{"ruby:3.4-slim-bookworm", "debian:bookworm-slim", 1},
}

// unbuild writes a Dockerfile from which steps from to to-1 of a history could have
// been built: commands on several lines with comments between, values in quotes,
// PATH by reference.
func unbuild(from string, steps []history.Step, start int) string {
	h := recipe.NewHistory(steps, nil)
	var b strings.Builder
	fmt.Fprintf(&b, "# syntax=docker/dockerfile:1\nFROM %s\n", from)
	for i, s := range steps[start:] {
		in := s.Instruction
		args := in.Args
		switch in.Keyword {
		case "RUN":
			args = strings.ReplaceAll(args, "; \t", "; \\\n\t")
			args = strings.ReplaceAll(args, "     && ", " \\\n# a comment\n    && ")
		case "ENV":
			args = quoted(in.Env(), h.Before(start + i).Env["PATH"])
		case "LABEL":
			args = quoted(in.Labels(), "")
		case "EXPOSE":
			args = strings.NewReplacer("map[", "", "/tcp:{}", "", "]", "").Replace(args)
		case "CMD", "ENTRYPOINT":
			args = strings.ReplaceAll(args, `" "`, `", "`)
		case "COPY", "ADD":
			sources := in.Sources
			if strings.Contains(sources[0], ":") { // a hash
				sources = []string{"some/file"}
			}
			args = strings.Join(slices.Concat(in.Flags, sources, []string{in.Dest}), " ")
		}
		fmt.Fprintf(&b, "%s %s\n", in.Keyword, args)
	}
	return b.String()
}

func quoted(pairs []string, path string) string {
	var words []string
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		v = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(v)
		if k == "PATH" && path != "" {
			v = strings.Replace(v, path, "$PATH", 1)
		}
		words = append(words, fmt.Sprintf(`%s="%s"`, k, v))
	}
	return strings.Join(words, " \\\n\t")
}

// dockerfilesOf has a Dockerfile for each of chains.
func dockerfilesOf(t *testing.T, all map[string]*configFile) *catalogue.Catalogue {
	t.Helper()
	var files []dockerfile
	for _, c := range chains {
		steps, _ := history.Steps((*v1.ConfigFile)(all[c.image]))
		files = append(files, dockerfile{c.image, unbuild(c.from, steps, c.start), nil})
	}
	return catalogueOf(t, files...)
}

func TestPublishedHistories(t *testing.T) {
	all := published(t)
	known := dockerfilesOf(t, all)
	for _, c := range chains {
		t.Run(c.image, func(t *testing.T) {
			l, err := ancestry.Resolve(t.Context(), all[c.image], &ancestry.Options{Catalogues: []ancestry.Source{known}})
			require.NoError(t, err)
			assert.Empty(t, l.Problems)
			top := l.Ancestors[0]
			assert.Equal(t, c.image, top.String())
			assert.Equal(t, ancestry.Recognised, top.Confidence)
			assert.Equal(t, ancestry.Span{From: c.start, To: len(l.Steps)}, top.Steps)
			assert.Empty(t, top.Against)
			assert.Empty(t, top.Ties)
			// FROM names the image below, also where the catalogue does not know it.
			require.Greater(t, len(l.Ancestors), 1)
			assert.Equal(t, c.from, l.Ancestors[1].String())
		})
	}
}

// changed changes one thing in steps from to the end of a history, so that it is
// no longer what the Dockerfile there would leave.
func changed(r *rand.Rand, cfg *configFile, from int) (*configFile, string) {
	out := *cfg
	out.History = slices.Clone(cfg.History)
	h := out.History
	i := from + r.IntN(len(h)-from)
	switch r.IntN(4) {
	case 0: // an instruction is gone
		out.History = slices.Delete(h, i, i+1)
		if !cfg.History[i].EmptyLayer {
			out.RootFS.DiffIDs = slices.Clone(cfg.RootFS.DiffIDs[1:])
		}
		return &out, fmt.Sprintf("step %d dropped", i)
	case 1: // two have changed places
		j := from + r.IntN(len(h)-from)
		if h[i].CreatedBy == h[j].CreatedBy {
			return nil, ""
		}
		h[i], h[j] = h[j], h[i]
		return &out, fmt.Sprintf("steps %d and %d swapped", i, j)
	case 2: // a letter of its arguments is another
		text := []byte(h[i].CreatedBy)
		lo := strings.IndexAny(h[i].CreatedBy, " ") + 1
		if k := strings.Index(h[i].CreatedBy, "#(nop) "); k >= 0 {
			lo = k + len("#(nop)  ")
		}
		hi := len(strings.TrimSuffix(h[i].CreatedBy, " # buildkit"))
		k := lo + r.IntN(hi-lo)
		if text[k] < 'a' || text[k] > 'y' || hashed(h[i].CreatedBy, k) {
			return nil, ""
		}
		text[k]++
		h[i].CreatedBy = string(text)
		return &out, fmt.Sprintf("step %d: byte %d changed", i, k)
	}
	// something is slipped in: before the last step, or it would be a child
	if i == len(h)-1 {
		return nil, ""
	}
	h = slices.Insert(h, i, v1.History{
		Created: h[i].Created, CreatedBy: h[i].CreatedBy, Comment: h[i].Comment, EmptyLayer: true,
	})
	out.History = h
	return &out, fmt.Sprintf("step %d doubled", i)
}

// hashed reports whether byte k is inside a content hash, of which a Dockerfile
// says nothing.
func hashed(s string, k int) bool {
	const hash = 64
	for _, kind := range []string{"file:", "dir:", "multi:"} {
		if i := strings.Index(s, kind); i >= 0 && k >= i && k < i+len(kind)+hash {
			return true
		}
	}
	return false
}

func TestMutatedHistoriesAreNotRecognised(t *testing.T) {
	all := published(t)
	known := dockerfilesOf(t, all)
	r := rand.New(rand.NewPCG(1, 2))
	mutants := 0
	for _, c := range chains {
		for range 60 {
			cfg, what := changed(r, all[c.image], c.start)
			if cfg == nil {
				continue
			}
			mutants++
			l, err := ancestry.Resolve(t.Context(), cfg, &ancestry.Options{Catalogues: []ancestry.Source{known}})
			require.NoError(t, err)
			for _, a := range l.Ancestors {
				if a.String() == c.image && a.Confidence > ancestry.Inferred {
					t.Errorf("%s, %s: still %v: %v", c.image, what, a.Confidence, a.Evidence)
				}
			}
		}
	}
	t.Logf("%d mutants", mutants)
	assert.Greater(t, mutants, 400)
}
