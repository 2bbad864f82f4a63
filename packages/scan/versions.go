package scan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	pep440 "github.com/aquasecurity/go-pep440-version"
	loose "github.com/hashicorp/go-version"
	apk "github.com/knqyf263/go-apk-version"
	deb "github.com/knqyf263/go-deb-version"
	rpm "github.com/knqyf263/go-rpm-version"
)

// compare orders two versions as the package system of kind does: negative when a
// is older. ok is false where the package system defines no order, or none that is
// known here, or a version is not one of its own.
func compare(kind, a, b string) (order int, ok bool) {
	switch kind {
	case "deb":
		return compareWith(deb.NewVersion, a, b, func(x, y deb.Version) int { return x.Compare(y) })
	case "apk":
		return compareWith(apk.NewVersion, a, b, func(x, y apk.Version) int { return x.Compare(y) })
	case "alpm":
		return compareAlpm(a, b), true
	case "rpm":
		x, y := rpm.NewVersion(a), rpm.NewVersion(b)
		return x.Compare(y), true
	case "python":
		return compareWith(pep440.Parse, a, b, func(x, y pep440.Version) int { return x.Compare(y) })
	case "gem", "dotnet":
		return compareWith(releases, a, b, (*loose.Version).Compare)
	case "php-composer":
		return compareWith(composer, a, b, (*loose.Version).Compare)
	case "npm", "go-module", "rust-crate":
		parse := func(s string) (*semver.Version, error) { return semver.NewVersion(strings.TrimPrefix(s, "go")) }
		return compareWith(parse, a, b, (*semver.Version).Compare)
	}
	return 0, false
}

// releases parses the versions of systems that allow more than three numbers. Both
// have the order of their stages in common (alpha, beta, rc, none), whatever the case.
func releases(s string) (*loose.Version, error) { return loose.NewVersion(strings.ToLower(s)) }

// composer parses the versions of PHP's packages: a stage and its number are one word
// (RC10 comes after RC9), which stands for two numbers here. What Composer calls a patch
// comes after none, and gets no order, nor does any other word.
func composer(s string) (*loose.Version, error) {
	v, err := releases(s)
	if err != nil || v.Prerelease() == "" {
		return v, err
	}
	stage := strings.TrimRight(v.Prerelease(), "0123456789")
	number := v.Prerelease()[len(stage):]
	for i, names := range [][]string{{"dev"}, {"alpha", "a"}, {"beta", "b"}, {"rc"}} {
		if slices.Contains(names, strings.TrimRight(stage, ".-")) {
			return loose.NewVersion(fmt.Sprintf("%s-%d.%s", v.Core(), i, cmp.Or(number, "0")))
		}
	}
	return nil, fmt.Errorf("%s: no order known", s)
}

func compareWith[V any](parse func(string) (V, error), a, b string, compare func(x, y V) int) (int, bool) {
	x, err := parse(a)
	if err != nil {
		return 0, false
	}
	y, err := parse(b)
	if err != nil {
		return 0, false
	}
	return compare(x, y), true
}

// order is compare with an order for everything.
func order(kind, a, b string) int {
	if c, ok := compare(kind, a, b); ok && c != 0 {
		return c
	}
	return strings.Compare(a, b)
}
