package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/uuid"
	"github.com/package-url/packageurl-go"

	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// IDs gives each package an identifier: the same for the same package of the same
// report, and no two packages the same.
type IDs map[string]int

// Of returns the identifier: 16 hexadecimal digits, made of what tells packages apart.
func (ids IDs) Of(p *packages.Package) string {
	h := sha256.New()
	for _, s := range []string{p.Type, p.Name, p.Version, p.Arch, p.PURL} {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	for _, l := range p.Locations {
		fmt.Fprintf(h, "%d:%s,", len(l.Path), l.Path)
	}
	id := hex.EncodeToString(h.Sum(nil)[:8])
	ids[id]++
	if n := ids[id]; n > 1 {
		return fmt.Sprintf("%s-%d", id, n)
	}
	return id
}

// maxText is the most characters that CycloneDX allows a version.
const maxText = 1024

// Text makes text from the image fit for a document: on one line, without characters that
// do something, and not longer than any of the formats allows.
func Text(s string) string {
	s = printable.Line(s)
	if len(s) <= maxText {
		return s
	}
	if letters := []rune(s); len(letters) > maxText {
		return string(letters[:maxText-1]) + "…"
	}
	return s
}

// maxPURL is longer than any package URL that names anything.
const maxPURL = 2048

// PURL returns the package URL of a package, "" if it has none that readers could parse.
func PURL(p *packages.Package) string {
	if p.PURL == "" || len(p.PURL) > maxPURL || strings.ContainsFunc(p.PURL, notInURL) {
		return ""
	}
	if _, err := packageurl.FromString(p.PURL); err != nil {
		return ""
	}
	return p.PURL
}

func notInURL(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", c) }

// CPEs returns the CPEs of a package without what is no CPE 2.3: 13 parts in printable
// ASCII.
func CPEs(p *packages.Package) []string {
	var valid []string
	for _, c := range p.CPEs {
		parts := strings.Count(c, ":") - strings.Count(c, `\:`)
		if strings.HasPrefix(c, "cpe:2.3:") && parts == 12 && !strings.ContainsFunc(c, notInCPE) {
			valid = append(valid, c)
		}
	}
	return valid
}

func notInCPE(c rune) bool { return c <= ' ' || c > '~' }

// DiffID returns the digest of a layer's archive as it was computed, "" if it was not.
func DiffID(r *report.Report, layer int) string {
	return layerHash(r, layer, func(i int) v1.Hash { return r.Index.Layers[i].DiffID })
}

// LayerDigest returns the digest of a layer's blob as it was computed, "" if it was not.
func LayerDigest(r *report.Report, layer int) string {
	return layerHash(r, layer, func(i int) v1.Hash { return r.Index.Layers[i].Digest })
}

func layerHash(r *report.Report, layer int, of func(int) v1.Hash) string {
	if r.Index == nil || layer < 0 || layer >= len(r.Index.Layers) || of(layer) == (v1.Hash{}) {
		return ""
	}
	return of(layer).String()
}

// Titles name the ancestors of a report in words: "python:3.13", "this image",
// "unknown-image-0123456789ab".
type Titles []string

// NewTitles names those of r.
func NewTitles(r *report.Report) Titles {
	t := make(Titles, len(r.Ancestors))
	for i := range r.Ancestors {
		t[i] = Ancestor(r, i).String()
	}
	if len(t) > 0 {
		t[0] = "this image"
	}
	return t
}

// Of returns the title of an ancestor, "" for -1.
func (t Titles) Of(ancestor int) string {
	if ancestor < 0 || ancestor >= len(t) {
		return ""
	}
	return t[ancestor]
}

// Gone says of a package that is not in the finished image what became of it, in
// words: "git 1:2.30.2-1 (deb): removed in layer 4, this image".
func (t Titles) Gone(r *report.Report, p *packages.Package) string {
	what := "removed"
	if p.State == packages.Hidden {
		what = "no longer listed by any database"
	}
	s := fmt.Sprintf("%s %s (%s): %s", Text(p.Name), Text(p.Version), Text(p.Type), what)
	if n := len(p.Events); n > 0 {
		s += fmt.Sprintf(" in layer %d", p.Events[n-1].Layer)
		if by := t.Of(r.AncestorOf(p.Events[n-1].Layer)); by != "" {
			s += ", " + by
		}
	}
	return s
}

// Time is the report's day as both formats write times. Neither has fractions.
func Time(t time.Time) string {
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		t = time.Time{}
	}
	return t.Format("2006-01-02T15:04:05Z")
}

// UUID makes a UUID of a document's content: the same for the same content.
func UUID(content []byte) string { return uuid.NewSHA1(uuid.NameSpaceURL, content).String() }
