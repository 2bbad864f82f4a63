package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// A Policy says what may pass. The zero value fails serious findings alone.
type Policy struct {
	// FailOn is the least level of a finding that fails; the zero Level is Serious.
	FailOn Level `yaml:"failOn"`
	// Rules are levels by rule name, in place of the severity of the rule's findings.
	Rules map[string]Level `yaml:"rules"`
	// Accept are findings that do not fail.
	Accept []Acceptance `yaml:"accept"`
	// MaxAge is how old each ancestor may be; 0 is no limit.
	MaxAge Age `yaml:"maxAge"`
	// MaxSize is how many bytes the layers may have as stored; 0 is no limit.
	MaxSize Size `yaml:"maxSize"`
	// AllowedRoots are patterns of path.Match for "repository" or
	// "repository:tag"; empty allows all.
	AllowedRoots []string `yaml:"allowedRoots"`
	// RootConfidence is how sure the root's name must be, where AllowedRoots is
	// not empty; the zero value stands for Inferred.
	RootConfidence ancestry.Confidence `yaml:"rootConfidence"`
}

// An Acceptance accepts findings, or, with Rule "maxAge", that the age of an ancestor is
// not known. Its patterns are those of path.Match; an empty
// one matches all.
type Acceptance struct {
	Rule     string `yaml:"rule"`
	Ancestor string `yaml:"ancestor"` // its name, as Ancestor.String gives it
	Subject  string `yaml:"subject"`
	// Until is the last day on which it holds; the zero Day is for ever.
	Until Day `yaml:"until"`
	// Reason is for those who read the policy.
	Reason string `yaml:"reason"`
}

// Parse parses a policy. The rules that it names must be among rules. Errors name the
// line.
func Parse(b []byte, rules []report.Rule) (*Policy, error) {
	p := &Policy{}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil && !errors.Is(err, io.EOF) { // an empty file is the zero Policy
		return nil, fmt.Errorf("policy: %w", err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("policy: more than one document")
	}
	if err := p.check(b, rules); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

// check refuses what is well formed but cannot be intended.
func (p *Policy) check(b []byte, rules []report.Rule) error {
	known := func(name string) bool {
		return slices.ContainsFunc(rules, func(r report.Rule) bool { return r.Name == name })
	}
	if p.FailOn == Off {
		return fmt.Errorf("%sfailOn: off: say never", lineOf(b, "failOn"))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Rules)) {
		if !known(name) {
			return fmt.Errorf("%sunknown rule %q", lineOf(b, name), name)
		}
		if p.Rules[name] == Never {
			return fmt.Errorf("%srules: %s: never: say off", lineOf(b, name), name)
		}
	}
	for _, a := range p.Accept {
		if a.Rule == "" && a.Ancestor == "" && a.Subject == "" {
			return fmt.Errorf("%saccept: an entry without rule, ancestor and subject would accept everything", lineOf(b, "accept"))
		}
		if a.Rule != "" && a.Rule != checkMaxAge && !slices.ContainsFunc(rules, func(r report.Rule) bool { return match(a.Rule, r.Name) }) {
			return fmt.Errorf("%saccept: no rule matches %q", lineOf(b, a.Rule), a.Rule)
		}
		for _, pattern := range []string{a.Rule, a.Ancestor, a.Subject} {
			if _, err := path.Match(pattern, ""); err != nil {
				return fmt.Errorf("%saccept: %q: %w", lineOf(b, pattern), pattern, err)
			}
		}
	}
	for _, pattern := range p.AllowedRoots {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return fmt.Errorf("%sallowedRoots: bad pattern %q", lineOf(b, pattern), pattern)
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

// match is path.Match for patterns that Parse has checked. An empty one matches
// all, and * matches a slash, too, since names of images have many.
func match(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	slash := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(slash.Replace(pattern), slash.Replace(s))
	return err == nil && ok
}

// covers reports whether the acceptance covers a finding on the report's day.
func (a Acceptance) covers(r *report.Report, f report.Finding) bool {
	if !a.Until.IsZero() && !r.AsOf.Before(a.Until.AddDate(0, 0, 1)) {
		return false
	}
	name := ""
	if f.Ancestor >= 0 && f.Ancestor < len(r.Ancestors) {
		name = r.Ancestors[f.Ancestor].String()
	}
	return match(a.Rule, f.Rule) && match(a.Ancestor, name) && match(a.Subject, f.Subject)
}
