package sbom

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/package-url/packageurl-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// The forms are those of the purl specification's definitions of the types docker and oci.
func TestImagePURL(t *testing.T) {
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)}
	hex := digest.Hex
	for name, tt := range map[string]struct {
		name ancestry.Name
		arch string
		want string
	}{
		"official":          {ancestry.Name{Repository: "debian", Tags: []string{"bookworm-20241202", "bookworm"}}, "", "pkg:docker/debian@bookworm-20241202"},
		"a user's":          {ancestry.Name{Repository: "grafana/loki", Tags: []string{"3"}}, "", "pkg:docker/grafana/loki@3"},
		"library by name":   {ancestry.Name{Repository: "docker.io/library/debian"}, "", "pkg:docker/debian"},
		"elsewhere":         {ancestry.Name{Repository: "gcr.io/customer/dockerimage", Tags: []string{"1.0"}}, "", "pkg:docker/customer/dockerimage@1.0?repository_url=gcr.io"},
		"a port":            {ancestry.Name{Repository: "localhost:5000/x", Tags: []string{"1"}}, "", "pkg:docker/x@1?repository_url=localhost:5000"},
		"library elsewhere": {ancestry.Name{Repository: "example.org/library/x"}, "", "pkg:docker/library/x?repository_url=example.org"},
		"a digest":          {ancestry.Name{Repository: "debian", Tags: []string{"12"}, Digest: digest}, "amd64", "pkg:oci/debian@sha256:" + hex + "?arch=amd64&repository_url=docker.io/library/debian&tag=12"},
		"a digest alone":    {ancestry.Name{Repository: "ghcr.io/acme/base", Digest: digest}, "", "pkg:oci/base@sha256:" + hex + "?repository_url=ghcr.io/acme/base"},
		"no name":           {ancestry.Name{Repository: "Not A Name"}, "", ""},
		"nothing":           {ancestry.Name{}, "", ""},
		"a tag inside":      {ancestry.Name{Repository: "debian:12"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ImagePURL(tt.name, tt.arch)
			if tt.want == "" {
				assert.Empty(t, got)
				return
			}
			// The library decides which of ":" and "/" stand for themselves: compare what is meant.
			p, err := packageurl.FromString(got)
			require.NoError(t, err, got)
			want, err := packageurl.FromString(tt.want)
			require.NoError(t, err)
			assert.Equal(t, want, p, got)
		})
	}
}

func TestTies(t *testing.T) {
	r := &report.Report{Ancestors: []report.Ancestor{{}, {Ancestor: ancestry.Ancestor{
		Repository: "python", Tags: []string{"3.8"}, Confidence: ancestry.Recognised,
		Ties: []ancestry.Name{{Repository: "python", Tags: []string{"3.8-bullseye"}}},
	}}}}
	assert.Equal(t, Image{Name: "python", PURL: "pkg:docker/python", Known: true}, Ancestor(r, 1))
	assert.Equal(t, "python", NewTitles(r).Of(1))
	r.Ancestors[1].Ties[0].Repository = "pypy"
	assert.Equal(t, Image{Name: "python", Known: true}, Ancestor(r, 1))
	assert.Regexp(t, "^unknown-image-[0-9a-f]{12}$", Ancestor(r, 0).Name)
	assert.Empty(t, NewTitles(r).Of(2))
	assert.Empty(t, NewTitles(r).Of(-1))
}

func TestLicences(t *testing.T) {
	v := Licences{}
	for _, s := range []string{"MIT", "GPL-2.0+", "Apache-2.0 OR MIT", "(MIT)", "LicenseRef-x", "GPL-2.0-only WITH Classpath-exception-2.0"} {
		assert.True(t, v.Valid(s), s)
	}
	for _, s := range []string{"", "GPL-2+", "MIT,", "public domain", "((((", "MIT AND", strings.Repeat("(", 2000), "MIT\u202e", "\x00"} {
		assert.False(t, v.Valid(s), s)
	}
	e, n := v.Split([]packages.License{{SPDX: "MIT"}, {SPDX: "MIT", Name: "mit"}, {Name: "GPL-2+"}, {SPDX: "??"}, {}})
	assert.Equal(t, []string{"MIT"}, e)
	assert.Equal(t, []string{"GPL-2+", "??"}, n)
	assert.Equal(t, "MIT AND (Apache-2.0 OR ISC)", And([]string{"MIT", "Apache-2.0 OR ISC"}))
	assert.Equal(t, "(MIT OR ISC) AND ((MIT) OR (ISC))", And([]string{"(MIT OR ISC)", "(MIT) OR (ISC)"}))
	assert.Equal(t, "Apache-2.0 OR ISC", And([]string{"Apache-2.0 OR ISC"}))
}

func FuzzLicence(f *testing.F) {
	for _, s := range []string{"MIT", "(MIT OR", "GPL-2.0+ WITH x", "DocumentRef-a:LicenseRef-b"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) { isExpression(s) })
}

func TestIDs(t *testing.T) {
	ids := IDs{}
	p := &packages.Package{Type: "deb", Name: "x", Version: "1"}
	first, second := ids.Of(p), ids.Of(p)
	assert.Len(t, first, 16)
	assert.Equal(t, first+"-2", second)
	assert.NotEqual(t, first, ids.Of(&packages.Package{Type: "deb", Name: "x1"}))
	assert.Equal(t, first, IDs{}.Of(p))
}

func TestPURL(t *testing.T) {
	for in, ok := range map[string]bool{
		"pkg:deb/debian/gcc-10@10.2.1-6?arch=amd64": true,
		"pkg:deb/debian/a\u202eb@1":                 false,
		"pkg:deb/debian/a b@1":                      false,
		"deb/x":                                     false,
		"pkg:deb/" + strings.Repeat("x", 4000):      false,
	} {
		got := PURL(&packages.Package{PURL: in})
		assert.Equal(t, ok, got != "", in)
	}
}

func TestText(t *testing.T) {
	assert.Equal(t, "a b", Text("a\n b"))
	long := Text(strings.Repeat("é", 4000))
	assert.Len(t, []rune(long), 1024)
	assert.True(t, strings.HasSuffix(long, "é…"))
	assert.Equal(t, strings.Repeat("é", 1024), Text(strings.Repeat("é", 1024)))
}

// Images of unknown names have the same made-up name if, and only if, they are the same.
func TestUnknownNames(t *testing.T) {
	layer := func(two string) layers.Layer {
		return layers.Layer{DiffID: v1.Hash{Algorithm: "sha256", Hex: strings.Repeat(two, 32)}}
	}
	image := func(all ...layers.Layer) *report.Report {
		r := &report.Report{Index: &layers.Index{Layers: all}}
		for i := len(all) - 1; i >= 0; i-- {
			r.Ancestors = append(r.Ancestors, report.Ancestor{Ancestor: ancestry.Ancestor{Layers: ancestry.Span{From: i, To: i + 1}, Steps: ancestry.Span{From: i, To: i + 1}}})
		}
		return r
	}
	a, b, other := image(layer("aa"), layer("bb")), image(layer("aa"), layer("cc")), image(layer("dd"), layer("bb"))
	assert.Equal(t, Ancestor(a, 1), Ancestor(b, 1), "one base")
	assert.NotEqual(t, Ancestor(a, 0), Ancestor(b, 0))
	assert.NotEqual(t, Ancestor(a, 0), Ancestor(a, 1))
	assert.NotEqual(t, Ancestor(a, 1), Ancestor(other, 1))
	assert.NotEqual(t, Ancestor(a, 0), Ancestor(other, 0), "on another base")
	a.Ancestors[0].Layers.To = 1 // no layer of its own
	assert.NotEqual(t, Ancestor(a, 0), Ancestor(a, 1))
}

func TestWhole(t *testing.T) {
	d := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)}
	own := func(c ancestry.Confidence) []report.Ancestor {
		return []report.Ancestor{{Ancestor: ancestry.Ancestor{Repository: "shop/api", Tags: []string{"2"}, Confidence: c}}}
	}
	for name, tt := range map[string]struct {
		report  report.Report
		name    string
		version string
		purl    string
	}{
		"a name":                {report.Report{Reference: "shop/api:2.4.1"}, "shop/api", "2.4.1", "pkg:docker/shop/api@2.4.1"},
		"a name, and digest":    {report.Report{Reference: "shop/api:2.4.1", Digest: d}, "shop/api", "2.4.1", ImagePURL(ancestry.Name{Repository: "shop/api", Tags: []string{"2.4.1"}, Digest: d}, "")},
		"maybe a directory":     {report.Report{Reference: "build/layout", Digest: d}, "build/layout", d.String(), ""},
		"a path":                {report.Report{Reference: "oci:build/layout:latest"}, "oci:build/layout:latest", "", ""},
		"recorded by its place": {report.Report{Reference: "app.tar", Ancestors: own(ancestry.Recorded)}, "shop/api", "2", "pkg:docker/shop/api@2"},
		"like a known recipe":   {report.Report{Reference: "app.tar", Ancestors: own(ancestry.Recognised)}, "app.tar", "", ""},
		"no reference":          {report.Report{Ancestors: own(ancestry.Recognised)}, "shop/api", "2", "pkg:docker/shop/api@2"},
		"nothing":               {report.Report{}, "unknown-image", "", ""},
		"a broken digest":       {report.Report{Reference: "x", Digest: v1.Hash{Algorithm: "sha256", Hex: "\u202e"}}, "x", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			im := Whole(&tt.report)
			assert.Equal(t, []string{tt.name, tt.version, tt.purl}, []string{im.Name, im.Version, im.PURL})
			assert.Equal(t, name != "nothing", im.Known)
		})
	}
}
