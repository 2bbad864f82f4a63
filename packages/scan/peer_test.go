package scan_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/anchore/stereoscope"
	"github.com/anchore/stereoscope/pkg/image"
	root "github.com/anchore/syft/syft"
	"github.com/anchore/syft/syft/cataloging"
	"github.com/anchore/syft/syft/cataloging/filecataloging"
	"github.com/anchore/syft/syft/file"
	"github.com/anchore/syft/syft/license"
	"github.com/anchore/syft/syft/pkg"
	"github.com/anchore/syft/syft/source"
	"github.com/anchore/syft/syft/source/stereoscopesource"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
	"github.com/stemma-go/stemma/testdata/sample"
)

// visible is what must be the same for both.
type visible struct{ kind, name, version, purl string }

func compareVisible(a, b visible) int {
	return strings.Compare(a.kind+"\x00"+a.name+"\x00"+a.version+"\x00"+a.purl, b.kind+"\x00"+b.name+"\x00"+b.version+"\x00"+b.purl)
}

func distinct(all []visible) []visible {
	slices.SortFunc(all, compareVisible)
	return slices.Compact(all)
}

// ours are the packages that can be seen in the finished image.
func ours(t *testing.T, img v1.Image) []visible {
	t.Helper()
	_, inv, err := scan.Read(t.Context(), img, nil)
	require.NoError(t, err)
	for _, p := range inv.Problems {
		t.Log(p)
	}
	var all []visible
	for _, p := range inv.Packages {
		if p.State == packages.Present {
			all = append(all, visible{p.Type, p.Name, p.Version, p.PURL})
		}
	}
	return distinct(all)
}

// syfts are those of Syft's squashed scan. CPEs, file hashes and relationships of
// libraries, which do not touch the packages, are turned off.
func syfts(t *testing.T, dir string) []visible {
	t.Helper()
	var all []visible
	for _, p := range squashed(t, dir, false) {
		all = append(all, visible{string(p.Type), p.Name, p.Version, p.PURL})
	}
	return distinct(all)
}

func squashed(t *testing.T, dir string, cpes bool) []pkg.Package {
	t.Helper()
	ctx := context.Background()
	img, err := stereoscope.GetImageFromSource(ctx, dir, image.OciDirectorySource)
	require.NoError(t, err)
	defer func() { _ = img.Cleanup() }()
	src := stereoscopesource.New(img, stereoscopesource.ImageConfig{Reference: dir})
	cfg := root.DefaultCreateSBOMConfig().
		WithDataGenerationConfig(cataloging.DefaultDataGenerationConfig().WithGenerateCPEs(cpes)).
		WithFilesConfig(filecataloging.DefaultConfig().WithSelection(file.NoFilesSelection)).
		WithSearchConfig(cataloging.DefaultSearchConfig().WithScope(source.SquashedScope))
	s, err := root.CreateSBOM(ctx, src, cfg)
	require.NoError(t, err)
	return s.Artifacts.Packages.Sorted()
}

func missing(from, in []visible) []visible {
	var out []visible
	for _, p := range from {
		if !slices.Contains(in, p) {
			out = append(out, p)
		}
	}
	return out
}

// compare has both read img.
func compare(t *testing.T, img v1.Image) []visible {
	t.Helper()
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, p.AppendImage(img))
	want, got := syfts(t, dir), ours(t, img)
	compareLicences(t, dir, img)
	require.Empty(t, missing(want, got), "seen by Syft alone")
	require.Empty(t, missing(got, want), "not seen by Syft")
	return got
}

// named has, for each visible package, its licences and CPEs.
type named map[visible][]string

// compareLicences compares the licences that Syft finds in metadata, by any name, and all
// CPEs. What it tells from a text is left out.
func compareLicences(t *testing.T, dir string, img v1.Image) {
	t.Helper()
	licences, cpes := named{}, named{}
	for _, p := range squashed(t, dir, true) {
		v := visible{string(p.Type), p.Name, p.Version, p.PURL}
		for _, c := range p.CPEs {
			cpes[v] = append(cpes[v], c.Attributes.String())
		}
		for _, l := range p.Licenses.ToSlice() {
			text := l.Type != license.Declared || l.Contents != "" || strings.HasPrefix(l.Value, "sha256:")
			if !text && l.Value != "UNKNOWN" {
				licences[v] = append(licences[v], l.SPDXExpression+"|"+l.Value)
			}
		}
	}
	idx, inv, err := scan.Read(t.Context(), img, &scan.Options{CPEs: true})
	require.NoError(t, err)
	gotLicences, gotCPEs := named{}, named{}
	for _, p := range inv.Packages {
		if p.State != packages.Present {
			continue
		}
		v := visible{p.Type, p.Name, p.Version, p.PURL}
		if len(p.CPEs) > 0 {
			gotCPEs[v] = append(gotCPEs[v], p.CPEs...)
		}
		if _, there := idx.Resolve(idx.Top(), "usr/share/doc/"+p.Name+"/copyright"); p.Type == "deb" && !there {
			continue // a later layer deleted it: Syft does not see it, and nothing else tells the licences
		}
		for _, l := range p.Licenses {
			gotLicences[v] = append(gotLicences[v], l.SPDX+"|"+l.Name)
		}
	}
	licences.equal(t, gotLicences)
	cpes.equal(t, gotCPEs)
	t.Logf("licences of %d packages, CPEs of %d", len(licences), len(cpes))
}

func (want named) equal(t *testing.T, got named) {
	t.Helper()
	for v := range want {
		slices.Sort(want[v])
		slices.Sort(got[v])
		assert.Equal(t, slices.Compact(want[v]), slices.Compact(got[v]), "%v", v)
	}
	for v := range got {
		assert.Contains(t, want, v, "%v", got[v])
	}
}

// TestPeerSample compares on the sample image, all four stages.
func TestPeerSample(t *testing.T) {
	img, err := sample.Open()
	require.NoError(t, err)
	require.Greater(t, len(compare(t, img)), 500)
}

// TestPeerEcosystems compares on images that hold a bit of everything.
func TestPeerEcosystems(t *testing.T) {
	for name, files := range map[string][][]packaged.File{
		"debian": {
			packaged.Text(packaged.Debian),
			packaged.Text(packaged.Languages),
			{
				{Path: "app/app.jar", Content: packaged.Jar(t, "org.example", "app", "1.0", "BOOT-INF/lib/inner-2.0.jar", string(packaged.Jar(t, "org.example", "inner", "2.0")))},
				{Path: "app/notes.zip", Content: packaged.Zip(t, "a.txt", "a")},
				{Path: "usr/local/bin/tool", Content: packaged.GoBinary(t)},
				{Path: "usr/local/bin/alias", Link: "tool"},
				{Path: "usr/local/lib/libpython3.11.so.1.0", Content: []byte("\x003.11.7\x00")},
				{Path: "usr/local/go/VERSION", Content: []byte("go1.21.5\ntime 2023\n")},
				{Path: "usr/local/go/bin/go", Content: []byte("\x7fELF no more")},
			},
			packaged.Owned(1000, packaged.Text("-- srv/app/node_modules/lodash/package.json --\n{\"name\": \"lodash\", \"version\": \"4.17.20\"}\n")),
		},
		"alpine": {packaged.Text(packaged.Alpine)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range compare(t, packaged.Image(t, files...)) {
				t.Log(p)
			}
		})
	}
}
