package vulns

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openvex/go-vex/pkg/vex"
	"github.com/package-url/packageurl-go"

	"github.com/stemma-go/stemma/report"
)

// readVEX reads an OpenVEX document. A statement that the specification does not allow is an
// error: it might excuse what it should not.
func (d *Document) readVEX(b []byte) error {
	doc, err := vex.Parse(b)
	if err != nil {
		return err
	}
	if len(doc.Statements) > maxFindings {
		return fmt.Errorf("statements: more than %d", maxFindings)
	}
	if doc.Timestamp != nil {
		d.made = *doc.Timestamp
	}
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if err := s.Validate(); err != nil {
			return fmt.Errorf("statements[%d]: %w", i, err)
		}
		if s.Vulnerability.Name == "" && s.Vulnerability.ID == "" {
			return fmt.Errorf("statements[%d]: no vulnerability", i)
		}
	}
	d.vex = doc
	return nil
}

// A statement is one of VEX that is about a vulnerability.
type statement struct {
	*vex.Statement
	doc   *Document
	index int // of the document in Vulnerabilities.Exceptions
	made  time.Time
	used  bool
}

// excuse marks what the statements excuse. Of several about the same thing the youngest
// counts: one that says "affected" takes an older excuse back, also a scanner's.
func (v *joiner) excuse(docs []*Document) {
	about := map[string][]*statement{}
	var all []*statement
	for i, d := range docs {
		v.out.Exceptions = append(v.out.Exceptions, report.VEX{File: d.file, Author: d.vex.Author, Made: d.made, Statements: len(d.vex.Statements)})
		for j := range d.vex.Statements {
			s := &statement{Statement: &d.vex.Statements[j], doc: d, index: i, made: d.made}
			if s.Timestamp != nil {
				s.made = *s.Timestamp
			}
			all = append(all, s)
			ids := []string{s.Vulnerability.ID, string(s.Vulnerability.Name)}
			for _, a := range s.Vulnerability.Aliases {
				ids = append(ids, string(a))
			}
			slices.Sort(ids)
			for _, id := range slices.Compact(ids) {
				if id != "" {
					about[id] = append(about[id], s)
				}
			}
		}
	}
	if len(all) == 0 {
		return
	}
	image := v.target.identifiers()
	for i := range v.out.List {
		v.excuseOne(&v.out.List[i], about, image)
	}
	for _, s := range all {
		if s.used {
			v.out.Exceptions[s.index].Used++
		}
	}
}

func (v *joiner) excuseOne(w *report.Vulnerability, about map[string][]*statement, image []string) {
	var fit []*statement
	for _, id := range append([]string{w.ID}, w.Aliases...) {
		for _, s := range about[id] {
			if !slices.Contains(fit, s) && v.isAbout(s, w, image) {
				fit = append(fit, s)
			}
		}
	}
	if len(fit) == 0 {
		return
	}
	for _, s := range fit {
		s.used = true
	}
	last := slices.MaxFunc(fit, func(a, b *statement) int { return cmp.Or(a.made.Compare(b.made), cmp.Compare(a.index, b.index)) })
	switch last.Status {
	case vex.StatusNotAffected, vex.StatusFixed:
		w.Excuse = &report.Excuse{Status: string(last.Status), Justification: string(last.Justification),
			Says: orElse(last.ImpactStatement, last.StatusNotes), By: last.doc.vex.Author, File: last.doc.file}
	default:
		w.Excuse = nil
	}
}

// isAbout reports whether a statement is about a package of this image: its product is the
// image, and the package is one of the subcomponents, if it names any; or its product is the
// package.
func (v *joiner) isAbout(s *statement, w *report.Vulnerability, image []string) bool {
	if w.PURL != "" && s.MatchesProduct(w.PURL, "") {
		return true
	}
	for i := range s.Products {
		p := &s.Products[i]
		if !slices.ContainsFunc(image, p.Component.Matches) {
			continue
		}
		if len(p.Subcomponents) == 0 {
			return true
		}
		for j := range p.Subcomponents {
			if w.PURL != "" && p.Subcomponents[j].Matches(w.PURL) || p.Subcomponents[j].ID == w.Name {
				return true
			}
		}
	}
	return false
}

// identifiers are the names by which a statement may call the image: its reference, the
// reference with the digest, the digest, and the package URL of type oci with and without
// what it may leave out.
func (t *target) identifiers() []string {
	var list []string
	add := func(s string) {
		if s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	add(t.digest)
	if _, hex, ok := strings.Cut(t.digest, ":"); ok {
		add(hex)
	}
	name := plainName(t.reference)
	add(t.reference)
	add(name)
	if name == "" {
		return list
	}
	i := strings.LastIndexByte(name, ':')
	repository, tag := name[:i], name[i+1:]
	for _, full := range []string{repository, "docker.io/" + repository, "docker.io/library/" + repository, "index.docker.io/library/" + repository} {
		add(full)
		add(full + ":" + tag)
		if t.digest != "" {
			add(full + "@" + t.digest)
		}
		last := full[strings.LastIndexByte(full, '/')+1:]
		q := packageurl.QualifiersFromMap(map[string]string{"repository_url": full, "tag": tag})
		add(packageurl.NewPackageURL("oci", "", last, t.digest, q, "").ToString())
		// Statements say repository_url with or without the name itself.
		if k := strings.LastIndexByte(full, '/'); k > 0 {
			q = packageurl.QualifiersFromMap(map[string]string{"repository_url": full[:k], "tag": tag})
			add(packageurl.NewPackageURL("oci", "", last, t.digest, q, "").ToString())
		}
	}
	return list
}
