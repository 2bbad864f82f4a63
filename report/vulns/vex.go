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
	// ofImage says for each product whether it is the image; nil if nobody has asked.
	ofImage []bool
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

// excuseOne marks what is excused of one vulnerability. An advisory that covers several is
// excused where it is named itself, or where all that it covers are excused.
func (v *joiner) excuseOne(w *report.Vulnerability, about map[string][]*statement, image []string) {
	own := v.youngest(w, about[w.ID], image)
	last, cves := own, 0
	for _, id := range w.Aliases {
		last = later(last, v.youngest(w, about[id], image))
		if isCVE(id) {
			cves++
		}
	}
	switch {
	case last == nil:
		return
	case cves == 0 || cves == 1 && !isCVE(w.ID): // all names are those of one vulnerability
		w.Excuse = last.excuse()
		return
	}
	if isCVE(w.ID) && own == nil {
		last = nil
	}
	for _, id := range w.Aliases {
		s := later(own, v.youngest(w, about[id], image))
		switch {
		case s == nil && isCVE(id):
			last = nil
		case s != nil && s.excuse() == nil:
			w.Excuse = nil
			return
		}
	}
	if last != nil {
		w.Excuse = last.excuse()
	}
}

// youngest returns the youngest statement of a list that is about a package of this image, nil
// if none is.
func (v *joiner) youngest(w *report.Vulnerability, list []*statement, image []string) *statement {
	var last *statement
	for _, s := range list {
		if s.isAbout(w, image) {
			s.used = true
			last = later(last, s)
		}
	}
	return last
}

// later returns the younger of two statements, each of which may be nil; of two of one age,
// that of the later document.
func later(a, b *statement) *statement {
	switch {
	case b == nil:
		return a
	case a == nil || cmp.Or(a.made.Compare(b.made), cmp.Compare(a.index, b.index)) < 0:
		return b
	}
	return a
}

// excuse is what a statement says, nil if it excuses nothing.
func (s *statement) excuse() *report.Excuse {
	if s.Status != vex.StatusNotAffected && s.Status != vex.StatusFixed {
		return nil
	}
	return &report.Excuse{Status: string(s.Status), Justification: string(s.Justification),
		Says: orElse(s.ImpactStatement, s.StatusNotes), By: s.doc.vex.Author, File: s.doc.file}
}

// isAbout reports whether a statement is about a package of this image: its product is the
// image, and the package is one of the subcomponents, if it names any; or its product is the
// package, without subcomponents, which would be parts of it.
func (s *statement) isAbout(w *report.Vulnerability, image []string) bool {
	for i := range s.Products {
		p := &s.Products[i]
		if len(p.Subcomponents) == 0 && w.PURL != "" && p.Component.Matches(w.PURL) {
			return true
		}
		if !s.isOfImage(i, image) {
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

// isOfImage reports whether a product of a statement is the image. It is asked for each
// package, and the answer is the same for all.
func (s *statement) isOfImage(product int, image []string) bool {
	if s.ofImage == nil {
		s.ofImage = make([]bool, len(s.Products))
		for i := range s.Products {
			s.ofImage[i] = slices.ContainsFunc(image, s.Products[i].Component.Matches)
		}
	}
	return s.ofImage[product]
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
	name := ownName(t.reference)
	if name == "" {
		if strings.Contains(t.reference, "@sha256:") {
			add(t.reference)
		}
		return list
	}
	add(t.reference)
	add(name)
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
