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
	"github.com/stemma-go/stemma/layers/history"
)

func resolve(t testing.TB, cfg *v1.ConfigFile, h ancestry.Hints) []ancestry.Ancestor {
	t.Helper()
	l, err := ancestry.Resolve(t.Context(), (*config)(cfg), &ancestry.Options{Hints: h, Catalogues: []ancestry.Source{embedded(t)}})
	require.NoError(t, err)
	return l.Ancestors
}

// TestUndated: where a reproducible build wrote no dates, the recipes still agree, and
// no tag of a day is guessed.
func TestUndated(t *testing.T) {
	cfg := realConfig(t, "python_3.11.1")
	for i := range cfg.History {
		cfg.History[i].Created.Time = time.Unix(0, 0)
	}
	got := resolve(t, cfg, ancestry.Hints{Files: map[int]ancestry.Files{0: {"etc/os-release": osRelease("debian:bullseye")}}})
	require.Len(t, got, 5)
	assert.Equal(t, "python", got[0].Repository)
	assert.Contains(t, got[0].Tags, "3.11.1-bullseye")
	assert.Equal(t, "debian", got[4].Repository)
	assert.Contains(t, got[4].Tags, "bullseye")
	for _, a := range got {
		for _, tag := range a.Tags {
			assert.NotContains(t, tag, "-20", a.Repository)
		}
	}
}

// TestSquashed: what has no history has no name but what its bytes say.
func TestSquashed(t *testing.T) {
	cfg := realConfig(t, "python_3.11.1")
	cfg.History = []v1.History{{Created: v1.Time{Time: time.Date(2023, 1, 24, 0, 0, 0, 0, time.UTC)}, Comment: "merge"}}
	cfg.RootFS.DiffIDs = cfg.RootFS.DiffIDs[:1]
	for _, a := range resolve(t, cfg, ancestry.Hints{}) {
		assert.Equal(t, ancestry.Unknown, a.Confidence, "%s %v", a, a.Evidence)
	}
	cfg.History = nil
	for _, a := range resolve(t, cfg, ancestry.Hints{}) {
		assert.Equal(t, ancestry.Unknown, a.Confidence, "%s %v", a, a.Evidence)
	}
}

// TestStripped: a chain whose lower part was taken away keeps what is sure without it.
func TestStripped(t *testing.T) {
	cfg := realConfig(t, "python_3.11.1")
	cfg.History = append([]v1.History{{Comment: "imported"}}, cfg.History[6:]...)
	got := resolve(t, cfg, ancestry.Hints{})
	for _, a := range got {
		assert.LessOrEqual(t, a.Confidence, ancestry.Inferred, "%s %v", a, a.Evidence)
	}
}

// TestContradicted: a root whose os-release is another's is not what it looks like,
// and neither is what stands on it.
func TestContradicted(t *testing.T) {
	cfg := realConfig(t, "python_3.13-trixie")
	for _, other := range []string{"debian:bookworm", "ubuntu:noble"} {
		for _, a := range resolve(t, cfg, ancestry.Hints{Files: map[int]ancestry.Files{0: {"etc/os-release": osRelease(other)}}}) {
			assert.LessOrEqual(t, a.Confidence, ancestry.Inferred, "%s: %s %v", other, a, a.Evidence)
		}
	}
}

// TestHostile: a history made to match as much as possible is read in bounded time.
func TestHostile(t *testing.T) {
	cfg := &v1.ConfigFile{OS: "linux"}
	for i := range 5000 {
		by := []string{"/bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / ", `/bin/sh -c #(nop)  CMD ["bash"]`}[i%2]
		cfg.History = append(cfg.History, v1.History{CreatedBy: by, EmptyLayer: i%2 == 1})
		if i%2 == 0 {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i)})
		}
	}
	start := time.Now()
	resolve(t, cfg, ancestry.Hints{})
	assert.Less(t, time.Since(start), 20*time.Second)
}

// FuzzClaims: no history makes the source fail, or claim what is not there.
func FuzzClaims(f *testing.F) {
	source := embedded(f)
	f.Add("ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit\nCMD [\"/bin/sh\"]\nRUN /bin/sh -c true # buildkit", "linux", int64(1727740800))
	f.Add("# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'\nENV A=1", "", int64(0))
	f.Add("/bin/sh -c #(nop) ADD file:1 in / \n/bin/sh -c #(nop)  CMD [\"bash\"]\n\n", "x", int64(-1))
	f.Fuzz(func(t *testing.T, text, arch string, at int64) {
		cfg := &v1.ConfigFile{Architecture: arch}
		for by := range strings.SplitSeq(text, "\n") {
			cfg.History = append(cfg.History, v1.History{CreatedBy: by, Created: v1.Time{Time: time.Unix(at, 0)}, EmptyLayer: true})
		}
		steps, _ := history.Steps(cfg)
		claims, err := source.Claims(t.Context(), &ancestry.Query{Config: cfg, Steps: steps})
		require.NoError(t, err)
		for _, c := range claims {
			assert.True(t, c.End > 0 && c.End <= len(steps) && c.Start < c.End, "%v", c)
			assert.NotEmpty(t, c.Name.Repository)
			assert.LessOrEqual(t, c.Evidence.Confidence, ancestry.Recognised)
		}
	})
}
