package scan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

const elsewhere = "usr/share/dpkg/database/"

// TestDatabaseBehindLink has databases that lie elsewhere, with a link in the usual place.
// Each image is also scanned by Syft.
func TestDatabaseBehindLink(t *testing.T) {
	const apk = "-- data/apk/installed --\nP:musl\nV:1.2.5-r9\nA:x86_64\nF:lib\nR:m\n\n-- lib/m --\n123\n-- etc/os-release --\nID=alpine\nVERSION_ID=3.21.0\nNAME=Alpine\nPRETTY_NAME=Alpine\n"
	curl := "-- usr/bin/curl --\n1234567\n-- " + elsewhere + "info/curl.list --\n/.\n/usr/bin\n/usr/bin/curl\n"
	for _, tt := range []struct {
		name   string
		layers []string
		lives  string
	}{
		{
			"link in the same layer, before the files",
			[]string{debian + "-- var/lib/dpkg -> ../../usr/share/dpkg/database --\n" + curl + statusAt(elsewhere+"status", "libc6 amd64 2.41-12", "curl amd64 8.14-2"),
				"-- usr/bin/curl --\n12345678\n" + statusAt(elsewhere+"status", "libc6 amd64 2.41-12", "curl amd64 8.14-3")},
			`deb curl:amd64; 0 introduced 8.14-2; 1 upgraded 8.14-2 8.14-3; present
			deb libc6:amd64; 0 introduced 2.41-12; present`,
		},
		{
			"absolute link in a layer below",
			[]string{debian + "-- var/lib/dpkg -> /usr/share/dpkg/database --\n", curl + statusAt(elsewhere+"status", "curl amd64 1")},
			"deb curl:amd64; 1 introduced 1; present",
		},
		{
			"link in a layer above",
			[]string{debian + curl + statusAt(elsewhere+"status", "curl amd64 1"), "-- other --\nx\n", "-- var/lib/dpkg -> /usr/share/dpkg/database --\n"},
			"deb curl:amd64; 2 introduced 1; present",
		},
		{
			"chain of links, one of them above the database",
			[]string{debian + curl + statusAt(elsewhere+"real", "curl amd64 1") +
				"-- var -> /srv/var --\n-- srv/var/lib -> ../lib --\n-- srv/lib/dpkg -> /opt/link --\n-- opt/link -> ../usr/share/dpkg/database --\n-- " + elsewhere + "status -> real --\n",
				statusAt(elsewhere+"real", "curl amd64 2")},
			"deb curl:amd64; 0 introduced 1; 1 upgraded 1 2; present",
		},
		{
			"status itself is a link",
			[]string{debian + "-- usr/bin/curl --\n1234567\n-- var/lib/dpkg/info/curl.list --\n/usr/bin/curl\n" + statusAt("usr/lib/dpkg-status", "curl amd64 1"), "-- var/lib/dpkg/status -> /usr/lib/dpkg-status --\n",
				statusAt("usr/lib/dpkg-status", "curl amd64 2")},
			"deb curl:amd64; 1 introduced 1; 2 upgraded 1 2; present",
		},
		{
			"the directory becomes a link",
			[]string{debian + curl + status("curl amd64 1"), "-- var/lib/.wh.dpkg --\n-- var/lib/dpkg -> /usr/share/dpkg/database --\n" + statusAt(elsewhere+"status", "curl amd64 2")},
			"deb curl:amd64; 0 introduced 1; 1 upgraded 1 2; present",
		},
		{
			"the link leads to another database",
			[]string{debian + curl + statusAt(elsewhere+"status", "curl amd64 1") + statusAt("opt/other/status", "curl amd64 2", "b amd64 1") + "-- var/lib/dpkg -> /usr/share/dpkg/database --\n",
				"-- var/lib/dpkg -> /opt/other --\n"},
			`deb b:amd64; 1 introduced 1; present
			deb curl:amd64; 0 introduced 1; 1 upgraded 1 2; present`,
		},
		{
			"the link is deleted",
			[]string{debian + curl + statusAt(elsewhere+"status", "curl amd64 1") + "-- var/lib/dpkg -> /usr/share/dpkg/database --\n", "-- var/lib/.wh.dpkg --\n"},
			"deb curl:amd64; 0 introduced 1; 1 unlisted 1; hidden",
		},
		{
			"apk",
			[]string{apk, "-- lib/apk/db -> /data/apk --\n"},
			"apk musl:x86_64; 1 introduced 1.2.5-r9; present",
		},
		{
			"what names the distribution is a link to an unusual place",
			[]string{"-- etc/os-release -> /opt/distribution --\n-- opt/distribution --\nID=debian\nVERSION_ID=\"12\"\nNAME=Debian\nPRETTY_NAME=Debian\n" + status("curl amd64 1")},
			"deb curl:amd64; 0 introduced 1; present",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := text(t, tt.layers...)
			_, inv := read(t, img)
			assert.Empty(t, inv.Problems)
			checkLives(t, inv, tt.lives)
			compare(t, img)
		})
	}
}

// Its lists give the packages their files, and its bytes are those of a database.
func TestDatabaseBehindLinkBytes(t *testing.T) {
	_, inv := read(t, text(t,
		"-- usr/bin/curl --\n1234567\n-- "+elsewhere+"info/curl.list --\n/usr/bin/curl\n-- "+elsewhere+"available --\n\n"+statusAt(elsewhere+"status", "curl amd64 1")+
			"-- var/lib/dpkg -> /usr/share/dpkg/database --\n"))
	assert.Equal(t, 1, find(t, inv, "curl").Files)
	assert.Equal(t, []packages.Location{{Path: elsewhere + "status", Layer: 0}}, find(t, inv, "curl").Locations)
	assert.Zero(t, inv.Layers[0].Unowned)
	assert.EqualValues(t, 8, inv.Layers[0].Packages)
}

func TestRPMBehindLink(t *testing.T) {
	img := packaged.Image(t,
		append(packaged.Text(fedora), packaged.File{Path: "usr/lib/rpmdb/rpmdb.sqlite", Content: rpmdb(t, "sqlite.rpmdb.sqlite")}, packaged.File{Path: "var/lib/rpm", Link: "../../usr/lib/rpmdb"}))
	_, inv := read(t, img)
	assert.Empty(t, inv.Problems)
	assert.Equal(t, packages.Present, find(t, inv, "bash").State)
	compare(t, img)
}

// An image without end of links in the places of databases is told that not all of
// them were followed.
func TestTooManyLinksToDatabases(t *testing.T) {
	var files []packaged.File
	for range 1100 {
		files = append(files, packaged.File{Path: "d/" + string(rune('a'+len(files)%26)) + string(rune('a'+len(files)/26%26)) + string(rune('a'+len(files)/26/26)) + "/x", Content: []byte("x")})
	}
	for i := range 1100 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/26/26))
		files = append(files, packaged.File{Path: "l/" + name + "/auto", Link: "/d"})
	}
	idx, inv, err := scan.Read(t.Context(), packaged.Image(t, files), nil)
	require.NoError(t, err)
	assert.Empty(t, idx.Problems)
	require.Len(t, inv.Problems, 1)
	assert.Equal(t, layers.None, inv.Problems[0].Layer)
	assert.Contains(t, inv.Problems[0].Error(), "too many symbolic links")
}
