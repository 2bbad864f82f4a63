package provenance

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	return b
}

// Documents as builders publish them.
func TestParse(t *testing.T) {
	const commit = "4b220de5058abfd01ff619c9d2ff6b09a049bea0"
	for name, want := range map[string]struct {
		images     string // those that can be the base; "base:" before one that is said to be
		repository string
		path       string
		graph      bool
	}{
		"published/buildkit-v1-min":     {"alpine:latest", "", "", false},
		"published/buildkit-v1-max":     {"alpine:latest", "", "", true},
		"published/buildkit-v0.2-min":   {"alpine:latest", "", "", false},
		"published/buildkit-v0.2-max":   {"golang:1.19.4-alpine", "https://github.com/moby/buildkit.git", "Dockerfile", true},
		"published/tekton-v0.2":         {"base:registry.access.redhat.com/ubi9/ubi-minimal:9.4", "https://github.com/acme/app.git", "", false},
		"published/tekton-v1":           {"base:registry.access.redhat.com/ubi9/ubi-minimal:9.4 base:golang@sha256:" + strings.Repeat("f", 64), "https://github.com/acme/app.git", "", false},
		"published/github-v1-bundle":    {"", "https://github.com/acme/app", "", false},
		"published/generator-v0.2-dsse": {"", "https://github.com/acme/app", "", false},
		"buildkit/max-v1":               {"acme/base:1 acme/donor:4 acme/helper:3 acme/scanner:1 acme/seen:5 acme/tool:2", "https://git.example.org/acme/app.git", "build/Dockerfile", true},
		"buildkit/max-v0.2":             {"acme/base:1 acme/donor:4 acme/helper:3 acme/scanner:1 acme/seen:5 acme/tool:2", "https://git.example.org/acme/app.git", "build/Dockerfile", true},
		"buildkit/min-v1":               {"acme/base:1 acme/donor:4 acme/helper:3 acme/scanner:1 acme/seen:5 acme/tool:2", "", "", false},
		"buildkit/min-v0.2":             {"acme/base:1 acme/donor:4 acme/helper:3 acme/scanner:1 acme/seen:5 acme/tool:2", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(read(t, name))
			require.NoError(t, err)
			var images []string
			for _, i := range (&reader{Statement: s}).candidates() {
				says := i.Name.String()
				if _, rest, ok := strings.Cut(says, "/acme/"); ok {
					says = "acme/" + rest
				}
				if i.Base {
					says = "base:" + says
				}
				assert.Len(t, i.Name.Digest.Hex, 64)
				images = append(images, says)
			}
			assert.Equal(t, want.images, strings.Join(images, " "))
			assert.Equal(t, want.repository, s.Repository)
			assert.Equal(t, want.path, s.Path)
			assert.Equal(t, want.graph, s.graph != nil)
			assert.Len(t, s.Subjects, 1)
			if want.repository != "" {
				assert.Equal(t, commit, s.Revision)
			}
			if strings.HasPrefix(name, "buildkit/max") {
				assert.Contains(t, string(s.Dockerfile), "FROM ${REGISTRY}/acme/base:1")
				assert.Len(t, s.args, 1)
			}
		})
	}
}

// What cannot be read is said with its place, and what is no provenance is that.
func TestParseErrors(t *testing.T) {
	nested := string(read(t, "published/github-v1-bundle"))
	for what, test := range map[string]struct {
		content, says string
		other         bool
	}{
		"nothing":              {"", "EOF", false},
		"no JSON":              {"<html>", "invalid character", false},
		"no statement":         {"{}", "no predicateType", false},
		"a list":               {"[]", "cannot unmarshal", false},
		"an SBOM":              {`{"predicateType":"https://spdx.dev/Document"}`, `predicate type "https://spdx.dev/Document"`, true},
		"an old version":       {`{"predicateType":"https://slsa.dev/provenance/v0.1"}`, "no SLSA provenance of version 0.2 or 1", true},
		"no predicate":         {`{"predicateType":"https://slsa.dev/provenance/v1"}`, "predicate: ", false},
		"another type":         {`{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":7}}`, "predicate: json: ", false},
		"an empty envelope":    {`{"payload":"","signatures":[]}`, "payload: EOF", false},
		"no base64":            {`{"payload":"*"}`, "payload: illegal base64", false},
		"envelopes in another": {`{"dsseEnvelope":{"dsseEnvelope":` + nested + `}}`, "an envelope in an envelope", false},
		"a broken graph": {strings.Replace(string(read(t, "buildkit/max-v1")), `"step0:0"`, `"step99:0"`, 1),
			`predicate: buildDefinition.internalParameters.buildConfig.llbDefinition: step`, false},
		"broken metadata": {`{"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"buildType":"https://mobyproject.org/buildkit@v1",` +
			`"metadata":{"https://mobyproject.org/buildkit@v1#metadata":[]}}}`, "predicate: metadata.buildkit: json: ", false},
		"many materials": {`{"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"materials":[` +
			strings.TrimSuffix(strings.Repeat("{},", maxMaterials+1), ",") + `]}}`, "predicate: materials: 10001, more than 10000", false},
		"too large": {strings.Repeat(" ", MaxSize+1), "larger than", false},
		"deep":      {strings.Repeat(`{"dsseEnvelope":`, 100_000), "exceeded max depth", false},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := Parse([]byte(test.content))
			require.ErrorContains(t, err, test.says)
			assert.Equal(t, test.other, errors.Is(err, ErrOther))
		})
	}
}

func TestImageOf(t *testing.T) {
	digest := strings.Repeat("a", 64)
	for uri, want := range map[string]string{
		"pkg:docker/alpine@3.17?platform=linux%2Famd64":                                              "alpine:3.17",
		"pkg:docker/docker.io/library/alpine@3.17":                                                   "alpine:3.17",
		"pkg:docker/ghcr.io/acme/app@v2":                                                             "ghcr.io/acme/app:v2",
		"pkg:docker/localhost:5000/foo/bar@latest":                                                   "localhost:5000/foo/bar:latest",
		"pkg:docker/alpine?digest=sha256:" + digest:                                                  "alpine@sha256:" + digest,
		"pkg:docker/alpine@sha256:" + digest:                                                         "alpine@sha256:" + digest,
		"pkg:oci/static@sha256%3A" + digest + "?repository_url=gcr.io/distroless/static&tag=nonroot": "gcr.io/distroless/static:nonroot",
		"pkg:oci/layout@1?digest=sha256:" + digest:                                                   "unknown", // a local layout
		"docker-image://docker.io/library/golang:1.22@sha256:" + digest:                              "golang:1.22",
		"oci://quay.io/acme/task":                                                                    "quay.io/acme/task",
		"pkg:docker/alpine@3.17?ref_type=blob":                                                       "",
		"pkg:npm/left-pad@1.0.0":                                                                     "",
		"pkg:docker/":                                                                                "",
		"https://github.com/acme/app.git#main":                                                       "",
		"docker-image://UPPER CASE":                                                                  "",
		"pkg:docker/%00":                                                                             "",
		"pkg:oci/no-digest@1":                                                                        "",
		"":                                                                                           "",
	} {
		i, ok := imageOf(material{URI: uri})
		assert.Equal(t, want != "", ok, uri)
		if ok {
			assert.Equal(t, want, i.Name.String(), uri)
		}
	}
}

func TestGit(t *testing.T) {
	for uri, want := range map[string][2]string{
		"https://github.com/moby/buildkit.git#refs/tags/v0.11.0:docs": {"https://github.com/moby/buildkit.git", "docs"},
		"git+https://github.com/acme/app@refs/heads/main":             {"https://github.com/acme/app", ""},
		"https://user:token@example.org/acme/app.git?token=x":         {"https://example.org/acme/app.git", ""},
		"git@github.com:acme/app.git":                                 {"git@github.com:acme/app.git", ""},
	} {
		repository, dir := gitURL(uri)
		assert.Equal(t, want, [2]string{repository, dir})
	}
	for file, want := range map[string]string{"Dockerfile": "a/Dockerfile", "../Dockerfile": "Dockerfile", "../../x": "", "/etc/x": "a/etc/x", `a\b`: ""} {
		assert.Equal(t, want, inside("a", file), file)
	}
	assert.Empty(t, inside("/a", "Dockerfile"))
}

// Whatever a document says, reading it ends, and with an error or a result.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"published", "buildkit"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
		require.NoError(f, err)
		for _, name := range files {
			b, err := os.ReadFile(name)
			require.NoError(f, err)
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		for _, i := range s.Images {
			if i.Name.Repository == "" && i.Name.Digest.Hex == "" {
				t.Error("an image that is none")
			}
		}
		if s.graph == nil {
			return
		}
		w := newWalk(s.graph)
		if l, err := w.follow(s.graph.top); err == nil {
			g := &giver{walk: w, base: l.base, stages: s.stages()}
			_, _ = g.donors(l)
		}
	})
}

// FuzzGraph makes graphs of few bytes, in which circles and merges are likely.
func FuzzGraph(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 2, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		ops := []string{`{"source":{"identifier":"docker-image://a:1"}}`, `{"exec":{"mounts":[{"dest":"/"},{"dest":"/m","input":1,"output":-1}]}}`,
			`{"file":{"actions":[{"input":0,"secondaryInput":1,"Action":{"copy":{}}}]}}`, `{"merge":{"inputs":[{},{"input":1}]}}`, `{}`}
		var all []string
		for i := 0; i+2 < len(b) && i < 300; i += 3 {
			all = append(all, `{"id":"`+string(rune('a'+i/3))+`","op":{"Op":`+ops[int(b[i])%len(ops)]+`},"inputs":["`+
				string(rune('a'+int(b[i+1])%(len(b)/3)))+`:0","`+string(rune('a'+int(b[i+2])%(len(b)/3)))+`:0"]}`)
		}
		var steps []graphStep
		if json.Unmarshal([]byte("["+strings.Join(all, ",")+`,{"id":"end","inputs":["a:0"]}]`), &steps) != nil {
			return
		}
		g, err := newGraph(steps, buildKitMetadata{})
		if err != nil {
			return
		}
		w := newWalk(g)
		if l, err := w.follow(g.top); err == nil {
			_, _ = (&giver{walk: w, base: l.base}).donors(l)
		}
	})
}

// A Dockerfile's stages, with what they are built on; a build argument that grows is no name.
func TestStages(t *testing.T) {
	bomb := "ARG A=aaaaaaaaaaaaaaaa\n"
	for range 40 {
		bomb += "ARG A=$A$A$A$A\n"
	}
	for text, want := range map[string]string{
		"ARG V=3.19\nFROM alpine:${V} AS base\nRUN true\nFROM base\nFROM scratch as last\n": "2 base alpine:3.19, 4 1 base, 5 last scratch",
		"ARG V=3.19\nARG REGISTRY=other\nFROM $REGISTRY/a:$V\n":                             "3 0 r.example/a:3.19",
		"FROM alpine:$NOWHERE\n":       "1 0 alpine:",
		"from alpine@sha256:00\n":      "1 0 alpine@sha256:00",
		"RUN <<E\nFROM x\nE\nFROM a\n": "4 0 a",
		bomb + "FROM a:$A\n":           "42 0 a:",
		"\x00":                         "",
	} {
		s := &Statement{Dockerfile: []byte(text), args: map[string]string{"REGISTRY": "r.example"}}
		var got []string
		for _, st := range s.stages() {
			got = append(got, fmt.Sprintf("%d %s %s", st.line, st.name, st.from))
		}
		assert.Equal(t, want, strings.Join(got, ", "), "%.60q", text)
	}
}
