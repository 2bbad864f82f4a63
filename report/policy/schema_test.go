package policy_test

import (
	stdjson "encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/schema"
)

// values are the schemas of what stands after a key.
func values(typ reflect.Type) *jsonschema.Schema {
	switch typ {
	case reflect.TypeFor[policy.Level]():
		return &jsonschema.Schema{Enum: []any{"off", "note", "warning", "serious", "never", "default"}}
	case reflect.TypeFor[policy.Confidence]():
		return &jsonschema.Schema{Enum: []any{"inferred", "recognised", "recorded", "proved"}}
	case reflect.TypeFor[policy.Age]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(none|[0-9]+[dw]|\+?([0-9]*(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h))+)$`,
			Examples: []any{"180d", "26w", "24h", "none"}}
	case reflect.TypeFor[policy.Size]():
		return &jsonschema.Schema{Pattern: `^(none|[0-9][0-9.,]*\s*([KkMmGgTtPpEe]([Ii]?[Bb])?|[KkMmGgTtPpEe][Ii]|[Bb])?)$`, // 5000 is a number
			Examples: []any{"500MB", "1.5GB", "512MiB", "none"}}
	case reflect.TypeFor[policy.Limits]():
		p := jsonschema.NewProperties()
		for _, rating := range slices.Backward(schema.Names[report.Rating]()) {
			p.Set(rating.(string), &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer", Minimum: "0"}, {Const: "none"}}})
		}
		return &jsonschema.Schema{Type: "object", Properties: p, AdditionalProperties: jsonschema.FalseSchema}
	case reflect.TypeFor[policy.Day]():
		return &jsonschema.Schema{Type: "string", Format: "date", Examples: []any{"2027-01-31"}}
	}
	return nil
}

// generate makes the schema of a policy. It is of draft 7, and in one piece, which all
// editors read.
func generate(t *testing.T) *jsonschema.Schema {
	r := &jsonschema.Reflector{FieldNameTag: "yaml", Mapper: values, RequiredFromJSONSchemaTags: true, DoNotReference: true, ExpandedStruct: true}
	s := schema.Reflect(t, r, policy.Policy{}, "report/policy")
	s.Version = "http://json-schema.org/draft-07/schema#"
	s.Title = "Stemma policy: what may pass"
	key := func(s *jsonschema.Schema, name string) *jsonschema.Schema {
		p, ok := s.Properties.Get(name)
		require.True(t, ok, name)
		return p
	}
	without := func(p *jsonschema.Schema, values ...any) {
		p.Enum = slices.DeleteFunc(slices.Clone(p.Enum), func(v any) bool { return slices.Contains(values, v) })
	}
	without(key(s, "failOn"), "off")
	key(s, "failOn").Default = "serious"
	key(s, "rootConfidence").Default = "inferred"
	bases := key(s, "allowedBases")
	key(bases, "confidence").Default = "recognised"
	key(bases, "catalogue").Examples = []any{"bases.stemma", "none"}
	key(s, "extends").Examples = []any{[]string{"../company.yaml"}}

	// Rules that ship with the module are completed; others may be there.
	byRule := key(s, "rules")
	level := byRule.AdditionalProperties
	without(level, "never")
	byRule.Properties = jsonschema.NewProperties()
	var names []any
	for _, rule := range rules.All() {
		names = append(names, rule.Name)
		byRule.Properties.Set(rule.Name, &jsonschema.Schema{Description: rule.Doc, Enum: level.Enum})
	}
	accept, inherited := key(s, "accept").Items, key(s, "inherited").Items
	for _, entry := range []*jsonschema.Schema{accept, inherited} {
		p := key(entry, "rule")
		p.AnyOf = []*jsonschema.Schema{{Enum: names}, {Type: "string"}}
	}
	key(accept, "rule").AnyOf[0].Enum = append(slices.Clip(names), "maxAge", "maxVulnerabilities")
	key(key(s, "maxVulnerabilities"), "confidence").Default = "recognised"
	for _, name := range []string{"rule", "ancestor", "subject"} {
		accept.AnyOf = append(accept.AnyOf, &jsonschema.Schema{Required: []string{name}})
	}
	without(key(inherited, "level"), "never", "default")
	key(inherited, "confidence").Default = "recognised"
	inherited.Required = []string{"level"}
	return s
}

// schema.json is made from the types, and describes every key.
func TestSchema(t *testing.T) {
	s := generate(t)
	schema.Check(t, s)
	var walk func(where string, s *jsonschema.Schema)
	walk = func(where string, s *jsonschema.Schema) {
		for p := s.Properties.Oldest(); p != nil; p = p.Next() {
			assert.NotEmpty(t, p.Value.Description, where+p.Key)
			if p.Value.Items != nil && p.Value.Items.Properties != nil {
				walk(where+p.Key+".", p.Value.Items)
			}
		}
	}
	walk("", s)
}

// obeys validates a policy as an editor does.
func obeys(t *testing.T, text string) error {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(text), &v), text)
	if v == nil {
		v = map[string]any{}
	}
	// Days are texts to an editor.
	b, err := stdjson.Marshal(v)
	require.NoError(t, err)
	b = regexp.MustCompile(`(\d{4}-\d\d-\d\d)T00:00:00Z`).ReplaceAll(b, []byte("$1"))
	return schema.Validate(schema.Open(t, "schema.json"), b)
}

// What Parse takes, the schema takes.
func TestSchemaHolds(t *testing.T) {
	for _, in := range []string{
		"", full, "maxAge: none\nmaxSize: none\nallowedRoots: []", "maxAge: 1h30m", "maxAge: 1.5h", "maxSize: 5000", "maxSize: 1.5 GB", "maxSize: 512MiB",
		"maxSize: 3k", "failOn: never", "rules: {root-user: default, copy-up: off, add-remote: serious}", "rootConfidence: proved",
		"allowedBases: {names: [a], catalogue: none, maxAge: 4w, confidence: proved}", "allowedBases: {}",
		"inherited: [{level: off}, {rule: '*', ancestor: a, level: note, confidence: inferred}]",
		"maxVulnerabilities: {own: {critical: 0, unknown: none}, inherited: {high: 3}, fixableOnly: true, ownImages: [a], confidence: inferred}",
		"accept: [{rule: maxVulnerabilities}]", "accept: [{rule: maxAge}, {ancestor: 'debian:*'}, {subject: x, reason: y, until: 2027-02-28}]",
	} {
		parse(t, in)
		assert.NoError(t, obeys(t, in), "%q", in)
	}
	assert.NoError(t, obeys(t, "extends: [../a.yaml]"))
	assert.NoError(t, obeys(t, "rules: {a-rule-of-ones-own: note}"), "Parse knows it if its caller does")
}

// What Parse refuses, the schema refuses, where it can.
func TestSchemaRefuses(t *testing.T) {
	for _, in := range []string{
		"failon: warning", "failOn: grave", "failOn: off", "rules: {root-user: 3}", "rules: {root-user: never}", "rules: [root-user]",
		"maxAge: 180", "maxAge: -3d", "maxAge: ''", "maxSize: much", "maxSize: -1MB", "allowedRoots: debian", "accept: [{reason: because}]",
		"accept: [{rule: root-user, until: tomorrow}]", "accept: [{rule: root-user, untill: 2027-02-28}]", "rootConfidence: sure", "rootConfidence: unknown",
		"maxVulnerabilities: 3", "maxVulnerabilities: {own: 3}", "maxVulnerabilities: {own: {grave: 3}}", "maxVulnerabilities: {own: {high: -1}}",
		"inherited: note", "inherited: [{rule: root-user}]", "inherited: [{level: never}]", "inherited: [{level: note, confidence: unknown}]",
		"extends: a.yaml", "extends: [1]", "allowedBases: [a]", "allowedBases: {maxAge: soon}", "allowedBases: {name: [a]}", "allowedBases: {confidence: sure}",
	} {
		_, err := policy.Parse([]byte(in), rules.All())
		assert.Error(t, err, "%q", in)
		assert.Error(t, obeys(t, in), "%q", in)
	}
}

// The policies of the examples, and the one that the package's documentation shows, obey
// the schema that their first line names.
func TestSchemaOfExamples(t *testing.T) {
	paths, err := filepath.Glob("../../examples/gate/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		line, rest, _ := strings.Cut(string(b), "\n")
		target, ok := strings.CutPrefix(line, "# yaml-language-server: $schema=")
		if assert.True(t, ok, "%s: %s", path, line) {
			assert.FileExists(t, filepath.Join(filepath.Dir(path), target))
		}
		assert.NoError(t, obeys(t, rest), path)
	}
	b, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	shown := regexp.MustCompile(`(?s)//\t# yaml-language-server: \$schema=(\S+)\n(.*?)\n//\n// The first line`).FindSubmatch(b)
	require.NotNil(t, shown)
	assert.Equal(t, schema.Published+"report/policy/schema.json", string(shown[1]))
	in := regexp.MustCompile(`(?m)^//\t?`).ReplaceAllString(string(shown[2]), "")
	assert.NoError(t, obeys(t, in))
	p := load(t, files("team/p.yaml", in, "company.yaml", ""), "team/p.yaml")
	assert.Equal(t, policy.Warning, p.FailOn)
}
