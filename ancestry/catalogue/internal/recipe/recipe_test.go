package recipe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

const sum = "4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c"

// steps parses entries, all of BuildKit unless they say otherwise.
func steps(entries ...string) []history.Step {
	var cfg v1.ConfigFile
	for _, e := range entries {
		h := v1.History{CreatedBy: e, EmptyLayer: true}
		if !strings.HasPrefix(e, "/bin/sh") && !strings.HasPrefix(e, "|") {
			h.Comment = "buildkit.dockerfile.v0"
		}
		cfg.History = append(cfg.History, h)
	}
	s, _ := history.Steps(&cfg)
	return s
}

func TestDialects(t *testing.T) {
	assert.Equal(t, []recipe.Dialect{recipe.BuildKit, recipe.Docker, recipe.Buildah, recipe.Kaniko}, recipe.Dialects())
	for b, d := range map[history.Builder]recipe.Dialect{
		history.BuilderDocker: recipe.Docker, history.BuilderBuildKit: recipe.BuildKit, history.BuilderBuildah: recipe.Buildah,
		history.BuilderKaniko: recipe.Kaniko, history.BuilderKo: recipe.Any, history.BuilderUnknown: recipe.Any,
	} {
		assert.Equal(t, d, recipe.DialectOf(b), b)
		if d != recipe.Any {
			assert.Equal(t, string(b), d.String())
		}
	}
	assert.Equal(t, "any", recipe.Any.String())
	assert.Equal(t, "unknown", recipe.Dialect(99).String())
	l, ok := recipe.Instruction{Keyword: "RUN", Expanded: "a", Written: "b"}.Line(99)
	assert.Equal(t, "RUN b", l)
	assert.True(t, ok)
}

func TestHistoryLines(t *testing.T) {
	for _, test := range []struct {
		dialect recipe.Dialect
		entry   string
		want    string
	}{
		{recipe.BuildKit, "EXPOSE map[80/tcp:{} 8000/udp:{}]", "EXPOSE 80/tcp 8000/udp"},
		{recipe.BuildKit, "EXPOSE [443/tcp 80/tcp]", "EXPOSE 80/tcp 443/tcp"},
		{recipe.Docker, "/bin/sh -c #(nop)  EXPOSE 443 80/tcp", "EXPOSE 80/tcp 443/tcp"},
		{recipe.Docker, "/bin/sh -c #(nop)  EXPOSE 8000-8002/TCP", "EXPOSE 8000/tcp 8001/tcp 8002/tcp"},
		{recipe.Docker, `/bin/sh -c #(nop)  HEALTHCHECK &{["CMD" "a" "b c"] "5m0s" "3s" "0s" "0s" '\x03'}`, "HEALTHCHECK CMD a b c | 5m0s 3s 3"},
		{recipe.BuildKit, "HEALTHCHECK {Test:[CMD a b c] Interval:5m0s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3}", "HEALTHCHECK CMD a b c | 5m0s 3s 3"},
		{recipe.BuildKit, "HEALTHCHECK &{Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s Retries:0}", "HEALTHCHECK NONE | 0"},
		{recipe.BuildKit, "HEALTHCHECK nonsense", "HEALTHCHECK nonsense"},
		{recipe.BuildKit, "RUN |1 A=1 /bin/bash -o pipefail -c make   # buildkit", "RUN make"},
		{recipe.BuildKit, "RUN make all # buildkit", "RUN make all"},
		{recipe.Buildah, "/bin/sh -c make all", "RUN make all"},
		{recipe.BuildKit, "ARG A=1 B C=x y", "ARG A B C y"},
		{recipe.BuildKit, "COPY --chown=a:b --chmod=755 x y /z # buildkit", "COPY x y /z"},
		{recipe.BuildKit, "ENV PATH=/a:" + recipe.DefaultPath, "ENV PATH=/a:${PATH}"},
		{recipe.BuildKit, "ENV A=1 PATH=" + recipe.DefaultPath + ":/a B=2", "ENV A=1 PATH=${PATH}:/a B=2"},
		{recipe.BuildKit, "ENV MYPATH=/a:" + recipe.DefaultPath, "ENV MYPATH=/a:" + recipe.DefaultPath},
		{recipe.BuildKit, "WORKDIR srv/", "WORKDIR /srv"},
		{recipe.Docker, "/bin/sh -c #(nop) COPY --chown=1:1file:" + sum + " in /x ", "COPY --chown=1:1 /x"},
		{recipe.Docker, "/bin/sh -c #(nop)  USER [odoo]", "USER odoo"},
		{recipe.Docker, "/bin/sh -c #(nop)  STOPSIGNAL [SIGINT]", "STOPSIGNAL SIGINT"},
		{recipe.Docker, `/bin/sh -c #(nop)  ENTRYPOINT &{["/bin/tini" "--" "/x.sh"]}`, `ENTRYPOINT ["/bin/tini" "--" "/x.sh"]`},
		{recipe.Docker, `/bin/sh -c #(nop)  CMD []`, "CMD []"},
		{recipe.Docker, "/bin/sh -c #(nop)  MAINTAINER J\xe9r\xf4me", "MAINTAINER J\ufffdr\ufffdme"},
		{recipe.Docker, "/bin/sh -c #(nop)  MAINTAINER J\u00e9r\u00f4me", "MAINTAINER J\ufffdr\ufffdme"},
		{recipe.Docker, "/bin/sh -c set -x \\\n\t&& make \\\n\tall", "RUN set -x \t&& make \tall"},
		{recipe.Docker, "/bin/sh -c #(nop)  ONBUILD ENV NODE_ENV $NODE_ENV", "ONBUILD ENV NODE_ENV $NODE_ENV"},
		{recipe.Docker, `/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "echo $A"]`, "CMD echo $A"},
		{recipe.BuildKit, `CMD ["/bin/bash" "-o" "pipefail" "-c" "echo $A"]`, "CMD echo $A"},
		{recipe.BuildKit, `CMD ["/bin/sh" "-c" "a" "b"]`, `CMD ["/bin/sh" "-c" "a" "b"]`},
		{recipe.BuildKit, `ENTRYPOINT ["/bin/sh" "-c"]`, `ENTRYPOINT ["/bin/sh" "-c"]`},
	} {
		h := recipe.NewHistory(steps(test.entry), nil)
		assert.Equal(t, test.want, h.Line(0, test.dialect), test.entry)
	}
}

func TestPathOnTop(t *testing.T) {
	h := recipe.NewHistory(steps("ENV PATH=/a:"+recipe.DefaultPath, "ENV PATH=/b:/a:"+recipe.DefaultPath, "ENV PATH=/only"), nil)
	var got []string
	for i := range h.Len() {
		got = append(got, h.Line(i, recipe.BuildKit))
	}
	assert.Equal(t, []string{"ENV PATH=/a:${PATH}", "ENV PATH=/b:${PATH}", "ENV PATH=/only"}, got)
	assert.Equal(t, "/only", h.Before(3).Env["PATH"])
	assert.Equal(t, recipe.DefaultPath, h.Before(0).Env["PATH"])
}

func TestContext(t *testing.T) {
	h := recipe.NewHistory(steps("ENV A=1 B=two words", "WORKDIR /srv", "WORKDIR app", "SHELL [/bin/bash -c]", "ENV A=3"), []string{"A=3", "B=two words", "C=root"})
	c := h.Before(4)
	assert.Equal(t, "1", c.Env["A"])
	assert.Equal(t, "two words", c.Env["B"])
	assert.Equal(t, "root", c.Env["C"], "set by no step: it comes from the root")
	assert.Equal(t, "/srv/app", c.Dir)
	assert.Equal(t, []string{"/bin/bash", "-c"}, c.Shell)
	assert.Equal(t, "3", h.Before(5).Env["A"])
	assert.Empty(t, h.Before(0).Env["A"])
}

// TestReadings has the lines of steps that a Dockerfile may have left to its parent.
func TestReadings(t *testing.T) {
	h := recipe.NewHistory(steps(
		"ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:/usr/bin", "WORKDIR /srv", "WORKDIR /srv/data", "WORKDIR /srv/data",
		"COPY lib /opt/java/lib/ # buildkit", "ENV PATH=/opt/java/jre:/opt/java/bin:/usr/bin", "USER app", "EXPOSE [8080/tcp]",
		"COPY tool-arm64 /usr/bin/ # buildkit", "SHELL [conda run -c]", `CMD ["conda" "run" "-c" "x"]`, "RUN /bin/sh -c /opt/java # buildkit",
	), []string{"PORT=8080"})
	for i, want := range [][]string{
		{"ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:/usr/bin"},
		{"WORKDIR /srv", "WORKDIR ./srv"}, {"WORKDIR /srv/data", "WORKDIR ./data"}, {"WORKDIR /srv/data", "WORKDIR ./."},
		{"COPY lib /opt/java/lib/", "COPY lib /lib/"}, {"ENV PATH=/opt/java/jre:${PATH}", "ENV PATH=/jre:${PATH}"},
		{"USER app"}, {"EXPOSE 8080/tcp", "EXPOSE"}, {"COPY tool-arm64 /usr/bin/", "COPY tool- /usr/bin/"},
		{"SHELL [conda run -c]"}, {"CMD x"}, {"RUN /opt/java"},
	} {
		assert.Equal(t, want, h.Readings(i, recipe.BuildKit), i)
		for _, l := range want {
			assert.True(t, h.Reads(i, recipe.BuildKit, l))
			assert.Equal(t, recipe.Outline(want[0]), recipe.Outline(l))
		}
		assert.False(t, h.Reads(i, recipe.Buildah, want[0]))
	}
}

// TestReadingsWithBuildArgs: a line is also read without the values of build arguments: those of
// the next RUN, which the classic builder alone has, or of the ARG itself.
func TestReadingsWithBuildArgs(t *testing.T) {
	h := recipe.NewHistory(steps(
		"ARG VERSION=1.2.3", "ENV NAME=base", "LABEL build=base 1.2.3", "RUN |1 VERSION=1.2.3 /bin/sh -c a # buildkit",
		"ARG VERSION=4.5.6", "LABEL build=base 4.5.6",
	), nil)
	assert.Equal(t, []string{"LABEL build=base 1.2.3", "LABEL build= 1.2.3", "LABEL build="}, h.Readings(2, recipe.BuildKit))
	assert.Equal(t, []string{"LABEL build=base 4.5.6", "LABEL build= 4.5.6", "LABEL build="}, h.Readings(5, recipe.BuildKit))

	h = recipe.NewHistory(steps(
		"/bin/sh -c #(nop)  ARG VERSION", "/bin/sh -c #(nop)  LABEL build=1.2.3", "|1 VERSION=1.2.3 /bin/sh -c a",
		"/bin/sh -c #(nop)  ARG VERSION=2.0.0", "/bin/sh -c #(nop)  LABEL build=2.0.0", "/bin/sh -c b",
	), nil)
	assert.Equal(t, []string{"LABEL build=1.2.3", "LABEL build="}, h.Readings(1, recipe.Docker))
	assert.Equal(t, []string{"LABEL build=2.0.0", "LABEL build="}, h.Readings(4, recipe.Docker))
}

func TestHash(t *testing.T) {
	assert.Equal(t, recipe.Hash([]string{"a", "b"}), recipe.Hash([]string{"a", "b"}))
	for _, other := range [][]string{{"ab"}, {"b", "a"}, {"a", "b", ""}, {"a"}, nil} {
		assert.NotEqual(t, recipe.Hash([]string{"a", "b"}), recipe.Hash(other), other)
	}
}

func TestLinesAreBounded(t *testing.T) {
	var variables []string
	for i := range 20_000 {
		variables = append(variables, fmt.Sprintf("ENV V%d=value-%d", i, i))
	}
	for entry, history := range map[string][]string{
		"EXPOSE": slices.Repeat([]string{"EXPOSE 1-1024"}, 20_000), "WORKDIR": slices.Repeat([]string{"WORKDIR a"}, 20_000), "ENV": variables,
	} {
		h := recipe.NewHistory(steps(history...), nil)
		total := 0
		for i := range h.Len() {
			total += len(h.Line(i, recipe.BuildKit)) + len(h.Line(i, recipe.Docker))
		}
		assert.Less(t, total, 16<<20, entry)
	}
}

func FuzzHistory(f *testing.F) {
	f.Add("ENV PATH=/a:/usr/bin\nWORKDIR ../x\nRUN |2 A=1 B= /bin/sh -c x # buildkit\nHEALTHCHECK {Test:[CMD a] Interval:1s Timeout:1s StartPeriod:0s Retries:0}")
	f.Add("/bin/sh -c #(nop)  EXPOSE 1-99999\n/bin/sh -c #(nop) ARG A B\n/bin/sh -c #(nop) ARG A B C\n/bin/sh -c #(nop) COPY multi:x in /y")
	f.Add("/bin/sh -c #(nop)  HEALTHCHECK &{[\"CMD\" \"\\\"] \"1s\" '\\x00'}\nSHELL []\nENV =\nLABEL a")
	f.Fuzz(func(t *testing.T, text string) {
		s := steps(strings.Split(text, "\n")...)
		h := recipe.NewHistory(s, []string{"A", "=", "PATH=", "E=ENV", "V=USER"})
		total := 0
		for i := range h.Len() {
			h.Before(i)
			h.BuildArgs(i)
			for _, d := range recipe.Dialects() {
				for _, l := range h.Readings(i, d) {
					total += len(l)
					if strings.TrimRight(l, " \t\r\n") != l && l != "" {
						t.Fatalf("%q ends in white space", l)
					}
					if a, b := recipe.Outline(l), recipe.Outline(h.Line(i, d)); a != b {
						t.Fatalf("one step has the outlines %q and %q", a, b)
					}
				}
			}
		}
		// Port ranges are written out: a few bytes for each byte at most 1,024 times.
		if total > 16_000*len(text)+4096*len(s)*4+100_000 {
			t.Fatal(fmt.Sprint(len(text), " bytes became ", total))
		}
	})
}
