package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	ocilayout "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/handmade"
)

// Nothing is asked of any server, unless -live asks; then a base that moves between two runs
// is told.
func TestLive(t *testing.T) {
	var asked atomic.Int64
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		reg.ServeHTTP(w, req)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	app := pushBase(t, host)
	asked.Store(0)
	for _, args := range [][]string{{app}, {"-chain", app}, {"-v", app}, {"-json", app}} {
		_, errs, code := tree(t, args...)
		require.Zero(t, code, errs)
		assert.Zero(t, asked.Load(), args)
	}
	out, errs, code := tree(t, "-live", "-chain", "-v", "-width", "200", app) // the image says that it is there, which is not enough
	require.Zero(t, code, errs)
	assert.Zero(t, asked.Load())
	assert.Contains(t, out, "must be allowed for it")
	_, _, code = tree(t, "-live-hosts", host, app)
	assert.Equal(t, 2, code)
	checkLive(t, host, app)
	assert.NotZero(t, asked.Load())
}

// pushBase pushes an image as base:1, and returns the reference of one that says it is built
// on it.
func pushBase(t *testing.T, host string) (app string) {
	base := baseOf(t, "old", "2026-03-01")
	push(t, host, base)
	digest, err := base.Digest()
	require.NoError(t, err)
	steps := append(baseSteps("old", "2026-03-01"), handmade.Step{CreatedBy: "COPY app / # buildkit", Comment: handmade.BuildKit,
		Created: handmade.Day("2026-04-01"), Files: []handmade.File{{Name: "app", Body: "app"}}})
	img := mutate.Annotations(handmade.Image{Steps: steps}.Build(t), map[string]string{
		"org.opencontainers.image.base.name":   host + "/base:1",
		"org.opencontainers.image.base.digest": digest.String(),
	}).(v1.Image)
	dir := t.TempDir()
	l, err := ocilayout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, l.AppendImage(img))
	return "oci:" + dir
}

// baseSteps are those of a base of Debian, whose libc6 has the version.
func baseSteps(what, day string) []handmade.Step {
	status := fmt.Sprintf("Package: dash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 0.5\n\nPackage: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2-%s\n\n", what)
	return []handmade.Step{
		{CreatedBy: "ADD " + what + ".tar / # buildkit", Comment: handmade.BuildKit, Created: handmade.Day(day), Files: []handmade.File{
			{Name: what, Body: what}, {Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=12\n"}, {Name: "var/lib/dpkg/status", Body: status},
		}},
		{CreatedBy: `CMD ["sh"]`, Comment: handmade.BuildKit, Created: handmade.Day(day)},
	}
}

func baseOf(t *testing.T, what, day string) v1.Image {
	img := handmade.Image{Steps: baseSteps(what, day)}.Build(t)
	img, err := mutate.CreatedAt(img, v1.Time{Time: handmade.Day(day)})
	require.NoError(t, err)
	return img
}

func push(t *testing.T, host string, img v1.Image) {
	ref, err := name.ParseReference(host + "/base:1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(ref, img))
}

// checkLive asks about the base, moves it, and asks again.
func checkLive(t *testing.T, host, app string) {
	for _, more := range []string{"-chain", "-v"} {
		push(t, host, baseOf(t, "old", "2026-03-01"))
		args := []string{"-live", "-live-hosts", host, "-width", "120", more, app}
		out, errs, code := tree(t, args...)
		require.Zero(t, code, errs)
		assert.Contains(t, out, " "+host+"/base:1 still points to it\n")
		assert.Regexp(t, `[0-9]+ requests, [0-9.]+ k?B, asked on`, out)
		if more == "-v" {
			assert.Contains(t, out, host+"/base:1 proved\n", "the layers were read")
		}
		push(t, host, baseOf(t, "new", "2026-10-01"))
		out, errs, code = tree(t, args...)
		require.Zero(t, code, errs)
		assert.Contains(t, out, " "+host+"/base:1 moved on 2026-10-01 or later: 1 layer of ")
		assert.Contains(t, out, "differ, packages not known\n")
	}
	out, errs, code := tree(t, "-live", "-live-hosts", host, "-live-packages", "-width", "120", app)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "differ, and 1 package\n", "libc6, and not dash")
	_, errs, code = tree(t, "-live", "-live-packages", "-chain", app)
	assert.Equal(t, 2, code)
	assert.Contains(t, errs, "-live-packages is for -live, without -chain")
}
