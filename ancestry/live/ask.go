package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// An inquiry asks about one ancestor.
type inquiry struct {
	answer
	ctx       context.Context
	options   *Options
	image     image
	ancestor  ancestry.Ancestor
	youngest  bool
	documents int   // asked for
	broken    error // why the registry is not asked any more; nil if it is
}

func (q *inquiry) notKnown(why string) { q.live.State, q.live.Why = ancestry.StateNotKnown, why }

// failed says why nothing is known, or that there is no such tag.
func (q *inquiry) failed(err error) {
	if other, none := errors.AsType[errPlatform](err); (none || errors.Is(err, fs.ErrNotExist)) && q.sure() {
		q.live.State, q.live.Why, q.live.Platform = ancestry.StateGone, err.Error(), other.platform
		return
	}
	q.notKnown(q.reason(err))
}

// reason says why a registry gave nothing.
func (q *inquiry) reason(err error) string {
	if cause := context.Cause(q.ctx); cause != nil && errors.Is(err, q.ctx.Err()) {
		return cause.Error()
	}
	return err.Error()
}

// sure reports whether the ancestor's name was known better than by inference before a
// registry was asked. Only then can its tag have moved away from it.
func (q *inquiry) sure() bool {
	return q.live.Proved || q.ancestor.Confidence >= ancestry.Recognised && len(q.ancestor.Ties) == 0
}

// ask asks for each name that the ancestor may have, until one is what is here.
func (q *inquiry) ask() {
	names := q.names()
	q.live.Name = names[0].String()
	if why := q.options.refuses(names[0].Repository, q.image.hints.Reference); why != "" {
		q.notKnown(why)
		q.live.NoEndOfLife = "it was not asked"
		return
	}
	var here *known // what the registry has of what is here
	if len(names) == 1 {
		here = q.askName(names[0])
	} else {
		here = q.askTies(names)
	}
	q.askEndOfLife(cmp.Or(here, q.stated()))
}

// names are what to ask for: the one name, or those of a tie.
func (q *inquiry) names() []ancestry.Name {
	a := q.ancestor
	main := ancestry.Name{Repository: a.Repository, Digest: a.Digest}
	if tag := q.tag(); tag != "" {
		main.Tags = []string{tag}
	}
	if len(a.Ties) == 0 {
		return []ancestry.Name{main}
	}
	var names []ancestry.Name
	if len(main.Tags) > 0 {
		names = append(names, main)
	}
	for _, n := range a.Ties {
		if len(n.Tags) > 0 && n.Repository == a.Repository {
			names = append(names, ancestry.Name{Repository: n.Repository, Tags: n.Tags[:1]})
		}
	}
	if len(names) == 0 {
		return []ancestry.Name{main}
	}
	return names[:min(maxTies, len(names))]
}

// tag chooses the tag to ask for: see the package documentation. It is "" if none is known.
func (q *inquiry) tag() string {
	a, day := q.ancestor, regexp.MustCompile(`(^|[^0-9])20[0-9]{6}([^0-9]|$)`)
	var given []string
	if q.youngest {
		given = append(given, q.image.hints.Reference)
	}
	for _, e := range a.Evidence {
		given = append(given, e.Name)
	}
	for _, s := range given {
		if n, ok := ancestry.ParseName(s); ok && n.Repository == a.Repository && len(n.Tags) > 0 {
			return n.Tags[0]
		}
	}
	for _, t := range a.Tags {
		if !day.MatchString(t) {
			return t
		}
	}
	if len(a.Tags) > 0 {
		return a.Tags[0]
	}
	return ""
}

// askName asks for the one name that the ancestor has. It returns what the registry has of
// what is here, nil if that is not known.
func (q *inquiry) askName(n ancestry.Name) (here *known) {
	var tagged *known
	var err error
	if len(n.Tags) > 0 {
		tagged, err = q.find(n.Repository, n.Tags[0])
	} else {
		err = errors.New("no tag of it is known")
	}
	if tagged != nil {
		q.live.Now = tagged.tagged()
		if tagged.fit.same {
			q.current(n, tagged)
			return tagged
		}
	}
	here, contradicted := q.askDigest(n, tagged)
	if contradicted {
		return nil
	}
	if here != nil {
		q.provesDigest(n, here)
	}
	q.compare(n, tagged, err)
	return here
}

// compare says how a tag that points to something else stands, or why that is not known.
func (q *inquiry) compare(n ancestry.Name, tagged *known, err error) {
	switch {
	case err != nil:
		q.failed(err)
	case tagged.fit.doubt != "":
		q.notKnown(tagged.fit.doubt)
	case !q.sure():
		q.notKnown(fmt.Sprintf("%s points to other layers, and it is not sure that it ever pointed to these", n))
	default:
		q.moved(tagged)
	}
}

// askDigest compares what is here with the digest that is known for it. Contradicted says
// that the registry has other layers under that digest: then the answer is complete.
func (q *inquiry) askDigest(n ancestry.Name, tagged *known) (here *known, contradicted bool) {
	if n.Digest == (v1.Hash{}) {
		return nil, false
	}
	here = tagged
	if tagged == nil || n.Digest != tagged.digest && n.Digest != tagged.index {
		var err error
		if here, err = q.find(n.Repository, n.Digest.String()); err != nil {
			return nil, false // what is known of the tag stands
		}
	}
	switch {
	case here.fit.same:
		return here, false
	case here.fit.doubt != "":
		return nil, false
	}
	why := fmt.Sprintf("%s@%s has other layers than the image has", n.Repository, n.Digest)
	q.notKnown(why)
	q.against = append(q.against, ancestry.Evidence{Kind: ancestry.KindDigest, Confidence: ancestry.Recorded, Says: why, Where: "its registry"})
	return nil, true
}

// askTies asks for names of which nothing says which is the one.
func (q *inquiry) askTies(names []ancestry.Name) (here *known) {
	var why []string
	for _, n := range names {
		tagged, err := q.find(n.Repository, n.Tags[0])
		switch {
		case err != nil:
			why = append(why, fmt.Sprintf("%s: %s", n, q.reason(err)))
		case tagged.fit.same:
			q.live.Name, q.live.Now = n.String(), tagged.tagged()
			q.current(n, tagged)
			return tagged
		default:
			why = append(why, fmt.Sprintf("%s points to other layers now", n))
		}
	}
	q.notKnown("several names fit, and no tag says which it is: " + why[0])
	return nil
}

// current says that a tag points to what is here.
func (q *inquiry) current(n ancestry.Name, tagged *known) {
	q.live.State, q.live.Proved = ancestry.StateCurrent, true
	switch n.Digest {
	case v1.Hash{}:
		n.Digest = tagged.digest
	case tagged.digest, tagged.index:
	default:
		n.Digest = v1.Hash{} // the same image under another digest, such as that of a later index
	}
	q.proves(n, tagged)
}

// moved says that a tag points to something else.
func (q *inquiry) moved(tagged *known) {
	q.live.State = ancestry.StateMoved
	q.live.Difference = tagged.difference(q.image.config.RootFS.DiffIDs[:q.layers()])
	if at := tagged.config.Created.Time; ancestry.Dated(at) && at.After(q.ancestor.Created) {
		q.live.Since = at.UTC()
	}
}

// layers is how many layers the image has up to the ancestor.
func (q *inquiry) layers() int {
	return max(0, min(q.ancestor.Layers.To, len(q.image.config.RootFS.DiffIDs)))
}

// proves makes a claim of what the registry has of what is here.
func (q *inquiry) proves(n ancestry.Name, k *known) {
	if k.fit.end == 0 {
		return
	}
	q.end = k.fit.end
	q.claims = append(q.claims, ancestry.Claim{Start: noStart, End: k.fit.end, Name: n, Evidence: evidence(n, k)})
}

// provesDigest is proves for an image that the registry has under a digest. Its tag is
// still what the image says: the registry does not prove it.
func (q *inquiry) provesDigest(n ancestry.Name, k *known) {
	q.live.Proved = true
	byDigest := ancestry.Name{Repository: n.Repository, Digest: n.Digest}
	if len(q.ancestor.Tags) == 0 {
		q.proves(byDigest, k)
		return
	}
	e := evidence(byDigest, k)
	if k.fit.end != 0 {
		ends := e
		ends.Says = fmt.Sprintf("begins where the %s of %s end", counted(len(k.config.RootFS.DiffIDs), "layer"), byDigest)
		q.end = k.fit.end
		q.claims = append(q.claims, ancestry.Claim{Start: noStart, End: k.fit.end, Evidence: ends})
	}
	if !q.verified(len(k.config.RootFS.DiffIDs)) {
		e.Confidence = ancestry.Recorded
		e.Says += " (as the image says; its layers were not verified)"
	}
	q.evidence = append(q.evidence, e)
}

// verified reports whether the lowest layers were read, and are what the configuration says.
func (q *inquiry) verified(layers int) bool {
	v := q.image.hints.Verified
	return len(v) >= layers && !slices.Contains(v[:layers], false)
}

func evidence(n ancestry.Name, k *known) ancestry.Evidence {
	return ancestry.Evidence{
		Kind: ancestry.KindDigest, Confidence: ancestry.Proved,
		Says:  fmt.Sprintf("it has the %s of %s", counted(len(k.config.RootFS.DiffIDs), "layer"), n),
		Where: "its registry",
	}
}

// stated is the digest that is known for the ancestor; nil if none is, or if it has other
// layers.
func (q *inquiry) stated() *known {
	if q.ancestor.Digest == (v1.Hash{}) || len(q.against) > 0 {
		return nil
	}
	return &known{repository: q.ancestor.Repository, digest: q.ancestor.Digest}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
