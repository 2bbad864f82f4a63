package index_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages/index"
)

// Archives of others are left out, and named, though they have a release of the same name.
func TestOthers(t *testing.T) {
	sury := map[string]string{
		"packages.sury.org_php_dists_bookworm_InRelease":                  "Origin: deb.sury.org\nLabel: deb.sury.org\nSuite: bookworm\nCodename: bookworm\n",
		"packages.sury.org_php_dists_bookworm_main_binary-amd64_Packages": securityIndex,
	}
	_, err := index.Open(t.Context(), bookworm, []string{write(t, sury)}, nil)
	require.ErrorIs(t, err, index.ErrNone)
	assert.ErrorContains(t, err, "(there is bookworm of deb.sury.org)")

	sury["dists/bookworm/Release"], sury["dists/bookworm/main/binary-amd64/Packages"] = mainRelease, mainIndex
	x, err := index.Open(t.Context(), bookworm, []string{write(t, sury)}, nil)
	require.NoError(t, err)
	assert.Equal(t, 3, x.Len())
	assert.Equal(t, "debian: bookworm; not read: bookworm-updates, bookworm-security; left out: bookworm of deb.sury.org", x.String())
}

// A Release alone, or one with packages of another architecture, is no index.
func TestNoPackages(t *testing.T) {
	release := mainRelease + fmt.Sprintf("SHA256:\n %x 1 main/binary-arm64/Packages.gz\n", sha256.Sum256(nil))
	url, _ := mirror(t, map[string]string{"/dists/bookworm/InRelease": release})
	_, err := index.Open(t.Context(), bookworm, []string{url}, nil)
	require.ErrorIs(t, err, index.ErrNone)

	_, err = index.Open(t.Context(), bookworm, []string{write(t, map[string]string{"dists/bookworm/Release": mainRelease, "dists/bookworm/main/binary-arm64/Packages": mainIndex})}, nil)
	require.ErrorIs(t, err, index.ErrNone)
	assert.ErrorContains(t, err, "(there is bookworm for arm64)")
}
