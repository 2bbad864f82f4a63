package vulns_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
)

func openVEX(author, day string, statements ...m) m {
	for _, s := range statements {
		if s["status"] == nil {
			s["status"], s["justification"] = "not_affected", "vulnerable_code_not_present"
		}
		if s["vulnerability"] == nil {
			s["vulnerability"] = m{"name": "CVE-2026-0001"}
		}
	}
	return m{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": author, "timestamp": day + "T00:00:00Z", "version": 1, "statements": statements}
}

// A statement excuses what it is about, and nothing else.
func TestVEX(t *testing.T) {
	digest := "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	product := func(id string, sub ...string) m {
		p := m{"@id": id}
		var list []m
		for _, s := range sub {
			list = append(list, m{"@id": s})
		}
		if list != nil {
			p["subcomponents"] = list
		}
		return m{"products": []m{p}}
	}
	for name, tt := range map[string]struct {
		reference string
		statement m
		excused   bool
	}{
		"the image by its reference":    {"example.org/app:1", product("example.org/app:1"), true},
		"the image with a package":      {"example.org/app:1", product("example.org/app:1", "pkg:deb/debian/libc6"), true},
		"another package":               {"example.org/app:1", product("example.org/app:1", "pkg:deb/debian/dash"), false},
		"another version":               {"example.org/app:1", product("example.org/app:1", "pkg:deb/debian/libc6@2.31-1"), false},
		"the version":                   {"example.org/app:1", product("example.org/app:1", "pkg:deb/debian/libc6@2.31-2?arch=amd64"), true},
		"another architecture":          {"example.org/app:1", product("example.org/app:1", "pkg:deb/debian/libc6@2.31-2?arch=arm64"), false},
		"another tag":                   {"example.org/app:1", product("example.org/app:2"), false},
		"the repository":                {"example.org/app:1", product("example.org/app"), true},
		"an official image, in full":    {"python:3.8", product("docker.io/library/python:3.8"), true},
		"the digest":                    {"", product(digest), true},
		"the reference with the digest": {"example.org/app:1", product("example.org/app@" + digest), true},
		"pkg:oci":                       {"example.org/app:1", product("pkg:oci/app?repository_url=example.org/app"), true},
		"pkg:oci of the directory":      {"example.org/team/app:1", product("pkg:oci/app?repository_url=example.org/team"), true},
		"pkg:oci with the digest":       {"example.org/app:1", product("pkg:oci/app@sha256%3A" + digest[7:] + "?repository_url=example.org/app"), true},
		"pkg:oci with another digest":   {"example.org/app:1", product("pkg:oci/app@sha256%3A22?repository_url=example.org/app"), false},
		"pkg:oci of another registry":   {"example.org/app:1", product("pkg:oci/app?repository_url=example.com/app"), false},
		"pkg:oci of any registry":       {"example.org/app:1", product("pkg:oci/app"), true},
		"the package itself":            {"", product("pkg:deb/debian/libc6@2.31-2"), true},
		"another product":               {"example.org/app:1", product("example.org/other:1"), false},
		"no product":                    {"example.org/app:1", m{}, false},
		"another vulnerability":         {"example.org/app:1", m{"vulnerability": m{"name": "CVE-2026-0009"}, "products": []m{{"@id": "example.org/app:1"}}}, false},
		"an alias of ours":              {"example.org/app:1", m{"vulnerability": m{"name": "DSA-1"}, "products": []m{{"@id": "example.org/app:1"}}}, true},
		"an alias of theirs":            {"example.org/app:1", m{"vulnerability": m{"name": "X-1", "aliases": []string{"CVE-2026-0001"}}, "products": []m{{"@id": "example.org/app:1"}}}, true},
		"fixed":                         {"example.org/app:1", m{"status": "fixed", "products": []m{{"@id": "example.org/app:1"}}}, true},
		"affected":                      {"example.org/app:1", m{"status": "affected", "action_statement": "upgrade", "products": []m{{"@id": "example.org/app:1"}}}, false},
		"under investigation":           {"example.org/app:1", m{"status": "under_investigation", "products": []m{{"@id": "example.org/app:1"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := small(t)
			r.Reference = tt.reference
			r.Digest, _ = v1.NewHash(digest)
			scan := read(t, "trivy.json", trivyOne("os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.31-2", "VendorIDs": []string{"DSA-1"}}))
			got, err := vulns.Join(r, []*vulns.Document{read(t, "vex.json", openVEX("Ann", "2026-01-01", tt.statement)), scan}, nil)
			require.NoError(t, err)
			require.Len(t, got.List, 1)
			assert.Equal(t, tt.excused, got.List[0].Excuse != nil)
			assert.Len(t, got.Exceptions, 1)
			if tt.excused {
				assert.Equal(t, "Ann", got.List[0].Excuse.By)
				assert.Equal(t, "vex.json", got.List[0].Excuse.File)
				assert.Equal(t, 1, got.Exceptions[0].Used)
				assert.Equal(t, report.VulnerabilityCounts{Excused: 1}, got.Count(nil))
			} else {
				assert.Equal(t, 1, got.Count(nil).Ratings.Total())
			}
		})
	}
}

// Of several statements the youngest counts, in whatever order they are given.
func TestVEXYoungest(t *testing.T) {
	r := small(t)
	scan := read(t, "trivy.json", trivyOne("os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.31-2"}))
	app := []m{{"@id": "app:1"}}
	excused := read(t, "a.json", openVEX("Ann", "2026-01-01", m{"products": app}))
	affected := read(t, "b.json", openVEX("Bob", "2026-02-01", m{"products": app, "status": "affected", "action_statement": "upgrade"}))
	again := read(t, "c.json", openVEX("Cid", "2026-01-01", m{"products": app, "timestamp": "2026-03-01T00:00:00Z"}))
	for _, tt := range []struct {
		docs []*vulns.Document
		by   string
	}{
		{[]*vulns.Document{excused, scan}, "Ann"},
		{[]*vulns.Document{excused, affected, scan}, ""},
		{[]*vulns.Document{affected, excused, scan}, ""},
		{[]*vulns.Document{again, affected, excused, scan}, "Cid"},
	} {
		got, err := vulns.Join(r, tt.docs, nil)
		require.NoError(t, err)
		by := ""
		if e := got.List[0].Excuse; e != nil {
			by = e.By
		}
		assert.Equal(t, tt.by, by)
	}
}
