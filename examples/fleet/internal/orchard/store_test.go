package orchard_test

import (
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/examples/fleet/internal/orchard"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/rules"
)

// Whatever the order in which images are saved, the store knows of each base what stands on
// it, of each image which of its bases have moved, and the family tree of all.
func TestStore(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	o, err := orchard.Grow(orchard.Options{Host: host, Bases: 24, Apps: 60})
	require.NoError(t, err)
	orders := 3
	if testing.Short() {
		orders = 1
	}
	for order := range orders {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "fleet.db"))
		require.NoError(t, err)
		defer s.Close()
		some := rand.New(rand.NewPCG(uint64(order), 0))
		for season := 1; season <= 2; season++ {
			require.NoError(t, o.Push(t.Context(), season))
			refs := slices.Sorted(maps.Keys(o.References(season)))
			some.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
			for _, ref := range refs {
				save(t, s, ref, o.References(season)[ref], time.Date(2026, time.Month(10+season), 1, 0, 0, 0, 0, time.UTC))
			}
			truth{t, s, o, host, season}.check()
		}
		if t.Failed() {
			return
		}
	}
}

// save does what a worker does with a reference.
func save(t *testing.T, s *store.Store, ref string, im *orchard.Image, at time.Time) {
	repository := ref[:strings.LastIndex(ref, ":")]
	tx, err := s.Begin(t.Context())
	require.NoError(t, err)
	known, err := s.See(t.Context(), tx, store.Ref{Repository: repository, Tag: ref[len(repository)+1:]}, im.Digest, at)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	if known {
		return
	}
	img, err := source.Open(t.Context(), repository+"@"+im.Digest.String(), nil)
	require.NoError(t, err)
	defer img.Close()
	rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{Rules: rules.All()})
	require.NoError(t, err)
	tx, err = s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Save(t.Context(), tx, store.Image{Digest: im.Digest, Read: at}, rep))
	require.NoError(t, tx.Commit())
}
