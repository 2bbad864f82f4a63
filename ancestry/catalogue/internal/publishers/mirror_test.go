package publishers

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/layers/history"
)

// The tests here need clones of the publishers' repositories:
//
//	STEMMA_PUBLISHERS_MIRROR=DIR go test -v -run TestMirror ./ancestry/catalogue/internal/publishers
func mirror(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("STEMMA_PUBLISHERS_MIRROR")
	if dir == "" {
		t.Skip("needs STEMMA_PUBLISHERS_MIRROR, a directory of clones")
	}
	return dir
}

// played is a Dockerfile's history as BuildKit records it, with the given date.
func played(t *testing.T, text []byte, at time.Time, below []v1.History) (from string, out []v1.History) {
	t.Helper()
	return playedWith(t, text, nil, at, below)
}

// playedWith is played with build arguments.
func playedWith(t *testing.T, text []byte, args map[string]string, at time.Time, below []v1.History) (from string, out []v1.History) {
	t.Helper()
	f, err := dockerfile.Parse(bytes.NewReader(text))
	require.NoError(t, err)
	parent := recipe.Context{Env: map[string]string{"PATH": recipe.DefaultPath}}
	for _, h := range below {
		words, isEnv := strings.CutPrefix(h.CreatedBy, "ENV ")
		if dir, ok := strings.CutPrefix(h.CreatedBy, "WORKDIR "); ok {
			parent.Dir = dir
		}
		for _, pair := range (history.Instruction{Keyword: "ENV", Args: words}).Env() {
			if k, v, ok := strings.Cut(pair, "="); ok && isEnv {
				parent.Env[k] = v
			}
		}
	}
	r, err := f.Recipe(&dockerfile.Options{Args: args, Platform: "linux/amd64", Parent: parent})
	require.NoError(t, err)
	for _, in := range r.Instructions {
		h := v1.History{Created: v1.Time{Time: at}, Comment: "buildkit.dockerfile.v0", EmptyLayer: true}
		h.CreatedBy = in.Keyword + " " + in.Expanded
		switch in.Keyword {
		case "RUN":
			h.EmptyLayer = false
			shell := "/bin/sh -c "
			if s := shellOf(r, in); s != "" {
				shell = s + " "
			}
			given := slices.DeleteFunc(slices.Clone(in.Args), func(a string) bool { return !strings.Contains(a, "=") })
			if n := len(given); n > 0 {
				shell = fmt.Sprintf("|%d %s %s", n, strings.Join(given, " "), shell)
			}
			h.CreatedBy = "RUN " + shell + in.Expanded + " # buildkit"
		case "COPY", "ADD":
			h.EmptyLayer = false
			var flags string
			if in.Owner != "" {
				flags = "--chown=" + in.Owner + " "
			}
			h.CreatedBy = in.Keyword + " " + flags + strings.Join(append(slices.Clone(in.Sources), in.Dest), " ") + " # buildkit"
		case "WORKDIR":
			h.EmptyLayer = false
		case "EXPOSE":
			h.CreatedBy = "EXPOSE map[" + in.Expanded + "/tcp:{}]"
		}
		out = append(out, h)
	}
	return plainName(r.From), out
}

// shellOf returns the shell of a RUN that is not the usual one.
func shellOf(r recipe.Recipe, run recipe.Instruction) string {
	shell := ""
	for _, in := range r.Instructions {
		if in.Keyword == "SHELL" {
			shell = strings.NewReplacer("[", "", "]", "", `"`, "", ",", "").Replace(in.Expanded)
		}
		if in.Keyword == run.Keyword && in.Written == run.Written {
			break
		}
	}
	return shell
}

// roots are histories of official roots, for children that are built a day later.
var roots = map[string][]v1.History{
	"debian:bookworm-slim": {{CreatedBy: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1740355200'", Created: day("2025-02-24")}},
	"debian:bullseye-slim": {
		{CreatedBy: "/bin/sh -c #(nop) ADD file:" + strings.Repeat("b", 64) + " in / ", Created: day("2022-04-20")},
		{CreatedBy: `/bin/sh -c #(nop)  CMD ["bash"]`, Created: day("2022-04-20"), EmptyLayer: true},
	},
	"ubuntu:22.04": ubuntu("22.04", day("2025-02-10")),
	"ubuntu:24.04": ubuntu("24.04", day("2025-02-10")),
	"ubuntu:noble": ubuntu("24.04", day("2025-02-10")),
	"quay.io/centos/centos:stream9": {
		{CreatedBy: "/bin/sh -c #(nop) ADD file:" + strings.Repeat("c", 64) + " in / ", Created: day("2025-02-20")},
		{CreatedBy: `/bin/sh -c #(nop) LABEL org.label-schema.schema-version="1.0"     org.label-schema.name="CentOS Stream 9 Base Image"     org.label-schema.vendor="CentOS"     org.label-schema.build-date="20250220"`, Created: day("2025-02-20"), EmptyLayer: true},
		{CreatedBy: `/bin/sh -c #(nop) CMD ["/bin/bash"]`, Created: day("2025-02-20"), EmptyLayer: true},
	},
	"alpine:3.21": {{CreatedBy: "ADD alpine-minirootfs-3.21.3-x86_64.tar.gz / # buildkit", Created: day("2025-02-14"), Comment: "buildkit.dockerfile.v0"}, {CreatedBy: `CMD ["/bin/sh"]`, Created: day("2025-02-14"), EmptyLayer: true, Comment: "buildkit.dockerfile.v0"}},
}

func day(s string) v1.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return v1.Time{Time: t}
}

func ubuntu(version string, at v1.Time) []v1.History {
	const nop = "/bin/sh -c #(nop) "
	var out []v1.History
	for _, s := range []string{" ARG RELEASE", " ARG LAUNCHPAD_BUILD_ARCH", " LABEL org.opencontainers.image.ref.name=ubuntu", " LABEL org.opencontainers.image.version=" + version} {
		out = append(out, v1.History{CreatedBy: nop + s, Created: at, EmptyLayer: true})
	}
	add := v1.History{CreatedBy: nop + "ADD file:" + strings.Repeat("a", 64) + " in / ", Created: at}
	return append(out, add, v1.History{CreatedBy: nop + ` CMD ["/bin/bash"]`, Created: at, EmptyLayer: true})
}

// config puts layers to a history.
func config(h []v1.History) *configFile {
	c := &configFile{OS: "linux", Architecture: "amd64", History: h, Config: v1.Config{Env: []string{"PATH=" + recipe.DefaultPath}}}
	for i, x := range h {
		if !x.EmptyLayer {
			c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064d", i+1)})
		}
	}
	return c
}

// names tells a chain, the image first.
func names(t *testing.T, img ancestry.ConfigFiler, c *catalogue.Catalogue, hints ancestry.Hints) []string {
	t.Helper()
	l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{c}})
	require.NoError(t, err)
	var out []string
	for _, a := range l.Ancestors {
		name := a.Repository
		if len(a.Tags) > 0 {
			name += ":" + a.Tags[0]
		}
		out = append(out, fmt.Sprintf("%s %v", name, a.Confidence))
	}
	return out
}

// TestMirrorChains: of each publisher one chain, the Dockerfiles played as they were on a
// day, is named by the embedded genealogy; what somebody builds on it has no name.
func TestMirrorChains(t *testing.T) {
	clones, err := official.FindClones(mirror(t))
	require.NoError(t, err)
	g, err := genealogy.Open()
	require.NoError(t, err)
	for _, test := range []struct {
		repository string
		paths      []string // the oldest first
		want       []string
	}{
		{"nginxinc/docker-nginx-unprivileged", []string{"mainline/debian/Dockerfile"}, []string{"nginxinc/nginx-unprivileged:1.27.4 recognised", "debian:bookworm-20250224-slim recognised"}},
		{"microsoft/openjdk-docker", []string{"docker/ubuntu/Dockerfile.msopenjdk-21-jdk"}, []string{"mcr.microsoft.com/openjdk/jdk:21-ubuntu recognised", "ubuntu:22.04"}},
		{"jupyter/docker-stacks", []string{"images/docker-stacks-foundation/Dockerfile", "images/base-notebook/Dockerfile"}, []string{"quay.io/jupyter/base-notebook:latest recognised", "quay.io/jupyter/docker-stacks-foundation:latest recognised", "ubuntu:24.04"}},
		{"CircleCI-Public/cimg-base", []string{"22.04/Dockerfile"}, []string{"cimg/base:current-22.04 recognised", "ubuntu:22.04"}},
		{"cypress-io/cypress-docker-images", []string{"nodejs/docker-node:16/bullseye-slim/Dockerfile", "base/16.14.2-slim/Dockerfile"}, []string{"cypress/base:16.14.2-slim recognised", "node:16.14.2-bullseye-slim recognised", "debian:bullseye"}},
		{"microsoft/playwright", []string{"utils/docker/Dockerfile.noble"}, []string{"mcr.microsoft.com/playwright recognised", "ubuntu:24.04"}},
		{"sclorg/s2i-base-container", []string{"core/Dockerfile.c9s", "base/Dockerfile.c9s", "sclorg/s2i-python-container:3.12/Dockerfile.c9s"}, []string{"quay.io/sclorg/python-312-c9s:c9s recognised", "quay.io/sclorg/s2i-base-c9s:c9s recognised", "quay.io/sclorg/s2i-core-c9s:c9s recognised", "quay.io/centos/centos:stream9"}},
		{"osrf/docker_images", []string{"ros/jazzy/ubuntu/noble/ros-core/Dockerfile", "ros/jazzy/ubuntu/noble/ros-base/Dockerfile", "ros/jazzy/ubuntu/noble/desktop/Dockerfile"}, []string{"osrf/ros:jazzy-desktop-noble recognised", "ros:jazzy-ros-base-noble recognised", "ros:jazzy-ros-core-noble recognised", "ubuntu:24.04"}},
	} {
		t.Run(test.repository, func(t *testing.T) {
			on := "2025-02-26"
			switch test.repository {
			case "cypress-io/cypress-docker-images":
				on = "2022-04-20" // the newer ones are built by a program
			case "osrf/docker_images":
				on = "2024-06-10" // when the official ones were those of this repository's newest revision
			}
			var h []v1.History
			for i, p := range test.paths {
				name, file, ok := strings.Cut(p, ":")
				if !ok {
					name, file = test.repository, p
				}
				dir := clones[strings.ToLower(name)]
				if dir == "" {
					t.Skip("no clone of " + name)
				}
				text := fileOn(t, dir, file, on)
				from, steps := played(t, text, day(on).Add(time.Duration(12+i)*time.Hour), h)
				if i == 0 {
					require.NotEmpty(t, roots[from], "no root %s", from)
					h = slices.Clone(roots[from])
					for i := range h {
						if h[i].Created.After(day(on).Time) {
							h[i].Created = day(on)
						}
					}
					_, steps = played(t, text, day(on).Add(12*time.Hour), h)
				}
				h = append(h, steps...)
			}
			got := names(t, config(h), g, ancestry.Hints{})
			t.Log(strings.Join(got, "\n"))
			for i, want := range test.want {
				if assert.Less(t, i, len(got)) {
					assert.Contains(t, got[i], want)
				}
			}
			own := v1.History{CreatedBy: "RUN /bin/sh -c make # buildkit", Comment: "buildkit.dockerfile.v0", Created: v1.Time{Time: day(on).AddDate(0, 0, 7)}}
			assert.Equal(t, append([]string{" unknown"}, got...), names(t, config(append(h, own)), g, ancestry.Hints{}), "somebody's image on it")
		})
	}
}

// TestMirrorSelenium: a chain of four images of one release is named by the embedded genealogy.
// One on it that somebody builds has no name, nor has one with another browser.
func TestMirrorSelenium(t *testing.T) {
	clones, err := official.FindClones(mirror(t))
	require.NoError(t, err)
	dir := clones["seleniumhq/docker-selenium"]
	if dir == "" {
		t.Skip("no clone")
	}
	g, err := genealogy.Open()
	require.NoError(t, err)
	objects, err := git.Open(t.Context(), dir)
	require.NoError(t, err)
	defer func() { _ = objects.Close() }()
	at := time.Date(2024, 10, 10, 12, 0, 0, 0, time.UTC)
	play := func(chrome string) []v1.History {
		h := ubuntu("24.04", day("2024-09-04"))
		for _, x := range []struct{ dir, version string }{{"Base", "4.25.0"}, {"NodeBase", "4.25.0-20241010"}, {"NodeChrome", "4.25.0-20241010"}, {"Standalone", "4.25.0-20241010"}} {
			_, text, err := objects.Blob("4.25.0-20241010:" + x.dir + "/Dockerfile")
			require.NoError(t, err)
			args := map[string]string{"NAMESPACE": "selenium", "VERSION": x.version, "AUTHORS": "SeleniumHQ", "RELEASE": "selenium-4.25.0", "BASE": "node-chrome"}
			if chrome != "" {
				args["CHROME_VERSION"] = chrome
			}
			at = at.Add(time.Minute)
			_, steps := playedWith(t, text, args, at, h)
			h = append(h, steps...)
		}
		return h
	}
	want := []string{
		"selenium/standalone-chrome:4.25.0-20241010 recognised", "selenium/node-chrome:4.25.0-20241010 recognised",
		"selenium/node-base:4.25.0-20241010 recognised", "selenium/base:4.25.0-20241010 recognised",
	}
	assert.Equal(t, want, names(t, config(play("")), g, ancestry.Hints{})[:4])
	own := v1.History{CreatedBy: "RUN /bin/sh -c make # buildkit", Comment: "buildkit.dockerfile.v0", Created: v1.Time{Time: at.Add(time.Hour)}}
	assert.Equal(t, append([]string{" unknown"}, want...), names(t, config(append(play(""), own)), g, ancestry.Hints{})[:5])
	for _, name := range names(t, config(play("google-chrome-beta")), g, ancestry.Hints{})[:2] {
		assert.NotContains(t, name, "chrome", "it was built with another browser")
	}
}

// fileOn returns a file as it was on a day.
func fileOn(t *testing.T, dir, file, day string) []byte {
	t.Helper()
	var rev string
	err := git.Lines(t.Context(), dir, func(line string) error { rev = line; return nil }, "log", "-1", "--first-parent", "--until="+day+" 12:00 +0000", "--format=%H", "HEAD")
	require.NoError(t, err)
	objects, err := git.Open(t.Context(), dir)
	require.NoError(t, err)
	defer func() { _ = objects.Close() }()
	_, text, err := objects.Blob(rev + ":" + file)
	require.NoError(t, err, file)
	return text
}

// TestMirrorDotnet: a published manifest is named by bytes; and of what was built after the
// catalogue's day, how much is named by steps.
func TestMirrorDotnet(t *testing.T) {
	dir := mirror(t)
	until := time.Date(2025, 2, 27, 0, 0, 0, 0, time.UTC)
	rows := slices.DeleteFunc(table(), func(p Publisher) bool { return p.Repository != "dotnet/versions" })
	all, err := buildOf(t.Context(), Options{Mirror: dir, Until: until, Since: until.AddDate(0, 0, -30)}, rows)
	require.NoError(t, err)
	t.Logf("%+v", all[0].Report)
	file, err := all[0].Catalogue.Encode()
	require.NoError(t, err)
	known, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)

	h := slices.Clone(roots["debian:bookworm-slim"])
	var hints ancestry.Hints
	for i, l := range runtimeLayers {
		x, err := v1.NewHash(l)
		require.NoError(t, err)
		hints.LayerDigests = append(hints.LayerDigests, x)
		if i > 0 {
			h = append(h, v1.History{CreatedBy: fmt.Sprint("step ", i)})
		}
	}
	assert.Equal(t, []string{
		"mcr.microsoft.com/dotnet/runtime:8.0.13-bookworm-slim-amd64 recorded", "mcr.microsoft.com/dotnet/runtime-deps:8.0.13-bookworm-slim-amd64 recorded", "debian:bookworm-slim recorded",
	}, names(t, config(h), known, hints))

	text, err := os.ReadFile("../../../genealogy/genealogy.stemma")
	require.NoError(t, err)
	off, err := catalogue.Open(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	heldBack(t, dir, catalogue.Join(off, known), until)
}

// heldBack plays what was built on bookworm-slim after a day, and counts how it is named.
func heldBack(t *testing.T, dir string, c *catalogue.Catalogue, after time.Time) {
	t.Helper()
	clones, err := official.FindClones(dir)
	require.NoError(t, err)
	j := &Job{Dir: clones["dotnet/versions"], clones: clones, report: &Report{}}
	revisions, err := j.versions(t.Context(), func(p string) bool { return p == dotnetInfo }, dotnetInfo)
	require.NoError(t, err)
	objects, err := git.Open(t.Context(), j.Dir)
	require.NoError(t, err)
	defer func() { _ = objects.Close() }()
	source, err := git.Open(t.Context(), j.clone(dotnetFiles))
	require.NoError(t, err)
	defer func() { _ = source.Close() }()

	count, bad := map[string]int{}, 0
	seen := map[string]bool{}
	byTag := map[string]fact{}
	for _, r := range revisions {
		if r.from < data.DayOf(after) {
			continue
		}
		_, text, err := objects.Blob(r.blob)
		if err != nil {
			continue
		}
		facts, err := parseImageInfo(text)
		require.NoError(t, err)
		for f := range facts {
			for tag := range strings.FieldsSeq(f.tags) {
				byTag[f.repository+":"+tag] = f
			}
		}
		for f := range facts {
			if f.created < data.DayOf(after) || f.arch != "amd64" || !strings.Contains(f.tags, "bookworm-slim") || seen[f.commit+f.path] || len(seen) >= 200 {
				continue
			}
			seen[f.commit+f.path] = true
			at := f.created.Time().Add(12 * time.Hour)
			h, depth := heldBackHistory(t, source, f, byTag, at)
			if h == nil {
				continue
			}
			got := names(t, config(h), c, ancestry.Hints{})
			name, _, _ := strings.Cut(got[0], " ")
			repo, tag, _ := strings.Cut(name, ":")
			switch {
			case repo == "":
				count["unknown"]++
				t.Logf("unknown: %s %.60s, of it %v", f.repository, f.tags, got[1:])
			case repo != f.repository:
				bad++
				t.Errorf("%s for %s %s", got, f.repository, f.tags)
			case tag != "" && !slices.Contains(strings.Fields(f.tags), tag):
				count["another tag"]++
				t.Logf("%s for %s", got[0], f.tags)
			case len(got) == depth+1:
				count["whole chain"]++
			default:
				count["image"]++
			}
		}
	}
	t.Logf("built after %s: %v, %d wrong names", after.Format(time.DateOnly), count, bad)
	assert.Positive(t, count["whole chain"]+count["image"])
}

// heldBackHistory plays an image with all that it stands on.
func heldBackHistory(t *testing.T, source *git.Objects, f fact, byTag map[string]fact, at time.Time) ([]v1.History, int) {
	t.Helper()
	_, text, err := source.Blob(f.commit + ":" + f.path)
	if err != nil {
		return nil, 0
	}
	from, own := played(t, text, at, nil)
	if root := roots[from]; root != nil {
		return append(slices.Clone(root), own...), 1
	}
	parent, ok := byTag[from]
	if !ok {
		return nil, 0
	}
	below, depth := heldBackHistory(t, source, parent, byTag, at)
	if below == nil {
		return nil, 0
	}
	return append(below, own...), depth + 1
}
