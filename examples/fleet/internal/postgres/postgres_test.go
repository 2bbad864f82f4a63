//go:build tagged

package postgres

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

func TestTaggedStart(t *testing.T) {
	s := Start(t)
	db, err := sql.Open("pgx", s.URL)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Ping())
	s.Stop(t)
	require.Error(t, db.Ping())
	s.Run(t)
	require.NoError(t, db.Ping())
}
