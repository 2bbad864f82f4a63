package rules

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

// Setuid returns the rule "setuid", about programs that run as somebody else than who
// starts them.
func Setuid() report.Rule {
	return report.Rule{
		Name:     "setuid",
		Severity: report.Warning,
		Doc: "Setuid and setgid programs that the image's own layers add. " +
			"Whoever may run one has its owner's rights, root's for most: a USER protects less than it seems to. There is one finding for each layer. " +
			"It is silent about those that the base brings, about directories, and about files that the finished image has no longer. " +
			"It may be wrong where a program is meant to change the user, as sudo is: the container can still be run without new privileges.",
		Run: func(r *report.Report) []report.Finding {
			return findModes(r, isSetuid, func(p *pathList) (string, string) {
				return "adds setuid or setgid programs: " + upTo(4, p.named),
					"take the bits off in the step that brings the files (chmod a-s), or run the container with no-new-privileges"
			})
		},
	}
}

func isSetuid(t layers.Type, m fs.FileMode) bool {
	return (t == layers.Regular || t == layers.Hardlink) && m&(fs.ModeSetuid|fs.ModeSetgid) != 0 && m&0o111 != 0
}

// WorldWritable returns the rule "world-writable", about what every user may change.
func WorldWritable() report.Rule {
	return report.Rule{
		Name:     "world-writable",
		Severity: report.Warning,
		Doc: "Files and directories that the image's own layers let every user change. " +
			"Whoever breaks into any process of the container can put programs and settings of his own there. There is one finding for each layer. " +
			"It is silent about directories with the sticky bit, as /tmp has it, about devices and links, and about what the base brings. " +
			"It may be wrong where an orchestrator picks the user, as OpenShift does: that one is in group 0, and a group may write where others may not.",
		Run: func(r *report.Report) []report.Finding {
			return findModes(r, isWorldWritable, func(p *pathList) (string, string) {
				m := "lets every user change " + upTo(4, p.named)
				if below := p.all - len(p.named); below > 0 {
					m += fmt.Sprintf(", and %s below", english.Plural(below, "path", ""))
				}
				return m, "give it to the user that needs it (COPY --chown, chown), or to group 0 (chmod g=u), instead of chmod 777"
			})
		},
	}
}

func isWorldWritable(t layers.Type, m fs.FileMode) bool {
	switch t {
	case layers.Directory:
		return m&0o002 != 0 && m&fs.ModeSticky == 0
	case layers.Regular, layers.Hardlink:
		return m&0o002 != 0
	}
	return false
}

// findModes makes a finding for each of the image's own layers that gave files or
// directories such a mode.
func findModes(r *report.Report, is func(layers.Type, fs.FileMode) bool, say func(*pathList) (message, remedy string)) []report.Finding {
	byLayer := map[int]*pathList{}
	for e, layer := range newModes(r, is) {
		if byLayer[layer] == nil {
			byLayer[layer] = &pathList{}
		}
		byLayer[layer].add(e)
	}
	var found []report.Finding
	for _, layer := range slices.Sorted(maps.Keys(byLayer)) {
		p := byLayer[layer]
		f := r.AtLayer(layer)
		f.Severity = report.Warning
		f.Subject, f.Items = p.subject(), p.items()
		f.Message, f.Remedy = say(p)
		found = append(found, f)
	}
	return found
}
