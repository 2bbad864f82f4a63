package lines_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/layers/history"
)

// donorsOf tells the donors in short: "node:20 [2 3]", "golang:1.26 (build) [4]".
func donorsOf(donors []ancestry.Donor) string {
	var all []string
	for _, d := range donors {
		stage := ""
		if d.Stage != "" {
			stage = " (" + d.Stage + ")"
		}
		all = append(all, fmt.Sprint(d, stage, " ", d.Steps))
	}
	return strings.Join(all, ", ")
}

func TestDonors(t *testing.T) {
	const copied = "+ COPY /usr/local/bin/node /usr/local/bin/ # buildkit\n"
	for name, test := range map[string]struct{ text, history, want string }{
		"an image": {"FROM debian\nCOPY --from=node:20 /usr/local/bin/node /usr/local/bin/\n", copied, "node:20 [2]"},
		"twice": {"FROM debian\nCOPY --from=node:20 /usr/local/bin/node /usr/local/bin/\nCOPY --from=docker.io/library/node:20 /opt /opt\n",
			copied + "+ COPY /opt /opt # buildkit\n", "node:20 [2 3]"},
		"a digest": {"FROM debian\nCOPY --from=node@sha256:" + strings.Repeat("a5", 32) + " /usr/local/bin/node /usr/local/bin/\n", copied,
			"node@sha256:" + strings.Repeat("a5", 32) + " [2]"},
		"a stage":                  {"FROM node:20 AS build\nRUN make\nFROM debian\nCOPY --from=build /usr/local/bin/node /usr/local/bin/\n", copied, "node:20 (build) [2]"},
		"a stage on a stage":       {"FROM node:20 AS a\nFROM a AS b\nFROM debian\nCOPY --from=B /usr/local/bin/node /usr/local/bin/\n", copied, "node:20 (B) [2]"},
		"a stage by number":        {"FROM node:20\nFROM debian\nCOPY --from=0 /usr/local/bin/node /usr/local/bin/\n", copied, "node:20 (0) [2]"},
		"a build argument":         {"ARG V=20\nFROM node:$V AS build\nFROM debian\nCOPY --from=build /usr/local/bin/node /usr/local/bin/\n", copied, "node:20 (build) [2]"},
		"an argument not known":    {"ARG V\nFROM $V AS build\nFROM debian\nCOPY --from=build /usr/local/bin/node /usr/local/bin/\n", copied, ""},
		"a stage on nothing":       {"FROM scratch AS build\nFROM debian\nCOPY --from=build /usr/local/bin/node /usr/local/bin/\n", copied, ""},
		"a variable, not expanded": {"FROM debian\nARG V=20\nCOPY --from=node:$V /usr/local/bin/node /usr/local/bin/\n", copied, ""},
		"a number too high":        {"FROM debian\nCOPY --from=7 /usr/local/bin/node /usr/local/bin/\n", copied, ""},
		"edited since":             {"FROM debian\nRUN a\nCOPY --from=node:20 /usr/bin/node /usr/local/bin/\n", "+ RUN /bin/sh -c a # buildkit\n" + copied, ""},
		"of another stage":         {"FROM debian AS tools\nCOPY --from=node:20 /x /y\nFROM debian\nRUN a\n", "+ RUN /bin/sh -c a # buildkit\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := lines.Find("build/Dockerfile", []byte(test.text), stepsOf(base+test.history), nil)
			require.NoError(t, err)
			assert.Equal(t, test.want, donorsOf(d.Donors))
			for _, d := range d.Donors {
				assert.Equal(t, ancestry.Recognised, d.Confidence)
				require.Len(t, d.Evidence, 1)
				assert.Contains(t, d.Evidence[0].Where, "build/Dockerfile: line ")
			}
		})
	}
}

// A config is an ancestry.ConfigFiler.
type config v1.ConfigFile

func (c *config) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

func ExampleSource() {
	img := &config{History: []v1.History{
		{CreatedBy: "ADD rootfs.tar / # buildkit", Comment: "buildkit.dockerfile.v0"},
		{CreatedBy: "COPY /usr/local/bin/node /usr/local/bin/ # buildkit", Comment: "buildkit.dockerfile.v0"},
	}, RootFS: v1.RootFS{DiffIDs: make([]v1.Hash, 2)}}
	text := "FROM debian:12\nCOPY --from=node:20 /usr/local/bin/node /usr/local/bin/\n"
	l, err := ancestry.Resolve(context.Background(), img, &ancestry.Options{
		Catalogues: []ancestry.Source{lines.Source("Dockerfile", []byte(text), nil)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range l.Donors {
		fmt.Println(d, d.Confidence, d.Evidence[0].Where)
	}
	// Output: node:20 recognised Dockerfile: line 2
}

// A Dockerfile of another image is a problem, and none of the chain's.
func TestSourceOfAnother(t *testing.T) {
	steps := stepsOf(base)
	claims, err := lines.Source("Dockerfile", []byte("FROM a\nRUN b\nRUN c\n"), nil).Claims(t.Context(), &ancestry.Query{Steps: steps})
	assert.Empty(t, claims)
	require.ErrorContains(t, err, "another image")
	claims, err = lines.Source("Dockerfile", []byte("FROM a\nCMD [\"bash\"]\n"), nil).Claims(t.Context(), &ancestry.Query{Steps: steps})
	require.NoError(t, err)
	require.Len(t, claims, 1, "it copies from nowhere")
	assert.Equal(t, ancestry.Claim{Start: history.None, End: len(steps), Evidence: ancestry.Evidence{
		Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised, Says: "FROM a", Name: "a", Where: "Dockerfile: line 1"}}, claims[0])
}
