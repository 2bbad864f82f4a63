package markdown

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report/internal/words"
)

// A page is what has been written, and how much room there is.
type page struct {
	buf  bytes.Buffer
	room int // bytes that may still be written
}

// spare is kept free for what says that something was left out, and for the ends of tables.
const spare = 200

// line writes a line, if there is room.
func (p *page) line(s string) bool {
	if len(s)+1 > p.room-spare {
		return false
	}
	p.end(s)
	return true
}

// end writes a line whose room was spared.
func (p *page) end(s string) {
	p.buf.WriteString(s)
	p.buf.WriteByte('\n')
	p.room -= len(s) + 1
}

// para writes a paragraph of its own.
func (p *page) para(s string) {
	if p.line(s) {
		p.end("")
	}
}

// list writes rows, which a table's head or nothing comes before, in at most share bytes, and says
// how many were left out. what names them, in the singular.
func (p *page) list(head []string, rows []string, what string, share int) {
	if len(rows) == 0 {
		return
	}
	rest := p.room - share // what comes later has that
	if rest < 0 {
		rest = 0
	}
	p.room -= rest
	for _, h := range head {
		if !p.line(h) {
			p.room += rest
			return
		}
	}
	left := 0
	for i, row := range rows {
		if !p.line(row) {
			left = len(rows) - i
			break
		}
	}
	p.end("")
	if left > 0 {
		p.end(fmt.Sprintf("%s left out here: this would be too long with them.", words.Capital(plural(left, "more "+what))))
		p.end("")
	}
	p.room += rest
}

// fold writes a list that a reader unfolds.
func (p *page) fold(title string, head, rows []string, what string, share int) {
	if len(rows) == 0 || p.room < 3*spare {
		return
	}
	p.end("<details><summary>" + title + "</summary>")
	p.end("")
	p.room -= len("</details>\n\n")
	p.list(head, rows, what, min(share, p.room))
	p.room += len("</details>\n\n")
	p.end("</details>")
	p.end("")
}

// columns returns the head of a table. A column whose name begins with a space is of
// numbers, and set to the right.
func columns(names ...string) []string {
	head, under := make([]string, len(names)), make([]string, len(names))
	for i, n := range names {
		head[i], under[i] = strings.TrimSpace(n), "---"
		if strings.HasPrefix(n, " ") {
			under[i] = "---:"
		}
	}
	return []string{row(head...), row(under...)}
}

// row returns a row of a table. A pipe in a cell is escaped, in code spans, too: GitHub takes the
// backslash away before it reads the cell.
func row(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

func plural(n int, what string) string { return english.Plural(n, what, "") }
