//go:build tagged

package index_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/index"
)

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	require.NoError(t, err, "%s %v", name, args)
	return string(out)
}

// Debian's real index, from apt's own copy and from the mirrors that apt knows: of every
// package that is installed here, the versions are those that apt-cache tells.
func TestTaggedApt(t *testing.T) {
	suites := map[string]string{} // URL by suite
	for line := range strings.Lines(output(t, "apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)", "Created-By: Packages")) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "Debian" && strings.HasPrefix(f[1], "bookworm") && f[2] == "main" {
			suites[f[1]] = strings.TrimSuffix(f[3], "/")
		}
	}
	require.Contains(t, suites, "bookworm")
	var mirrors []string
	for _, url := range suites {
		mirrors = append(mirrors, url)
	}
	slices.Sort(mirrors)
	local, err := index.Open(t.Context(), bookworm, []string{"/var/lib/apt/lists"}, nil)
	require.NoError(t, err)
	remote, err := index.Open(t.Context(), bookworm, slices.Compact(mirrors), nil)
	require.NoError(t, err)
	t.Log(local, local.Day(), local.Len(), remote, remote.Day(), remote.Len())
	assert.Greater(t, local.Len(), 50_000)

	var names []string
	for line := range strings.Lines(output(t, "dpkg-query", "-W", "-f", "${binary:Package}\t${Architecture}\n")) {
		name, _, _ := strings.Cut(strings.Fields(line)[0], ":")
		names = append(names, name)
	}
	want := map[string][]string{} // versions by name
	for line := range strings.Lines(output(t, "apt-cache", append([]string{"madison"}, names...)...)) {
		f := strings.Split(line, "|")
		if len(f) == 3 && strings.HasSuffix(strings.TrimSpace(f[2]), "Packages") && strings.Contains(f[2], " bookworm") {
			name := strings.TrimSpace(f[0])
			want[name] = append(want[name], strings.TrimSpace(f[1]))
		}
	}
	require.NotEmpty(t, want)
	for name, versions := range want {
		slices.Sort(versions)
		versions = slices.Compact(versions)
		for where, x := range map[string]*index.Index{"local": local, "remote": remote} {
			var got []string
			for _, a := range x.Versions(&packages.Package{Type: "deb", Name: name, Arch: "amd64"}) {
				got = append(got, a.Version)
			}
			slices.Sort(got)
			if where == "local" {
				assert.Equal(t, versions, slices.Compact(got), name)
			} else {
				assert.Subset(t, got, versions, name) // apt may not have asked for all components
			}
		}
	}
	t.Log(len(want), "packages compared")
}
