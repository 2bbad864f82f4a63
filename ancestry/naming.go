package ancestry

import (
	"cmp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A candidate is one name that an ancestor is called by.
type candidate struct {
	Name     Name
	Evidence Evidence
	Standing *Standing
	rank     int // order of sources; what a source says of a parent comes after it
	// loose names do not contradict another: an image can be called anything, and
	// what looks like Debian may be something made of it.
	loose bool
}

// identity reports whether the evidence is about this very image, which can have
// many names, and not about what it looks like.
func (c candidate) identity() bool {
	return c.Evidence.Kind == KindDigest || c.Evidence.Kind == KindReference
}

// name decides what the ancestor is called, and returns the evidence that decided.
func (a *Ancestor) name(candidates []candidate) (decisive Evidence) {
	if len(candidates) == 0 {
		return Evidence{}
	}
	slices.SortStableFunc(candidates, func(x, y candidate) int {
		return cmp.Or(
			cmp.Compare(x.tier(), y.tier()),
			cmp.Compare(y.Evidence.Confidence, x.Evidence.Confidence),
			cmp.Compare(x.rank, y.rank),
		)
	})
	first := candidates[0]
	peers := 1
	for peers < len(candidates) && candidates[peers].equals(first) {
		peers++
	}
	groups := narrow(group(candidates[:peers]), candidates[peers:])
	main := groups[0]
	a.Repository, a.Tags, a.Digest = main.Repository, main.Tags, main.Digest
	a.Confidence = first.Evidence.Confidence
	if len(groups) > 1 {
		a.tie(groups)
	}
	for _, c := range candidates {
		a.place(c, first, groups)
	}
	for _, c := range candidates[:peers] {
		if main.agrees(c.Name) {
			return c.Evidence
		}
	}
	return first.Evidence
}

// tier puts what the image is before what somebody calls it, and both before what
// it looks like.
func (c candidate) tier() int {
	switch {
	case !c.loose && c.Evidence.Confidence >= Recognised:
		return 0
	case c.Evidence.Kind == KindReference:
		return 1
	case !c.loose:
		return 2
	}
	return 3
}

// equals reports whether neither of two candidates comes before the other.
func (c candidate) equals(o candidate) bool {
	return c.tier() == o.tier() && c.Evidence.Confidence == o.Evidence.Confidence && c.rank == o.rank
}

// group joins equal candidates that agree. Where one source names several tags of
// one image, each counts.
func group(peers []candidate) []Name {
	var groups []Name
	for _, c := range peers {
		i := slices.IndexFunc(groups, func(g Name) bool {
			return g.agrees(c.Name) || c.identity() && g.Repository == c.Name.Repository
		})
		if i < 0 {
			groups = append(groups, Name{c.Name.Repository, slices.Clone(c.Name.Tags), c.Name.Digest})
			continue
		}
		groups[i].join(c.Name)
	}
	return groups
}

func (n *Name) join(o Name) {
	for _, t := range o.Tags {
		if !slices.Contains(n.Tags, t) {
			n.Tags = append(n.Tags, t)
		}
	}
	if n.Digest == (v1.Hash{}) {
		n.Digest = o.Digest
	}
}

// narrow drops the groups that nothing else speaks for, if something else speaks
// for one: FROM of the image above, the suite that a step names.
func narrow(groups []Name, others []candidate) []Name {
	if len(groups) < 2 {
		return groups
	}
	// os-release knows the distribution, and of its tags not one from another.
	same := !slices.ContainsFunc(groups, func(g Name) bool { return g.Repository != groups[0].Repository })
	var best []Name
	most := 0
	for _, g := range groups {
		n := 0
		for _, o := range others {
			if same && o.Evidence.Kind == KindOSRelease {
				continue
			}
			if g.Repository == o.Name.Repository && g.shares(o.Name) {
				n++
			}
		}
		if n > most {
			best, most = nil, n
		}
		if n == most {
			best = append(best, g)
		}
	}
	return best
}

// tie shows names that are equally good. A repository that all of them have is
// known; which tag is not.
func (a *Ancestor) tie(groups []Name) {
	same := !slices.ContainsFunc(groups, func(g Name) bool { return g.Repository != groups[0].Repository })
	a.Ties = groups[1:]
	if same {
		a.Ties, a.Tags, a.Digest = groups, nil, v1.Hash{}
	}
}

// place puts a candidate's evidence where it belongs: for the name, or against it.
func (a *Ancestor) place(c, first candidate, groups []Name) {
	for _, g := range groups {
		if !g.agrees(c.Name) {
			continue
		}
		a.add(c.Evidence)
		if len(groups) == 1 && a.Standing == nil && g.shares(c.Name) {
			a.Standing = c.Standing
		}
		if len(groups) == 1 && c.addsTags(first, g, *a) {
			n, more := Name{a.Repository, a.Tags, a.Digest}, c.Name
			if called := first.Evidence.Kind; (called == KindReference || called == KindProvenance) && c.Evidence.Kind == KindRecipe {
				// The recipe's tags are the most specific first; what it was asked for
				// by, or the Dockerfile's FROM, may be any of them.
				n, more = Name{more.Repository, slices.Clone(more.Tags), more.Digest}, n
			}
			n.join(more)
			a.Tags, a.Digest = n.Tags, n.Digest
		}
		return
	}
	switch {
	case internalName(c.Name, a.Repository):
		a.add(c.Evidence)
		if len(groups) == 1 && a.Digest == (v1.Hash{}) {
			a.Digest = c.Name.Digest
		}
	case c.Evidence.Kind == KindReference:
		a.add(c.Evidence) // called so, whatever it is
	case c.equals(first): // narrow found it to be another
	case c.loose && a.Repository == c.Name.Repository && related(a.Tags, c.Name.Tags):
		a.add(c.Evidence)
	case c.loose && a.Repository != c.Name.Repository && !clash(a.Repository, c.Name.Repository):
	default:
		a.Against = append(a.Against, c.Evidence)
	}
}

// addsTags reports whether the tags of a candidate that agrees are the ancestor's
// too. What looks alike knows no tags beside those of better evidence.
func (c candidate) addsTags(first candidate, g Name, a Ancestor) bool {
	if first.Evidence.Kind == KindProvenance && c.Evidence.Kind == KindRecipe && (len(g.Tags) == 0 || g.floats()) {
		return true // a FROM may say latest: the recipe knows better what that was
	}
	if len(a.Tags) == 0 {
		return c.Evidence.Confidence >= first.Evidence.Confidence
	}
	if c.tier() > first.tier() && c.tier() == 3 {
		return false
	}
	return g.shares(c.Name) && (c.Evidence.Kind == KindRecipe || c.Evidence.Confidence >= min(Recognised, first.Evidence.Confidence))
}

// related reports whether tags of one distribution can be of one image: one has
// the other as its beginning, bookworm and bookworm-20240110-slim, 3.19 and 3.19.1.
func related(a, b []string) bool {
	for _, t := range a {
		for _, u := range b {
			short, long := t, u
			if len(short) > len(long) {
				short, long = long, short
			}
			if rest, ok := strings.CutPrefix(long, short); ok && (rest == "" || rest[0] == '-' || rest[0] == '.') {
				return true
			}
		}
	}
	return len(a) == 0 || len(b) == 0
}

func (a *Ancestor) add(e Evidence) {
	if !slices.Contains(a.Evidence, e) {
		a.Evidence = append(a.Evidence, e)
	}
}

// whatDecides says what the names of a tie differ in, and what would tell which it is.
// read is true if files of the layers are known: those of the root tell much of what stands
// on it, too.
func (a *Ancestor) whatDecides(read bool) string {
	const most = 3
	if len(a.Ties) == 0 {
		return ""
	}
	names := a.Ties
	if len(a.Tags) > 0 || a.Ties[0].Repository != a.Repository {
		names = append([]Name{{a.Repository, a.Tags, a.Digest}}, a.Ties...)
	}
	what := "full or slim"
	if slices.ContainsFunc(names, func(n Name) bool { return unslim(n) != unslim(names[0]) }) {
		var list []string
		for _, n := range names[:min(most, len(names))] {
			list = append(list, n.String())
		}
		if what = strings.Join(list, " or "); len(names) > most {
			what += " or others"
		}
	}
	if read {
		return what + ": nothing that was read tells which"
	}
	return what + ": read the layers to tell"
}

// unslim returns the most specific tag without the mark of a slim variant.
func unslim(n Name) string {
	if len(n.Tags) == 0 {
		return n.Repository
	}
	return n.Repository + ":" + strings.ReplaceAll(n.Tags[0]+"-", "-slim-", "-")
}

// clash reports whether two repositories are those of two distributions.
func clash(a, b string) bool { return a != b && isDistroRepository(a) && isDistroRepository(b) }
