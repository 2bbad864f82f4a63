package source

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	grammar "github.com/distribution/reference"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// errNoShortForm says that a name means another image in its short form:
// docker.io/quay.io/x is a repository of Docker Hub, quay.io/x is none.
var errNoShortForm = errors.New("its short form is another image's name")

// parseName reads a name by the grammar that registries and clients share;
// go-containerregistry's alone takes docker.io//debian for one. A digest without
// a repository is none, though sha256 could be a repository.
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

// nameRank tells how well a wanted name or tag agrees with an image's names: 3
// the same name, however written, 2 that with its tag left out, 1 the same tag,
// 0 not.
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

// isFullName tells a name from a tag alone, which the OCI's ref.name may be.
func isFullName(s string) bool { return strings.ContainsAny(s, ":/") }

func tagOf(s string) string {
	if tag, err := name.NewTag(s); isFullName(s) && err == nil {
		return tag.TagStr()
	}
	return s
}

// familiar is a reference in the short form that Docker prints, with its tag.
// What is no legal reference stays as it is.
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

// fullNames gives those of names that are legal references with a repository,
// in the short form, each once. Anything else could pass for one it is not.
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

// displayName is what to call an image: by the name that was asked for, by its
// first full name, or after its path and what bare tag it has.
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
