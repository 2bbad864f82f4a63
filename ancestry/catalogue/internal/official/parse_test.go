package official_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/official"
)

func TestParse(t *testing.T) {
	entries, err := official.Parse(`# a comment
Maintainers: A <a@example.com> (@a),
             B <b@example.com> (@b)
   
GitRepo: https://github.com/example/lib.git
GitFetch: refs/heads/main
amd64-GitCommit: aaaa
Builder: buildkit

Tags: 1.2.3-trixie, 1.2-trixie
SharedTags: 1.2.3, latest
Architectures: amd64, arm64v8, windows-amd64
GitCommit: 1111
# between fields
Directory: ./1.2/trixie/
arm64v8-Directory: arm

Tags: 1.2.3-windowsservercore
Architectures: windows-amd64
GitCommit: 2222

Tags: oci
GitCommit: 3333
Builder: oci-import
File: index.json
`)
	require.NoError(t, err)
	base := official.Origin{Repo: "https://github.com/example/lib.git", Fetch: "refs/heads/main", Builder: "buildkit", File: "Dockerfile", Commit: "1111", Directory: "1.2/trixie"}
	amd64, arm64 := base, base
	amd64.Commit, arm64.Directory = "aaaa", "arm"
	require.Len(t, entries, 3)
	assert.Equal(t, official.Entry{
		Tags: []string{"1.2.3-trixie", "1.2-trixie", "1.2.3", "latest"}, Default: base, Architectures: []string{"amd64", "arm64v8"},
		ByArch: map[string]official.Origin{"amd64": amd64, "arm64v8": arm64},
	}, entries[0])
	assert.Equal(t, base, entries[0].Origin("s390x"))
	assert.True(t, entries[1].Windows)
	assert.Equal(t, []string{"amd64"}, entries[2].Architectures)
	assert.Equal(t, official.Origin{Repo: base.Repo, Fetch: base.Fetch, Commit: "aaaa", File: "index.json", Builder: "oci-import"}, entries[2].Origin("amd64"))
}

func TestParseOldFormats(t *testing.T) {
	entries, err := official.Parse(`# maintainer: A
3.4.1: git://github.com/example/lib@aaaa 3.4
3.4: git://github.com/example/lib@aaaa 3.4
slim: git://github.com/example/lib@bbbb 3.4/slim

latest	git://github.com/example/old	C:cccc
7.2		git://github.com/example/old	T:v7 7
`)
	require.NoError(t, err)
	require.Len(t, entries, 4)
	assert.Equal(t, []string{"3.4.1", "3.4"}, entries[0].Tags)
	assert.Equal(t, official.Origin{Repo: "git://github.com/example/lib", Commit: "aaaa", Directory: "3.4", File: "Dockerfile"}, entries[0].Default)
	assert.Equal(t, "3.4/slim", entries[1].Default.Directory)
	assert.Equal(t, official.Origin{Repo: "git://github.com/example/old", Commit: "cccc", File: "Dockerfile"}, entries[2].Default)
	assert.Equal(t, official.Origin{Repo: "git://github.com/example/old", Commit: "v7", Directory: "7", File: "Dockerfile"}, entries[3].Default)
}

func TestParseWhatCanBe(t *testing.T) {
	entries, err := official.Parse("Maintainers: A\nno field here\n\nTags: 1\nGitCommit: a\n\nGitCommit: b\n")
	assert.ErrorContains(t, err, "line 2: no field")
	assert.ErrorContains(t, err, "line 7: no tags")
	require.Len(t, entries, 1)
	assert.Equal(t, []string{"1"}, entries[0].Tags)

	entries, err = official.Parse("Maintainers: nobody any more\n")
	assert.NoError(t, err)
	assert.Empty(t, entries)
}

func FuzzParse(f *testing.F) {
	f.Add("Maintainers: A\nGitRepo: https://example.com/x.git\n\nTags: 1, 2\nArchitectures: amd64, arm64v8\narm64v8-File: D\n")
	f.Add("1: git://github.com/example/lib@aaaa 3.4\n x\n")
	f.Add("latest\tgit://github.com/example/old\tC:cccc")
	f.Fuzz(func(t *testing.T, text string) {
		entries, _ := official.Parse(text)
		for _, e := range entries {
			if len(e.Tags) == 0 {
				t.Error("an entry without tags")
			}
			for _, a := range e.Architectures {
				_ = e.Origin(a)
			}
		}
	})
}

func TestRepoName(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com/docker-library/python.git": "github.com/docker-library/python",
		"git://github.com/docker-library/python":       "github.com/docker-library/python",
		"git@github.com:docker-library/python.git":     "github.com/docker-library/python",
		"https://git.launchpad.net/a/+oci/ubuntu/":     "git.launchpad.net/a/+oci/ubuntu",
		"": "",
	} {
		assert.Equal(t, want, official.RepoName(url), url)
	}
}
