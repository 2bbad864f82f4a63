package publishers

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
)

// Digests of docker:24.0.7-cli for amd64, of its parent, and of the index of that.
const (
	cliDigest   = "sha256:0432a4d379794811b4a2e01d0d3e67a9bcf95d6c2bf71545f03bce3f1d60f401"
	alpineOf    = "sha256:d695c3de6fcd8cfe3a6222b0358425d40adfd129a8a47c3416faff1a8aece389"
	alpineIndex = "sha256:34871e7290500828b39e22294660bee86d966bc0017544e848dd9a255cdf59e0"
)

// writeMeta writes builds.json with one build, in the form of 2024 or that of 2023.
func writeMeta(young bool, tags ...string) string {
	const staging = "oisupport/staging-amd64:4b199ac326c74b3058a147e14f553af9e8e1659abc29bd3e82c9c9807b66ee43"
	image := func(ref, manifest, index string) string {
		if !young {
			return fmt.Sprintf(`{"manifest": {"ref": "%[1]s@%[2]s", "desc": {"digest": %[2]q}}, "index": {"ref": "%[1]s@%[3]s", "desc": {"digest": %[3]q}}}`, ref, manifest, index)
		}
		name, _, _ := strings.Cut(ref, ":")
		return fmt.Sprintf(`{"schemaVersion": 2, "manifests": [
			{"digest": "sha256:%064d", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}, "platform": {"architecture": "unknown"}},
			{"digest": %q, "annotations": {"com.docker.official-images.bashbrew.arch": "amd64"}}], "annotations": {"org.opencontainers.image.ref.name": "%s@%s"}}`, 7, manifest, name, index)
	}
	return fmt.Sprintf(`{"x": {"buildId": "x", "build": {"arch": "amd64", "resolved": %s, "parents": {"alpine:3.18": %q}, "resolvedParents": {"alpine:3.18": %s}},
		"source": {"arches": {"amd64": {"tags": ["%s"], "archTags": ["amd64/docker:cli"]}}}}}`,
		image(staging, cliDigest, "sha256:"+strings.Repeat("9", 64)), alpineOf, image("alpine:3.18", alpineOf, alpineIndex), strings.Join(tags, `", "`))
}

// metaCatalogue makes a clone and a catalogue of it.
func metaCatalogue(t *testing.T, young bool) *catalogue.Catalogue {
	t.Helper()
	dir := t.TempDir()
	repository(t, dir, "docker-library/meta",
		commit{"2023-11-23", map[string]string{"builds.json": writeMeta(young, "docker:24.0.6-cli")}}, // replaced on that day
		commit{"2023-11-23", map[string]string{"builds.json": writeMeta(young, "docker:24.0.7-cli", "docker:24-cli", "docker:cli")}},
		commit{"2023-11-25", map[string]string{"builds.json": "no JSON"}},
		commit{"2023-11-27", map[string]string{"builds.json": writeMeta(young, "docker:24.0.7-cli", "docker:24-cli")}},
	)
	file, reports := madeOf(t, Options{Mirror: dir, Only: []string{"docker-library/meta"}}, table()...)
	require.Len(t, reports, 1)
	assert.Equal(t, []int{3, 1}, []int{reports[0].Images, reports[0].Unread})
	c, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	return c
}

// TestMeta: digests of manifests, and of the indices of what is built on, have their tags.
func TestMeta(t *testing.T) {
	for _, young := range []bool{false, true} {
		c := metaCatalogue(t, young)
		assert.Equal(t, []string{"alpine", "docker"}, c.Repositories())
		for _, x := range []struct {
			repository, digest string
			want               []string
		}{
			{"docker", cliDigest, []string{"24.0.7-cli", "24-cli", "cli"}}, {"alpine", alpineOf, []string{"3.18"}}, {"alpine", alpineIndex, []string{"3.18"}},
			{"docker", alpineOf, nil}, {"docker", "sha256:" + strings.Repeat("9", 64), nil}, {"python", cliDigest, nil},
		} {
			h, err := v1.NewHash(x.digest)
			require.NoError(t, err)
			tags, where, err := c.TagsOf(t.Context(), x.repository, h)
			require.NoError(t, err)
			assert.ElementsMatch(t, x.want, tags, x.digest)
			if len(x.want) > 0 {
				assert.Equal(t, x.want[0], tags[0], "the most specific first")
				assert.Contains(t, where, "catalogue of 2023-11-27, github.com/docker-library/meta@")
			}
		}
	}
}

// TestByDigest: what an image says of its base's digest, and the digest of its own manifest,
// are given tags; a digest that the catalogue does not know changes nothing.
func TestByDigest(t *testing.T) {
	c := metaCatalogue(t, true)
	steps := []v1.History{
		{CreatedBy: "ADD alpine-minirootfs-3.18.4-x86_64.tar.gz / # buildkit", Comment: "buildkit.dockerfile.v0", Created: day("2023-10-01")},
		{CreatedBy: `CMD ["/bin/sh"]`, Comment: "buildkit.dockerfile.v0", Created: day("2023-10-01"), EmptyLayer: true},
		{CreatedBy: "COPY docker /usr/local/bin/ # buildkit", Comment: "buildkit.dockerfile.v0", Created: day("2023-11-23")},
		{CreatedBy: `CMD ["sh"]`, Comment: "buildkit.dockerfile.v0", Created: day("2023-11-23"), EmptyLayer: true},
		{CreatedBy: "/bin/sh -c #(nop) COPY file:" + strings.Repeat("a", 64) + " in /app ", Comment: "FROM docker.io/library/docker@" + cliDigest, Created: day("2023-12-01")},
	}
	own, err := v1.NewHash(cliDigest)
	require.NoError(t, err)
	for name, x := range map[string]struct {
		steps []v1.History
		hints ancestry.Hints
		want  []string
	}{
		"Buildah's comment":     {steps, ancestry.Hints{}, []string{" unknown", "docker:24.0.7-cli recorded", "alpine:3.18.4 inferred"}},
		"the annotation":        {steps[:4], ancestry.Hints{Annotations: map[string]string{"org.opencontainers.image.base.name": "alpine:latest", "org.opencontainers.image.base.digest": alpineOf}}, []string{" unknown", "alpine:3.18 inferred"}},
		"the image's own":       {steps[:4], ancestry.Hints{Reference: "docker:cli", Digest: own}, []string{"docker:24.0.7-cli proved", "alpine:3.18.4 inferred"}},
		"asked for as another":  {steps[:4], ancestry.Hints{Reference: "mirror.example.com/docker:cli", Digest: own}, []string{"mirror.example.com/docker:cli recorded", "alpine:3.18.4 inferred"}},
		"a digest of something": {steps[:4], ancestry.Hints{Reference: "docker:cli", Digest: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("5", 64)}}, []string{"docker:cli recorded", "alpine:3.18.4 inferred"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, x.want, names(t, config(x.steps), c, x.hints))
		})
	}
}

// FuzzMeta: whatever a repository holds, there is an error or there are facts with tags and
// digests.
func FuzzMeta(f *testing.F) {
	f.Add([]byte(writeMeta(true, "docker:cli")))
	f.Add([]byte(writeMeta(false, "docker:cli")))
	f.Add([]byte(`{"x": {"build": {"resolved": {"manifest": null}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		facts, err := parseMeta(text)
		assert.True(t, err != nil || facts != nil)
		for p := range facts {
			assert.NotEmpty(t, p.tag)
			_, err := v1.NewHash(p.digest)
			assert.NoError(t, err)
		}
	})
}

// devHistoryText is the form of devcontainers/images' histories, with the digest and the tags of
// python:3.0.6-3.14-trixie.
const devHistoryText = "# [python](x)\n\n**Image version:** 3.0.6\n\n## Variant: 3.14-trixie\n\n**Digest:** sha256:1af48f9bd555f7972b14424def113c166dab9c5027bd9d9f5cc57704a42974f2\n\n**Tags:**\n```\n" +
	"mcr.microsoft.com/devcontainers/python:3.0.6-3.14-trixie\nmcr.microsoft.com/devcontainers/python:3.0.6-3.14\n```\n\n### Contents\n```\nmcr.microsoft.com/devcontainers/python:9\n```\n## Variant: x\n```\nmcr.microsoft.com/devcontainers/python:8\n```\n"

// TestDevContainers: a version's digests have its tags.
func TestDevContainers(t *testing.T) {
	dir := t.TempDir()
	repository(t, dir, "devcontainers/images", commit{"2026-03-17", map[string]string{
		"src/python/history/3.0.6.md": devHistoryText, "src/python/history/dev.md": devHistoryText,
	}})
	file, reports := madeOf(t, Options{Mirror: dir, Only: []string{"devcontainers/images"}}, table()...)
	assert.Equal(t, 1, reports[0].Images)
	c, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	h, err := v1.NewHash("sha256:1af48f9bd555f7972b14424def113c166dab9c5027bd9d9f5cc57704a42974f2")
	require.NoError(t, err)
	tags, _, err := c.TagsOf(t.Context(), "mcr.microsoft.com/devcontainers/python", h)
	require.NoError(t, err)
	assert.Equal(t, []string{"3.0.6-3.14-trixie", "3.0.6-3.14"}, tags)
}

func FuzzDevHistory(f *testing.F) {
	f.Add(devHistoryText)
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range parseDevHistory(text) {
			assert.NotEmpty(t, p.tag)
			assert.NotEmpty(t, p.digest)
		}
	})
}
