package json_test

import (
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/lifecycle"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/patched"
	"github.com/stemma-go/stemma/testdata/schema"
)

// states are those of fixes.
func states() []any {
	var list []any
	for _, s := range report.PatchStates() {
		list = append(list, s.String())
	}
	return list
}

// enums are the values of fields that have few, as the code has them.
func enums(t *testing.T) map[string][]any {
	confidences := schema.Names[ancestry.Confidence]()
	ratings, statuses := schema.Names[report.Rating](), schema.Constants(t, "..", "FixStatus")
	builders := []any{string(history.BuilderUnknown)}
	for f := range history.Builders() {
		builders = append(builders, string(f.Builder))
	}
	return map[string][]any{
		"Document.schema":     {json.Schema},
		"Document.known":      {"layers", "packages", "vulnerabilities"},
		"Ancestor.confidence": confidences,
		"Ancestor.boundary":   confidences,
		"Donor.confidence":    confidences,
		"Evidence.confidence": confidences,
		"Evidence.kind":       schema.Constants(t, "../../ancestry", "Kind"),
		"Standing.state": {ancestry.StateCurrent, ancestry.StateSuperseded, ancestry.StateAbandoned,
			ancestry.StateNewer, ancestry.StateNotKnown},
		"Live.state": {ancestry.StateCurrent, ancestry.StateMoved, ancestry.StateGone, ancestry.StateNotKnown},
		"Lifecycle.status": {lifecycle.Unknown.String(), lifecycle.Supported.String(), lifecycle.Extended.String(),
			lifecycle.Ended.String(), "rolling"},
		"Step.builder":      builders,
		"Layer.compression": {"gzip", "zstd", "none", ""},
		"Package.state":     schema.Constants(t, "../../packages", "State"),
		"Event.kind":        schema.Constants(t, "../../packages", "EventKind"),
		"Finding.severity":  schema.Names[report.Severity](),
		"Finding.by":        schema.Names[report.Mender](),
		"Remedy.severity":   schema.Names[report.Severity](),
		"Remedy.by":         schema.Names[report.Mender](),

		"Vulnerability.rating": ratings,
		"Vulnerability.status": statuses,
		"Vulnerability.state":  append(schema.Constants(t, "../../packages", "State"), string(report.Replaced), ""),
		"Vulnerability.join":   schema.Constants(t, "..", "Join"),
		"Patch.state":          states(),
		"Act.by":               schema.Names[report.Mender](),
		"Act.rating":           ratings,
		"Sighting.rating":      ratings,
		"Sighting.status":      statuses,
	}
}

// generate makes the schema of a document.
func generate(t *testing.T) *jsonschema.Schema {
	s := schema.Reflect(t, &jsonschema.Reflector{ExpandedStruct: true}, json.Document{}, "report/json")
	s.Title = "Report on a container image, by Stemma"
	enums := enums(t)
	for _, typ := range schema.Structs(json.Document{}) {
		def := s.Definitions[typ.Name()]
		if typ == reflect.TypeFor[json.Document]() {
			def = s
		}
		for f := range typ.Fields() {
			name := f.Tag.Get("json")
			p, ok := def.Properties.Get(name)
			require.True(t, ok, "%s.%s", typ.Name(), name)
			values := enums[typ.Name()+"."+name]
			def.Properties.Set(name, refine(p, f, values))
			delete(enums, typ.Name()+"."+name)
		}
	}
	assert.Empty(t, enums, "enumerations of fields that do not exist")
	return s
}

// refine says of a field what its Go type does not.
func refine(p *jsonschema.Schema, f reflect.StructField, values []any) *jsonschema.Schema {
	item := p
	if p.Items != nil {
		item = p.Items
	}
	if item.Type == "integer" {
		item.Minimum = "0"
	}
	for _, bytes := range p.PatternProperties {
		bytes.Minimum = "0"
	}
	item.Enum = values
	if f.Name == "Digest" || f.Name == "DiffID" {
		p.Pattern = "^(sha256:[0-9a-f]{64})?$"
	}
	if f.Type.Kind() == reflect.Pointer {
		return schema.Nullable(p)
	}
	return p
}

// schema.json is made from the types, and describes every field.
func TestSchema(t *testing.T) {
	s := generate(t)
	schema.Check(t, s)
	defs := map[string]*jsonschema.Schema{"Document": s}
	for name, def := range s.Definitions {
		defs[name] = def
	}
	assert.Contains(t, defs, "Ancestor")
	for name, def := range defs {
		assert.NotEmpty(t, def.Description, name)
		for p := def.Properties.Oldest(); p != nil; p = p.Next() {
			where := name + "." + p.Key
			assert.NotEmpty(t, p.Value.Description, where)
			for _, v := range p.Value.Enum {
				if s, ok := v.(string); ok {
					assert.Contains(t, p.Value.Description, s, where)
				}
			}
		}
	}
}

// Whatever a report is of, its JSON obeys the schema.
func TestSchemaHolds(t *testing.T) {
	const evil = "a\x1b]0;owned\a\x9b31m\r\nb\u202e\u0085\xff\xfe\t\x00\"<script>"
	s := schema.Open(t, "schema.json")
	hostile := handmade.Sample(t, rules.All())
	poison(reflect.ValueOf(hostile.Ancestors), evil)
	poison(reflect.ValueOf(hostile.Lineage), evil)
	poison(reflect.ValueOf(hostile.Inventory.Packages), evil)
	hostile.Reference, hostile.Index.Config.OS = strings.Repeat(evil, 200), evil
	hostile.Problems = []layers.Problem{{Layer: -1, Step: 2, Path: evil, Err: errors.New(evil)}}
	hostile.Vulnerabilities = handmade.Scanned(t, nil).Vulnerabilities
	handmade.Poison(hostile.Vulnerabilities, evil)
	partial := handmade.Sample(t, rules.All())
	partial.Partial, partial.Index.Layers[0].Partial, partial.Index.Layers[0].Compression = true, true, ""
	config := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY a /", Files: []handmade.File{{Name: "a"}}}}}
	for name, r := range map[string]*report.Report{
		"sample":      handmade.Sample(t, rules.All()),
		"scanned":     handmade.Scanned(t, nil),
		"patched":     patched.Report(t, nil),
		"no rules":    handmade.Sample(t, nil),
		"config only": config.ConfigReport(t),
		"no packages": config.Report(t),
		"nothing":     report.New(nil, nil, nil, nil),
		"zero":        {},
		"hostile":     hostile,
		"partial":     partial,
	} {
		assert.NoError(t, schema.Validate(s, write(t, r, nil)), name)
	}
}

// poison sets every string below v that the image can choose.
func poison(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).CanSet() && name != "Digest" && v.Type() != reflect.TypeFor[time.Time]() {
				poison(v.Field(i), s)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), s)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() { // others are enumerations of ours
			v.SetString(s)
		}
	}
}

// The schema refuses what the format's rules exclude.
func TestSchemaRefuses(t *testing.T) {
	s := schema.Open(t, "schema.json")
	sample := write(t, handmade.Sample(t, rules.All()), nil)
	for name, change := range map[string]func(doc, ancestor, layer map[string]any){
		"another schema":       func(doc, _, _ map[string]any) { doc["schema"] = 2 },
		"a field more":         func(_, a, _ map[string]any) { a["nickname"] = "x" },
		"a field less":         func(_, _, l map[string]any) { delete(l, "verified") },
		"null for a list":      func(doc, _, _ map[string]any) { doc["findings"] = nil },
		"null for a string":    func(_, a, _ map[string]any) { a["name"] = nil },
		"an empty date":        func(_, a, _ map[string]any) { a["built"] = "" },
		"a day for a date":     func(doc, _, _ map[string]any) { doc["asOf"] = "2026-11-22" },
		"a negative size":      func(doc, _, _ map[string]any) { doc["size"] = -1 },
		"a fraction of a byte": func(doc, _, _ map[string]any) { doc["size"] = 1.5 },
		"a layer of -1":        func(_, _, l map[string]any) { l["step"] = -1 },
		"an unknown grade":     func(_, a, _ map[string]any) { a["confidence"] = "sure" },
		"half a digest":        func(_, _, l map[string]any) { l["diffId"] = "sha256:00" },
		"an unknown severity": func(doc, _, _ map[string]any) {
			doc["findings"].([]any)[0].(map[string]any)["severity"] = "grave"
		},
		"bytes by name": func(doc, _, _ map[string]any) {
			doc["packages"].([]any)[0].(map[string]any)["bytes"].(map[string]any)["byLayer"] = map[string]any{"top": 1}
		},
	} {
		var doc map[string]any
		require.NoError(t, stdjson.Unmarshal(sample, &doc))
		change(doc, doc["ancestors"].([]any)[0].(map[string]any), doc["layers"].([]any)[0].(map[string]any))
		b, err := stdjson.Marshal(doc)
		require.NoError(t, err)
		assert.Error(t, schema.Validate(s, b), name)
	}
}
