package words

import "github.com/stemma-go/stemma/ancestry"

// Source says what an image was built from: "https://github.com/acme/shop at 3f2c1d7, the
// Dockerfile api/Dockerfile". It is "" if that is not known. The text is the builder's, as it is.
func Source(l *ancestry.Lineage) string {
	if l == nil || l.Dockerfile == nil {
		return ""
	}
	d, s := l.Dockerfile, ""
	if s = d.Repository; s == "" && d.Revision != "" {
		s = "a repository that is not known"
	}
	if d.Revision != "" {
		s += " at " + d.Revision
	}
	switch {
	case d.Path == "":
		return s
	case s == "":
		return "the Dockerfile " + d.Path
	}
	return s + ", the Dockerfile " + d.Path
}
