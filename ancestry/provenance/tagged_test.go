//go:build tagged

package provenance_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/buildkit"
	"github.com/stemma-go/stemma/testdata/realregistry"
)

var keep = flag.Bool("keep", false, "keep what BuildKit attests in testdata/buildkit, for the other tests")

// BuildKit attests what a multi-stage build did; the images are in Debian's docker-registry.
func TestTaggedBuildKit(t *testing.T) {
	registry := realregistry.Start(t)
	daemon := buildkit.Start(t)
	for name, which := range map[string]string{"base": "base:1", "tool": "tool:2", "helper": "helper:3", "donor": "donor:4", "seen": "seen:5"} {
		dir := contextOf(t, "root.Dockerfile", map[string]string{"which": name}, "/bin/busybox")
		daemon.Build(t, dir, registry+"/acme/"+which, "--frontend=dockerfile.v0", "--opt=build-arg:WHICH="+name)
	}
	daemon.Build(t, contextOf(t, "frontend.Dockerfile", nil, daemon.Frontend()), registry+"/docker/dockerfile:1", "--frontend=dockerfile.v0")
	scan, err := os.ReadFile("testdata/build/scan")
	require.NoError(t, err)
	daemon.Build(t, contextOf(t, "scanner.Dockerfile", map[string]string{"scan": string(scan)}, "/bin/busybox"), registry+"/acme/scanner:1", "--frontend=dockerfile.v0")
	app, scratch := contextOf(t, "app.Dockerfile", nil), contextOf(t, "scratch.Dockerfile", nil)
	build := func(t *testing.T, dir, tag, attested string, more ...string) string {
		ref := registry + "/acme/" + tag
		daemon.Build(t, dir, ref, append(more, "--frontend=gateway.v0", "--opt=source="+registry+"/docker/dockerfile:1",
			"--opt=build-arg:REGISTRY="+registry, "--opt=attest:sbom=generator="+registry+"/acme/scanner:1", "--opt=attest:provenance="+attested)...)
		return ref
	}

	for _, version := range []string{"v1", "v0.2"} {
		t.Run(version, func(t *testing.T) {
			ref := build(t, app, "app:max-"+version, "mode=max,version="+version, "--opt=vcs:source=https://user:secret@git.example.org/acme/app.git", "--opt=vcs:revision=4b220de5058abfd01ff619c9d2ff6b09a049bea0", "--opt=vcs:localdir:dockerfile=build")
			r := told(t, ref, &provenance.Options{})
			base := r.Ancestors[1]
			assert.Equal(t, registry+"/acme/base:1", base.String())
			assert.Equal(t, ancestry.Recorded, base.Confidence)
			assert.Equal(t, digestOf(t, registry+"/acme/base:1"), base.Digest)
			assert.Equal(t, ancestry.Span{From: 0, To: 5}, base.Steps)
			var donors []string
			for _, d := range r.Lineage.Donors {
				donors = append(donors, d.String()+" "+d.Stage)
				assert.Equal(t, ancestry.Recorded, d.Confidence)
			}
			assert.ElementsMatch(t, []string{
				registry + "/acme/tool:2 build", registry + "/acme/helper:3 ", registry + "/acme/helper:3 helper",
				registry + "/acme/donor:4 ", registry + "/acme/seen:5 ",
			}, donors)
			require.NotNil(t, r.Lineage.Dockerfile)
			assert.Equal(t, "build/Dockerfile", r.Lineage.Dockerfile.Path)
			assert.Equal(t, "https://git.example.org/acme/app.git", r.Lineage.Dockerfile.Repository)

			// The base's own configuration proves it.
			r = told(t, ref, &provenance.Options{Config: configs})
			assert.Equal(t, registry+"/acme/base:1", r.Ancestors[1].String())
			keepDocuments(t, ref, "max-"+version)

			// Without options, nothing is known of it.
			r = told(t, ref, nil)
			assert.Empty(t, r.Lineage.Donors)

			// mode=min: the layers tell, and without them nothing does.
			ref = build(t, app, "app:min-"+version, "mode=min,version="+version)
			r = told(t, ref, &provenance.Options{Config: configs})
			base = r.Ancestors[1]
			assert.Equal(t, registry+"/acme/base:1", base.String())
			assert.Equal(t, ancestry.Recorded, base.Confidence)
			assert.Contains(t, base.Evidence[0].Says, "its 2 layers are those of")
			assert.True(t, slices.ContainsFunc(r.Ancestors[0].Evidence, func(e ancestry.Evidence) bool {
				return e.Kind == ancestry.KindDigest && strings.HasPrefix(e.Says, "begins where the 2 layers of")
			}), "the layers tell where the base ends")
			assert.Equal(t, ancestry.Span{From: 0, To: 5}, base.Steps)
			keepDocuments(t, ref, "min-"+version)
			for _, a := range told(t, ref, &provenance.Options{}).Ancestors[1:] {
				assert.Empty(t, a.Repository)
			}
		})
	}
	t.Run("scratch", func(t *testing.T) {
		r := told(t, build(t, scratch, "scratch:1", "mode=max"), &provenance.Options{})
		require.Len(t, r.Ancestors, 1)
		require.Len(t, r.Lineage.Donors, 1)
		assert.Equal(t, registry+"/acme/tool:2", r.Lineage.Donors[0].String())
		r = told(t, build(t, scratch, "scratch:2", "mode=min"), &provenance.Options{Config: configs})
		require.Len(t, r.Ancestors, 1)
	})
	t.Run("attestations as an image", func(t *testing.T) { // as BuildKit made them until v0.26
		ref := registry + "/acme/app:image"
		daemon.Build(t, app, ref+",oci-artifact=false", "--frontend=dockerfile.v0", "--opt=build-arg:REGISTRY="+registry, "--opt=attest:provenance=mode=max")
		r := told(t, ref, &provenance.Options{})
		assert.Equal(t, registry+"/acme/base:1", r.Ancestors[1].String())
	})
}

// contextOf makes a build's directory: the Dockerfile, and files.
func contextOf(t *testing.T, dockerfile string, files map[string]string, copies ...string) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(filepath.Join("testdata/build", dockerfile))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), b, 0o644))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, from := range copies {
		b, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(from)), b, 0o755))
	}
	return dir
}

// told tells the chain of a registry's image, from its configuration.
func told(t *testing.T, ref string, opts *provenance.Options) *report.Report {
	t.Helper()
	img, err := source.Open(t.Context(), ref, nil)
	require.NoError(t, err)
	defer img.Close()
	r, err := chain.Of(t.Context(), img, &chain.Options{Provenance: opts, MaxBytes: -1})
	require.NoError(t, err)
	assert.Empty(t, r.Problems)
	return r
}

// configs is a provenance.Options.Config by way of package source.
func configs(ctx context.Context, name ancestry.Name, p v1.Platform) (*v1.ConfigFile, error) {
	img, err := source.Open(ctx, "registry:"+name.Repository+"@"+name.Digest.String(), &source.Options{Platform: &p})
	if err != nil {
		return nil, err
	}
	defer img.Close()
	return img.ConfigFile()
}

func digestOf(t *testing.T, ref string) v1.Hash {
	t.Helper()
	out, err := exec.Command("skopeo", "inspect", "--tls-verify=false", "--format={{.Digest}}", "docker://"+ref).Output()
	require.NoError(t, err)
	h, err := v1.NewHash(string(out[:len(out)-1]))
	require.NoError(t, err)
	return h
}

// keepDocuments writes the files that the other tests read.
func keepDocuments(t *testing.T, ref, name string) {
	if !*keep {
		return
	}
	img, err := source.Open(t.Context(), ref, nil)
	require.NoError(t, err)
	defer img.Close()
	all, err := img.Attestations(t.Context(), provenance.IsProvenance)
	require.NoError(t, err)
	require.Len(t, all, 1)
	cfg, err := img.RawConfigFile()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join("testdata/buildkit", name+".json"), all[0].Content, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join("testdata/buildkit", name+".config.json"), cfg, 0o644))
}
