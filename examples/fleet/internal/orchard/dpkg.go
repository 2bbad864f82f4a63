package orchard

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// system is what the roots install, in the oldest version; extra what those above add.
func system() []string {
	return []string{"base-files", "libc6", "bash", "dpkg", "coreutils", "zlib1g", "tar"}
}

func extra() []string {
	return []string{
		"ca-certificates", "openssl", "libssl3", "curl", "libcurl4", "git", "perl", "libxml2", "libexpat1", "libsqlite3-0", "tzdata",
		"gnupg", "netbase", "procps", "wget", "unzip", "jq", "less", "libpq5", "libyaml-0-2", "libzstd1", "liblz4-1", "imagemagick",
		"ghostscript", "libtiff6", "openssh-client", "rsync", "sudo", "vim-tiny", "nano",
	}
}

// version is the n-th version of a package that was ever published.
func version(name string, n int) string { return fmt.Sprintf("%d.%d-%d", 1+len(name)%7, len(name), n) }

// setUp makes a root's only layer: os-release, and the system's packages. Its version is
// that of the packages, too: a root that is rebuilt has newer ones.
func (im *Image) setUp(id, name, number string, n int, some *rand.Rand) []file {
	im.packages = map[string]Package{}
	files := []file{{"etc/", ""}, {"etc/os-release", fmt.Sprintf("PRETTY_NAME=\"%s %s\"\nNAME=\"%s\"\nVERSION_ID=\"%s\"\nID=%s\n", name, number, name, number, id)}}
	return append(files, im.install(system(), n, some)...)
}

// install makes the files of a layer that installs packages, or upgrades those that are
// there to a newer version. A package that is as new already is written again, as a
// reinstallation does.
func (im *Image) install(names []string, n int, some *rand.Rand) []file {
	var files []file
	for _, name := range names {
		p := im.packages[name]
		if p.Introduced == nil {
			p.Introduced = im
		}
		if p.gone || p.nth < n {
			p.Name, p.Version, p.Changed, p.nth, p.gone = name, version(name, max(n, p.nth)), im, max(n, p.nth), false
		}
		im.packages[name] = p
		data := "usr/lib/" + name + "/" + name + ".dat"
		files = append(files,
			file{data, noise(some, 200+some.IntN(1200))},
			file{"var/lib/dpkg/info/" + name + ".list", "/.\n/usr\n/usr/lib\n/usr/lib/" + name + "\n/" + data + "\n"})
	}
	return append(files, im.status())
}

// remove makes the files of a layer that removes packages.
func (im *Image) remove(names ...string) []file {
	var files []file
	for _, name := range names {
		p := im.packages[name]
		p.gone = true
		im.packages[name] = p
		files = append(files, file{"usr/lib/" + name + "/.wh." + name + ".dat", ""}, file{"var/lib/dpkg/info/.wh." + name + ".list", ""})
	}
	return append(files, im.status())
}

// status is dpkg's database, which each change writes again as a whole.
func (im *Image) status() file {
	var b strings.Builder
	for _, p := range im.Packages() {
		fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n", p.Name, p.Version)
	}
	return file{"var/lib/dpkg/status", b.String()}
}

// run is a step that runs apt-get and makes a layer of what that did.
func run(command string, names []string, files []file) step {
	return step{keyword: "RUN", args: "apt-get " + command + " " + strings.Join(names, " "), files: files, layer: true}
}

// env, label and command are steps that change the configuration alone.
func env(key, value string) step {
	return step{keyword: "ENV", args: key + "=" + value, config: func(c *v1.Config) { c.Env = append(slices.Clone(c.Env), key+"="+value) }}
}

func label(key, value string) step {
	return step{keyword: "LABEL", args: key + "=" + value, config: func(c *v1.Config) {
		c.Labels = maps.Clone(c.Labels)
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		c.Labels[key] = value
	}}
}

func user(name string) step {
	return step{keyword: "USER", args: name, config: func(c *v1.Config) { c.User = name }}
}

func command(program string) step {
	return step{keyword: "CMD", args: `["` + program + `"]`, config: func(c *v1.Config) { c.Cmd = []string{program} }}
}

// noise is text that does not compress much.
func noise(some *rand.Rand, n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789\n"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[some.IntN(len(letters))]
	}
	return string(b)
}
