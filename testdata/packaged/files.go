package packaged

import (
	"archive/zip"
	"bytes"
	"os"
	"testing"
	"time"
)

// Zip returns a zip archive of name, content, name, content, …
func Zip(t testing.TB, nameAndContent ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(nameAndContent); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: nameAndContent[i], Modified: modified().Add(time.Hour), Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(nameAndContent[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Jar returns a Java archive as Maven makes them, with more files or archives
// inside.
func Jar(t testing.TB, group, artifact, version string, more ...string) []byte {
	t.Helper()
	return Zip(t, append([]string{
		"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Title: " + artifact + "\r\nImplementation-Version: " + version + "\r\n\r\n",
		"META-INF/maven/" + group + "/" + artifact + "/pom.properties", "groupId=" + group + "\nartifactId=" + artifact + "\nversion=" + version + "\n",
	}, more...)...)
}

// GoBinary returns a program with Go's build information: the test itself.
func GoBinary(t testing.TB) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Skip(err)
	}
	return b
}

// Debian is a layer of a small Debian system: two packages of the distribution,
// one of which ships a Python package.
const Debian = `
-- etc/os-release --
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
-- etc/debian_version --
12.5
-- bin -> usr/bin --
-- usr/bin/python3.11 --
not really
-- var/lib/dpkg/status --
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u4

Package: python3-six
Status: install ok installed
Architecture: all
Source: six (1.16.0-4)
Version: 1:1.16.0-4

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1

-- var/lib/dpkg/info/python3-six.list --
/.
/usr/lib/python3/dist-packages/six.py
/usr/lib/python3/dist-packages/six-1.16.0.egg-info
/usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO
-- usr/lib/python3/dist-packages/six.py --
pass
-- usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO --
Metadata-Version: 1.2
Name: six
Version: 1.16.0
License: MIT
-- usr/share/doc/libc6/copyright --
License: GPL-2
`

// Languages is a layer of packages of several languages.
const Languages = `
-- srv/app/package.json --
{"name": "app", "version": "1.0.0", "license": "MIT"}
-- srv/app/index.js --
app
-- srv/app/node_modules/lodash/package.json --
{"name": "lodash", "version": "4.17.20"}
-- srv/app/node_modules/lodash/lodash.js --
lodash
-- srv/app/node_modules/@x/y/package.json --
{"name": "@x/y", "version": "2.0.0"}
-- usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA --
Metadata-Version: 2.1
Name: requests
Version: 2.31.0
License: Apache License
 that runs over
 several lines
License-File: LICENSE

Text.
-- usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info/LICENSE --
Apache License
-- usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info/RECORD --
requests/__init__.py,sha256=x,9
requests-2.31.0.dist-info/METADATA,,
requests-2.31.0.dist-info/RECORD,,
../../../bin/requests,,
-- usr/local/lib/python3.11/site-packages/requests/__init__.py --
requests
-- usr/local/bin/requests --
#!/bin/sh
-- usr/local/lib/ruby/gems/3.2.0/specifications/rack-3.0.8.gemspec --
Gem::Specification.new do |s|
  s.name = "rack".freeze
  s.version = "3.0.8"
  s.licenses = ["MIT".freeze]
end
-- usr/local/lib/ruby/gems/3.2.0/gems/rack-3.0.8/lib/rack.rb --
rack
-- var/www/vendor/composer/installed.json --
{"packages": [{"name": "monolog/monolog", "version": "3.5.0"}]}
-- var/www/vendor/monolog/monolog/src/Logger.php --
monolog
-- usr/lib/R/library/jsonlite/DESCRIPTION --
Package: jsonlite
Version: 1.8.8
License: MIT
-- opt/conda/conda-meta/zlib-1.2.13-h5eee18b_0.json --
{"name": "zlib", "version": "1.2.13", "build": "h5eee18b_0", "files": ["lib/libz.so.1"]}
-- opt/conda/lib/libz.so.1 --
zlib
-- usr/share/lua/rocks/lpeg-1.0.2-1.rockspec --
package = "lpeg"
version = "1.0.2-1"
-- app/packages.lock.json --
{"version": 1, "dependencies": {"net6.0": {"Serilog": {"type": "Direct", "requested": "[2.10.0, )", "resolved": "2.10.0", "contentHash": "x"}}}}
-- usr/local/lib/node_modules/broken/package.json --
{"name": 
-- opt/java/release --
JAVA_VERSION="17.0.9"
IMPLEMENTOR="Eclipse Adoptium"
IMAGE_TYPE="JRE"
FULL_VERSION="17.0.9+9"
-- opt/java/bin/java --
java
`

// Alpine is a layer of an Alpine system.
const Alpine = `
-- etc/os-release --
NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.19.1
-- etc/apk/repositories --
https://example.org/alpine/v3.19/main
-- lib/apk/db/installed --
P:musl
V:1.2.4_git20230717-r4
A:x86_64
o:musl
L:MIT
F:lib
R:ld-musl-x86_64.so.1
Z:Q1x

P:busybox-binsh
V:1.36.1-r15
A:x86_64
o:busybox
L:GPL-2.0-only
F:bin
R:sh

-- lib/ld-musl-x86_64.so.1 --
musl
-- bin/sh --
sh
`
