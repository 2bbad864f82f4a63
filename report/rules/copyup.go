package rules

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// CopyUp returns the rule "copy-up", about files that are shipped twice.
func CopyUp() report.Rule {
	return report.Rule{
		Name:     "copy-up",
		Severity: report.Warning,
		Doc: "Files that a layer ships again although their content did not change. " +
			"A layer holds whole files: chown -R or chmod -R in a RUN of its own, or the same COPY twice, ships all their bytes twice. " +
			"It is silent about as few bytes as the rule shipped-removed. " +
			"It may be wrong where nobody knows the owner before the last step.",
		Run: findCopyUps,
	}
}

func findCopyUps(r *report.Report) []report.Finding {
	if r.Index == nil {
		return nil
	}
	least := leastShipped(r.Index)
	var found []report.Finding
	for l := 1; l < len(r.Index.Layers); l++ {
		c := shippedAgain(r, l)
		if c.bytes < least {
			continue
		}
		f := r.AtLayer(l)
		f.Severity = report.Warning
		f.Bytes = c.bytes
		f.Subject = fmt.Sprintf("layer %d", l)
		f.Message = fmt.Sprintf("layer %d ships %s of %s a second time: %s", l, files(c.files), owners(r, c.from, f.Ancestor), c.why())
		f.Remedy = c.remedy()
		if f.Inherited() {
			leaveToPublisher(&f, r)
		}
		found = append(found, f)
	}
	return found
}

// A copyUp sums up what a layer ships again.
type copyUp struct {
	bytes  int64
	access int64 // of bytes, those of files whose owner or mode changed
	files  int
	owner  int          // files whose owner changed
	mode   int          // files whose mode changed, and whose owner did not
	same   int          // files of which nothing changed; of all others, the time did
	from   map[int]bool // ancestors whose files they are
}

func shippedAgain(r *report.Report, layer int) copyUp {
	c := copyUp{from: map[int]bool{}}
	for e := range r.Index.Entries(layer) {
		if e.Type != layers.Regular || e.Size == 0 || e.Change != layers.Metadata && e.Change != layers.Unchanged {
			continue
		}
		if e.Shadow == layer {
			continue // one that its own layer repeats
		}
		c.files++
		c.bytes += e.Size
		c.from[r.AncestorOf(r.Origin(e))] = true
		old, ok := r.Index.Lookup(layer-1, e.Path)
		switch {
		case e.Change == layers.Unchanged:
			c.same++
		case ok && (old.UID != e.UID || old.GID != e.GID):
			c.owner++
			c.access += e.Size
		case ok && old.Mode != e.Mode:
			c.mode++
			c.access += e.Size
		}
	}
	return c
}

// why says what changed, if it is the same for all files.
func (c copyUp) why() string {
	switch c.files {
	case c.owner:
		return "only the owner changed"
	case c.mode:
		return "only the mode changed"
	case c.same:
		return "nothing changed"
	}
	if c.access == 0 {
		return "only the time changed"
	}
	return "only owner, mode or time changed"
}

// remedy depends on what most of the bytes are there for. Owner and mode can be
// set in the first place. New times come from writing the same file once more, as
// an upgrade or a second copy does.
func (c copyUp) remedy() string {
	if 2*c.access >= c.bytes {
		return "set owner and mode where the files are made: COPY --chown --chmod, or in the same RUN"
	}
	return "do not write the same files twice: copy only what changes, and upgrade packages in the base"
}

// owners names the ancestors whose files are shipped again.
func owners(r *report.Report, from map[int]bool, by int) string {
	var names []string
	for _, i := range slices.Sorted(maps.Keys(from)) {
		if i == by {
			names = append(names, "the same image")
		} else {
			names = append(names, r.NameOf(i))
		}
	}
	return upTo(3, names)
}
