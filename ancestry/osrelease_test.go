package ancestry_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

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
