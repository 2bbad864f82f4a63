package history

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
)

func TestStepsDecideBuilders(t *testing.T) {
	const d, b, k, x = BuilderDocker, BuilderBuildah, BuilderBuildKit, BuilderUnknown
	for _, tc := range []struct {
		name    string
		history []string
		want    []Builder
	}{
		{"classic above and below", []string{cRoot, cCmd, cRun, cDir, cEnv, cCopy}, []Builder{d, d, d, d, d, d}},
		{"URL, classic above", []string{cRoot, "/bin/sh -c #(nop) ADD " + exampleSum + " in /x ", cCmd}, []Builder{d, d, d}},
		{"URL, buildah", []string{"/bin/sh -c #(nop) ADD " + exampleSum + " in /x ^debian", aCmd}, []Builder{b, b}},
		{"nothing to tell", []string{cRoot, cRun, cDir}, []Builder{x, x, x}},
		{"buildah on classic", []string{cRoot, cCmd, cRun + "^debian", cDir, aCmd}, []Builder{d, d, b, b, b}},
		{"undecided below a boundary", []string{cRoot, cRun, cRun + "^debian", aCmd}, []Builder{x, x, b, b}},
		{"after buildah, who knows", []string{cRun + "^debian", aCmd, cRun}, []Builder{b, b, x}},
		{"between buildah and classic", []string{cRun + "^debian", aCmd, cRun, cCmd}, []Builder{b, b, x, d}},
		{"buildkit by one suffix", []string{bEnv, bRun, `-CMD ["x"]`}, []Builder{k, k, k}},
		{"forms do not mix", []string{cRoot, cRun, bEnv, bRun}, []Builder{x, x, k, k}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := historyConfig(0, tc.history...)
			for _, h := range cfg.History {
				if !h.EmptyLayer {
					cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{})
				}
			}
			steps, _ := Steps(cfg)
			var got []Builder
			for _, s := range steps {
				got = append(got, s.Instruction.Builder)
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestStepsFindShell(t *testing.T) {
	steps, _ := Steps(historyConfig(5,
		"-/bin/sh -c #(nop)  SHELL [conda run -n base /bin/bash -c]",
		"conda run -n base /bin/bash -c pip install x",
		"|1 A=1 conda run -n base /bin/bash -c pip install y",
		"-conda run -n base /bin/bash -c #(nop)  ENV A=1",
		"RUN |1 A=1 conda run -n base /bin/bash -c pip install z # buildkit",
		"RUN conda run -n base /bin/bash -c pip install w # buildkit",
		"-/bin/sh -c #(nop)  SHELL [powershell -Command $ErrorActionPreference = 'Stop';]",
		"powershell -Command $ErrorActionPreference = 'Stop'; dir",
	))
	conda := []string{"conda", "run", "-n", "base", "/bin/bash", "-c"}
	for i, want := range []Instruction{
		{Builder: BuilderDocker, Keyword: "SHELL", Args: "[conda run -n base /bin/bash -c]"},
		{Builder: BuilderDocker, Keyword: "RUN", Args: "pip install x", Shell: conda},
		{Builder: BuilderDocker, Keyword: "RUN", Args: "pip install y", Shell: conda, BuildArgs: []string{"A=1"}},
		{Builder: BuilderDocker, Keyword: "ENV", Args: "A=1"},
		{Builder: BuilderBuildKit, Keyword: "RUN", Args: "pip install z", Shell: conda, BuildArgs: []string{"A=1"}},
		{Builder: BuilderBuildKit, Keyword: "RUN", Args: "pip install w", Shell: conda},
		{Builder: BuilderDocker, Keyword: "SHELL", Args: "[powershell -Command $ErrorActionPreference = 'Stop';]"},
		{Builder: BuilderDocker, Keyword: "RUN", Args: "dir", Shell: []string{"powershell", "-Command", "$ErrorActionPreference = 'Stop';"}},
	} {
		assert.Equal(t, want, steps[i].Instruction, "step %d", i)
	}
}

func TestStepsFindCommit(t *testing.T) {
	cfg := historyConfig(2, cRoot, cCmd, "nginx -g daemon off;")
	cfg.Config.Cmd = []string{"nginx", "-g", "daemon off;"}
	steps, _ := Steps(cfg)
	assert.Equal(t, BuilderCommit, steps[2].Instruction.Builder)
	cfg.Config.Cmd = []string{"nginx"}
	steps, _ = Steps(cfg)
	assert.Equal(t, BuilderUnknown, steps[2].Instruction.Builder)

	// A container that ran a shell: the entry reads like a RUN.
	for _, shell := range []string{"/bin/sh", "bash"} {
		cfg = historyConfig(2, cRoot, cCmd, shell+" -c apt-get update")
		cfg.Config.Cmd = []string{shell, "-c", "apt-get update"}
		steps, _ = Steps(cfg)
		assert.Equal(t, Instruction{Builder: BuilderCommit, Args: shell + " -c apt-get update"}, steps[2].Instruction)
		cfg.Config.Cmd = []string{"bash"}
		steps, _ = Steps(cfg)
		assert.Equal(t, "RUN", steps[2].Instruction.Keyword)
		assert.Equal(t, BuilderDocker, steps[2].Instruction.Builder)
	}
}

func TestStepsMoveFrom(t *testing.T) {
	type step struct {
		from    string
		builder Builder
	}
	const b = BuilderBuildah
	base := []step{{"", BuilderDocker}, {"", BuilderDocker}}
	for _, tc := range []struct {
		name    string
		history []string
		want    []step
	}{
		{"one layer, on the CMD", []string{cRoot, cCmd, "-" + cRun, cDir, aCmd[1:] + "^localhost/base"},
			append(base, step{"localhost/base", b}, step{"", b}, step{"", b})},
		{"one layer, on a RUN after one marked empty", []string{cRoot, cCmd, "-" + cCopy, cRun + "^localhost/base"},
			append(base, step{"localhost/base", b}, step{"", b})},
		{"could be the base's WORKDIR", []string{cRoot, cCmd, cDir, cRun + "^localhost/base"},
			append(base, step{"", BuilderDocker}, step{"localhost/base", b})},
		{"already the first", []string{cRoot, cCmd, "-" + cRun + "^localhost/base", aCmd[1:]},
			append(base, step{"localhost/base", b}, step{"", b})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			steps, problems := Steps(historyConfig(2, tc.history...))
			assert.Empty(t, problems)
			var got []step
			for _, s := range steps {
				got = append(got, step{s.Instruction.From, s.Instruction.Builder})
			}
			assert.Equal(t, tc.want, got)
		})
	}
}
