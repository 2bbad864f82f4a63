package catalogue_test

import (
	"fmt"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// slimExcludes is what debuerreotype writes into a slim root's dpkg configuration.
const slimExcludes = "# This configuration file was automatically added\npath-exclude /usr/share/man/*\npath-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n"

// application is somebody's Dockerfile on a base: root entries with their day, and a
// month later what everybody does.
func application(t *testing.T, rootDay string, root ...v1.History) *v1.ConfigFile {
	t.Helper()
	day, err := time.Parse(time.DateOnly, rootDay)
	require.NoError(t, err)
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64"}
	add := func(h v1.History, at time.Time) {
		h.Created = v1.Time{Time: at}
		cfg.History = append(cfg.History, h)
		if !h.EmptyLayer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", len(cfg.History))})
		}
	}
	for _, h := range root {
		add(h, day)
	}
	for _, text := range []string{"WORKDIR /srv", "COPY requirements.txt . # buildkit", "RUN /bin/sh -c ./install.sh --prefix /srv/shop # buildkit", "COPY . . # buildkit"} {
		add(v1.History{CreatedBy: text, Comment: "buildkit.dockerfile.v0"}, day.AddDate(0, 1, 0))
	}
	add(v1.History{CreatedBy: `CMD ["./serve"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true}, day.AddDate(0, 1, 0))
	return cfg
}

// TestApplications: an application on each of the usual bases is told what it stands
// on, or what can't be told apart.
func TestApplications(t *testing.T) {
	debian := func(suite, at string) v1.History {
		return v1.History{CreatedBy: "# debian.sh --arch 'amd64' out/ '" + suite + "' '@" + at + "'", Comment: "debuerreotype 0.16"}
	}
	empty := func(by string) v1.History { return v1.History{CreatedBy: by, EmptyLayer: true} }
	trixie := map[string]string{"etc/os-release": "ID=debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n"}
	with := func(files map[string]string, more ...string) ancestry.Files {
		out := ancestry.Files{}
		for k, v := range files {
			out[k] = []byte(v)
		}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = []byte(more[i+1])
		}
		return out
	}
	for name, test := range map[string]struct {
		day   string
		root  []v1.History
		files ancestry.Files
		want  string
		ties  []string
	}{
		"debian trixie":           {"2026-07-13", []v1.History{debian("trixie", "1783900800")}, with(trixie, "usr/share/man/", "", "usr/share/doc/", ""), "debian:trixie-20260713", nil},
		"debian trixie-slim":      {"2026-07-13", []v1.History{debian("trixie", "1783900800")}, with(trixie, "etc/dpkg/dpkg.cfg.d/docker", slimExcludes), "debian:trixie-20260713-slim", nil},
		"debian, full or slim":    {"2026-07-13", []v1.History{debian("trixie", "1783900800")}, with(trixie), "debian", []string{"debian:trixie-20260713", "debian:trixie-20260713-slim"}},
		"debian, layers not read": {"2026-07-13", []v1.History{debian("trixie", "1783900800")}, nil, "debian", []string{"debian:trixie-20260713", "debian:trixie-20260713-slim"}},
		"debian bookworm-slim": {"2024-12-02", []v1.History{debian("bookworm", "1733097600")},
			with(map[string]string{"etc/os-release": "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"}, "etc/dpkg/dpkg.cfg.d/docker", slimExcludes), "debian:bookworm-20241202-slim", nil},
		"alpine": {"2024-09-06", []v1.History{{CreatedBy: "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit", Comment: "buildkit.dockerfile.v0"}, empty(`CMD ["/bin/sh"]`)},
			with(map[string]string{"etc/os-release": "ID=alpine\nVERSION_ID=3.20.3\n", "etc/alpine-release": "3.20.3\n"}), "alpine:3.20.3", nil},
		"ubuntu": {"2026-08-10", []v1.History{
			empty("/bin/sh -c #(nop)  ARG RELEASE"), empty("/bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH"), empty("/bin/sh -c #(nop)  LABEL org.opencontainers.image.version=24.04"),
			{CreatedBy: "/bin/sh -c #(nop) ADD file:cb9335ce6f27399c2b17787739d6675502767c53e0335ded2a5f0d003d996650 in / "}, empty(`/bin/sh -c #(nop)  CMD ["/bin/bash"]`),
		}, with(map[string]string{"etc/os-release": "ID=ubuntu\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n"}, "usr/share/doc/", ""), "ubuntu:noble-20260810", nil},
		// Wolfi's image is one of Chainguard's, and nothing in it says which.
		"wolfi": {"2026-07-01", []v1.History{{CreatedBy: "apko", Comment: "This is an apko single-layer image"}},
			with(map[string]string{"etc/os-release": "ID=wolfi\nNAME=\"Wolfi\"\nPRETTY_NAME=\"Wolfi\"\nVERSION_ID=\"20230201\"\n"}), "unknown", nil},
		"ubi-minimal": {"2026-06-01", []v1.History{
			empty("/bin/sh -c #(nop) LABEL maintainer=\"Red Hat, Inc.\""),
			empty("/bin/sh -c #(nop) LABEL com.redhat.component=\"ubi9-minimal-container\" name=\"ubi9-minimal\" version=\"9.5\""),
			{CreatedBy: "/bin/sh -c #(nop) ADD dir:1f2e3d in / "}, empty("/bin/sh -c #(nop) CMD [\"/bin/bash\"]"),
			empty("/bin/sh -c #(nop) LABEL \"release\"=\"1736404155\" \"vendor\"=\"Red Hat, Inc.\" \"build-date\"=\"2026-06-01T00:00:00\" \"vcs-ref\"=\"0123abcd\""),
		}, with(map[string]string{"etc/os-release": "ID=\"rhel\"\nVERSION_ID=\"9.5\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.5 (Plow)\"\n"}), "registry.access.redhat.com/ubi9-minimal:9.5-1736404155", nil},
		"distroless": {"1970-01-01", []v1.History{{CreatedBy: "bazel build ..."}},
			with(map[string]string{"etc/os-release": "ID=\"debian\"\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Distroless\"\n"}), "gcr.io/distroless/static", nil},
	} {
		t.Run(name, func(t *testing.T) {
			hints := ancestry.Hints{}
			if test.files != nil {
				hints.Files = map[int]ancestry.Files{0: test.files}
			}
			got := resolve(t, application(t, test.day, test.root...), hints)
			require.NotEmpty(t, got)
			root := got[len(got)-1]
			assert.Equal(t, test.want, root.String(), "%v", root.Evidence)
			var ties []string
			for _, n := range root.Ties {
				ties = append(ties, n.String())
			}
			assert.ElementsMatch(t, test.ties, ties)
		})
	}
}
