package index_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/index"
)

var bookworm = index.System{ID: "debian", VersionID: "12", Codename: "bookworm", Arch: "amd64"}

const (
	mainRelease = "Origin: Debian\nLabel: Debian\nSuite: oldstable\nVersion: 12.12\nCodename: bookworm\nDate: Sat, 06 Sep 2025 10:16:37 UTC\n"
	mainIndex   = `Package: libc6
Source: glibc (2.36-9+deb12u9)
Version: 2.36-9+deb12u9
Architecture: amd64
Description: GNU C Library
 with a second line
 .
 and a third

Package: bash
Version: 5.2.15-2+b7
Source: bash (5.2.15-2)
Architecture: amd64

Package: tzdata
Version: 2025b-0+deb12u1
Architecture: all
`
	securityRelease = "Label: Debian-Security\nSuite: oldstable-security\nCodename: bookworm-security\nDate: Fri, 28 Nov 2025 02:53:00 UTC\n"
	securityIndex   = "Package: libc6\nSource: glibc\nVersion: 2.36-9+deb12u13\nArchitecture: amd64\n"
)

// write writes files below a new directory.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, []byte(body), 0o644))
	}
	return dir
}

func zipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(s))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func framed(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := lz4.NewWriter(&b)
	_, err := z.Write([]byte(s))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func apkindex(t testing.TB, description, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range [][2]string{{"DESCRIPTION", description}, {"APKINDEX", body}} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: f[0], Size: int64(len(f[1])), Mode: 0o644}))
		_, err := w.Write([]byte(f[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	// apk puts a signature before it, as a stream of its own without an end.
	var sig bytes.Buffer
	s := tar.NewWriter(&sig)
	require.NoError(t, s.WriteHeader(&tar.Header{Name: ".SIGN.RSA.test.rsa.pub", Size: 3, Mode: 0o644}))
	_, err := s.Write([]byte("sig"))
	require.NoError(t, err)
	require.NoError(t, s.Flush())
	return zipped(t, sig.String()) + zipped(t, b.String())
}

// offered is what an index has of a package, in a line each.
func offered(x *index.Index, p packages.Package) []string {
	var list []string
	for _, a := range x.Versions(&p) {
		s := fmt.Sprintf("%s of %s %s in %s", a.Version, a.Source, a.SourceVersion, a.Index)
		if !a.By.IsZero() {
			s += " by " + a.By.Format("2006-01-02")
		}
		if !a.Built.IsZero() {
			s += " built " + a.Built.Format("2006-01-02")
		}
		list = append(list, s)
	}
	return list
}

func TestDebian(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a mirror": {
			"debian/dists/bookworm/InRelease":                                        mainRelease,
			"debian/dists/bookworm/main/binary-amd64/Packages.gz":                    zipped(t, mainIndex),
			"debian/dists/bookworm/main/binary-amd64/Release":                        "Archive: oldstable\nComponent: main\n",
			"security/dists/bookworm-security/Release":                               securityRelease,
			"security/dists/bookworm-security/main/binary-amd64/Packages":            securityIndex,
			"debian/dists/trixie/InRelease":                                          "Codename: trixie\nSuite: stable\n",
			"debian/dists/trixie/main/binary-amd64/Packages":                         "Package: libc6\nVersion: 2.41-12\nArchitecture: amd64\n",
			"debian/dists/bookworm-backports/main/binary-amd64/Packages":             "Package: bash\nVersion: 9\nArchitecture: amd64\n",
			"debian/dists/bookworm-proposed-updates/main/binary-amd64/Packages":      "Package: bash\nVersion: 9\nArchitecture: amd64\n",
			"debian/dists/bookworm/main/i18n/Translation-en":                         "not an index",
			"debian/pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb":                     "nor this",
			"debian/dists/bookworm/main/debian-installer/binary-amd64/Packages.diff": "nor this",
		},
		"apt's own copy": {
			"mirror.example.org_debian_dists_bookworm_InRelease":                             "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + mainRelease + "-----BEGIN PGP SIGNATURE-----\n\niQ==\n=aaaa\n-----END PGP SIGNATURE-----\n",
			"mirror.example.org_debian_dists_bookworm_main_binary-amd64_Packages.lz4":        framed(t, mainIndex),
			"mirror.example.org_security_dists_bookworm-security_InRelease":                  securityRelease,
			"mirror.example.org_security_dists_bookworm-security_main_binary-amd64_Packages": securityIndex,
			"mirror.example.org_ubuntu_dists_noble_main_binary-amd64_Packages":               "Package: bash\nVersion: 9\nArchitecture: amd64\n",
			"mirror.example.org_debian_dists_bookworm-backports_main_binary-amd64_Packages":  "Package: bash\nVersion: 9\nArchitecture: amd64\n",
			"lock": "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := index.Open(t.Context(), bookworm, []string{write(t, files)}, nil)
			require.NoError(t, err)
			assert.Equal(t, "debian: bookworm, bookworm-security", x.String())
			assert.Equal(t, "2025-11-28", x.Day().Format("2006-01-02"))
			assert.Equal(t, 4, x.Len())
			assert.ElementsMatch(t, []string{
				"2.36-9+deb12u9 of glibc 2.36-9+deb12u9 in bookworm by 2025-09-06",
				"2.36-9+deb12u13 of glibc 2.36-9+deb12u13 in bookworm-security by 2025-11-28",
			}, offered(x, packages.Package{Type: "deb", Name: "libc6", Arch: "amd64"}))
			assert.Equal(t, []string{"5.2.15-2+b7 of bash 5.2.15-2 in bookworm by 2025-09-06"}, offered(x, packages.Package{Type: "deb", Name: "bash", Arch: "amd64"}))
			assert.Equal(t, []string{"2025b-0+deb12u1 of tzdata 2025b-0+deb12u1 in bookworm by 2025-09-06"}, offered(x, packages.Package{Type: "deb", Name: "tzdata", Arch: "all"}))
			assert.Equal(t, []string{"2025b-0+deb12u1 of tzdata 2025b-0+deb12u1 in bookworm by 2025-09-06"}, offered(x, packages.Package{Type: "deb", Name: "tzdata", Arch: "amd64"}),
				"it was made for every architecture since")
			assert.Equal(t, []string{
				" of glibc 2.36-9+deb12u9 in bookworm by 2025-09-06",
				" of glibc 2.36-9+deb12u13 in bookworm-security by 2025-11-28",
			}, inOrder(offered(x, packages.Package{Type: "deb", Name: "libc-gone", Source: "glibc", Arch: "amd64"})), "of the source alone")
			assert.Empty(t, offered(x, packages.Package{Type: "deb", Name: "nodejs", Arch: "amd64"}))
			assert.Empty(t, offered(x, packages.Package{Type: "rpm", Name: "bash", Arch: "amd64"}))
			assert.Equal(t, []string{" of bash 5.2.15-2 in bookworm by 2025-09-06"}, offered(x, packages.Package{Type: "deb", Name: "bash", Arch: "riscv64"}), "another architecture")
		})
	}
}

// inOrder puts what is of the main suite first.
func inOrder(list []string) []string {
	if len(list) == 2 && strings.Contains(list[0], "security") {
		list[0], list[1] = list[1], list[0]
	}
	return list
}

func TestUbuntu(t *testing.T) {
	noble := index.System{ID: "ubuntu", VersionID: "24.04", Codename: "noble", Arch: "amd64"}
	release := func(suite string) string { return "Origin: Ubuntu\nSuite: " + suite + "\nCodename: noble\n" }
	of := func(v string) string { return "Package: bash\nVersion: " + v + "\nArchitecture: amd64\n" }
	x, err := index.Open(t.Context(), noble, []string{write(t, map[string]string{
		"dists/noble/Release": release("noble"), "dists/noble/main/binary-amd64/Packages": of("1"),
		"dists/noble-updates/Release": release("noble-updates"), "dists/noble-updates/main/binary-amd64/Packages": of("2"),
		"dists/noble-backports/Release": release("noble-backports"), "dists/noble-backports/main/binary-amd64/Packages": of("3"),
		"dists/noble-proposed/Release": release("noble-proposed"), "dists/noble-proposed/main/binary-amd64/Packages": of("4"),
	})}, nil)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1 of bash 1 in noble", "2 of bash 2 in noble-updates"}, offered(x, packages.Package{Type: "deb", Name: "bash", Arch: "amd64"}))
}

func TestAlpine(t *testing.T) {
	system := index.System{ID: "alpine", VersionID: "3.19.1", Arch: "x86_64"}
	main := "C:Q1x\nP:musl\nV:1.2.4_git20230717-r5\nA:x86_64\no:musl\nt:1730000000\n\nP:musl-utils\nV:1.2.4_git20230717-r5\nA:x86_64\no:musl\nt:1710000000\nD:so:libc\n"
	x, err := index.Open(t.Context(), system, []string{write(t, map[string]string{
		"alpine/v3.19/main/x86_64/APKINDEX.tar.gz": apkindex(t, "v3.19.9-1-gabc", main),
		"alpine/v3.20/main/x86_64/APKINDEX.tar.gz": apkindex(t, "v3.20.0", "P:musl\nV:9-r0\nA:x86_64\n"),
		"APKINDEX.0a1b2c3d.tar.gz":                 apkindex(t, "v3.19.9-1-gabc", "P:curl\nV:8.9-r0\nA:x86_64\n"),
		"APKINDEX.0a1b2c3e.tar.gz":                 apkindex(t, "v3.21.0-1-gabc", "P:curl\nV:99-r0\nA:x86_64\n"),
	})}, nil)
	require.NoError(t, err)
	assert.Equal(t, "alpine: v3.19, v3.19/main", x.String())
	assert.Equal(t, []string{"1.2.4_git20230717-r5 of musl 1.2.4_git20230717-r5 in v3.19/main by 2024-10-27 built 2024-03-09"}, offered(x, packages.Package{Type: "apk", Name: "musl-utils", Arch: "x86_64"}))
	assert.Equal(t, []string{"8.9-r0 of curl 8.9-r0 in v3.19"}, offered(x, packages.Package{Type: "apk", Name: "curl", Arch: "x86_64"}))
}

func TestOpenRefuses(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	for name, tt := range map[string]struct {
		of    index.System
		files map[string]string
		says  string
		is    error
	}{
		"nothing there":         {bookworm, map[string]string{"a": ""}, "no index of packages of debian bookworm in ", index.ErrNone},
		"another release":       {bookworm, map[string]string{"dists/trixie/main/binary-amd64/Packages": securityIndex}, "(there is trixie)", index.ErrNone},
		"no release":            {bookworm, map[string]string{"Packages": securityIndex}, "Packages: of which release it is, is not known", nil},
		"no codename":           {index.System{ID: "debian", Arch: "amd64"}, nil, "of which release of debian the image is, is not known", index.ErrSystem},
		"no distribution":       {index.System{}, nil, "the image's distribution is not known", index.ErrSystem},
		"another distribution":  {index.System{ID: "fedora", VersionID: "41"}, nil, "no index of packages can be read of fedora 41", index.ErrSystem},
		"no version of alpine":  {index.System{ID: "alpine"}, nil, "of which release of alpine", index.ErrSystem},
		"broken paragraph":      {bookworm, map[string]string{"dists/bookworm/main/binary-amd64/Packages": securityIndex + "\nnonsense\n"}, "paragraph 2: Bad line", nil},
		"paragraph without":     {bookworm, map[string]string{"dists/bookworm/main/binary-amd64/Packages": "Package: a\n"}, "paragraph 1: without Package or Version", nil},
		"long paragraph":        {bookworm, map[string]string{"dists/bookworm/main/binary-amd64/Packages": "Package: a\nVersion: " + long}, "a paragraph of more than 4194304 bytes", nil},
		"broken gzip":           {bookworm, map[string]string{"dists/bookworm/main/binary-amd64/Packages.gz": "\x1f\x8bnonsense"}, "gzip: invalid header", nil},
		"broken Release":        {bookworm, map[string]string{"dists/bookworm/main/binary-amd64/Packages": securityIndex, "dists/bookworm/Release": "nonsense\n"}, "Release: Bad line", nil},
		"APKINDEX without tar":  {index.System{ID: "alpine", VersionID: "3.19.1"}, map[string]string{"v3.19/main/x86_64/APKINDEX.tar.gz": zipped(t, "nonsense")}, "APKINDEX.tar.gz: unexpected EOF", nil},
		"APKINDEX of nothing":   {index.System{ID: "alpine", VersionID: "3.19.1"}, map[string]string{"APKINDEX.tar.gz": apkindex(t, "x", "")}, "neither its path nor its description says it", nil},
		"APKINDEX, broken line": {index.System{ID: "alpine", VersionID: "3.19.1"}, map[string]string{"v3.19/APKINDEX.tar.gz": apkindex(t, "x", "P:a\nV:1\n\nx\n")}, "APKINDEX: line 4: not a letter, a colon and a value", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := index.Open(t.Context(), tt.of, []string{write(t, tt.files)}, nil)
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.says)
			if tt.is != nil {
				assert.ErrorIs(t, err, tt.is)
			}
			assert.Less(t, len(err.Error()), 1000)
		})
	}
	_, err := index.Open(t.Context(), bookworm, []string{filepath.Join(t.TempDir(), "none")}, nil)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// A file that unpacks to more than there may be is an error, and does not fill the memory.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	para := []byte("Package: a\nVersion: 1\nDescription: " + strings.Repeat("x", 1<<20) + "\n\n")
	for range 600 {
		_, err := z.Write(para)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	_, err := index.Open(t.Context(), bookworm, []string{write(t, map[string]string{"dists/bookworm/main/binary-amd64/Packages.gz": b.String()})}, nil)
	assert.ErrorContains(t, err, "more than 536870912 bytes unpacked")
}

// mirror serves files, and notes what it was asked for.
func mirror(t *testing.T, files map[string]string) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestMirror(t *testing.T) {
	body := zipped(t, mainIndex)
	release := mainRelease + fmt.Sprintf("SHA256:\n %x %d main/binary-amd64/Packages.gz\n %x 1 main/binary-arm64/Packages.gz\n %x 1 main/debian-installer/binary-amd64/Packages.gz\n %x 1 main/source/Sources.gz\n",
		sha256.Sum256([]byte(body)), len(body), 0, 0, 0)
	files := map[string]string{"/debian/dists/bookworm/InRelease": release, "/debian/dists/bookworm/main/binary-amd64/Packages.gz": body}
	url, asked := mirror(t, files)
	x, err := index.Open(t.Context(), bookworm, []string{url + "/debian/"}, nil)
	require.NoError(t, err)
	assert.Equal(t, 3, x.Len())
	assert.Equal(t, []string{
		"/debian/dists/bookworm/InRelease", "/debian/dists/bookworm/main/binary-amd64/Packages.gz",
		"/debian/dists/bookworm-updates/InRelease", "/debian/dists/bookworm-updates/Release",
		"/debian/dists/bookworm-security/InRelease", "/debian/dists/bookworm-security/Release",
		"/debian/dists/bookworm/updates/InRelease", "/debian/dists/bookworm/updates/Release",
	}, *asked)

	files["/debian/dists/bookworm/main/binary-amd64/Packages.gz"] = zipped(t, mainIndex+"\n")
	_, err = index.Open(t.Context(), bookworm, []string{url + "/debian"}, nil)
	assert.ErrorContains(t, err, "its SHA-256 is ")

	_, err = index.Open(t.Context(), bookworm, []string{strings.Replace(url, "//", "//user:secret@", 1) + "/elsewhere"}, nil)
	assert.ErrorIs(t, err, index.ErrNone)
	assert.NotContains(t, err.Error(), "secret")

	url, asked = mirror(t, map[string]string{"/v3.19/main/x86_64/APKINDEX.tar.gz": apkindex(t, "x", "P:a\nV:1-r0\nA:x86_64\n")})
	x, err = index.Open(t.Context(), index.System{ID: "alpine", VersionID: "3.19.1", Arch: "x86_64"}, []string{url}, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, x.Len())
	assert.Equal(t, []string{"/v3.19/main/x86_64/APKINDEX.tar.gz", "/v3.19/community/x86_64/APKINDEX.tar.gz"}, *asked)
}

// Whatever is in a file, the reader neither panics nor fills the memory.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(mainIndex))
	f.Add([]byte(zipped(f, mainIndex)))
	f.Add([]byte(framed(f, securityIndex)))
	f.Add([]byte(apkindex(f, "v3.19.1", "P:a\nV:1\nt:9\n")))
	f.Add([]byte("\xfd7zXZ\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := write(t, map[string]string{
			"dists/bookworm/main/binary-amd64/Packages": string(b), "dists/bookworm-security/InRelease": string(b),
			"dists/bookworm-security/main/Packages": securityIndex, "v3.19/main/x86_64/APKINDEX.tar.gz": string(b),
		})
		for _, of := range []index.System{bookworm, {ID: "alpine", VersionID: "3.19", Arch: "x86_64"}} {
			if x, err := index.Open(t.Context(), of, []string{dir}, nil); err == nil {
				x.Versions(&packages.Package{Type: "deb", Name: "libc6", Arch: "amd64"})
			}
		}
	})
}
