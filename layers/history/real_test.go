package history

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/realimages"
)

func FuzzSteps(f *testing.F) {
	f.Add([]byte(`{"rootfs":{"diff_ids":["sha256:`+exampleSum+`"]},"history":[{"created_by":"RUN x","empty_layer":true},{"comment":"FROM a"}]}`), uint8(2))
	f.Add([]byte(`{"config":{"Cmd":["x"]},"history":[{"created_by":"SHELL [a b -c]"},{"created_by":"a b -c |1 x"},{"created_by":"x"}]}`), uint8(9))
	for _, r := range realimages.Found(f) {
		cfg := uncommented(f, r)
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

// uncommented is a configuration without the comments of BuildKit's entries, which
// were not published: what stands in created_by has to do.
func uncommented(tb testing.TB, r realimages.Image) *v1.ConfigFile {
	cfg, err := r.ConfigFile()
	require.NoError(tb, err)
	for i := range cfg.History {
		cfg.History[i].Comment = ""
	}
	return cfg
}

func TestStepsOfRealImages(t *testing.T) {
	all := realimages.All(t)
	runs := 0
	for _, r := range all {
		t.Run(r.File, func(t *testing.T) {
			cfg := uncommented(t, r)
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
					assert.Equal(t, published(r.History[i]), in.Args)
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
	t.Logf("%d RUNs of %d images", runs, len(all))
}

// published is a RUN's text as published, without what stands for the prefix.
func published(e realimages.Entry) string {
	text := e.Instruction
	if args, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(args, "# ARGS: ") {
		text = rest
	}
	text = strings.TrimPrefix(text, "RUN ")
	return strings.TrimSuffix(strings.TrimPrefix(text, "/bin/sh -c "), " # buildkit")
}
