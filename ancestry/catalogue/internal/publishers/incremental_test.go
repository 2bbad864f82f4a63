package publishers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withoutFiles makes clones of all repositories in a mirror that have commits and the lists of
// their files, and no file's content.
func withoutFiles(t *testing.T, mirror string, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		from := filepath.Join(mirror, name)
		for _, args := range [][]string{
			{"-C", from, "config", "uploadpack.allowFilter", "true"},
			{"clone", "-q", "--bare", "--filter=blob:none", "file://" + from, filepath.Join(dir, name+".git")},
			// Older versions of git would fetch what is missing when they are asked for it.
			{"--git-dir", filepath.Join(dir, name+".git"), "config", "--remove-section", "remote.origin"},
		} {
			cmd := exec.Command("git", args...)
			cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
	}
	return dir
}

// built makes the one catalogue of which there are clones.
func built(t *testing.T, opts Options, rows ...Publisher) ([]byte, Made) {
	t.Helper()
	all, err := buildOf(t.Context(), opts, rows)
	require.NoError(t, err)
	for _, m := range all {
		if m.Catalogue != nil {
			file, err := m.Catalogue.Encode()
			require.NoError(t, err)
			return file, m
		}
	}
	t.Fatal("no catalogue")
	return nil, Made{}
}

// fetchInto gives a clone an object of another repository.
func fetchInto(t *testing.T, from, into, object string) {
	t.Helper()
	text, err := exec.Command("git", "-C", from, "cat-file", "blob", object).Output()
	require.NoError(t, err)
	cmd := exec.Command("git", "--git-dir", into, "hash-object", "-w", "--stdin")
	cmd.Stdin = bytes.NewReader(text)
	require.NoError(t, cmd.Run())
}

// TestIncrementalIsWhole: with the cache of an earlier run, clones without files but for those
// that are new give what whole clones give, byte for byte.
func TestIncrementalIsWhole(t *testing.T) {
	dockerfile := func(version string) string {
		return "FROM debian:bookworm-slim\nARG TARGETARCH\nENV APP_VERSION=" + version + "\nRUN install app\nCOPY app-${TARGETARCH} /app\n"
	}
	row := Publisher{Repository: "acme/images", Files: []File{
		{Path: `(?P<name>app|tool)/Dockerfile`, Name: "acme/${name}", Tags: []string{"${APP_VERSION}"}},
	}}
	dotnetCommits := func(mirror string) (before, after func()) {
		var at []string
		return func() {
				at = repository(t, mirror, dotnetFiles, commit{"2025-02-24", map[string]string{
					"src/runtime-deps/Dockerfile": "FROM amd64/debian:bookworm-slim\nENV APP_UID=1654\nRUN install libraries\nRUN groupadd app\n",
					"src/runtime/Dockerfile":      "FROM mcr.microsoft.com/dotnet/runtime-deps:8.0.13-bookworm-slim-amd64\nENV DOTNET_VERSION=8.0.13\nRUN x\n",
				}})
				repository(t, mirror, "dotnet/versions", commit{"2025-02-25", map[string]string{dotnetInfo: writeImageInfo(at[0], true)}}, commit{"2025-02-26", map[string]string{dotnetInfo: "no JSON"}})
			}, func() {
				two := repository(t, mirror, dotnetFiles, commit{"2025-03-10", map[string]string{"src/runtime/Dockerfile": "FROM mcr.microsoft.com/dotnet/runtime-deps:8.0.13-bookworm-slim-amd64\nENV DOTNET_VERSION=8.0.14\nRUN y\n"}})
				repository(t, mirror, "dotnet/versions", commit{"2025-03-11", map[string]string{dotnetInfo: strings.ReplaceAll(writeImageInfo(two[0], true), "8.0.13-", "8.0.14-")}})
			}
	}
	for name, test := range map[string]struct {
		rows  []Publisher
		repos []string
		steps func(mirror string) (before, after func())
		asked int // of the new files
	}{
		"Dockerfiles": {[]Publisher{row}, []string{"acme/images"}, func(mirror string) (before, after func()) {
			return func() {
					repository(t, mirror, "acme/images", commit{"2024-01-01", map[string]string{"app/Dockerfile": dockerfile("1.0"), "tool/Dockerfile": "FROM\n"}})
				}, func() {
					repository(t, mirror, "acme/images", commit{"2024-02-01", map[string]string{"app/Dockerfile": dockerfile("1.1")}}, commit{"2024-03-01", map[string]string{"tool/Dockerfile": "FROM x\nRUN y\n"}})
				}
		}, 2},
		"releases": {[]Publisher{releasedRow}, []string{"acme/base"}, func(mirror string) (before, after func()) {
			tag := func(name string) {
				require.NoError(t, exec.Command("git", "-C", filepath.Join(mirror, "acme/base"), "tag", name).Run())
			}
			return func() {
					repository(t, mirror, "acme/base", commit{"2024-01-01", map[string]string{"Dockerfile": releasedFile}})
					tag("1-aaaa")
				}, func() {
					repository(t, mirror, "acme/base", commit{"2024-02-01", map[string]string{"Dockerfile": releasedFile + "RUN more\n"}})
					tag("1-bbbb")
				}
		}, 1},
		".NET": {table(), []string{"dotnet/versions", dotnetFiles}, dotnetCommits, 3},
	} {
		t.Run(name, func(t *testing.T) {
			whole, cache := t.TempDir(), t.TempDir()
			before, after := test.steps(whole)
			before()
			first, _ := built(t, Options{Mirror: whole}, test.rows...)
			kept, _ := built(t, Options{Mirror: whole, Cache: cache}, test.rows...)
			assert.True(t, bytes.Equal(first, kept), "a first run with a cache")

			// All that was read is known: no file is needed.
			small := withoutFiles(t, whole, test.repos...)
			again, m := built(t, Options{Mirror: small, Cache: cache}, test.rows...)
			assert.True(t, bytes.Equal(first, again))
			assert.Empty(t, m.Missing)

			after()
			want, _ := built(t, Options{Mirror: whole}, test.rows...)
			require.False(t, bytes.Equal(first, want))
			small = withoutFiles(t, whole, test.repos...)
			_, m = built(t, Options{Mirror: small, Cache: cache, Look: true}, test.rows...)
			for round := 0; len(m.Missing) > 0; round++ { // a file may name others
				require.Less(t, round, 3)
				test.asked -= len(m.Missing)
				for _, o := range m.Missing {
					fetchInto(t, filepath.Join(whole, o.Repository), filepath.Join(small, o.Repository+".git"), o.Name)
				}
				_, m = built(t, Options{Mirror: small, Cache: cache, Look: true}, test.rows...)
			}
			assert.Zero(t, test.asked, "no more than what is new")
			got, _ := built(t, Options{Mirror: small, Cache: cache}, test.rows...)
			assert.True(t, bytes.Equal(want, got), "not what whole clones give")
		})
	}
}
