package spdx

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spdx/tools-golang/spdx/v2/v2_3"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report/internal/sbom"
)

// declared returns the expression of a package's licences, "" if it names none.
func (b *builder) declared(licences []packages.License) string {
	expressions, names := b.licences.Split(licences)
	for i, e := range expressions {
		expressions[i] = licenseRef.ReplaceAllStringFunc(e, b.foreignRef)
	}
	for _, n := range names {
		expressions = append(expressions, b.licenseRef(n))
	}
	if len(expressions) == 0 {
		return ""
	}
	return sbom.And(expressions)
}

// licenseRef is a reference to a licence inside an expression, of this document or of
// another.
var licenseRef = regexp.MustCompile(`(?:DocumentRef-[0-9A-Za-z.-]+:)?LicenseRef-[0-9A-Za-z.-]+`)

// foreignRef declares a reference that an expression has. Where it names a document, that
// is none that this document knows.
func (b *builder) foreignRef(ref string) string {
	if strings.HasPrefix(ref, "DocumentRef-") {
		return b.licenseRef(ref)
	}
	b.declare(ref, ref, noAssertion)
	return ref
}

// licenseRef declares a licence that is known by its name only, and returns its identifier.
func (b *builder) licenseRef(name string) string {
	id := "LicenseRef-" + idString(name, 64)
	if strings.TrimPrefix(id, "LicenseRef-") != name {
		h := sha256.Sum256([]byte(name))
		id += "-" + hex.EncodeToString(h[:4]) // two names may differ in what an identifier has no room for
	}
	b.declare(id, name, name)
	return id
}

func (b *builder) declare(id, name, text string) {
	if b.refs[id] == nil {
		b.refs[id] = &v2_3.OtherLicense{LicenseIdentifier: id, LicenseName: name, ExtractedText: text}
	}
}

func (b *builder) otherLicenses() []*v2_3.OtherLicense {
	var all []*v2_3.OtherLicense
	for _, id := range slices.Sorted(maps.Keys(b.refs)) {
		all = append(all, b.refs[id])
	}
	return all
}

// idString makes an identifier of a text: letters, digits, "." and "-", at most n of them.
func idString(s string, n int) string {
	id := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '-' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z') {
			return r
		}
		return '-'
	}, s)
	return id[:min(n, len(id))]
}
