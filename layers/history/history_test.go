package history

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden parts of testdata again")

// TestHistories checks the steps of whole histories. Each archive holds the
// number of layers, the history as a configuration has it, and the steps.
func TestHistories(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			require.NoError(t, err)
			part := func(name string) *txtar.File {
				for i := range ar.Files {
					if ar.Files[i].Name == name {
						return &ar.Files[i]
					}
				}
				ar.Files = append(ar.Files, txtar.File{Name: name})
				return &ar.Files[len(ar.Files)-1]
			}
			n, err := strconv.Atoi(strings.TrimSpace(string(part("layers").Data)))
			require.NoError(t, err)
			cfg := &v1.ConfigFile{RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, n)}}
			require.NoError(t, json.Unmarshal(part("history.json").Data, &cfg.History))

			steps, problems := Steps(cfg)
			checkSteps(t, cfg, steps)
			got := describe(steps, problems)
			want := part("steps")
			if *update {
				want.Data = got
				require.NoError(t, os.WriteFile(file, txtar.Format(ar), 0o644))
			}
			assert.Equal(t, string(want.Data), string(got))
		})
	}
}

// describe writes one line a step, and below it what was taken out of Args.
func describe(steps []Step, problems []Problem) []byte {
	var b bytes.Buffer
	for _, s := range steps {
		layer := "-"
		if s.Layer != None {
			layer = strconv.Itoa(s.Layer)
		}
		mark := ""
		if s.Synthetic {
			mark = " synthetic"
		} else if s.Uncertain {
			mark = " uncertain"
		}
		in := s.Instruction
		fmt.Fprintf(&b, "%d layer %s%s: %s %s %q\n", s.Index, layer, mark, in.Builder, cmp.Or(in.Keyword, "-"), in.Args)
		for _, part := range []struct {
			name   string
			values []string
		}{
			{"build args", in.BuildArgs}, {"shell", in.Shell}, {"flags", in.Flags}, {"sources", in.Sources},
			{"env", in.Env()}, {"labels", in.Labels()},
		} {
			if len(part.values) > 0 {
				fmt.Fprintf(&b, "    %s %q\n", part.name, part.values)
			}
		}
		if in.Dest != "" {
			fmt.Fprintf(&b, "    dest %q\n", in.Dest)
		}
		if in.From != "" {
			fmt.Fprintf(&b, "    from %q\n", in.From)
		}
	}
	for _, p := range problems {
		fmt.Fprintf(&b, "problem: %v\n", p)
	}
	return b.Bytes()
}
