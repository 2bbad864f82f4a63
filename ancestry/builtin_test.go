package ancestry_test

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

func TestDistroOfTheRoot(t *testing.T) {
	const (
		alpine = "ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME=\"Alpine Linux v3.19\"\n"
		ubi    = "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n"
		sid    = "ID=debian\nVERSION_CODENAME=forky\nPRETTY_NAME=\"Debian GNU/Linux forky/sid\"\n"
		stream = "ID=centos\nVERSION_ID=9\nPRETTY_NAME=\"CentOS Stream 9\"\n"
		edge   = "ID=alpine\nVERSION_ID=3.24.0_alpha20260127\nPRETTY_NAME=\"Alpine Linux edge\"\n"
		arch   = "ID=arch\nVERSION_ID=20240101.0.204074\n"
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
		"testing or sid":                     {image: root, osRelease: sid, want: "debian 0-2", distro: "debian"},
		"centos stream":                      {image: root, osRelease: stream, want: "quay.io/centos/centos 0-2", distro: "centos"},
		"alpine edge":                        {image: root, osRelease: edge, want: "alpine:edge 0-2", distro: "alpine"},
		"arch":                               {image: root, osRelease: arch, want: "archlinux 0-2", distro: "arch"},
		"apko":                               {image: "2024-01-27 + apko\n2024-01-28 + COPY a / # buildkit ## buildkit.dockerfile.v0", osRelease: alpine, want: "unknown 0-1", distro: "alpine"},
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
			l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{Files: map[int]ancestry.Files{0: {"etc/os-release": []byte(test.osRelease)}}}})
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
		l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: ancestry.Hints{Files: map[int]ancestry.Files{0: {"etc/os-release": []byte(alpine)}}}})
		require.NoError(t, err)
		assert.Equal(t, []string{"unknown 1-2", "alpine:3.19.1 0-1"}, outline(l))
		assert.Equal(t, ancestry.Inferred, l.Ancestors[1].Confidence)
	})
}

// graded is outline with the confidence of each name.
func graded(l *ancestry.Lineage) []string {
	got := outline(l)
	for i, a := range l.Ancestors {
		got[i] += " " + a.Confidence.String()
	}
	return got
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
		"red hat, and jib on top":                           {"2026-01-01 + \n2026-01-02 + jib-maven-plugin:3.4.0 ## classes", redHat, []string{"unknown 1-2 unknown", "unknown 0-1 unknown"}},
		"not red hat":                                       {"2026-01-01 + /bin/sh", map[string]string{"name": "ubi9", "com.redhat.component": "x", "vendor": "ACME"}, []string{"unknown 0-1 unknown"}},
		"chainguard":                                        {"2026-01-01 + apko" + child, wolfi, []string{"unknown 1-2 unknown", "cgr.dev/chainguard/python 0-1 inferred"}},
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
			assert.Equal(t, test.want, graded(l))
		})
	}
}

// TestLabelsOfAParent has parents whose end leaves no trace.
func TestLabelsOfAParent(t *testing.T) {
	const root = "2024-12-03 + # debian.sh --arch 'amd64' out/ 'bookworm' '@1733184000'\n"
	const run = "2024-12-04 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0\n"
	label := func(s string) string { return "2024-12-04 LABEL " + s + " ## buildkit.dockerfile.v0\n" }
	const base = "org.opencontainers.image.base.name"
	for name, test := range map[string]struct {
		image, reference, base string
		want                   []string
	}{
		"its name is not the child's": {
			root + label("org.opencontainers.image.ref.name=acme/base org.opencontainers.image.version=1") + run + label("org.opencontainers.image.version=2") + run,
			"shop/api:2", "", []string{"shop/api:2 1-5 recorded", "debian:bookworm-20241203 0-1 inferred"},
		},
		"its name, and no reference": {
			root + label("org.opencontainers.image.ref.name=acme/base org.opencontainers.image.version=1") + run + label("org.opencontainers.image.version=2") + run,
			"", "", []string{"acme/base:1 1-5 inferred", "debian:bookworm-20241203 0-1 inferred"},
		},
		"its base name is of the root": {
			root + label(base+"=debian:bookworm") + run + label(base+"=acme/gcc:12") + run,
			"", "", []string{"unknown 1-5 unknown", "debian:bookworm 0-1 inferred"},
		},
		"it is not the root": {
			root + run + run, "", "buildpack-deps:bookworm", []string{"unknown 1-3 unknown", "debian:bookworm-20241203 0-1 inferred"},
		},
		"a copy of the root": {
			root + run + run, "", "acme/debian:1", []string{"unknown 1-3 unknown", "acme/debian:1 0-1 inferred"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := ancestry.Hints{Reference: test.reference}
			if test.base != "" {
				h.Annotations = map[string]string{base: test.base}
			}
			l, err := ancestry.Resolve(t.Context(), image(t, test.image), &ancestry.Options{Hints: h})
			require.NoError(t, err)
			assert.Equal(t, test.want, graded(l))
		})
	}
}

// TestStoredNames has names that begin like the scheme of a place.
func TestStoredNames(t *testing.T) {
	for _, tag := range []string{"docker:24-dind", "registry:2"} {
		l, err := ancestry.Resolve(t.Context(), image(t, "2024-05-05 + make"), &ancestry.Options{Hints: ancestry.Hints{Tags: []string{tag}}})
		require.NoError(t, err)
		assert.Equal(t, tag, l.Ancestors[0].String())
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

// TestHabits finds boundaries where nothing is known of the images.
func TestHabits(t *testing.T) {
	const (
		root  = "2024-01-01 + ADD rootfs.tar / # buildkit ## buildkit.dockerfile.v0\n2024-01-01 CMD [\"sh\"] ## buildkit.dockerfile.v0\n"
		base  = "2024-01-02 + COPY a / # buildkit ## buildkit.dockerfile.v0\n2024-01-02 ENTRYPOINT [\"/a\"] ## buildkit.dockerfile.v0\n"
		layer = "2024-01-03 + COPY b / # buildkit ## buildkit.dockerfile.v0\n"
	)
	for name, test := range map[string]struct {
		image string
		known ancestry.Source // a catalogue
		want  []string
	}{
		"a CMD, and layers": {
			image: root + "2024-01-02 + COPY a / # buildkit ## buildkit.dockerfile.v0\n2024-01-02 CMD [\"a\"] ## buildkit.dockerfile.v0\n" + layer,
			want:  []string{"unknown 4-5", "unknown 2-4", "unknown 0-2"},
		},
		"a Dockerfile that begins with its CMD": {
			image: root + base + "2024-01-03 CMD [\"b\"] ## buildkit.dockerfile.v0\n2024-01-03 ENV A=1 ## buildkit.dockerfile.v0\n" + layer,
			known: said{claim(2, 4, "acme/base:1", ancestry.Recognised, ancestry.KindRecipe)},
			want:  []string{"unknown 4-7", "acme/base:1 2-4", "unknown 0-2"},
		},
		"an ENTRYPOINT, and another build": {
			image: root + base + "2024-01-03 ARG A ## buildkit.dockerfile.v0\n2024-01-03 USER root ## buildkit.dockerfile.v0\n" + layer, want: []string{"unknown 4-7", "unknown 2-4", "unknown 0-2"},
		},
		"an ENTRYPOINT, and a later step of the same": {
			image: root + base + "2024-01-03 LABEL revision=1 ## buildkit.dockerfile.v0\n" + layer, want: []string{"unknown 2-6", "unknown 0-2"},
		},
		"an ENTRYPOINT, and steps at once": {
			image: root + base + "2024-01-02 USER root ## buildkit.dockerfile.v0\n2024-01-02 + COPY b / # buildkit ## buildkit.dockerfile.v0\n", want: []string{"unknown 2-6", "unknown 0-2"},
		},
		"commits of Buildah's": {
			image: `2024-01-01 /bin/sh -c #(nop) COPY dir:58f1fd7370bf1be7d595081ce89267556404935630c8266504f6865623b28c9f in / 
				2024-01-01 /bin/sh -c #(nop) CMD ["/bin/bash"]
				2024-01-01 /bin/sh -c #(nop) COPY file:58cc94f5b3b2d60de2c77a6ed4b1797dcede502ccdb429a72e7a72d994235b3c in /x 
				2024-01-01 + /bin/sh -c #(nop) LABEL "a"="b"
				2024-01-02 /bin/sh -c #(nop) COPY file:1dcc94f5b3b2d60de2c77a6ed4b1797dcede502ccdb429a72e7a72d994235b3c in /y 
				2024-01-02 + /bin/sh -c #(nop) USER app`,
			want: []string{"unknown 4-6", "unknown 0-4"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			opts := &ancestry.Options{}
			if test.known != nil {
				opts.Catalogues = []ancestry.Source{test.known}
			}
			l, err := ancestry.Resolve(t.Context(), image(t, test.image), opts)
			require.NoError(t, err)
			assert.Equal(t, test.want, outline(l))
		})
	}
}
