package vulns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openvex/go-vex/pkg/vex"

	"github.com/stemma-go/stemma/report"
)

// What a document may have at most. A real report of 10,000 findings has 40 MB.
const (
	maxBytes    = 1 << 30
	maxFindings = 1_000_000
	maxText     = 4 << 10 // bytes of an identifier, a name, a version or a path
	maxEach     = 1000    // other identifiers, versions with a fix, or paths of one vulnerability
)

// A Document is a scanner's report, or a VEX document, as it was read. It is not changed by
// [Join].
type Document struct {
	file string
	made time.Time

	scanner, version string // "" in a VEX document
	image            identity
	findings         []finding

	vex *vex.VEX // nil in a report
}

// Scanner returns the scanner that made the report: "Trivy", "Grype", "Clair" or
// "OSV-Scanner"; "" for a VEX document.
func (d *Document) Scanner() string { return d.scanner }

// Config returns the configuration of the image that the report is of, nil if the report
// does not have it. Trivy and Grype put it into theirs. With it, ancestry.Resolve tells the
// chain without the image.
func (d *Document) Config() *v1.ConfigFile { return d.image.config }

// Open reads a document from a file.
func Open(path string) (*Document, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, path)
}

// Read reads a document, and tells by its content what it is. file is where it comes from,
// for messages. Errors say where in the document something is wrong: a document that has
// anything that cannot be read is refused as a whole, since a finding that is left out
// would read as none.
func Read(r io.Reader, file string) (*Document, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(b) > maxBytes {
		return nil, fmt.Errorf("%s: more than %d bytes", file, maxBytes)
	}
	d := &Document{file: file}
	if err := d.parse(b); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// object is a JSON object whose values are not yet parsed.
type object map[string]json.RawMessage

func (o object) has(names ...string) bool {
	for _, n := range names {
		if _, ok := o[n]; !ok {
			return false
		}
	}
	return true
}

// parse recognises a document by the names of its fields.
func (d *Document) parse(b []byte) error {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	var top object
	if err := json.Unmarshal(b, &top); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return errors.New("not a JSON object, as reports of Trivy, Grype, Clair and OSV-Scanner and VEX documents are")
		}
		switch text := bytes.TrimSpace(b); {
		case len(text) == 0:
			return errors.New("it is empty")
		case text[0] != '{':
			return fmt.Errorf("not JSON: %s", inJSON)
		}
		return positioned(b, err)
	}
	for _, form := range []struct {
		is   bool
		read func(object) error
	}{
		{top.has("SchemaVersion", "ArtifactName"), d.readTrivy},
		{top.has("matches", "descriptor"), d.readGrype},
		{top.has("manifest_hash", "package_vulnerabilities"), d.readClair},
		{top.has("image", "unapproved", "vulnerabilities"), d.readClairScanner},
		{strings.HasPrefix(text(top["@context"]), vex.Context), func(object) error { return d.readVEX(b) }},
		{top.has("results") && !top.has("runs"), d.readOSV},
	} {
		if form.is {
			return form.read(top)
		}
	}
	return unknownForm(top)
}

// inJSON says how to get a report that can be read.
const inJSON = "say --format json to Trivy, -o json to Grype, --format json to OSV-Scanner"

// unknownForm says what a document is instead, where that is easily told.
func unknownForm(top object) error {
	for _, other := range []struct{ field, is string }{
		{"bomFormat", "a CycloneDX document"},
		{"spdxVersion", "an SPDX document"},
		{"runs", "a SARIF document"},
		{"manifest_hash", "an index report of Clair's, which has no vulnerabilities"},
		{"artifacts", "a list of packages that Syft made, which has no vulnerabilities"},
		{"csaf_version", "a CSAF document"},
		{"document", "a CSAF document"},
	} {
		if top.has(other.field) {
			return fmt.Errorf("%s: %s; VEX is read as OpenVEX", other.is, inJSON)
		}
	}
	return errors.New("neither a report of Trivy, Grype, Clair or OSV-Scanner in JSON, nor an OpenVEX document")
}

// positioned adds the line and column to an error of package json.
func positioned(b []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	at := min(max(int(syntax.Offset), 0), len(b))
	line := 1 + bytes.Count(b[:at], []byte("\n"))
	return fmt.Errorf("line %d, column %d: %w", line, at-bytes.LastIndexByte(b[:at], '\n')-1, err)
}

// field parses a field of an object. One that is not there is the zero value.
func field[T any](o object, name string) (T, error) {
	var v T
	if raw, ok := o[name]; ok {
		if err := json.Unmarshal(raw, &v); err != nil {
			return v, fmt.Errorf("%s: %w", name, err)
		}
	}
	return v, nil
}

// list parses a field that must be a list. What says null where its list of findings should
// be does not say that there are none.
func list[T any](o object, name string) ([]T, error) {
	if raw, ok := o[name]; !ok || string(raw) == "null" {
		return nil, fmt.Errorf("%s: no list", name)
	}
	return field[[]T](o, name)
}

// keys are the names of an object's fields, each with whether its value is null.
type keys map[string]isNull

type isNull bool

func (n *isNull) UnmarshalJSON(b []byte) error {
	*n = string(b) == "null"
	return nil
}

// full reports whether there is a field, other than null.
func (k keys) full(name string) bool {
	null, ok := k[name]
	return ok && !bool(null)
}

// other returns a field that is none of names, "" if there is none.
func (k keys) other(names ...string) string {
	for _, n := range slices.Sorted(maps.Keys(k)) {
		if !slices.Contains(names, n) {
			return n
		}
	}
	return ""
}

// text is a JSON string, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// A finding is what a scanner says, before it is joined.
type finding struct {
	id      string
	aliases []string
	rating  report.Rating
	title   string
	url     string
	fixed   []string
	fixedOn time.Time
	status  report.FixStatus

	pkg pkg
	// layer is the scanner's word: a digest or the index of a history entry.
	layer layerRef
	// excuse says why the scanner itself leaves it out; nil if it does not.
	excuse *report.Excuse
}

// A pkg is a package as a scanner calls it.
type pkg struct {
	kind          string // of package URLs: "deb", "pypi"; "" if not known
	from          origin
	name, version string
	arch          string
	purl          string
	source        bool // name is that of a source package
	alsoSource    string
	paths         []string // files that prove it; none for a package that a database lists
}

// An origin is what a scanner says of where it read of a package, whose kind it may not name.
type origin int

const (
	anywhere     origin = iota
	fromDatabase        // of the distribution
	fromFiles           // of a language
)

// A layerRef is how a scanner names a layer. The zero value names none.
type layerRef struct {
	diffID string
	blob   string
	entry  int    // of the history, counted from 1
	why    string // why it names none
}

// add checks a finding and appends it. where says where in the document it is.
func (d *Document) add(f finding, where func() string) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s", where(), fmt.Sprintf(format, args...))
	}
	switch {
	case f.id == "":
		return bad("a vulnerability without an identifier")
	case f.pkg.name == "":
		return bad("%s: no name of a package", clip(f.id))
	case len(d.findings) == maxFindings:
		return bad("more than %d findings", maxFindings)
	case max(len(f.aliases), len(f.fixed), len(f.pkg.paths)) > maxEach:
		return bad("%s: more than %d identifiers, versions or paths", clip(f.id), maxEach)
	}
	for _, s := range slices.Concat([]string{f.id, f.pkg.name, f.pkg.version, f.pkg.arch, f.pkg.purl, f.title, f.url}, f.pkg.paths, f.aliases, f.fixed) {
		if len(s) > maxText {
			return bad("a text of %d bytes, more than %d: %s", len(s), maxText, clip(s))
		}
	}
	d.findings = append(d.findings, f)
	return nil
}

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// ratingOf reads a scanner's word for a rating. What is no such word is Unrated.
func ratingOf(s string) report.Rating {
	switch strings.ToLower(s) {
	case "critical", "defcon1":
		return report.Critical
	case "high", "important":
		return report.High
	case "medium", "moderate":
		return report.Medium
	case "low", "minor":
		return report.Low
	case "negligible", "unimportant":
		return report.Negligible
	}
	return report.Unrated
}

// relative is a path as layers has it.
func relative(p string) string { return strings.TrimPrefix(strings.TrimPrefix(p, "./"), "/") }

// firstLine is the first line of a text, shortened to what a title may have.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
