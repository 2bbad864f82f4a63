package dockerfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

func parse(t testing.TB, text string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse(strings.NewReader(text))
	require.NoError(t, err)
	return f
}

func TestRecipe(t *testing.T) {
	for name, test := range map[string]struct {
		text     string
		opts     dockerfile.Options
		from     string
		buildKit []string
		inherits []string
		open     bool
	}{
		"ARG before FROM": {
			text: "ARG V=1\nARG IMAGE=debian:$V\nFROM $IMAGE\nARG V\nENV A=$V\n",
			from: "debian:1", buildKit: []string{"ARG V", "ENV A=1"},
		},
		"build arguments": {
			text: "ARG V=1\nFROM debian:$V\nARG W=2\nENV A=$W\n", opts: dockerfile.Options{Args: map[string]string{"V": "9", "W": "8"}},
			from: "debian:9", buildKit: []string{"ARG W", "ENV A=8"},
		},
		"ENV wins over ARG": {
			text: "FROM a\nENV V=1\nARG V=2\nENV W=$V\n", from: "a", buildKit: []string{"ENV V=1", "ARG V", "ENV W=1"},
		},
		"the target": {
			text: "FROM a AS one\nENV A=1\nFROM b\nENV B=1\n", opts: dockerfile.Options{Target: "one"}, from: "a", buildKit: []string{"ENV A=1"},
		},
		"what the parent set": {
			text: "FROM a\nENV H=$JAVA_HOME/lib PATH=$JAVA_HOME/bin:$PATH\nWORKDIR x\n", from: "a",
			buildKit: []string{"ENV H=/lib PATH=/bin:${PATH}", "WORKDIR ./x"}, inherits: []string{"JAVA_HOME"}, open: true,
		},
		"what the parent set, known": {
			text: "FROM a\nENV H=$JAVA_HOME/lib PATH=$JAVA_HOME/bin:$PATH\nWORKDIR x\nRUN y",
			opts: dockerfile.Options{Parent: recipe.Context{Env: map[string]string{"JAVA_HOME": "/j", "PATH": "/p"}, Dir: "/w", Shell: []string{"/bin/bash", "-c"}}},
			from: "a", buildKit: []string{"ENV H=/j/lib PATH=/j/bin:${PATH}", "WORKDIR /w/x", "RUN y"}, inherits: []string{"JAVA_HOME"},
		},
		"heredocs": {
			text: "FROM a\nSHELL [\"/bin/sh\", \"-c\"]\nRUN <<EOF\nset -e\n  make\nEOF\nRUN cat <<A >x && cat <<-B >y\n1\nA\n\t2\nB\nRUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\nCOPY <<x <<y /etc/\n1\nx\n2\ny\n",
			from: "a",
			buildKit: []string{
				"SHELL [/bin/sh -c]", "RUN set -e\n  make", "RUN cat <<A >x && cat <<-B >y\n1\nA\n\t2\nB",
				"RUN /dev/pipes/EOF", "COPY <<x <<y /etc/",
			},
		},
		"mounts, exec form, ONBUILD": {
			text: "FROM a\nRUN --mount=type=cache,target=/c --network=none [\"make\", \"all\"]\nONBUILD RUN x\nCMD echo $A\n",
			from: "a", buildKit: []string{"RUN make all", "CMD echo $A"},
		},
		"another escape character": {
			text: "# escape=`\nFROM a\nENV A=\"x`\"y\" B=\\1\nRUN one `\n  two\n",
			from: "a", buildKit: []string{`ENV A=x"y B=\1`, "RUN one   two"},
		},
		"platform": {
			text: "FROM a\nARG TARGETARCH\nENV A=$TARGETARCH\n", opts: dockerfile.Options{Platform: "linux/arm64"}, from: "a",
			buildKit: []string{"ARG TARGETARCH", "ENV A=arm64"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parse(t, test.text).Recipe(&test.opts)
			require.NoError(t, err)
			assert.Equal(t, test.from, r.From)
			assert.Equal(t, test.buildKit, r.Lines(recipe.BuildKit))
			assert.Equal(t, test.inherits, r.Inherits)
			assert.Equal(t, test.open, r.Open())
		})
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "no instructions",
		"RUN x\n":              "parsing dockerfile: line 1:",
		"FROM a\nNONSENSE x\n": "parsing dockerfile: line 2: ",
		"FROM a\nRUN <<EOF\n":  "unterminated heredoc",
		strings.Repeat("#\n", 1<<19) + "FROM a\n": "larger than",
	} {
		_, err := dockerfile.Parse(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
	_, err := parse(t, "FROM $X\n").Recipe(nil)
	require.ErrorContains(t, err, "FROM: no name")
	_, err = parse(t, "FROM a\n").Recipe(&dockerfile.Options{Target: "x"})
	require.ErrorContains(t, err, `no stage "x"`)
}

func TestStages(t *testing.T) {
	f := parse(t, "FROM a AS x\nFROM b AS X\nFROM x\n")
	for target, want := range map[string]string{"": "b", "x": "b", "0": "a", "1": "b", "2": "b"} {
		r, err := f.Recipe(&dockerfile.Options{Target: target})
		require.NoError(t, err)
		assert.Equal(t, want, r.From, target)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("# syntax=docker/dockerfile:1\nARG S=a\nFROM b:1 AS x\nRUN go\nFROM d:${S} AS y\nENV A=/b  \\\n    G=\"two words\"\nENV PATH=$A/bin:$PATH\nfrom y\n# no\nRUN set -eux; \\\n# neither\n\tx;\nCOPY --from=x --chown=a:a /o $A/bin/\nEXPOSE 8443 8080/tcp\nCMD [\"--port\", \"8080\"]\n")
	f.Add("FROM a\nRUN <<EOF\nx\nEOF\n")
	f.Add("# escape=`\nFROM a\nENV A=`\nEXPOSE ${A:-1-99}\n")
	f.Add("FROM a\nHEALTHCHECK NONE\nARG A B=\"\nLABEL a=b\\\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		file, err := dockerfile.Parse(strings.NewReader(s))
		if err != nil {
			return
		}
		r, err := file.Recipe(nil)
		if err != nil {
			return
		}
		again, err := file.Recipe(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range recipe.Dialects() {
			if recipe.Hash(r.Lines(d)) != recipe.Hash(again.Lines(d)) {
				t.Fatal("evaluating has changed the file")
			}
		}
	})
}
