package rules

import (
	"io/fs"
	"iter"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// ownLayers returns the first layer that the image itself added to its base. It reports
// false where there is none, or nothing tells: where no layer was read, and on Windows,
// whose layers have no modes of Unix.
//
// An image that is itself a distribution's root has its first layer from there: the
// distribution's own files are nobody's to change, and not among what is returned.
func ownLayers(r *report.Report) (from int, ok bool) {
	if r.Index == nil || len(r.Ancestors) == 0 || onWindows(r) {
		return 0, false
	}
	own := r.Ancestors[0]
	from = own.Layers.From
	if len(r.Ancestors) == 1 && own.Distro.ID != "" {
		from++
	}
	return from, from < own.Layers.To
}

func onWindows(r *report.Report) bool { return r.Index.Config != nil && r.Index.Config.OS == "windows" }

// newModes yields the files and directories of the finished image that have a mode which
// the image's own layers gave them, and those below did not, with the first layer that
// gave it.
func newModes(r *report.Report, is func(layers.Type, fs.FileMode) bool) iter.Seq2[layers.Entry, int] {
	return func(yield func(layers.Entry, int) bool) {
		from, ok := ownLayers(r)
		if !ok {
			return
		}
		for e := range r.Index.Merged(r.Index.Top()) {
			if e.Layer < from || !is(e.Type, e.Mode) {
				continue
			}
			if below, ok := r.Index.Lookup(from-1, e.Path); ok && is(below.Type, below.Mode) {
				continue
			}
			layer := e.Layer
			for _, v := range r.Index.Versions(e.Path) {
				if v.Layer >= from && is(v.Type, v.Mode) {
					layer = v.Layer
					break
				}
			}
			if !yield(e, layer) {
				return
			}
		}
	}
}

// A pathList is paths, of which only the topmost of each layer are named.
type pathList struct {
	named []string
	all   int // with those below the ones that are named
	under string
}

// add takes a path that comes after those that were added, as [layers.Index.Merged] has
// them.
func (p *pathList) add(e layers.Entry) {
	p.all++
	if p.under != "" && strings.HasPrefix(e.Path, p.under) {
		return
	}
	p.named = append(p.named, "/"+e.Path)
	p.under = ""
	if e.Type == layers.Directory {
		p.under = e.Path + "/"
	}
}

// subject is the first path, which names a finding that is about several.
func (p *pathList) subject() string { return p.named[0] }

// items are the paths where they are several.
func (p *pathList) items() []string {
	if len(p.named) == 1 {
		return nil
	}
	return p.named
}
