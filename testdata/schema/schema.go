// Package schema makes JSON Schemas of Go types in tests, and validates documents with
// them. What a schema says of a type or a field is its Go comment.
package schema

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/golden"
)

// Published is where the files of the module's main branch can be fetched from.
const Published = "https://raw.githubusercontent.com/stemma-go/stemma/main/"

// Reflect makes the schema of v's type by r, with the comments of the package in the
// working directory, whose path below the module's is pkg. Its ID is that of schema.json
// in that package.
func Reflect(t testing.TB, r *jsonschema.Reflector, v any, pkg string) *jsonschema.Schema {
	t.Helper()
	require.NoError(t, r.AddGoComments("github.com/stemma-go/stemma/"+pkg, "."))
	for k, comment := range r.CommentMap {
		r.CommentMap[k] = strings.Join(strings.Fields(comment), " ")
	}
	s := r.Reflect(v)
	s.ID = jsonschema.ID(Published + pkg + "/schema.json")
	return s
}

// Check fails the test if s is not what stands in schema.json; with -update it writes it.
func Check(t testing.TB, s *jsonschema.Schema) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(s))
	golden.Check(t, "../schema.json", b.Bytes())
}

// Open compiles a schema. It checks formats, too.
func Open(t testing.TB, path string) *validator.Schema {
	t.Helper()
	c := validator.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(path)
	require.NoError(t, err)
	return s
}

// Validate validates a document.
func Validate(s *validator.Schema, document []byte) error {
	v, err := validator.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// Nullable allows null beside what s allows.
func Nullable(s *jsonschema.Schema) *jsonschema.Schema {
	description := s.Description
	s.Description = ""
	return &jsonschema.Schema{Description: description, AnyOf: []*jsonschema.Schema{s, {Type: "null"}}}
}

// Structs yields the struct types that v's type consists of, itself first.
func Structs(v any) []reflect.Type {
	var all []reflect.Type
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			if seen[typ] || typ.PkgPath() == "time" {
				return
			}
			seen[typ] = true
			all = append(all, typ)
			for f := range typ.Fields() {
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeOf(v))
	return all
}

// Constants returns the values of the string constants that the package in dir declares
// with a type, in the order of its files.
func Constants(t testing.TB, dir, typ string) []any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var all []any
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name, _ := spec.Type.(*ast.Ident)
			literal, _ := spec.Values[0].(*ast.BasicLit)
			if name != nil && name.Name == typ && literal != nil && literal.Kind == token.STRING {
				value, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				all = append(all, value)
			}
			return true
		})
	}
	require.NotEmpty(t, all, "%s has no constants of type %s", dir, typ)
	return all
}

// Names returns the texts of the numbers from 0 up, as long as they have a name.
func Names[T interface {
	~int
	MarshalText() ([]byte, error)
}, P interface {
	*T
	UnmarshalText([]byte) error
}]() []any {
	var all []any
	for i := 0; ; i++ {
		b, err := T(i).MarshalText()
		if err != nil || P(new(T)).UnmarshalText(b) != nil {
			return all
		}
		all = append(all, string(b))
	}
}
