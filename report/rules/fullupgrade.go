package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// FullUpgrade returns the rule "full-upgrade".
func FullUpgrade() report.Rule {
	return report.Rule{
		Name:     "full-upgrade",
		Severity: report.Note,
		Doc: "A RUN that upgrades everything (apt-get upgrade, apk upgrade, dnf update without names, zypper update) above the first layer: " +
			"it ships the upgraded packages twice, gives another image on every day, and does by hand what a current base has done already.",
		Run: runFullUpgrade,
	}
}

func runFullUpgrade(r *report.Report) []report.Finding {
	if r.Lineage == nil {
		return nil
	}
	var found []report.Finding
	for _, s := range r.Lineage.Steps {
		// A root may well bring itself up to date in the layer that makes it.
		if s.Instruction.Keyword != "RUN" || s.Layer == 0 {
			continue
		}
		for _, words := range commands(s.Instruction.Args) {
			prog, args := program(words)
			if !upgradesAll(prog, args) {
				continue
			}
			f := atStep(r, s)
			f.Severity = report.Note
			f.Subject = strings.Join(append([]string{prog}, args...), " ")
			f.Message = fmt.Sprintf("step %d upgrades everything: %s%s", s.Index, f.Subject, upgradedAt(r, s.Layer))
			f.Remedy = "stand on a current build of the base (docker build --pull, or a digest that is kept up to date), and upgrade single packages by name"
			if !own(f.Ancestor) {
				f.Remedy = fmt.Sprintf("inherited from %s: its builder would do better to stand on a current base", who(r, f.Ancestor))
			}
			found = append(found, f)
			break // once for a step, however often it says so
		}
	}
	return found
}

// upgradedAt says how many packages a layer upgraded, if the packages are known.
func upgradedAt(r *report.Report, layer int) string {
	if r.Inventory == nil || layer < 0 {
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

// upgradesAll reports whether a command upgrades all packages for real.
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

// restricts reports whether an option of dnf or zypper leaves some upgrades out for
// what they mend.
func restricts(option string) bool {
	name, _, _ := strings.Cut(option, "=")
	return slices.Contains([]string{"--security", "--sec-severity", "--secseverity", "--bugfix", "--advisory", "--advisories", "--bz", "--bzs", "--cve", "--cves",
		"--category", "-g", "--severity", "--issue"}, name)
}

// redirects reports whether a word begins a redirection: ">", "2>", ">/dev/null".
func redirects(w string) bool {
	return strings.HasPrefix(strings.TrimLeft(w, "012"), ">")
}
