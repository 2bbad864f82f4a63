//go:build !tagged

// Package postgres starts a Postgres server for tests with the build tag tagged.
package postgres
