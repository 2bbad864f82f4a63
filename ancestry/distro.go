package ancestry

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Distro identifies an operating system by what the files of its root say.
type Distro struct {
	ID         string // ID of os-release(5): "debian", "alpine", "ubuntu"
	VersionID  string // VERSION_ID: "12", "3.19.1"
	Codename   string // VERSION_CODENAME, or as PRETTY_NAME or VERSION have it: "bookworm", "buster/sid"
	PrettyName string // PRETTY_NAME
	// Release is the version to the last number, where a file of its own states it:
	// 12.4 in etc/debian_version, 7.6.1810 in etc/redhat-release.
	Release string
	// Variant is "slim" or "full" where the root is Debian's or Ubuntu's and its files
	// tell; "" where they do not.
	Variant string
	// Suites are the suites of the package archive that etc/apt names: "sid",
	// "bookworm-updates".
	Suites []string
	// SupportEnd is SUPPORT_END of os-release(5), the last day of support as the
	// distribution itself has it: "2025-12-15". "" if it does not say, or says no date.
	SupportEnd string
}

// Files are small files of a layer, by path relative to the root: see [HintPath].
type Files map[string][]byte

// The files that tell what a root is. Directories, with a slash at their end, stand
// for any regular file below them.
const (
	fileOSRelease     = "etc/os-release"
	fileUsrOSRelease  = "usr/lib/os-release"
	fileDebianVersion = "etc/debian_version"
	fileAlpineRelease = "etc/alpine-release"
	fileRedHatRelease = "etc/redhat-release"
	fileLSBRelease    = "etc/lsb-release"
	fileIssue         = "etc/issue"
	fileAptSources    = "etc/apt/sources.list"
	dirAptSources     = "etc/apt/sources.list.d"
	dirDpkgConfig     = "etc/dpkg/dpkg.cfg.d"
	dirManuals        = "usr/share/man/"
	dirDocuments      = "usr/share/doc/"
)

// HintPath reports whether a layer's regular file is one that [Hints].Files has room
// for, and under which name. A name that ends with a slash stands for any file below
// that directory: its content is not needed, and one of them is enough.
//
// Of the files that no distribution's root has, in opt/, srv/, app/, home/, usr/local/ and
// var/www/, it is the directory.
//
// The files are etc/os-release (and usr/lib/os-release), etc/debian_version,
// etc/alpine-release, etc/redhat-release, etc/lsb-release, etc/issue, apt's sources, dpkg's
// configuration, and that there are manuals and documents.
func HintPath(file string) (name string, ok bool) {
	switch file {
	case fileOSRelease, fileUsrOSRelease, fileDebianVersion, fileAlpineRelease, fileRedHatRelease, fileLSBRelease, fileIssue, fileAptSources:
		return file, true
	}
	switch dir := path.Dir(file); {
	case dir == dirDpkgConfig, dir == dirAptSources:
		return file, true
	case strings.HasPrefix(file, dirManuals):
		return dirManuals, true
	case strings.HasPrefix(file, dirDocuments) && path.Base(file) != "copyright":
		return dirDocuments, true
	}
	for _, dir := range foreignDirs() {
		if strings.HasPrefix(file, dir) {
			return dir, true
		}
	}
	return "", false
}

// foreignDirs are directories in which a distribution's root has no files.
func foreignDirs() [6]string {
	return [...]string{"opt/", "srv/", "app/", "home/", "usr/local/", "var/www/"}
}

// foreign reports whether there are files that no distribution's root has.
func (f Files) foreign() bool {
	for _, dir := range foreignDirs() {
		if _, ok := f[dir]; ok {
			return true
		}
	}
	return false
}

// Distro tells the operating system. It reports false if no file says its ID. Without
// os-release, older and other files do: etc/redhat-release, or etc/lsb-release and
// etc/issue where what is beside them agrees.
func (f Files) Distro() (Distro, bool) {
	d, _, ok := f.distro()
	return d, ok
}

// distro is Distro, with the path of the file that says it.
func (f Files) distro() (d Distro, where string, ok bool) {
	if d, where, ok = f.identity(); !ok {
		return Distro{}, "", false
	}
	switch d.ID {
	case "debian":
		d.Release = firstVersion(f[fileDebianVersion])
	case "alpine":
		d.Release = firstVersion(f[fileAlpineRelease])
	case "centos", "rhel", "ol", "almalinux", "rocky", "fedora", "scientific":
		if r, ok := redHatRelease(f[fileRedHatRelease]); ok && strings.HasPrefix(r.VersionID+".", d.VersionID+".") {
			d.Release = r.VersionID
		}
	}
	if d.ID == "debian" || d.ID == "ubuntu" {
		d.Variant = f.variant()
		d.Suites = f.suites()
	}
	return d, where, true
}

// identity tells which distribution and version it is, by the best file that is there.
func (f Files) identity() (d Distro, where string, ok bool) {
	for _, name := range [...]string{fileOSRelease, fileUsrOSRelease} {
		text, found := f[name]
		if !found {
			continue
		}
		if d, ok := OSRelease(text); ok {
			return d, name, true
		}
		break // a file that says nothing hides the other
	}
	if d, ok := redHatRelease(f[fileRedHatRelease]); ok {
		return d, fileRedHatRelease, true
	}
	if d, ok := f.lsbRelease(); ok {
		return d, fileLSBRelease, true
	}
	d, ok = f.issue()
	return d, fileIssue, ok
}

// lsbRelease reads etc/lsb-release, which Ubuntu's base-files has, and no other
// distribution of Debian's family. Apt's sources, without which neither is, must be there.
func (f Files) lsbRelease() (Distro, bool) {
	values := map[string]string{}
	for line := range strings.Lines(string(f[fileLSBRelease][:min(len(f[fileLSBRelease]), maxOSRelease)])) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[k], _ = unquote(v)
		}
	}
	d := Distro{ID: "ubuntu", VersionID: values["DISTRIB_RELEASE"], Codename: values["DISTRIB_CODENAME"], PrettyName: plainText(values["DISTRIB_DESCRIPTION"])}
	return d, values["DISTRIB_ID"] == "Ubuntu" && plainID(d.VersionID) && len(f.suites()) > 0
}

// issueLine is the greeting of a login, by which Debian and Alpine give their names and
// versions: "Debian GNU/Linux 12 \n \l", "Welcome to Alpine Linux 3.20".
var issueLine = regexp.MustCompile(`^(?:Welcome to )?(Debian GNU/Linux|Alpine Linux) ([A-Za-z0-9._/-]+)`)

// issue reads etc/issue. What is made of Debian or Alpine may have left it as it was, so
// a second file must agree: apt's sources, or etc/alpine-release.
func (f Files) issue() (Distro, bool) {
	m := issueLine.FindSubmatch(f[fileIssue][:min(len(f[fileIssue]), 256)])
	if m == nil {
		return Distro{}, false
	}
	name, version := string(m[1]), string(m[2])
	if name == "Alpine Linux" {
		release := strings.TrimSpace(string(f[fileAlpineRelease][:min(len(f[fileAlpineRelease]), 64)]))
		return Distro{ID: "alpine", VersionID: release, PrettyName: name + " v" + version},
			plainID(release) && strings.HasPrefix(release+".", version+".")
	}
	d := Distro{ID: "debian", PrettyName: name + " " + version}
	suites := f.suites()
	if firstVersion(m[2]) == "" {
		d.Codename = version // one on the way: "forky/sid"
		return d, len(suites) > 0
	}
	d.VersionID = version
	for _, s := range suites {
		if debianVersion(s) == version {
			d.Codename = s
			d.PrettyName += " (" + s + ")"
			return d, true
		}
	}
	return d, false
}

// variant tells Debian's slim images, whose dpkg leaves documentation out, from the
// full ones, which have it. debuerreotype's .slimify-excludes is where slim ones get
// both from.
func (f Files) variant() string {
	_, manuals := f[dirManuals]
	_, documents := f[dirDocuments]
	for name, text := range f {
		if path.Dir(name) != dirDpkgConfig {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(strings.TrimSpace(line), "path-exclude") && strings.Contains(line, "/usr/share/doc") {
				return "slim"
			}
		}
	}
	if manuals || documents {
		return "full"
	}
	return ""
}

// aptSource is a line of apt's one-line format: deb [options] uri suite components.
var aptSource = regexp.MustCompile(`(?m)^\s*deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)`)

// aptSuites is the line of suites in a deb822 file.
var aptSuites = regexp.MustCompile(`(?m)^Suites:[ \t]*(.*)$`)

// suites returns the suites of apt's sources, sorted.
func (f Files) suites() []string {
	var out []string
	for name, text := range f {
		if name != fileAptSources && path.Dir(name) != dirAptSources {
			continue
		}
		for _, m := range aptSource.FindAllSubmatch(text, -1) {
			out = append(out, plainText(string(m[1])))
		}
		for _, m := range aptSuites.FindAllSubmatch(text, -1) {
			out = append(out, strings.Fields(plainText(string(m[1])))...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var leadingVersion = regexp.MustCompile(`^\d+(?:\.\d+)*`)

// firstVersion returns the version with which a release file begins, "" where it
// begins with a word (bookworm/sid).
func firstVersion(text []byte) string {
	return string(leadingVersion.Find(text[:min(len(text), 64)]))
}

// redHatLine is what Red Hat's distributions and their rebuilds write:
// "CentOS Linux release 7.6.1810 (Core)".
var redHatLine = regexp.MustCompile(`^([A-Z][A-Za-z ]*?) (?:Linux )?(?:Server )?release (\d+(?:\.\d+)*)`)

// redHatRelease reads etc/redhat-release, for the years before os-release.
func redHatRelease(text []byte) (Distro, bool) {
	m := redHatLine.FindSubmatch(text[:min(len(text), 256)])
	if m == nil {
		return Distro{}, false
	}
	id, ok := map[string]string{
		"CentOS": "centos", "Red Hat Enterprise": "rhel", "Fedora": "fedora", "Scientific": "scientific",
		"Oracle": "ol", "AlmaLinux": "almalinux", "Rocky": "rocky",
	}[string(m[1])]
	return Distro{ID: id, VersionID: string(m[2]), PrettyName: plainText(string(m[0]))}, ok
}

// maxOSRelease is the number of bytes that OSRelease looks at; real files have
// some hundred.
const maxOSRelease = 64 << 10

// OSRelease reads the content of an etc/os-release, as os-release(5) describes
// it: lines of KEY=value, the value quoted as in a shell. Unknown and broken lines
// are passed over; of a key that occurs twice the last counts. Where there is no
// VERSION_CODENAME (Debian before 10), the name in brackets at the end of VERSION or
// PRETTY_NAME is the codename. It reports false if there is no ID.
func OSRelease(b []byte) (Distro, bool) {
	var d Distro
	version := ""
	if len(b) > maxOSRelease {
		b = b[:maxOSRelease]
	}
	for line := range strings.Lines(string(b)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(key, "#") {
			continue
		}
		value, ok = unquote(value)
		if !ok {
			continue
		}
		switch key {
		case "ID":
			d.ID = value
		case "VERSION_ID":
			d.VersionID = value
		case "VERSION":
			version = value
		case "VERSION_CODENAME":
			d.Codename = value
		case "PRETTY_NAME":
			d.PrettyName = value
		case "SUPPORT_END":
			if _, err := time.Parse(time.DateOnly, value); err == nil {
				d.SupportEnd = value
			}
		}
	}
	if !plainID(d.ID) {
		return Distro{}, false
	}
	if d.ID == "debian" || d.ID == "ubuntu" {
		if d.Codename == "" {
			d.Codename = codenameIn(version)
		}
		if d.Codename == "" || strings.HasSuffix(d.PrettyName, d.Codename+"/sid") {
			if c := codenameIn(d.PrettyName); c != "" {
				d.Codename = c
			}
		}
	}
	return d, true
}

// inBrackets is a codename in brackets, "8 (jessie)"; lastWord one of a version on
// the way, "Debian GNU/Linux buster/sid"; ubuntuName that of Ubuntu, "16.04.3 LTS
// (Xenial Xerus)" or "14.04.5 LTS, Trusty Tahr".
var (
	inBrackets = regexp.MustCompile(`\(([a-z]+(?:/sid)?)\)$`)
	lastWord   = regexp.MustCompile(` ([a-z]+/sid)$`)
	ubuntuName = regexp.MustCompile(`[(,] ?([A-Z][a-z]+) [A-Z][a-z]+\)?$`)
)

func codenameIn(s string) string {
	for _, known := range [...]*regexp.Regexp{inBrackets, lastWord, ubuntuName} {
		if m := known.FindStringSubmatch(s); m != nil {
			return strings.ToLower(m[1])
		}
	}
	return ""
}

// plainID reports whether s is an identifier as os-release(5) wants it, with room
// for upper case, which some have.
func plainID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("._-", c) >= 0) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// unquote takes the shell's quotes off a value: none, single (nothing is special
// inside), or double (a backslash keeps $ ` " \ as they are). It reports false
// for quotes without an end, and for text that no terminal should be shown.
func unquote(s string) (string, bool) {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(s) && (quote == 0 || strings.IndexByte("$`\"\\", s[i+1]) >= 0):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			i = len(s) // a comment, or nonsense
		default:
			b.WriteByte(c)
		}
	}
	v := b.String()
	if quote != 0 || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
		return "", false
	}
	return v, true
}
