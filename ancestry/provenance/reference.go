package provenance

import (
	"net/url"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	packageurl "github.com/package-url/packageurl-go"

	"github.com/stemma-go/stemma/ancestry"
)

// imageOf returns the image that a material is, false if it is none.
func imageOf(m material) (Image, bool) {
	var i Image
	switch scheme, rest, _ := strings.Cut(m.URI, ":"); scheme {
	case "pkg":
		var ok bool
		if i.Name, ok = packageName(m.URI); !ok {
			return Image{}, false
		}
	case "docker-image", "docker", "oci": // BuildKit's identifiers, and those of Tekton Chains
		var ok bool
		if i.Name, ok = ancestry.ParseName(strings.TrimPrefix(rest, "//")); !ok {
			return Image{}, false
		}
	default:
		return Image{}, false
	}
	if h, ok := sha256Of(m.Digest); ok {
		i.Name.Digest = h
	}
	return i, i.Name.Repository != "" || i.Name.Digest != (v1.Hash{})
}

// packageName reads a package URL of type docker or oci. BuildKit gives its local layouts
// the type oci, and a name that means nothing elsewhere: only the digest is kept.
func packageName(uri string) (ancestry.Name, bool) {
	p, err := packageurl.FromString(uri)
	if err != nil {
		return ancestry.Name{}, false
	}
	q := p.Qualifiers.Map()
	if q["ref_type"] != "" {
		return ancestry.Name{}, false // a blob, or a bundle of a git repository
	}
	ref := p.Name
	if p.Namespace != "" {
		ref = p.Namespace + "/" + ref
	}
	switch {
	case p.Type == packageurl.TypeDocker:
	case p.Type == packageurl.TypeOCI && q["repository_url"] != "":
		ref = q["repository_url"]
	case p.Type == packageurl.TypeOCI:
		h, _ := v1.NewHash(q["digest"])
		return ancestry.Name{Digest: h}, true
	default:
		return ancestry.Name{}, false
	}
	n, ok := ancestry.ParseName(ref)
	if !ok {
		return ancestry.Name{}, false
	}
	for _, s := range []string{p.Version, q["tag"], q["digest"]} {
		if h, err := v1.NewHash(s); err == nil {
			n.Digest = h
		} else if _, ok := ancestry.ParseName("x:" + s); ok && s != "" {
			n.Tags = []string{s}
		}
	}
	return n, true
}

// isTool tells the images that BuildKit uses for itself: the frontends that read
// Dockerfiles, and the scanner that makes an SBOM.
func isTool(repository string) bool {
	switch repository {
	case "docker/dockerfile", "docker/dockerfile-upstream", "docker/buildkit-syft-scanner", "docker/scout-sbom-indexer":
		return true
	}
	return false
}

// gitRevision returns a material's commit; "" if it is no git repository.
func gitRevision(m material) string {
	commit := m.Digest["sha1"]
	for _, key := range []string{"gitCommit", "sha256"} {
		if commit == "" && (key != "sha256" || isGit(m.URI)) {
			commit = m.Digest[key]
		}
	}
	if !isGit(m.URI) && m.Digest["gitCommit"] == "" || len(commit) > 64 || commit == "" || strings.Trim(commit, "0123456789abcdef") != "" {
		return ""
	}
	return commit
}

// isGit reports whether a URI is written as that of a git repository.
func isGit(uri string) bool {
	before, _, _ := strings.Cut(uri, "#")
	return strings.HasPrefix(uri, "git+") || strings.HasPrefix(uri, "git:") || strings.HasPrefix(uri, "git@") ||
		strings.HasPrefix(uri, "ssh:") || strings.HasSuffix(before, ".git") || strings.Contains(before, ".git@")
}

// gitURL returns a repository without credentials, reference and directory, and the
// directory: BuildKit writes URL#REF:DIR, others git+URL@REF.
func gitURL(uri string) (repository, dir string) {
	uri, fragment, _ := strings.Cut(strings.TrimPrefix(uri, "git+"), "#")
	if _, d, ok := strings.Cut(fragment, ":"); ok {
		dir = d
	}
	if strings.HasPrefix(uri, "git@") {
		return uri, dir // git@HOST:PATH has no password
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", ""
	}
	u.User, u.RawQuery = nil, ""
	u.Path, _, _ = strings.Cut(u.Path, "@")
	return u.String(), dir
}
