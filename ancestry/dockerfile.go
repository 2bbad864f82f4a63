package ancestry

// A Dockerfile says which of its lines made which steps of an image. Package
// ancestry/catalogue/lines finds it out.
type Dockerfile struct {
	// Path is where it is in its repository, with slashes: "build/Dockerfile". It is "" if
	// that is not known.
	Path string
	// Repository and Revision are the source repository, as a URL, and the commit that the
	// image was built from; "" where they are not attested.
	Repository, Revision string
	// From are the FROM of every stage that the image is made of. The first names the
	// image that it is built on.
	From []Lines
	// Steps are the lines of each step of the image, the oldest first. A step that came
	// with the base has those of its FROM. They are zero where they are not known.
	Steps []Lines
	// Donors are the images that it copies files from: COPY --from.
	Donors []Donor
}

// Lines are an instruction's lines in a Dockerfile, counted from 1. The zero Lines are
// not known.
type Lines struct {
	First, Last int
	// End is the column behind the last character of Last, in characters, counted
	// from 1.
	End int
}

// dockerfile returns the one of the first accepted claim that has one: with lines, if that
// claim or another that is as sure has them. Those of a claim that is less sure count if they
// are of the same commit.
func (c *chain) dockerfile() (found *Dockerfile) {
	var sure Confidence
	for _, w := range c.accepted {
		d := w.Dockerfile
		switch {
		case d == nil || found != nil && (len(found.Steps) > 0 || len(d.Steps) == 0):
		case found == nil:
			found, sure = d, w.Evidence.Confidence
		case w.Evidence.Confidence == sure:
			found = d
		case d.Revision != "" && d.Revision == found.Revision:
			lines := *d
			lines.Repository = found.Repository
			found = &lines
		}
	}
	return found
}

// Step returns the lines of a step; zero if they are not known, and for a step that the
// image does not have.
func (d *Dockerfile) Step(step int) Lines {
	if step < 0 || step >= len(d.Steps) {
		return Lines{}
	}
	return d.Steps[step]
}

// Base returns the lines of the FROM that names the image that this one is built on.
func (d *Dockerfile) Base() Lines {
	if len(d.From) == 0 {
		return Lines{}
	}
	return d.From[0]
}
