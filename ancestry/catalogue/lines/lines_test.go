package lines_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/testdata/sample"
)

// stepsOf makes steps of what BuildKit records: "+" before an entry that made a layer.
func stepsOf(entries string) []history.Step {
	cfg := &v1.ConfigFile{}
	for line := range strings.Lines(entries) {
		by, layer := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "+ ")
		cfg.History = append(cfg.History, v1.History{CreatedBy: strings.ReplaceAll(by, `\n`, "\n"), Comment: "buildkit.dockerfile.v0", EmptyLayer: !layer})
		if layer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{})
		}
	}
	steps, _ := history.Steps(cfg)
	return steps
}

// firsts are the first lines of all steps, "-" where they are not known.
func firsts(d *ancestry.Dockerfile) string {
	var out []string
	for _, l := range d.Steps {
		if l == (ancestry.Lines{}) {
			out = append(out, "-")
			continue
		}
		out = append(out, fmt.Sprint(l.First))
	}
	return strings.Join(out, " ")
}

const base = "+ ADD rootfs.tar / # buildkit\nCMD [\"bash\"]\n"

func TestFind(t *testing.T) {
	for name, test := range map[string]struct {
		text, history string // on top of base
		opts          lines.Options
		want, from    string
	}{
		"all agree": {
			text:    "# a comment\nFROM debian\n\nRUN apt-get update \\\n # another\n && make\nENV A=1\nCMD [\"serve\"]\n",
			history: "+ RUN /bin/sh -c apt-get update  && make # buildkit\nENV A=1\nCMD [\"serve\"]\n",
			want:    "2 2 4 7 8", from: "2",
		},
		"only a FROM": {text: "FROM debian\n", want: "1 1", from: "1"},
		"a build argument that the image recorded": {
			text:    "ARG TAG\nFROM debian:$TAG\nARG V=1\nENV A=$V\nRUN make $V\n",
			history: "ARG V=2\nENV A=2\n+ RUN |1 V=2 /bin/sh -c make $V # buildkit\n",
			want:    "2 2 3 4 5", from: "2",
		},
		"a build argument that must be there": {
			text:    "FROM debian\nARG V\nENV A=${V:?}\nRUN make\nUSER 1000\n",
			history: "ARG V=2\nENV A=2\n+ RUN |1 V=2 /bin/sh -c make # buildkit\nUSER 1000\n",
			want:    "1 1 2 3 4 5", from: "1",
		},
		"a build argument that nothing tells": {
			text:    "FROM debian\nENV B=1\nENV A=${V:?}\nRUN make\n",
			history: "ENV B=1\nENV A=2\n+ RUN /bin/sh -c make # buildkit\n",
			want:    "1 1 2 - 4", from: "1",
		},
		"a given build argument": {
			text: "FROM debian\nENV A=${V}\nARG V\nENV B=${V}\n", history: "ENV A=\nARG V\nENV B=3\n", opts: lines.Options{Args: map[string]string{"V": "3"}},
			want: "1 1 2 3 4", from: "1",
		},
		"heredocs": {
			text:    "FROM debian\nRUN <<EOF\nset -e\nmake\nEOF\nCOPY <<a.conf /etc/\nx\na.conf\nUSER 1\n",
			history: "+ RUN /bin/sh -c set -e\\nmake\\n # buildkit\n+ COPY <<a.conf /etc/ # buildkit\nUSER 1\n",
			want:    "1 1 2 6 9", from: "1",
		},
		"edited since": {
			text: "FROM debian\nCOPY . /src/\nRUN apt-get install -y --no-install-recommends git make\nENV A=2\nLABEL v=3\nCMD [\"new\"]\n",
			history: "+ COPY . /src/ # buildkit\n+ RUN /bin/sh -c apt-get install -y --no-install-recommends git make gcc # buildkit\n" +
				"ENV A=1\nLABEL v=2\nCMD [\"old\"]\n",
			want: "1 1 2 3 4 5 6", from: "1",
		},
		"replaced since": {
			text:    "FROM debian\nCOPY . /src/\nRUN curl https://example.com | sh\nUSER 1\n",
			history: "+ COPY . /src/ # buildkit\n+ RUN /bin/sh -c apt-get install -y gcc # buildkit\nUSER 1\n",
			want:    "1 1 2 - 4", from: "1",
		},
		"the first was replaced": { // what is the base's is not certain then
			text: "FROM debian\nRUN new\nUSER 1\n", history: "+ RUN /bin/sh -c old # buildkit\nUSER 1\n",
			want: "- - - 3", from: "1",
		},
		"the base has the same": {
			text: "FROM debian\nCMD [\"bash\"]\nUSER 1\nCMD [\"bash\"]\n", history: "CMD [\"bash\"]\nUSER 1\nCMD [\"bash\"]\n",
			want: "1 1 2 3 4", from: "1",
		},
		"removed since": {
			text: "FROM debian\nRUN a\nRUN c\n", history: "+ RUN /bin/sh -c a # buildkit\n+ RUN /bin/sh -c b # buildkit\n+ RUN /bin/sh -c c # buildkit\n",
			want: "1 1 2 - 3", from: "1",
		},
		"added since": {
			text: "FROM debian\nRUN a\nRUN b\nRUN c\n", history: "+ RUN /bin/sh -c a # buildkit\n+ RUN /bin/sh -c c # buildkit\n",
			want: "1 1 2 4", from: "1",
		},
		"a stage on a stage": {
			text:    "FROM golang AS build\nRUN go build\nFROM debian AS common\nUSER 1\nFROM common\nCOPY --from=build /o /o\n",
			history: "USER 1\n+ COPY /o /o # buildkit\n",
			want:    "3 3 4 6", from: "3 5",
		},
		"another target": {
			text:    "FROM debian AS app\nRUN a\nUSER 1\nFROM app AS debug\nRUN apt-get install -y gdb\n",
			history: "+ RUN /bin/sh -c a # buildkit\nUSER 1\n",
			want:    "1 1 2 3", from: "1",
		},
		"a target that is given": {
			text: "FROM debian AS app\nUSER 1\nFROM alpine AS b\nUSER 1\n", history: "USER 1\n", opts: lines.Options{Target: "app"},
			want: "1 1 2", from: "1",
		},
		"triggers of the base": {
			text: "FROM debian\nUSER 1\n", history: "+ COPY . /app # buildkit\nUSER 1\n",
			want: "1 1 1 2", from: "1",
		},
		"carriage returns": {text: "FROM debian\r\nRUN a \\\r\n  b\r\nUSER 1\r\n", history: "+ RUN /bin/sh -c a   b # buildkit\nUSER 1\n", want: "1 1 2 4", from: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := lines.Find("build/Dockerfile", []byte(test.text), stepsOf(base+test.history), &test.opts)
			require.NoError(t, err)
			assert.Equal(t, "build/Dockerfile", d.Path)
			assert.Equal(t, test.want, firsts(d))
			var from []string
			for _, l := range d.From {
				from = append(from, fmt.Sprint(l.First))
			}
			assert.Equal(t, test.from, strings.Join(from, " "))
		})
	}
}

// Lines go from the first to the last, and say where the last ends.
func TestSpans(t *testing.T) {
	d, err := lines.Find("Dockerfile", []byte("FROM debian\nRUN a \\\n  # why\n  é b\nRUN <<E\nx\nE\n"),
		stepsOf(base+"+ RUN /bin/sh -c a   é b # buildkit\n+ RUN /bin/sh -c x\\n # buildkit\n"), nil)
	require.NoError(t, err)
	assert.Equal(t, ancestry.Lines{First: 1, Last: 1, End: 12}, d.Base())
	assert.Equal(t, ancestry.Lines{First: 2, Last: 4, End: 6}, d.Step(2))
	assert.Equal(t, ancestry.Lines{First: 5, Last: 7, End: 2}, d.Step(3))
	assert.Zero(t, d.Step(4))
	assert.Zero(t, d.Step(-1))
}

func TestErrors(t *testing.T) {
	steps := stepsOf(base + "USER 1\n")
	for text, want := range map[string]string{
		"":                                      "Dockerfile: parsing dockerfile: ",
		"FROM a\nNONSENSE x\n":                  "Dockerfile: parsing dockerfile: line 2: ",
		"FROM a\nUSER 2\n":                      "Dockerfile: nothing in it fits the image's history: it is another image's",
		"FROM a\nRUN a\nRUN b\nRUN c\nUSER 1\n": "only 1 of its 4 instructions fit the image's history",
		"FROM a\n" + strings.Repeat("USER 1\n", 501): "more than 500 instructions",
		"FROM a\n" + strings.Repeat("#\n", 1<<19):    "larger than 1048576 bytes",
	} {
		_, err := lines.Find("Dockerfile", []byte(text), steps, nil)
		require.ErrorContains(t, err, want)
	}
	_, err := lines.Find("Dockerfile", []byte("FROM a\n"), steps, &lines.Options{Target: "x"})
	require.ErrorContains(t, err, `no stage "x"`)
}

// TestRealBuilders finds every step of a Dockerfile that uses all instructions, as real
// builders recorded them: see testdata/archives.
func TestRealBuilders(t *testing.T) {
	text, err := os.ReadFile("../../../testdata/archives/odd/child/Dockerfile")
	require.NoError(t, err)
	parent, err := os.ReadFile("../../../testdata/archives/odd/context/Dockerfile")
	require.NoError(t, err)
	for _, name := range []string{"classic", "buildkit", "buildah-docker", "buildah-oci", "buildah-one-layer"} {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile("../../../testdata/histories/" + name + ".json")
			require.NoError(t, err)
			var cfg v1.ConfigFile
			require.NoError(t, json.Unmarshal(b, &cfg))
			steps, _ := history.Steps(&cfg)
			d, err := lines.Find("Dockerfile", text, steps, nil)
			require.NoError(t, err)
			agree(t, d, steps, text)
			own := 0
			for own < len(steps) && d.Steps[own] == d.Base() {
				own++
			}
			assert.NotZero(t, own, "the base's steps are known")
			assert.Less(t, own, len(steps))

			// The triggers of its ONBUILD ran in the child's build.
			if i := slices.IndexFunc(steps, func(s history.Step) bool { return strings.Contains(s.CreatedBy, "-c echo in the child") }); i > 0 {
				own = i
			}
			d, err = lines.Find("Dockerfile", parent, steps[:own], nil)
			require.NoError(t, err)
			agree(t, d, steps[:own], parent)
		})
	}
}

// agree checks that every step has lines, and that these begin with its keyword.
func agree(t *testing.T, d *ancestry.Dockerfile, steps []history.Step, text []byte) {
	t.Helper()
	all := strings.Split(string(text), "\n")
	seen := ancestry.Lines{}
	for i, s := range steps {
		l := d.Step(i)
		if !assert.NotZero(t, l, "step %d: %s", i, s.CreatedBy) || l == d.Base() {
			continue
		}
		assert.Greater(t, l.First, seen.Last, "in order")
		seen = l
		if k := s.Instruction.Keyword; k != "" {
			assert.True(t, strings.HasPrefix(strings.ToUpper(all[l.First-1]), k), "step %d: %s: %q", i, s.CreatedBy, all[l.First-1])
		}
	}
}

// TestSample finds every step of the sample's images in the Dockerfiles that they were
// built from.
func TestSample(t *testing.T) {
	stages, err := sample.Stages()
	require.NoError(t, err)
	dirs := []string{"0-debian", "1-toolchain", "2-runtime", "3-app"}
	require.Len(t, stages, len(dirs))
	below := 0
	for i, ref := range stages {
		img, err := sample.Stage(ref)
		require.NoError(t, err)
		cfg, err := img.ConfigFile()
		require.NoError(t, err)
		text, err := os.ReadFile("../../../testdata/chain/" + dirs[i] + "/Dockerfile")
		require.NoError(t, err)
		steps, _ := history.Steps(cfg)
		d, err := lines.Find("Dockerfile", text, steps, nil)
		require.NoError(t, err, ref)
		agree(t, d, steps, text)
		for s := range steps {
			assert.Equal(t, s < below, d.Step(s) == d.Base(), "%s: step %d: %s", ref, s, steps[s].CreatedBy)
		}
		below = len(steps)
	}
}

// Another Dockerfile than that of the image gives no line that says something else than
// the step. Those of its ancestors fit, since it has their steps.
func TestOtherDockerfiles(t *testing.T) {
	stages, err := sample.Stages()
	require.NoError(t, err)
	for _, ref := range stages {
		img, err := sample.Stage(ref)
		require.NoError(t, err)
		cfg, err := img.ConfigFile()
		require.NoError(t, err)
		steps, _ := history.Steps(cfg)
		for _, file := range []string{"chain/0-debian", "chain/1-toolchain", "chain/2-runtime", "chain/3-app", "archives/odd/child", "archives/odd/context", "large"} {
			text, err := os.ReadFile("../../../testdata/" + file + "/Dockerfile")
			require.NoError(t, err)
			d, err := lines.Find("Dockerfile", text, steps, nil)
			if err != nil {
				continue
			}
			all := strings.Split(string(text), "\n")
			for i, s := range steps {
				l := d.Step(i)
				if l == (ancestry.Lines{}) || l == d.Base() || s.Instruction.Keyword != "RUN" {
					continue
				}
				last := strings.Fields(all[l.Last-1])
				assert.Contains(t, s.CreatedBy, last[len(last)-1], "%s in %s: step %d", ref, file, i)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("ARG T=1\nFROM debian:$T AS x\nARG V\nENV A=${V:?}\nRUN a \\\n b\nFROM x\nCOPY <<E /e\nE\nUSER 1\n", base+"ARG V=1\nENV A=1\n+ RUN |1 V=1 /bin/sh -c a  b # buildkit\n+ COPY <<E /e # buildkit\nUSER 1\n")
	f.Add("FROM a\nRUN <<E\nx\nE\n", "+ /bin/sh -c x\n/bin/sh -c #(nop)  USER 1\n")
	f.Add("# escape=`\nFROM a\nWORKDIR `\nEXPOSE 1-9\n", "WORKDIR /\nEXPOSE map[1/tcp:{}]\n")
	f.Fuzz(func(t *testing.T, text, entries string) {
		steps := stepsOf(entries)
		d, err := lines.Find("Dockerfile", []byte(text), steps, nil)
		if err != nil {
			return
		}
		n := strings.Count(text, "\n") + 1
		require.Len(t, d.Steps, len(steps))
		require.NotEmpty(t, d.From)
		for _, l := range append(d.Steps, d.From...) {
			if l == (ancestry.Lines{}) {
				continue
			}
			require.True(t, 1 <= l.First && l.First <= l.Last && l.Last <= n && l.End >= 1, "%v of %d", l, n)
		}
	})
}

func ExampleFind() {
	text := "FROM python:3.13\nCOPY . /app\nRUN pip install flask \\\n && rm -rf /root/.cache\n"
	cfg := &v1.ConfigFile{History: []v1.History{
		{CreatedBy: `CMD ["python3"]`, EmptyLayer: true},
		{CreatedBy: "COPY . /app # buildkit"},
		{CreatedBy: "RUN /bin/sh -c pip install flask  && rm -rf /root/.cache # buildkit"},
	}}
	steps, _ := history.Steps(cfg)
	d, err := lines.Find("Dockerfile", []byte(text), steps, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, l := range d.Steps {
		fmt.Printf("step %d: lines %d to %d\n", i, l.First, l.Last)
	}
	// Output:
	// step 0: lines 1 to 1
	// step 1: lines 2 to 2
	// step 2: lines 3 to 4
}
