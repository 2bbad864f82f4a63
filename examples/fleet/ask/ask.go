// Package ask answers the questions of a fleet from its database: who stands on an image
// ([StandsOn]), whose base has moved on ([Stale]), what all stand on ([Tree]), and what the views say
// ([Query]). Package store has the queries; this package says what they mean, for people and, with
// Options.JSON, for programs.
//
// Every screen begins with what matters most, and has no more lines than fit; Options.All writes
// everything. JSON has everything in any case. Images that could not be read are counted on every screen that would
// seem complete without them. What is not known is said, and names that are as likely as others are
// shown as ties.
package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// Options say how to answer. The zero value is a screen.
type Options struct {
	JSON  bool
	All   bool // all rows of a screen, not only the first
	Width int  // columns of the screen; 0 is those of the terminal, and 100 where there is none
	// Env looks up variables of the environment; nil is os.Getenv. The locale says whether to
	// write more than ASCII.
	Env func(string) string
}

// ErrEmpty says that the database has no image that could be read.
var ErrEmpty = errors.New("no image was read yet: fleet scan REFERENCE reads some, and fleet status says what became of those that were added")

// An answer is what is said, in either form.
type answer interface {
	screen(s *screen, all bool)
}

// say writes an answer, which is what JSON has, too.
func (o Options) say(w io.Writer, a answer) error {
	if o.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(a)
	}
	env := o.Env
	if env == nil {
		env = os.Getenv
	}
	s := newScreen(w, o.Width, env)
	a.screen(s, o.All)
	_, err := io.WriteString(w, s.buf.String())
	return err
}

// A fleet is how much an answer rests on.
type fleet struct {
	Read       int `json:"read"`       // images
	Current    int `json:"current"`    // of Read, that a reference has now
	Partial    int `json:"partial"`    // of Current, of which some could not be read
	Unreadable int `json:"unreadable"` // images that a reference has now, and that could not be read
	Waiting    int `json:"waiting"`    // references that have no image, or one that nobody has tried to read yet
}

func fleetOf(ctx context.Context, s *store.Store) (fleet, error) {
	c, err := s.Counts(ctx)
	if err == nil && c.Read == 0 {
		err = ErrEmpty
	}
	return fleet(c), err
}

// note says what is missing from an answer, on lines of their own.
func (f fleet) note(s *screen) {
	if f.Unreadable > 0 {
		s.linef("%s of %s could not be read: fleet status", comma(f.Unreadable), plural(f.all(), "image"))
	}
	f.noteRest(s)
}

// noteRest says what note does, but for images that could not be read.
func (f fleet) noteRest(s *screen) {
	if f.Partial > 0 {
		s.linef("%s could be read only in part", plural(f.Partial, "image"))
	}
	if f.Waiting > 0 {
		s.linef("%s %s no image: fleet status", plural(f.Waiting, "reference"), english.PluralWord(f.Waiting, "has", "have"))
	}
}

// all counts the images that a reference has now, with those that could not be read.
func (f fleet) all() int { return f.Current + f.Unreadable }

func comma(n int) string { return humanize.Comma(int64(n)) }

// plural counts things: "1 image", "1,204 images".
func plural(n int, thing string) string { return comma(n) + " " + english.PluralWord(n, thing, "") }

func bytesOf(n int64) string { return humanize.Bytes(uint64(max(0, n))) }

// since is a day as screens show it.
func since(t *time.Time) string {
	if t == nil {
		return "not known"
	}
	return t.Format(time.DateOnly)
}

// moment is a time as JSON has it: null if it is not known.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}

// short is the beginning of a digest, long enough to tell images apart.
func short(digest string) string {
	const most = len("sha256:") + 12
	return digest[:min(len(digest), most)]
}

// bare is short without the algorithm, where a title says what it is of.
func bare(digest string) string { return strings.TrimPrefix(short(digest), "sha256:") }

func hash(h v1.Hash) string {
	if h == (v1.Hash{}) {
		return ""
	}
	return h.String()
}

// some returns how many of n rows a screen shows.
func some(n, most int, all bool) int {
	if all || n <= most+1 { // a line that says "1 more" has room for that one
		return n
	}
	return most
}

// more says how many rows are not shown, and how to see them.
func more(s *screen, n, shown int, how string) {
	if n > shown {
		s.linef("  %s more: %s", comma(n-shown), how)
	}
}

// refsOf is how a screen shows the references of an image: the first few, and how many more there
// are, which JSON has; its digest if it has none.
func refsOf(refs []string, digest string) (first, others string) {
	const few = 2
	shown := some(len(refs), few, false)
	if shown < len(refs) {
		others = fmt.Sprintf("+ %s", comma(len(refs)-shown))
	}
	return orElse(strings.Join(refs[:shown], ", "), digest), others
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
