package picture

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// parsed parses the template once. It is part of the program, so an error in it is a bug, which
// the tests would show.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageHTML))
})

// A page is what the template shows.
type page struct {
	Policy                    string
	Style                     template.CSS
	Says, Missing, Left, AsOf string
	Height                    int
	Boxes                     []box
	Rows                      []tableRow
}

// A box is an ancestor in the picture: its height is its share of the images, its column how many
// ancestors it has.
type box struct {
	X, W         string
	Y, H         string
	Class, Title string
	Name, Images string // "" where there is no room
}

type tableRow struct {
	Class                            string
	Indent                           int
	Name, Images, Bytes, Built, Note string
}

// WriteHTML writes the forest as a page of HTML, in UTF-8. Its error is w's.
func WriteHTML(w io.Writer, f Forest) error {
	sum := sha256.Sum256([]byte(pageCSS))
	p := page{
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Style:  template.CSS(pageCSS), Says: f.says(), Missing: f.missing(), Left: f.leftOut(), AsOf: f.AsOf.UTC().Format(time.DateOnly),
	}
	p.layout(f)
	var b bytes.Buffer
	if err := parsed().Execute(&b, p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// layout places the boxes from left to right, roots first, and the rows below each other.
func (p *page) layout(f Forest) {
	nodes, _ := f.drawn()
	kids, depth, columns, total := map[int64][]Node{}, depths(nodes), 1, 0
	for _, n := range nodes {
		parent := n.Parent
		if depth[n.ID] == 0 {
			parent, total = 0, total+n.Images
		}
		kids[parent] = append(kids[parent], n)
		columns = max(columns, depth[n.ID]+1)
	}
	height := float64(min(max(320, 14*len(nodes)), 2400))
	p.Height = int(height)
	var place func(n Node, y float64, root int)
	place = func(n Node, y float64, root int) {
		d := depth[n.ID]
		p.add(n, float64(d)/float64(columns), 1/float64(columns), y, height*float64(n.Images)/float64(max(1, total)), d, root)
		for _, kid := range kids[n.ID] {
			place(kid, y, root)
			y += height * float64(kid.Images) / float64(max(1, total))
		}
	}
	y := 0.0
	for i, n := range kids[0] {
		place(n, y, i)
		y += height * float64(n.Images) / float64(max(1, total))
	}
}

// add adds a box, and its row of the table.
func (p *page) add(n Node, x, w, y, h float64, depth, root int) {
	class := "c" + strconv.Itoa(root%8)
	if !n.Sure {
		class += " vague"
	}
	if n.Note != "" {
		class += " bad"
	}
	name := n.Name
	b := box{X: percent(x), W: percent(w), Y: fixed(y), H: fixed(h), Class: class, Title: name + ": " + n.images() + ", " + n.facts()}
	if h >= 13 {
		b.Name = end(name)
	}
	if h >= 30 {
		b.Images = n.images()
	}
	p.Boxes = append(p.Boxes, b)
	built := "not known"
	if !n.Built.IsZero() {
		built = n.Built.UTC().Format(time.DateOnly)
	}
	p.Rows = append(p.Rows, tableRow{class, min(depth, 12), name, humanize.Comma(int64(n.Images)), humanize.Bytes(uint64(max(0, n.Bytes))), built, n.Note})
}

// end is the last part of a long name, which tells it from others of its registry.
func end(name string) string {
	const long = 24
	if i := strings.LastIndexByte(name, '/'); i > 0 && utf8.RuneCountInString(name) > long {
		return "…" + name[i:]
	}
	return name
}

func percent(share float64) string { return fmt.Sprintf("%.3f%%", 100*share) }

func fixed(px float64) string { return strconv.FormatFloat(px, 'f', 2, 64) }
