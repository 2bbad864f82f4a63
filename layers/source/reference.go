package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	grammar "github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// The schemes of references.
const (
	schemeDockerArchive = "docker-archive"
	schemeOCI           = "oci"
	schemeOCIArchive    = "oci-archive"
	schemeRegistry      = "registry"
	schemeDocker        = "docker"
)

const ourSchemes = "docker-archive:, oci:, oci-archive:, registry:, docker:"

// maxReference is more bytes than a path and a name need together.
const maxReference = 8 << 10

// reference is a parsed reference.
type reference struct {
	scheme string    // one of the above; "" for a path, whose content tells what it is
	forced bool      // the scheme was written
	path   string    // of a file or directory
	want   selection // of the images in it
	name   string    // for a registry or daemon
}

// selection says which of several images is wanted. The zero value stands for the
// only one.
type selection struct {
	tag    string
	digest v1.Hash
}

func (s selection) String() string {
	if s.digest != (v1.Hash{}) {
		return s.digest.String()
	}
	return s.tag
}

var urlScheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// foreignHint says what to write in place of another tool's scheme. Each of these
// schemes could be the name of a repository, with a tag behind it, but is hardly ever
// meant as one.
func foreignHint(scheme string) (string, bool) {
	const viaSkopeo = "skopeo copy can make an oci: directory of it"
	switch scheme {
	case "docker-daemon":
		return "write docker:REF", true
	case "oci-dir", "ocidir", "oci-layout":
		return "write oci:PATH", true
	case "docker-tar", "docker-tarball", "tarball", "tar":
		return "write docker-archive:PATH", true
	case "file":
		return "write the path alone", true
	case "podman":
		return "podman save makes an archive of it, or set DOCKER_HOST to Podman's socket and write docker:REF", true
	case "containers-storage", "dir", "ostree", "sif", "singularity", "atomic", "containerd":
		return viaSkopeo, true
	}
	return "", false
}

// noPipe is why a pipe is refused: members of an archive are read in any order.
const noPipe = "standard input and pipes cannot be read in place: save the image to a file first"

func parseReference(ref string) (reference, error) {
	if strings.TrimSpace(ref) == "" {
		return reference{}, errors.New("empty image reference")
	}
	if path := ref[strings.IndexByte(ref, ':')+1:]; path == "-" {
		return reference{}, explainf(because(ErrNotImage), "%s", noPipe)
	}
	if len(ref) > maxReference {
		return reference{}, fmt.Errorf("an image reference of more than %d bytes", maxReference)
	}
	if m := urlScheme.FindStringSubmatch(ref); m != nil {
		return reference{}, urlError(m[1])
	}
	scheme, rest, ok := strings.Cut(ref, ":")
	if ok {
		switch scheme {
		case schemeDockerArchive, schemeOCI, schemeOCIArchive:
			path, want, err := splitPath(rest)
			return reference{scheme: scheme, forced: true, path: path, want: want}, err
		case schemeRegistry, schemeDocker:
			if rest == "" {
				return reference{}, explainf(nil, "no image is named after %s:", scheme)
			}
			if looksLikePort(rest) {
				return reference{}, explainf(because(ErrAmbiguous), "the registry %[1]s:%[2]s or an image of Docker Hub? write %[3]s:%[1]s:%[4]s or %[1]s:docker.io/%[4]s",
					scheme, rest[:strings.IndexByte(rest, '/')], schemeRegistry, rest)
			}
			return reference{scheme: scheme, forced: true, name: rest}, nil
		}
	}
	return parseWithoutScheme(ref)
}

// looksLikePort reports whether what follows a scheme may be meant as a port: the
// host of a registry is often called "registry".
func looksLikePort(rest string) bool {
	port, repository, ok := strings.Cut(rest, "/")
	_, err := strconv.ParseUint(port, 10, 16)
	return ok && repository != "" && err == nil
}

// urlError is the error for a reference that is written as a URL.
func urlError(scheme string) error {
	switch strings.ToLower(scheme) {
	case "docker":
		return explainf(because(ErrScheme), "docker:// is not used here: write registry:REF for a registry, docker:REF for the daemon")
	case "http", "https":
		return explainf(because(ErrScheme), "an image reference is no URL: write registry:HOST/REPOSITORY:TAG")
	}
	return explainf(because(ErrScheme), "unknown scheme %s:// (there are %s)", scheme, ourSchemes)
}

// parseWithoutScheme parses a reference without a scheme: a path if it exists or is
// written like one, otherwise the name of a registry's image.
func parseWithoutScheme(ref string) (reference, error) {
	path, want, err := splitPath(ref)
	switch {
	case err == nil && (path == ref || looksLikePath(path) || holdsImage(path)):
		return reference{path: path, want: want}, nil
	case err != nil && (looksLikePath(ref) || looksLikePath(path)):
		return reference{}, err
	case errors.Is(err, fs.ErrPermission):
		// What may be there is nobody else's business.
		return reference{}, explainf(because(err), "%v; for a registry's image of that name write registry:%s", err, ref)
	}
	if scheme, rest, ok := strings.Cut(ref, ":"); ok {
		if hint, foreign := foreignHint(scheme); foreign {
			return reference{}, explainf(because(ErrScheme),
				"unknown scheme %s: (%s; for a registry's image of that name, registry:%s:%s)", scheme, hint, scheme, rest)
		}
	}
	return reference{scheme: schemeRegistry, name: ref}, nil
}

// looksLikePath reports whether s can only be meant as a path.
func looksLikePath(s string) bool {
	return s == "." || s == ".." || s != "" && os.IsPathSeparator(s[0]) ||
		slices.ContainsFunc([]string{"./", "../", "~/", `.\`, `..\`}, func(p string) bool { return strings.HasPrefix(s, p) }) ||
		slices.ContainsFunc([]string{".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2"}, func(p string) bool { return strings.HasSuffix(s, p) })
}

// splitPath splits PATH[:TAG][@DIGEST] so that PATH is the longest path that exists.
// If none exists, it returns the path that was most likely meant, with an error.
func splitPath(s string) (string, selection, error) {
	if s == "" {
		return "", selection{}, errors.New("no path is given")
	}
	if exists, err := pathExists(s); exists || err != nil {
		return s, selection{}, err // which names s already
	}
	whole := s
	var want selection
	if i := strings.LastIndex(s, "@"); i > 0 && strings.Contains(s[i:], ":") {
		h, err := v1.NewHash(s[i+1:])
		if err == nil {
			want.digest, s = h, s[:i]
		} else if exists, _ := pathExists(s[:i]); exists {
			return s[:i], want, explainf(because(err), "illegal digest: %v", err)
		}
	}
	for end := len(s); end > 0; end = strings.LastIndex(s[:end], ":") {
		exists, err := pathExists(s[:end])
		if err != nil {
			return s[:end], want, fmt.Errorf("%s: %w", s[:end], err)
		}
		if exists {
			want.tag = strings.TrimPrefix(s[end:], ":")
			return s[:end], want, nil
		}
	}
	path, _, _ := strings.Cut(s, ":")
	if path == whole {
		return path, want, explainf(because(fs.ErrNotExist), "no such file")
	}
	return path, want, explainf(because(fs.ErrNotExist), "no such file: %s", path)
}

// pathExists reports whether a path exists. Only a lack of permission is an error: a
// string that cannot be a path is simply not one.
func pathExists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrPermission) {
		return false, explainf(because(err), "permission denied")
	}
	return err == nil, nil
}

// errNoShortForm says that the short form of a name means another image:
// docker.io/quay.io/x is a repository of Docker Hub, but quay.io/x is not.
var errNoShortForm = errors.New("its short form is another image's name")

// parseName parses a name that registries and clients both accept;
// go-containerregistry alone would accept docker.io//debian. A digest without a
// repository is refused, although sha256 could be a repository.
func parseName(s string, opts ...name.Option) (name.Reference, error) {
	if _, err := v1.NewHash(s); err == nil {
		return nil, errors.New("a digest without a repository")
	}
	named, err := grammar.ParseNormalizedNamed(s)
	if err != nil {
		return nil, err
	}
	if short := grammar.FamiliarName(named); short != named.Name() {
		if again, err := grammar.ParseNormalizedNamed(short); err != nil || again.Name() != named.Name() {
			return nil, errNoShortForm
		}
	}
	return name.ParseReference(s, opts...)
}

// nameRank returns how well a wanted name or tag fits one of an image's names: 3 for
// the same name, in whatever form; 2 for the name without the tag latest; 1 for the
// same tag; 0 for none of these.
func nameRank(want string, names []string) int {
	best, full := 0, isFullName(want)
	wanted := want
	if full {
		wanted = familiar(want)
	}
	for _, have := range names {
		switch {
		case have == want, full && isFullName(have) && familiar(have) == wanted:
			return 3
		case !full && best == 0 && tagOf(have) == want:
			best = 1
		case !full && best < 2 && isFullName(have) && familiar(have) == want+":latest":
			best = 2
		}
	}
	return best
}

// isFullName reports whether s is a name, and not only a tag. The annotation
// org.opencontainers.image.ref.name may be either.
func isFullName(s string) bool { return strings.ContainsAny(s, ":/") }

func tagOf(s string) string {
	if tag, err := name.NewTag(s); isFullName(s) && err == nil {
		return tag.TagStr()
	}
	return s
}

// familiar returns a reference in the short form that Docker prints, with its tag. It
// returns anything else unchanged.
func familiar(s string) string {
	ref, err := parseName(s)
	if err != nil {
		return s
	}
	return familiarReference(ref)
}

func familiarReference(ref name.Reference) string {
	full := ref.Name()
	named, err := grammar.ParseNormalizedNamed(full)
	if err != nil {
		return full
	}
	return grammar.FamiliarString(named)
}

// fullNames returns, in the short form and each once, those of names that are legal
// references with a repository and a tag. Others could be taken for names that they
// are not.
func fullNames(names []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range names {
		if !isFullName(s) {
			continue
		}
		ref, err := parseName(s)
		if _, tagged := ref.(name.Tag); err != nil || !tagged {
			continue
		}
		if short := familiarReference(ref); !seen[short] {
			seen[short] = true
			out = append(out, short)
		}
	}
	return out
}

// displayName returns what to call an image: the name that was asked for, or its first
// full name, or its path with its first bare tag.
func displayName(want selection, tags, names []string, path string) string {
	if isFullName(want.tag) && slices.Contains(tags, familiar(want.tag)) {
		return familiar(want.tag)
	}
	for _, tag := range tags {
		if want.tag == "" || tagOf(tag) == want.tag {
			return tag
		}
	}
	if len(tags) > 0 {
		return tags[0]
	}
	base := filepath.Base(path)
	if abs, err := filepath.Abs(path); err == nil {
		base = filepath.Base(abs)
	}
	base = strings.TrimSuffix(base, ".tar")
	for _, s := range names {
		if !isFullName(s) {
			return oneLine(base+":"+s, 200)
		}
	}
	return oneLine(base, 200)
}
