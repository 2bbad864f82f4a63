package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
)

// A Donor is an image outside the chain from which files were copied, with what the image
// has of them. Its Steps are of one ancestor.
type Donor struct {
	ancestry.Donor
	// Ancestor is the index in Report.Ancestors of the one whose steps copied the files.
	Ancestor int
	// Bytes are the content bytes of what was copied, as far as the finished image shows
	// them; 0 if not known.
	Bytes int64
}

// addDonors joins what the lineage knows of donors with what the files tell. A name that the
// image, its place or its user states beats one that is inferred from the same step's files.
func (r *Report) addDonors() {
	if r.Lineage == nil {
		return
	}
	for _, d := range r.Lineage.Donors {
		r.Donors = append(r.Donors, r.byAncestor(d)...)
	}
	stated := len(r.Donors)
	for _, found := range r.donorsInFiles() {
		if !r.joinDonor(found, stated) {
			r.Donors = append(r.Donors, found)
		}
	}
	for i := range r.Donors {
		r.measureDonor(&r.Donors[i])
	}
	slices.SortStableFunc(r.Donors, func(a, b Donor) int {
		return cmp.Or(cmp.Compare(a.Ancestor, b.Ancestor), slices.Compare(a.Steps, b.Steps), strings.Compare(a.String(), b.String()))
	})
}

// byAncestor makes a donor for each ancestor that copied from an image. Where the steps are
// not known, it was the image itself: nobody states more of an ancestor's build.
func (r *Report) byAncestor(d ancestry.Donor) []Donor {
	if d.Steps == nil {
		return []Donor{{Donor: d}}
	}
	var all []Donor
	for _, s := range d.Steps {
		i := slices.IndexFunc(all, func(o Donor) bool { return o.Ancestor == r.AncestorOfStep(s) })
		if i < 0 {
			i = len(all)
			all = append(all, Donor{Donor: d, Ancestor: r.AncestorOfStep(s)})
			all[i].Steps = nil
		}
		all[i].Steps = append(all[i].Steps, s)
	}
	return all
}

// joinDonor adds what was found in files to what is stated of the same steps, of which there
// are the first n donors. It reports false if nothing is stated of them.
func (r *Report) joinDonor(found Donor, n int) bool {
	joined := false
	for i := range r.Donors[:n] {
		d := &r.Donors[i]
		same := d.Name.Repository == found.Name.Repository
		overlap := slices.ContainsFunc(d.Steps, func(s int) bool { return slices.Contains(found.Steps, s) })
		switch {
		case d.Indirect || d.Ancestor != found.Ancestor || !overlap && !(same && d.Steps == nil):
			continue
		case same:
			d.Evidence = append(slices.Clone(d.Evidence), found.Evidence...)
		}
		joined = true
		if path.Base(d.Name.Repository) == path.Base(found.Name.Repository) { // it, or a mirror of it
			d.Version = cmp.Or(d.Version, found.Version)
			if d.Steps == nil {
				d.Steps = found.Steps
			}
			if d.Paths == nil {
				d.Paths = found.Paths
			}
		}
	}
	return joined
}

// measureDonor says what of a donor is in the image.
func (r *Report) measureDonor(d *Donor) {
	if r.Index == nil {
		return
	}
	var copied []layers.Entry
	for _, s := range d.Steps {
		step, ok := r.Step(s)
		if !ok || step.Layer < 0 || step.Layer >= len(r.Index.Layers) || step.Uncertain {
			continue
		}
		for e := range r.Index.Entries(step.Layer) {
			if e.Type == layers.Directory || sameContent(e) || d.Paths != nil && !below(d.Paths, e.Path) || !r.shows(e) {
				continue
			}
			d.Bytes += e.Size
			if d.Paths == nil {
				copied = append(copied, e)
			}
		}
	}
	if d.Paths == nil {
		d.Paths = placesOf(copied)
	}
}

// shows reports whether the finished image has the content that an entry brought, though a
// later layer may have shipped it again with another owner.
func (r *Report) shows(e layers.Entry) bool {
	if e.Visible() || e.Type == layers.Whiteout {
		return e.Visible()
	}
	final, ok := r.Index.Lookup(r.Index.Top(), e.Path)
	return ok && final.Type == e.Type && r.Origin(final) == e.Layer
}

// below reports whether a path is one of the paths, or in one that is a directory.
func below(paths []string, p string) bool {
	return slices.ContainsFunc(paths, func(of string) bool {
		return p == of || strings.HasSuffix(of, "/") && strings.HasPrefix(p, of)
	})
}

// mostPlaces is how many files are told one by one.
const mostPlaces = 4

// placesOf sums up where files are: the files themselves if they are few, else the directory
// that holds them all, or those below the root.
func placesOf(files []layers.Entry) []string {
	paths := map[string]bool{}
	if len(files) <= mostPlaces {
		for _, e := range files {
			paths[e.Path] = true
		}
		return sortedKeys(paths)
	}
	common := path.Dir(files[0].Path)
	for _, e := range files[1:] {
		for common != "." && !strings.HasPrefix(e.Path, common+"/") {
			common = path.Dir(common)
		}
	}
	if common != "." {
		return []string{common + "/"}
	}
	for _, e := range files {
		first, _, in := strings.Cut(e.Path, "/")
		if in {
			first += "/"
		}
		paths[first] = true
	}
	return sortedKeys(paths)
}

func sortedKeys(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Software says what was copied in a few words: "node 20.19.5", or "files" where no version
// is known.
func (d Donor) Software() string {
	if d.Version == "" {
		return "files"
	}
	return fmt.Sprintf("%s %s", path.Base(d.Name.Repository), d.Version)
}

// Says tells the donor in one line: what was copied, from where, how sure that is, by which
// steps, and to where. It has text from the image in it.
func (d Donor) Says() string {
	says := d.Software() + " from " + d.String()
	if d.Stage != "" {
		says = fmt.Sprintf("files of stage %s, which is built on %s", d.Stage, d)
	}
	if d.Indirect {
		says = "what the build made of files from " + d.String()
	}
	says += ", " + d.Confidence.String()
	if len(d.Steps) > 0 {
		says += ", by step " + strconv.Itoa(d.Steps[0])
	}
	for _, s := range d.Steps[min(1, len(d.Steps)):] {
		says += ", " + strconv.Itoa(s)
	}
	if len(d.Paths) > 0 {
		says += ": " + strings.Join(d.Paths, " ")
	}
	return says
}
