package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/stemma-go/stemma/report"
)

// A Policy says what may pass. The zero value fails serious findings alone. The comments of
// its fields and of theirs are what editors show beside the YAML.
type Policy struct {
	// Other policies, which this one is laid over: paths relative to this file, with
	// slashes.
	Extends []string `yaml:"extends"`
	// The least level of a finding that fails: note, warning, serious, or never. Default:
	// serious.
	FailOn Level `yaml:"failOn"`
	// The level of a rule's findings, in place of their severity: off, note, warning,
	// serious.
	Rules map[string]Level `yaml:"rules"`
	// The level of findings that were inherited, in place of their severity and of what
	// rules says. The last entry that fits a finding counts. A rule that rules turns off
	// stays off.
	Inherited []Inheritance `yaml:"inherited"`
	// Findings that are known and accepted: they do not fail.
	Accept []Acceptance `yaml:"accept"`
	// How long ago each ancestor may have been built: 180d, 26w, 24h; none for no limit,
	// which is the default.
	MaxAge Age `yaml:"maxAge"`
	// How many bytes the layers may have as stored: 500MB, 1.5GB (decimal), 512MiB; none
	// for no limit, which is the default.
	MaxSize Size `yaml:"maxSize"`
	// What the root of the chain may be, and each name that is as likely: patterns for
	// repository or repository:tag, in which * matches slashes, too. Empty allows all.
	AllowedRoots []string `yaml:"allowedRoots"`
	// How sure the root's name has to be, where allowedRoots is not empty: inferred,
	// recognised, recorded, proved. Default: inferred.
	RootConfidence Confidence `yaml:"rootConfidence"`
	// Which images it may be built on.
	AllowedBases Bases `yaml:"allowedBases"`
	// How many vulnerabilities that scanners found there may be, by rating: own for what the
	// image's own steps bring, inherited for the rest. Excused ones do not count, nor those
	// of packages that are shipped in a lower layer only.
	MaxVulnerabilities VulnerabilityLimits `yaml:"maxVulnerabilities"`
}

// An Inheritance is the level of findings that an ancestor brought, and not the image's own
// steps.
type Inheritance struct {
	// Which rules' findings: a pattern. Left out, it is those of all rules.
	Rule string `yaml:"rule"`
	// What the ancestor is called, "repository:tag": a pattern, in which * matches
	// slashes, too. It fits if all names do that are as likely. Left out, any ancestor
	// fits, and one of unknown name, too.
	Ancestor string `yaml:"ancestor"`
	// The level: off, note, warning, serious.
	Level Level `yaml:"level"`
	// How sure it has to be that the finding was inherited and, with ancestor, what that
	// is called: inferred, recognised, recorded, proved. Default: recognised, so that a
	// guess excuses nothing.
	Confidence Confidence `yaml:"confidence"`
}

// An Acceptance accepts findings; with rule "maxAge", that the age of an ancestor is not
// known; with rule "maxVulnerabilities", vulnerabilities. A pattern that is left out matches
// all.
type Acceptance struct {
	// Which rules' findings: a pattern.
	Rule string `yaml:"rule"`
	// What the ancestor is called that brought it, "repository:tag": a pattern, in which *
	// matches slashes, too.
	Ancestor string `yaml:"ancestor"`
	// What the finding is about, its subject: a pattern. Of a vulnerability it is an
	// identifier, "CVE-2026-0001", or that and the name of the package: "CVE-2026-0001 openssl".
	// An advisory that covers several is accepted by its own, or where all that it covers are.
	Subject string `yaml:"subject"`
	// The last day on which it is accepted: 2027-01-31. Left out, it is accepted for ever.
	Until Day `yaml:"until"`
	// Why, for those who read the policy.
	Reason string `yaml:"reason"`
}

// Parse parses a policy that stands alone: one that extends others needs [Load]. The rules
// that it names must be among rules. Errors name the line.
func Parse(b []byte, rules []report.Rule) (*Policy, error) {
	p := &Policy{}
	err := p.lay(b, rules)
	if err == nil && len(p.Extends) > 0 {
		err = fmt.Errorf("%sextends: what it extends was not read", lineOf(b, "extends"))
	}
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

// lay lays what a file says over p. What it leaves out, or leaves empty, stays.
func (p *Policy) lay(b []byte, rules []report.Rule) error {
	under := *p
	p.Extends, p.Inherited, p.Accept, p.AllowedBases.Names = nil, nil, nil, nil
	p.Rules = maps.Clone(p.Rules) // yaml adds to it
	if err := checkShape(b); err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil && !errors.Is(err, io.EOF) { // an empty file is the zero Policy
		return err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one document")
	}
	p.MaxVulnerabilities.keep(under.MaxVulnerabilities)
	if err := p.check(b, rules); err != nil {
		return err
	}
	if p.Rules == nil { // "rules:" and nothing
		p.Rules = under.Rules
	}
	if p.AllowedRoots == nil {
		p.AllowedRoots = under.AllowedRoots
	}
	if p.AllowedBases.Names == nil {
		p.AllowedBases.Names = under.AllowedBases.Names
	}
	if p.AllowedBases.Catalogue == none {
		p.AllowedBases.Catalogue = ""
	}
	p.Inherited = slices.Concat(under.Inherited, p.Inherited)
	p.Accept = slices.Concat(under.Accept, p.Accept)
	return nil
}

// check refuses what is well formed but cannot be intended.
func (p *Policy) check(b []byte, rules []report.Rule) error {
	if p.FailOn == Off {
		return fmt.Errorf("%sfailOn: off: say never", lineOf(b, "failOn"))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		if !slices.ContainsFunc(rules, func(r report.Rule) bool { return r.Name == name }) {
			return fmt.Errorf("%sunknown rule %q", lineOf(b, name), name)
		}
		if p.Rules[name] == Never {
			return fmt.Errorf("%srules: %s: never: say off", lineOf(b, name), name)
		}
	}
	for _, h := range p.Inherited {
		if err := h.check(b, rules); err != nil {
			return err
		}
	}
	for _, a := range p.Accept {
		if err := a.check(b, rules); err != nil {
			return err
		}
	}
	if err := p.MaxVulnerabilities.check(b); err != nil {
		return err
	}
	if err := checkNames(b, "allowedRoots", p.AllowedRoots); err != nil {
		return err
	}
	return checkNames(b, "allowedBases: names", p.AllowedBases.Names)
}

func checkNames(b []byte, key string, patterns []string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return fmt.Errorf("%s%s: bad pattern %q", lineOf(b, pattern), key, pattern)
		}
	}
	return nil
}

func (h Inheritance) check(b []byte, rules []report.Rule) error {
	switch h.Level {
	case Default:
		return fmt.Errorf("%sinherited: an entry without a level: off, note, warning or serious", lineOf(b, "inherited"))
	case Never:
		return fmt.Errorf("%sinherited: never: say off", lineOf(b, "never"))
	}
	if h.Rule != "" && !matchesAny(h.Rule, rules) {
		return fmt.Errorf("%sinherited: no rule matches %q", lineOf(b, h.Rule), h.Rule)
	}
	return checkPatterns(b, "inherited", h.Rule, h.Ancestor)
}

func (a Acceptance) check(b []byte, rules []report.Rule) error {
	if a.Rule == "" && a.Ancestor == "" && a.Subject == "" {
		return fmt.Errorf("%saccept: an entry without rule, ancestor and subject would accept everything", lineOf(b, "accept"))
	}
	if a.Rule != "" && a.Rule != checkMaxAge && a.Rule != checkMaxVulnerabilities && !matchesAny(a.Rule, rules) {
		return fmt.Errorf("%saccept: no rule matches %q", lineOf(b, a.Rule), a.Rule)
	}
	return checkPatterns(b, "accept", a.Rule, a.Ancestor, a.Subject)
}

func matchesAny(pattern string, rules []report.Rule) bool {
	return slices.ContainsFunc(rules, func(r report.Rule) bool { return match(pattern, r.Name) })
}

func checkPatterns(b []byte, key string, patterns ...string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%s%s: %q: %w", lineOf(b, pattern), key, pattern, err)
		}
	}
	return nil
}

// lineOf says "line 7: " for the first place where a scalar has a value, "" if
// there is none.
func lineOf(b []byte, value string) string {
	var doc yaml.Node
	if yaml.Unmarshal(b, &doc) != nil {
		return ""
	}
	var find func(*yaml.Node) int
	find = func(n *yaml.Node) int {
		if n.Kind == yaml.ScalarNode && n.Value == value {
			return n.Line
		}
		for _, c := range n.Content {
			if l := find(c); l > 0 {
				return l
			}
		}
		return 0
	}
	if l := find(&doc); l > 0 {
		return fmt.Sprintf("line %d: ", l)
	}
	return ""
}
