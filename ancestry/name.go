package ancestry

import (
	"errors"
	"slices"
	"strings"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxName is more than any registry accepts.
const maxName = 512

// ParseName reads an image's name as its users write it: "debian:bookworm",
// "ghcr.io/acme/base@sha256:…". Docker Hub's own prefixes are dropped, so that
// "docker.io/library/debian" and "debian" are one name. It reports false for what
// is no name: an ID, a digest alone, a path, "scratch", text with variables in it.
func ParseName(s string) (Name, bool) {
	if s == "" || len(s) > maxName || looksLikePath(s) {
		return Name{}, false
	}
	named, repo, err := parseRepository(s)
	if err != nil || isID(repo) {
		return Name{}, false
	}
	n := Name{Repository: repo}
	if tagged, ok := named.(reference.Tagged); ok {
		n.Tags = []string{tagged.Tag()}
	}
	if digested, ok := named.(reference.Digested); ok {
		if n.Digest, err = v1.NewHash(digested.Digest().String()); err != nil {
			return Name{}, false
		}
	}
	return n, true
}

// errAmbiguous says that a name means another image in its short form:
// docker.io/quay.io/x is a repository of Docker Hub, quay.io/x is none.
var errAmbiguous = errors.New("no short form is this image's alone")

// errReserved says that a name is none by agreement: what FROM scratch is built on
// is no image, and sha256:0123… is a digest or an ID, though it reads like a tag.
var errReserved = errors.New("reserved, and no image's name")

// parseRepository reads a reference by the grammar that registries and clients
// share, and gives its repository in the form that Docker prints.
func parseRepository(s string) (reference.Named, string, error) {
	if rest, ok := strings.CutPrefix(s, "registry-1.docker.io/"); ok {
		s = "docker.io/" + rest
	}
	named, err := reference.ParseNormalizedNamed(s)
	if err != nil {
		return nil, "", err
	}
	repo := reference.FamiliarName(named)
	switch repo {
	case "scratch", "sha256", "sha384", "sha512":
		return nil, "", errReserved
	}
	again, err := reference.ParseNormalizedNamed(repo)
	if err != nil {
		return nil, "", err
	}
	// A host can have capitals; a word without dot or port that has some is none.
	host := reference.Domain(named)
	if again.Name() != named.Name() || strings.ToLower(host) != host && !strings.ContainsAny(host, ".:") {
		return nil, "", errAmbiguous
	}
	return named, repo, nil
}

func looksLikePath(s string) bool {
	if strings.ContainsAny(s[:1], "./~\\") {
		return true
	}
	for _, end := range [...]string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".oci"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// familiar drops what every client fills in from a repository's name. It reports false
// for what is none, or has a tag or digest.
func familiar(repo string) (short string, ok bool) {
	if len(repo) > maxName {
		return "", false
	}
	named, short, err := parseRepository(repo)
	return short, err == nil && reference.IsNameOnly(named)
}

// validTag reports whether s is a tag: letters, digits, and ._- after the first.
func validTag(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		word := c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !word && (i == 0 || c != '.' && c != '-') {
			return false
		}
	}
	return true
}

// isID reports whether a name is more likely an image ID: twelve hexadecimal
// digits or more.
func isID(s string) bool {
	return len(s) >= 12 && strings.Trim(s, "0123456789abcdef") == ""
}

// shorten brings the repository to the short form, and reports whether the name obeys
// the grammar.
func (n *Name) shorten() bool {
	short, ok := familiar(n.Repository)
	if ok {
		n.Repository = short
	}
	return ok && !slices.ContainsFunc(n.Tags, func(t string) bool { return !validTag(t) })
}

// agrees reports whether the two can be the same image: one repository, no
// different digests, and the same digest or a tag in common unless one has none, or one
// that moves from image to image.
func (n Name) agrees(o Name) bool {
	if n.Digest != (v1.Hash{}) && n.Digest == o.Digest && n.Repository == o.Repository {
		return true
	}
	if n.Repository != o.Repository || n.Digest != o.Digest && n.Digest != (v1.Hash{}) && o.Digest != (v1.Hash{}) {
		return false
	}
	return len(n.Tags) == 0 || len(o.Tags) == 0 || n.shares(o) || n.floats() || o.floats()
}

// floats reports whether all tags are such that tell nothing of the version.
func (n Name) floats() bool {
	for _, t := range n.Tags {
		switch strings.TrimSuffix(t, "-slim") {
		case "latest", "stable", "oldstable", "oldoldstable", "testing", "unstable", "rolling", "devel", "edge":
		default:
			return false
		}
	}
	return len(n.Tags) > 0
}

// shares reports whether the names have a tag in common.
func (n Name) shares(o Name) bool {
	for _, t := range n.Tags {
		for _, u := range o.Tags {
			if t == u {
				return true
			}
		}
	}
	return false
}
