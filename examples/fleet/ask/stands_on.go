package ask

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// ErrNobody says that no image of the fleet is known to stand on what was asked for.
type ErrNobody struct {
	Name string
	Why  string
}

func (e ErrNobody) Error() string {
	return fmt.Sprintf("nothing in the fleet is known to stand on %s: %s", e.Name, e.Why)
}

// standsOn is the answer to who stands on an ancestor.
type standsOn struct {
	Asked   string `json:"asked"`
	Known   bool   `json:"known"` // there is an ancestor of that name
	Fleet   fleet  `json:"fleet"`
	Images  int    `json:"images"`  // that stand on it and that a reference has now
	Past    int    `json:"past"`    // that stand on it and that no reference has any more
	Perhaps int    `json:"perhaps"` // of Images, those whose ancestor may be another as well
	Old     int    `json:"old"`     // of Images, those that stand on a build that is known not to be today's
	Itself  int    `json:"itself"`  // images that are it
	// SameLayers are images that begin with the layers of one that is it, but with another
	// history. It is counted only if nothing is known to stand on it.
	SameLayers int `json:"sameLayers,omitempty"`
	// Owners are those of Images, Builds the ancestors that have the name, Rebuild what is
	// built right on them and has images on it, those with the most first. Bare is how many of Images
	// stand on it with nothing known between.
	Owners   []owner   `json:"owners"`
	Builds   []build   `json:"builds"`
	Rebuild  []rebuild `json:"rebuild"`
	Bare     int       `json:"bare"`
	Standers []stander `json:"standers"`
	Like     []like    `json:"like,omitempty"` // names that are like the one asked for, if nothing stands on that
}

// A build is an ancestor that has the name that was asked for.
type build struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	Chain      string     `json:"chain"`
	Confidence string     `json:"confidence"`
	Ties       []string   `json:"ties,omitempty"`
	Created    *time.Time `json:"created"`
	Images     int        `json:"images"`
	Since      *time.Time `json:"since"`
	// Newer is what the tag that was asked for has now; of a question without a tag, what any tag has
	// that this build had. null if no move of it is known.
	Newer *newer `json:"newer"`
}

// A rebuild is an ancestor on which images stand, and which has to be rebuilt for them.
type rebuild struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Chain  string `json:"chain"`
	Images int    `json:"images"`
}

// A stander is an image that stands on it.
type stander struct {
	Digest  string     `json:"digest"`
	Refs    []string   `json:"refs"`
	Current bool       `json:"current"`
	Owners  []string   `json:"owners"`
	Since   *time.Time `json:"since"`
	Build   int64      `json:"build"`
	Depth   int        `json:"depth"`
	Tie     bool       `json:"tie"`
	Itself  bool       `json:"itself"`
}

// StandsOn says which images stand on what name names: "debian", "debian:12",
// "registry.example.org/base@sha256:…" or a digest alone, of which the beginning that screens show is enough. How many, whose they are, since when, and what has to
// be rebuilt first. Where nothing is known to stand on it, the error is an ErrNobody, which
// says so, and what is written says what is like it.
func StandsOn(ctx context.Context, s *store.Store, w io.Writer, name string, o Options) error {
	questions, err := questionsAbout(ctx, s, name)
	if err != nil {
		return err
	}
	a := standsOn{Asked: name, Owners: []owner{}, Builds: []build{}, Rebuild: []rebuild{}, Standers: []stander{}}
	if a.Fleet, err = fleetOf(ctx, s); err != nil {
		return err
	}
	forest, err := s.Forest(ctx, false)
	if err != nil {
		return err
	}
	for _, q := range questions {
		images, known, err := s.StandsOn(ctx, q)
		if err != nil {
			return err
		}
		if a.Known = a.Known || known; len(images) > 0 {
			moves, err := s.Moves(ctx)
			if err != nil {
				return err
			}
			a.add(images, forest, old(moves, func(m store.Move) bool { return q.Tag == "" || m.Name == q.Repository+":"+q.Tag }))
			break
		}
	}
	nobody := a.Images+a.Past == 0
	if nobody {
		if a.SameLayers, err = a.sameLayers(ctx, s); err != nil {
			return err
		}
		if !a.Known && len(questions) > 0 {
			a.Like = alike(questions[0], forest)
		}
	}
	if err := o.say(w, &a); err != nil || !nobody {
		return err
	}
	return a.nobody()
}

// sameLayers counts the images with the layers of an image that was asked for, and another history.
func (a *standsOn) sameLayers(ctx context.Context, s *store.Store) (most int, err error) {
	done := map[int64]bool{}
	for _, im := range a.Standers {
		if done[im.Build] {
			continue
		}
		done[im.Build] = true
		n, err := s.SameLayers(ctx, im.Build)
		if err != nil {
			return 0, err
		}
		most = max(most, n)
	}
	return most, nil
}

func (a *standsOn) nobody() error {
	why := "no ancestor has that name"
	switch {
	case a.SameLayers > 0:
		have, they := "have", "they were"
		if a.SameLayers == 1 {
			have, they = "has", "it was"
		}
		why = fmt.Sprintf("%s %s the same layers, with another history: whether %s built on it is not known", plural(a.SameLayers, "image"), have, they)
	case a.Itself > 0:
		why = "it is an image of the fleet, and no other is known to be built on it"
	case a.Known:
		why = "its name is known, and no image has it"
	}
	return ErrNobody{a.Asked, why}
}

// CheckName refuses what cannot be the name of an image.
func CheckName(name string) error {
	if beginning.MatchString(name) {
		return nil
	}
	_, err := questionsOf(name)
	return err
}

// beginning is that of a digest, as screens show it.
var beginning = regexp.MustCompile(`^sha256:[0-9a-f]{4,63}$`)

// questionsAbout are questionsOf, and of the beginning of a digest those of the digest; none if no
// digest begins so.
func questionsAbout(ctx context.Context, s *store.Store, name string) ([]store.Question, error) {
	if !beginning.MatchString(name) {
		return questionsOf(name)
	}
	switch found, err := s.Digests(ctx, name); {
	case err != nil || len(found) == 0:
		return nil, err
	case len(found) > 1:
		return nil, fmt.Errorf("%s: several digests begin so, %s and %s among them", name, found[0], found[1])
	default:
		return questionsOf(found[0])
	}
}

// questionsOf returns what a name may mean: as it is written, and as others write the same.
func questionsOf(name string) ([]store.Question, error) {
	q := store.Question{Repository: name}
	if at := strings.LastIndexByte(name, '@'); at >= 0 || strings.HasPrefix(name, "sha256:") {
		digest, err := v1.NewHash(name[at+1:])
		if err != nil {
			return nil, fmt.Errorf("%s: %w; screens show the beginning of a digest, -format json has the whole", name, err)
		}
		q.Repository, q.Digest = name[:max(at, 0)], digest
		if q.Repository == "" {
			return []store.Question{q}, nil
		}
	}
	if colon := strings.LastIndexByte(q.Repository, ':'); colon > strings.LastIndexByte(q.Repository, '/') {
		q.Repository, q.Tag = q.Repository[:colon], q.Repository[colon+1:]
		if q.Tag == "" {
			return nil, fmt.Errorf("%s: the tag is empty", name)
		}
	}
	if q.Repository == "" || strings.ContainsAny(q.Repository, " \t\r\n") {
		return nil, fmt.Errorf("%q is no name of an image", name)
	}
	if q.Digest != (v1.Hash{}) {
		q.Tag = "" // the digest says more
	}
	all := []store.Question{q}
	for _, other := range spellings(q.Repository) {
		q.Repository = other
		all = append(all, q)
	}
	return all, nil
}

// spellings are other ways to write a repository of Docker Hub.
func spellings(repository string) []string {
	hub := repository
	for _, host := range []string{"docker.io/", "index.docker.io/", "registry-1.docker.io/"} {
		hub = strings.TrimPrefix(hub, host)
	}
	if first, _, slash := strings.Cut(hub, "/"); slash && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return nil // of another registry
	}
	hub = strings.TrimPrefix(hub, "library/")
	full := hub
	if !strings.Contains(hub, "/") {
		full = "library/" + hub
	}
	all := []string{hub, "docker.io/" + full, "index.docker.io/" + full}
	return slices.DeleteFunc(all, func(s string) bool { return s == repository })
}

// add counts the images. Some builds, by id, are old.
func (a *standsOn) add(images []store.Stander, forest []store.Node, old map[int64]*newer) {
	nodes := map[int64]store.Node{}
	for _, n := range forest {
		nodes[n.ID] = n
	}
	builds := map[int64]*build{}
	var now []store.Stander
	for _, im := range images {
		a.Standers = append(a.Standers, stander{hash(im.Digest), store.Split(im.Refs), im.Current, store.Split(im.Owners), moment(im.Since), im.Ancestor, im.Depth, im.Tie, im.Itself})
		if im.Itself {
			a.Itself++
			continue
		}
		if !im.Current {
			a.Past++
			continue
		}
		now = append(now, im)
		if im.Tie {
			a.Perhaps++
		}
		if im.Depth == 1 {
			a.Bare++
		}
		b := builds[im.Ancestor]
		if b == nil {
			b = &build{ID: im.Ancestor, Name: orElse(nodes[im.Ancestor].Name, im.Name), Chain: im.Chain, Confidence: im.Confidence.String(), Created: moment(nodes[im.Ancestor].Created)}
			b.Ties, b.Newer = store.Split(nodes[im.Ancestor].Ties), old[im.Ancestor]
			builds[im.Ancestor] = b
		}
		if b.Images++; b.Newer != nil {
			a.Old++
		}
		if m := moment(im.Since); m != nil && (b.Since == nil || m.Before(*b.Since)) {
			b.Since = m
		}
	}
	for _, b := range builds {
		a.Builds = append(a.Builds, *b)
	}
	slices.SortFunc(a.Builds, func(x, y build) int { return cmp.Or(cmp.Compare(y.Images, x.Images), cmp.Compare(x.ID, y.ID)) })
	for _, n := range forest {
		if builds[n.Parent] != nil && n.Images > 0 {
			a.Rebuild = append(a.Rebuild, rebuild{n.ID, n.Name, n.Chain, n.Images})
		}
	}
	slices.SortFunc(a.Rebuild, func(x, y rebuild) int { return cmp.Or(cmp.Compare(y.Images, x.Images), cmp.Compare(x.Name, y.Name)) })
	a.Images = len(now)
	a.Owners = owners(len(now), func(i int) (string, time.Time) { return now[i].Owners, now[i].Since })
}

func (a *standsOn) screen(s *screen, all bool) {
	if a.Images+a.Past == 0 {
		a.showNobody(s, all)
		return
	}
	first := ""
	if since := a.first(); since != nil {
		first = ", the first since " + since.Format(time.DateOnly)
	}
	s.para(fmt.Sprintf("%s of %s on %s%s", comma(a.Images), stand(a.Fleet.Current), a.Asked, first))
	if a.Perhaps > 0 {
		s.linef("%s of them may stand on another just as well: the evidence is a tie", comma(a.Perhaps))
	}
	if a.Old > 0 {
		s.linef("%s of them %s on an old build of it: its tag has a newer one now (fleet stale)", comma(a.Old), english.PluralWord(a.Old, "stands", "stand"))
	}
	if a.Past > 0 {
		s.linef("%s more stand on it, and no reference has them any more", comma(a.Past))
	}
	if a.Fleet.Unreadable > 0 {
		s.linef("%s of %s could not be read, and may stand on it, too: fleet status", comma(a.Fleet.Unreadable), plural(a.Fleet.all(), "image"))
	}
	a.Fleet.noteRest(s)
	if a.Images > 0 {
		showOwners(s, a.Owners, all, a.all())
		a.showRebuild(s, all)
		a.showBuilds(s, all)
	}
	a.showImages(s, all)
}

// first is since when the first of the images stands on it; nil if that is not known.
func (a *standsOn) first() (since *time.Time) {
	for _, b := range a.Builds {
		if since == nil || b.Since != nil && b.Since.Before(*since) {
			since = b.Since
		}
	}
	return since
}

// all says how to see the rest.
func (a *standsOn) all() string { return "fleet stands-on -all " + a.Asked }

func (a *standsOn) showRebuild(s *screen, all bool) {
	const most = 5
	if len(a.Rebuild) == 0 {
		return
	}
	s.gap()
	shown := some(len(a.Rebuild), most, all)
	var rows []row
	for _, r := range a.Rebuild[:shown] {
		rows = append(rows, cells(called(r.Name, r.Chain), bare(r.Chain), comma(r.Images)))
	}
	s.table([]column{{title: "Rebuild first, once it is mended", cut: true}, {title: "layers"}, {title: "images on it", right: true}}, rows)
	more(s, len(a.Rebuild), shown, a.all())
	if a.Bare > 0 {
		s.linef("  %s no base between that is known: rebuild %s directly", plural(a.Bare, "image")+" "+english.PluralWord(a.Bare, "has", "have"), english.PluralWord(a.Bare, "it", "them"))
	}
}

func (a *standsOn) showBuilds(s *screen, all bool) {
	const most = 5
	s.gap()
	shown := some(len(a.Builds), most, all)
	var rows []row
	for _, b := range a.Builds[:shown] {
		sure := b.Confidence
		if len(b.Ties) > 0 {
			sure += ", or " + strings.Join(b.Ties, ", ")
		}
		moved := ""
		if b.Newer != nil {
			moved = since(b.Newer.Since)
		}
		rows = append(rows, cells(called(b.Name, b.Chain), bare(b.Chain), comma(b.Images), since(b.Created), since(b.Since), moved, sure))
	}
	s.table([]column{{title: "Builds of it", cut: true}, {title: "layers"}, {title: "images", right: true}, {title: "built"}, {title: "here since"}, {title: "old since", optional: true}, {title: "how sure", cut: true}}, rows)
	more(s, len(a.Builds), shown, a.all())
}

func (a *standsOn) showImages(s *screen, all bool) {
	const most = 8
	s.gap()
	var list []stander
	for _, current := range []bool{true, false} {
		for _, im := range a.Standers {
			if im.Current == current && !im.Itself {
				list = append(list, im)
			}
		}
	}
	shown := some(len(list), most, all)
	var rows []row
	for _, im := range list[:shown] {
		ref, others := refsOf(im.Refs, im.Digest)
		if !im.Current {
			ref += " (no longer)"
		}
		rows = append(rows, cells(ref, others, orElse(strings.Join(im.Owners, ", "), "nobody said"), since(im.Since)))
	}
	s.table([]column{{title: "Images", cut: true}, {optional: true}, {title: "whose", cut: true}, {title: "since"}}, rows)
	more(s, len(list), shown, a.all())
}

// showNobody shows what helps to find it: that nothing stands on it is what the error says.
func (a *standsOn) showNobody(s *screen, all bool) {
	a.Fleet.note(s)
	if a.Known {
		return
	}
	if len(a.Like) == 0 {
		s.line("Nothing that images stand on has a name like it: fleet tree lists all.")
		return
	}
	if s.buf.Len() > 0 {
		s.gap()
	}
	var rows []row
	for _, l := range a.Like {
		rows = append(rows, cells(l.Name, comma(l.Images)))
	}
	s.table([]column{{title: "Names like it", cut: true}, {title: "images on it", right: true}}, rows)
}
