package sbom

import (
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/packages"
)

// ListVersion is the version of the SPDX license list by which expressions are checked.
func ListVersion() string { return spdxlicenses.LicenseListVersion() }

// Licences checks licence expressions, each once: most packages have one of a few.
type Licences map[string]bool

// maxExpression is longer than any expression that a person wrote.
const maxExpression = 1024

// Valid reports whether s is an SPDX expression.
func (v Licences) Valid(s string) bool {
	ok, seen := v[s]
	if !seen {
		ok = isExpression(s)
		v[s] = ok
	}
	return ok
}

func isExpression(s string) (ok bool) {
	if s == "" || len(s) > maxExpression || printable.Line(s) != s {
		return false
	}
	defer func() {
		if recover() != nil { // the parser is not made for hostile text
			ok = false
		}
	}()
	ok, _ = spdxexp.ValidateLicenses([]string{s})
	return ok
}

// Split returns the expressions of a package's licences, and the names of those that
// are none. Neither has anything twice.
func (v Licences) Split(licences []packages.License) (expressions, names []string) {
	add := func(list []string, s string) []string {
		for _, have := range list {
			if have == s {
				return list
			}
		}
		return append(list, s)
	}
	for _, l := range licences {
		if v.Valid(l.SPDX) {
			expressions = add(expressions, l.SPDX)
			continue
		}
		name := l.Name
		if name == "" {
			name = l.SPDX
		}
		if name = Text(name); name != "" {
			names = add(names, name)
		}
	}
	return expressions, names
}

// And joins expressions that all hold.
func And(expressions []string) string {
	if len(expressions) == 1 {
		return expressions[0]
	}
	parts := make([]string, len(expressions))
	for i, e := range expressions {
		if strings.Contains(e, " ") && !enclosed(e) {
			e = "(" + e + ")"
		}
		parts[i] = e
	}
	return strings.Join(parts, " AND ")
}

// enclosed reports whether an expression stands in parentheses as a whole.
func enclosed(e string) bool {
	depth := 0
	for i, c := range e {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i > 0 && i == len(e)-1
		}
	}
	return false
}
