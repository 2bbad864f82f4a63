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
}

func kinds() []kindRow {
	return []kindRow{
		{"deb", "deb", "", "debian ubuntu echo"},
		{"apk", "apk", "", "alpine wolfi chainguard minimos"},
		{"rpm", "rpm", "", "red-hat rocky-linux almalinux opensuse suse mageia openeuler azure-linux photon-os"},
		{"alpm", "alpm", "", ""},
		{"pypi", "python", "python", "pypi"},
		{"npm", "npm", "nodejs", "npm"},
		{"golang", "go-module", "go", "go"},
		{"maven", "java-archive", "maven", "maven"},
		{"gem", "gem", "ruby", "rubygems"},
		{"cargo", "rust-crate", "", "crates.io"},
		{"nuget", "dotnet", "", "nuget"},
		{"composer", "php-composer", "", "packagist"},
		{"hex", "hex", "", "hex"},
		{"pub", "dart-pub", "", "pub"},
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
	return kindBy(func(r kindRow) bool {
		for name := range strings.FieldsSeq(r.osv) {
			if name == ecosystem {
				return true
			}
		}
		return false
	})
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
