package catalogue_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/history"
)

// asOf is the day of the catalogues that are made here, and of the images.
var asOf = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func catalogOf(t testing.TB, add func(*build.Builder)) *data.Catalogue {
	t.Helper()
	b := build.New(data.DayOf(asOf), "our base images")
	add(b)
	file, err := b.Encode()
	require.NoError(t, err)
	c, err := data.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	return c
}

// built is an image's configuration: entries with "!" before them made the layer of
// that content.
func built(steps ...string) *v1.ConfigFile {
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64"}
	for _, s := range steps {
		content, by, layer := strings.Cut(s, "!")
		if !layer {
			by = s
		}
		h := v1.History{Created: v1.Time{Time: asOf}, CreatedBy: by, EmptyLayer: !layer}
		if !strings.HasPrefix(by, "/bin/sh -c ") {
			h.Comment = "buildkit.dockerfile.v0"
		}
		cfg.History = append(cfg.History, h)
		if layer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", content)})
		}
	}
	return cfg
}

func image(t testing.TB, b *build.Builder, name string, cfg *v1.ConfigFile) {
	t.Helper()
	n, ok := ancestry.ParseName(name)
	require.True(t, ok)
	require.NoError(t, own.AddImage(b, own.Image{Repository: n.Repository, Tags: n.Tags, Config: cfg, Verified: true, To: data.Ongoing}))
}

// told is the chain of a configuration whose layers were read, oldest last.
func told(t testing.TB, cfg *v1.ConfigFile, sources ...ancestry.Source) []string {
	t.Helper()
	verified := make([]bool, len(cfg.RootFS.DiffIDs))
	for i := range verified {
		verified[i] = true
	}
	l, err := ancestry.Resolve(t.Context(), (*config)(cfg), &ancestry.Options{Hints: ancestry.Hints{Verified: verified}, Catalogues: sources})
	require.NoError(t, err)
	var out []string
	for _, a := range l.Ancestors {
		s := fmt.Sprintf("%d-%d %s %s", a.Steps.From, a.Steps.To, a, a.Confidence)
		for _, tie := range a.Ties {
			s += " | " + tie.String()
		}
		out = append(out, s)
	}
	return out
}

const (
	install = "RUN /bin/sh -c apk add --no-cache ca-certificates tzdata curl openssl libstdc++ && adduser -D -u 10001 app # buildkit"
	classic = "/bin/sh -c apk add --no-cache ca-certificates tzdata curl openssl libstdc++ && adduser -D -u 10001 app"
	rootfs  = "/bin/sh -c #(nop) ADD file:0000000000000000000000000000000000000000000000000000000000000001 in / "
)

func TestOwnImages(t *testing.T) {
	for name, tt := range map[string]struct {
		known map[string]*v1.ConfigFile
		image *v1.ConfigFile
		want  []string
	}{
		"two builds of one Dockerfile": {
			map[string]*v1.ConfigFile{"acme/base:1": built("one!" + install), "acme/base:2": built("two!" + install)},
			built("two!"+install, "app!COPY app /app # buildkit"),
			[]string{"1-2 unknown unknown", "0-1 acme/base:2 proved"},
		},
		"a parent of another builder": {
			map[string]*v1.ConfigFile{"acme/app:1": built("a!"+rootfs, "b!"+classic, "c!COPY app /app # buildkit")},
			built("x!"+rootfs, "y!"+classic),
			[]string{"0-2 unknown unknown"},
		},
		"another application of the same builder": {
			map[string]*v1.ConfigFile{"acme/shop:1": built("one!"+install, "lib!jib-maven-plugin:3.4.0", "app!jib-maven-plugin:3.4.0")},
			built("one!"+install, "others!jib-maven-plugin:3.4.0", "blog!jib-maven-plugin:3.4.0"),
			[]string{"1-3 unknown unknown", "0-1 unknown unknown"},
		},
		"an application of that builder": {
			map[string]*v1.ConfigFile{"acme/shop:1": built("one!"+install, "lib!jib-maven-plugin:3.4.0", "app!jib-maven-plugin:3.4.0")},
			built("one!"+install, "lib!jib-maven-plugin:3.4.0", "app!jib-maven-plugin:3.4.0"),
			[]string{"1-3 acme/shop:1 proved", "0-1 unknown unknown"},
		},
		"the same layers, another configuration": {
			map[string]*v1.ConfigFile{"acme/base:1": built("one!"+install, "ENV A=1"), "acme/base:1-debug": built("one!"+install, "ENV A=1", "ENV DEBUG=1")},
			built("one!"+install, "ENV A=1", "app!COPY app /app # buildkit"),
			[]string{"2-3 unknown unknown", "0-2 acme/base:1 proved"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := catalogOf(t, func(b *build.Builder) {
				for n, cfg := range tt.known {
					image(t, b, n, cfg)
				}
			})
			assert.Equal(t, tt.want, told(t, tt.image, catalogue.Of(c)))
		})
	}
}

func TestOwnDockerfiles(t *testing.T) {
	c := catalogOf(t, func(b *build.Builder) {
		require.NoError(t, own.AddDockerfiles(t.Context(), b, fstest.MapFS{
			"base/app/Dockerfile":     {Data: []byte("FROM alpine:3.20\nRUN apk add --no-cache ca-certificates tzdata curl openssl libstdc++ && adduser -D -u 10001 app\n")},
			"base/java/21/Dockerfile": {Data: []byte("FROM base/app:7.1\nRUN apk add --no-cache openjdk21-jre-headless fontconfig ttf-dejavu && java -version && mkdir /srv/app\n")},
		}, nil))
	})
	official := embedded(t).Parts()[0]
	img := built("root!ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit", `CMD ["/bin/sh"]`, "app!"+install,
		"java!RUN /bin/sh -c apk add --no-cache openjdk21-jre-headless fontconfig ttf-dejavu && java -version && mkdir /srv/app # buildkit")
	for i := range 2 {
		img.History[i].Created.Time = time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC)
	}
	assert.Equal(t, []string{"3-4 base/java:21 recognised", "2-3 base/app:7.1 recognised", "0-2 alpine:3.20.3 recognised"}, told(t, img, catalogue.Of(c, official)))
}

// TestCorruptCatalogue: whatever a byte is, it costs no more than what it says, once.
func TestCorruptCatalogue(t *testing.T) {
	shop := built("one!"+install, "ENV A=1", "app!COPY app /app # buildkit")
	b := build.New(data.DayOf(asOf), "our images")
	image(t, b, "acme/base:1", built("one!"+install, "ENV A=1"))
	image(t, b, "acme/shop:1", shop)
	file, err := b.Encode()
	require.NoError(t, err)
	steps, _ := history.Steps(shop)
	lost := 0
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x55
		c, err := data.Open(bytes.NewReader(bad), int64(len(bad)))
		if err != nil {
			continue
		}
		claims, err := catalogue.Of(c).Claims(t.Context(), &ancestry.Query{Config: shop, Steps: steps})
		var names []string
		for _, c := range claims {
			names = append(names, c.Name.Repository)
			assert.True(t, c.End > 0 && c.End <= len(steps) && c.Start < c.End, "%v", c)
		}
		if _, broken := c.Repository("acme/shop"); broken != nil {
			if r, err := c.Repository("acme/base"); err != nil || r == nil {
				continue
			}
			lost++
			assert.Contains(t, names, "acme/base", i)
			assert.EqualError(t, err, "catalogue 0: "+broken.Error(), i)
		}
	}
	assert.NotZero(t, lost)
}

// An own image has its parents' history too: that it is known must not hide them.
func TestOwnImageOnOfficial(t *testing.T) {
	img := built("root!ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit", `CMD ["/bin/sh"]`, "app!"+install, "x!COPY app /app # buildkit")
	for i := range 2 {
		img.History[i].Created.Time = time.Date(2024, 10, 1, 0, 0, 0, 0, time.UTC)
	}
	base := *img
	base.History, base.RootFS.DiffIDs = img.History[:3], img.RootFS.DiffIDs[:2]
	c := catalogOf(t, func(b *build.Builder) { image(t, b, "acme/base:1", &base) })
	official := embedded(t).Parts()[0]
	want := []string{"3-4 unknown unknown", "2-3 acme/base:1 proved", "0-2 alpine:3.20.3 recognised"}
	assert.Equal(t, want, told(t, img, catalogue.Of(c, official)), "one source")
	assert.Equal(t, want, told(t, img, catalogue.Of(c), catalogue.Of(official)), "two sources")
}

// What only the other build of a Dockerfile was called is no name of this one.
func TestTagsOfTwins(t *testing.T) {
	c := catalogOf(t, func(b *build.Builder) {
		for build, tags := range map[string][]string{"one!": {"1.0.1", "1"}, "two!": {"1"}} {
			require.NoError(t, own.AddImage(b, own.Image{Repository: "acme/base", Tags: tags, Config: built(build + install), Verified: true, To: data.Ongoing}))
		}
	})
	for build, want := range map[string][]string{"one!": {"1.0.1", "1"}, "two!": {"1"}, "three!": {"1.0.1", "1"}} {
		l, err := ancestry.Resolve(t.Context(), (*config)(built(build+install, "app!COPY app /app # buildkit")), &ancestry.Options{Catalogues: []ancestry.Source{catalogue.Of(c)}})
		require.NoError(t, err)
		require.Len(t, l.Ancestors, 2)
		assert.Equal(t, want, l.Ancestors[1].Tags, build)
	}
}
