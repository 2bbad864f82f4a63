package catalogue

import (
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// What an image's own values say has a veto over tags: an image that sets
// NODE_VERSION=4.8.5 is no node:8.8.1, whatever its instructions agree with.

// vetoed drops the tags that the image's own values forbid, and returns the value that
// forbids all of them: "" if some are left, or nothing is said.
func (t *trial) vetoed(n *node) (tags []string, by string) {
	patterns := n.repo.TagPatterns()
	if len(patterns) == 0 || len(n.tags) == 0 {
		return n.tags, ""
	}
	values := map[string]string{} // in force where the node ends
	for _, v := range t.versions(0, n.end, n.dialect) {
		values[v.Key] = v.Value
	}
	for _, tag := range n.tags {
		if against := forbids(patterns, values, tag); against != "" {
			by = against
			continue
		}
		tags = append(tags, tag)
	}
	if len(tags) > 0 {
		return tags, ""
	}
	return nil, by
}

// forbids returns the value that a tag can't be made of, "" if there is none: no value
// that it can be made of is there, or one of them fits.
func forbids(patterns []data.TagPattern, values map[string]string, tag string) string {
	if dated(tag) {
		return ""
	}
	against := ""
	for _, p := range patterns {
		rest, ok := strings.CutPrefix(tag, p.Prefix)
		value, set := values[p.Key]
		if !ok || !set || !digitAt(rest, 0) {
			continue
		}
		if sameVersion(rest, value) {
			return ""
		}
		against = p.Key + "=" + value
	}
	return against
}

// sameVersion reports whether a tag can begin with a version: as far as both go on, no
// number in them differs. 3.6-slim is of 3.6.4, 9.6.6-alpine of 9.6.6-1.pgdg80_1, and
// 17.12.0-ce-rc3-git is not of 17.12.0-ce-rc4.
func sameVersion(tag, version string) bool {
	k := 0
	for k < min(len(tag), len(version)) && tag[k] == version[k] {
		k++
	}
	inTag, inVersion := digitAt(tag, k), digitAt(version, k)
	if inTag && inVersion {
		return false
	}
	return k > 0 && !(digitAt(tag, k-1) && (inTag || inVersion))
}

func digitAt(s string, i int) bool { return i < len(s) && '0' <= s[i] && s[i] <= '9' }
