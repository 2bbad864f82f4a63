package scan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

func TestDpkgLives(t *testing.T) {
	tests := []struct {
		name   string
		layers []string
		want   string
	}{
		{"introduced by the layer that added it, whoever rewrote the database last",
			[]string{debian + status("libc6 amd64 2.36-9"), status("libc6 amd64 2.36-9", "curl amd64 7.88.1-10")},
			`deb curl:amd64; 1 introduced 7.88.1-10; present
			deb libc6:amd64; 0 introduced 2.36-9; present`},
		{"upgraded and downgraded, by Debian's order",
			[]string{debian + status("a amd64 1.9-1", "b amd64 1:1.0", "c amd64 2.0~rc1"), status("a amd64 1.10-1", "b amd64 2.0", "c amd64 2.0")},
			`deb a:amd64; 0 introduced 1.9-1; 1 upgraded 1.9-1 1.10-1; present
			deb b:amd64; 0 introduced 1:1.0; 1 downgraded 1:1.0 2.0; present
			deb c:amd64; 0 introduced 2.0~rc1; 1 upgraded 2.0~rc1 2.0; present`},
		{"removed with its configuration kept is removed",
			[]string{debian + status("a amd64 1", "b amd64 1"), status("a amd64 1 deinstall/ok/config-files", "b amd64 1")},
			`deb a:amd64; 0 introduced 1; 1 removed 1; removed
			deb b:amd64; 0 introduced 1; present`},
		{"purged and installed again at the same version",
			[]string{debian + status("a amd64 1", "b amd64 1"), status("b amd64 1"), status("a amd64 1", "b amd64 1")},
			`deb a:amd64; 0 introduced 1; 1 removed 1; 2 reinstalled 1; present
			deb b:amd64; 0 introduced 1; present`},
		{"architectures are packages of their own",
			[]string{debian + status("libc6 amd64 2.36-9"), status("libc6 amd64 2.36-9", "libc6 i386 2.36-9"), status("libc6 amd64 2.36-10", "libc6 i386 2.36-9")},
			`deb libc6:amd64; 0 introduced 2.36-9; 2 upgraded 2.36-9 2.36-10; present
			deb libc6:i386; 1 introduced 2.36-9; present`},
		{"half installed and held packages are there",
			[]string{debian + status("a amd64 1 install/reinstreq/half-installed", "b amd64 1 hold/ok/installed")},
			`deb a:amd64; 0 introduced 1; present
			deb b:amd64; 0 introduced 1; present`},
		{"status.d, one file for a package",
			[]string{debian + statusAt("var/lib/dpkg/status.d/base", "base-files amd64 12"), statusAt("var/lib/dpkg/status.d/tzdata", "tzdata all 2024a"),
				statusAt("var/lib/dpkg/status.d/tzdata", "tzdata all 2024b"), "-- var/lib/dpkg/status.d/.wh.tzdata --\n"},
			`deb base-files:amd64; 0 introduced 12; present
			deb tzdata:all; 1 introduced 2024a; 2 upgraded 2024a 2024b; 3 removed 2024b; removed`},
		{"moved from status.d to status",
			[]string{debian + statusAt("var/lib/dpkg/status.d/a", "a amd64 1"), "-- var/lib/dpkg/.wh.status.d --\n" + status("a amd64 1")},
			`deb a:amd64; 0 introduced 1; present`},
		{"database deleted",
			[]string{debian + status("a amd64 1"), "-- var/lib/.wh.dpkg --\n"},
			`deb a:amd64; 0 introduced 1; 1 unlisted 1; hidden`},
		{"database emptied",
			[]string{debian + status("a amd64 1"), "-- var/lib/dpkg/status --\n"},
			`deb a:amd64; 0 introduced 1; 1 unlisted 1; hidden`},
		{"database deleted and back",
			[]string{debian + status("a amd64 1"), "-- var/lib/.wh.dpkg --\n", status("a amd64 2")},
			`deb a:amd64; 0 introduced 1; 1 unlisted 1; 2 reinstalled 2; present`},
		{"a root inside the image is another place",
			[]string{debian + status("a amd64 1"), statusAt("srv/chroot/var/lib/dpkg/status", "a amd64 2")},
			`deb a:amd64; 0 introduced 1; present
			deb a:amd64; 1 introduced 2; present`},
		{"a root inside the image, deleted with all that was in it",
			[]string{debian + statusAt("srv/chroot/var/lib/dpkg/status", "a amd64 2"), "-- srv/.wh.chroot --\n"},
			`deb a:amd64; 0 introduced 2; 1 removed 2; removed`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, inv := read(t, text(t, tt.layers...))
			assert.Empty(t, inv.Problems)
			checkLives(t, inv, tt.want)
		})
	}
}

func TestDpkgSameLayerTwice(t *testing.T) {
	one, two := packaged.Text(debian+status("a amd64 1")), packaged.Text(status("a amd64 1", "b amd64 1"))
	_, inv := read(t, packaged.Image(t, one, two, packaged.Text(status("a amd64 1")), two))
	checkLives(t, inv, `deb a:amd64; 0 introduced 1; present
		deb b:amd64; 1 introduced 1; 2 removed 1; 3 reinstalled 1; present`)
}

func TestDpkgPURL(t *testing.T) {
	_, inv := read(t, text(t, debian+status("a amd64 1"), "-- etc/os-release --\nID=debian\nVERSION_ID=\"13\"\n"))
	p := find(t, inv, "a")
	assert.Equal(t, "pkg:deb/debian/a@1?arch=amd64&distro=debian-13", p.PURL, "of the finished image")
	assert.Equal(t, 0, p.Layer())
	assert.Equal(t, []packages.Location{{Path: "var/lib/dpkg/status", Layer: 0}}, p.Locations)
}

// TestDpkgUnnamed: a layer that deletes the name of the distribution changes the package
// URLs, as one does that changes it; the name may be behind a link that is not one of the usual names.
func TestDpkgUnnamed(t *testing.T) {
	_, inv := read(t, text(t, debian+status("a amd64 1"), "-- etc/.wh.os-release --\n"))
	assert.Empty(t, find(t, inv, "a").PURL, "as Syft says")
	release := func(version string) string {
		return "-- usr/lib/os.release.d/os-release-container --\nID=debian\nVERSION_ID=" + version + "\n"
	}
	_, inv = read(t, text(t, "-- etc/os-release -> ../usr/lib/os-release --\n-- usr/lib/os-release -> os.release.d/os-release-container --\n"+
		release("12")+status("a amd64 1"), release("13")))
	assert.Empty(t, inv.Problems)
	assert.Equal(t, "pkg:deb/debian/a@1?arch=amd64&distro=debian-13", find(t, inv, "a").PURL)
}

// TestDpkgChroot: the lists of a root inside the image name files of that root.
func TestDpkgChroot(t *testing.T) {
	_, inv := read(t, text(t,
		debian+status("tool amd64 1")+"-- usr/bin/tool --\n1\n-- var/lib/dpkg/info/tool.list --\n/usr/bin/tool\n",
		statusAt("srv/c/var/lib/dpkg/status", "inner amd64 2")+"-- srv/c/var/lib/dpkg/info/inner.list --\n/bin/tool\n/usr/bin/tool\n"+
			"-- srv/c/bin -> usr/bin --\n-- srv/c/usr/bin/tool --\n1234567\n",
		"-- usr/bin/tool --\n123\n",
	))
	assert.Equal(t, map[int]int64{0: 2, 2: 4}, find(t, inv, "tool").Bytes.ByLayer)
	assert.Equal(t, map[int]int64{1: 8}, find(t, inv, "inner").Bytes.ByLayer)
}

// TestOpkg: opkg's lists are like dpkg's.
func TestOpkg(t *testing.T) {
	_, inv := read(t, text(t, debian+statusAt("var/lib/opkg/status", "tool amd64 1")+
		"-- usr/bin/tool --\n1\n-- var/lib/opkg/info/tool.list --\n/usr/bin/tool\n"))
	assert.EqualValues(t, 2, find(t, inv, "tool").Bytes.Visible)
}

// TestDpkgBroken: a database that can't be read says nothing of its packages.
func TestDpkgBroken(t *testing.T) {
	idx, inv, err := scan.Read(t.Context(), text(t,
		debian+status("a amd64 1"),
		"-- var/lib/dpkg/status --\n a line that continues nothing\n",
		status("a amd64 1", "b amd64 1"),
	), nil)
	require.NoError(t, err)
	checkSums(t, idx, inv)
	require.Len(t, inv.Problems, 1)
	assert.Equal(t, 1, inv.Problems[0].Layer)
	assert.Equal(t, "var/lib/dpkg/status", inv.Problems[0].Path)
	checkLives(t, inv, `deb a:amd64; 0 introduced 1; present
		deb b:amd64; 2 introduced 1; present`)
}

func TestDpkgBytes(t *testing.T) {
	_, inv := read(t, text(t,
		debian+"-- bin -> usr/bin --\n-- usr/bin/tool --\n0123456789\n-- usr/share/tool/data --\n0123\n-- opt/mine --\nmine\n"+
			"-- var/lib/dpkg/info/tool.list --\n/.\n/bin\n/bin/tool\n/usr/share/tool\n/usr/share/tool/data\n"+status("tool amd64 1"),
		"-- usr/bin/tool --\n0123456789 patched by hand\n",
		"-- usr/bin/tool --\nnew\n-- usr/share/tool/.wh.data --\n-- var/lib/dpkg/info/tool.list --\n/bin/tool\n"+status("tool amd64 2"),
		"-- usr/bin/.wh.tool --\n-- var/lib/dpkg/info/.wh.tool.list --\n"+status("other amd64 1"),
		"-- usr/bin/tool --\nnobody's\n",
	))
	p := find(t, inv, "tool")
	assert.Equal(t, packages.Gone, p.State)
	assert.Zero(t, p.Files)
	assert.Equal(t, packages.Bytes{Shadowed: 11 + 5 + 27 + 4, ByLayer: map[int]int64{0: 16, 1: 27, 2: 4}}, p.Bytes)
	assert.EqualValues(t, 9, inv.Layers[4].Unowned, "nobody owns what comes after the removal")
	assert.Positive(t, inv.Layers[0].Metadata)
	var unowned int64
	for _, d := range inv.Unowned {
		unowned += d.Bytes
	}
	assert.EqualValues(t, 9+5+len("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n"), unowned)
}

func TestDpkgHardLinksCountOnce(t *testing.T) {
	_, inv := read(t, text(t, debian+"-- usr/bin/perl --\n0123456789\n-- usr/bin/perl5.36.0 => usr/bin/perl --\n"+
		"-- var/lib/dpkg/info/perl-base.list --\n/usr/bin/perl\n/usr/bin/perl5.36.0\n"+status("perl-base amd64 5.36")))
	assert.EqualValues(t, 11, find(t, inv, "perl-base").Bytes.Total())
}

// Two architectures of a package may share a file: it is counted once, and stays the
// other's when one of them goes.
func TestDpkgSharedFile(t *testing.T) {
	both := "-- var/lib/dpkg/info/a:amd64.list --\n/usr\n/usr/share/a\n-- var/lib/dpkg/info/a:i386.list --\n/usr\n/usr/share/a\n-- usr/share/a --\n12345678\n"
	for _, tt := range []struct{ stays, goes string }{{"amd64", "i386"}, {"i386", "amd64"}} {
		_, inv := read(t, text(t, debian+status("a amd64 1", "a i386 1")+both,
			status("a "+tt.stays+" 1")+"-- var/lib/dpkg/info/.wh.a:"+tt.goes+".list --\n"))
		require.Len(t, inv.Packages, 2)
		for _, p := range inv.Packages {
			if p.Arch == tt.stays {
				assert.EqualValues(t, 9, p.Bytes.Visible, "%s stays", p.Arch)
			} else {
				assert.Zero(t, p.Bytes.Visible, "%s is gone", p.Arch)
			}
		}
	}
}

// TestOneOfTwo: a package found in two files stays while one does, whatever took the place of the other.
func TestOneOfTwo(t *testing.T) {
	const tree = "/go/bin/go --\n\x7fELF no more\n-- %[1]s/go/VERSION --\ngo1.21.5\ntime 2023\n"
	below := fmt.Sprintf("-- %[1]s"+tree, "usr/local") + fmt.Sprintf("-- %[1]s"+tree, "opt")
	for _, above := range []string{"-- opt/go/bin/.wh.go --\n", "-- opt/go/bin/go/x --\n1\n"} {
		_, inv, err := scan.Read(t.Context(), packaged.Image(t, packaged.Text(below), packaged.Text(above)), nil)
		require.NoError(t, err)
		checkLives(t, inv, "binary go; 0 introduced 1.21.5; present")
		assert.Equal(t, []packages.Location{{Path: "usr/local/go/bin/go", Layer: 0}}, find(t, inv, "go").Locations)
	}
}

// The lists of packages in status.d lie in info, beside status.d.
func TestDpkgStatusDInfo(t *testing.T) {
	_, inv := read(t, text(t, debian+"-- var/lib/dpkg/status.d/openssl --\nPackage: openssl\nVersion: 3.0.2-1\nArchitecture: amd64\n"+
		"-- var/lib/dpkg/info/openssl.list --\n/.\n/usr/bin\n/usr/bin/openssl\n/usr/bin/c_rehash\n-- usr/bin/openssl --\n123456789\n-- usr/bin/c_rehash --\n1234\n"))
	p := find(t, inv, "openssl")
	assert.Equal(t, 2, p.Files)
	assert.EqualValues(t, 15, p.Bytes.Total())
}

// TestDpkgEndless: a field of very many lines would keep Syft busy for hours.
func TestDpkgEndless(t *testing.T) {
	_, inv, err := scan.Read(t.Context(), text(t,
		debian+status("a amd64 1"),
		strings.TrimRight(status("a amd64 1", "b amd64 1"), "\n")+"\nConffiles:\n"+strings.Repeat(" a\n", 1<<20),
	), nil)
	require.NoError(t, err)
	require.Len(t, inv.Problems, 1)
	assert.Equal(t, 1, inv.Problems[0].Layer)
	assert.Equal(t, "var/lib/dpkg/status", inv.Problems[0].Path)
	assert.ErrorContains(t, inv.Problems[0], "more lines than can be read")
}
