package source

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// nameRank tells how well a wanted name or tag agrees with an image's names: 3
// to the letter, 2 the same name written differently, 1 the same tag, 0 not.
func nameRank(want string, names []string) int {
	best := 0
	for _, have := range names {
		switch {
		case have == want:
			return 3
		case isFullName(want) && isFullName(have) && familiar(have) == familiar(want):
			best = 2
		case !isFullName(want) && best == 0 && tagOf(have) == want:
			best = 1
		case !isFullName(want) && best < 2 && isFullName(have) && familiar(have) == want+":latest":
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
	ref, err := name.ParseReference(s)
	if err != nil {
		return s
	}
	return familiarReference(ref)
}

func familiarReference(ref name.Reference) string {
	full := ref.Name()
	if short, ok := strings.CutPrefix(full, name.DefaultRegistry+"/"); ok {
		return strings.TrimPrefix(short, "library/")
	}
	return full
}

// fullNames gives those of names that are legal references with a repository,
// in the short form, each once. Anything else could pass for one it is not.
func fullNames(names []string) []string {
	var out []string
	for _, s := range names {
		if !isFullName(s) {
			continue
		}
		if _, err := name.NewTag(s); err != nil {
			continue
		}
		if short := familiar(s); !slices.Contains(out, short) {
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
