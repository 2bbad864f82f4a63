package syft

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const statusSample = `Package: libc6
Status: install ok installed
Priority: optional
Section: libs
Installed-Size: 12986
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9)
Version: 2.36-9+deb12u8
Replaces: libc6-amd64
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Recommends: libidn2-0 (>= 2.0.5~)
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
Description: GNU C Library: Shared libraries
 Contains the standard libraries that are used by nearly all programs on
 .
 the system.
Homepage: https://www.gnu.org/software/libc/libc.html

Package: gone
Status: deinstall ok config-files
Version: 1
Description: removed

Package: busybox
License: GPL-2.0-only & bzip2-1.0.4
Version: 1.36
Architecture: all
`

func TestWithoutProse(t *testing.T) {
	const path = "var/lib/dpkg/status"
	assert.Equal(t, `Package: libc6
Status: install ok installed
Installed-Size: 12986
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+deb12u8
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab

Package: gone
Status: deinstall ok config-files
Version: 1

Package: busybox
License: GPL-2.0-only & bzip2-1.0.4
Version: 1.36
Architecture: all
`, string(withoutProse("dpkg-db-cataloger", path, []byte(statusSample))))
	assert.Equal(t, statusSample, string(withoutProse("apk-db-cataloger", path, []byte(statusSample))))
	assert.Equal(t, statusSample, string(withoutProse("dpkg-db-cataloger", "usr/share/doc/a/copyright", []byte(statusSample))))
}

// dpkgFinds is what Syft finds in a status, and what it says is wrong.
func dpkgFinds(t *testing.T, c *Cataloger, content []byte) ([]Found, string) {
	pkgs, err := run(Parallel(t.Context(), 0), c, &aloneResolver{path: "/var/lib/dpkg/status", content: content})
	text := ""
	if err != nil {
		text = err.Error()
	}
	return convert(c.Name, pkgs, c.cpes), text
}

// FuzzWithoutProse compares what Syft finds with these fields and without.
func FuzzWithoutProse(f *testing.F) {
	for _, change := range [][2]string{
		{"", ""},
		{"Section:", "Priority:"},
		{"Multi-Arch:", "Priority :"},
		{"Replaces:", "Pre-Depends: a\nPreDepends:"},
		{"Priority: optional", "Priority"},
		{"Priority: optional", ": optional"},
		{"Homepage:", "Description:"},
		{"Homepage:", "Version:"},
		{"Section: libs", "\t: libs\n more"},
		{"Package: libc6", "Section: a\n b\n\nSection: a\n\n\nPackage: libc6"},
		{"Package: libc6", " continued\nPackage: libc6"},
		{"Installed-Size: 12986", "Installed-Size: much\n and more"},
		{"\n", "\r\n"},
		{"Section: libs\n", "\n"},
		{"Section: libs\n", "Status: x\n"},
	} {
		f.Add([]byte(strings.Replace(statusSample, change[0], change[1], 1)))
		f.Add([]byte(strings.ReplaceAll(statusSample, change[0], change[1])))
	}
	for cut := range 40 {
		f.Add([]byte(statusSample[:len(statusSample)-20*cut]))
	}
	set, err := NewSet([]string{"dpkg-db-cataloger"}, true)
	require.NoError(f, err)
	c := set.Catalogers[0]
	f.Fuzz(func(t *testing.T, b []byte) {
		want, wrong := dpkgFinds(t, c, b)
		got, same := dpkgFinds(t, c, withoutProse("dpkg-db-cataloger", "var/lib/dpkg/status", b))
		assert.Equal(t, want, got)
		assert.Equal(t, wrong, same)
	})
}
