package publishers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// A commit is a revision of a handmade repository.
type commit struct {
	day   string
	files map[string]string // "" removes the file
}

// repository makes DIR/owner/name with the commits, and returns their hashes.
func repository(t *testing.T, dir, name string, commits ...commit) []string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs the git program")
	}
	root := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(root, 0o777))
	git := func(day string, args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_DATE="+day+"T12:00:00Z", "GIT_COMMITTER_DATE="+day+"T12:00:00Z", "GIT_CONFIG_GLOBAL="+os.DevNull)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	git("2021-01-01", "init", "-q")
	var hashes []string
	for _, c := range commits {
		for p, text := range c.files {
			file := filepath.Join(root, p)
			if text == "" {
				require.NoError(t, os.Remove(file))
				continue
			}
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
		}
		git(c.day, "add", "-A")
		git(c.day, "commit", "-q", "-m", "x")
		hashes = append(hashes, git(c.day, "rev-parse", "HEAD"))
	}
	return hashes
}

// madeOf builds the one catalogue of which there are clones, twice: the bytes must be the same.
func madeOf(t *testing.T, opts Options, rows ...Publisher) ([]byte, []Report) {
	t.Helper()
	var file []byte
	var reports []Report
	for range 2 {
		all, err := buildOf(t.Context(), opts, rows)
		require.NoError(t, err)
		reports = nil
		for _, m := range all {
			reports = append(reports, m.Report)
			if m.Catalogue == nil {
				continue
			}
			again, err := m.Catalogue.Encode()
			require.NoError(t, err)
			require.True(t, file == nil || bytes.Equal(file, again), "not the same bytes")
			file = again
		}
	}
	return file, reports
}

// TestFiles: paths, names, tags and days of Dockerfiles.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	dockerfile := func(version string) string {
		return "ARG IMAGE=arm64v8/debian:bookworm-slim\nFROM $IMAGE\nENV APP_VERSION=" + version + "\nRUN install app\n"
	}
	repository(t, dir, "acme/images",
		commit{"2023-01-01", map[string]string{"app/slim/Dockerfile": dockerfile("1.0"), "test/Dockerfile": "FROM x\n"}},
		commit{"2023-10-20", map[string]string{"app/slim/Dockerfile": dockerfile("1.1")}},
		commit{"2023-11-20", map[string]string{"app/slim/Dockerfile": "FROM\n"}},
		commit{"2023-12-20", map[string]string{"app/slim/Dockerfile": ""}},
	)
	file := File{Path: `(?P<name>app)/(?P<v>\w+)/Dockerfile`, Tags: []string{"${APP_VERSION}-${v}", "${MISSING}-x", "${FROM_TAG}"}}
	old, young := file, file
	old.Name, old.Until = "acme/${name}", "2023-11-01"
	young.Name, young.Since = "quay.io/acme/${name}", "2023-11-01"
	none := Publisher{Repository: "acme/none"}
	text, reports := madeOf(t, Options{Mirror: dir}, Publisher{Repository: "acme/images", Files: []File{old, young}}, none)
	require.Len(t, reports, 2)
	assert.Equal(t, 3, reports[0].Recipes, "the second has two names")
	assert.Equal(t, 1, reports[0].Unread)
	assert.Contains(t, reports[0].Example, ":app/slim/Dockerfile: ")
	assert.Error(t, reports[1].Err)

	c, err := data.Open(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	assert.Equal(t, []string{"acme/app", "quay.io/acme/app"}, c.Names())
	assert.Equal(t, "2023-12-20", c.Day().String())
	var got []string
	for _, name := range c.Names() {
		r, err := c.Repository(name)
		require.NoError(t, err)
		for id := range r.Len() {
			x := r.Recipe(id)
			got = append(got, fmt.Sprintf("%s %s %v", name, x.From, x.Spans))
		}
	}
	assert.ElementsMatch(t, []string{
		"acme/app debian:bookworm-slim [{[1.0-slim bookworm-slim] 2023-01-01 2023-10-20}]",
		"acme/app debian:bookworm-slim [{[1.1-slim bookworm-slim] 2023-10-20 2023-11-01}]",
		"quay.io/acme/app debian:bookworm-slim [{[1.1-slim bookworm-slim] 2023-11-01 2023-11-20}]",
	}, got)
}

// The digests of the layers of runtime:8.0.13 of 25 February 2025 for amd64, as the manifest
// of an application on it has them.
var runtimeLayers = []string{
	"sha256:7cf63256a31a4cc44f6defe8e1af95363aee5fa75f30a248d95cae684f87c53c", "sha256:c0061e74b3e3a349a186353aba7c567f8a6837da04d0b540190617712bd981e4",
	"sha256:b4027bb0a9ca1e3baf2f8c95ea5ffb97861623adf783d2259beee5c6ebb4ed5b", "sha256:d43efb33ab765bd3cac8cd3358439150a95fd5a8f1adedeafefab3e7982b1159",
	"sha256:457ab9651207ea490ad92fbfa524d82600d03f1c1bf01de90958b7090f1bdd22",
}

// writeImageInfo writes an image-info file of runtime-deps and runtime as of that day: layers from
// the top down, as objects or as strings.
func writeImageInfo(commit string, objects bool) string {
	platform := func(name, tags string, n int) string {
		var layers []string
		for i := n - 1; i >= 0; i-- {
			if objects {
				layers = append(layers, fmt.Sprintf(`{"digest": %q, "size": 1}`, runtimeLayers[i]))
			} else {
				layers = append(layers, fmt.Sprintf("%q", runtimeLayers[i]))
			}
		}
		return fmt.Sprintf(`{"repo": "dotnet/%s", "images": [{"manifest": {"sharedTags": ["8.0"]}, "platforms": [
			{"osType": "Windows", "commitUrl": "x"},
			{"dockerfile": "src/%[1]s/Dockerfile", "simpleTags": [%[2]q], "digest": "mcr.microsoft.com/dotnet/%[1]s@sha256:%064[3]d", "osType": "Linux",
			 "architecture": "amd64", "created": "2025-02-25T04:30:00Z", "commitUrl": "https://github.com/dotnet/dotnet-docker/blob/%[4]s/src/%[1]s/Dockerfile", "layers": [%[5]s]}]}]}`,
			name, tags, n, commit, strings.Join(layers, ", "))
	}
	return `{"schemaVersion": "2.0", "repos": [{"repo": "dotnet/none"}, ` + platform("runtime-deps", "8.0.13-bookworm-slim-amd64", 3) + ", " + platform("runtime", "8.0.13-bookworm-slim-amd64", 5) + "]}"
}

// dotnetMirror makes clones as of 25 February 2025.
func dotnetMirror(t *testing.T, objects bool) string {
	t.Helper()
	dir := t.TempDir()
	at := repository(t, dir, dotnetFiles, commit{"2025-02-24", map[string]string{
		"src/runtime-deps/Dockerfile": "FROM amd64/debian:bookworm-slim\nENV APP_UID=1654\nRUN install libraries\nRUN groupadd app\n",
		"src/runtime/Dockerfile":      "ARG REPO=mcr.microsoft.com/dotnet/runtime-deps\nFROM $REPO:8.0.13-bookworm-slim-amd64\nENV DOTNET_VERSION=8.0.13\nCOPY --from=0 /dotnet /usr/share/dotnet\nRUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet\n",
	}})
	repository(t, dir, "dotnet/versions",
		commit{"2025-02-25", map[string]string{dotnetInfo: writeImageInfo(at[0], objects)}},
		commit{"2025-02-26", map[string]string{dotnetInfo: "no JSON"}},
		commit{"2025-03-11", map[string]string{dotnetInfo: `{"repos": []}`}},
	)
	return dir
}

type configFile v1.ConfigFile

func (c *configFile) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// TestDotnetByBytes: an application's manifest names all that it is built on, the official
// image among them, by the digests of layers alone: of its history nothing is known.
func TestDotnetByBytes(t *testing.T) {
	for _, objects := range []bool{false, true} {
		file, reports := madeOf(t, Options{Mirror: dotnetMirror(t, objects)}, table()...)
		for _, r := range reports {
			if r.Repository == "dotnet/versions" {
				assert.Equal(t, []int{2, 2, 1}, []int{r.Recipes, r.Images, r.Unread}, "%+v", r)
			} else {
				assert.Error(t, r.Err)
			}
		}
		c, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
		require.NoError(t, err)
		app := &configFile{OS: "linux", Architecture: "amd64"}
		hints := ancestry.Hints{}
		for i, l := range append(runtimeLayers[:5:5], "sha256:d4186a6ba6ec53c3e2ff5da080551faa74f84e807e7f74712bfcf3c325bf61d5") {
			h, err := v1.NewHash(l)
			require.NoError(t, err)
			hints.LayerDigests = append(hints.LayerDigests, h)
			app.History = append(app.History, v1.History{CreatedBy: fmt.Sprintf("step %d", i)})
			app.RootFS.DiffIDs = append(app.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064d", i)})
		}
		l, err := ancestry.Resolve(t.Context(), app, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{c}})
		require.NoError(t, err)
		var got []string
		for _, a := range l.Ancestors {
			got = append(got, fmt.Sprintf("%s %v %v %d", a.Repository, a.Tags, a.Confidence, a.Steps.To))
		}
		assert.Equal(t, []string{
			" [] unknown 6",
			"mcr.microsoft.com/dotnet/runtime [8.0.13-bookworm-slim-amd64 8.0] recorded 5",
			"mcr.microsoft.com/dotnet/runtime-deps [8.0.13-bookworm-slim-amd64 8.0] recorded 3",
			"debian [bookworm-slim] recorded 1",
		}, got, "recorded: nobody read the layers here")
	}
}

// TestSince: what was built before the day is known by its Dockerfile alone.
func TestSince(t *testing.T) {
	dir := dotnetMirror(t, true)
	_, reports := madeOf(t, Options{Mirror: dir, Since: time.Date(2025, 2, 26, 0, 0, 0, 0, time.UTC)}, table()...)
	for _, r := range reports {
		assert.Zero(t, r.Images)
		if r.Repository == "dotnet/versions" {
			assert.Equal(t, 2, r.Recipes)
		}
	}
	_, reports = madeOf(t, Options{Mirror: dir, Until: time.Date(2025, 2, 26, 0, 0, 0, 0, time.UTC)}, table()...)
	for _, r := range reports {
		if r.Repository == "dotnet/versions" {
			assert.Equal(t, "2025-02-25", r.Last.Format(time.DateOnly))
			assert.Zero(t, r.Unread, "later revisions are not read")
		}
	}
}

// FuzzImageInfo: whatever a repository holds, there is an error or there are facts.
func FuzzImageInfo(f *testing.F) {
	f.Add([]byte(writeImageInfo(strings.Repeat("0", 40), true)))
	f.Add([]byte(writeImageInfo(strings.Repeat("0", 40), false)))
	f.Add([]byte(`[{"repo": "x"}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		facts, err := parseImageInfo(text)
		if err == nil {
			assert.NotNil(t, facts)
		}
	})
}

// TestTable: the rows are well formed, and name each repository once.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range table() {
		assert.False(t, seen[p.Repository], p.Repository)
		seen[p.Repository] = true
		assert.NotEqual(t, p.Read == nil, len(p.Files) == 0, p.Repository)
		for _, f := range p.Files {
			_, _, err := f.days()
			assert.NoError(t, err)
		}
	}
}

// TestSameDockerfile: a publisher who builds an official Dockerfile takes no name from the
// official image, and none from what stands on it.
func TestSameDockerfile(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"root/Dockerfile": "FROM scratch\nADD root-1.2.3.tar.gz /\nCMD [\"/bin/sh\"]\n",
		"app/Dockerfile":  "FROM root:1\nENV APP_VERSION=4.5.6\nRUN fetch https://example.com/app-4.5.6.tar.gz && install-the-app --with=everything --and=more\n",
	}
	repository(t, dir, "library/images", commit{"2024-01-01", files})
	repository(t, dir, "copy/images", commit{"2023-01-01", files})
	of := func(repository, prefix string) *catalogue.Catalogue {
		row := Publisher{Repository: repository, Files: []File{{Path: `(?P<name>root|app)/Dockerfile`, Name: prefix + "${name}", Tags: []string{"1"}}}}
		file, reports := madeOf(t, Options{Mirror: dir}, row)
		require.Equal(t, 2, reports[0].Recipes, "%+v", reports[0])
		c, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
		require.NoError(t, err)
		return c
	}
	at := func(day, by string, empty bool) v1.History {
		d, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		return v1.History{Created: v1.Time{Time: d}, CreatedBy: by, Comment: "buildkit.dockerfile.v0", EmptyLayer: empty}
	}
	img := config([]v1.History{
		at("2024-02-01", "ADD root-1.2.3.tar.gz / # buildkit", false), at("2024-02-01", `CMD ["/bin/sh"]`, true),
		at("2024-02-02", "ENV APP_VERSION=4.5.6", true), at("2024-02-02", "RUN /bin/sh -c fetch https://example.com/app-4.5.6.tar.gz && install-the-app --with=everything --and=more # buildkit", false),
	})
	assert.Equal(t, []string{"app:1 recognised", "root:1 recognised"}, names(t, img, catalogue.Join(of("library/images", ""), of("copy/images", "copy/")), ancestry.Hints{}))
}
