package rules

import (
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
)

// RootUser returns the rule "root-user".
func RootUser() report.Rule {
	return report.Rule{
		Name:     "root-user",
		Severity: report.Warning,
		Doc: "The image's processes run as root unless who starts it says otherwise: no USER is set, or it is root. " +
			"Who escapes from such a container is root on its host. Blamed is the ancestor whose USER says root, or the image itself if nobody's does.",
		Run: runRootUser,
	}
}

func runRootUser(r *report.Report) []report.Finding {
	user, known := "", false
	if r.Index != nil && r.Index.Config != nil {
		if r.Index.Config.OS == "windows" {
			return nil // has no root
		}
		user, known = r.Index.Config.Config.User, true
	}
	last := history.Step{Index: layers.None}
	if r.Lineage != nil {
		for _, s := range r.Lineage.Steps {
			if s.Instruction.Keyword == "USER" {
				last = s
			}
		}
	}
	if !known {
		user = strings.TrimSpace(last.Instruction.Args)
	}
	if !isRoot(user) || len(r.Ancestors) == 0 {
		return nil
	}
	f := report.Finding{Layer: layers.None, Step: layers.None, Severity: report.Warning, Subject: "user"}
	switch {
	case user != "":
		f.Message = fmt.Sprintf("runs as root: the configuration's user is %s", user)
	case last.Index != layers.None:
		f.Message = "runs as root: the configuration has no user, whatever the steps say"
	default:
		f.Message = "runs as root: no ancestor sets USER"
	}
	f.Remedy = "create a user and end the Dockerfile with USER and its number, so that an orchestrator can check it: USER 10001"
	if last.Index != layers.None && isRoot(strings.TrimSpace(last.Instruction.Args)) {
		f.Step, f.Ancestor = last.Index, r.AncestorOfStep(last.Index)
		f.Message = fmt.Sprintf("runs as root: step %d sets USER %s", last.Index, strings.TrimSpace(last.Instruction.Args))
		if !own(f.Ancestor) {
			f.Remedy = fmt.Sprintf("inherited from %s: set another USER at the end of the Dockerfile", who(r, f.Ancestor))
		}
	}
	return []report.Finding{f}
}

// isRoot reports whether a configuration's User is root, with or without a
// group.
func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || strings.Trim(name, "0") == ""
}
