package rules

import (
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
)

// RootUser returns the rule "root-user", about images whose processes run as root.
func RootUser() report.Rule {
	return report.Rule{
		Name:     "root-user",
		Severity: report.Warning,
		Doc: "An image whose processes run as root: no USER is set, or it is root. " +
			"Whoever escapes from such a container is root on its host. The ancestor whose USER says root is blamed, or the image itself if none does. " +
			"It is silent about Windows images, which have no root. " +
			"It may be wrong where the orchestrator sets a user, or the program gives up root when it starts.",
		Run: findRootUser,
	}
}

func findRootUser(r *report.Report) []report.Finding {
	user, known := "", false
	if r.Index != nil && r.Index.Config != nil {
		if r.Index.Config.OS == "windows" {
			return nil // has no root
		}
		user, known = r.Index.Config.Config.User, true
	}
	last := history.Step{Index: layers.None}
	for _, s := range r.Steps() {
		if s.Instruction.Keyword == "USER" {
			last = s
		}
	}
	if !known {
		user = strings.TrimSpace(last.Instruction.Args)
	}
	if !isRoot(user) || len(r.Ancestors) == 0 {
		return nil
	}
	// A USER above counts, wherever root comes from.
	f := report.Finding{Layer: layers.None, Step: layers.None, Severity: report.Warning, Subject: "user", By: report.OwnSteps}
	switch {
	case user != "":
		f.Message = fmt.Sprintf("runs as root: the configuration's user is %s", user)
	case last.Index != layers.None:
		f.Message = "runs as root: the configuration has no user, whatever the steps say"
	default:
		f.Message = "runs as root: no ancestor sets USER"
	}
	f.Remedy = "end the Dockerfile with a user by number, which an orchestrator can check: USER 10001"
	if last.Index != layers.None && isRoot(strings.TrimSpace(last.Instruction.Args)) {
		f.Step, f.Ancestor = last.Index, r.AncestorOfStep(last.Index)
		f.Message = fmt.Sprintf("runs as root: step %d sets USER %s", last.Index, strings.TrimSpace(last.Instruction.Args))
	}
	return []report.Finding{f}
}

// isRoot reports whether a configuration's User is root, with or without a
// group.
func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || strings.Trim(name, "0") == ""
}
