package vulns

import "strings"

// listedByDatabase reports whether packages of a kind are listed by the database of a
// distribution's package manager: then a path tells nothing of them.
func listedByDatabase(kind string) bool {
	switch kind {
	case "deb", "apk", "rpm", "alpm":
		return true
	}
	return false
}

// A row of kinds is one kind of package URL with the names that others have for it.
type kindRow struct {
	kind  string
	syft  string // the type of packages.Package
	clair string // the prefix of package_db
	osv   string // ecosystems, with spaces between them, in lower case, without a release
	trivy string // values of Type, likewise
}

func kinds() []kindRow {
	return []kindRow{
		{"deb", "deb", "", "debian ubuntu echo", "debian ubuntu echo"},
		{"apk", "apk", "", "alpine wolfi chainguard minimos", "alpine wolfi chainguard minimos"},
		{"rpm", "rpm", "", "red-hat rocky-linux almalinux opensuse suse mageia openeuler azure-linux photon-os", "redhat centos rocky alma fedora oracle amazon azurelinux cbl-mariner photon suse opensuse opensuse-leap opensuse-tumbleweed opensuse.leap opensuse.tumbleweed sles slem"},
		{"alpm", "alpm", "", "", ""},
		{"pypi", "python", "python", "pypi", "pip pipenv poetry uv pylock python-pkg"},
		{"npm", "npm", "nodejs", "npm", "npm yarn pnpm bun node-pkg javascript"},
		{"golang", "go-module", "go", "go", "gobinary gomod"},
		{"maven", "java-archive", "maven", "maven", "jar pom gradle sbt"},
		{"gem", "gem", "ruby", "rubygems", "bundler gemspec"},
		{"cargo", "rust-crate", "", "crates.io", "cargo rustbinary rust-binary"},
		{"nuget", "dotnet", "", "nuget", "nuget nuget-config dotnet-core packages-props"},
		{"composer", "php-composer", "", "packagist", "composer composer-vendor"},
		{"hex", "hex", "", "hex", "hex mix-lock"},
		{"pub", "dart-pub", "", "pub", "pub pubspec-lock"},
	}
}

func kindOfSyft(kind string) string {
	return kindBy(func(r kindRow) bool { return r.syft == kind })
}

func kindOfClair(prefix string) string {
	return kindBy(func(r kindRow) bool {
		return r.clair != "" && (r.clair == prefix || prefix == "jar" && r.kind == "maven")
	})
}

// kindOfOSV finds the kind of an ecosystem of OSV's: "Debian:12", "PyPI".
func kindOfOSV(ecosystem string) string {
	ecosystem, _, _ = strings.Cut(ecosystem, ":")
	ecosystem = strings.ReplaceAll(strings.ToLower(ecosystem), " ", "-")
	return kindBy(func(r kindRow) bool { return isOneOf(ecosystem, r.osv) })
}

// kindOfTrivy finds the kind of a Type of Trivy's: "debian", "python-pkg".
func kindOfTrivy(name string) string {
	return kindBy(func(r kindRow) bool { return isOneOf(name, r.trivy) })
}

func isOneOf(name, list string) bool {
	for s := range strings.FieldsSeq(list) {
		if s == name {
			return true
		}
	}
	return false
}

func kindBy(is func(kindRow) bool) string {
	for _, r := range kinds() {
		if is(r) {
			return r.kind
		}
	}
	return ""
}

// syftTypeOf is the type of packages.Package that has the kind.
func syftTypeOf(kind string) string {
	for _, r := range kinds() {
		if r.kind == kind {
			return r.syft
		}
	}
	return kind
}
