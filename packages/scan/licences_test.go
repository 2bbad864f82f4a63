package scan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/cache"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// copyright is a machine-readable copyright file with one licence.
func copyright(file, licence string) string {
	return "-- " + file + " --\nFormat: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nLicense: " + licence + "\n text of it\n"
}

func licencesOf(inv *packages.Inventory) map[string]string {
	all := map[string]string{}
	for _, p := range inv.Packages {
		s := ""
		for _, l := range p.Licenses {
			s += l.SPDX + "|" + l.Name + " "
		}
		all[p.Name] = s
	}
	return all
}

// Each package gets the licences of its version, also where a later layer deletes the
// documents, where the directory is a link, in a root inside the image, and after a removal.
func TestLicences(t *testing.T) {
	img := packaged.Image(t,
		packaged.Text(debian+status("a amd64 1", "b amd64 1", "gone amd64 1", "prose amd64 1", "none amd64 1")+
			copyright("usr/share/doc/a/copyright", "MIT")+copyright("usr/share/doc/common/copyright", "BSD-3-Clause")+
			"-- usr/share/doc/b -> common --\n"+copyright("usr/share/doc/gone/copyright", "public-domain")+
			"-- usr/share/doc/prose/copyright --\nThis is under the MIT license.\n"),
		packaged.Text(status("a amd64 2", "b amd64 1", "prose amd64 1", "none amd64 1")+copyright("usr/share/doc/a/copyright", "Apache-2.0")+
			"-- usr/share/doc/.wh.gone --\n"),
		packaged.Text("-- usr/share/.wh.doc --\n"+statusAt("srv/root/var/lib/dpkg/status", "inner amd64 1")+copyright("srv/root/usr/share/doc/inner/copyright", "ISC")+
			"-- app/node_modules/x/package.json --\n{\"name\": \"x\", \"version\": \"1.0.0\", \"license\": \"(MIT OR Apache-2.0)\"}\n"+
			"-- usr/lib/python3/dist-packages/y-1.0.dist-info/METADATA --\nMetadata-Version: 2.4\nName: y\nVersion: 1.0\nLicense-Expression: MPL-2.0\n"+
			"-- usr/lib/python3/dist-packages/z-1.0.dist-info/METADATA --\nMetadata-Version: 2.1\nName: z\nVersion: 1.0\nLicense: Copyright\n  all of its text\n"),
	)
	dir, err := cache.Open(t.TempDir()+"/cache", nil)
	require.NoError(t, err)
	for range 2 { // the second time from the cache, where there is a version to make a key of
		c := scan.NewCollector(nil)
		idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: c.Wants(), Cache: dir})
		require.NoError(t, err)
		inv, err := c.Attribute(t.Context(), idx)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{
			"a": "Apache-2.0|Apache-2.0 ", "b": "BSD-3-Clause|BSD-3-Clause ", "gone": "|public-domain ", "prose": "", "none": "", "inner": "ISC|ISC ",
			"x": "(MIT OR Apache-2.0)|(MIT OR Apache-2.0) ", "y": "MPL-2.0|MPL-2.0 ", "z": "",
		}, licencesOf(inv))
	}
}

// CPEs are made only if asked for.
func TestCPEs(t *testing.T) {
	img := packaged.Image(t, packaged.Text(debian+status("a amd64 1")))
	_, inv, err := scan.Read(t.Context(), img, nil)
	require.NoError(t, err)
	assert.Empty(t, inv.Packages[0].CPEs)
	_, inv, err = scan.Read(t.Context(), img, &scan.Options{CPEs: true})
	require.NoError(t, err)
	assert.Contains(t, inv.Packages[0].CPEs, "cpe:2.3:a:a:a:1:*:*:*:*:*:*:*")
}
