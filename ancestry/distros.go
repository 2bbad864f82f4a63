package ancestry

import (
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
)

// DistroName returns the repository and tags under which a distribution publishes
// its own image of the version. It reports false for distributions that publish
// several that can't be told apart by os-release (Red Hat's ubi, ubi-minimal, …;
// Wolfi; CentOS Stream), and for those that publish none. There are no tags where
// os-release does not tell the version: Debian testing and sid have the same.
func DistroName(d Distro) (Name, bool) {
	repository, ok := distroRepositories()[strings.ToLower(d.ID)]
	if !ok || strings.EqualFold(d.PrettyName, "distroless") || strings.HasPrefix(d.PrettyName, "CentOS Stream") {
		return Name{}, false
	}
	n := Name{Repository: repository}
	add := func(tag string) {
		if validTag(tag) {
			n.join(Name{Tags: []string{tag}})
		}
	}
	switch {
	case d.ID == "arch":
		return n, true // tags are of base, base-devel, …
	case d.ID == "debian" && strings.HasSuffix(d.PrettyName, "/sid"):
		return n, true // its codename is testing's, and stands in sid as well
	case d.ID == "alpine" && strings.Contains(d.VersionID, "_"):
		// 3.24.0_alpha20260127 is on the way to 3.24, and is not it.
		if strings.HasSuffix(d.PrettyName, " edge") {
			add("edge")
		}
		return n, true
	}
	add(d.VersionID)
	switch d.ID {
	case "debian", "ubuntu":
		add(d.Codename)
	case "alpine", "almalinux", "rocky", "ol":
		// 3.19.1 is 3.19 too, 9.4 is 9.
		if i := strings.LastIndexByte(d.VersionID, '.'); i > 0 {
			add(d.VersionID[:i])
		}
	}
	return n, true
}

// distroRepositories are where distributions publish their own images, by the ID
// of os-release; as of 2026 on Docker Hub.
func distroRepositories() map[string]string {
	return map[string]string{
		"almalinux": "almalinux", "alpine": "alpine", "amzn": "amazonlinux", "arch": "archlinux",
		"centos": "centos", "debian": "debian", "fedora": "fedora", "ol": "oraclelinux",
		"opensuse-leap": "opensuse/leap", "opensuse-tumbleweed": "opensuse/tumbleweed",
		"photon": "photon", "rocky": "rockylinux", "ubuntu": "ubuntu",
	}
}

func isDistroRepository(repo string) bool {
	for _, r := range distroRepositories() {
		if r == repo {
			return true
		}
	}
	return false
}

// hearDistro lets os-release name the root: what a distribution's root holds is
// most likely that distribution's image. It stays silent where the root is more
// than a distribution: a history that was squashed, a Dockerfile that starts from
// an archive, a tool that puts an application's image together from packages.
func hearDistro(q *Query, a Ancestor, alone bool) []candidate {
	if a.Layers.Len() != 1 || alone && !bareConfig(q) {
		return nil
	}
	for _, s := range q.Steps[a.Steps.From:a.Steps.To] {
		switch s.Instruction.Keyword {
		case "RUN", "WORKDIR", "USER", "EXPOSE", "VOLUME", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD":
			return nil
		}
		// No distribution makes its own image by these.
		switch s.Instruction.Builder {
		case history.BuilderApko, history.BuilderNix, history.BuilderBazel, history.BuilderKo, history.BuilderJib, history.BuilderBuildpacks:
			return nil
		}
	}
	content, ok := q.Hints.OSRelease[a.Layers.From]
	if !ok {
		return nil
	}
	d, ok := OSRelease(content)
	if !ok {
		return nil
	}
	name, ok := DistroName(d)
	if !ok {
		return nil
	}
	says := strings.TrimSpace(d.ID + " " + d.VersionID)
	if d.PrettyName != "" {
		says = d.PrettyName
	}
	return []candidate{{Name: name, loose: true, Evidence: Evidence{
		Kind: KindOSRelease, Confidence: Inferred, Says: "the distribution is " + plain(says),
		Where: fmt.Sprintf("layer %d: etc/os-release", a.Layers.From),
	}}}
}

// bareConfig reports whether an image's configuration is one that a distribution's
// own image would have: a shell to run, and nothing else.
func bareConfig(q *Query) bool {
	c := q.Config.Config
	shell := len(c.Cmd) == 0 || len(c.Cmd) == 1 && (strings.HasSuffix(c.Cmd[0], "/bash") || strings.HasSuffix(c.Cmd[0], "/sh") ||
		c.Cmd[0] == "bash" || c.Cmd[0] == "sh")
	return shell && len(c.Entrypoint) == 0 && len(c.ExposedPorts) == 0 && len(c.Volumes) == 0 && c.User == "" &&
		(c.WorkingDir == "" || c.WorkingDir == "/")
}

// firstLayer finds a root in a history that says nothing of its lowest layer, if
// that layer brings an os-release and more layers follow.
func firstLayer(q *Query) ([]Claim, error) {
	if len(q.Steps) < 2 || q.Steps[0].Layer != 0 || len(q.Hints.OSRelease[0]) == 0 {
		return nil, nil
	}
	s := q.Steps[0]
	silent := s.Synthetic || s.CreatedBy == "" && s.Instruction.Builder == history.BuilderUnknown
	if _, _, ok := rootOf(q.Steps); ok || !silent || !makesLayer(q.Steps[1:]) {
		return nil, nil
	}
	c := boundary(1, "the lowest layer is a distribution's root, and nothing says what made it")
	c.Evidence.Where = "layer 0: etc/os-release"
	return []Claim{c}, nil
}
