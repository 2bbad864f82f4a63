package genealogy_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// A configFile is an ancestry.ConfigFiler.
type configFile v1.ConfigFile

func (c *configFile) ConfigFile() (*v1.ConfigFile, error) { return (*v1.ConfigFile)(c), nil }

// entry is one of a history; layer says whether it made one.
func entry(t *testing.T, created, createdBy, comment string, layer bool) v1.History {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, created)
	require.NoError(t, err)
	return v1.History{Created: v1.Time{Time: at}, CreatedBy: createdBy, Comment: comment, EmptyLayer: !layer}
}

// aspnet is the configuration of an application on aspnet:8.0.0-rc.1 that .NET's SDK made:
// history, dates and diffIDs are those that Microsoft showed when it announced .NET 8 RC 2.
func aspnet(t *testing.T) *configFile {
	t.Helper()
	const bk = "buildkit.dockerfile.v0"
	cfg := &configFile{OS: "linux", Architecture: "amd64", Config: v1.Config{Env: []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080",
		"DOTNET_RUNNING_IN_CONTAINER=true", "DOTNET_VERSION=8.0.0-rc.1.23419.4", "ASPNET_VERSION=8.0.0-rc.1.23421.29",
	}}}
	for _, x := range []string{
		"d310e774110ab038b30c6a5f7b7f7dd527dbe527854496bd30194b9ee6ea496e", "379caff0dd639afb033e114cb8da17c334a36d0c6c01bb4cf5f2d1a811968742",
		"80627b9413613b9703eec6adc7a3a751ac1b7571041c77899456345f823ef63a", "6231bc2ccd45860760c09a50d6d059aa4b6aa357e41e6d06f4394f24176f203d",
		"56fa0b94fd5e406124a3d070ec79998698ddea2e635bf53bbf106dc86aeaa240", "272eedde5582036a7f26fe5d069f4ba328ba7a5c6be30f6dcbee9838224df148",
		"4b8ab71658cccccfaf8979b1025f3ed1b12e936a448dcd13b9ab4f7709f31357",
	} {
		cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: x})
	}
	cfg.History = []v1.History{
		entry(t, "2023-09-20T04:55:40.8154909Z", "/bin/sh -c #(nop) ADD file:a1398394375faab8dd9e1e8d584eea96c750fb57ae4ffd2b14624f1cf263561b in / ", "", true),
		entry(t, "2023-09-20T04:55:41.1203677Z", `/bin/sh -c #(nop)  CMD ["bash"]`, "", false),
		entry(t, "2023-09-20T12:13:34.5265068Z", "ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true", bk, false),
		entry(t, "2023-09-20T12:13:34.5265068Z", "RUN /bin/sh -c apt-get update     && apt-get install -y --no-install-recommends         ca-certificates                 libc6         libgcc-s1         libicu72         libssl3         libstdc++6         tzdata         zlib1g     && rm -rf /var/lib/apt/lists/* # buildkit", bk, true),
		entry(t, "2023-09-20T12:13:34.8536814Z", "RUN /bin/sh -c groupadd         --gid=$APP_UID         app     && useradd -l         --uid=$APP_UID         --gid=$APP_UID         --create-home         app # buildkit", bk, true),
		entry(t, "2023-09-20T12:13:36.8764982Z", "ENV DOTNET_VERSION=8.0.0-rc.1.23419.4", bk, false),
		entry(t, "2023-09-20T12:13:36.8764982Z", "COPY /dotnet /usr/share/dotnet # buildkit", bk, true),
		entry(t, "2023-09-20T12:13:37.1287440Z", "RUN /bin/sh -c ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet # buildkit", bk, true),
		entry(t, "2023-09-20T12:13:39.8264990Z", "ENV ASPNET_VERSION=8.0.0-rc.1.23421.29", bk, false),
		entry(t, "2023-09-20T12:13:39.8264990Z", "COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit", bk, true),
		{Created: v1.Time{Time: time.Date(2023, 10, 2, 18, 20, 4, 0, time.UTC)}, CreatedBy: ".NET SDK Container Tooling, version 8.0.100-dev", Author: ".NET SDK"},
	}
	return cfg
}

// chain tells the chain, the image itself first: repository:tag, and how sure it is.
func chain(t *testing.T, img ancestry.ConfigFiler, hints ancestry.Hints) []string {
	t.Helper()
	g, err := genealogy.Open()
	require.NoError(t, err)
	l, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{g}})
	require.NoError(t, err)
	require.Empty(t, l.Problems)
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

// TestDotnetBySteps: a published configuration on .NET is told to its root by its steps.
func TestDotnetBySteps(t *testing.T) {
	assert.Equal(t, []string{
		" unknown",
		"mcr.microsoft.com/dotnet/aspnet:8.0.0-rc.1-bookworm-slim-amd64 recognised",
		"mcr.microsoft.com/dotnet/runtime:8.0.0-rc.1-bookworm-slim-amd64 recognised",
		"mcr.microsoft.com/dotnet/runtime-deps:8.0.0-rc.1-bookworm-slim-amd64 recognised",
		"debian:bookworm-20230919-slim recognised",
	}, chain(t, aspnet(t), ancestry.Hints{}))
}

// TestSize: all files together are 6 MB at most.
func TestSize(t *testing.T) {
	names, err := filepath.Glob("publishers/*.stemma")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	total := 0
	for _, name := range append(names, "genealogy.stemma") {
		s, err := os.Stat(name)
		require.NoError(t, err)
		total += int(s.Size())
	}
	assert.LessOrEqual(t, total, 6_000_000)
}

// TestParts: a newer catalogue of the official images takes the place of theirs alone.
func TestParts(t *testing.T) {
	official, err := genealogy.Official()
	require.NoError(t, err)
	others, err := genealogy.Publishers()
	require.NoError(t, err)
	assert.Contains(t, official.Repositories(), "python")
	assert.NotContains(t, official.Repositories(), "mcr.microsoft.com/dotnet/sdk")
	assert.Contains(t, others.Repositories(), "mcr.microsoft.com/dotnet/sdk")
	assert.NotContains(t, others.Repositories(), "python")
}

// TestWith: what is newer takes the place of what ships, publisher by publisher; what is older
// does not, and what is of another publisher is added.
func TestWith(t *testing.T) {
	at := func(day string, names ...string) *catalogue.Catalogue {
		d, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		b := own.New("ours", d)
		for _, name := range names {
			require.NoError(t, b.AddDockerfiles(t.Context(), fstest.MapFS{name + "/1/Dockerfile": {Data: []byte("FROM debian:trixie\nRUN make\n")}}, nil))
		}
		var out bytes.Buffer
		_, err = b.WriteTo(&out)
		require.NoError(t, err)
		c, err := catalogue.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.NoError(t, err)
		return c
	}
	all, err := genealogy.Open()
	require.NoError(t, err)
	same, err := genealogy.With(nil, nil)
	require.NoError(t, err)
	assert.Equal(t, all.Source(), same.Source())

	newer, older := at("2099-01-01", "acme/new"), at("2013-06-01", "acme/old")
	c, err := genealogy.With(newer, map[string]*catalogue.Catalogue{"dotnet+versions": older, "microsoft+playwright": newer, "zzz+new": at("2013-06-01", "acme/more")})
	require.NoError(t, err)
	repositories := c.Repositories()
	for _, x := range []string{"acme/new", "acme/more", "mcr.microsoft.com/dotnet/sdk", "cypress/base"} {
		assert.Contains(t, repositories, x)
	}
	for _, x := range []string{"python", "mcr.microsoft.com/playwright", "acme/old"} {
		assert.NotContains(t, repositories, x)
	}
	c, err = genealogy.With(older, nil)
	require.NoError(t, err)
	assert.Contains(t, c.Repositories(), "python")
}
