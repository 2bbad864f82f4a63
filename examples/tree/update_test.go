package main

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/testdata/chain"
)

// A catalogue is published, fetched by -update alone, and used from then on without a
// request; beside it, one of a file is used.
func TestUpdate(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	requests := 0
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		reg.ServeHTTP(w, r)
	}))
	defer srv.Close()
	b := own.New("ours", time.Now())
	require.NoError(t, b.AddDockerfiles(t.Context(), chain.Dockerfiles(), &own.Options{Name: chain.Name}))
	var file strings.Builder
	_, err := b.WriteTo(&file)
	require.NoError(t, err)
	ref := strings.TrimPrefix(srv.URL, "http://") + "/ours/catalogue:2"
	h, err := artifact.Push(t.Context(), ref, []byte(file.String()), nil)
	require.NoError(t, err)
	requests = 0

	args := []string{"-chain", "-width", "100", "-genealogy", ref}
	_, errs, code := tree(t, append(args, layout)...)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "-update asks it")
	assert.Zero(t, requests, "nobody is asked")

	out, errs, code := tree(t, "-update", "-genealogy", ref)
	require.Zero(t, code, errs)
	assert.Equal(t, ref+"@"+h.String()+": the catalogue is of "+time.Now().UTC().Format(time.DateOnly)+", 0 days ago\n", out)
	assert.Positive(t, requests)

	requests = 0
	out, errs, code = tree(t, append(args, layout)...)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "example.org/build/toolchain:12 recognised")
	assert.Zero(t, requests, "what is kept takes no request")

	// One's own from a file, or by its name, beside the public one.
	name := filepath.Join(t.TempDir(), "own.stemma")
	require.NoError(t, os.WriteFile(name, []byte(file.String()), 0o600))
	for _, c := range []string{name, ref} {
		out, errs, code = tree(t, "-chain", "-width", "100", "-catalogue", c, layout)
		require.Zero(t, code, errs)
		assert.Contains(t, out, "example.org/build/toolchain:12 recognised", c)
	}
	assert.Zero(t, requests)

	srv.Close()
	_, errs, code = tree(t, "-update", "-genealogy", ref)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "not updated, the catalogue is of ")
	_, errs, code = tree(t, append(args, "-update", layout)...)
	assert.Zero(t, code, "an image is read with what is kept")
	assert.Contains(t, errs, "not updated")
}

// What was published with the catalogues of other publishers is fetched with them, and names
// images by them.
func TestUpdateParts(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	file := func(add func(b *own.Builder)) []byte {
		b := own.New("ours", time.Now())
		add(b)
		var out bytes.Buffer
		_, err := b.WriteTo(&out)
		require.NoError(t, err)
		return out.Bytes()
	}
	ref := strings.TrimPrefix(srv.URL, "http://") + "/ours/catalogue:2"
	part := artifact.Part{Name: "acme+chain", File: file(func(b *own.Builder) {
		require.NoError(t, b.AddDockerfiles(t.Context(), chain.Dockerfiles(), &own.Options{Name: chain.Name}))
	})}
	_, err := artifact.PushAll(t.Context(), ref, file(func(*own.Builder) {}), []artifact.Part{part}, nil)
	require.NoError(t, err)

	out, errs, code := tree(t, "-update", "-genealogy", ref)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "\n  acme+chain is of "+time.Now().UTC().Format(time.DateOnly)+"\n")
	out, errs, code = tree(t, "-chain", "-width", "100", "-genealogy", ref, layout)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "example.org/build/toolchain:12 recognised")

	out, errs, code = tree(t, "-chain", "-width", "100", "-catalogue", ref, layout)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "example.org/build/toolchain:12 recognised", "as a further catalogue, too")
}
