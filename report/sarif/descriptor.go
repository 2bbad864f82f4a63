package sarif

import (
	"fmt"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/internal/words"
)

// topics are what a rule is about, which GitHub shows as tags. nil for a rule that is not one of this module's.
func topics(rule string) []string {
	name, _, _ := strings.Cut(rule, "/")
	switch name {
	case "add-remote", "unchecked-install":
		return []string{"security", "supply-chain"}
	case "end-of-life", "abandoned":
		return []string{"security", "maintenance"}
	case "root-user", "setuid", "user-by-name", "world-writable", "writable-system":
		return []string{"security", "hardening"}
	case "secret-file":
		return []string{"security", "secrets"}
	case "donor":
		return []string{"supply-chain", "maintenance"}
	case "latest", "moving-base", "unpinned-install":
		return []string{"supply-chain", "reproducibility"}
	case "unverified":
		return []string{"security", "integrity"}
	case "born-old", "lagging", "superseded":
		return []string{"maintenance"}
	case "full-upgrade":
		return []string{"maintenance", "reproducibility"}
	case "build-tools", "needless-shell", "single-stage":
		return []string{"size", "hardening"}
	case "copy-up", "package-caches", "shipped-removed":
		return []string{"size"}
	case "vulnerability":
		if rule == vulnerabilityRule+report.Unrated.String() {
			return []string{"vulnerability", "coverage"} // how severe it is is not known, and a security rule says it
		}
		return []string{"security", "vulnerability"}
	case "old-catalogue", "unknown":
		return []string{"coverage"}
	}
	return nil
}

func isSecurity(rule string) bool { return slices.Contains(topics(rule), "security") }

// level is the severity as SARIF has it.
func level(s report.Severity) string {
	switch {
	case s >= report.Serious:
		return sarif.LevelError
	case s == report.Warning:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// score is the severity of a security rule: GitHub shows 7.0 and more as high, 4.0 and
// more as medium, and below as low.
func score(s report.Severity) string {
	switch {
	case s >= report.Serious:
		return "8.0"
	case s == report.Warning:
		return "5.0"
	}
	return "2.0"
}

// descriptors describes the rules.
func (w *writer) descriptors() []*sarif.ReportingDescriptor {
	remedies := w.remedies()
	all := []*sarif.ReportingDescriptor{}
	for i, rule := range w.rules {
		name := clean(rule.Name, maxName)
		doc := clean(rule.Doc, maxHelp)
		if doc == "" {
			doc = "A rule of the program that made the report."
		}
		short, rest, _ := strings.Cut(doc, ". ")
		text, marked := doc, fmt.Sprintf("**%s**\n\n%s\n", markdown(sentence(short)), markdown(rest))
		if rem := remedies[i]; len(rem.lines) > 0 {
			text += "\n\n" + rem.title + "\n" + strings.Join(rem.lines, "\n") + "\n"
			marked += "\n**" + markdown(rem.title) + "**\n\n"
			for _, l := range rem.lines {
				marked += "- " + markdown(l) + "\n"
			}
		}
		all = append(all, sarif.NewReportingDescriptor().WithID(name).WithName(name).
			WithShortDescription(message(sentence(words.Clip(short, maxText)))).
			WithFullDescription(message(words.Clip(doc, maxText))).
			WithHelp(message(text).WithMarkdown(marked)).
			WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(rule.Severity))).
			WithProperties(w.tags(rule)))
	}
	return all
}

func message(text string) *sarif.MultiformatMessageString {
	return sarif.NewMultiformatMessageString().WithText(text)
}

func (w *writer) tags(rule report.Rule) *sarif.PropertyBag {
	p := sarif.NewPropertyBag().WithTags(append([]string{"container"}, topics(rule.Name)...))
	p.Add("precision", "high")
	if isSecurity(rule.Name) {
		p.Add("security-severity", scoreOf(rule))
		return p
	}
	p.Add("problem.severity", map[string]string{sarif.LevelNote: "recommendation"}[level(rule.Severity)])
	if level(rule.Severity) != sarif.LevelNote {
		p.Add("problem.severity", level(rule.Severity))
	}
	return p
}

// A help is what to do about a rule's findings in this image.
type help struct {
	title string
	lines []string
}

// remedies returns what to do, by rule. Each thing is said once.
func (w *writer) remedies() map[int]help {
	const most = 10 // of a rule
	seen := map[string]bool{}
	more := map[int]int{}
	out := map[int]help{}
	for _, f := range w.r.Findings {
		i := w.index[w.id(f)]
		line := fmt.Sprintf("%s: %s", clean(w.nameOf(f.Ancestor), maxName), sentence(clean(f.Remedy, maxText)))
		key := w.id(f) + "\x00" + line
		if seen[key] {
			continue
		}
		seen[key] = true
		h := out[i]
		if len(h.lines) == most {
			more[i]++
			continue
		}
		h.title = "What to do in " + clean(w.name(), maxName)
		h.lines = append(h.lines, line)
		out[i] = h
	}
	for i, n := range more {
		h := out[i]
		h.lines = append(h.lines, fmt.Sprintf("%d more", n))
		out[i] = h
	}
	return out
}
