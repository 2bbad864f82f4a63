package reporttest

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers"
)

// RunsAs asserts that the image's processes run as a user: the USER of its configuration,
// with or without a group, "10001" or "node". That it is not root is the rule root-user:
// NoFinding(rules.RootUser()).
func (i *Image) RunsAs(user string) bool {
	i.t.Helper()
	if i.Index == nil || i.Index.Config == nil {
		return i.check(failed("as which user the image runs is not known: its configuration was not read"))
	}
	is := i.Index.Config.Config.User
	if name, _, _ := strings.Cut(is, ":"); is == user || name == user {
		return true
	}
	f := failure{what: fmt.Sprintf("the image runs as %s, not as %s", is, user), remedy: "end the Dockerfile with USER " + user}
	if is == "" {
		f.what = "the image sets no user, and so runs as root, not as " + user
	}
	for _, s := range i.Steps() {
		if s.Instruction.Keyword == "USER" {
			f.evidence = []string{i.place(i.AncestorOfStep(s.Index), layers.None, s.Index)}
		}
	}
	return i.check([]failure{f})
}

// NoSetuid asserts that no file of the finished image runs as its owner or its group,
// whoever starts it (setuid, setgid), but for those whose path a pattern of path.Match
// fits: "usr/bin/passwd", "usr/bin/*". Those that the image's own layers add, whatever its
// base has, are the rule setuid: NoFinding(rules.Setuid()).
func (i *Image) NoSetuid(except ...string) bool {
	i.t.Helper()
	if i.Index == nil {
		return i.check(failed("which files are setuid is not known: the layers were not read"))
	}
	except = slices.Clone(except)
	for n, p := range except {
		except[n] = strings.TrimPrefix(p, "/")
		if _, err := path.Match(except[n], ""); err != nil {
			return i.check(failed("%q: %v", p, err))
		}
	}
	all := i.unread()
	for e := range i.Index.Merged(i.Index.Top()) {
		if e.Type != layers.Regular && e.Type != layers.Hardlink || e.Mode&(fs.ModeSetuid|fs.ModeSetgid) == 0 || matches(except, e.Path) {
			continue
		}
		all = append(all, failure{
			what:     fmt.Sprintf("/%s is setuid or setgid: %s, of user %d and group %d", e.Path, e.Mode, e.UID, e.GID),
			evidence: []string{i.placeOf(e.Layer)},
			remedy: i.Remedy(i.AncestorOf(e.Layer), "make it without the bits, or RUN chmod u-s,g-s in the step that makes it",
				"RUN chmod u-s,g-s /"+e.Path+", or remove the package that ships it"),
		})
	}
	return i.check(all)
}

// matches reports whether one of the patterns fits.
func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if ok, _ := path.Match(p, name); ok || p == name {
			return true
		}
	}
	return false
}
