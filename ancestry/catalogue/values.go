package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// What an image's own values say has a veto over tags: an image that sets
// NODE_VERSION=4.8.5 is no node:8.8.1, whatever its instructions agree with.

// values returns the versions that are in force where a part of the history ends, by
// the names of which the repository's tags are made.
func (t *trial) values(n *node) []data.Version {
	keys := n.repo.VersionKeys()
	if len(keys) == 0 {
		return nil
	}
	var out []data.Version
	for _, v := range t.versions(0, n.end, n.dialect) {
		if !slices.Contains(keys, v.Key) {
			continue
		}
		out = slices.DeleteFunc(out, func(o data.Version) bool { return o.Key == v.Key })
		out = append(out, v)
	}
	return out
}

// vetoed drops the tags that the image's own values forbid, and returns the value that
// forbids all of them: "" if some are left, or nothing is said.
func (t *trial) vetoed(n *node) (tags []string, by string) {
	values := t.values(n)
	if len(values) == 0 {
		return n.tags, ""
	}
	for _, tag := range n.tags {
		if allowed(tag, values) {
			tags = append(tags, tag)
		}
	}
	if len(tags) == 0 && len(n.tags) > 0 {
		return nil, fmt.Sprintf("%s=%s", values[0].Key, values[0].Value)
	}
	return tags, ""
}

// allowed reports whether one of the values can be that of a tag, or the tag says no
// version.
func allowed(tag string, values []data.Version) bool {
	v := leading(strings.TrimPrefix(tag, "v"))
	if v == "" || dated(v) {
		return true
	}
	return slices.ContainsFunc(values, func(x data.Version) bool { return sameVersion(v, x.Value) })
}

// sameVersion reports whether one version is the other, or begins with it: 3.6 and
// 3.6.4, 9.6.6 and 9.6.6-1.pgdg80_1, 8u151 and 8u151-b12.
func sameVersion(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, ok := strings.CutPrefix(b, a)
	return ok && (rest == "" || !isDigit(rest[0]) || !isDigit(a[len(a)-1]))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
