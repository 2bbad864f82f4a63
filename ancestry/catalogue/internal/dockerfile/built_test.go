package dockerfile_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// TestRealBuilders compares every line of a Dockerfile that uses all instructions
// with what real builders recorded of it: see testdata/archives.
func TestRealBuilders(t *testing.T) {
	read := func(file string) []byte {
		b, err := os.ReadFile("../../../../testdata/" + file)
		require.NoError(t, err)
		return b
	}
	r, err := parse(t, string(read("archives/odd/context/Dockerfile"))).Recipe(&dockerfile.Options{Args: map[string]string{"VERSION": "2.0", "EMPTY": "x"}})
	require.NoError(t, err)
	assert.Equal(t, "scratch", r.From)
	child, err := parse(t, string(read("archives/odd/child/Dockerfile"))).Recipe(&dockerfile.Options{Args: map[string]string{"PARENT": "parent"}})
	require.NoError(t, err)

	for name, d := range map[string]recipe.Dialect{
		"classic": recipe.Docker, "buildkit": recipe.BuildKit,
		"buildah-docker": recipe.Buildah, "buildah-oci": recipe.Buildah, "buildah-one-layer": recipe.Buildah,
	} {
		t.Run(name, func(t *testing.T) {
			var cfg v1.ConfigFile
			require.NoError(t, json.Unmarshal(read("histories/"+name+".json"), &cfg))
			steps, _ := history.Steps(&cfg)
			h := recipe.NewHistory(steps, cfg.Config.Env)
			got, ok := h.Lines(0, len(r.Lines(d)), d)
			require.True(t, ok)
			assert.Equal(t, r.Lines(d), got)
			end, dialect, ok := r.At(h, 0)
			assert.True(t, ok)
			assert.Equal(t, d, dialect)
			_, _, ok = child.At(h, slices.IndexFunc(steps[end:], func(s history.Step) bool { return s.Instruction.Keyword == "USER" })+end)
			assert.True(t, ok)
		})
	}
}

// image makes a configuration of lines that BuildKit left: "+" before an entry that made
// a layer.
func image(lines string) *v1.ConfigFile {
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64"}
	for line := range strings.Lines(lines) {
		by, layer := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "+ ")
		cfg.History = append(cfg.History, v1.History{CreatedBy: by, Comment: "buildkit.dockerfile.v0", EmptyLayer: !layer})
		if layer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{})
		}
	}
	return cfg
}

// TestOpen has Dockerfiles that take something over from their parents, and
// histories in which it is known what came of it.
func TestOpen(t *testing.T) {
	const parent = "ENV JAVA_HOME=/opt/java LD_PATH=/opt/ld U=somebody PORT=8080 PATH=/opt/java/bin:/usr/bin\nWORKDIR /srv\n"
	for name, test := range map[string]struct {
		text, history string // on top of parent
		closed        bool   // nothing is open
		not           bool   // they do not agree
	}{
		"a variable":                {text: "COPY lib $JAVA_HOME/lib/\n", history: "+ COPY lib /opt/java/lib/ # buildkit\n"},
		"another value":             {text: "COPY lib $JAVA_HOME/lib/\n", history: "+ COPY lib /opt/jdk/lib/ # buildkit\n", not: true},
		"one that is set here":      {text: "ENV APP=/opt/app\nCOPY x $JAVA_HOME$APP/y\n", history: "ENV APP=/opt/app\n+ COPY x /opt/java/opt/app/y # buildkit\n"},
		"passed on":                 {text: "ENV LIB=$JAVA_HOME/lib\nCOPY x $LIB/y\n", history: "ENV LIB=/opt/java/lib\n+ COPY x /opt/java/lib/y # buildkit\n"},
		"that the parent lacks":     {text: "ENV LD=/x:$LD\n", history: "ENV LD=/x:\n"},
		"that the parent has":       {text: "ENV LD_PATH=/x:$LD_PATH\n", history: "ENV LD_PATH=/x:/opt/ld\n"},
		"PATH":                      {text: "ENV PATH=/x:$PATH\n", history: "ENV PATH=/x:/opt/java/bin:/usr/bin\n", closed: true},
		"PATH and a variable":       {text: "ENV PATH=$JAVA_HOME/x:$PATH\n", history: "ENV PATH=/opt/java/x:/opt/java/bin:/usr/bin\n"},
		"a port":                    {text: "EXPOSE $PORT 90\n", history: "EXPOSE map[8080/tcp:{} 90/tcp:{}]\n"},
		"a user":                    {text: "USER $U:staff\n", history: "USER somebody:staff\n"},
		"a default":                 {text: "ENV A=${A:-x}\n", history: "ENV A=x\n", closed: true},
		"the platform":              {text: "ARG TARGETARCH\nENV A=tool-$TARGETARCH\n", history: "ARG TARGETARCH\nENV A=tool-arm64\n"},
		"a directory":               {text: "WORKDIR data\nWORKDIR x\n", history: "+ WORKDIR /srv/data\n+ WORKDIR /srv/data/x\n"},
		"the same directory":        {text: "WORKDIR .\n", history: "+ WORKDIR /srv\n"},
		"another directory":         {text: "WORKDIR data\n", history: "+ WORKDIR /data\n", not: true},
		"a directory in a variable": {text: "WORKDIR $JAVA_HOME/x\nWORKDIR y\n", history: "+ WORKDIR /opt/java/x\n+ WORKDIR /opt/java/x/y\n"},
		"a directory of its own":    {text: "WORKDIR /a\nWORKDIR data\n", history: "+ WORKDIR /a\n+ WORKDIR /a/data\n", closed: true},
		"a shell":                   {text: "RUN x\nCMD y\n", history: "+ RUN /bin/bash -o pipefail -c x # buildkit\nCMD [\"/bin/bash\" \"-o\" \"pipefail\" \"-c\" \"y\"]\n", closed: true},
		"a mode":                    {text: "COPY --chmod=755 --chown=$U x /y\n", history: "+ COPY x /y # buildkit\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parse(t, "FROM parent\n"+test.text).Recipe(nil)
			require.NoError(t, err)
			assert.Equal(t, test.closed, !r.Open())
			cfg := image(parent + test.history)
			steps, _ := history.Steps(cfg)
			h := recipe.NewHistory(steps, cfg.Config.Env)
			end, _, ok := r.At(h, 2)
			assert.Equal(t, !test.not, ok && end == h.Len(), "%q %q", r.Lines(recipe.BuildKit), h.Readings(2, recipe.BuildKit))
			if test.not {
				return
			}
			// Evaluated on that parent, nothing but the platform is open, and it agrees too.
			r, err = parse(t, "FROM parent\n"+test.text).Recipe(&dockerfile.Options{Parent: h.Before(2), Platform: "linux/arm64"})
			require.NoError(t, err)
			assert.False(t, r.Open())
			_, _, ok = r.At(h, 2)
			assert.True(t, ok, "%q %q", r.Lines(recipe.BuildKit), h.Readings(2, recipe.BuildKit))
		})
	}
}

// TestKaniko: it has an entry for what makes a layer, and for nothing else.
func TestKaniko(t *testing.T) {
	r, err := parse(t, "FROM debian:bookworm\nENV A=1\nLABEL a=b\nARG V=1\nrun --mount=type=cache,target=/c set -x; \\\n\t# no\n\tmake $V\n"+
		"WORKDIR /new\nCOPY --from=build --chown=a:b x $A/ y\nADD [\"a b\", \"/c\"]\nUSER a\nVOLUME /v\nONBUILD RUN x\nCMD [\"a\", \"b\"]\n").Recipe(nil)
	require.NoError(t, err)
	var cfg v1.ConfigFile
	for _, by := range []string{
		"RUN --mount=type=cache,target=/c set -x; \tmake $V", "WORKDIR /new", "COPY --from=build --chown=a:b x $A/ y", `ADD ["a b", "/c"]`,
	} {
		cfg.History = append(cfg.History, v1.History{CreatedBy: by, Author: "kaniko"})
		cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{})
	}
	steps, problems := history.Steps(&cfg)
	assert.Empty(t, problems)
	end, d, ok := r.At(recipe.NewHistory(steps, nil), 0)
	assert.True(t, ok, r.Lines(recipe.Kaniko))
	assert.Equal(t, len(steps), end)
	assert.Equal(t, recipe.Kaniko, d)
}
