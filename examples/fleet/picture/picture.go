// Package picture draws the forest of a fleet's ancestors: WriteDOT for Graphviz, WriteHTML as
// a page for a browser, one file that asks for nothing from the network.
//
// Both draw what at least one image of the fleet stands on, each once, and how many images stand
// on it. Images on which nothing stands are counted and not drawn. No more than Most ancestors are drawn,
// those with the most images; how many are left out is said. An ancestor whose name is inferred or unknown has a
// dashed border.
//
// Names come from images. They are put on one line, cut after a hundred characters, and escaped
// as the format wants it.
package picture

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers/printable"
)

// Most is how many ancestors are drawn.
const Most = 600

// A Forest is what is drawn.
type Forest struct {
	AsOf   time.Time
	Images int // that stand on them, or are them
	All    int // images, those that are not in the picture included
	Unread int // of All, those that could not be read
	Nodes  []Node
}

// A Node is an ancestor on which images stand.
type Node struct {
	ID, Parent int64 // Parent is 0 for a root, or the ID of another node
	Name       string
	Sure       bool      // the name rests on more than habits
	Built      time.Time // zero if it is not known
	Bytes      int64     // content that it adds to its parent
	Images     int       // that stand on it, on its descendants too
	Note       string    // what is wrong with it, "" if nothing is known to be: "not an allowed base"
}

// facts says what is known of a node, in a line.
func (n Node) facts() string {
	built := "build date not known"
	if !n.Built.IsZero() {
		built = "built " + n.Built.UTC().Format(time.DateOnly)
	}
	says := fmt.Sprintf("%s, %s", humanize.Bytes(uint64(max(0, n.Bytes))), built)
	if n.Note != "" {
		says += ", " + n.Note
	}
	return says
}

func (n Node) images() string { return count(n.Images, "image") }

func count(n int, what string) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, what, "")
}

// drawn returns the nodes that are drawn, those with the most images first, and how many are
// left out. A parent is drawn wherever a child is, since it has as many images. One that is not
// there is none. Their texts are fit to be shown.
func (f Forest) drawn() (nodes []Node, left int) {
	nodes = slices.Clone(f.Nodes)
	depth := depths(nodes)
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(depth[a.ID], depth[b.ID]), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	if len(nodes) > Most {
		nodes, left = nodes[:Most], len(nodes)-Most
	}
	there := map[int64]bool{}
	for _, n := range nodes {
		there[n.ID] = true
	}
	for i, n := range nodes {
		if !there[n.Parent] {
			nodes[i].Parent = 0
		}
		nodes[i].Name, nodes[i].Note = clip(n.Name), clip(n.Note)
	}
	return nodes, left
}

// depths returns how many parents each node has. What stands on itself, which no database of ours
// says, is a root.
func depths(nodes []Node) map[int64]int {
	parent, depth := map[int64]int64{}, map[int64]int{0: -1}
	for _, n := range nodes {
		parent[n.ID] = n.Parent
	}
	for _, n := range nodes {
		var below []int64 // whose depth is not known yet, the youngest first
		at := n.ID
		for ; len(below) <= len(nodes); at = parent[at] {
			if _, known := depth[at]; known {
				break
			}
			below = append(below, at)
		}
		if len(below) > len(nodes) { // a circle
			depth[n.ID] = 0
			continue
		}
		for i, id := range slices.Backward(below) {
			depth[id] = depth[at] + len(below) - i
		}
	}
	return depth
}

// says tells how many ancestors and images there are, in one line.
func (f Forest) says() string {
	return fmt.Sprintf("%s on %s", count(f.Images, "image"), count(len(f.Nodes), "ancestor"))
}

// missing says what is not in the picture, "" if nothing is known to be missing.
func (f Forest) missing() string {
	if f.Unread == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s images could not be read, and are missing here", humanize.Comma(int64(f.Unread)), humanize.Comma(int64(f.All)))
}

// clip puts text from an image on one line, and cuts it after a hundred characters.
func clip(s string) string {
	const most = 100
	s = printable.Line(s[:min(len(s), 16*most)])
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
