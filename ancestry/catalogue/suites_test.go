package catalogue_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/history"
)

// TestSaysWhere: the source of a catalogue is told as it is; a commit's first digits do.
func TestSaysWhere(t *testing.T) {
	shop := built("one!" + install)
	steps, _ := history.Steps(shop)
	for source, want := range map[string]string{
		"registry.example.com/base@sha256:12345678 registry.example.com/shop": "registry.example.com/base@sha256:12345678 registry.example.com/shop",
		"github.com/acme/images@0123456789abcdef0123456789abcdef01234567":     "github.com/acme/images@01234567",
		"our base images": "our base images",
	} {
		b := own.New(source, asOf)
		image(t, b, "acme/shop:1", shop)
		c, err := b.Catalogue()
		require.NoError(t, err)
		claims, err := c.Claims(t.Context(), &ancestry.Query{Config: shop, Steps: steps})
		require.NoError(t, err)
		require.NotEmpty(t, claims)
		assert.Equal(t, "catalogue of 2026-03-01, "+want, claims[0].Evidence.Where)
	}
}

// filled returns a catalogue of recipes with their days.
func filled(t testing.TB, add func(*build.Builder)) *data.Catalogue {
	t.Helper()
	b := build.New(data.DayOf(asOf), "our base images")
	add(b)
	file, err := b.Encode()
	require.NoError(t, err)
	c, err := data.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	return c
}

// TestTwoSuites: on the day on which a tag went from one suite to the next, an image
// that can be of either is of either.
func TestTwoSuites(t *testing.T) {
	day := data.DayOf(asOf)
	c := filled(t, func(b *build.Builder) {
		add := func(repo, path, text string, from, to data.Day, tags ...string) {
			f, err := dockerfile.Parse(strings.NewReader(text))
			require.NoError(t, err)
			r, err := f.Recipe(nil)
			require.NoError(t, err)
			b.Add(build.Addition{Repository: repo, Path: path, Digest: build.DigestRecipe(r), Tags: tags, From: from, To: to})
		}
		for i, suite := range []string{"bullseye", "bookworm"} {
			add("debian", suite, "FROM scratch\nADD rootfs.tar.xz /\nCMD [\"bash\"]\n", day-30, data.Ongoing, suite)
			text := "FROM debian:" + suite + "\nRUN " + strings.TrimPrefix(strings.TrimSuffix(install, " # buildkit"), "RUN /bin/sh -c ") + "\n"
			add("app", suite, text, day-30, data.Ongoing, "3-"+suite)
			add("app", suite, text, []data.Day{day - 30, day}[i], []data.Day{day, data.Ongoing}[i], "3")
		}
	})
	img := built("root!ADD rootfs.tar.xz / # buildkit", `CMD ["bash"]`, "app!"+install)
	assert.Equal(t, []string{"2-3 app recognised | app:3-bookworm | app:3-bullseye", "0-2 debian recognised | debian:bookworm | debian:bullseye"}, told(t, img, catalogue.Of(c)))
}

// TestNextDay: what was built long after a root got the tag of a day has another.
func TestNextDay(t *testing.T) {
	day := data.DayOf(asOf)
	c := filled(t, func(b *build.Builder) {
		f, err := dockerfile.Parse(strings.NewReader("FROM scratch\nADD acme-linux-10-default-x86_64.tar.xz /\nCMD [\"bash\"]\n"))
		require.NoError(t, err)
		r, err := f.Recipe(nil)
		require.NoError(t, err)
		b.Add(build.Addition{Repository: "acme", Path: "10", Digest: build.DigestRecipe(r), Tags: []string{"10-20260226", "10"}, From: day - 2, To: data.Ongoing})
	})
	img := built("root!ADD acme-linux-10-default-x86_64.tar.xz / # buildkit", `CMD ["bash"]`, "app!"+install)
	for after, want := range map[int]string{0: "acme:10-20260226", 60: "acme:10"} {
		for i := range img.History {
			img.History[i].Created.Time = asOf.AddDate(0, 0, after).Add(time.Duration(i) * time.Minute)
		}
		steps, _ := history.Steps(img)
		claims, err := catalogue.Of(c).Claims(t.Context(), &ancestry.Query{Config: img, Steps: steps})
		require.NoError(t, err)
		require.NotEmpty(t, claims)
		assert.Equal(t, want, claims[0].Name.String(), "%v", claims)
	}
}

// TestSuitesWithoutDay: of a history without days, none of the dated tags of two suites
// is the one.
func TestSuitesWithoutDay(t *testing.T) {
	c := filled(t, func(b *build.Builder) {
		f, err := dockerfile.Parse(strings.NewReader("FROM scratch\nADD acme-linux-10-default-x86_64.tar.xz /\nCMD [\"bash\"]\n"))
		require.NoError(t, err)
		r, err := f.Recipe(nil)
		require.NoError(t, err)
		b.Add(build.Addition{Repository: "acme", Path: "10", Digest: build.DigestRecipe(r), Tags: []string{"jammy-20250101", "jammy-20250201", "noble-20250301", "noble-20250401"}, To: data.Ongoing})
	})
	img := built("root!ADD acme-linux-10-default-x86_64.tar.xz / # buildkit", `CMD ["bash"]`, "app!"+install)
	for i := range img.History {
		img.History[i].Created.Time = time.Time{}
	}
	assert.Equal(t, []string{"2-3 unknown unknown", "0-2 unknown unknown"}, told(t, img, catalogue.Of(c)))
}

// TestEdge: Alpine's edge has the os-release of a release to come.
func TestEdge(t *testing.T) {
	img := built("root!ADD alpine-minirootfs-20260805-x86_64.tar.gz / # buildkit", `CMD ["/bin/sh"]`)
	for i := range img.History {
		img.History[i].Created.Time = time.Date(2026, 8, 6, 0, 0, 0, 0, time.UTC)
	}
	for version, want := range map[string]string{"3.25.0_alpha20260805": "alpine:20260805", "3.24.2": "alpine:3.24.2"} {
		got := resolve(t, img, ancestry.Hints{Files: map[int]ancestry.Files{0: {"etc/os-release": []byte("ID=alpine\nVERSION_ID=" + version + "\n")}}})
		require.Len(t, got, 1)
		assert.Equal(t, want, got[0].String())
	}
}

// TestOwnRoot: what its os-release says of its distribution does not speak against an
// organisation's own name.
func TestOwnRoot(t *testing.T) {
	c := catalogueOf(t, func(b *own.Builder) {
		text := "FROM scratch\n" + strings.Replace(strings.TrimSuffix(install, " # buildkit"), "/bin/sh -c ", "", 1) + "\n"
		require.NoError(t, b.AddDockerfiles(t.Context(), fstest.MapFS{"acme/base/1/Dockerfile": {Data: []byte(text)}}, nil))
	})
	img := built("one!"+install, "app!COPY app /app # buildkit")
	l, err := ancestry.Resolve(t.Context(), (*config)(img), &ancestry.Options{
		Hints: ancestry.Hints{Files: map[int]ancestry.Files{0: {"etc/os-release": osRelease("debian:bookworm")}}}, Catalogues: []ancestry.Source{c},
	})
	require.NoError(t, err)
	root := l.Ancestors[len(l.Ancestors)-1]
	assert.Equal(t, "acme/base:1 recognised", root.String()+" "+root.Confidence.String())
}
