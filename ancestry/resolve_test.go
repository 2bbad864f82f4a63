package ancestry_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// A config is an ancestry.ConfigFiler.
type config v1.ConfigFile

func (c *config) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// image makes a configuration of lines: a day, "+" if the step made a layer, and
// the entry; what stands behind " ## " is its comment.
func image(t *testing.T, lines string) *config {
	t.Helper()
	c := &config{}
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		day, rest, _ := strings.Cut(line, " ")
		created, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		by, layer := strings.CutPrefix(rest, "+ ")
		by, comment, _ := strings.Cut(by, " ## ")
		// Every step has its own second, as real ones mostly do.
		created = created.Add(time.Duration(len(c.History)) * time.Second)
		c.History = append(c.History, v1.History{
			Created: v1.Time{Time: created}, CreatedBy: by, Comment: comment, EmptyLayer: !layer,
		})
		if layer {
			c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, hash(fmt.Sprint("layer", len(c.RootFS.DiffIDs))))
		}
	}
	return c
}

func hash(s string) v1.Hash {
	sum := sha256.Sum256([]byte(s))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

// chain is an image of four generations and three builders.
const chain = `
	2023-07-04 + /bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / 
	2023-07-04 /bin/sh -c #(nop)  LABEL org.opencontainers.image.ref.name=example.org/base/debian org.opencontainers.image.version=bookworm
	2023-07-04 /bin/sh -c #(nop)  CMD ["bash"]
	2024-07-23 /bin/sh -c #(nop)  LABEL org.opencontainers.image.title=toolchain org.opencontainers.image.base.name=example.org/base/debian:bookworm
	2024-07-23 /bin/sh -c #(nop)  ENV LANG=C.UTF-8 TOOLCHAIN_HOME=/opt/tool chain
	2024-07-23 + /bin/sh -c apt-get update && apt-get install -y --no-install-recommends git procps
	2024-07-23 + |1 GCC_MAJOR=12 /bin/sh -c apt-get install -y gcc-${GCC_MAJOR}
	2024-07-23 /bin/sh -c #(nop)  CMD ["bash" "-l"]
	2025-08-19 LABEL org.opencontainers.image.title=node org.opencontainers.image.base.name=example.org/build/toolchain:12 ## buildkit.dockerfile.v0
	2025-08-19 ARG NODE_MAJOR=18 ## buildkit.dockerfile.v0
	2025-08-19 + RUN |1 NODE_MAJOR=18 /bin/sh -c apt-get update && apt-get upgrade -y # buildkit ## buildkit.dockerfile.v0
	2025-08-19 + WORKDIR /srv ## buildkit.dockerfile.v0
	2025-08-19 CMD ["node"] ## buildkit.dockerfile.v0
	2026-09-30 /bin/sh -c #(nop) LABEL org.opencontainers.image.title="api" org.opencontainers.image.version="2.4.1" ## FROM example.org/runtime/node:18
	2026-09-30 + /bin/sh -c npm ci --omit=dev
	2026-09-30 /bin/sh -c #(nop) USER app
	2026-09-30 /bin/sh -c #(nop) CMD ["node", "server.js"]`

func TestChainOfThreeBuilders(t *testing.T) {
	c := image(t, chain)
	// What the last Dockerfile did not set is inherited.
	c.Config.Labels = map[string]string{
		"org.opencontainers.image.ref.name":  "example.org/base/debian",
		"org.opencontainers.image.base.name": "example.org/build/toolchain:12",
		"org.opencontainers.image.title":     "api",
		"org.opencontainers.image.version":   "2.4.1",
	}
	l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{
		Reference: "example.org/shop/api:2.4.1",
		Files:     map[int]ancestry.Files{0: {"etc/os-release": []byte("ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n")}},
	}})
	require.NoError(t, err)
	require.Empty(t, l.Problems)
	assert.Equal(t, []string{
		"example.org/shop/api:2.4.1 13-17", "example.org/runtime/node:18 8-13",
		"example.org/build/toolchain:12 3-8", "example.org/base/debian:bookworm 0-3",
	}, outline(l))
	var grades []string
	for _, a := range l.Ancestors {
		grades = append(grades, fmt.Sprint(a.Confidence, " ", a.Boundary, " ", a.Layers, " ", a.Created.Format(time.DateOnly)))
		assert.Empty(t, a.Against, "%s", a)
	}
	assert.Equal(t, []string{
		"recorded recorded {5 6} 2026-09-30", "recorded inferred {3 5} 2025-08-19",
		"inferred inferred {1 3} 2024-07-23", "recorded proved {0 1} 2023-07-04",
	}, grades)
	assert.Equal(t, "bookworm", l.Ancestors[3].Distro.Codename)
}

func TestNoHistory(t *testing.T) {
	l, err := ancestry.Resolve(t.Context(), image(t, ""), &ancestry.Options{Hints: ancestry.Hints{Reference: "acme/app:1"}})
	require.NoError(t, err)
	require.Empty(t, l.Problems)
	assert.Equal(t, []string{"acme/app:1 0-0"}, outline(l))
}

func TestNothingSaysWhatItIs(t *testing.T) {
	c := image(t, `
		2023-07-04 + /bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / 
		2023-07-04 /bin/sh -c #(nop)  CMD ["bash"]
		2024-07-23 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0`)
	l, err := ancestry.Resolve(t.Context(), c, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown 2-3", "unknown 0-2"}, outline(l))

	c = image(t, "")
	l, err = ancestry.Resolve(t.Context(), c, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown 0-0"}, outline(l))
}

func TestReference(t *testing.T) {
	const digest = "sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
	known, _ := v1.NewHash(digest)
	for ref, want := range map[string]string{
		"python:3.8":                            "python:3.8 recorded",
		"docker:24":                             "docker:24 recorded",
		"registry:2":                            "registry:2 recorded",
		"docker:python:3.8":                     "python:3.8 recorded",
		"docker:sha256:" + digest[7:]:           "unknown unknown",
		"docker.io/library/python:3.8":          "python:3.8 recorded",
		"registry:localhost:5000/a/b:1":         "localhost:5000/a/b:1 recorded",
		"a/b@" + digest:                         "a/b@" + digest + " proved",
		"a/b:1@" + digest:                       "a/b:1 proved",
		"a/b@sha256:" + strings.Repeat("0", 64): "a/b recorded",
		"./python.tar":                          "unknown unknown",
		"python.tar":                            "unknown unknown",
		"oci:python:3.8":                        "unknown unknown",
		"/tmp/x":                                "unknown unknown",
		"":                                      "unknown unknown",
	} {
		c := image(t, `2024-07-23 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0`)
		l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{Reference: ref, Digest: known}})
		require.NoError(t, err)
		a := l.Ancestors[0]
		assert.Equal(t, want, fmt.Sprint(a, " ", a.Confidence), ref)
	}
}

type broken struct{ err error }

func (b broken) ConfigFile() (*v1.ConfigFile, error) { return nil, b.err }

func (b broken) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) {
	return []ancestry.Claim{claim(0, 1, "a:1", ancestry.Recorded, ancestry.KindLabel)}, b.err
}

type panicking struct{}

func (panicking) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) { panic("a bug") }

func TestErrors(t *testing.T) {
	oops := errors.New("oops")
	_, err := ancestry.Resolve(t.Context(), broken{oops}, nil)
	require.ErrorIs(t, err, oops)
	_, err = ancestry.Resolve(t.Context(), broken{}, nil)
	require.Error(t, err)

	l, err := ancestry.Resolve(t.Context(), image(t, "2024-05-05 + make"), &ancestry.Options{Catalogues: []ancestry.Source{broken{oops}}})
	require.NoError(t, err)
	require.Len(t, l.Problems, 1)
	require.ErrorIs(t, l.Problems[0], oops)
	assert.Equal(t, []string{"a:1 0-1"}, outline(l), "the claims beside the error count")

	l, err = ancestry.Resolve(t.Context(), image(t, "2024-05-05 + make"), &ancestry.Options{Catalogues: []ancestry.Source{panicking{}, broken{}}})
	require.NoError(t, err)
	require.Len(t, l.Problems, 1)
	assert.Regexp(t, `source 0: panic: a bug, in \S+panicking\.Claims \(resolve_test\.go:\d+\)$`, l.Problems[0].Error())
	assert.Equal(t, []string{"a:1 0-1"}, outline(l), "the claims of other sources count")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ancestry.Resolve(ctx, image(t, "2024-05-05 + make"), nil)
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzResolve(f *testing.F) {
	f.Add(strings.ReplaceAll(chain, "\t", ""), "org.opencontainers.image.base.name", "debian:12", "ID=debian\n")
	f.Add("+ umoci raw add-layer\numoci config --config.label a=b --config.label org.opencontainers.image.title=ubuntu", "a", "b", "")
	f.Add("+ \n## FROM x:y\n+ ARG LAUNCHPAD_BUILD_ARCH", "io.buildpacks.lifecycle.metadata", `{"runImage":{"topLayer":"sha256:0"}}`, "")
	f.Fuzz(func(t *testing.T, text, key, value, osRelease string) {
		c := &config{}
		for line := range strings.Lines(text) {
			by, layer := strings.CutPrefix(line, "+ ")
			by, comment, _ := strings.Cut(strings.TrimSuffix(by, "\n"), "## ")
			c.History = append(c.History, v1.History{CreatedBy: by, Comment: comment, EmptyLayer: !layer})
			if layer {
				c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, hash(line))
			}
		}
		c.Config.Labels = map[string]string{key: value}
		l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{
			Reference: value, Annotations: map[string]string{key: value}, Files: map[int]ancestry.Files{0: {"etc/os-release": []byte(osRelease)}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		invariants(t, l, len(c.RootFS.DiffIDs))
	})
}

func BenchmarkResolve(b *testing.B) {
	c := &config{}
	for line := range strings.Lines(chain) {
		by, layer := strings.CutPrefix(strings.TrimSpace(line), "+ ")
		c.History = append(c.History, v1.History{CreatedBy: by, EmptyLayer: !layer})
	}
	for b.Loop() {
		if _, err := ancestry.Resolve(b.Context(), c, nil); err != nil {
			b.Fatal(err)
		}
	}
}
