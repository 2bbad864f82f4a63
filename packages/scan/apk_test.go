package scan_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestApkRootFiles: the root is a directory of no name in apk's database.
func TestApkRootFiles(t *testing.T) {
	_, inv := read(t, text(t, `
-- etc/os-release --
ID=alpine
VERSION_ID=3.20.0
-- lib/apk/db/installed --
P:s6-overlay
V:3.1.6.2-r0
A:x86_64
F:bin
R:s6
F:
R:init
Z:Q15OTMNR9Mqm6CUin1vGHkeuG4IY0=
F:usr
F:usr/bin
R:s6-rc

P:other
V:1
A:x86_64
F:etc
R:init

-- bin/s6 --
1
-- init --
22
-- usr/bin/s6-rc --
333
-- etc/init --
4444
`))
	assert.EqualValues(t, 2+3+4, find(t, inv, "s6-overlay").Bytes.Visible)
	assert.EqualValues(t, 5, find(t, inv, "other").Bytes.Visible)
}
