package packages

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		kind, a, b string
		want       int // 0: no order, or equal
	}{
		{"deb", "1.0~rc1", "1.0", -1},
		{"deb", "1:1.0", "2.0", 1},
		{"deb", "not a version", "2.0", 0},
		{"apk", "1.36.1-r15", "1.36.1-r19", -1},
		{"apk", "1.2_rc1-r0", "1.2-r0", -1},
		{"rpm", "0:5.1-2.el9", "5.1-10.el9", -1},
		{"rpm", "1:1.0-1", "2.0-1", 1},
		{"npm", "4.9.0", "4.10.0", -1},
		{"npm", "1.0.0", "1.0.0-rc.1", 1},
		{"python", "1.0.dev1", "1.0", -1},
		{"python", "2!1.0", "3.0", 1},
		{"go-module", "v1.9.0", "v1.10.0", -1},
		{"go-module", "go1.9", "go1.10.1", -1},
		{"go-module", "UNKNOWN", "v1", 0},
		{"dotnet", "1.9.0.0", "1.10.0.0", -1},
		{"dotnet", "13.0.3", "13.0.3-beta2", 1},
		{"gem", "1.2.3.4", "1.2.3.10", -1},
		{"gem", "1.0.0.pre1", "1.0.0", 0},
		{"php-composer", "v1.0.0-beta2", "v1.0.0-RC1", -1},
		{"php-composer", "1.0.0", "1.0.0-p1", 0},
		{"php-composer", "1.0.0-RC9", "1.0.0-RC10", -1},
		{"php-composer", "1.0.0-dev", "1.0.0-alpha1", -1},
		{"php-composer", "1.0.0-b2", "1.0.0-alpha3", 1},
		{"dotnet", "1.0.0-rc10", "1.0.0-rc9", -1}, // by SemVer: one word
		{"alpm", "2:2.12rc1-1", "2:2.12-1", -1},
		{"alpm", "1.0-1", "1.0.a-1", -1},
		{"alpm", "1.0-9", "1.0-10", -1},
		{"alpm", "1:1.0-1", "2.0-1", 1},
		{"alpm", "1.0.1-1", "1.0..1-1", -1},
		{"alpm", "1.0-1", "1.0", 0},
		{"alpm", "1.a-1", "1.1-1", -1},
		{"java-archive", "1.0", "2.0", 0},
		{"apk", "1", "1.0", -1},
		{"apk", "1.2_git20230717-r4", "1.2-r4", 1},
		{"deb", "1.0", "1.0-0", 0},
		{"deb", "1.0", "1:", 0},
		{"rpm", "1.0~rc1-1", "1.0-1", -1},
		{"rpm", "1.0^git1-1", "1.0-1", 1},
		{"rpm", "", "1.0-1", 0},
		{"python", "2023a-foo", "1.0", 0},
		{"python", "1.0", "1.0.post1", -1},
		{"npm", "UNKNOWN", "1.0.0", 0},
		{"npm", "1.0.0-alpha.9", "1.0.0-alpha.10", -1},
		{"rust-crate", "1.0.0+a", "1.0.0+b", 0},
		{"php-composer", "1.0-beta2", "1", -1},
		{"php-composer", "dev-master", "1.0", 0},
		{"deb", "1" + strings.Repeat("0", 1<<20), "2", 0},
	} {
		order, _ := EcosystemOf(tt.kind).Compare(tt.a, tt.b)
		assert.Equal(t, tt.want, order, "%s %s %s", tt.kind, tt.a, tt.b)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("deb", "1:1.0-1", "2~rc")
	f.Add("apk", "1_p1-r0", "x")
	f.Add("rpm", "1:1-1", "~^")
	f.Add("python", "1!1.dev", "")
	f.Add("npm", "1.2.3-rc", "v1")
	f.Add("alpm", "1:1.0rc1-1", "1.0..a-")
	f.Add("php-composer", "v1.0.0-RC10", "1-dev")
	f.Fuzz(func(t *testing.T, kind, a, b string) {
		e := EcosystemOf(kind)
		x, ok := e.Compare(a, b)
		y, back := e.Compare(b, a)
		require.Equal(t, ok, back)
		if ok && (x < 0) == (y < 0) && x != 0 && y != 0 {
			t.Errorf("%s %q %q: %d and %d", kind, a, b, x, y)
		}
	})
}
