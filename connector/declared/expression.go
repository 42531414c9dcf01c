package declared

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v4"
)

const (
	// maxNodes is how many parts an expression may have.
	maxNodes = 200
	// maxElements is how many elements of lists an expression may make.
	maxElements = 100_000
	// maxMade is how many bytes of text the expressions of one item may make.
	maxMade = 1 << 20
)

// expression is an expression of a file, with the line that it stands in.
type expression struct {
	text    string
	line    int
	program *vm.Program
}

// UnmarshalYAML reads a scalar: also a number or true is an expression.
func (e *expression) UnmarshalYAML(node *yaml.Node) error {
	e.text, e.line = node.Value, node.Line
	return nil
}

// given reports whether the file has the expression.
func (e *expression) given() bool { return e != nil && e.text != "" }

// compile makes the expression ready for values with the names, or says what is wrong with it.
func (e *expression) compile(names []string) *lineError {
	known := types.Map{}
	for _, name := range names {
		known[name] = types.Any
	}
	for name := range newScope(nil).values {
		known[name] = types.TypeOf(func(...any) any { return nil })
	}
	r := &rules{}
	options := []expr.Option{expr.Env(known), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.Patch(r)}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(e.text, options...)
	if len(r.broken) > 0 { // says more than what the compiler makes of it
		err = errors.New(r.broken[0])
	}
	if err != nil {
		return &lineError{line: e.line, text: fmt.Sprintf("the expression %q: %s", e.text, said(err))}
	}
	e.program = program
	return nil
}

// said is what an error of the library says, without the picture of the place.
func said(err error) string {
	if f, ok := errors.AsType[*file.Error](err); ok {
		return f.Message
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// builtins are the functions of the language itself that can be used. None of them makes text, and none counts up.
var builtins = []string{"all", "none", "any", "one", "filter", "map", "find", "count", "sum", "len", "first", "last", "int", "float", "abs", "round", "min", "max"}

// rules are what an expression may not have, and how what it has is read: what is not there is nil at any depth, a list that
// is not there is empty, and text that is put together counts.
type rules struct{ broken []string }

// Visit implements ast.Visitor.
func (r *rules) Visit(node *ast.Node) {
	call := func(function string, arguments ...ast.Node) *ast.CallNode {
		return &ast.CallNode{Callee: &ast.IdentifierNode{Value: function}, Arguments: arguments}
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "$") {
			r.broken = append(r.broken, n.Value+" cannot be used")
		}
	case *ast.CallNode:
		name, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			r.broken = append(r.broken, "values have no functions of their own")
			return
		}
		if wanted, known := takes[name.Value]; known && len(n.Arguments) != wanted {
			r.broken = append(r.broken, fmt.Sprintf("%s takes %s, not %d", name.Value, arguments(wanted), len(n.Arguments)))
		}
	case *ast.MemberNode:
		if n.Method {
			r.broken = append(r.broken, "values have no functions of their own")
			return
		}
		ast.Patch(node, call("member", n.Node, n.Property))
	case *ast.BinaryNode:
		switch n.Operator {
		case "+":
			ast.Patch(node, call("add", n.Left, n.Right))
		case "..", "**", "^":
			r.broken = append(r.broken, n.Operator+" cannot be used")
		case "matches":
			if _, ok := n.Right.(*ast.StringNode); !ok {
				r.broken = append(r.broken, "what a text is matched with has to stand in the expression")
			}
		}
	case *ast.PredicateNode:
		ast.Walk(&n.Node, onlyOne{r})
	case *ast.BuiltinNode:
		if !slices.Contains(builtins, n.Name) { // some cannot be disabled
			r.broken = append(r.broken, n.Name+" cannot be used")
		}
		if len(n.Arguments) > 0 && !slices.Contains([]string{"int", "float", "abs", "round"}, n.Name) {
			n.Arguments[0] = call("list", n.Arguments[0])
		}
	}
}

// onlyOne finds a walk through a list within another: with two lists of an item each would be walked as often as the other
// is long.
type onlyOne struct{ *rules }

// Visit implements ast.Visitor.
func (o onlyOne) Visit(node *ast.Node) {
	if _, ok := (*node).(*ast.PredicateNode); ok {
		o.broken = append(o.broken, "a list cannot be walked through within another")
	}
}

// scope is what expressions see, and what they have made so far.
type scope struct {
	values map[string]any
	made   int
	vm     vm.VM
}

// newScope returns a scope with values by name.
func newScope(values map[string]any) *scope {
	s := &scope{values: map[string]any{}, vm: vm.VM{MemoryBudget: maxElements}}
	s.addFunctions()
	maps.Copy(s.values, values)
	return s
}

// with returns the scope with a value by another name, for what is made of a new item.
func (s *scope) with(name string, value any) *scope {
	s.values[name], s.made = value, 0
	return s
}

// eval returns what the expression is. Its error says what is wrong, without a value.
func (e *expression) eval(s *scope) (any, error) {
	value, err := s.vm.Run(e.program, s.values)
	if err != nil {
		return nil, fmt.Errorf("line %d: %s", e.line, said(err))
	}
	return value, nil
}
