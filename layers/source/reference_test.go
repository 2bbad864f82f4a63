package source

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseReference(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	digest, err := v1.NewHash("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	require.NoError(t, err)
	for _, name := range []string{"app.tar", "a:b.tar", "python", "redis", "dir:app.tar"} {
		require.NoError(t, os.WriteFile(name, tarOf(t, file{name: "x"}), 0o644))
	}
	require.NoError(t, os.Remove("redis"))
	require.NoError(t, os.Mkdir("redis", 0o755))
	require.NoError(t, os.MkdirAll("sub/layout", 0o755))
	require.NoError(t, os.WriteFile("sub/layout/index.json", []byte("{}"), 0o644))

	for ref, want := range map[string]reference{
		"app.tar":                         {path: "app.tar"},
		"./app.tar:v1":                    {path: "./app.tar", want: selection{tag: "v1"}},
		"app.tar:python:3.13":             {path: "app.tar", want: selection{tag: "python:3.13"}},
		"app.tar:localhost:5000/app:1":    {path: "app.tar", want: selection{tag: "localhost:5000/app:1"}},
		"a:b.tar":                         {path: "a:b.tar"},
		"a:b.tar:v1":                      {path: "a:b.tar", want: selection{tag: "v1"}},
		"dir:app.tar":                     {path: "dir:app.tar"},
		"sub/layout":                      {path: "sub/layout"},
		"sub/layout:1":                    {path: "sub/layout", want: selection{tag: "1"}},
		"sub/layout@" + digest.String():   {path: "sub/layout", want: selection{digest: digest}},
		"sub/layout:1@" + digest.String(): {path: "sub/layout", want: selection{tag: "1", digest: digest}},
		"redis":                           {path: "redis"},
		"redis:7":                         {scheme: schemeRegistry, name: "redis:7"},
		"redis@" + digest.String():        {scheme: schemeRegistry, name: "redis@" + digest.String()},
		"foo:bar":                         {scheme: schemeRegistry, name: "foo:bar"},
		"localhost:5000/app":              {scheme: schemeRegistry, name: "localhost:5000/app"},
		"oci:sub/layout:x:1":              {scheme: schemeOCI, forced: true, path: "sub/layout", want: selection{tag: "x:1"}},
		"docker-archive:app.tar":          {scheme: schemeDockerArchive, forced: true, path: "app.tar"},
		"oci-archive:./app.tar:1":         {scheme: schemeOCIArchive, forced: true, path: "./app.tar", want: selection{tag: "1"}},
		"registry:2":                      {scheme: schemeRegistry, forced: true, name: "2"},
		"registry:registry:5000/app":      {scheme: schemeRegistry, forced: true, name: "registry:5000/app"},
		"registry:docker.io/5000/app":     {scheme: schemeRegistry, forced: true, name: "docker.io/5000/app"},
		"registry:5000a/app":              {scheme: schemeRegistry, forced: true, name: "5000a/app"},
		"registry:registry:2":             {scheme: schemeRegistry, forced: true, name: "registry:2"},
		"docker:python:3.13":              {scheme: schemeDocker, forced: true, name: "python:3.13"},
		"docker:sha256:0123456789ab":      {scheme: schemeDocker, forced: true, name: "sha256:0123456789ab"},
		"registry.example.com/x/y@" + digest.String(): {scheme: schemeRegistry, name: "registry.example.com/x/y@" + digest.String()},
	} {
		t.Run(ref, func(t *testing.T) {
			got, err := parseReference(ref)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestReferenceErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("nginx", 0o755))
	require.NoError(t, os.WriteFile("plain", []byte("text, not a tar"), 0o644))
	_, err := Open(t.Context(), strings.Repeat(":", 1<<20), nil)
	require.ErrorContains(t, err, "more than 8192 bytes")
	for ref, want := range map[string]struct {
		is   error
		says string
	}{
		"":                           {nil, "empty image reference"},
		"./nope.tar":                 {fs.ErrNotExist, "./nope.tar: no such file"},
		"/no/such/y.tar":             {fs.ErrNotExist, "no such file"},
		"nope.tar":                   {fs.ErrNotExist, "no such file"},
		"nope.tar:v1":                {fs.ErrNotExist, "no such file: nope.tar"},
		"../nope":                    {fs.ErrNotExist, "no such file"},
		"plain/below.tar":            {fs.ErrNotExist, "no such file"},
		"oci:nope:1":                 {fs.ErrNotExist, "oci:nope:1: no such file: nope"},
		"oci:":                       {nil, "no path"},
		"docker-archive:nope":        {fs.ErrNotExist, "docker-archive:nope: no such file"},
		"registry:":                  {nil, "no image is named"},
		"ftp://example.com/x":        {ErrScheme, "unknown scheme ftp://"},
		"docker://python:3":          {ErrScheme, "write registry:REF"},
		"https://example.com/app":    {ErrScheme, "no URL"},
		"registry:5000/app:1":        {ErrAmbiguous, "write registry:registry:5000/app:1 or registry:docker.io/5000/app:1"},
		"docker:5000/app":            {ErrAmbiguous, "write registry:docker:5000/app or docker:docker.io/5000/app"},
		"docker.io//debian":          {nil, "nor a legal image reference"},
		"docker.io/quay.io/app":      {nil, "nor a legal image reference"},
		"registry:quay.io/../app":    {nil, "no legal image reference"},
		"podman:app":                 {ErrScheme, "unknown scheme podman:"},
		"containers-storage:app:1":   {ErrScheme, "skopeo copy"},
		"dir:./x":                    {ErrScheme, "registry:dir:./x"},
		"docker-daemon:app":          {ErrScheme, "docker:REF"},
		"UPPER/case":                 {nil, "neither an existing file nor a legal image reference"},
		"registry:UPPER":             {nil, "no legal image reference"},
		"docker:a b":                 {nil, "no legal image reference"},
		"nginx":                      {ErrNotImage, "registry:nginx"},
		"./nginx":                    {ErrNotImage, "without index.json"},
		"oci:nginx":                  {ErrNotImage, "without index.json"},
		"docker-archive:nginx":       {ErrNotImage, "a directory, not an archive"},
		"plain":                      {ErrNotImage, "no tar"},
		"oci:plain":                  {ErrNotImage, "oci-archive:plain"},
		"./nginx@sha256:0":           {nil, "illegal digest"},
		os.DevNull:                   {ErrNotImage, "neither a regular file"},
		"https://u:secret@x.test/ab": {ErrScheme, "no URL"},
	} {
		t.Run(ref, func(t *testing.T) {
			_, err := Open(t.Context(), ref, nil)
			require.Error(t, err)
			if want.is != nil {
				assert.ErrorIs(t, err, want.is)
			}
			assert.ErrorContains(t, err, want.says)
			if strings.HasSuffix(want.says, "no such file") {
				assert.Equal(t, ref+": no such file", err.Error(), "the place is said once")
			}
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is forbidden to root")
	}
	dir := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(dir, 0o000))
	err := openError(t, filepath.Join(dir, "a.tar"), nil)
	assert.ErrorIs(t, err, fs.ErrPermission)
}

func TestNameRank(t *testing.T) {
	for _, test := range []struct {
		want  string
		names []string
		rank  int
	}{
		{"python:3", []string{"python:3"}, 3},
		{"docker.io/library/python:3", []string{"python:3"}, 3},
		{"python:3", []string{"docker.io/library/python:3", "3"}, 3},
		{"python", []string{"python:latest"}, 2},
		{"3", []string{"python:3"}, 1},
		{"3", []string{"3"}, 3},
		{"python:3", []string{"3"}, 0},
		{"python:3", []string{"example.com/python:3"}, 0},
		{"any thing", []string{"any thing"}, 3},
		{"4", nil, 0},
	} {
		assert.Equal(t, test.rank, nameRank(test.want, test.names), "%s in %v", test.want, test.names)
	}
	assert.Equal(t, []string{"python:3", "localhost/app:1"},
		fullNames([]string{"docker.io/library/python:3", "3", "evil\x1b[2J:1", "python:3", "localhost/app:1", "UP:1"}))
}
