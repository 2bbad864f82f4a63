package ask

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// A tree is the fleet's own family tree.
type tree struct {
	Fleet fleet `json:"fleet"`
	Roots int   `json:"roots"`
	Bases int   `json:"bases"` // ancestors on which images stand
	// Bytes are those of the bases' layers as stored, each once; Carried what they are
	// altogether, were each image stored by itself.
	Bytes   int64  `json:"bytes"`
	Carried int64  `json:"carried"`
	Unread  int    `json:"unread"`    // bases whose sizes are not known
	Nodes   []node `json:"ancestors"` // parents before children
}

// A node is an ancestor. Sizes are bytes.
type node struct {
	ID         int64      `json:"id"`
	Parent     int64      `json:"parent"` // 0 for a root
	Name       string     `json:"name"`
	Confidence string     `json:"confidence"`
	Ties       []string   `json:"ties,omitempty"`
	Chain      string     `json:"chain"`
	Images     int        `json:"images"`  // that stand on it
	Itself     int        `json:"itself"`  // that are it
	Layers     int        `json:"layers"`  // of its own
	Unread     bool       `json:"unread"`  // some of its layers were not read: its sizes are not known, and 0
	Size       int64      `json:"size"`    // as stored
	Content    int64      `json:"content"` // regular files
	Shadowed   int64      `json:"shadowed"`
	Carried    int64      `json:"carried"` // Size × (Images + Itself)
	Created    *time.Time `json:"created"`
	// Newer is what the tag in Name has now; null if no move of it is known. Today is true if another
	// ancestor has the same Name, and this is what the tag has now.
	Newer *newer `json:"newer"`
	Today bool   `json:"today"`
}

// Tree says what the fleet stands on: every ancestor once, with how many images and bytes stand
// on it.
func Tree(ctx context.Context, s *store.Store, w io.Writer, o Options) error {
	a := tree{Nodes: []node{}}
	var err error
	if a.Fleet, err = fleetOf(ctx, s); err != nil {
		return err
	}
	forest, err := s.Forest(ctx, o.All)
	if err != nil {
		return err
	}
	moves, err := s.Moves(ctx)
	if err != nil {
		return err
	}
	a.add(forest, moves)
	return o.say(w, &a)
}

func (a *tree) add(forest []store.Node, moves []store.Move) {
	names := map[int64]string{}
	for _, n := range forest {
		names[n.ID] = n.Name
	}
	before := old(moves, func(m store.Move) bool { return names[m.Ancestor] == m.Name })
	today := map[int64]bool{}
	for _, m := range moves {
		if names[m.Ancestor] == m.Name && names[m.NowAncestor] == m.Name {
			today[m.NowAncestor] = true
		}
	}
	for _, n := range forest {
		a.Nodes = append(a.Nodes, node{ID: n.ID, Parent: n.Parent, Name: n.Name, Confidence: n.Confidence.String(), Ties: store.Split(n.Ties), Chain: n.Chain, Images: n.Images, Itself: n.Itself,
			Layers: n.Layers, Unread: n.Unread, Size: n.Size, Content: n.Content, Shadowed: n.Shadowed, Carried: n.Carried, Created: moment(n.Created),
			Newer: before[n.ID], Today: today[n.ID] && before[n.ID] == nil})
		if n.Parent == 0 {
			a.Roots++
		}
		if n.Images > 0 {
			a.Bases++
			a.Bytes += n.Size
			a.Carried += n.Carried
			if n.Unread {
				a.Unread++
			}
		}
	}
}

func (a *tree) screen(s *screen, all bool) {
	s.linef("%s on %s, with %s", plural(a.Fleet.Current, "image"), plural(a.Bases, "base"), plural(a.Roots, "root"))
	s.linef("The bases are %s, stored once; image by image they would be %s", bytesOf(a.Bytes), bytesOf(a.Carried))
	if a.Unread > 0 {
		s.linef("The sizes of %s are not known, and not counted: no image with all of its layers was read", plural(a.Unread, "base"))
	}
	a.Fleet.note(s)
	s.gap()
	const most = 40
	shown, left := a.first(all, most)
	many := alikes(shown)
	var rows []row
	for _, b := range branches(shown) {
		n := b.node
		images := comma(n.Images)
		if n.Images == 0 {
			images = "-"
		}
		size, carried := bytesOf(n.Size), bytesOf(n.Carried)
		if n.Unread {
			size, carried = "not known", "not known"
		}
		rows = append(rows, row{b.line, []string{n.called(), n.which(many), images, size, carried, since(n.Created)}})
	}
	s.table([]column{{title: "Ancestor", cut: true}, {title: "build", optional: true}, {title: "images", right: true}, {title: "it adds", right: true}, {title: "in all images", right: true}, {title: "built"}}, rows)
	if slices.ContainsFunc(shown, func(n node) bool { return n.Newer != nil }) {
		s.line("  old: its tag has a newer image now; fleet stale says since when")
	}
	if left > 0 {
		s.linef("  %s with fewer images: fleet tree -all, which has the images, too", plural(left, "ancestor"))
	}
}

// alikes counts the ancestors that have the same name, and of which is not known which is today's.
func alikes(nodes []node) map[string]int {
	many := map[string]int{}
	for _, n := range nodes {
		if n.Newer == nil && !n.Today && !n.gone() {
			many[n.Name]++
		}
	}
	return many
}

// gone reports whether it is an image alone, which no reference has any more.
func (n node) gone() bool { return n.Images+n.Itself == 0 }

// which tells an ancestor from others of the same name: which is today's, which are old, or else
// their layers.
func (n node) which(many map[string]int) string {
	switch {
	case n.Newer != nil:
		return "old"
	case n.Today:
		return "today's"
	case n.gone():
		return "no longer"
	case many[n.Name] > 1 && n.Name != n.Chain:
		return bare(n.Chain)
	}
	return ""
}

// called is what the tree calls an ancestor.
func (n node) called() string {
	name := called(n.Name, n.Chain)
	switch guess := n.Confidence == ancestry.Inferred.String(); {
	case guess && len(n.Ties) > 0:
		name += " (inferred, a tie)"
	case guess:
		name += " (inferred)"
	case len(n.Ties) > 0:
		name += " (a tie)"
	}
	return name
}

// first returns the ancestors with the most images, and how many others there are. A parent has
// as many as its children, and is there with them.
func (a *tree) first(all bool, most int) (shown []node, left int) {
	if all || len(a.Nodes) <= most {
		return a.Nodes, 0
	}
	order := make([]int, len(a.Nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(a.Nodes[y].Images, a.Nodes[x].Images) })
	order = order[:most]
	slices.Sort(order)
	for _, i := range order {
		shown = append(shown, a.Nodes[i])
	}
	return shown, len(a.Nodes) - most
}

// A branch is an ancestor with the line that leads to it.
type branch struct {
	node node
	line string
}

// branches orders ancestors as a tree, those with the most images first below each.
func branches(nodes []node) []branch {
	there, kids := map[int64]bool{}, map[int64][]node{}
	for _, n := range nodes {
		there[n.ID] = true
	}
	for _, n := range nodes {
		if !there[n.Parent] {
			n.Parent = 0
		}
		kids[n.Parent] = append(kids[n.Parent], n)
	}
	for _, k := range kids {
		slices.SortStableFunc(k, func(x, y node) int {
			return cmp.Or(cmp.Compare(y.Images, x.Images), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
		})
	}
	var all []branch
	var below func(parent int64, trunk string)
	below = func(parent int64, trunk string) {
		for i, n := range kids[parent] {
			fork, next := "├─ ", "│  "
			if i == len(kids[parent])-1 {
				fork, next = "└─ ", "   "
			}
			if parent == 0 {
				fork, next = "", ""
			}
			all = append(all, branch{n, trunk + fork})
			below(n.ID, trunk+next)
		}
	}
	below(0, "")
	return all
}

// called is what a screen calls an ancestor. One without a name is called by the beginning of
// what tells it from others.
func called(name, chain string) string {
	switch {
	case name == "", strings.HasPrefix(name, "history "):
		return "name not known"
	case name == chain:
		return "name not known, " + short(chain)
	}
	return name
}

// surely reports whether an ancestor's name rests on more than habits.
func surely(n store.Node) bool { return n.Confidence > ancestry.Inferred && n.Ties == "" }

// note says what else there is to know of an ancestor's name; "" if there is nothing.
func (n node) note() string {
	var notes []string
	if len(n.Ties) > 0 {
		notes = append(notes, "or as likely "+strings.Join(n.Ties, ", "))
	}
	if n.Newer != nil {
		notes = append(notes, "old: its tag has a newer image")
	}
	return strings.Join(notes, "; ")
}
