package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func addRefs(t *testing.T, s *Store, refs ...Ref) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error { return s.Add(t.Context(), tx, refs...) }))
}

// What is said of owners replaces what was said of the same ones, and of nobody else.
func testOwners(t *testing.T, s *Store) {
	all := func(owner string) Ref { return Ref{Repository: "r/proxy", Tag: "1", Owner: owner} }
	of := func(owner string, among ...string) Ref {
		r := all(owner)
		r.Among = among
		return r
	}
	for i, c := range []struct {
		said []Ref
		want string
	}{
		{[]Ref{all("")}, ""},
		{[]Ref{of("shop", "shop", "pay")}, "shop"},
		{[]Ref{of("billing", "billing")}, "shop, billing"},                     // a list of another namespace
		{[]Ref{of("billing", "billing")}, "shop, billing"},                     // and once more
		{[]Ref{all("")}, "shop, billing"},                                      // nobody said anything
		{[]Ref{of("pay", "shop", "pay")}, "billing, pay"},                      // it has moved from shop to pay
		{[]Ref{of("a, b", "a", "b", "pay"), of("c", "c")}, "billing, a, b, c"}, // two lists at once
		{[]Ref{all("ops")}, "ops"},                                             // -owner means all of it
		{[]Ref{all("x"), of("y", "y")}, "x, y"},
		{[]Ref{{Repository: "r/proxy", Tag: "1", Owner: "z", Among: []string{}}}, "x, y, z"},
	} {
		addRefs(t, s, c.said...)
		refs, err := s.Refs(t.Context())
		require.NoError(t, err)
		require.Len(t, refs, 1)
		require.Equal(t, c.want, refs[0].Owner, i)
	}
	require.ErrorIs(t, s.Write(t.Context(), func(tx *sql.Tx) error { return s.Add(t.Context(), tx, Ref{Tag: "1"}) }), errNoRepository)
}

// Many are added at once, by several at the same time, each once.
func testMany(t *testing.T, s *Store) {
	var refs []Ref
	for i := range 1201 {
		refs = append(refs, Ref{Repository: fmt.Sprint("r/app-", i), Tag: "1", Owner: fmt.Sprint("team-", i%7)})
	}
	addRefs(t, s, refs[:300]...)
	var workers sync.WaitGroup
	for range 4 {
		mixed := slices.Clone(refs)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		workers.Go(func() {
			err := s.Write(context.Background(), func(tx *sql.Tx) error { return s.Add(context.Background(), tx, mixed...) })
			if err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	got, err := s.Refs(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, refs, got)
}
