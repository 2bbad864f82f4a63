package history

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// historyConfig makes a configuration of n layers. A line is a created_by, after "-" that
// of an entry marked empty; "^ref" at its end is Buildah's comment, "~" that of
// BuildKit's exporter.
func historyConfig(n int, lines ...string) *v1.ConfigFile {
	cfg := &v1.ConfigFile{RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, n)}}
	for _, line := range lines {
		var h v1.History
		h.CreatedBy, h.EmptyLayer = strings.CutPrefix(line, "-")
		if by, from, ok := strings.Cut(h.CreatedBy, "^"); ok {
			h.CreatedBy, h.Comment = by, "FROM "+from
		}
		if by, ok := strings.CutSuffix(h.CreatedBy, "~"); ok {
			h.CreatedBy, h.Comment = by, exporterComment
		}
		h.Created = v1.Time{Time: time.Date(2024, 1, 1, 0, 0, len(cfg.History), 0, time.UTC)}
		cfg.History = append(cfg.History, h)
	}
	return cfg
}

const (
	cRoot = "/bin/sh -c #(nop) ADD file:x in / "
	cCmd  = `-/bin/sh -c #(nop)  CMD ["bash"]`
	cEnv  = "-/bin/sh -c #(nop)  ENV A=1"
	cRun  = "/bin/sh -c apt-get update"
	cCopy = "/bin/sh -c #(nop) COPY file:x in /x "
	cDir  = "-/bin/sh -c #(nop) WORKDIR /x"
	aCmd  = `-/bin/sh -c #(nop) CMD ["a", "b"]`
	bRun  = "RUN /bin/sh -c make # buildkit"
	bEnv  = "ENV A=1"
	bCopy = "COPY x /x # buildkit"
	bMore = "fileop target~" // of a layer without an entry, as BuildKit's exporter describes it
)

func TestStepsJoin(t *testing.T) {
	n := None
	for _, tc := range []struct {
		name      string
		layers    int
		history   []string
		want      []int // layer by step
		synthetic []int // steps
		uncertain []int // steps
		problem   string
	}{
		{"as recorded", 3, []string{cRoot, cCmd, cRun, cEnv, cRun}, []int{0, n, 1, n, 2}, nil, nil, ""},
		{"no layers, no history", 0, nil, nil, nil, nil, ""},
		{"no layers", 0, []string{cEnv}, []int{n}, nil, nil, ""},
		{"no history", 2, nil, []int{0, 1}, []int{0, 1}, nil, "no history: 2 layers have no steps recorded"},
		{"only configuration", 2, []string{cEnv, cCmd}, []int{0, 1, n, n}, []int{0, 1}, nil, "only empty steps"},

		{"too short: appended without a word", 4, []string{cRoot, cCmd, "bazel build ..."}, []int{0, n, 1, 2, 3}, []int{3, 4}, []int{0, 2}, "2 layers on top"},
		{"too short: base without history", 3, []string{"RUN apt-get update", "-CMD [\"x\"]", "COPY . /app"}, []int{0, 1, n, 2}, []int{0}, []int{1, 3}, "1 layer at the bottom"},
		{"too short: built FROM something", 2, []string{cRoot + "^localhost/base"}, []int{0, 1}, []int{0}, []int{1}, "1 layer at the bottom"},
		{"too short: RUN marked empty", 3, []string{cRoot, cCmd, "-" + cRun, cEnv, cCopy}, []int{0, n, 1, n, 2}, nil, []int{2, 4}, "layers given to 1 step marked empty"},
		{"too short: RUN and WORKDIR marked empty", 4, []string{cRoot, cDir, "-" + cRun, cCopy}, []int{0, 1, 2, 3}, nil, []int{1, 2, 3}, "layers given to 2 steps"},
		{"too short: more RUNs marked empty than layers are missing", 2, []string{cRoot, "-" + cRun, "-" + cRun}, []int{0, n, n, 1}, []int{3}, []int{0}, "1 layer on top"},

		{"too long: ENV claims a layer", 2, []string{cRoot, cEnv[1:], cRun}, []int{0, n, 1}, nil, []int{1, 2}, "layers taken from 1 step"},
		{"too long: WORKDIR claims a layer", 2, []string{cRoot, cDir[1:], cRun}, []int{0, n, 1}, nil, []int{1, 2}, "layers taken from 1 step"},
		{"too long: squashed, history kept", 2, []string{cRoot, cCmd, cRun, cCopy, cRun}, []int{0, n, 1, n, n}, nil, []int{0, 2, 3, 4}, "joined from the bottom"},
		{"too long: ENV and more", 2, []string{cRoot, cEnv[1:], cRun, cRun}, []int{0, n, 1, n}, nil, []int{0, 1, 2, 3}, "joined from the bottom"},
		{"too long: no layer left", 0, []string{cRoot, cRun}, []int{n, n}, nil, []int{0, 1}, "joined from the bottom"},

		{"swapped", 2, []string{cRoot, bEnv, "-" + bRun}, []int{0, n, 1}, nil, []int{1, 2}, "swapped"},
		{"exporter: base without history", 4, []string{bCopy, bCopy, "-" + bEnv, bMore, bMore}, []int{0, 1, 2, 3, n, n, n}, []int{0, 1}, []int{2, 3},
			"2 entries of BuildKit's exporter, for layers without one: 2 layers at the bottom"},
		{"exporter: and a child of it", 4, []string{bCopy, "-" + bEnv, bMore, bMore, bRun}, []int{0, 1, 2, n, n, n, 3}, []int{0, 1}, []int{2},
			"2 layers at the bottom"},
		{"exporter: a root with history", 3, []string{cRoot, cCmd, bCopy, bMore}, []int{0, n, 1, 2}, nil, []int{0, 2, 3}, "begins with a root"},
		{"exporter: nothing else", 2, []string{bMore, "-" + bEnv, bMore}, []int{0, n, 1}, nil, nil, ""},
		{"exporter: below", 2, []string{bMore, bCopy}, []int{0, 1}, nil, nil, ""},
		{"exporter: the numbers differ", 4, []string{bCopy, bMore}, []int{0, 1, 2, 3}, []int{0, 1}, []int{2, 3}, "2 layers at the bottom"},

		{"a root above a layer", 3, []string{bCopy, "# debian.sh --arch 'amd64'", bRun}, []int{0, 1, 2}, nil, []int{0, 1, 2}, "root of an image at step 1, above 1 layer"},
		{"a root archive above a layer", 2, []string{bCopy, "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"}, []int{0, 1}, nil, []int{0, 1}, "root of an image at step 1"},
		{"an archive above a layer", 2, []string{cRoot, cRoot}, []int{0, 1}, nil, nil, ""},

		{"layers of ENV, as old Docker has them", 3, []string{cRoot, cEnv[1:], cRun}, []int{0, 1, 2}, nil, nil, "1 step that changes no file: taken as recorded"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := historyConfig(tc.layers, tc.history...)
			steps, problems := Steps(cfg)
			var got, synthetic, uncertain []int
			for i, s := range steps {
				got = append(got, s.Layer)
				if s.Synthetic {
					synthetic = append(synthetic, i)
				}
				if s.Uncertain {
					uncertain = append(uncertain, i)
				}
			}
			assert.Equal(t, tc.want, got, "layers")
			assert.Equal(t, tc.synthetic, synthetic, "synthetic")
			assert.Equal(t, tc.uncertain, uncertain, "uncertain")
			if tc.problem == "" {
				assert.Empty(t, problems)
			} else if assert.Len(t, problems, 1) {
				assert.ErrorContains(t, problems[0], tc.problem)
			}
			checkSteps(t, cfg, steps)
		})
	}
}

func TestStepsNil(t *testing.T) {
	steps, problems := Steps(nil)
	assert.Empty(t, steps)
	assert.Empty(t, problems)
}

// checkSteps checks what holds for any configuration.
func checkSteps(t *testing.T, cfg *v1.ConfigFile, steps []Step) {
	t.Helper()
	layer, entry := 0, 0
	for i, s := range steps {
		switch {
		case s.Index != i:
			t.Fatalf("step %d has index %d", i, s.Index)
		case s.Layer != None && s.Layer != layer:
			t.Fatalf("step %d has layer %d, want %d: layers increase by one", i, s.Layer, layer)
		case s.Instruction.Builder == "":
			t.Fatalf("step %d has no builder", i)
		case s.Synthetic && (s.History != None || s.Layer == None):
			t.Fatalf("step %d is synthetic: history %d, layer %d", i, s.History, s.Layer)
		case !s.Synthetic && (s.History != entry || s.CreatedBy != cfg.History[entry].CreatedBy):
			t.Fatalf("step %d is entry %d, want %d: entries keep their order", i, s.History, entry)
		}
		if s.Layer != None {
			layer++
		}
		if !s.Synthetic {
			entry++
		}
	}
	require.Equal(t, len(cfg.RootFS.DiffIDs), layer, "every layer has a step")
	require.Equal(t, len(cfg.History), entry, "every entry has a step")
}

func TestStepsAnyConfiguration(t *testing.T) {
	lines := []string{cRoot, cCmd, cEnv, cRun, cCopy, cDir, aCmd, bRun, bEnv, "", "x", cRun + "^debian", "apko", "bazel build ...", "VOLUME [/x]", bMore, bCopy, "# debian.sh x"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		var history []string
		for range r.IntN(12) {
			line := lines[r.IntN(len(lines))]
			if r.IntN(4) == 0 { // a wrong mark
				line = "-" + strings.TrimPrefix(line, "-")
			}
			history = append(history, line)
		}
		cfg := historyConfig(r.IntN(12), history...)
		steps, problems := Steps(cfg)
		checkSteps(t, cfg, steps)
		claimed := 0
		for _, h := range cfg.History {
			if !h.EmptyLayer {
				claimed++
			}
		}
		if claimed != len(cfg.RootFS.DiffIDs) {
			require.Len(t, problems, 1, "%q", history)
		}
		require.LessOrEqual(t, len(problems), 2, "%q", history)
	}
}

func TestStepsOfAbsurdSize(t *testing.T) {
	for name, cfg := range map[string]*v1.ConfigFile{
		"entries": historyConfig(3, make([]string, 100_000)...),
		"layers":  historyConfig(100_000),
		"words":   historyConfig(1, "|50000 "+strings.Repeat("A=1 /bin/sh -x ", 100_000)),
		"bars":    historyConfig(1, "/bin/sh -c "+strings.Repeat("|force-mtime=1", 300_000)),
		"shell":   historyConfig(1, append([]string{"-SHELL [" + strings.Repeat("x", 300_000) + "]"}, make([]string, 100_000)...)...),
		"shells":  historyConfig(1, "-SHELL [x -c]", strings.Repeat("x -c ", 300_000)),
	} {
		start := time.Now()
		steps, _ := Steps(cfg)
		took := time.Since(start)
		checkSteps(t, cfg, steps)
		assert.Less(t, took, 10*time.Second, name)
		t.Log(name, took)
	}
}
