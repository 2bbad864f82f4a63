//go:build tagged

package stemma_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/aptmirror"
	"github.com/stemma-go/stemma/testdata/chain"
)

// The images of the chain are nobody's but ours, from the root on: with the
// genealogy at hand, none of their ancestors gets the name of a Docker Official
// Image.
func TestTaggedNoOfficialName(t *testing.T) {
	dir, err := chain.Build(t.Context())
	require.NoError(t, err)
	for _, stage := range []string{"debian", "toolchain", "runtime", "app"} {
		t.Run(stage, func(t *testing.T) {
			img, err := source.Open(t.Context(), "oci:"+filepath.Join(dir, "stages", stage), nil)
			require.NoError(t, err)
			defer img.Close()
			rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{NoPackages: true})
			require.NoError(t, err)
			require.NotEmpty(t, rep.Ancestors)
			for i, a := range rep.Ancestors {
				if a.Repository != "" {
					assert.True(t, strings.HasPrefix(a.Repository, "example.org/"), "ancestor %d is called %s (%s): %v", i, a, a.Confidence, a.Evidence)
				}
			}
		})
	}
}

// Roots as mmdebstrap makes them, one with documentation and one whose dpkg leaves it
// out: what stands on them is told to stand on a full or on a slim image, and without
// the layers it is a tie. The rules about what is in the files are silent on them, but for
// compilers, of which they name every one with its bytes.
func TestTaggedFullOrSlim(t *testing.T) {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		t.Skip("needs mmdebstrap")
	}
	for name, test := range map[string]struct {
		args      []string
		want      string
		compilers []string
	}{
		"full":           {nil, "debian:bookworm-20241202", nil},
		"slim":           {[]string{"--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*"}, "debian:bookworm-20241202-slim", nil},
		"with compilers": {[]string{"--include=g++"}, "debian:bookworm-20241202", []string{"gcc-12", "g++-12", "cpp-12", "libgcc-12-dev", "libstdc++-12-dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "root.tar")
			args := append([]string{"--quiet", "--variant=minbase"}, test.args...)
			cmd := exec.CommandContext(t.Context(), "mmdebstrap", append(args, "bookworm", root, aptmirror.Bookworm(t))...)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			img := onRoot(t, root)

			rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{Rules: []report.Rule{
				rules.BuildTools(), rules.SingleStage(), rules.SecretFile(), rules.Setuid(), rules.WorldWritable(), rules.WritableSystem(), rules.NeedlessShell(),
			}})
			require.NoError(t, err)
			require.Len(t, rep.Ancestors, 2)
			message := ""
			for _, f := range rep.Findings {
				assert.True(t, f.Rule == "build-tools" && test.compilers != nil, "%v", f)
				if f.Subject == "compilers" {
					message = f.Message
				}
			}
			for _, c := range test.compilers {
				assert.Regexp(t, regexp.QuoteMeta(c)+` \([0-9.]+ [kM]B\)`, message)
			}
			assert.Equal(t, test.want, rep.Ancestors[1].String(), "%v", rep.Ancestors[1].Evidence)
			assert.Empty(t, rep.Ancestors[1].Ties)

			g, err := genealogy.Open()
			require.NoError(t, err)
			alone, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Catalogues: []ancestry.Source{g}})
			require.NoError(t, err)
			assert.Len(t, alone.Ancestors[1].Ties, 2, "from the configuration it may be either")
		})
	}
}

// onRoot is an application on a root archive that is called Debian's of a day.
func onRoot(t *testing.T, root string) v1.Image {
	t.Helper()
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", RootFS: v1.RootFS{Type: "layers"}})
	require.NoError(t, err)
	lower, err := tarball.LayerFromFile(root)
	require.NoError(t, err)
	day := time.Date(2024, 12, 2, 0, 0, 0, 0, time.UTC)
	upper := static.NewLayer([]byte(strings.Repeat("\x00", 1024)), types.DockerUncompressedLayer)
	img, err = mutate.Append(img,
		mutate.Addendum{Layer: lower, History: v1.History{Created: v1.Time{Time: day}, CreatedBy: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1733097600'", Comment: "debuerreotype 0.15"}},
		mutate.Addendum{Layer: upper, History: v1.History{Created: v1.Time{Time: day.AddDate(0, 1, 0)}, CreatedBy: "COPY app /srv # buildkit", Comment: "buildkit.dockerfile.v0"}},
		mutate.Addendum{History: v1.History{Created: v1.Time{Time: day.AddDate(0, 1, 0)}, CreatedBy: `CMD ["/srv/app"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true}},
	)
	require.NoError(t, err)
	return img
}

// Runtimes of this machine that three builders copied from stages: each is told with the
// version that it says itself, by the step that copied it. Parts of them, and an unpacked
// archive, tell nothing; a second copy is no other donor.
func TestTaggedDonors(t *testing.T) {
	for _, tool := range []string{"docker", "dockerd", "buildah", "skopeo", "node", "python3", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "testdata/donors/build.sh", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	said, err := os.ReadFile(filepath.Join(dir, "versions"))
	require.NoError(t, err)
	versions := strings.Split(strings.TrimSpace(string(said)), "\n")
	for _, builder := range []string{"classic", "buildkit", "buildah"} {
		for stage, want := range map[string][]string{"whole": versions, "again": versions, "parts": nil} {
			t.Run(builder+"/"+stage, func(t *testing.T) {
				img, err := source.Open(t.Context(), filepath.Join(dir, builder+"-"+stage+".tar"), nil)
				require.NoError(t, err)
				defer img.Close()
				rep, err := stemma.Analyze(t.Context(), img, &stemma.Options{NoGenealogy: true})
				require.NoError(t, err)
				var got []string
				for i, d := range rep.Donors {
					got = append(got, d.String()+" "+d.Version)
					assert.Equal(t, ancestry.Inferred, d.Confidence)
					assert.Equal(t, []int{i + 1}, d.Steps)
					assert.Positive(t, d.Bytes)
				}
				assert.Equal(t, want, got)
			})
		}
	}
}
