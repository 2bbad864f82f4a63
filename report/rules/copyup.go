package rules

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// CopyUp returns the rule "copy-up".
func CopyUp() report.Rule {
	return report.Rule{
		Name:     "copy-up",
		Severity: report.Warning,
		Doc: "Files that a layer ships again although only their owner, mode or time changed, or nothing at all: " +
			"chown -R and chmod -R in a RUN of their own, or the same COPY twice. A layer holds whole files, so their bytes are there twice. " +
			"From as many bytes on as the rule shipped-removed.",
		Run: runCopyUp,
	}
}

func runCopyUp(r *report.Report) []report.Finding {
	if r.Index == nil {
		return nil
	}
	least := leastShipped(r.Index)
	var found []report.Finding
	for l := 1; l < len(r.Index.Layers); l++ {
		c := copied(r, l)
		if c.bytes < least {
			continue
		}
		f := atLayer(r, l)
		f.Severity = report.Warning
		f.Bytes = c.bytes
		f.Subject = fmt.Sprintf("layer %d", l)
		f.Message = fmt.Sprintf("layer %d ships %s of %s again, whose content did not change%s", l, files(c.files), owners(r, c.from, f.Ancestor), c.why())
		f.Remedy = c.remedy(r, f.Ancestor)
		found = append(found, f)
	}
	return found
}

// A copyUp sums up what a layer ships again: all files, and those of which owner
// or mode changed. All others have another time, or nothing new at all.
type copyUp struct {
	bytes, access      int64
	files, owner, mode int
	same               int          // nothing changed
	from               map[int]bool // ancestors whose files they are
}

func copied(r *report.Report, layer int) copyUp {
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
		c.from[r.AncestorOf(originOf(r.Index, e))] = true
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

// why says what it was for, if it was one thing for all files.
func (c copyUp) why() string {
	switch c.files {
	case c.owner:
		return "; only the owner did"
	case c.mode:
		return "; only the mode did"
	case c.same:
		return ""
	}
	if c.access == 0 {
		return "; only the time did"
	}
	return "; only owner, mode or time did"
}

// remedy depends on what most of the bytes are there for: owner and mode can be
// set in the first place; new times come from writing the same file once more, as
// an upgrade or a second copy does.
func (c copyUp) remedy(r *report.Report, by int) string {
	switch {
	case !own(by):
		return fmt.Sprintf("inherited from %s: only its own Dockerfile can mend it", who(r, by))
	case 2*c.access >= c.bytes:
		return "set owner and mode where the files are made: COPY --chown= --chmod=, or chown and chmod in the same RUN"
	}
	return "do not write the same files twice: copy only what changes, and upgrade packages in the base"
}

// owners names those whose files are shipped again.
func owners(r *report.Report, from map[int]bool, by int) string {
	var names []string
	for _, i := range slices.Sorted(maps.Keys(from)) {
		if i == by {
			names = append(names, "its own image")
		} else {
			names = append(names, who(r, i))
		}
	}
	return upTo(3, names)
}
