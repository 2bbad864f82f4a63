package ancestry_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

func TestOSRelease(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want ancestry.Distro
		ok   bool
	}{
		"debian": {
			"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n",
			ancestry.Distro{ID: "debian", VersionID: "12", Codename: "bookworm", PrettyName: "Debian GNU/Linux 12 (bookworm)"}, true,
		},
		"single quotes, comments, windows' line ends": {
			"# a comment\r\n\r\nID='alpine'\r\nVERSION_ID=3.19.1\r\nPRETTY_NAME='a \\ \"b\"'\r\n",
			ancestry.Distro{ID: "alpine", VersionID: "3.19.1", PrettyName: `a \ "b"`}, true,
		},
		"escapes":             {"ID=x\nPRETTY_NAME=\"\\$5 \\`q\\` \\\"d\\\" \\\\ \\n\"\n", ancestry.Distro{ID: "x", PrettyName: "$5 `q` \"d\" \\ \\n"}, true},
		"the last counts":     {"ID=a\nID=b\n", ancestry.Distro{ID: "b"}, true},
		"an open quote":       {"ID=a\nPRETTY_NAME=\"no end\n", ancestry.Distro{ID: "a"}, true},
		"terminal escapes":    {"ID=a\nPRETTY_NAME=\"\x1b[31mred\"\n", ancestry.Distro{ID: "a"}, true},
		"not UTF-8":           {"ID=a\nPRETTY_NAME=\"\xff\"\n", ancestry.Distro{ID: "a"}, true},
		"an ID that is none":  {"ID=\"a b\"\n", ancestry.Distro{}, false},
		"no ID":               {"NAME=x\n", ancestry.Distro{}, false},
		"nothing":             {"", ancestry.Distro{}, false},
		"words after a value": {"ID=a # b\n", ancestry.Distro{ID: "a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := ancestry.OSRelease([]byte(test.in))
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
		})
	}
}

func FuzzOSRelease(f *testing.F) {
	f.Add([]byte("ID=debian\nVERSION_ID=\"12\"\n"))
	f.Add([]byte("ID='a\\'\n PRETTY_NAME=\"\\\"\"\n"))
	f.Add([]byte("ID=\"\n\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := ancestry.OSRelease(b)
		if ok != (d.ID != "") {
			t.Fatalf("%v, %v", d, ok)
		}
		for _, s := range []string{d.ID, d.VersionID, d.Codename, d.PrettyName} {
			if !utf8.ValidString(s) {
				t.Fatalf("%q", s)
			}
			for _, r := range s {
				if r < ' ' {
					t.Fatalf("%q", s)
				}
			}
		}
	})
}

func TestParseName(t *testing.T) {
	for in, want := range map[string]string{
		"debian":                              "debian",
		"debian:12":                           "debian:12",
		"docker.io/library/debian:12":         "debian:12",
		"index.docker.io/acme/x":              "acme/x",
		"ghcr.io/acme/base:1.4":               "ghcr.io/acme/base:1.4",
		"localhost:5000/x":                    "localhost:5000/x",
		"localhost:5000/x:y":                  "localhost:5000/x:y",
		"localhost/x:latest":                  "localhost/x:latest",
		"debian@sha256:" + zeros:              "debian@sha256:" + zeros,
		"scratch":                             "",
		"":                                    "",
		"Debian":                              "",
		"a b":                                 "",
		"$BASE":                               "",
		"debian:":                             "",
		"debian:a b":                          "",
		"debian@sha256:1":                     "",
		"./x":                                 "",
		"/x":                                  "",
		"x.tar":                               "",
		"e3b0c44298fc1c149afbf4c8996fb92427a": "", // an ID
		"\x1b[31m":                            "",
		"registry-1.docker.io/library/debian": "debian",
		"docker.io//debian":                   "",
		"acme//x":                             "",
		"acme/-x":                             "",
		"Acme/x":                              "",
		"docker.io/quay.io/x":                 "", // Docker Hub's, not Quay's
		"docker.io/docker.io/x":               "",
		"sha256:" + zeros:                     "", // a digest alone
		"library/scratch":                     "",
		"GHCR.io/acme/x:1":                    "GHCR.io/acme/x:1",
		"HOST:5000/x":                         "HOST:5000/x",
		"scratch:latest":                      "",
		"docker.io/library/localhost/x":       "library/localhost/x",
	} {
		n, ok := ancestry.ParseName(in)
		assert.Equal(t, want != "", ok, in)
		if ok {
			assert.Equal(t, want, n.String(), in)
		}
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func FuzzParseName(f *testing.F) {
	f.Add("docker.io/library/debian:12@sha256:" + zeros)
	f.Add("docker.io//debian:12@sha256:" + zeros)
	f.Add("docker.io/index.docker.io/debian")
	f.Add("docker.io/scratch")
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ancestry.ParseName(s)
		if !ok {
			return
		}
		again, ok := ancestry.ParseName(n.String())
		if !ok || again.String() != n.String() {
			t.Fatalf("%q gives %q, which is no name", s, n)
		}
	})
}

// Before os-release, and where it comes late in a layer, other files tell, if two agree.
func TestDistroWithoutOSRelease(t *testing.T) {
	sources := func(suites string) []byte {
		return []byte("Types: deb\nURIs: http://example.org\nSuites: " + suites + "\n")
	}
	for name, test := range map[string]struct {
		files ancestry.Files
		want  ancestry.Distro
	}{
		"Debian": {
			ancestry.Files{"etc/issue": []byte("Debian GNU/Linux 12 \\n \\l\n\n"), "etc/debian_version": []byte("12.11\n"), "etc/apt/sources.list": []byte("deb http://mirror.example.org/debian bookworm main\n")},
			ancestry.Distro{ID: "debian", VersionID: "12", Codename: "bookworm", PrettyName: "Debian GNU/Linux 12 (bookworm)", Release: "12.11", Suites: []string{"bookworm"}},
		},
		"Debian, on the way": {
			ancestry.Files{"etc/issue": []byte("Debian GNU/Linux forky/sid \\n \\l\n"), "etc/debian_version": []byte("forky/sid\n"), "etc/apt/sources.list.d/debian.sources": sources("sid")},
			ancestry.Distro{ID: "debian", Codename: "forky/sid", PrettyName: "Debian GNU/Linux forky/sid", Suites: []string{"sid"}},
		},
		"Debian's greeting on another's suites": {ancestry.Files{"etc/issue": []byte("Debian GNU/Linux 12 \\n \\l\n"), "etc/apt/sources.list.d/x.sources": sources("daedalus")}, ancestry.Distro{}},
		"Debian's greeting alone":               {ancestry.Files{"etc/issue": []byte("Debian GNU/Linux 12 \\n \\l\n"), "etc/debian_version": []byte("12.11\n")}, ancestry.Distro{}},
		"what is made of Debian":                {ancestry.Files{"etc/issue": []byte("Raspbian GNU/Linux 12 \\n \\l\n"), "etc/apt/sources.list.d/x.sources": sources("bookworm")}, ancestry.Distro{}},
		"os-release says otherwise": {
			ancestry.Files{"etc/issue": []byte("Debian GNU/Linux 12 \\n \\l\n"), "etc/apt/sources.list.d/x.sources": sources("bookworm"), "etc/os-release": []byte("ID=other\n")},
			ancestry.Distro{ID: "other"},
		},
		"Ubuntu": {
			ancestry.Files{"etc/lsb-release": []byte("DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\nDISTRIB_CODENAME=noble\nDISTRIB_DESCRIPTION=\"Ubuntu 24.04.3 LTS\"\n"), "etc/apt/sources.list.d/ubuntu.sources": sources("noble noble-updates")},
			ancestry.Distro{ID: "ubuntu", VersionID: "24.04", Codename: "noble", PrettyName: "Ubuntu 24.04.3 LTS", Suites: []string{"noble", "noble-updates"}},
		},
		"no Ubuntu": {ancestry.Files{"etc/lsb-release": []byte("DISTRIB_ID=LinuxMint\nDISTRIB_RELEASE=22\n"), "etc/apt/sources.list.d/x.sources": sources("noble")}, ancestry.Distro{}},
		"Alpine": {
			ancestry.Files{"etc/issue": []byte("Welcome to Alpine Linux 3.22\nKernel \\r on \\m (\\l)\n"), "etc/alpine-release": []byte("3.22.1\n")},
			ancestry.Distro{ID: "alpine", VersionID: "3.22.1", PrettyName: "Alpine Linux v3.22", Release: "3.22.1"},
		},
		"what is made of Alpine": {ancestry.Files{"etc/issue": []byte("Welcome to postmarketOS\n"), "etc/alpine-release": []byte("3.22.1\n")}, ancestry.Distro{}},
		"Alpine's greeting, of another version": {
			ancestry.Files{"etc/issue": []byte("Welcome to Alpine Linux 3.2\n"), "etc/alpine-release": []byte("3.22.1\n")}, ancestry.Distro{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := test.files.Distro()
			assert.Equal(t, test.want.ID != "", ok)
			assert.Equal(t, test.want, got)
		})
	}
}

// Where a layer was not read to its end, nothing rests on files that were not found.
func TestFilesPartial(t *testing.T) {
	files := map[int]ancestry.Files{0: {"etc/os-release": []byte("ID=debian\nVERSION_ID=11\nVERSION_CODENAME=bullseye\n")}}
	for name, test := range map[string]struct {
		image     string
		partial   bool
		want      string
		undecided string
	}{
		"an import":                  {"2024-01-01 +  ## Imported from root.tar", false, "debian 0-1 inferred", "full or slim: nothing that was read tells which"},
		"the beginning of an import": {"2024-01-01 +  ## Imported from root.tar", true, "unknown 0-1 unknown", ""}, // an application may follow
		"a root":                     {adds + cmd, false, "debian 0-2 inferred", "full or slim: nothing that was read tells which"},
		"the beginning of a root":    {adds + cmd, true, "debian 0-2 inferred", "full or slim: read the layers to tell"},
	} {
		l, err := ancestry.Resolve(t.Context(), image(t, test.image), &ancestry.Options{Hints: ancestry.Hints{Files: files, FilesPartial: test.partial}})
		require.NoError(t, err)
		assert.Equal(t, []string{test.want}, graded(l), name)
		assert.Equal(t, test.undecided, l.Ancestors[0].Undecided, name)
		assert.Equal(t, "bullseye", l.Ancestors[0].Distro.Codename, name)
		if test.partial && len(l.Ancestors[0].Evidence) > 0 {
			assert.Equal(t, "layer 0: etc/os-release, not verified", l.Ancestors[0].Evidence[0].Where, name)
		}
	}
}
