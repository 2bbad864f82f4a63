package patch

import (
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Newer are [Rebuilds] that were read: reports of the images to which tags point today, by
// those tags: "python:3.8-bullseye". Whoever fills it says with it that they are today's.
type Newer map[string]*report.Report

// Newest returns the report of one of the ancestor's tags: the one that a catalogue follows
// first, then the least specific, since the most specific is often never built again.
func (n Newer) Newest(r *report.Report, ancestor int) (Build, bool) {
	for _, name := range names(r.Ancestors[ancestor].Ancestor) {
		if rep := n[name]; rep != nil {
			built, _ := rep.Built(0)
			return Build{Built: built, Report: rep, Source: name}, true
		}
	}
	return Build{}, false
}

// names are the names by which the newest build of an ancestor can be asked for.
func names(a ancestry.Ancestor) []string {
	var list []string
	if a.Standing != nil && a.Standing.Superseded != nil {
		list = append(list, a.Standing.Superseded.Name.String())
	}
	for i := len(a.Tags) - 1; i >= 0; i-- {
		list = append(list, a.Repository+":"+a.Tags[i])
	}
	if len(a.Tags) == 0 && a.Repository != "" {
		list = append(list, a.Repository)
	}
	return list
}
