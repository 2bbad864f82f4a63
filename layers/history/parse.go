package history

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Parse parses one history entry: its created_by, comment and author. Of the
// creation time it uses one thing: old Docker and Buildah write the same text in
// different years.
//
// What can't be told from the one entry alone is left open. Docker's classic
// builder and Buildah write the same for RUN, COPY, ADD and WORKDIR: Keyword and
// the rest are then right, and Builder is BuilderUnknown. The same goes for a
// bare "ENV A=1" without BuildKit's comment. [Steps] knows the neighbours, and
// tells most of these.
//
// Any bytes are valid input: Parse never fails, and takes time linear in their
// number.
func Parse(h v1.History) Instruction { return parse(h).Instruction }

// A form is the way in which an entry is written. Entries of one form can be of
// several builders, and their neighbours of the same form help to tell which. A
// further builder that signs each entry is formOther: the other two are for entries
// whose builder the neighbours decide.
type form uint8

const (
	formOther   form = iota // all the rest
	formClassic             // /bin/sh -c …, /bin/sh -c #(nop) …, |1 K=V /bin/sh -c …: Docker or Buildah
	formBare                // KEYWORD …: BuildKit or Kaniko
)

// A parsed is an Instruction and how it was written.
type parsed struct {
	Instruction
	form form
}

func parse(h v1.History) parsed {
	p := parsed{Instruction: Instruction{Builder: BuilderUnknown, Args: h.CreatedBy}}
	for _, r := range slices.Backward(builders[:]) {
		if r.wrote != nil && r.wrote(h) {
			p = tool(h, r.Builder)
			break
		}
		if r.parse == nil {
			continue
		}
		if q, ok := r.parse(h); ok {
			p = q
			break
		}
	}
	if p.form != formBare {
		image, ok := baseComment(h.Comment)
		// After a comment of the user's it may be his own word, where anybody could
		// have written the entry.
		ok = ok && (strings.HasPrefix(h.Comment, "FROM ") || p.form == formClassic || h.CreatedBy == "/bin/sh")
		if ok && !isImageID(image) {
			p.From = image
		}
		if ok && p.Builder == BuilderUnknown {
			p.Builder = BuilderBuildah
		}
	}
	return p
}

// tool is the parsed entry of a builder that runs no Dockerfiles.
func tool(h v1.History, b Builder) parsed {
	return parsed{Instruction: Instruction{Builder: b, Args: h.CreatedBy}}
}

// baseComment returns the image of Buildah's comment "FROM image", which may
// stand behind a comment of the user's.
func baseComment(comment string) (image string, ok bool) {
	i := strings.LastIndexByte(comment, ' ')
	if i < 0 || i+1 == len(comment) {
		return "", false
	}
	before, image := comment[:i], comment[i+1:]
	if before != "FROM" && !strings.HasSuffix(before, " FROM") {
		return "", false
	}
	// Words of a sentence are no image: "built FROM scratch!".
	for _, c := range []byte(image) {
		if !isAlnum(c) && strings.IndexByte("._-/:@[]", c) < 0 {
			return "", false
		}
	}
	return image, true
}

// isImageID reports whether the name is an ID, short or whole. With --layers,
// Buildah writes into every entry the ID of the image that the one before made:
// these name nothing, and mark no boundary.
func isImageID(name string) bool {
	name = strings.TrimPrefix(name, "sha256:")
	return (len(name) == 12 || len(name) == 64) && strings.Trim(name, "0123456789abcdef") == ""
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
