package declared

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"
)

// template is a scalar of a file in which ${...} stands for what an expression is.
type template struct {
	// plain is the value of one without expressions: a text, number, true or false.
	plain any
	parts []part
	line  int
}

// part is a text, or an expression.
type part struct {
	text string
	code *expression
}

// UnmarshalYAML reads a scalar.
func (t *template) UnmarshalYAML(node *yaml.Node) error {
	t.line = node.Line
	if err := node.Decode(&t.plain); err != nil {
		return &lineError{node.Line, "a value cannot be read"}
	}
	text, ok := t.plain.(string)
	if !ok {
		return nil
	}
	for text != "" {
		before, rest, found := strings.Cut(text, "${")
		if before != "" {
			t.parts = append(t.parts, part{text: before})
		}
		if !found {
			break
		}
		end := closing(rest)
		if end < 0 {
			return &lineError{node.Line, fmt.Sprintf("%q has a ${ without its }", node.Value)}
		}
		t.parts = append(t.parts, part{code: &expression{text: rest[:end], line: node.Line}})
		text = rest[end+1:]
	}
	return nil
}

// closing is where the brace is that ends an expression; -1 where there is none.
func closing(text string) int {
	depth, quote, escaped := 0, rune(0), false
	for i, r := range text {
		switch {
		case escaped:
			escaped = false
		case quote != 0:
			if escaped = r == '\\' && quote != '`'; r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '{':
			depth++
		case r == '}' && depth == 0:
			return i
		case r == '}':
			depth--
		}
	}
	return -1
}

// given reports whether the file has the template.
func (t *template) given() bool { return t != nil && t.plain != nil && t.plain != "" }

// eval returns the value: that of the expression itself where the template is one and nothing else.
func (t *template) eval(s *scope) (any, error) {
	switch {
	case len(t.parts) == 0:
		return t.plain, nil
	case len(t.parts) == 1 && t.parts[0].code != nil:
		return t.parts[0].code.eval(s)
	}
	return t.text(s, func(text string) (string, error) { return text, nil })
}

// text is the template with its expressions as texts, each of which f may change.
func (t *template) text(s *scope, f func(string) (string, error)) (string, error) {
	var b strings.Builder
	if len(t.parts) == 0 {
		return textOf(t.plain)
	}
	for _, p := range t.parts {
		if p.code == nil {
			b.WriteString(p.text)
			continue
		}
		value, err := p.code.eval(s)
		if err != nil {
			return "", err
		}
		text, err := textOf(value)
		if err == nil {
			text, err = f(text)
		}
		if err != nil {
			return "", fmt.Errorf("line %d: %w", t.line, err)
		}
		if b.Len()+len(text) > maxMade {
			return "", fmt.Errorf("line %d: a text has more than 1 MiB", t.line)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// path is the template as a path of a URL: what an expression brings is one segment of it, or a part of one.
func (t *template) path(s *scope) (string, error) {
	return t.text(s, func(text string) (string, error) {
		if text == "" || text == "." || text == ".." {
			return "", errors.New("a part of the path has no value that can be a part of a path")
		}
		return url.PathEscape(text), nil
	})
}

// tree is a value of a file with templates in it, as the body of a request is.
type tree struct {
	leaf    *template
	object  map[string]*tree
	list    []*tree
	isGiven bool
}

// UnmarshalYAML reads any value.
func (t *tree) UnmarshalYAML(node *yaml.Node) error {
	t.isGiven = true
	switch node.Kind {
	case yaml.MappingNode:
		t.object = map[string]*tree{}
		return node.Decode(&t.object)
	case yaml.SequenceNode:
		t.list = []*tree{}
		return node.Decode(&t.list)
	}
	t.leaf = &template{}
	return t.leaf.UnmarshalYAML(node)
}

// eval returns the value with what its expressions are.
func (t *tree) eval(s *scope) (any, error) {
	switch {
	case t == nil:
		return nil, nil
	case t.leaf != nil:
		return t.leaf.eval(s)
	case t.object != nil:
		object := map[string]any{}
		for name, part := range t.object {
			value, err := part.eval(s)
			if err != nil {
				return nil, err
			}
			object[name] = value
		}
		return object, nil
	}
	all := make([]any, 0, len(t.list))
	for _, part := range t.list {
		value, err := part.eval(s)
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, nil
}
