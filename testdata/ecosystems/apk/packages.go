package main

import "fmt"

// arch is that of every package but those for all.
const arch = "x86_64"

// A spec is a package to be made.
type spec struct {
	name, version string
	origin        string // "" for name
	noarch        bool
	depends       []string
	provides      []string
	replaces      []string
	dirs          []string          // those to be listed though nothing is in them
	files         []string          // regular, of a text of their own
	links         map[string]string // path: target
}

// packages are those of which the chain chooses; named as Alpine names such ones,
// for the forms of its names and versions.
func packages() []spec {
	libc := []string{"so:libc.musl-x86_64.so.1"}
	specs := []spec{
		{name: "alpine-baselayout", version: "3.6.5-r0",
			dirs:  []string{"/dev", "/home", "/proc", "/root", "/run/lock", "/tmp", "/usr/lib", "/usr/local/bin", "/var/log"},
			files: []string{"/etc/fstab", "/etc/group", "/etc/passwd", "/etc/profile", "/etc/profile.d/color_prompt.sh.disabled"},
			links: map[string]string{"/var/lock": "../run/lock", "/etc/mtab": "../proc/mounts"}},
		{name: "musl", version: "1.2.5-r9", provides: []string{"so:libc.musl-x86_64.so.1=1"},
			files: []string{"/lib/ld-musl-x86_64.so.1"},
			links: map[string]string{"/lib/libc.musl-x86_64.so.1": "ld-musl-x86_64.so.1"}},
		{name: "musl-dev", version: "1.2.5-r9", origin: "musl", depends: []string{"musl=1.2.5-r9"},
			files: []string{"/usr/include/stdio.h", "/usr/include/sys/stat.h", "/usr/lib/libc.a"}},
		{name: "tzdata", version: "2024a-r10", noarch: true, files: zones(20)},
		{name: "tzdata", version: "2024b-r0", noarch: true, files: zones(21)},
		{name: "ca-certificates-bundle", version: "20240226-r0", origin: "ca-certificates", noarch: true,
			files: []string{"/etc/ssl/certs/ca-certificates.crt", "/usr/share/licenses/ca-certificates-bundle"},
			links: map[string]string{"/etc/ssl/cert.pem": "certs/ca-certificates.crt"}},
		{name: "ca-certificates", version: "20240226-r0", depends: []string{"ca-certificates-bundle"}, replaces: []string{"ca-certificates-bundle"},
			files: []string{"/etc/ssl/certs/ca-certificates.crt", "/usr/sbin/update-ca-certificates"}},
		{name: "curl", version: "8.9.0-r0", depends: []string{"so:libcurl.so.4"}, provides: []string{"cmd:curl=8.9.0-r0"},
			files: []string{"/usr/bin/curl"}},
		{name: "libcurl", version: "8.9.0-r0", origin: "curl", depends: []string{"so:libcrypto.so.1.1", "so:libz.so.1"}, provides: []string{"so:libcurl.so.4=4.8.0"},
			files: []string{"/usr/lib/libcurl.so.4.8.0"},
			links: map[string]string{"/usr/lib/libcurl.so.4": "libcurl.so.4.8.0"}},
		{name: "gcc", version: "13.2.1_git20240309-r1", depends: libc,
			files: []string{"/usr/bin/gcc", "/usr/libexec/gcc/cc1", "/usr/lib/gcc/libgcc.a"},
			links: map[string]string{"/usr/bin/cc": "gcc"}},
		{name: "make", version: "4.4.1-r2", depends: libc, files: []string{"/usr/bin/make", "/usr/include/gnumake.h"}},
		// What "apk add --virtual" installs: dependencies, and not a file.
		{name: ".build-deps", version: "20240601.120000", noarch: true, depends: []string{"gcc", "make", "musl-dev"}},
	}
	for _, v := range []string{"1.36.1-r9", "1.36.1-r29"} {
		specs = append(specs, spec{name: "busybox", version: v, depends: libc, provides: []string{"/bin/sh", "cmd:busybox=" + v},
			files: []string{"/bin/busybox", "/etc/securetty", "/usr/share/udhcpc/default.script"},
			links: map[string]string{"/bin/sh": "/bin/busybox", "/bin/ls": "/bin/busybox", "/usr/bin/env": "/bin/busybox"}})
	}
	for _, v := range []string{"1.3_rc2-r1", "1.3-r0", "1.3_p1-r0"} {
		specs = append(specs, spec{name: "zlib", version: v, depends: libc, provides: []string{"so:libz.so.1=1.3"},
			files: []string{"/lib/libz.so.1.3"}, links: map[string]string{"/lib/libz.so.1": "libz.so.1.3"}})
	}
	for _, v := range []string{"1.1.1k-r0", "1.1.1w-r1"} {
		specs = append(specs, spec{name: "libcrypto1.1", version: v, origin: "openssl", depends: libc, provides: []string{"so:libcrypto.so.1.1=1.1"},
			files: []string{"/etc/ssl/openssl.cnf", "/lib/libcrypto.so.1.1"},
			links: map[string]string{"/usr/lib/libcrypto.so.1.1": "../../lib/libcrypto.so.1.1"}})
	}
	return specs
}

// zones are the files of a package that has many.
func zones(regions int) []string {
	var files []string
	for region := range regions {
		for zone := range 20 {
			files = append(files, fmt.Sprintf("/usr/share/zoneinfo/Region%02d/Zone_%02d", region, zone))
		}
	}
	return files
}
