package dockerfile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
	"github.com/stemma-go/stemma/ancestry/recipe"
)

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

func TestLoad(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	c, err := dockerfile.Load(fstest.MapFS{
		"base/debian/Dockerfile":              file("FROM scratch\nADD rootfs.tar.xz /\n"),
		"base/python/3.11/Dockerfile":         file("FROM base/debian\nRUN x\n"),
		"base/python/3.11/slim/Dockerfile":    file("FROM base/debian\nRUN y\n"),
		"base/broken/Containerfile":           file("FROM a\nNONSENSE\n"),
		"base/open/Dockerfile":                file("FROM $X\n"),
		"Dockerfile":                          file("FROM a\n"),
		"base/debian/rootfs.tar.xz":           file(""),
		"base/python/Dockerfile.dockerignore": file(""),
	}, nil)
	require.ErrorContains(t, err, "base/broken/Containerfile: parsing dockerfile: line 2")
	require.ErrorContains(t, err, "base/open/Dockerfile: FROM: no name")
	assert.Equal(t, 3, c.Len())
}

func TestDirName(t *testing.T) {
	for file, want := range map[string]string{
		"base/python/3.11/Dockerfile":      "base/python:3.11",
		"base/python/3.11/slim/Dockerfile": "base/python:3.11-slim",
		"base/python/3.11/Dockerfile.slim": "base/python:3.11-slim",
		"base/python/slim.Dockerfile":      "base/python:slim",
		"base/python/Dockerfile":           "base/python",
		"Dockerfile":                       "unknown",
	} {
		n, _ := dockerfile.DirName(file)
		assert.Equal(t, want, n.String(), file)
	}
}

func named(t testing.TB, name, text string, args map[string]string) dockerfile.Image {
	n, ok := ancestry.ParseName(name)
	require.True(t, ok)
	return dockerfile.Image{Name: n, File: parse(t, text), Args: args}
}

const long = "RUN apt-get update && apt-get install -y --no-install-recommends curl git procps\n"

func TestDoubts(t *testing.T) {
	run := "+ RUN " + "/bin/sh -c " + strings.TrimSpace(strings.TrimPrefix(long, "RUN ")) + " # buildkit\n"
	for name, test := range map[string]struct {
		history string
		images  []dockerfile.Image
		want    string // of the image that ends last
	}{
		"recognised":                      {root + run, []dockerfile.Image{named(t, "a:1", "FROM debian:bookworm\n"+long, nil)}, "a:1"},
		"too little to be told":           {root + "+ COPY app / # buildkit\nCMD [\"app\"]\n", []dockerfile.Image{named(t, "a:1", "FROM debian\nCOPY app /\nCMD [\"app\"]\n", nil)}, "unknown"},
		"from scratch, here on something": {root + run, []dockerfile.Image{named(t, "a:1", "FROM scratch\n"+long, nil)}, "unknown"},
		"on something, here from scratch": {run, []dockerfile.Image{named(t, "a:1", "FROM debian\n"+long, nil)}, "unknown"},
		"other build arguments": {
			root + "ARG V=2\n" + strings.Replace(run, "RUN ", "RUN |1 V=2 ", 1),
			[]dockerfile.Image{named(t, "a:1", "FROM debian\nARG V=1\n"+long, nil)}, "unknown",
		},
		"build arguments that are known": {
			root + "ARG V=2\n" + strings.Replace(run, "RUN ", "RUN |1 V=2 ", 1),
			[]dockerfile.Image{named(t, "a:2", "FROM debian\nARG V=1\n"+long, map[string]string{"V": "2"})}, "a:2",
		},
		"copied on top of something else": {
			root + "+ RUN /bin/sh -c mine # buildkit\n" + run,
			[]dockerfile.Image{named(t, "a:1", "FROM debian:bookworm\n"+long, nil)}, "unknown",
		},
		"FROM tells twins apart": {
			root + run + "+ RUN /bin/sh -c " + strings.Repeat("make ", 20) + "# buildkit\n",
			[]dockerfile.Image{
				named(t, "a:1", "FROM debian:bookworm\n"+long, nil), named(t, "a:2", "FROM debian:trixie\n"+long, nil),
				named(t, "b:2", "FROM a:1\nRUN "+strings.Repeat("make ", 20)+"\n", nil),
			}, "b:2",
		},
		"twins": {
			root + run,
			[]dockerfile.Image{named(t, "a:1", "FROM debian:bookworm\n"+long, nil), named(t, "a:2", "FROM debian:trixie\n"+long, nil)}, "a",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := resolve(t, image(test.history, "buildkit.dockerfile.v0"), test.images...)
			assert.Equal(t, test.want, l.Ancestors[0].String(), "%v", l.Ancestors[0])
			if name == "FROM tells twins apart" {
				assert.Equal(t, "a:1", l.Ancestors[1].String())
				assert.Equal(t, ancestry.Recognised, l.Ancestors[1].Confidence)
			}
		})
	}
}

func TestInheritedVariables(t *testing.T) {
	app := named(t, "a:1", "FROM java\nCOPY lib $JAVA_HOME/lib/ext/of/the/application/\nWORKDIR data\nENV PATH=/opt/application/with/a/long/name/bin:$PATH\n", nil)
	history := root + "ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:/usr/bin\nWORKDIR /srv\n" +
		"+ COPY lib /opt/java/lib/ext/of/the/application/ # buildkit\n+ WORKDIR /srv/data\nENV PATH=/opt/application/with/a/long/name/bin:/opt/java/bin:/usr/bin\n"
	l := resolve(t, image(history, "buildkit.dockerfile.v0"), app)
	assert.Equal(t, "a:1", l.Ancestors[0].String())
	assert.Equal(t, ancestry.Span{From: 3, To: 6}, l.Ancestors[0].Steps)
	l = resolve(t, image(strings.Replace(history, "/srv/data", "/data", 1), "buildkit.dockerfile.v0"), app)
	assert.NotEqual(t, "a:1", l.Ancestors[0].String())
}

func FuzzParse(f *testing.F) {
	f.Add(text)
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
