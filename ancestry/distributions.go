package ancestry

import (
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
)

// A distribution is a row of what is known of one: where it publishes its images, and
// how their tags are made of its version.
type distribution struct {
	id         string // of os-release
	repository string // where the image is pulled from, as of 2026
	// numbers is how many numbers of the version the tags have, the most first; none
	// where tags say no version.
	numbers []int
	// prefix stands before the version in a second form of the tags: centos7.
	prefix string
	// variants are the endings of the tags of further images of the same version, which
	// os-release does not tell apart.
	variants []string
}

// distributions are those that publish an image of their own. Sources: the pages of the
// repositories on Docker Hub and Quay. Not in the table are those of which os-release
// does not tell the repository: Red Hat's ubi, ubi-minimal, …; Wolfi; SUSE.
func distributions() []distribution {
	return []distribution{
		{id: "almalinux", repository: "almalinux", numbers: []int{2, 1}, variants: []string{"-minimal"}},
		{id: "alpine", repository: "alpine", numbers: []int{3, 2}},
		{id: "amzn", repository: "amazonlinux", numbers: []int{2, 1}},
		{id: "arch", repository: "archlinux"},
		{id: "azurelinux", repository: "mcr.microsoft.com/azurelinux/base/core", numbers: []int{2}},
		{id: "centos", repository: "centos", numbers: []int{1}, prefix: "centos"},
		{id: "debian", repository: "debian", numbers: []int{1}, variants: []string{"-slim"}},
		{id: "fedora", repository: "fedora", numbers: []int{1}},
		{id: "mariner", repository: "mcr.microsoft.com/cbl-mariner/base/core", numbers: []int{2}},
		{id: "ol", repository: "oraclelinux", numbers: []int{1}, variants: []string{"-slim"}},
		{id: "opensuse-leap", repository: "opensuse/leap", numbers: []int{2}},
		{id: "opensuse-tumbleweed", repository: "opensuse/tumbleweed"},
		{id: "photon", repository: "photon", numbers: []int{2}},
		{id: "rocky", repository: "rockylinux", numbers: []int{2, 1}, variants: []string{"-minimal"}},
		{id: "scientific", repository: "sl", numbers: []int{1}},
		{id: "ubuntu", repository: "ubuntu", numbers: []int{2}},
	}
}

func distributionOf(d Distro) (distribution, bool) {
	for _, row := range distributions() {
		if row.id == strings.ToLower(d.ID) && !strings.EqualFold(d.PrettyName, "distroless") {
			if row.id == "centos" && strings.HasPrefix(d.PrettyName, "CentOS Stream") {
				return distribution{id: "centos", repository: "quay.io/centos/centos", numbers: []int{1}, prefix: "stream", variants: []string{"-minimal"}}, true
			}
			return row, true
		}
	}
	return distribution{}, false
}

func isDistroRepository(repo string) bool {
	return slices.ContainsFunc(distributions(), func(row distribution) bool { return row.repository == repo })
}

// Names returns the names under which a distribution publishes its own images of the
// version: several where it has variants and nothing tells which it is; none for a
// distribution of which the repository is not known, or that publishes none. There are
// no tags where the version is not told: Debian's testing and sid have the same
// os-release, and Arch has no version.
func (d Distro) Names() []Name {
	row, ok := distributionOf(d)
	if !ok {
		return nil
	}
	if d.onTheWay() {
		n := Name{Repository: row.repository}
		if strings.HasSuffix(d.PrettyName, " edge") {
			n.Tags = []string{"edge"}
		}
		return []Name{n}
	}
	tags := row.tags(d)
	if len(tags) == 0 {
		return []Name{{Repository: row.repository}}
	}
	endings := append([]string{""}, row.variants...)
	switch d.Variant {
	case "full":
		endings = []string{""}
	case "slim":
		endings = []string{"-slim"}
	}
	var out []Name
	for _, ending := range endings {
		n := Name{Repository: row.repository}
		for _, t := range tags {
			n.Tags = append(n.Tags, t+ending)
		}
		out = append(out, n)
	}
	return out
}

// onTheWay reports whether it is a version that is not out: Debian's testing and sid,
// Alpine's edge (3.24.0_alpha20260127).
func (d Distro) onTheWay() bool {
	return d.ID == "debian" && (d.VersionID == "" || strings.HasSuffix(d.PrettyName, "/sid")) || d.ID == "alpine" && strings.Contains(d.VersionID, "_")
}

// tags returns the tags of a distribution's version that are sure to exist, the most
// specific first.
func (row distribution) tags(d Distro) []string {
	var out []string
	add := func(tag string) {
		if validTag(tag) && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	version := strings.Split(d.VersionID, ".")
	for _, n := range row.numbers {
		if n == 3 && !patched(version) {
			continue
		}
		if row.prefix == "stream" {
			add("stream" + strings.Join(version[:min(n, len(version))], "."))
			continue
		}
		add(strings.Join(version[:min(n, len(version))], "."))
		if row.prefix != "" && d.VersionID != "" {
			add(row.prefix + strings.Join(version[:min(n, len(version))], "."))
		}
	}
	if row.id == "debian" || row.id == "ubuntu" {
		add(d.Codename)
	}
	return out
}

// patched reports whether an Alpine version has a tag of three numbers: all have since
// 3.10; of those before only some.
func patched(version []string) bool {
	return len(version) == 3 && (version[0] != "3" || len(version[1]) > 1)
}

// A Fit says how a name agrees with what a distribution's files say. Greater is better.
type Fit int

// The ways in which a name agrees or does not.
const (
	Contradicts Fit = iota - 1 // it is another distribution's, or another version's
	Silent                     // nothing in the name can be compared
	Fits                       // it is of the version, as far as both say one
)

// Fit compares an image's name with the distribution. What one of the two does not say
// is no contradiction: a version of three numbers agrees with a tag of two, and a name
// that is no distribution's can be of anything that is made of it.
func (d Distro) Fit(n Name) Fit {
	row, ok := distributionOf(d)
	switch {
	case !ok && d.ID == "":
		return Silent
	case !isDistroRepository(n.Repository):
		return Silent
	case !ok || row.repository != n.Repository && !(row.id == "centos" && n.Repository == "centos"):
		return Contradicts
	}
	fit := Silent
	for _, tag := range n.Tags {
		switch f := d.fitTag(row, tag); {
		case f == Fits:
			return Fits
		case f == Contradicts:
			fit = Contradicts
		}
	}
	return fit
}

// fitTag compares one tag. Words that are no suite's name say nothing: latest, base.
func (d Distro) fitTag(row distribution, tag string) Fit {
	word, _, _ := strings.Cut(tag, "-")
	if row.prefix != "" {
		word = strings.TrimPrefix(word, row.prefix)
	}
	if slices.Contains(strings.Split(d.Codename, "/"), word) && word != "" {
		return Fits
	}
	if d.onTheWay() {
		switch word {
		case "sid", "unstable", "testing", "experimental", "rc", "edge": // rc-buggy is experimental
			return Fits
		}
	}
	if len(word) == 8 && strings.Trim(word, "0123456789") == "" { // a day
		switch {
		case row.id != "alpine":
			return Silent
		case d.onTheWay():
			return Fits // one of edge's
		}
		return Contradicts
	}
	if suiteName(word) {
		if d.Codename == "" && !d.onTheWay() && word != "edge" {
			return Silent // it has none to compare
		}
		return Contradicts
	}
	v := leadingVersion.FindString(word)
	if v == "" {
		return Silent
	}
	if d.onTheWay() {
		return Contradicts
	}
	for _, own := range [...]string{d.VersionID, d.Release} {
		if own != "" && (strings.HasPrefix(own+".", v+".") || strings.HasPrefix(v+".", own+".")) {
			return Fits
		}
	}
	if d.VersionID == "" {
		return Silent
	}
	return Contradicts
}

// suiteName reports whether a tag's first word is the name of a suite of Debian or
// Ubuntu, or one of Debian's that are on the way.
func suiteName(word string) bool {
	switch word {
	case "sid", "unstable", "testing", "experimental", "rc", "edge",
		"squeeze", "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "duke",
		"lucid", "precise", "quantal", "raring", "saucy", "trusty", "utopic", "vivid", "wily", "xenial", "yakkety", "zesty", "artful", "bionic",
		"cosmic", "disco", "eoan", "focal", "groovy", "hirsute", "impish", "jammy", "kinetic", "lunar", "mantic", "noble", "oracular",
		"plucky", "questing", "resolute":
		return true
	}
	return false
}

// rootFiles lets os-release name the root: what a distribution's root holds is most
// likely that distribution's image. It stays silent where the image is that root alone and
// may be more than that: an application's image that was squashed, or exported and
// imported.
func rootFiles(q *Query) ([]Claim, error) {
	first := 0
	for first < len(q.Steps) && q.Steps[first].Layer == history.None {
		first++
	}
	if first == len(q.Steps) {
		return nil, nil
	}
	files := q.Hints.Files[0]
	d, where, ok := files.distro()
	more := files.foreign() || q.Hints.FilesPartial // what no distribution's root has is there, or may be
	alone := !makesLayer(q.Steps[first+1:])
	if !ok || alone && !q.Bare() || !madeOfArchive(q.Steps[first]) && more {
		return nil, nil
	}
	says := strings.TrimSpace(d.ID + " " + d.VersionID)
	if d.PrettyName != "" {
		says = d.PrettyName
	}
	var claims []Claim
	for _, name := range d.Names() {
		claims = append(claims, Claim{Start: 0, End: first + 1, Later: true, Name: name, Evidence: Evidence{
			Kind: KindOSRelease, Confidence: Inferred, Says: "the distribution is " + plainText(says), Where: q.inRoot(where),
		}})
	}
	return claims, nil
}

// inRoot says where a file of the root was read, and whether its bytes were verified.
func (q *Query) inRoot(file string) string {
	where := "layer 0: " + file
	if v := q.Hints.Verified; len(v) == 0 || !v[0] {
		where += ", not verified"
	}
	return where
}

// madeOfArchive reports whether a step is one with which distributions make their
// images: it unpacks an archive, or is that of a tool that makes nothing else.
func madeOfArchive(s history.Step) bool {
	in := s.Instruction
	if in.Keyword == "COPY" && slices.Contains(in.Sources, "/") {
		return false // all of another stage
	}
	return (in.Keyword == "ADD" || in.Keyword == "COPY") && in.Dest == "/" || in.Builder == history.BuilderDebuerreotype || in.Builder == history.BuilderUmoci
}

// plainRoot reports whether an image's steps do no more than those of a distribution's
// own: a history that was squashed, a Dockerfile that starts from an archive, a tool that
// puts an application's image together from packages do more.
func plainRoot(steps []history.Step) bool {
	for _, s := range steps {
		switch s.Instruction.Keyword {
		case "RUN", "WORKDIR", "USER", "EXPOSE", "VOLUME", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD":
			return false
		}
		switch s.Instruction.Builder {
		case history.BuilderApko, history.BuilderNix, history.BuilderBazel, history.BuilderKo, history.BuilderJib, history.BuilderBuildpacks:
			return false
		}
	}
	return layersIn(steps) == 1
}

// Bare reports whether the image's configuration is one that a distribution's own image
// has: a shell to run, and nothing else.
func (q *Query) Bare() bool {
	c := q.Config.Config
	shell := len(c.Cmd) == 0 || len(c.Cmd) == 1 && (strings.HasSuffix(c.Cmd[0], "/bash") || strings.HasSuffix(c.Cmd[0], "/sh") ||
		c.Cmd[0] == "bash" || c.Cmd[0] == "sh")
	return shell && len(c.Entrypoint) == 0 && len(c.ExposedPorts) == 0 && len(c.Volumes) == 0 && c.User == "" &&
		(c.WorkingDir == "" || c.WorkingDir == "/")
}
