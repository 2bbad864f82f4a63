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
	"github.com/stemma-go/stemma/layers"
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
		OSRelease: map[int][]byte{0: []byte("ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n")},
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

func TestDistroOfTheRoot(t *testing.T) {
	const (
		alpine = "ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME=\"Alpine Linux v3.19\"\n"
		ubi    = "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n"
		less   = "ID=debian\nVERSION_ID=12\nPRETTY_NAME=Distroless\n"
	)
	root := `2024-01-27 + /bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / 
		2024-01-27 /bin/sh -c #(nop)  CMD ["/bin/sh"]
		`
	for name, test := range map[string]struct {
		image, osRelease, want, distro string
		entrypoint                     []string
	}{
		"alone":                              {image: root, osRelease: alpine, want: "alpine:3.19.1 0-2", distro: "alpine"},
		"with a child":                       {image: root + "2024-02-01 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0", osRelease: alpine, want: "alpine:3.19.1 0-2", distro: "alpine"},
		"several images of one distribution": {image: root, osRelease: ubi, want: "unknown 0-2", distro: "rhel"},
		"distroless":                         {image: root, osRelease: less, want: "unknown 0-2", distro: "debian"},
		"an application, squashed":           {image: root, osRelease: alpine, want: "unknown 0-2", distro: "alpine", entrypoint: []string{"/app"}},
		"a Dockerfile on an archive": {
			image: `2024-01-27 + /bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / 
				2024-01-27 + /bin/sh -c apk add bash
				2024-01-27 /bin/sh -c #(nop)  CMD ["/bin/sh"]`,
			osRelease: alpine, want: "unknown 0-3", distro: "alpine",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := image(t, test.image)
			c.Config.Entrypoint = test.entrypoint
			l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{OSRelease: map[int][]byte{0: []byte(test.osRelease)}}})
			require.NoError(t, err)
			got := outline(l)
			assert.Equal(t, test.want, got[len(got)-1])
			a := l.Ancestors[len(got)-1]
			assert.Equal(t, test.distro, a.Distro.ID)
			assert.LessOrEqual(t, a.Confidence, ancestry.Inferred)
		})
	}
	t.Run("no history", func(t *testing.T) {
		c := &config{}
		c.RootFS.DiffIDs = []v1.Hash{hash("a"), hash("b")}
		l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{OSRelease: map[int][]byte{0: []byte(alpine)}}})
		require.NoError(t, err)
		assert.Equal(t, []string{"unknown 1-2", "alpine:3.19.1 0-1"}, outline(l))
		assert.Equal(t, ancestry.Inferred, l.Ancestors[1].Confidence)
	})
}

func TestVendorsLabels(t *testing.T) {
	child := "\n2026-01-01 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0"
	redHat := map[string]string{"name": "ubi9/ubi-minimal", "version": "9.4", "release": "1227", "vendor": "Red Hat, Inc.", "com.redhat.component": "ubi9-minimal-container"}
	wolfi := map[string]string{"org.opencontainers.image.source": "https://github.com/chainguard-images/images/tree/main/images/python"}
	for name, test := range map[string]struct {
		image  string
		labels map[string]string
		want   []string
	}{
		"red hat":           {"2026-01-01 + /bin/sh", redHat, []string{"registry.access.redhat.com/ubi9/ubi-minimal:9.4-1227 0-1 recorded"}},
		"red hat inherited": {"2026-01-01 + /bin/sh" + child, redHat, []string{"unknown 1-2 unknown", "registry.access.redhat.com/ubi9/ubi-minimal:9.4-1227 0-1 inferred"}},
		"red hat, and a child whose beginning is not known": {"2026-01-01 + make" + child, redHat, []string{"unknown 0-2 unknown"}},
		"not red hat": {"2026-01-01 + /bin/sh", map[string]string{"name": "ubi9", "com.redhat.component": "x", "vendor": "ACME"}, []string{"unknown 0-1 unknown"}},
		"chainguard":  {"2026-01-01 + apko" + child, wolfi, []string{"unknown 1-2 unknown", "cgr.dev/chainguard/python 0-1 inferred"}},
		"bitnami": {
			"2026-01-01 + COPY rootfs / # buildkit ## buildkit.dockerfile.v0\n2026-01-01 LABEL org.opencontainers.image.base.name=docker.io/bitnami/minideb:bookworm" +
				" org.opencontainers.image.ref.name=16.2.0-debian-12-r1 org.opencontainers.image.title=postgresql org.opencontainers.image.vendor=VMware, Inc." +
				" org.opencontainers.image.version=16.2.0 ## buildkit.dockerfile.v0",
			nil, []string{"bitnami/postgresql:16.2.0-debian-12-r1 0-2 recorded"},
		},
		"a tag is no name": {
			"2026-01-01 + COPY a / # buildkit ## buildkit.dockerfile.v0\n2026-01-01 LABEL org.opencontainers.image.ref.name=22.04 ## buildkit.dockerfile.v0",
			nil, []string{"unknown 0-2 unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := image(t, test.image)
			c.Config.Labels = test.labels
			l, err := ancestry.Resolve(t.Context(), c, nil)
			require.NoError(t, err)
			var got []string
			for i, s := range outline(l) {
				got = append(got, s+" "+l.Ancestors[i].Confidence.String())
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestBuildpacks(t *testing.T) {
	c := &config{}
	for i := range 4 {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, hash(fmt.Sprint(i)))
		c.History = append(c.History, v1.History{})
	}
	set := func(s string) { c.Config.Labels = map[string]string{"io.buildpacks.lifecycle.metadata": s} }
	set(fmt.Sprintf(`{"runImage":{"topLayer":%q,"reference":"index.docker.io/paketobuildpacks/run@%s"},"stack":{"runImage":{"image":"paketobuildpacks/run:base-cnb"}}}`,
		hash("1"), hash("manifest")))
	l, err := ancestry.Resolve(t.Context(), c, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown 2-4", "paketobuildpacks/run:base-cnb 0-2"}, outline(l))
	assert.Equal(t, ancestry.Recorded, l.Ancestors[1].Confidence)
	assert.Equal(t, hash("manifest"), l.Ancestors[1].Digest)

	for _, hostile := range []string{
		"{", "[]", `{"runImage":1}`, `{"runImage":{"topLayer":"sha256:zz"}}`, strings.Repeat(`{"a":`, 100_000),
		`{"runImage":{"topLayer":"` + hash("9").String() + `"}}`, strings.Repeat(" ", 5<<20), "\x00\xff",
	} {
		set(hostile)
		l, err := ancestry.Resolve(t.Context(), c, nil)
		require.NoError(t, err)
		assert.Len(t, l.Ancestors, 1)
	}
}

// said is a source that says what the test wants.
type said []ancestry.Claim

func (s said) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) { return s, nil }

func claim(start, end int, name string, c ancestry.Confidence, kind ancestry.Kind) ancestry.Claim {
	n, _ := ancestry.ParseName(name)
	return ancestry.Claim{Start: start, End: end, Name: n, Evidence: ancestry.Evidence{Kind: kind, Confidence: c, Says: "it is " + name}}
}

func TestWeighing(t *testing.T) {
	const recipe, digest, resembles = ancestry.KindRecipe, ancestry.KindDigest, ancestry.KindResembles
	none := layers.None
	six := strings.Repeat("2024-05-05 + make\n", 6)
	from := func(c ancestry.Claim, parent string) ancestry.Claim {
		c.Parent, _ = ancestry.ParseName(parent)
		return c
	}
	for name, test := range map[string]struct {
		sources  []ancestry.Source
		want     []string
		against  int // pieces of evidence, of all ancestors
		ties     []string
		verified bool
	}{
		"the stronger wins": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe)}, said{claim(0, 6, "b:1", ancestry.Recorded, "label")}},
			want:    []string{"b:1 0-6 recorded"}, against: 1,
		},
		"the earlier of two equals wins": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recorded, "label")}, said{claim(0, 6, "b:1", ancestry.Recorded, "label")}},
			want:    []string{"a:1 0-6 recorded"}, against: 1,
		},
		"one source, two names: a tie": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe), claim(0, 6, "b:1", ancestry.Recognised, recipe)}},
			want:    []string{"a:1 0-6 recognised"}, ties: []string{"b:1"},
		},
		"one source, two tags: only the repository is known": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe), claim(0, 6, "a:2", ancestry.Recognised, recipe)}},
			want:    []string{"a 0-6 recognised"}, ties: []string{"a:1", "a:2"},
		},
		"FROM decides a tie": {
			sources: []ancestry.Source{said{
				claim(0, 3, "a:1", ancestry.Recognised, recipe), claim(0, 3, "a:2", ancestry.Recognised, recipe),
				from(claim(3, 6, "b:1", ancestry.Recognised, recipe), "a:2"),
			}},
			want: []string{"b:1 3-6 recognised", "a:2 0-3 recognised"},
		},
		"tags of one digest belong together": {
			sources: []ancestry.Source{said{claim(none, 6, "a:1", ancestry.Recorded, digest), claim(none, 6, "a:1.2", ancestry.Recorded, digest)}},
			want:    []string{"a:1 0-6 recorded"},
		},
		"a digest that nobody verified is recorded": {
			sources: []ancestry.Source{said{claim(none, 6, "a:1", ancestry.Proved, digest)}},
			want:    []string{"a:1 0-6 recorded"},
		},
		"a verified digest proves": {
			sources: []ancestry.Source{said{claim(none, 6, "a:1", ancestry.Proved, digest)}},
			want:    []string{"a:1 0-6 proved"}, verified: true,
		},
		"a span keeps weaker boundaries out": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe)}, said{claim(none, 3, "", ancestry.Inferred, "heuristic"), claim(none, 4, "c:1", ancestry.Inferred, "step")}},
			want:    []string{"a:1 0-6 recognised"}, against: 1,
		},
		"a stronger boundary breaks a span": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Recognised, recipe)}, said{claim(none, 3, "", ancestry.Recorded, "builder")}},
			want:    []string{"unknown 3-6 unknown", "unknown 0-3 unknown"}, against: 1,
		},
		"the longer recipe is not its beginning": {
			sources: []ancestry.Source{said{claim(0, 4, "a:1", ancestry.Recognised, recipe), claim(0, 6, "a:2", ancestry.Recognised, recipe)}},
			want:    []string{"a:2 0-6 recognised"}, against: 1,
		},
		"a likeness names nothing": {
			sources: []ancestry.Source{said{claim(0, 6, "a:1", ancestry.Proved, resembles)}},
			want:    []string{"unknown 0-6 unknown"},
		},
		"FROM alone is an inference": {
			sources: []ancestry.Source{said{from(claim(3, 6, "b:1", ancestry.Recognised, recipe), "a:2")}},
			want:    []string{"b:1 3-6 recognised", "a:2 0-3 inferred"},
		},
		"a copy in somebody's Dockerfile": {
			sources: []ancestry.Source{said{claim(0, 1, "debian:12", ancestry.Inferred, "step"), from(claim(3, 6, "b:1", ancestry.Recognised, recipe), "debian:12")}},
			want:    []string{"unknown 1-6 unknown", "debian:12 0-1 inferred"},
		},
		"nonsense is a problem": {
			sources: []ancestry.Source{said{
				claim(4, 3, "a:1", ancestry.Recorded, "label"), claim(0, 7, "a:1", ancestry.Recorded, "label"), claim(-5, 2, "a:1", ancestry.Recorded, "label"),
				claim(0, 2, "a:1", ancestry.Unknown, "label"), claim(0, 2, "a:1", 9, "label"),
				{Start: none, End: 2, Name: ancestry.Name{Repository: "A B\x1b[31m"}, Evidence: ancestry.Evidence{Confidence: ancestry.Recorded}},
			}},
			want: []string{"unknown 0-6 unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			opts := &ancestry.Options{Catalogues: test.sources}
			if test.verified {
				opts.Hints.Verified = []bool{true, true, true, true, true, true}
			}
			l, err := ancestry.Resolve(t.Context(), image(t, six), opts)
			require.NoError(t, err)
			var got, ties []string
			against := 0
			for i, s := range outline(l) {
				a := l.Ancestors[i]
				got = append(got, s+" "+a.Confidence.String())
				against += len(a.Against)
				for _, tie := range a.Ties {
					ties = append(ties, tie.String())
				}
			}
			assert.Equal(t, test.want, got)
			assert.Equal(t, test.against, against)
			assert.Equal(t, test.ties, ties)
			if strings.HasPrefix(name, "nonsense") {
				assert.Len(t, l.Problems, 6)
			}
		})
	}
}

func TestWindow(t *testing.T) {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	c := claim(0, 1, "a:1", ancestry.Recognised, ancestry.KindRecipe)
	for _, test := range []struct{ from, to, want string }{
		{"2024-05-01", "2024-06-01", "a:1 0-1"},
		{"2024-05-06", "2024-06-01", "unknown 0-1"},
		{"2024-05-01", "2024-05-05", "unknown 0-1"}, // a second too late
		{"", "", "a:1 0-1"},
	} {
		c.From, c.To = day(test.from), day(test.to)
		img := image(t, "2024-05-05 + make")
		img.History[0].Created.Time = img.History[0].Created.Add(time.Second)
		l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Catalogues: []ancestry.Source{said{c}}})
		require.NoError(t, err)
		assert.Equal(t, []string{test.want}, outline(l), test)
		assert.Equal(t, test.want[0] == 'u', len(l.Ancestors[0].Against) == 1)
	}
}

type broken struct{ err error }

func (b broken) ConfigFile() (*v1.ConfigFile, error) { return nil, b.err }

func (b broken) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) {
	return []ancestry.Claim{claim(0, 1, "a:1", ancestry.Recorded, ancestry.KindLabel)}, b.err
}

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

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ancestry.Resolve(ctx, image(t, "2024-05-05 + make"), nil)
	require.ErrorIs(t, err, context.Canceled)
}

// TestRootAgainstBetterEvidence pits what a step says of the root against what
// others say.
func TestRootAgainstBetterEvidence(t *testing.T) {
	const text = `
		2026-07-13 + # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
		2026-07-14 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0`
	for base, want := range map[string]string{
		"debian:trixie-slim":          "debian:trixie-slim inferred 0",
		"debian:trixie-20260713-slim": "debian:trixie-20260713-slim inferred 0",
		"debian:stable-slim":          "debian:stable-slim inferred 0",
		"debian:13.6-slim":            "debian:13.6-slim inferred 0",
		"debian:bookworm":             "debian:bookworm inferred 1",
		"ubuntu:24.04":                "ubuntu:24.04 inferred 1",
		"acme/debian:1":               "acme/debian:1 inferred 0",
		"":                            "debian:trixie-20260713 inferred 0",
	} {
		l, err := ancestry.Resolve(t.Context(), image(t, text), &ancestry.Options{Hints: ancestry.Hints{
			Annotations: map[string]string{"org.opencontainers.image.base.name": base},
			OSRelease:   map[int][]byte{0: []byte("ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n")},
		}})
		require.NoError(t, err)
		a := l.Ancestors[1]
		against := 0
		for _, e := range a.Against {
			if e.Kind == ancestry.KindStep {
				against++
			}
		}
		assert.Equal(t, want, fmt.Sprint(a, " ", a.Confidence, " ", against), base)
		assert.Equal(t, ancestry.Distro{ID: "debian", VersionID: "13", Codename: "trixie"}, a.Distro)
	}
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
			Reference: value, Annotations: map[string]string{key: value}, OSRelease: map[int][]byte{0: []byte(osRelease)},
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
