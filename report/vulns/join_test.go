package vulns_test

import (
	"cmp"
	"fmt"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// in is a package of the inventory, introduced by a layer.
func in(kind, name, version, arch, purl string, layer int, paths ...string) packages.Package {
	p := packages.Package{Type: kind, Name: name, Version: version, Arch: arch, PURL: purl, State: packages.Present,
		Events: []packages.Event{{Kind: packages.Introduced, Layer: layer, To: version}}}
	for _, path := range paths {
		p.Locations = append(p.Locations, packages.Location{Path: path, Layer: layer})
	}
	return p
}

// small is an image of three layers, each of an ancestor of its own, with packages of several kinds.
func small(t testing.TB) *report.Report {
	t.Helper()
	removed := in("deb", "git", "1:2.30", "amd64", "pkg:deb/debian/git@1:2.30?arch=amd64", 0, "var/lib/dpkg/status")
	removed.State = packages.Gone
	removed.Events = append(removed.Events, packages.Event{Kind: packages.Removed, Layer: 2, From: "1:2.30"})
	back := in("deb", "curl", "7.1", "amd64", "pkg:deb/debian/curl@7.1?arch=amd64", 0, "var/lib/dpkg/status")
	back.Events = append(back.Events, packages.Event{Kind: packages.Removed, Layer: 1, From: "7.1"}, packages.Event{Kind: packages.Reinstalled, Layer: 2, To: "7.1"})
	hidden := in("deb", "dash", "0.5", "amd64", "pkg:deb/debian/dash@0.5?arch=amd64", 0, "var/lib/dpkg/status.d/dash")
	hidden.State = packages.Hidden
	upgraded := in("deb", "libc6", "2.31-2", "amd64", "pkg:deb/debian/libc6@2.31-2?arch=amd64", 0, "var/lib/dpkg/status")
	upgraded.Source = "glibc"
	upgraded.Events = []packages.Event{{Kind: packages.Introduced, Layer: 0, To: "2.31-1"}, {Kind: packages.Upgraded, Layer: 1, From: "2.31-1", To: "2.31-2"}}
	rebuilt := in("deb", "libacl1", "2.2-1+b1", "amd64", "pkg:deb/debian/libacl1@2.2-1%2Bb1?arch=amd64&upstream=acl", 0, "var/lib/dpkg/status")
	rebuilt.Source = "acl"
	reinstalled := in("deb", "wget", "2.0", "amd64", "pkg:deb/debian/wget@2.0?arch=amd64", 0, "var/lib/dpkg/status")
	reinstalled.Events = []packages.Event{{Kind: packages.Introduced, Layer: 0, To: "1.0"}, {Kind: packages.Removed, Layer: 1, From: "1.0"}, {Kind: packages.Reinstalled, Layer: 2, To: "2.0"}}
	i386 := in("deb", "libssl3", "3.0-1", "i386", "pkg:deb/debian/libssl3@3.0-1?arch=i386", 2, "var/lib/dpkg/status")
	im := handmade.Image{
		Steps: []handmade.Step{
			{CreatedBy: "ADD rootfs", Files: []handmade.File{{Name: "var/lib/dpkg/status", Body: "0"}, {Name: "opt/base.jar", Body: "jar"}}},
			{CreatedBy: "RUN runtime", Files: []handmade.File{{Name: "opt/app.war", Body: "war"}, {Name: "usr/bin/tool", Body: "elf"}}},
			{CreatedBy: "RUN app", Files: []handmade.File{{Name: "app/yarn.lock", Body: "lock"}, {Name: "app/bin", Link: "../usr/bin"}, {Name: "opt/base.jar", Body: "jar", UID: 7}}},
		},
		Ancestors: []handmade.Ancestor{{Repository: "base", Tag: "1", Steps: 1}, {Repository: "runtime", Tag: "1", Steps: 1}, {Repository: "app", Tag: "1", Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			upgraded, removed, back, hidden, rebuilt, reinstalled, i386,
			in("deb", "libssl3", "3.0-1", "amd64", "pkg:deb/debian/libssl3@3.0-1?arch=amd64", 0, "var/lib/dpkg/status"),
			in("rpm", "openssl-libs", "1:1.1.1k-6.el8", "x86_64", "pkg:rpm/redhat/openssl-libs@1.1.1k-6.el8?arch=x86_64&epoch=1", 1, "var/lib/rpm/Packages"),
			in("npm", "lodash", "4.17.20", "", "pkg:npm/lodash@4.17.20", 1, "usr/lib/node_modules/lodash/package.json"),
			in("npm", "lodash", "4.17.20", "", "pkg:npm/lodash@4.17.20", 2, "app/node_modules/lodash/package.json"),
			in("npm", "@babel/core", "7.0.0", "", "pkg:npm/%40babel/core@7.0.0", 2, "app/node_modules/@babel/core/package.json"),
			in("java-archive", "spring-beans", "5.3.15", "", "pkg:maven/org.springframework/spring-beans@5.3.15", 1, "opt/app.war"),
			in("python", "Foo_Bar", "1.0", "", "pkg:pypi/foo-bar@1.0", 2, "app/foo_bar-1.0.dist-info/METADATA"),
			in("go-module", "stdlib", "go1.22.1", "", "pkg:golang/stdlib@1.22.1", 1, "usr/bin/tool"),
			in("go-module", "golang.org/x/net", "v0.17.0", "", "pkg:golang/golang.org/x/net@v0.17.0", 1, "usr/bin/tool"),
		}},
		Options: report.Options{Reference: "app:1"},
	}
	r := im.Report(t)
	for i := range r.Index.Layers { // an image made in memory has no blobs
		r.Index.Layers[i].Digest = v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", 0xb10b0+i)}
	}
	return r
}

// trivyOne is a report of Trivy's with one finding.
func trivyOne(class string, v m) m {
	if v["VulnerabilityID"] == nil {
		v["VulnerabilityID"] = "CVE-2026-0001"
	}
	target, _ := v["Target"].(string)
	kind, _ := v["Type"].(string)
	delete(v, "Target")
	delete(v, "Type")
	return m{"SchemaVersion": 2, "ArtifactName": "app:1", "ArtifactType": "container_image", "Results": []m{{"Target": target, "Class": class, "Type": kind, "Vulnerabilities": []m{v}}}}
}

func pkgURL(s string) m { return m{"PURL": s} }

// Each finding is joined to the one package that it means, by package URL first, then by name,
// version, architecture and path; or there is a reason why not.
func TestJoin(t *testing.T) {
	r := small(t)
	for name, tt := range map[string]struct {
		class string
		v     m
		want  string // package, join, layer, ancestor, state; or the reason
	}{
		"purl":                      {"os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.31-2", "PkgIdentifier": pkgURL("pkg:deb/debian/libc6@2.31-2?arch=amd64&distro=debian-11")}, "libc6 purl 1 runtime:1 present"},
		"an older version":          {"os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.31-1", "PkgIdentifier": pkgURL("pkg:deb/debian/libc6@2.31-1?arch=amd64")}, "libc6 purl 0 base:1 replaced"},
		"a version that never was":  {"os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.30"}, "the inventory has it in version 2.31-2, 2.31-1"},
		"no such package":           {"os-pkgs", m{"PkgName": "musl", "InstalledVersion": "1"}, "the inventory has no package of that name"},
		"no version":                {"os-pkgs", m{"PkgName": "libc6"}, "libc6 name 1 runtime:1 present"},
		"removed":                   {"os-pkgs", m{"PkgName": "git", "InstalledVersion": "1:2.30"}, "git name 0 base:1 removed"},
		"removed and back":          {"os-pkgs", m{"PkgName": "curl", "InstalledVersion": "7.1"}, "curl name 2 app:1 present"},
		"removed, and back again":   {"os-pkgs", m{"PkgName": "wget", "InstalledVersion": "1.0"}, "wget name 0 base:1 removed"},
		"hidden":                    {"os-pkgs", m{"PkgName": "dash", "InstalledVersion": "0.5"}, "dash name 0 base:1 hidden"},
		"an epoch beside":           {"os-pkgs", m{"PkgName": "git", "PkgIdentifier": pkgURL("pkg:deb/debian/git@2.30?arch=amd64&epoch=1")}, "git purl 0 base:1 removed"},
		"an epoch of rpm":           {"os-pkgs", m{"PkgName": "openssl-libs", "InstalledVersion": "1:1.1.1k-6.el8", "PkgIdentifier": pkgURL("pkg:rpm/centos/openssl-libs@1.1.1k-6.el8?arch=x86_64&epoch=1")}, "openssl-libs purl 1 runtime:1 present"},
		"architecture":              {"os-pkgs", m{"PkgName": "libssl3", "InstalledVersion": "3.0-1", "PkgIdentifier": pkgURL("pkg:deb/debian/libssl3@3.0-1?arch=i386")}, "libssl3 purl 2 app:1 present"},
		"another architecture":      {"os-pkgs", m{"PkgName": "git", "InstalledVersion": "1:2.30", "PkgIdentifier": pkgURL("pkg:deb/debian/git@1:2.30?arch=arm64")}, "the inventory has it for another architecture only"},
		"path":                      {"lang-pkgs", m{"PkgName": "lodash", "InstalledVersion": "4.17.20", "PkgPath": "app/node_modules/lodash/package.json", "PkgIdentifier": pkgURL("pkg:npm/lodash@4.17.20")}, "lodash purl 2 app:1 present"},
		"the other path":            {"lang-pkgs", m{"PkgName": "lodash", "InstalledVersion": "4.17.20", "PkgPath": "/usr/lib/node_modules/lodash/package.json"}, "lodash name 1 runtime:1 present"},
		"no path":                   {"lang-pkgs", m{"PkgName": "lodash", "InstalledVersion": "4.17.20", "Target": "Node.js"}, "lodash name 1 runtime:1 present and 1 more"},
		"a lock file":               {"lang-pkgs", m{"PkgName": "lodash", "InstalledVersion": "4.17.20", "Target": "app/yarn.lock"}, "- file 2 app:1 : the inventory has it in another place only"},
		"a scope":                   {"lang-pkgs", m{"PkgName": "@babel/core", "InstalledVersion": "7.0.0", "Target": "Node.js"}, "@babel/core name 2 app:1 present"},
		"a jar in a jar":            {"lang-pkgs", m{"PkgName": "org.springframework:spring-beans", "InstalledVersion": "5.3.15", "PkgPath": "opt/app.war/WEB-INF/lib/spring-beans-5.3.15.jar"}, "spring-beans name 1 runtime:1 present"},
		"another jar of that name":  {"lang-pkgs", m{"PkgName": "org.springframework:spring-beans", "InstalledVersion": "5.3.15", "PkgPath": "opt/base.jar"}, "- file 0 base:1 : the inventory has it in another place only"},
		"a jar that is not listed":  {"lang-pkgs", m{"PkgName": "org.acme:x", "InstalledVersion": "1", "PkgPath": "opt/app.war/WEB-INF/lib/x.jar"}, "- file 1 runtime:1 : the inventory has no package of that name"},
		"a file that is not there":  {"lang-pkgs", m{"PkgName": "org.acme:x", "InstalledVersion": "1", "PkgPath": "opt/none.jar"}, "the inventory has no package of that name"},
		"the name of Python":        {"lang-pkgs", m{"PkgName": "foo.bar", "InstalledVersion": "1.0", "PkgPath": "app/foo_bar-1.0.dist-info/RECORD", "PkgIdentifier": pkgURL("pkg:pypi/Foo.Bar@1.0")}, "Foo_Bar purl 2 app:1 present"},
		"equal versions of Python":  {"lang-pkgs", m{"PkgName": "foo-bar", "InstalledVersion": "1.0.0", "PkgIdentifier": pkgURL("pkg:pypi/foo-bar@1.0.0"), "Target": "Python"}, "Foo_Bar purl 2 app:1 present"},
		"Go's own library":          {"lang-pkgs", m{"PkgName": "stdlib", "InstalledVersion": "v1.22.1", "Target": "usr/bin/tool", "PkgIdentifier": pkgURL("pkg:golang/stdlib@v1.22.1")}, "stdlib purl 1 runtime:1 present"},
		"a module":                  {"lang-pkgs", m{"PkgName": "golang.org/x/net", "InstalledVersion": "v0.17.0", "Target": "usr/bin/tool"}, "golang.org/x/net name 1 runtime:1 present"},
		"by way of a link":          {"lang-pkgs", m{"PkgName": "golang.org/x/net", "InstalledVersion": "v0.17.0", "Target": "app/bin/tool"}, "golang.org/x/net name 1 runtime:1 present"},
		"a crate of that name":      {"lang-pkgs", m{"Type": "cargo", "Target": "app/Cargo.lock", "PkgName": "libc6", "InstalledVersion": "2.31-2"}, "the inventory has no package of that name"},
		"of a language not known":   {"lang-pkgs", m{"Type": "swift", "PkgName": "libc6", "InstalledVersion": "2.31-2"}, "the inventory has no package of that name"},
		"a distribution's package":  {"os-pkgs", m{"Type": "debian", "PkgName": "lodash", "InstalledVersion": "4.17.20"}, "the inventory has no package of that name"},
		"a distribution not known":  {"os-pkgs", m{"Type": "acme", "PkgName": "lodash", "InstalledVersion": "4.17.20"}, "the inventory has no package of that name"},
		"a distribution's own":      {"os-pkgs", m{"Type": "debian", "PkgName": "dash", "InstalledVersion": "0.5"}, "dash name 0 base:1 hidden"},
		"a package URL that is bad": {"os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "2.31-2", "PkgIdentifier": pkgURL("pkg:%zz")}, "libc6 name 1 runtime:1 present"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := vulns.Join(r, []*vulns.Document{read(t, "trivy.json", trivyOne(tt.class, tt.v))}, nil)
			require.NoError(t, err)
			require.Len(t, got.List, 1)
			assert.Equal(t, tt.want, said(r, got.List[0]))
		})
	}
}

// said says where a vulnerability was joined.
func said(r *report.Report, v report.Vulnerability) string {
	if v.Join == report.JoinNone {
		return v.Why
	}
	name := "-"
	if v.Package >= 0 {
		name = r.Inventory.Packages[v.Package].Name
	}
	s := fmt.Sprintf("%s %s %d %s %s", name, v.Join, v.Layer, r.Ancestors[v.Ancestor], v.State)
	if v.Why != "" {
		s += ": " + v.Why
	}
	if n := len(v.Also); n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return s
}

// Clair and OSV-Scanner name source packages; the binaries have their version, but for a
// rebuild.
func TestJoinSources(t *testing.T) {
	r := small(t)
	osv := func(name, binary, version string) m {
		return m{"results": []m{{"source": m{"path": "var/lib/dpkg/status", "type": "os"}, "packages": []m{{
			"package": m{"name": name, "os_package_name": binary, "version": version, "ecosystem": "Debian:11"}, "vulnerabilities": []m{{"id": "DSA-1"}}, "groups": []m{}}}}}}
	}
	clair := func(name, version string) m {
		return m{"image": "app:1", "unapproved": []string{}, "vulnerabilities": []m{{"featurename": name, "featureversion": version, "vulnerability": "CVE-2026-1", "severity": "High", "fixedby": "9"}}}
	}
	for want, doc := range map[string]m{
		"libc6 name 1 runtime:1 present":           osv("glibc", "libc6", "2.31-2"),
		"libc6 name 0 base:1 replaced":             clair("glibc", "2.31-1"),
		"libacl1 name 0 base:1 present":            clair("acl", "2.2-1"),
		"libssl3 name 0 base:1 present and 1 more": osv("libssl3", "", "3.0-1"),
		"the inventory has it in version 2.2-1+b1": clair("acl", "2.3-1"),
	} {
		got, err := vulns.Join(r, []*vulns.Document{read(t, "x.json", doc)}, nil)
		require.NoError(t, err)
		require.Len(t, got.List, 1)
		s := said(r, got.List[0])
		if want == "libssl3 name 0 base:1 present and 1 more" { // the architectures are alike good: the first of the inventory is meant
			want = "libssl3 name 2 app:1 present and 1 more"
		}
		assert.Equal(t, want, s)
	}
}

// Without an inventory, a layer is the scanner's word; what it does not say is not known.
func TestJoinWithoutPackages(t *testing.T) {
	r := small(t)
	r.Inventory = nil
	diffID := func(i int) string { return r.Index.Layers[i].DiffID.String() }
	blob := func(i int) string { return r.Index.Layers[i].Digest.String() }
	finding := func(layer m) m {
		return trivyOne("os-pkgs", m{"PkgName": "libc6", "InstalledVersion": "1", "Layer": layer})
	}
	for name, tt := range map[string]struct {
		layer m
		want  string
	}{
		"diffID":                    {m{"DiffID": diffID(1)}, "- scanner 1 runtime:1 "},
		"blob":                      {m{"Digest": blob(2)}, "- scanner 2 app:1 "},
		"none":                      {m{}, "the report names no layer"},
		"a layer that is not there": {m{"DiffID": "sha256:00"}, "the image does not have the layer that the report names"},
		"a blob that is not there":  {m{"Digest": "sha256:00"}, "the image does not have the layer that the report names"},
	} {
		got, err := vulns.Join(r, []*vulns.Document{read(t, "x.json", finding(tt.layer))}, nil)
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, said(r, got.List[0]), name)
	}
	// The same empty layer twice, in two ancestors: it is not known which is meant.
	config := *r.Index.Config
	config.RootFS.DiffIDs = []v1.Hash{config.RootFS.DiffIDs[0], config.RootFS.DiffIDs[1], config.RootFS.DiffIDs[1]}
	got, err := vulns.Join(r, []*vulns.Document{read(t, "x.json", finding(m{"DiffID": diffID(1)}))}, &vulns.Options{Config: &config})
	require.NoError(t, err)
	assert.Equal(t, "the layer that the report names occurs in two ancestors", said(r, got.List[0]))
}

// The same vulnerability counts once on a package, whoever calls it what.
func TestOnce(t *testing.T) {
	r := small(t)
	trivy := func(list ...m) *vulns.Document {
		for _, v := range list {
			v["PkgName"], v["InstalledVersion"] = "libc6", "2.31-2"
		}
		return read(t, "trivy.json", m{"SchemaVersion": 2, "ArtifactName": "app:1", "Results": []m{{"Class": "os-pkgs", "Vulnerabilities": list}}})
	}
	grype := func(ids ...[]string) *vulns.Document {
		var list []m
		for _, id := range ids {
			var related []m
			for _, s := range id[1:] {
				related = append(related, m{"id": s})
			}
			list = append(list, m{"vulnerability": m{"id": id[0], "severity": "High"}, "relatedVulnerabilities": related, "artifact": m{"name": "libc6", "version": "2.31-2", "type": "deb"}})
		}
		return read(t, "grype.json", m{"matches": list, "descriptor": m{"name": "grype"}})
	}
	ids := func(docs ...*vulns.Document) []string {
		var err error
		r.Vulnerabilities, err = vulns.Join(r, docs, nil)
		require.NoError(t, err)
		checkSums(t, r)
		var list []string
		for _, v := range r.Vulnerabilities.List {
			list = append(list, fmt.Sprintf("%s %v %s %d", v.ID, v.Aliases, v.Rating, len(v.Sightings)))
		}
		return list
	}
	a := func() m { return m{"VulnerabilityID": "CVE-2026-1", "Severity": "LOW"} }
	assert.Equal(t, []string{"CVE-2026-1 [GHSA-x] high 2"}, ids(trivy(a()), grype([]string{"GHSA-x", "CVE-2026-1"})))
	assert.Equal(t, []string{"CVE-2026-1 [GHSA-x] high 2"}, ids(grype([]string{"GHSA-x", "CVE-2026-1"}), trivy(a())))
	assert.Equal(t, []string{"CVE-2026-1 [] low 2"}, ids(trivy(a(), a())), "one report that says it twice")
	assert.Equal(t, 1, r.Vulnerabilities.Scans[0].Again)
	// An advisory that covers two is its own, unless both are there.
	both := []string{"DSA-7", "CVE-2026-1", "CVE-2026-2"}
	assert.Equal(t, []string{"DSA-7 [CVE-2026-1 CVE-2026-2] high 1"}, ids(grype(both)))
	assert.Equal(t, []string{"DSA-7 [CVE-2026-1 CVE-2026-2] high 1", "CVE-2026-1 [] low 1"}, ids(grype(both), trivy(a())))
	assert.Equal(t, []string{"CVE-2026-1 [DSA-7] high 2", "CVE-2026-2 [] low 1"}, ids(grype(both), trivy(a(), m{"VulnerabilityID": "CVE-2026-2", "Severity": "LOW"})))
	assert.Equal(t, 1, r.Vulnerabilities.Scans[0].Again)
	// One that names the advisory covers it.
	assert.Equal(t, []string{"CVE-2026-1 [DSA-8] high 2"}, ids(trivy(m{"VulnerabilityID": "CVE-2026-1", "VendorIDs": []string{"DSA-8"}, "Severity": "LOW"}), grype([]string{"DSA-8"})))
	// Two packages have it: twice.
	two := trivy(a())
	other := read(t, "o.json", trivyOne("os-pkgs", m{"VulnerabilityID": "CVE-2026-1", "PkgName": "dash", "InstalledVersion": "0.5"}))
	assert.Len(t, ids(two, other), 2)
}

// A report of another image is refused, unless that is asked for.
func TestOtherImage(t *testing.T) {
	r := small(t)
	var diffIDs []string
	for _, l := range r.Index.Layers {
		diffIDs = append(diffIDs, l.DiffID.String())
	}
	digest := r.Digest
	trivy := func(meta m) m {
		return m{"SchemaVersion": 2, "ArtifactName": "app:1", "ArtifactType": "container_image", "Metadata": meta, "Results": []m{}}
	}
	one, _ := v1.NewHash("sha256:" + fmt.Sprintf("%064x", 1))
	two := "sha256:" + fmt.Sprintf("%064x", 2)
	for name, tt := range map[string]struct {
		doc         m
		forget      bool // the layers of this image
		reference   string
		digest      bool // that of this image is one
		same, other string
	}{
		"the same layers":         {doc: trivy(m{"DiffIDs": diffIDs, "ImageID": "sha256:other"}), same: "the same layers"},
		"one layer more":          {doc: trivy(m{"DiffIDs": append(diffIDs[:3:3], "sha256:x")}), other: "its image has 4 layers, this one 3, and they agree in the first 3"},
		"other layers, same name": {doc: trivy(m{"DiffIDs": []string{"sha256:x"}, "RepoTags": []string{"app:1"}}), other: "agree in the first 0"},
		"nothing to compare":      {doc: trivy(m{})},
		"the same configuration":  {doc: trivy(m{"ImageID": one.String()}), same: "the same configuration"},
		"another configuration":   {doc: trivy(m{"ImageID": two}), other: "its configuration is " + two[:60]},
		"a file system":           {doc: m{"SchemaVersion": 2, "ArtifactName": ".", "ArtifactType": "filesystem", "Results": []m{}}, other: "it is of a filesystem"},
		"a directory":             {doc: m{"matches": []m{}, "source": m{"type": "directory", "target": "/"}, "descriptor": m{"name": "grype"}}, other: "it is of a directory"},
		"the same digest":         {doc: m{"manifest_hash": one.String(), "packages": m{}, "environments": m{}, "vulnerabilities": m{}, "package_vulnerabilities": m{}}, digest: true, same: "the same digest"},
		"another digest":          {doc: m{"manifest_hash": two, "packages": m{}, "environments": m{}, "vulnerabilities": m{}, "package_vulnerabilities": m{}}, digest: true, other: "its digest is " + two[:60]},
		"layers of this image": {doc: m{"manifest_hash": two, "packages": m{}, "vulnerabilities": m{}, "package_vulnerabilities": m{},
			"environments": m{"1": []m{{"introduced_in": r.Index.Layers[1].Digest.String()}}}}, digest: true, other: "its digest is " + two[:60]},
		"layers of this image, which has no digest": {doc: m{"manifest_hash": two, "packages": m{}, "vulnerabilities": m{}, "package_vulnerabilities": m{},
			"environments": m{"1": []m{{"introduced_in": r.Index.Layers[1].Digest.String()}}}}},
		"the index": {doc: m{"manifest_hash": "sha256:" + fmt.Sprintf("%064x", 3), "package_vulnerabilities": m{}}, digest: true},
		"another name, and this image was a path":    {doc: m{"image": "app:latest", "unapproved": []string{}, "vulnerabilities": []m{}}, reference: "app"},
		"another name, and this image was a layout":  {doc: m{"image": "app:2", "unapproved": []string{}, "vulnerabilities": []m{}}, reference: "oci:app:1"},
		"another name, and this image was a tarball": {doc: m{"image": "app:2", "unapproved": []string{}, "vulnerabilities": []m{}}, reference: "docker-archive:app:1"},
		"a port, and no tag":                         {doc: m{"image": "localhost:5000/app", "unapproved": []string{}, "vulnerabilities": []m{}}, reference: "localhost:5000/app"},
		"a layer of another": {doc: m{"manifest_hash": two, "packages": m{}, "vulnerabilities": m{}, "package_vulnerabilities": m{},
			"environments": m{"1": []m{{"introduced_in": two}}}}, digest: true, other: "this image has no layer " + two[:60]},
		"the same name": {doc: m{"image": "docker.io/library/app:1", "unapproved": []string{}, "vulnerabilities": []m{}}, same: "the same name app:1"},
		"another name":  {doc: m{"image": "app:2", "unapproved": []string{}, "vulnerabilities": []m{}}, other: "its name is app:2, not app:1"},
	} {
		t.Run(name, func(t *testing.T) {
			r.Digest, r.Reference = digest, cmp.Or(tt.reference, "app:1")
			if tt.digest {
				r.Digest = one
			}
			doc := read(t, "x.json", tt.doc)
			three, _ := v1.NewHash("sha256:" + fmt.Sprintf("%064x", 3))
			opts := &vulns.Options{ConfigDigest: one, IndexDigest: three}
			got, err := vulns.Join(r, []*vulns.Document{doc}, opts)
			if tt.other == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.same, got.Scans[0].Same)
				return
			}
			require.ErrorIs(t, err, vulns.ErrOtherImage)
			assert.ErrorContains(t, err, "x.json: ")
			assert.ErrorContains(t, err, tt.other)
			opts.OtherImage = true
			got, err = vulns.Join(r, []*vulns.Document{doc}, opts)
			require.NoError(t, err)
			assert.Empty(t, got.Scans[0].Same)
			assert.Contains(t, got.Scans[0].Other, tt.other)
		})
	}
}
