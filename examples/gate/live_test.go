package main

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	noindex "github.com/google/go-containerregistry/pkg/v1/empty"
	ocilayout "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/handmade"
)

// With -live, a policy fails an image whose base's tag has moved; all formats that write
// a report have what the registry said.
func TestLive(t *testing.T) {
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	root := func(what, day string) []handmade.Step {
		return []handmade.Step{{CreatedBy: "ADD " + what + ".tar / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day(day), Files: []handmade.File{{Name: what, Body: what}}}}
	}
	push := func(steps []handmade.Step, day string) v1.Hash {
		img, err := mutate.CreatedAt(handmade.Image{Steps: steps}.Build(t), v1.Time{Time: handmade.Day(day)})
		require.NoError(t, err)
		ref, err := name.ParseReference(host + "/base:1")
		require.NoError(t, err)
		require.NoError(t, remote.Write(ref, img))
		digest, err := img.Digest()
		require.NoError(t, err)
		return digest
	}
	old := root("old", "2026-03-01")
	digest := push(old, "2026-03-01")
	steps := append(old, handmade.Step{CreatedBy: "COPY app / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day("2026-04-01"), Files: []handmade.File{{Name: "app", Body: "app"}}})
	dir := t.TempDir()
	l, err := ocilayout.Write(filepath.Join(dir, "app"), noindex.Index)
	require.NoError(t, err)
	require.NoError(t, l.AppendImage(mutate.Annotations(handmade.Image{Steps: steps}.Build(t), map[string]string{
		"org.opencontainers.image.base.name": host + "/base:1", "org.opencontainers.image.base.digest": digest.String(),
	}).(v1.Image)))
	file := filepath.Join(dir, "policy.yaml")
	require.NoError(t, os.WriteFile(file, []byte("rules: {superseded: serious, unverified: off}\n"), 0o644))
	judge := func(args ...string) (string, int) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(args, "-policy", file, "oci:"+filepath.Join(dir, "app")), &out, &errs)
		assert.Empty(t, errs.String())
		return out.String(), code
	}
	push(root("new", "2026-10-01"), "2026-10-01")
	out, code := judge()
	assert.Zero(t, code, out)
	out, code = judge("-live", "-live-hosts", host)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "FAIL superseded: "+host+"/base:1 is out of date: "+host+"/base:1 was rebuilt on 2026-10-01")
	for _, format := range []string{"json", "markdown", "sarif"} {
		out, _ = judge("-live", "-live-hosts", host, "-format", format)
		assert.Contains(t, strings.ToLower(out), "moved", format)
	}
	push(old, "2026-03-01")
	out, code = judge("-live", "-live-hosts", host)
	assert.Zero(t, code, out)
}
