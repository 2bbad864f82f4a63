package own_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/history"
)

func open(t *testing.T, b *own.Builder) *data.Catalogue {
	var file bytes.Buffer
	_, err := b.WriteTo(&file)
	require.NoError(t, err)
	c, err := data.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	require.NoError(t, err)
	return c
}

// asOf is the day of the catalogues that are made here.
var asOf = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func name(t testing.TB, s string) ancestry.Name {
	t.Helper()
	n, ok := ancestry.ParseName(s)
	require.True(t, ok, s)
	return n
}

func reading(d recipe.Dialect, createdBy ...string) data.Reading {
	steps, _ := history.Steps(config(0, createdBy...))
	return data.ReadHistory(recipe.NewHistory(steps, nil), steps, d)
}

func config(diffIDs int, createdBy ...string) *v1.ConfigFile {
	cfg := &v1.ConfigFile{}
	for i, s := range createdBy {
		cfg.History = append(cfg.History, v1.History{CreatedBy: s, EmptyLayer: i >= diffIDs})
	}
	for i := range diffIDs {
		cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i+1)})
	}
	return cfg
}

func TestDockerfiles(t *testing.T) {
	b := own.New("mine", asOf)
	err := b.AddDockerfiles(t.Context(), fstest.MapFS{
		"base/python/3.11/Dockerfile":      {Data: []byte("FROM debian:bookworm\nARG INDEX=none\nRUN pip config set index-url $INDEX\n")},
		"base/python/Dockerfile.broken":    {Data: []byte("FRM x\n")},
		"base/python/README":               {Data: []byte("FROM debian\n")},
		"base/jre/21/slim/Containerfile":   {Data: []byte("FROM debian\nRUN jlink\n")},
		"base/jre/Dockerfile.dockerignore": {Data: []byte("*")},
	}, nil)
	assert.ErrorContains(t, err, "base/python/Dockerfile.broken")
	c := open(t, b)
	assert.Equal(t, []string{"base/jre", "base/python"}, c.Names())
	for d, text := range map[recipe.Dialect]string{
		recipe.BuildKit: "RUN /bin/sh -c jlink # buildkit",
		recipe.Docker:   "/bin/sh -c jlink",
		recipe.Buildah:  "/bin/sh -c jlink",
	} {
		found, err := c.Matches(reading(d, text))
		require.NoError(t, err)
		assert.Equal(t, []data.Match{{Start: 0, End: 1, Repository: "base/jre", Recipes: []int{0}}}, found, d)
	}
	r, err := c.Repository("base/jre")
	require.NoError(t, err)
	assert.Equal(t, []data.Span{{Tags: []string{"21-slim"}, From: data.Undated, To: data.Ongoing}}, r.Recipe(0).Spans)
}

// A clone is a git repository with a Dockerfile of base/go:1.25.
type clone struct {
	t   *testing.T
	dir string
}

func newClone(t *testing.T) clone {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	c := clone{t, t.TempDir()}
	c.git("2024-01-01", "init", "-q")
	return c
}

func (c clone) git(day string, args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_DATE="+day+"T00:00:00Z", "GIT_COMMITTER_DATE="+day+"T00:00:00Z",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	require.NoError(c.t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// commit commits the Dockerfile, and returns the commit.
func (c clone) commit(day, text string) string {
	file := filepath.Join(c.dir, "base/go/1.25/Dockerfile")
	require.NoError(c.t, os.MkdirAll(filepath.Dir(file), 0o777))
	require.NoError(c.t, os.WriteFile(file, []byte(text), 0o666))
	c.git(day, "add", "-A")
	c.git(day, "commit", "-q", "-m", day)
	return c.git(day, "rev-parse", "HEAD")
}

func (c clone) gitDir() string { return filepath.Join(c.dir, ".git") }

// days is what the tag pointed to, with the days: true for a Dockerfile that runs one.
func days(t *testing.T, b *own.Builder) []string {
	r, err := open(t, b).Repository("base/go")
	require.NoError(t, err)
	var days []string
	for _, p := range r.Timeline("1.25") {
		days = append(days, fmt.Sprintf("%v %s..%s", r.Reading(p.Recipe, recipe.Docker).Lines[0] == data.HashLine("RUN one"), p.From, p.To))
	}
	return days
}

func TestRepository(t *testing.T) {
	c := newClone(t)
	c.commit("2024-01-01", "FROM debian\nRUN one\n")
	c.commit("2024-02-01", "FROM debian\nRUN two\n")
	c.commit("2024-03-01", "FROM debian\nRUN one\n")

	b := own.New("mine", asOf)
	require.NoError(t, b.AddRepository(t.Context(), c.gitDir(), nil))
	assert.Equal(t, []string{"true 2024-01-01..2024-02-01", "false 2024-02-01..2024-03-01", "true 2024-03-01..ongoing"}, days(t, b))

	assert.Error(t, b.AddRepository(t.Context(), filepath.Join(c.dir, "nothing"), nil))
}

// TestRepositoryClocks: the second committer's clock is a day slow.
func TestRepositoryClocks(t *testing.T) {
	c := newClone(t)
	c.commit("2024-02-02", "FROM debian\nRUN two\n")
	c.commit("2024-02-01", "FROM debian\nRUN one\n")
	b := own.New("mine", asOf)
	require.NoError(t, b.AddRepository(t.Context(), c.gitDir(), nil))
	assert.Equal(t, []string{"true 2024-02-01..ongoing", "false 2024-02-02..2024-02-02"}, days(t, b))
}

// TestRepositoryDamaged: an error says where; and where the history breaks off, nothing
// is said of what came then.
func TestRepositoryDamaged(t *testing.T) {
	c := newClone(t)
	c.commit("2024-01-01", "FROM debian\nRUN one\n")
	broken := c.commit("2024-02-01", "FRM debian\n")
	c.commit("2024-03-01", "FROM debian\nRUN two\n")
	c.commit("2024-04-01", "FROM debian:12\nRUN one\n")
	b := own.New("mine", asOf)
	assert.ErrorContains(t, b.AddRepository(t.Context(), c.gitDir(), nil), broken[:12]+": base/go/1.25/Dockerfile: ")
	assert.Equal(t, []string{"true 2024-01-01..2024-02-01", "false 2024-03-01..2024-04-01", "true 2024-04-01..ongoing"}, days(t, b))

	tree := c.git("2024-05-01", "rev-parse", "HEAD:base")
	require.NoError(t, os.Remove(filepath.Join(c.gitDir(), "objects", tree[:2], tree[2:])))
	b = own.New("mine", asOf)
	assert.ErrorContains(t, b.AddRepository(t.Context(), c.gitDir(), nil), "git log")
	assert.Equal(t, []string{"true 2024-01-01..2024-02-01", "false 2024-03-01..2024-03-01"}, days(t, b))

	blob := c.git("2024-05-01", "rev-parse", broken+":base/go/1.25/Dockerfile")
	require.NoError(t, os.Remove(filepath.Join(c.gitDir(), "objects", blob[:2], blob[2:])))
	assert.ErrorContains(t, b.AddRepository(t.Context(), c.gitDir(), nil), broken[:12]+": base/go/1.25/Dockerfile: not in")
}

func TestImage(t *testing.T) {
	b := own.New("mine", asOf)
	cfg := config(1, "COPY . /app # buildkit", "ENV A=1")
	require.NoError(t, b.AddImage(own.Image{Name: name(t, "registry.example.com/base:7"), Config: cfg, Verified: true}))
	require.NoError(t, b.AddImage(own.Image{Name: name(t, "registry.example.com/claims:1"), Config: cfg}))
	assert.Error(t, b.AddImage(own.Image{Name: name(t, "empty"), Config: &v1.ConfigFile{}}))
	assert.Error(t, b.AddImage(own.Image{Name: name(t, "empty")}))
	c := open(t, b)
	found, err := c.ByDiffIDs(config(3, "a", "b", "c").RootFS.DiffIDs)
	require.NoError(t, err)
	require.Len(t, found, 2)
	for i, repository := range []string{"registry.example.com/base", "registry.example.com/claims"} {
		assert.Equal(t, data.ImageMatch{Length: 1, Repository: repository, Recipes: []int{0}}, found[i])
		r, err := c.Repository(repository)
		require.NoError(t, err)
		assert.Equal(t, i == 0, r.Recipe(0).Image.Verified)
	}
	matches, err := c.Matches(reading(recipe.BuildKit, "COPY . /app # buildkit", "ENV A=1", "RUN /bin/sh -c x # buildkit"))
	require.NoError(t, err)
	assert.Len(t, matches, 2)
}
