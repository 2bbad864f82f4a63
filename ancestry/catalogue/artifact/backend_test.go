//go:build !tagged

package artifact_test

import (
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// backend is the registry of the tests.
func backend(testing.TB) http.Handler {
	return registry.New(registry.Logger(log.New(io.Discard, "", 0)))
}
