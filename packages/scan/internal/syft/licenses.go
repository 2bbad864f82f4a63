package syft

import (
	"bytes"
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/anchore/syft/syft/pkg"

	"github.com/stemma-go/stemma/packages"
)

// convertLicenses takes what Syft found in a package's metadata, without what is only to
// be told from a text, which Syft names by a hash.
func convertLicenses(found []pkg.License) []packages.License {
	var all []packages.License
	for _, l := range found {
		name := strings.TrimSpace(l.Value)
		if l.Contents != "" && l.SPDXExpression == "" || strings.HasPrefix(name, "sha256:") || len(name) > maxLicenseName {
			name = ""
		}
		if strings.EqualFold(name, "unknown") { // what setuptools writes where nothing is said
			continue
		}
		if l.SPDXExpression != "" || name != "" {
			all = append(all, packages.License{SPDX: l.SPDXExpression, Name: name})
		}
	}
	slices.SortFunc(all, func(a, b packages.License) int {
		return cmp.Or(strings.Compare(a.SPDX, b.SPDX), strings.Compare(a.Name, b.Name))
	})
	return slices.Compact(all)
}

// Licenses reads names as Syft does.
func Licenses(names []string) []packages.License {
	return convertLicenses(pkg.NewLicensesFromValuesWithContext(context.Background(), names...))
}

// maxCopyright bounds the copyright files that are read, maxNames the licenses that one
// may name. Those of Debian's are far below.
const (
	maxCopyright = 4 << 20
	maxNames     = 200
)

// WantsCopyright reports whether the file at p is a copyright file of a Debian package
// and the set looks for such packages.
func (s *Set) WantsCopyright(p string, size int64) bool {
	if path.Base(p) != "copyright" || size > maxCopyright {
		return false
	}
	doc := path.Dir(path.Dir(p))
	return (doc == "usr/share/doc" || strings.HasSuffix(doc, "/usr/share/doc")) && s.has("dpkg-db-cataloger")
}

func (s *Set) has(name string) bool {
	return slices.ContainsFunc(s.Catalogers, func(c *Cataloger) bool { return c.Name == name })
}

// CopyrightNames returns the names of licenses in a copyright file of a Debian package,
// each once, sorted; none of a file that is not machine-readable by Debian's
// copyright-format/1.0. They are those that Syft takes: the first word of each License field,
// and the files of common-licenses that the text refers to.
func CopyrightNames(b []byte) []string {
	b = bytes.TrimLeft(b, " \t\r\n")
	format, _, _ := bytes.Cut(b, []byte("\n"))
	uri, ok := strings.CutPrefix(string(format), "Format:")
	uri = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(uri), "https"), "http")
	if !ok || !strings.HasPrefix(uri, "://www.debian.org/doc/packaging-manuals/copyright-format/") {
		return nil
	}
	var names []string
	add := func(name string) {
		name = strings.TrimSuffix(name, ".")
		if name != "" && len(name) <= maxLicenseName && !strings.EqualFold(name, "none") && !slices.Contains(names, name) && len(names) < maxNames {
			names = append(names, name)
		}
	}
	const field, common = "License: ", "/usr/share/common-licenses/"
	for line := range bytes.Lines(b) {
		if value, ok := bytes.CutPrefix(line, []byte(field)); ok {
			word, _, _ := strings.Cut(strings.TrimRight(string(value), "\r\n"), " ")
			add(word)
		}
		if i := bytes.Index(line, []byte(common)); i >= 0 {
			name := string(line[i+len(common):])
			add(name[:len(name)-len(strings.TrimLeft(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-"))])
		}
	}
	slices.Sort(names)
	return names
}
