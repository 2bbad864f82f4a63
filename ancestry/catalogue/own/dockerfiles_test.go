package own_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoad(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	b := own.New("mine", asOf)
	err := b.AddDockerfiles(t.Context(), fstest.MapFS{
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
	_, n := b.Len()
	assert.Equal(t, 3, n)
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
		n, _ := own.DirName(file)
		assert.Equal(t, want, n.String(), file)
	}
}

func named(_ testing.TB, name, text string, args map[string]string) dockerfile {
	return dockerfile{name, text, args}
}

const long = "RUN apt-get update && apt-get install -y --no-install-recommends curl git procps\n"

func TestDoubts(t *testing.T) {
	run := "+ RUN " + "/bin/sh -c " + strings.TrimSpace(strings.TrimPrefix(long, "RUN ")) + " # buildkit\n"
	for name, test := range map[string]struct {
		history string
		images  []dockerfile
		want    string // of the image that ends last
	}{
		"recognised":                      {root + run, []dockerfile{named(t, "a:1", "FROM debian:bookworm\n"+long, nil)}, "a:1"},
		"too little to be told":           {root + "+ COPY app / # buildkit\nCMD [\"app\"]\n", []dockerfile{named(t, "a:1", "FROM debian\nCOPY app /\nCMD [\"app\"]\n", nil)}, "unknown"},
		"from scratch, here on something": {root + run, []dockerfile{named(t, "a:1", "FROM scratch\n"+long, nil)}, "unknown"},
		"on something, here from scratch": {run, []dockerfile{named(t, "a:1", "FROM debian\n"+long, nil)}, "unknown"},
		"other build arguments": {
			root + "ARG V=2\n" + strings.Replace(run, "RUN ", "RUN |1 V=2 ", 1),
			[]dockerfile{named(t, "a:1", "FROM debian\nARG V=1\n"+long, nil)}, "unknown",
		},
		"build arguments that are known": {
			root + "ARG V=2\n" + strings.Replace(run, "RUN ", "RUN |1 V=2 ", 1),
			[]dockerfile{named(t, "a:2", "FROM debian\nARG V=1\n"+long, map[string]string{"V": "2"})}, "a:2",
		},
		"copied on top of something else": {
			root + "+ RUN /bin/sh -c mine # buildkit\n" + run,
			[]dockerfile{named(t, "a:1", "FROM debian:bookworm\n"+long, nil)}, "unknown",
		},
		"FROM tells twins apart": {
			root + run + "+ RUN /bin/sh -c " + strings.Repeat("make ", 20) + "# buildkit\n",
			[]dockerfile{
				named(t, "a:1", "FROM debian:bookworm\n"+long, nil), named(t, "a:2", "FROM debian:trixie\n"+long, nil),
				named(t, "b:2", "FROM a:1\nRUN "+strings.Repeat("make ", 20)+"\n", nil),
			}, "b:2",
		},
		"twins": {
			root + run,
			[]dockerfile{named(t, "a:1", "FROM debian:bookworm\n"+long, nil), named(t, "a:2", "FROM debian:trixie\n"+long, nil)}, "a",
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
