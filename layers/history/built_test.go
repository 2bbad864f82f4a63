package history

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// built reads a configuration that a real builder made of the two Dockerfiles in
// testdata/archives/odd.
func built(t *testing.T, name string) *v1.ConfigFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/histories", name+".json"))
	if os.IsNotExist(err) {
		t.Skip("not built: ", name)
	}
	require.NoError(t, err)
	var cfg v1.ConfigFile
	require.NoError(t, json.Unmarshal(b, &cfg))
	return &cfg
}

func TestStepsOfRealBuilders(t *testing.T) {
	for name, want := range map[string]struct {
		builder Builder
		from    []int // steps that name their base
		onbuild bool  // the child ran the ONBUILDs
	}{
		"classic":           {BuilderDocker, nil, true},
		"buildkit":          {BuilderBuildKit, nil, true},
		"buildah-docker":    {BuilderBuildah, []int{30}, true},
		"buildah-oci":       {BuilderBuildah, []int{30}, false}, // the format has no ONBUILD
		"buildah-one-layer": {BuilderBuildah, []int{30}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := built(t, name)
			steps, problems := Steps(cfg)
			checkSteps(t, cfg, steps)
			assert.Empty(t, problems)
			var runs, env, labels, dests []string
			var from []int
			for i, s := range steps {
				in := s.Instruction
				assert.Equal(t, want.builder, in.Builder, s.CreatedBy)
				assert.Equal(t, cfg.History[i].EmptyLayer, s.Layer == None)
				assert.False(t, s.Uncertain)
				env = append(env, in.Env()...)
				labels = append(labels, in.Labels()...)
				switch in.Keyword {
				case "RUN":
					runs = append(runs, in.Args)
					if len(in.BuildArgs) > 0 {
						assert.ElementsMatch(t, []string{"EMPTY=x", "VERSION=2.0"}, in.BuildArgs)
					}
				case "COPY", "ADD":
					dests = append(dests, in.Dest)
					assert.NotEmpty(t, in.Sources)
				}
				if in.From != "" {
					from = append(from, i)
				}
			}
			assert.Equal(t, want.from, from)

			wantRuns := []string{"echo one  two\ttab", "set -eux; \techo first; \techo \"$VERSION\" > /version; \t\techo last", "echo after SHELL"}
			require.Greater(t, len(runs), 4)
			assert.Equal(t, wantRuns, runs[:3])
			assert.Contains(t, runs[3], "exec form")
			assert.Equal(t, "echo child", runs[len(runs)-1])
			assert.Equal(t, want.onbuild, slices.Contains(runs, "echo in the child"))

			space := "/data/with space.txt"
			if want.builder == BuilderBuildKit { // which does not say where the name begins
				space = "space.txt"
			}
			assert.Equal(t, []string{"/bin/sh", "/data/data.txt", space, "/data/many/", "/copied/", "/archive/"}, dests[:6])

			// What the ENVs and LABELs set is what the configuration has.
			for _, kv := range env {
				if !strings.HasPrefix(kv, "EXPANDED=") || want.builder != BuilderBuildah {
					assert.Contains(t, cfg.Config.Env, kv)
				}
			}
			assert.Len(t, env, 5)
			for _, kv := range labels {
				k, v, _ := strings.Cut(kv, "=")
				assert.Equal(t, cfg.Config.Labels[k], v, k)
			}
			assert.Len(t, labels, 3)
		})
	}
}

func TestStepsOfRealCommit(t *testing.T) {
	steps, problems := Steps(built(t, "commit"))
	assert.Empty(t, problems)
	last := steps[len(steps)-1]
	assert.Equal(t, Instruction{Builder: BuilderCommit, Args: "x"}, last.Instruction)
	assert.Equal(t, 12, last.Layer)
}

// A message given to docker import takes the place of "Imported from".
func TestStepsOfRealImport(t *testing.T) {
	steps, problems := Steps(built(t, "import"))
	assert.Empty(t, problems)
	require.Len(t, steps, 1)
	assert.Equal(t, Instruction{Builder: BuilderUnknown}, steps[0].Instruction)
	assert.Equal(t, 0, steps[0].Layer)
}
