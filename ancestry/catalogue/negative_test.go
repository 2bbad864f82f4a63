package catalogue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// history makes a configuration of instructions, all recorded on one day. Those of a
// classic builder begin with /bin/sh; all else is BuildKit's, but for Debian's own.
func historyOf(t *testing.T, day string, createdBy ...string) *config {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	require.NoError(t, err)
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64"}
	for i, by := range createdBy {
		e := v1.History{Created: v1.Time{Time: at.Add(time.Duration(i) * time.Second)}, CreatedBy: by}
		words := strings.Fields(strings.TrimPrefix(by, "/bin/sh -c "))
		keyword := words[0]
		if keyword == "#(nop)" {
			keyword = words[1]
		}
		switch keyword {
		case "ENV", "CMD", "ENTRYPOINT", "LABEL", "EXPOSE", "USER", "ARG", "STOPSIGNAL":
			e.EmptyLayer = true
		}
		if !strings.HasPrefix(by, "/bin/sh") && !strings.HasPrefix(by, "#") {
			e.Comment = "buildkit.dockerfile.v0"
		}
		cfg.History = append(cfg.History, e)
		if !e.EmptyLayer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i+1)})
		}
	}
	return (*config)(cfg)
}

// TestNotOfficial: images that are nobody's official image get no official name
// beyond the ancestors that they really have.
func TestNotOfficial(t *testing.T) {
	const (
		rootfs  = "/bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / "
		bash    = `/bin/sh -c #(nop)  CMD ["bash"]`
		trixie  = "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'"
		mini    = "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit"
		shell   = `CMD ["/bin/sh"]`
		python  = "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		install = "RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates netbase tzdata; rm -rf /var/lib/apt/lists/* # buildkit"
	)
	python311 := realHistory(t, "python_3.11.1")
	for name, tt := range map[string]struct {
		cfg  *config
		want []string // youngest first, with the tag where it is known
	}{
		"own on debian": {
			historyOf(t, "2026-07-14", trixie, "RUN /bin/sh -c apt-get update && apt-get install -y nginx # buildkit", "COPY site /var/www # buildkit", `CMD ["nginx" "-g" "daemon off;"]`),
			[]string{"unknown", "debian"},
		},
		"curl on alpine": {
			historyOf(t, "2024-10-01", mini, shell, "RUN /bin/sh -c apk add --no-cache curl # buildkit", `ENTRYPOINT ["curl"]`),
			[]string{"unknown", "alpine:3.20.3"},
		},
		"python's first steps on debian": {
			historyOf(t, "2026-07-14", trixie, python, install, "RUN /bin/sh -c pip install flask # buildkit", `CMD ["python3"]`),
			[]string{"unknown", "debian"},
		},
		"a root archive of one's own, long after Debian's": {
			historyOf(t, "2021-03-20", rootfs, bash, "/bin/sh -c apt-get install -y git"),
			[]string{"unknown", "unknown"},
		},
		"python's whole recipe on debian": {
			historyOf(t, "2023-01-23", append([]string{rootfs, bash}, python311[6:]...)...),
			[]string{"unknown", "unknown"},
		},
		"python's whole recipe on alpine": {
			historyOf(t, "2024-10-01", append([]string{mini, shell}, python311[6:]...)...),
			[]string{"unknown", "alpine:3.20.3"},
		},
		"python's recipe, years after it had a tag": {
			historyOf(t, "2025-06-01", python311...),
			[]string{"unknown"},
		},
		"an archive, and nothing known": {
			historyOf(t, "2024-05-05", "ADD rootfs.tar / # buildkit", "ENV APP=1", `CMD ["/app"]`),
			[]string{"unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ancestry.Resolve(t.Context(), tt.cfg, &ancestry.Options{Catalogues: []ancestry.Source{embedded(t)}})
			require.NoError(t, err)
			var got []string
			for _, a := range l.Ancestors {
				got = append(got, a.String())
			}
			// What has no name may be cut by habits, or not.
			for len(got) > len(tt.want) && got[0] == "unknown" && got[1] == "unknown" {
				got = got[1:]
			}
			assert.Equal(t, tt.want, got)
			for _, a := range l.Ancestors {
				t.Logf("%s [%d-%d) %s %v", a, a.Steps.From, a.Steps.To, a.Confidence, a.Evidence)
			}
		})
	}
}

// TestResembles: what is nearly a recipe, or is one in the wrong place, is said to
// resemble it, with the share that agrees.
func TestResembles(t *testing.T) {
	says := func(cfg *config) string {
		l, err := ancestry.Resolve(t.Context(), cfg, &ancestry.Options{Catalogues: []ancestry.Source{embedded(t)}})
		require.NoError(t, err)
		var all []string
		for _, a := range l.Ancestors {
			for _, e := range a.Evidence {
				if e.Kind == ancestry.KindResembles {
					assert.Equal(t, ancestry.Inferred, e.Confidence)
					all = append(all, e.Says)
				}
			}
		}
		return strings.Join(all, "\n")
	}
	python311 := realHistory(t, "python_3.11.1")

	copied := historyOf(t, "2023-01-23", append([]string{"ADD alpine-minirootfs-3.17.1-x86_64.tar.gz / # buildkit", `CMD ["/bin/sh"]`}, python311[6:]...)...)
	assert.Contains(t, says(copied), "resembles python:3.11.1-")
	assert.Contains(t, says(copied), "13 of 13 instructions (100 %), but it is built on buildpack-deps:")

	edited := realConfig(t, "python_3.11.1")
	edited.History[18].CreatedBy = `/bin/sh -c #(nop)  CMD ["python"]`
	assert.Contains(t, says((*config)(edited)), "resembles python:3.1")
	assert.Contains(t, says((*config)(edited)), "12 of 13 instructions (92 %)")
}

func realConfig(t testing.TB, file string) *v1.ConfigFile {
	t.Helper()
	cfg, err := realimages.Named(t, file).ConfigFile()
	require.NoError(t, err)
	return cfg
}

func realHistory(t *testing.T, file string) []string {
	t.Helper()
	var out []string
	for _, h := range realConfig(t, file).History {
		out = append(out, h.CreatedBy)
	}
	return out
}
