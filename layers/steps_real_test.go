package layers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzSteps(f *testing.F) {
	f.Add([]byte(`{"rootfs":{"diff_ids":["sha256:`+exampleSum+`"]},"history":[{"created_by":"RUN x","empty_layer":true},{"comment":"FROM a"}]}`), uint8(2))
	f.Add([]byte(`{"config":{"Cmd":["x"]},"history":[{"created_by":"SHELL [a b -c]"},{"created_by":"a b -c |1 x"},{"created_by":"x"}]}`), uint8(9))
	for _, file := range realImages(f) {
		cfg := readReal(f, file).config()
		b, err := json.Marshal(cfg)
		require.NoError(f, err)
		f.Add(b, uint8(len(cfg.RootFS.DiffIDs)))
	}
	f.Fuzz(func(t *testing.T, data []byte, layers uint8) {
		var cfg v1.ConfigFile
		if json.Unmarshal(data, &cfg) != nil {
			return
		}
		cfg.RootFS.DiffIDs = make([]v1.Hash, layers)
		steps, _ := Steps(&cfg)
		checkSteps(t, &cfg, steps)
	})
}

// A realImage is a published history of a Docker Official Image.
type realImage struct {
	Image   string
	History []struct {
		Created     time.Time
		Instruction string
		CreatedBy   string `json:"created_by"`
		EmptyLayer  bool   `json:"empty_layer"`
	}
	Layers []struct{ Digest string }
}

func (r realImage) config() *v1.ConfigFile {
	cfg := &v1.ConfigFile{RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, len(r.Layers))}}
	for _, h := range r.History {
		cfg.History = append(cfg.History, v1.History{
			Created: v1.Time{Time: h.Created}, CreatedBy: h.CreatedBy, EmptyLayer: h.EmptyLayer,
		})
	}
	return cfg
}

func realImages(tb testing.TB) []string {
	files, err := filepath.Glob("../../shared/real-images/*.json")
	require.NoError(tb, err)
	return files
}

func readReal(tb testing.TB, file string) (r realImage) {
	b, err := os.ReadFile(file)
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(b, &r))
	return r
}

func TestStepsOfRealImages(t *testing.T) {
	files := realImages(t)
	if len(files) == 0 {
		t.Skip("no published histories beside the repository")
	}
	runs := 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := readReal(t, file)
			cfg := r.config()
			steps, problems := Steps(cfg)
			checkSteps(t, cfg, steps)
			assert.Empty(t, problems)
			for i, s := range steps {
				in := s.Instruction
				assert.Equal(t, r.History[i].EmptyLayer, s.Layer == None, s.CreatedBy)
				assert.NotEqual(t, BuilderUnknown, in.Builder, s.CreatedBy)
				if in.Builder != BuilderDebuerreotype && in.Builder != BuilderUmoci {
					assert.NotEmpty(t, in.Keyword, s.CreatedBy)
				}
				switch in.Keyword {
				case "RUN":
					runs++
					assert.Equal(t, r.run(i), in.Args)
					assert.NotEmpty(t, in.Shell)
				case "COPY", "ADD":
					assert.NotEmpty(t, in.Sources, s.CreatedBy)
					assert.True(t, strings.HasPrefix(in.Dest, "/"), s.CreatedBy)
				case "ENV":
					assert.NotEmpty(t, in.Env(), s.CreatedBy)
				}
			}
		})
	}
	t.Logf("%d RUNs of %d images", runs, len(files))
}

// run is a RUN's text as published, without what stands for the prefix.
func (r realImage) run(i int) string {
	text := r.History[i].Instruction
	if args, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(args, "# ARGS: ") {
		text = rest
	}
	text = strings.TrimPrefix(text, "RUN ")
	return strings.TrimSuffix(strings.TrimPrefix(text, "/bin/sh -c "), " # buildkit")
}
