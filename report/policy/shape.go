package policy

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// tabbed is the number of the first line that has a tab among the white space that it begins with; 0 if none has.
func tabbed(b []byte) int {
	for i, line := range bytes.Split(b, []byte("\n")) {
		if indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; bytes.ContainsRune(indent, '\t') {
			return i + 1
		}
	}
	return 0
}

// checkShape compares YAML with the type that it is read into, and says what does not fit in
// the words of a policy: the line, the key, and what is wanted there. yaml itself would name
// the types of Go.
func checkShape(b []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		says := strings.TrimPrefix(err.Error(), "yaml: ")
		if line := tabbed(b); line > 0 && strings.Contains(says, "cannot start any token") {
			says = fmt.Sprintf("line %d: it begins with a tab, where YAML wants spaces", line)
		}
		return errors.New(says)
	}
	if len(doc.Content) == 0 { // an empty file
		return nil
	}
	return fits(doc.Content[0], reflect.TypeFor[Policy](), "")
}

// fits compares a node with a type. key is where the node stands: "inherited: ". Types are no
// deeper than the policy's, so aliases lead nowhere for ever.
func fits(n *yaml.Node, t reflect.Type, key string) error {
	n = target(n)
	wrong := func(wanted string) error {
		return fmt.Errorf("line %d: %s%s, where %s", n.Line, key, found(n), wanted)
	}
	_, own := reflect.New(t).Interface().(yaml.Unmarshaler)
	switch {
	case n.ShortTag() == "!!null": // a key with nothing after it says nothing
		return nil
	case own && t.Kind() != reflect.Map && n.Kind != yaml.ScalarNode:
		return wrong("one value is wanted")
	case own:
		return readsItself(n, t, key)
	case t.Kind() == reflect.Struct:
		if n.Kind != yaml.MappingNode {
			return wrong("these keys are wanted: " + strings.Join(keysOf(t), ", "))
		}
		return eachKey(n, key, func(name string, line int, value *yaml.Node) error {
			field, ok := fieldOf(t, name)
			if !ok {
				return fmt.Errorf("line %d: %s%q is no key here: one of %s", line, key, name, strings.Join(keysOf(t), ", "))
			}
			return fits(value, field, key+name+": ")
		})
	case t.Kind() == reflect.Map:
		if n.Kind != yaml.MappingNode {
			return wrong("keys with a value each are wanted")
		}
		return eachKey(n, key, func(name string, _ int, value *yaml.Node) error { return fits(value, t.Elem(), key+name+": ") })
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return wrong("a list is wanted: [a, b]")
		}
		for _, c := range n.Content {
			if err := fits(c, t.Elem(), key); err != nil {
				return err
			}
		}
	case t.Kind() == reflect.Bool && n.Decode(new(bool)) != nil:
		return wrong("true or false is wanted")
	case n.Kind != yaml.ScalarNode || n.Decode(reflect.New(t).Interface()) != nil:
		return wrong("a text is wanted")
	}
	return nil
}

// readsItself has a type read a node, and puts the key into its error, after the line.
func readsItself(n *yaml.Node, t reflect.Type, key string) error {
	err := n.Decode(reflect.New(t).Interface())
	if err == nil {
		return nil
	}
	line, says, ok := strings.Cut(err.Error(), ": ")
	if !ok || !strings.HasPrefix(line, "line ") {
		return fmt.Errorf("line %d: %s%w", n.Line, key, err)
	}
	return fmt.Errorf("%s: %s%s", line, key, says)
}

// eachKey calls f with the keys of a mapping. One of them twice is an error: they would take
// back each other. What is merged into a mapping (<<) is left to yaml.
func eachKey(n *yaml.Node, key string, f func(name string, line int, value *yaml.Node) error) error {
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := target(n.Content[i])
		if k.ShortTag() == "!!merge" {
			continue
		}
		if k.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: %s%s, where a key is wanted", k.Line, key, found(k))
		}
		if line, ok := lines[k.Value]; ok {
			return fmt.Errorf("line %d: %s%q is already defined at line %d", k.Line, key, k.Value, line)
		}
		lines[k.Value] = k.Line
		if err := f(k.Value, k.Line, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// found says what a node is.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "keys"
	}
	return fmt.Sprintf("%q", n.Value)
}

// keysOf are the keys that a type has in YAML.
func keysOf(t reflect.Type) (keys []string) {
	for f := range t.Fields() {
		if name := f.Tag.Get("yaml"); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == key && key != "" {
			return f.Type, true
		}
	}
	return nil, false
}
