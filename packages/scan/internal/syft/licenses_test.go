package syft

import (
	"strings"
	"testing"

	"github.com/anchore/syft/syft/cpe"
	"github.com/anchore/syft/syft/pkg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
)

const format = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"

func TestCopyrightNames(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"fields":           {format + "Files: *\nLicense: GPL-2+\n text\n\nFiles: x\nLicense: MIT\nLicense: GPL-2+\n", []string{"GPL-2+", "MIT"}},
		"first word":       {format + "License: GPL-1+ or Artistic\n", []string{"GPL-1+"}},
		"common licenses":  {format + " see /usr/share/common-licenses/LGPL-2.1.\n", []string{"LGPL-2.1"}},
		"blank before":     {"\n\n" + format + "License: MIT\r\n", []string{"MIT"}},
		"http":             {strings.Replace(format, "https", "http", 1) + "License: MIT", []string{"MIT"}},
		"none":             {format + "License: none\nLicense: \n", nil},
		"no format":        {"This is free software.\nLicense: MIT\n", nil},
		"another's format": {"Format: https://example.org/\nLicense: MIT\n", nil},
		"empty":            {"", nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, CopyrightNames([]byte(tt.text))) })
	}
	var many strings.Builder
	many.WriteString(format)
	for i := range 100_000 {
		many.WriteString("License: x" + strings.Repeat("y", i%maxNames) + "\n")
	}
	assert.LessOrEqual(t, len(CopyrightNames([]byte(many.String()))), maxNames)
}

func FuzzCopyrightNames(f *testing.F) {
	f.Add([]byte(format + "License: GPL-2+\n see /usr/share/common-licenses/GPL"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, n := range CopyrightNames(b) {
			if n == "" || len(n) > maxLicenseName || strings.ContainsAny(n, "\n ") {
				t.Errorf("%q", n)
			}
		}
	})
}

func TestLicenses(t *testing.T) {
	assert.Equal(t, []packages.License{
		{Name: "no such license"},
		{SPDX: "Apache-2.0", Name: "Apache-2.0"},
		{SPDX: "MIT OR Apache-2.0", Name: "MIT OR Apache-2.0"},
	}, Licenses([]string{"MIT OR Apache-2.0", "Apache-2.0", "no such license", "UNKNOWN", "", strings.Repeat("x", maxLicenseName+1)}))
	assert.Empty(t, convertLicenses([]pkg.License{{Value: "sha256:00", Contents: "a text"}}))
}

// Names of licenses stay in Python's metadata, texts go.
func TestLicenseFields(t *testing.T) {
	in := "Name: x\nLicense: MIT\nLicense-File: LICENSE\nLicense-Expression: MIT OR ISC\nSummary: a\n b\n\nLicense: of the description\n"
	want := "Name: x\nLicense: MIT\nLicense-Expression: MIT OR ISC\nSummary: a\n b\n\nLicense: of the description\n"
	assert.Equal(t, want, string(withoutLicense("python-installed-package-cataloger", "x.dist-info/METADATA", []byte(in))))
	text := "Name: x\nLicense: Copyright\n        all of it\n\t too\nVersion: 1"
	assert.Equal(t, "Name: x\nVersion: 1\n", string(withoutLicense("python-installed-package-cataloger", "x.egg-info", []byte(text))))
	long := "License: " + strings.Repeat("x", maxLicenseName) + "\nVersion: 1\n"
	assert.Equal(t, "Version: 1\n", string(withoutLicense("python-installed-package-cataloger", "x.egg-info", []byte(long))))
	assert.Equal(t, in, string(withoutLicense("npm", "METADATA", []byte(in))))
}

func TestCPEs(t *testing.T) {
	m := newCPEMaker()
	deb := &pkg.Package{Type: pkg.DebPkg, Name: "dash", Version: "1", Metadata: pkg.DpkgDBEntry{}}
	made := m.of(deb)
	assert.Contains(t, made, "cpe:2.3:a:dash:dash:1:*:*:*:*:*:*:*")
	assert.Equal(t, made, m.of(deb))
	assert.Len(t, m.known, 1)
	newer := *deb
	newer.Version = "2"
	assert.NotEqual(t, made, m.of(&newer))
	npm := &pkg.Package{Type: pkg.NpmPkg, Name: "x", Version: "1"}
	assert.NotEmpty(t, m.of(npm))
	assert.Len(t, m.known, 2)

	var none *cpeMaker
	assert.Empty(t, none.of(deb))
	declared, err := cpe.New("cpe:2.3:a:nodejs:node.js:1:*:*:*:*:*:*:*", cpe.NVDDictionaryLookupSource)
	require.NoError(t, err)
	npm.CPEs = []cpe.CPE{declared}
	for _, m := range []*cpeMaker{none, m} {
		assert.Equal(t, []string{declared.Attributes.String()}, m.of(npm), "what is known is not made up")
	}
}
