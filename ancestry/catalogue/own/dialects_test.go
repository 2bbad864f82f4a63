package own_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
)

// text uses what makes Dockerfiles and histories differ.
const text = `# syntax=docker/dockerfile:1
ARG SUITE=bookworm
FROM golang:1.22 AS build
RUN go build -o /out/app .

FROM debian:${SUITE} AS base
ENV LANG C.UTF-8
ENV APP_HOME=/opt/app  \
    GREETING="two words"
ENV PATH=$APP_HOME/bin:$PATH

from base
LABEL maintainer="ACME <ops@acme.example>" version="1.4"
ARG FLAVOUR=plain
ARG JOBS
# not part of the image
RUN set -eux; \
	apt-get update; \
# neither is this
	apt-get install -y --no-install-recommends \
		curl \
	; \
	rm -rf /var/lib/apt/lists/*
WORKDIR /opt
WORKDIR app
COPY --from=build --chown=app:app /out/app $APP_HOME/bin/
COPY a.conf b.conf /etc/$FLAVOUR/
EXPOSE 8443 8080/tcp
VOLUME ["/data"]
USER app
HEALTHCHECK --interval=30s --timeout=3s CMD curl -f http://localhost:8080/
STOPSIGNAL SIGTERM
ENTRYPOINT ["app"]
CMD ["--port", "8080"]
`

const root = "+ # debian.sh --arch 'amd64' out/ 'bookworm' '@1733184000'\n"

// classic is what Docker's classic builder leaves of text.
const classic = `/bin/sh -c #(nop)  ENV LANG=C.UTF-8
/bin/sh -c #(nop)  ENV APP_HOME=/opt/app GREETING=two words
/bin/sh -c #(nop)  ENV PATH=/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
/bin/sh -c #(nop)  LABEL maintainer=ACME <ops@acme.example> version=1.4
/bin/sh -c #(nop)  ARG FLAVOUR=plain
/bin/sh -c #(nop)  ARG JOBS
+ |1 FLAVOUR=plain /bin/sh -c set -eux; 	apt-get update; 	apt-get install -y --no-install-recommends 		curl 	; 	rm -rf /var/lib/apt/lists/*
/bin/sh -c #(nop) WORKDIR /opt
/bin/sh -c #(nop) WORKDIR /opt/app
+ /bin/sh -c #(nop) COPY --chown=app:appfile:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in /opt/app/bin/ 
+ /bin/sh -c #(nop) COPY multi:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24d in /etc/plain/ 
/bin/sh -c #(nop)  EXPOSE 8080/tcp 8443
/bin/sh -c #(nop)  VOLUME [/data]
/bin/sh -c #(nop)  USER app
/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost:8080/"] "30s" "3s" "0s" '\x00'}
/bin/sh -c #(nop)  STOPSIGNAL SIGTERM
/bin/sh -c #(nop)  ENTRYPOINT ["app"]
/bin/sh -c #(nop)  CMD ["--port" "8080"]
`

const buildKit = `ENV LANG=C.UTF-8
ENV APP_HOME=/opt/app GREETING=two words
ENV PATH=/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LABEL maintainer=ACME <ops@acme.example> version=1.4
ARG FLAVOUR=plain
ARG JOBS
+ RUN |2 FLAVOUR=plain JOBS= /bin/sh -c set -eux; 	apt-get update; 	apt-get install -y --no-install-recommends 		curl 	; 	rm -rf /var/lib/apt/lists/* # buildkit
+ WORKDIR /opt
+ WORKDIR /opt/app
+ COPY --chown=app:app /out/app /opt/app/bin/ # buildkit
+ COPY a.conf b.conf /etc/plain/ # buildkit
EXPOSE map[8080/tcp:{} 8443/tcp:{}]
VOLUME [/data]
USER app
HEALTHCHECK {Test:[CMD-SHELL curl -f http://localhost:8080/] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:0}
STOPSIGNAL SIGTERM
ENTRYPOINT ["app"]
CMD ["--port" "8080"]
`

const buildah = `/bin/sh -c #(nop) ENV LANG C.UTF-8 ## FROM docker.io/library/debian:bookworm
/bin/sh -c #(nop) ENV APP_HOME=/opt/app      GREETING="two words"
/bin/sh -c #(nop) ENV PATH=$APP_HOME/bin:$PATH
/bin/sh -c #(nop) LABEL maintainer="ACME <ops@acme.example>" version="1.4"
/bin/sh -c #(nop) ARG FLAVOUR
/bin/sh -c #(nop) ARG FLAVOUR JOBS
+ |1 FLAVOUR=plain /bin/sh -c set -eux; 	apt-get update; 	apt-get install -y --no-install-recommends 		curl 	; 	rm -rf /var/lib/apt/lists/*
+ /bin/sh -c #(nop) WORKDIR /opt
+ /bin/sh -c #(nop) WORKDIR app
+ /bin/sh -c #(nop) COPY file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in $APP_HOME/bin/ 
+ /bin/sh -c #(nop) COPY multi:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24d in /etc/$FLAVOUR/ 
/bin/sh -c #(nop) EXPOSE 8443 8080/tcp
/bin/sh -c #(nop) VOLUME ["/data"]
/bin/sh -c #(nop) USER app
/bin/sh -c #(nop) HEALTHCHECK --interval=30s --timeout=3s CMD curl -f http://localhost:8080/
/bin/sh -c #(nop) STOPSIGNAL SIGTERM
/bin/sh -c #(nop) ENTRYPOINT ["app"]
/bin/sh -c #(nop) CMD ["--port", "8080"]
`

// image makes a configuration of lines: "+" before an entry that made a layer,
// " ## " before its comment.
func image(lines, comment string) *configFile {
	c := &configFile{OS: "linux", Architecture: "amd64"}
	c.Config.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for line := range strings.Lines(lines) {
		by, layer := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "+ ")
		by, own, _ := strings.Cut(by, " ## ")
		if own == "" && !strings.HasPrefix(by, "#") {
			own = comment
		}
		at := time.Date(2024, 12, 3, 0, 0, len(c.History), 0, time.UTC)
		c.History = append(c.History, v1.History{CreatedBy: by, Comment: own, EmptyLayer: !layer, Created: v1.Time{Time: at}})
		if layer {
			c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)})
		}
	}
	return c
}

// A dockerfile is a Dockerfile, and how what it builds is called.
type dockerfile struct {
	name, text string
	args       map[string]string
}

// catalogueOf returns a catalogue of Dockerfiles. The first is in 0/Dockerfile.
func catalogueOf(t testing.TB, files ...dockerfile) *catalogue.Catalogue {
	t.Helper()
	b := own.New("mine", asOf)
	for i, f := range files {
		p := fmt.Sprint(i) + "/Dockerfile"
		called := func(string) (ancestry.Name, bool) { return name(t, f.name), true }
		require.NoError(t, b.AddDockerfiles(t.Context(), fstest.MapFS{p: {Data: []byte(f.text)}}, &own.Options{Name: called, Args: f.args}))
	}
	c, err := b.Catalogue()
	require.NoError(t, err)
	return c
}

func resolve(t testing.TB, c *configFile, files ...dockerfile) *ancestry.Lineage {
	t.Helper()
	l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Catalogues: []ancestry.Source{catalogueOf(t, files...)}})
	require.NoError(t, err)
	require.Empty(t, l.Problems)
	return l
}

var histories = map[string]struct{ text, comment string }{
	"docker":   {classic, ""},
	"buildkit": {buildKit, "buildkit.dockerfile.v0"},
	"buildah":  {buildah, ""},
}

func TestDialects(t *testing.T) {
	app := dockerfile{"acme/app:1.4", text, nil}
	for name, h := range histories {
		t.Run(name, func(t *testing.T) {
			l := resolve(t, image(root+h.text, h.comment), app)
			a := l.Ancestors[0]
			assert.Equal(t, "acme/app:1.4", a.String(), "%v", a.Evidence)
			assert.Equal(t, ancestry.Recognised, a.Confidence)
			assert.Equal(t, ancestry.Span{From: 1, To: len(l.Steps)}, a.Steps)
			assert.Equal(t, "debian:bookworm", l.Ancestors[1].String())

			// A child on top of it.
			l = resolve(t, image(root+h.text+"+ RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0\n", h.comment), app)
			require.Len(t, l.Ancestors, 3)
			assert.Equal(t, "acme/app:1.4", l.Ancestors[1].String())
			assert.Equal(t, ancestry.Recognised, l.Ancestors[1].Confidence)
		})
	}
}

// TestOneLineChanged drops, and alters, each line of each history in turn.
func TestOneLineChanged(t *testing.T) {
	app := dockerfile{"acme/app:1.4", text, nil}
	for name, h := range histories {
		lines := strings.SplitAfter(h.text, "\n")
		for i, line := range lines[:len(lines)-1] {
			without := root + strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "")
			not(t, resolve(t, image(without, h.comment), app), name, "without", line)
			if strings.Contains(line, "multi:") || strings.Contains(line, "file:") {
				line = strings.Replace(line, " in /", " in /x", 1)
				line = strings.Replace(line, " in $", " in /x$", 1)
			} else {
				line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ## ")
				line, built := strings.CutSuffix(line, " # buildkit")
				line += "x"
				if built {
					line += " # buildkit"
				}
				line += "\n"
				not(t, resolve(t, image(root+strings.Join(lines[:i], "")+line+strings.Join(lines[i+1:], ""), h.comment), app), name, "with", line)
				continue
			}
			not(t, resolve(t, image(root+strings.Join(lines[:i], "")+line+strings.Join(lines[i+1:], ""), h.comment), app), name, "with", line)
		}
	}
}

func not(t *testing.T, l *ancestry.Lineage, about ...string) {
	t.Helper()
	for _, a := range l.Ancestors {
		assert.NotEqual(t, "acme/app", a.Repository, "%v: %v", about, a.Evidence)
	}
}

func TestLikeness(t *testing.T) {
	app := dockerfile{"acme/app:1.4", text, nil}
	history := strings.Replace(buildKit, "USER app\n", "USER root\n", 1)
	l := resolve(t, image(root+history, "buildkit.dockerfile.v0"), app)
	a := l.Ancestors[0]
	assert.Equal(t, ancestry.Unknown, a.Confidence)
	var says []string
	for _, e := range a.Evidence {
		if e.Kind == ancestry.KindResembles {
			says = append(says, e.Says+" "+e.Where)
			assert.Equal(t, ancestry.Inferred, e.Confidence)
		}
	}
	assert.Equal(t, []string{"resembles acme/app:1.4, 17 of 18 instructions (94 %) 0/Dockerfile"}, says)
}

// TestKaniko: it leaves an entry for what makes a layer, and for nothing else.
func TestKaniko(t *testing.T) {
	c := image(root+`+ RUN set -eux; 	apt-get update; 	apt-get install -y --no-install-recommends 		curl 	; 	rm -rf /var/lib/apt/lists/*
+ WORKDIR /opt
+ WORKDIR app
+ COPY --from=build --chown=app:app /out/app $APP_HOME/bin/
+ COPY a.conf b.conf /etc/$FLAVOUR/
`, "")
	for i := range c.History[1:] {
		c.History[i+1].Author = "kaniko"
	}
	a := resolve(t, c, dockerfile{"acme/app:1.4", text, nil}).Ancestors[0]
	assert.Equal(t, "acme/app:1.4", a.String(), "%v", a.Evidence)
	assert.Equal(t, ancestry.Recognised, a.Confidence)
	assert.Equal(t, ancestry.Span{From: 1, To: 6}, a.Steps)
}

// TestPlatforms: what is built for another platform is another image.
func TestPlatforms(t *testing.T) {
	tool := dockerfile{"acme/tool:1", "FROM debian:bookworm\nARG TARGETARCH\nENV TOOL=/opt/a-rather-long-name-of-a-tool-that-is-told-from-others/tool-$TARGETARCH\n", nil}
	for arch, want := range map[string]string{"amd64": "acme/tool:1", "arm64": "unknown"} {
		c := image(root+"ARG TARGETARCH\nENV TOOL=/opt/a-rather-long-name-of-a-tool-that-is-told-from-others/tool-amd64\n", "buildkit.dockerfile.v0")
		c.Architecture = arch
		assert.Equal(t, want, resolve(t, c, tool).Ancestors[0].String(), arch)
	}
}
