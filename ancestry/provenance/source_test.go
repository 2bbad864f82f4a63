package provenance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// A configuration is an ancestry.ConfigFiler.
type configuration v1.ConfigFile

func (c *configuration) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

func configOf(t testing.TB, name string) *configuration {
	t.Helper()
	cfg, err := v1.ParseConfigFile(bytes.NewReader(read(t, name+".config")))
	require.NoError(t, err)
	return (*configuration)(cfg)
}

// documentOf is a document of BuildKit's, as its place has it.
func documentOf(t testing.TB, name string) Document {
	t.Helper()
	content := read(t, name)
	s, err := Parse(content)
	require.NoError(t, err)
	digest, _, err := v1.SHA256(bytes.NewReader(content))
	require.NoError(t, err)
	return Document{Content: content, Digest: digest, Subject: s.Subjects[0]}
}

// ofBase answers like the registry of the images: base is the image's own first two layers,
// and the others are not.
func ofBase(app *configuration, asked *[]string) func(context.Context, ancestry.Name, v1.Platform) (*v1.ConfigFile, error) {
	return func(_ context.Context, n ancestry.Name, p v1.Platform) (*v1.ConfigFile, error) {
		if p.Architecture != "amd64" || n.Digest.Hex == "" {
			return nil, errors.New("asked without platform or digest")
		}
		*asked = append(*asked, n.Repository[strings.LastIndexByte(n.Repository, '/')+1:])
		cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64", History: app.History[:5]}
		cfg.RootFS.DiffIDs = app.RootFS.DiffIDs[:2]
		if !strings.HasSuffix(n.Repository, "/base") {
			cfg.RootFS.DiffIDs = []v1.Hash{app.RootFS.DiffIDs[0], app.RootFS.DiffIDs[0]}
		}
		return cfg, nil
	}
}

func resolve(t testing.TB, cfg *configuration, hints ancestry.Hints, opts *Options, docs ...Document) *ancestry.Lineage {
	t.Helper()
	l, err := ancestry.Resolve(t.Context(), cfg, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{New(docs, opts)}})
	require.NoError(t, err)
	return l
}

func problems(l *ancestry.Lineage) string {
	var all []string
	for _, p := range l.Problems {
		all = append(all, p.Err.Error())
	}
	return strings.Join(all, "\n")
}

// With the graph, everything is told by the document alone.
func TestGraph(t *testing.T) {
	for _, version := range []string{"v1", "v0.2"} {
		t.Run(version, func(t *testing.T) {
			name := "buildkit/max-" + version
			l := resolve(t, configOf(t, name), ancestry.Hints{}, nil, documentOf(t, name))
			assert.Empty(t, problems(l))
			require.Len(t, l.Ancestors, 2)
			app, base := l.Ancestors[0], l.Ancestors[1]
			assert.True(t, strings.HasSuffix(base.Repository, "/acme/base"), base.String())
			assert.Equal(t, []string{"1"}, base.Tags)
			assert.NotZero(t, base.Digest)
			assert.Equal(t, ancestry.Recorded, base.Confidence)
			assert.Equal(t, ancestry.Recorded, app.Boundary)
			assert.Equal(t, ancestry.Span{From: 0, To: 5}, base.Steps) // its CMD too, and not the image's first ENV
			assert.Equal(t, ancestry.KindProvenance, base.Evidence[0].Kind)
			assert.Contains(t, base.Evidence[0].Says, "as BuildKit attests (not signed)")
			assert.Equal(t, base.String(), base.Evidence[0].Name) // the Dockerfile has no digest
			var origin []string
			for _, e := range app.Evidence {
				origin = append(origin, e.Says)
			}
			assert.Contains(t, strings.Join(origin, "\n"),
				"its steps are those of the Dockerfile of https://git.example.org/acme/app.git at 4b220de5058abfd01ff619c9d2ff6b09a049bea0")

			var donors []string
			for _, d := range l.Donors {
				donors = append(donors, fmt.Sprintf("%s %s %v %v %t", d.Name.Repository[strings.LastIndexByte(d.Name.Repository, '/')+1:], d.Stage, d.Steps, d.Paths, d.Indirect))
			}
			assert.ElementsMatch(t, []string{
				"tool build [7] [] false", "helper  [] [] true", "helper helper [8] [app/notes/] false",
				"donor  [9] [usr/local/bin/] false", "seen  [] [] true",
			}, donors)

			require.NotNil(t, l.Dockerfile)
			assert.Equal(t, "build/Dockerfile", l.Dockerfile.Path)
			assert.Equal(t, 13, l.Dockerfile.Base().First)
			assert.Equal(t, ancestry.Lines{First: 16, Last: 16, End: 36}, l.Dockerfile.Step(7))
		})
	}
}

// Without the graph, the images' layers are compared; those of tools are not asked for.
func TestPrefix(t *testing.T) {
	for _, version := range []string{"v1", "v0.2"} {
		t.Run(version, func(t *testing.T) {
			name := "buildkit/min-" + version
			app, doc := configOf(t, name), documentOf(t, name)
			var asked []string
			opts := &Options{Config: ofBase(app, &asked)}
			verified := ancestry.Hints{Verified: make([]bool, len(app.RootFS.DiffIDs))}
			for want, hints := range map[ancestry.Confidence]ancestry.Hints{ancestry.Recorded: {}, ancestry.Proved: verified} {
				for i := range hints.Verified {
					hints.Verified[i] = true
				}
				asked = nil
				l := resolve(t, app, hints, opts, doc)
				assert.Empty(t, problems(l))
				require.Len(t, l.Ancestors, 2)
				base := l.Ancestors[1]
				assert.True(t, strings.HasSuffix(base.String(), "/acme/base:1"), base.String())
				assert.Equal(t, ancestry.Recorded, base.Confidence, "the layers prove the digest, and not the tag")
				assert.Contains(t, base.Evidence[0].Says, fmt.Sprintf("its 2 layers are those of %s@%s, which the build used as %s, as BuildKit attests (not signed)", base.Repository, base.Digest, base))
				assert.Equal(t, want, l.Ancestors[0].Boundary)
				assert.Equal(t, ancestry.Span{From: 0, To: 5}, base.Steps)
				assert.Equal(t, []string{"base", "donor", "helper", "scanner", "seen", "tool"}, asked)
			}
			// Who signed vouches for the tag, too.
			signed := &Options{Config: opts.Config, Verify: func(context.Context, Document) (string, error) { return "ci@acme.example", nil }}
			l := resolve(t, app, ancestry.Hints{}, signed, doc)
			assert.Equal(t, ancestry.Recorded, l.Ancestors[1].Confidence, "the layers were not verified")
			l = resolve(t, app, verified, signed, doc)
			assert.Equal(t, ancestry.Proved, l.Ancestors[1].Confidence)
			// Nobody says which it is, and nothing is guessed.
			l = resolve(t, app, ancestry.Hints{}, nil, doc)
			for _, a := range l.Ancestors {
				assert.Empty(t, a.Repository)
			}
			// A registry that fails costs its own answer.
			failing := func(ctx context.Context, n ancestry.Name, p v1.Platform) (*v1.ConfigFile, error) {
				if strings.HasSuffix(n.Repository, "/tool") {
					return nil, errors.New("registry: fails with 500")
				}
				return opts.Config(ctx, n, p)
			}
			l = resolve(t, app, ancestry.Hints{}, &Options{Config: failing}, doc)
			assert.True(t, strings.HasSuffix(l.Ancestors[1].String(), "/acme/base:1"))
			assert.Contains(t, problems(l), "/acme/tool:2, which the build used: registry: fails with 500")
		})
	}
}

// Of images with the same layers, the one whose history the image has is the base.
func TestSameLayers(t *testing.T) {
	const name = "buildkit/min-v1"
	app := configOf(t, name)
	opts := &Options{Config: func(_ context.Context, n ancestry.Name, _ v1.Platform) (*v1.ConfigFile, error) {
		cfg := &v1.ConfigFile{History: slices.Clone(app.History[:5])}
		cfg.RootFS.DiffIDs = app.RootFS.DiffIDs[:2]
		if !strings.HasSuffix(n.Repository, "/base") {
			cfg.History[0].CreatedBy = "ARG WHICH=" + n.Repository
		}
		return cfg, nil
	}}
	l := resolve(t, app, ancestry.Hints{}, opts, documentOf(t, name))
	assert.True(t, strings.HasSuffix(l.Ancestors[1].String(), "/acme/base:1"))
	assert.Empty(t, l.Ancestors[1].Ties)
	assert.Len(t, l.Ancestors, 2)
}

// What a verifier verified is proved; what it refuses is not used.
func TestVerify(t *testing.T) {
	const name = "buildkit/max-v1"
	app, doc := configOf(t, name), documentOf(t, name)
	verify := func(signer string, err error) *Options {
		return &Options{Verify: func(_ context.Context, d Document) (string, error) {
			assert.Equal(t, doc, d)
			return signer, err
		}}
	}
	l := resolve(t, app, ancestry.Hints{}, verify("ci@acme.example", nil), doc)
	assert.Equal(t, ancestry.Proved, l.Ancestors[1].Confidence)
	assert.Contains(t, l.Ancestors[1].Evidence[0].Says, "signed by ci@acme.example")
	assert.Equal(t, ancestry.Proved, l.Donors[0].Confidence)

	l = resolve(t, app, ancestry.Hints{}, verify("", fmt.Errorf("the bundle: %w", ErrUnsigned)), doc)
	assert.Equal(t, ancestry.Recorded, l.Ancestors[1].Confidence)
	assert.Empty(t, problems(l))

	l = resolve(t, app, ancestry.Hints{}, verify("", errors.New("not by whom it should be")), doc)
	assert.Empty(t, l.Donors)
	for _, a := range l.Ancestors {
		assert.Empty(t, a.Repository)
	}
	assert.Contains(t, problems(l), doc.Digest.String()+": the signature: not by whom it should be")

	doc.Subject = v1.Hash{} // it may be anybody's
	l = resolve(t, app, ancestry.Hints{}, verify("ci@acme.example", nil), doc)
	assert.Equal(t, ancestry.Recorded, l.Ancestors[1].Confidence)
	assert.Contains(t, l.Ancestors[1].Evidence[0].Says, "not known to be of this image")
}

// A document about another image says nothing of this one, and neither does a broken one.
func TestOtherImages(t *testing.T) {
	const name = "buildkit/max-v1"
	app, doc := configOf(t, name), documentOf(t, name)
	nameless := func(l *ancestry.Lineage) {
		t.Helper()
		for _, a := range l.Ancestors {
			assert.Empty(t, a.Repository)
		}
		assert.Empty(t, l.Donors)
		assert.Nil(t, l.Dockerfile)
	}
	other := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}
	l := resolve(t, app, ancestry.Hints{Digest: other}, nil, Document{Content: doc.Content})
	nameless(l)
	assert.Contains(t, problems(l), "it is about another image, "+doc.Subject.String())

	// The same with a base whose layers the image does not have.
	var asked []string
	opts := &Options{Config: func(ctx context.Context, n ancestry.Name, p v1.Platform) (*v1.ConfigFile, error) {
		n.Repository += "-not"
		return ofBase(app, &asked)(ctx, n, p)
	}}
	l = resolve(t, app, ancestry.Hints{}, opts, doc)
	nameless(l)
	assert.Contains(t, problems(l), "whose layers are not those that the image begins with")

	// More layers than there are.
	long := bytes.ReplaceAll(doc.Content, []byte(`"step0:0":[[`), []byte(`"step0:0":[[{"digest":"sha256:`+strings.Repeat("0", 64)+`"}`+
		strings.Repeat(`,{"digest":"sha256:`+strings.Repeat("0", 64)+`"}`, 20)+`],[`))
	require.Greater(t, len(long), len(doc.Content))
	l = resolve(t, app, ancestry.Hints{}, nil, Document{Content: long})
	nameless(l)
	assert.Contains(t, problems(l), "the base has 21 layers, the image fewer")

	// What is beside a broken document counts, and an SBOM is none of them.
	l = resolve(t, app, ancestry.Hints{}, nil, Document{Content: []byte("{")}, Document{Content: []byte(`{"predicateType":"https://spdx.dev/Document"}`)}, doc)
	assert.NotEmpty(t, l.Ancestors[1].Repository)
	assert.Contains(t, problems(l), "provenance: unexpected EOF")
	assert.Len(t, l.Problems, 1)

	// An image without history has nothing that could be split.
	nameless(resolve(t, &configuration{}, ancestry.Hints{}, nil, doc))
}

// The only image is inferred to be the base where the image looks like one with a base, and
// is recorded where the document calls it that.
func TestOnlyImage(t *testing.T) {
	onRoot := &configuration{Architecture: "amd64", OS: "linux", History: []v1.History{
		{CreatedBy: "ADD alpine-minirootfs-3.17.0-x86_64.tar.gz / # buildkit", Comment: "buildkit.dockerfile.v0"},
		{CreatedBy: `CMD ["/bin/sh"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
		{CreatedBy: "RUN /bin/sh -c apk add curl # buildkit", Comment: "buildkit.dockerfile.v0"},
	}}
	onRoot.RootFS.DiffIDs = []v1.Hash{{Algorithm: "sha256", Hex: strings.Repeat("1", 64)}, {Algorithm: "sha256", Hex: strings.Repeat("2", 64)}}
	base := func(name string, cfg *configuration) ancestry.Ancestor {
		l := resolve(t, cfg, ancestry.Hints{}, nil, Document{Content: read(t, name)})
		return l.Ancestors[len(l.Ancestors)-1]
	}
	a := base("published/buildkit-v0.2-min", onRoot)
	assert.Equal(t, "alpine:latest", a.String())
	assert.Equal(t, ancestry.Inferred, a.Confidence)
	// By two tags it is still one.
	twice := regexp.MustCompile(`(?s)(\{\s*"uri": "pkg:docker/alpine)@latest([^}]*\}\s*\})`).ReplaceAll(read(t, "published/buildkit-v0.2-min"), []byte("$1@latest$2,$1@3.17$2"))
	require.Contains(t, string(twice), "alpine@3.17")
	l := resolve(t, onRoot, ancestry.Hints{}, nil, Document{Content: twice})
	assert.Equal(t, []string{"latest", "3.17"}, l.Ancestors[1].Tags)
	assert.Empty(t, l.Ancestors[1].Ties)
	onRoot.History[0].CreatedBy = "ADD rootfs.tar / # buildkit"
	a = base("published/tekton-v0.2", onRoot) // as sure as that the base ends where it seems to
	assert.Equal(t, ancestry.Inferred, a.Confidence)
	assert.Equal(t, "registry.access.redhat.com/ubi9/ubi-minimal:9.4", a.String())

	copied := &configuration{History: []v1.History{{CreatedBy: "COPY /app /app # buildkit", Comment: "buildkit.dockerfile.v0"}}}
	copied.RootFS.DiffIDs = onRoot.RootFS.DiffIDs[:1]
	assert.Empty(t, base("published/buildkit-v0.2-min", copied).Repository)
}

// The graph of a build from scratch: one ancestor, and the stage's image is a donor.
func TestScratch(t *testing.T) {
	cfg := &configuration{History: []v1.History{{CreatedBy: "COPY /out/app /usr/bin/app # buildkit", Comment: "buildkit.dockerfile.v0"}}}
	cfg.RootFS.DiffIDs = []v1.Hash{{Algorithm: "sha256", Hex: strings.Repeat("1", 64)}}
	l := resolve(t, cfg, ancestry.Hints{}, nil, Document{Content: read(t, "published/buildkit-v0.2-max")})
	assert.Empty(t, problems(l))
	require.Len(t, l.Ancestors, 1)
	require.Len(t, l.Donors, 1)
	assert.Equal(t, "golang:1.19.4-alpine", l.Donors[0].String())
	assert.Equal(t, []int{0}, l.Donors[0].Steps)
	assert.Contains(t, l.Donors[0].Evidence[0].Says, "copies from another stage, which stands on it: /out/app to /usr/bin/app")
}

// Whatever documents and images come together, claims are about steps that there are.
func FuzzClaims(f *testing.F) {
	for _, name := range []string{"buildkit/max-v1", "buildkit/max-v0.2", "buildkit/min-v1", "published/tekton-v1", "published/buildkit-v1-max"} {
		f.Add(read(f, name), uint8(12), uint8(2))
	}
	f.Fuzz(func(t *testing.T, content []byte, steps, every uint8) {
		cfg := &configuration{OS: "linux", Architecture: "amd64"}
		for i := range int(steps) % 40 {
			h := v1.History{CreatedBy: fmt.Sprintf("RUN %d # buildkit", i), Comment: "buildkit.dockerfile.v0", EmptyLayer: every == 0 || i%int(every) != 0}
			if cfg.History = append(cfg.History, h); !h.EmptyLayer {
				cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064d", i)})
			}
		}
		opts := &Options{Config: func(_ context.Context, n ancestry.Name, _ v1.Platform) (*v1.ConfigFile, error) {
			own := *cfg
			own.RootFS.DiffIDs = own.RootFS.DiffIDs[:min(len(own.RootFS.DiffIDs), len(n.Repository)%4)]
			return (*v1.ConfigFile)(&own), nil
		}}
		for _, o := range []*Options{nil, opts} {
			l := resolve(t, cfg, ancestry.Hints{}, o, Document{Content: content})
			for _, p := range l.Problems {
				if strings.Contains(p.Err.Error(), "claim ") || strings.Contains(p.Err.Error(), "donor: ") {
					t.Error(p.Err)
				}
			}
		}
	})
}

// Without the Dockerfile, the base's layers are known and not how many steps without layers
// follow them. Its name is as sure as before, and where it ends is inferred.
func TestWithoutDockerfile(t *testing.T) {
	const name = "buildkit/max-v1"
	content := regexp.MustCompile(`"data":"[^"]*"`).ReplaceAll(read(t, name), []byte(`"data":""`))
	app := configOf(t, name)
	base := func() (ancestry.Ancestor, *ancestry.Lineage) {
		t.Helper()
		l := resolve(t, app, ancestry.Hints{}, nil, Document{Content: content})
		assert.Empty(t, problems(l))
		assert.Nil(t, l.Dockerfile)
		assert.Len(t, l.Donors, 5) // of stages that BuildKit numbers
		assert.Equal(t, "step7", l.Donors[2].Stage)
		require.Len(t, l.Ancestors, 2)
		assert.Equal(t, ancestry.Inferred, l.Ancestors[0].Boundary)
		return l.Ancestors[1], l
	}
	a, _ := base()
	assert.True(t, strings.HasSuffix(a.String(), "/acme/base:1"), a.String())
	assert.Equal(t, ancestry.Recorded, a.Confidence)
	assert.Equal(t, ancestry.Span{From: 0, To: 5}, a.Steps) // up to its CMD

	app.History[4].CreatedBy = "ENV A=1" // without one, the time tells: the build began after it
	a, _ = base()
	assert.Equal(t, ancestry.Recorded, a.Confidence)
	assert.Equal(t, ancestry.Span{From: 0, To: 5}, a.Steps)
}

// Two tags of one digest are one image with two tags, and no tie.
func TestTwoTagsOfOneDigest(t *testing.T) {
	for _, version := range []string{"v1", "v0.2"} {
		t.Run(version, func(t *testing.T) {
			name := "buildkit/min-" + version
			app, doc := configOf(t, name), documentOf(t, name)
			uri := regexp.MustCompile(`\{"uri":"(pkg:docker/[^"]*/acme/base)@1([^}]*\})\}`)
			require.Regexp(t, uri, string(doc.Content))
			doc.Content = uri.ReplaceAll(doc.Content, []byte(`{"uri":"${1}@1$2},{"uri":"${1}@stable$2}`))
			var asked []string
			all := ancestry.Hints{Verified: make([]bool, len(app.RootFS.DiffIDs))}
			for i := range all.Verified {
				all.Verified[i] = true
			}
			for want, hints := range map[ancestry.Confidence]ancestry.Hints{ancestry.Recorded: {}, ancestry.Proved: all} {
				asked = nil
				l := resolve(t, app, hints, &Options{Config: ofBase(app, &asked)}, doc)
				assert.Empty(t, problems(l))
				base := l.Ancestors[1]
				assert.Empty(t, base.Ties)
				assert.Equal(t, []string{"1", "stable"}, base.Tags)
				assert.NotZero(t, base.Digest)
				assert.Equal(t, ancestry.Recorded, base.Confidence)
				assert.Equal(t, want, l.Ancestors[0].Boundary)
				assert.Equal(t, 1, strings.Count(strings.Join(asked, " "), "base"), "asked for once")
			}
		})
	}
}
