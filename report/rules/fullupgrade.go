package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// FullUpgrade returns the rule "full-upgrade", about steps that upgrade every
// package.
func FullUpgrade() report.Rule {
	return report.Rule{
		Name:     "full-upgrade",
		Severity: report.Note,
		Doc: "A RUN that upgrades every package: apt-get upgrade, apk upgrade, dnf update. " +
			"It ships the upgraded packages twice, gives another image every day, and repeats what a current base has done already. " +
			"It is silent about the first layer, about packages upgraded by name, about security fixes alone, and about dry runs. " +
			"It may be wrong where the base is built too seldom for the fixes that are needed.",
		Run: findFullUpgrades,
	}
}

func findFullUpgrades(r *report.Report) []report.Finding {
	var found []report.Finding
	for _, s := range r.Steps() {
		// The layer that makes a root may well upgrade everything.
		if s.Instruction.Keyword != "RUN" || s.Layer == 0 {
			continue
		}
		script, _ := commands(s.Instruction.Args)
		for _, c := range script {
			prog, args := program(c.words)
			if !upgradesAll(prog, args) {
				continue
			}
			f := r.AtStep(s.Index)
			f.Severity = report.Note
			f.Subject = strings.Join(append([]string{prog}, args...), " ")
			f.Message = fmt.Sprintf("step %d upgrades everything: %s%s", s.Index, f.Subject, upgradedAt(r, s.Layer))
			f.Remedy = "rebuild on a current base instead, and upgrade single packages by name"
			if f.Inherited() {
				askPublisher(&f, r, f.Ancestor, "to rebuild on a current base instead")
			}
			found = append(found, f)
			break // one finding for a step, however many commands upgrade
		}
	}
	return found
}

// upgradedAt says how many packages a layer upgraded, if the packages are known.
func upgradedAt(r *report.Report, layer int) string {
	if !r.PackagesKnown() || layer < 0 {
		return ""
	}
	n := 0
	for _, p := range r.Inventory.Packages {
		if slices.ContainsFunc(p.Events, func(e packages.Event) bool {
			return e.Layer == layer && (e.Kind == packages.Upgraded || e.Kind == packages.Changed)
		}) {
			n++
		}
	}
	return ", which upgraded " + english.Plural(n, "package", "")
}

func managerOf(prog string) (packages.Manager, bool) {
	for _, e := range packages.Ecosystems() {
		for _, m := range e.Managers {
			if slices.Contains(m.Programs, prog) {
				return m, true
			}
		}
	}
	return packages.Manager{}, false
}

// upgradesAll reports whether a command upgrades all packages, and not only says
// what it would do.
func upgradesAll(prog string, args []string) bool {
	m, ok := managerOf(prog)
	if !ok {
		return false
	}
	var plain []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case m.Named && restricts(a): // to security fixes, say
			return false
		case slices.Contains([]string{"-s", "--simulate", "--dry-run", "--just-print", "--assumeno", "--download-only", "-d"}, a) && !slices.Contains(m.Valued, a):
			return false
		case slices.Contains(m.Valued, a):
			i++
		case redirects(a):
			if strings.HasSuffix(a, ">") { // the file is the next word
				i++
			}
		case !strings.HasPrefix(a, "-"):
			plain = append(plain, a)
		}
	}
	if len(plain) == 0 || !slices.Contains(m.Upgrade, plain[0]) {
		return false
	}
	return !m.Named || len(plain) == 1
}

// restricts reports whether an option of dnf or zypper takes only some upgrades, by
// what they fix.
func restricts(option string) bool {
	name, _, _ := strings.Cut(option, "=")
	return slices.Contains([]string{"--security", "--sec-severity", "--secseverity", "--bugfix", "--advisory", "--advisories", "--bz", "--bzs", "--cve", "--cves",
		"--category", "-g", "--severity", "--issue"}, name)
}

// redirects reports whether a word begins a redirection: ">", "2>", ">/dev/null".
func redirects(w string) bool {
	return strings.HasPrefix(strings.TrimLeft(w, "012"), ">")
}
