//go:build tagged

package store

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/internal/postgres"
)

func TestTaggedPostgres(t *testing.T) {
	server := postgres.Start(t)
	for name, test := range cases() {
		t.Run(name, func(t *testing.T) { test(t, openPostgres(t, server, name)) })
	}
}

// openPostgres returns an empty database of a server.
func openPostgres(t testing.TB, server *postgres.Server, name string) *Store {
	t.Helper()
	first, err := connect(server.URL)
	require.NoError(t, err)
	defer first.Close()
	_, err = first.DB().Exec("CREATE DATABASE \"" + name + "\"")
	require.NoError(t, err)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	u.Path = "/" + name
	s, err := Open(context.Background(), u.String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
