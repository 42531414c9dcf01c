package declared

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	kinds "github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is the JSON Schema of a file, for editors.
//
//go:embed schema.json
var Schema []byte

var compiled = sync.OnceValue(func() *jsonschema.Schema {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		panic("declared: the schema is no JSON: " + err.Error())
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("platform.json", document); err != nil {
		panic("declared: the schema cannot be taken: " + err.Error())
	}
	return c.MustCompile("platform.json")
})

// validate holds the file against the schema. Its error names the line of each thing that is wrong.
func validate(root *yaml.Node) error {
	err := compiled().Validate(plain(root))
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	var found []*lineError
	leaves(failed, func(leaf *jsonschema.ValidationError) {
		where, node := strings.Join(leaf.InstanceLocation, "/"), at(root, leaf.InstanceLocation)
		tell := func(line int, text string) {
			if where != "" {
				text = where + ": " + text
			}
			if told := (lineError{line, text}); !slices.ContainsFunc(found, func(f *lineError) bool { return *f == told }) {
				found = append(found, &told)
			}
		}
		if unknown, ok := leaf.ErrorKind.(*kinds.AdditionalProperties); ok {
			for _, name := range unknown.Properties {
				tell(keyLine(node, name), name+" is not known here")
			}
			return
		}
		tell(node.Line, problem(leaf))
	})
	slices.SortStableFunc(found, func(a, b *lineError) int { return a.line - b.line })
	var all []error
	for _, problem := range found {
		all = append(all, problem)
	}
	return errors.Join(all...)
}

// problem is what is wrong with one value: in our words where those of the library name its keywords alone.
func problem(leaf *jsonschema.ValidationError) string {
	switch kind := leaf.ErrorKind.(type) {
	case *kinds.MaxProperties:
		return fmt.Sprintf("it has %d keys, where %d can be", kind.Got, kind.Want)
	case *kinds.MinLength:
		if kind.Got == 0 {
			return "it is empty"
		}
		return fmt.Sprintf("it has %d of at least %d characters", kind.Got, kind.Want)
	case *kinds.Not:
		return "this name is taken"
	}
	return leaf.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

// keyLine is the line of a key of a mapping.
func keyLine(mapping *yaml.Node, name string) int {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i].Line
		}
	}
	return mapping.Line
}

// leaves calls f for each thing that is wrong, and not for what follows from it.
func leaves(e *jsonschema.ValidationError, f func(*jsonschema.ValidationError)) {
	if len(e.Causes) == 0 {
		f(e)
		return
	}
	for _, cause := range e.Causes {
		leaves(cause, f)
	}
}

// plain is a node as JSON has it.
func plain(node *yaml.Node) any {
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			object[node.Content[i].Value] = plain(node.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, part := range node.Content {
			list[i] = plain(part)
		}
		return list
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return node.Value
	}
	switch value.(type) {
	case nil, string, bool, int, float64:
		return value
	}
	return node.Value // a date, and what else YAML knows
}
