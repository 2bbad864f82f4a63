package packages

import (
	"path"
	"slices"
	"strings"
)

// An Ecosystem is what is known of one kind of packages and of the programs that
// install them. All paths are relative to the root of the image, as those of
// [github.com/stemma-go/stemma/layers.Entry]. A field is empty where the ecosystem
// has no such thing, or none that is known.
//
// The zero Ecosystem stands for all that have no row in the table: a package lives
// in the file that it was found in, and its versions have no order.
type Ecosystem struct {
	// Types are the values of [Package].Type that belong to it.
	Types []string

	// Databases are the directories of its package databases.
	Databases []string
	// PerPackage are directories, inside Databases or the same, that hold one file or
	// one directory for each package. A name without a slash is a directory inside any of them.
	// Where a package's file is gone it was removed; where the directory is gone, too, the
	// database was deleted, and its packages are no longer listed.
	PerPackage []string
	// History are directories in which its managers note what they did. They list no
	// packages, and are written again whenever the database is.
	History []string
	// FileLists is the directory, beside the database's file, with a list of the files of
	// each package: NAME.list or NAME:ARCH.list, one absolute path a line.
	FileLists string
	// Beside are globs of small files that are read together with a database or with the
	// file that proves a package. ** stands for any number of directories.
	Beside []string

	// InDirectory is true where a package's place is the directory that its file is in,
	// since the name of the file changes with the version, or each package has a
	// directory of its own.
	InDirectory bool
	// MetadataDirs are endings, in lower case, of the names of directories that hold the
	// metadata of one package. The package's place is the directory above.
	MetadataDirs []string

	// Caches are directories that its managers fill for their next run.
	Caches []Cache
	// Managers are its managers' commands.
	Managers []Manager

	directory func(file, name string) string // see OwnDirectory
	compare   func(a, b string) (int, bool)  // see Compare
}

// A Cache is a directory that a program fills for its own next run. A finished image
// never uses it.
type Cache struct {
	Tool string // the program, or what is kept for it: "pip", "apt lists"; findings print it
	// Dir is the directory. A ~ at the start is any user's home, root or home/NAME.
	Dir string
	// Remedy is how a Dockerfile keeps it out of the image. Findings print it, without a
	// full stop.
	Remedy string
}

// A Manager is how package managers are told to upgrade everything.
type Manager struct {
	Programs []string // the names of the commands, which agree in the rest
	Upgrade  []string // the words that mean an upgrade
	// Valued are the options whose value is a word of its own.
	Valued []string
	// Named is true where package names after the word limit the upgrade to those.
	Named bool
}

// Ecosystems returns the rows of the table. The caller must not change what they hold.
func Ecosystems() []Ecosystem { return slices.Clone(ecosystems) }

// EcosystemOf returns the row of a package type, the zero Ecosystem if there is none.
func EcosystemOf(kind string) Ecosystem {
	for i := range ecosystems {
		if slices.Contains(ecosystems[i].Types, kind) {
			return ecosystems[i]
		}
	}
	return Ecosystem{}
}

// IsDatabase reports whether the file at p is part of a package database of the image,
// or of what package managers write again with it.
func IsDatabase(p string) bool {
	in := func(dir string) bool { return strings.HasPrefix(p, dir) && strings.HasPrefix(p[len(dir):], "/") }
	for i := range ecosystems {
		if slices.ContainsFunc(ecosystems[i].Databases, in) || slices.ContainsFunc(ecosystems[i].History, in) {
			return true
		}
	}
	return false
}

// Root returns the root of the system whose database the file is part of: "" for the
// image's own, the directory of a chroot for one inside the image. ok is false if the
// file is part of none.
func (e Ecosystem) Root(file string) (root string, ok bool) {
	start, dir, ok := cutDirectory(file, e.Databases)
	return strings.TrimSuffix(strings.TrimSuffix(start, dir), "/"), ok
}

// PerPackageDir returns the directory of a database that has an entry for each package,
// of which the file is one. ok is false where it is none.
func (e Ecosystem) PerPackageDir(file string) (dir string, ok bool) {
	dir, _, ok = cutDirectory(file, e.PerPackage)
	return dir, ok
}

// cutDirectory returns the start of file up to and with the first of dirs that it goes
// through, and which one that is.
func cutDirectory(file string, dirs []string) (start, dir string, ok bool) {
	for _, dir := range dirs {
		if i := strings.Index("/"+file, "/"+dir+"/"); i >= 0 {
			return file[:i+len(dir)], dir, true
		}
	}
	return "", "", false
}

// Place returns where the package that file proves is installed. Two files that prove
// the same name in one place are the same package.
func (e Ecosystem) Place(file string) string {
	if !e.InDirectory {
		return file
	}
	dir := path.Dir(file)
	lower := strings.ToLower(dir)
	if slices.ContainsFunc(e.MetadataDirs, func(end string) bool { return strings.HasSuffix(lower, end) }) {
		return path.Dir(dir)
	}
	return dir
}

// OwnDirectory returns the directory that belongs to a package as a whole, by the file
// that proves it, where the ecosystem lists no files. It is "" if there is none.
func (e Ecosystem) OwnDirectory(file, name string) string {
	if e.directory == nil {
		return ""
	}
	if dir := e.directory(file, name); dir != "." {
		return dir
	}
	return ""
}

// beside is the directory of the file itself.
func beside(file, _ string) string { return path.Dir(file) }

// vendored is a directory by the package's name: vendor/NAME for vendor/composer/installed.json.
func vendored(file, name string) string { return path.Join(path.Dir(path.Dir(file)), name) }

// gemDirectory is gems/NAME-VERSION for specifications/NAME-VERSION.gemspec.
func gemDirectory(file, _ string) string {
	home, _, ok := strings.Cut(file, "/specifications/")
	if !ok {
		return ""
	}
	return path.Join(home, "gems", strings.TrimSuffix(path.Base(file), ".gemspec"))
}

// mount is the remedy for a cache that a cache mount keeps out of the layer.
func mount(dir string) string {
	return "mount it as a cache while building: RUN --mount=type=cache,target=/" + dir
}

const (
	cleanApt  = "end the RUN that fills it with rm -rf /var/lib/apt/lists/* /var/cache/apt, or mount both as a cache: RUN --mount=type=cache,target=/var/cache/apt"
	cleanApk  = "use apk add --no-cache"
	cleanDNF  = "end the RUN that fills it with dnf clean all (yum clean all, microdnf clean all)"
	cleanYarn = "end the RUN that fills it with yarn cache clean"
	mountHome = "mount it as a cache while building: RUN --mount=type=cache"
	ownStage  = "build in a stage of its own, and copy the result"
)

// ecosystems is the table. The types are Syft's; where Syft has none, a package URL's.
// Databases and their files are those that the package systems' own documentation names,
// and that Syft's parsers look for; for caches, the defaults of each program.
var ecosystems = []Ecosystem{
	{
		Types: []string{"deb"}, // opkg's format is dpkg's
		Databases: []string{
			"var/lib/dpkg", "usr/lib/dpkg", "lib/dpkg",
			"var/lib/opkg", "usr/lib/opkg", "lib/opkg",
		},
		PerPackage: []string{"status.d"},
		FileLists:  "info",
		Beside:     []string{"**/lib/dpkg/info/*.list", "**/lib/opkg/info/*.list", "**/lib/dpkg/status.d/*.md5sums"},
		Caches: []Cache{
			{"apt lists", "var/lib/apt/lists", cleanApt},
			{"apt", "var/cache/apt", cleanApt},
		},
		Managers: []Manager{{
			Programs: []string{"apt-get", "apt", "aptitude"},
			Upgrade:  []string{"upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade"},
			Valued:   []string{"-o", "--option", "-t", "--target-release", "-c", "--config-file"},
		}},
		compare: ordered("Debian", `^(\d+:)?\d[0-9A-Za-z.+~-]*$`, nil),
	},
	{
		Types:     []string{"apk"},
		Databases: []string{"usr/lib/apk/db", "lib/apk/db"},
		Beside:    []string{"/etc/apk/repositories"},
		Caches: []Cache{
			{"apk", "var/cache/apk", cleanApk},
			{"apk", "etc/apk/cache", cleanApk},
		},
		Managers: []Manager{{
			Programs: []string{"apk"}, Upgrade: []string{"upgrade"}, Named: true,
			Valued: []string{"-X", "--repository", "-p", "--root", "--wait", "--repositories-file", "--keys-dir", "--arch"},
		}},
		compare: compareApk,
	},
	{
		Types:     []string{"rpm"},
		Databases: []string{"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"},
		History:   []string{"var/lib/dnf", "var/lib/yum"},
		Caches: []Cache{
			{"dnf", "var/cache/dnf", cleanDNF},
			{"dnf", "var/cache/libdnf5", cleanDNF},
			{"yum", "var/cache/yum", cleanDNF},
			{"zypper", "var/cache/zypp", "end the RUN that fills it with zypper clean --all"},
		},
		Managers: []Manager{
			{
				Programs: []string{"yum", "dnf", "dnf5", "microdnf", "tdnf"}, Named: true,
				Upgrade: []string{"update", "upgrade", "distro-sync", "distribution-synchronization"},
				Valued:  []string{"-c", "--config", "-x", "--exclude", "--enablerepo", "--disablerepo", "--repo", "--releasever", "--setopt", "--installroot", "-d", "-e"},
			},
			{
				Programs: []string{"zypper"}, Named: true,
				Upgrade: []string{"update", "up", "dist-upgrade", "dup", "patch"},
				Valued:  []string{"-r", "--repo", "--from", "-R", "--root", "-t", "--type"},
			},
		},
		compare: ordered("Red Hat", `^(\d+:)?[0-9A-Za-z][0-9A-Za-z._+~^-]*$`, nil),
	},
	{
		Types:      []string{"alpm"},
		Databases:  []string{"var/lib/pacman/local"},
		PerPackage: []string{"var/lib/pacman/local"},
		Beside:     []string{"**/var/lib/pacman/local/**/files", "**/var/lib/pacman/local/**/mtree"},
		Caches:     []Cache{{"pacman", "var/cache/pacman/pkg", "end the RUN that fills it with pacman -Scc --noconfirm"}},
		compare:    compareAlpm,
	},
	{
		Types:      []string{"portage"},
		Databases:  []string{"var/db/pkg"},
		PerPackage: []string{"var/db/pkg"},
		Beside:     []string{"**/var/db/pkg/**/SIZE", "/etc/portage/license_groups"},
	},
	{
		Types:  []string{"nix"},
		Beside: []string{"**/nix/var/nix/db/schema"},
	},
	{
		Types:        []string{"python"},
		Beside:       []string{"**/RECORD", "**/installed-files.txt", "**/top_level.txt", "**/direct_url.json"},
		InDirectory:  true,
		MetadataDirs: []string{"dist-info", "egg-info"},
		Caches: []Cache{
			{"pip", "~/.cache/pip", "use pip install --no-cache-dir, or RUN --mount=type=cache,target=/root/.cache/pip"},
			{"uv", "~/.cache/uv", "use uv --no-cache, or a cache mount on it"},
			{"poetry", "~/.cache/pypoetry", "use poetry install --no-cache, or a cache mount on it"},
		},
		directory: beside, // the metadata alone
		// PEP 440, appendix B.
		compare: ordered("PyPI", `(?i)^v?(\d+!)?\d+(\.\d+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?(-\d+|[-_.]?(post|rev|r)[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?$`, nil),
	},
	{
		Types:       []string{"conda"},
		InDirectory: true,
		Caches:      []Cache{{"conda", "opt/conda/pkgs", "end the RUN that fills it with conda clean --all --yes"}},
	},
	{
		Types:       []string{"npm"},
		InDirectory: true,
		Caches: []Cache{
			{"npm", "~/.npm", "end the RUN that fills it with npm cache clean --force, or mount it as a cache"},
			{"yarn", "usr/local/share/.cache/yarn", cleanYarn},
			{"yarn", "~/.cache/yarn", cleanYarn},
		},
		directory: beside,
		compare:   ordered("npm", `^v?`+semverSyntax, nil),
	},
	{
		Types:       []string{"gem"},
		InDirectory: true,
		Caches:      []Cache{{"rubygems", "usr/local/bundle/cache", "end the RUN that fills it with rm -rf /usr/local/bundle/cache"}},
		directory:   gemDirectory,
		compare:     ordered("RubyGems", `^\d+(\.\d+)*$`, nil),
	},
	{
		Types:     []string{"php-composer"},
		Caches:    []Cache{{"composer", "~/.composer/cache", "end the RUN that fills it with composer clear-cache"}},
		directory: vendored,
		compare:   ordered("Packagist", `(?i)^v?\d+(\.\d+)*(-?(dev|alpha|a|beta|b|rc)[.-]?\d*)?$`, fourNumbers),
	},
	{
		Types: []string{"java-archive", "jenkins-plugin"}, InDirectory: true,
		Caches: []Cache{
			{"maven", "~/.m2/repository", ownStage},
			{"gradle", "~/.gradle/caches", ownStage},
		},
	},
	{
		Types: []string{"go-module"},
		Caches: []Cache{
			{"go build", "~/.cache/go-build", mountHome},
			{"go modules", "go/pkg/mod", mount("go/pkg/mod")},
			{"go modules", "~/go/pkg/mod", ownStage},
		},
		compare: ordered("Go", `^(go|v)?`+semverSyntax, func(s string) string { return strings.TrimPrefix(s, "go") }),
	},
	{
		Types: []string{"rust-crate"},
		Caches: []Cache{
			{"cargo", "usr/local/cargo/registry", mount("usr/local/cargo/registry")},
			{"cargo", "~/.cargo/registry", mountHome},
		},
		compare: ordered("crates.io", `^v?`+semverSyntax, nil),
	},
	{
		Types:   []string{"dotnet"},
		Beside:  []string{"**/libman.json"},
		compare: ordered("NuGet", `^\d+(\.\d+){0,3}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`, nil),
	},
	{Types: []string{"R-package"}, InDirectory: true, directory: beside},
	{Types: []string{"lua-rocks"}, InDirectory: true, directory: beside},
	{Types: []string{"wordpress-plugin"}, directory: beside},
	{Types: []string{"homebrew"}, directory: beside},
	{Types: []string{"cpan"}, Beside: []string{"**/MYMETA.json", "**/*.pm"}},
}
