package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// walk finds the mutants of one function.
type walk struct {
	target   *target
	file     *file
	decl     *ast.FuncDecl
	function string
	found    []*mutant
	reached  token.Pos // where code between two covered blocks, as a case's values, is counted; none otherwise
}

// offset is a position's place in the file's text.
func (w *walk) offset(p token.Pos) int { return w.target.fset.Position(p).Offset }

// text is the code of a node.
func (w *walk) text(n ast.Node) string {
	return string(w.file.text[w.offset(n.Pos()):w.offset(n.End())])
}

// add notes a mutant: the code from start to end becomes with. What people read is from and to.
func (w *walk) add(at, start, end token.Pos, with, from, to string) {
	covered := at
	if w.reached.IsValid() {
		covered = w.reached
	}
	w.found = append(w.found, &mutant{
		target: w.target, file: w.file, decl: w.decl, function: w.function,
		at: w.target.fset.Position(at), covered: w.target.fset.Position(covered),
		start: w.offset(start), end: w.offset(end), with: with, from: short(from), to: short(to),
	})
}

// replace notes that one node becomes other code.
func (w *walk) replace(n ast.Node, with string) {
	w.add(n.Pos(), n.Pos(), n.End(), with, w.text(n), with)
}

// drop notes that a statement is gone.
func (w *walk) drop(n ast.Node) { w.add(n.Pos(), n.Pos(), n.End(), "", w.text(n), "nothing") }

// body walks a function's body: of a declaration, or of a literal in it.
func (w *walk) body(signature *ast.FuncType, body *ast.BlockStmt) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			outside := w.reached
			w.reached = token.NoPos
			w.body(n.Type, n.Body)
			w.reached = outside
			return false
		case *ast.ReturnStmt:
			w.returned(signature, n)
		case *ast.BlockStmt:
			w.list(n.List)
		case *ast.SwitchStmt:
			return w.clauses(n.Pos(), signature, n.Init, n.Tag, nil, n.Body)
		case *ast.TypeSwitchStmt:
			return w.clauses(n.Pos(), signature, n.Init, nil, n.Assign, n.Body)
		case *ast.SelectStmt:
			return w.clauses(n.Pos(), signature, nil, nil, nil, n.Body)
		case *ast.IfStmt:
			w.condition(n)
		case *ast.BinaryExpr:
			w.binary(n)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				w.replace(n, w.text(n.X))
			}
		case *ast.IncDecStmt:
			other := map[token.Token]string{token.INC: "--", token.DEC: "++"}[n.Tok]
			w.add(n.TokPos, n.TokPos, n.End(), other, w.text(n), w.text(n.X)+other)
		case *ast.AssignStmt:
			w.assignment(n)
		case *ast.Ident:
			w.literal(n)
		}
		return true
	})
}

// clauses walks a switch or select: what stands before a clause's colon is reached when the statement is.
func (w *walk) clauses(at token.Pos, signature *ast.FuncType, init ast.Stmt, tag ast.Expr, assign ast.Stmt, body *ast.BlockStmt) bool {
	part := func(n ast.Node) {
		w.body(signature, &ast.BlockStmt{Lbrace: n.Pos(), List: []ast.Stmt{asStatement(n)}, Rbrace: n.End()})
	}
	if init != nil {
		part(init)
	}
	if tag != nil {
		part(tag)
	}
	if assign != nil {
		part(assign)
	}
	for _, s := range body.List {
		var before []ast.Node
		var statements []ast.Stmt
		switch c := s.(type) {
		case *ast.CaseClause:
			for _, e := range c.List {
				before = append(before, e)
			}
			statements = c.Body
		case *ast.CommClause:
			if c.Comm != nil {
				before = append(before, c.Comm)
			}
			statements = c.Body
		}
		outside := w.reached
		w.reached = at
		for _, n := range before {
			part(n)
		}
		w.reached = outside
		if len(statements) == 0 {
			continue
		}
		if len(statements) > 1 { // one alone is dropped as a statement
			first, last := statements[0], statements[len(statements)-1]
			w.add(first.Pos(), first.Pos(), last.End(), "", string(w.file.text[w.offset(first.Pos()):w.offset(last.End())]), "nothing")
		}
		w.body(signature, &ast.BlockStmt{Lbrace: statements[0].Pos(), List: statements, Rbrace: statements[len(statements)-1].End()})
	}
	return false
}

// asStatement makes a statement of an expression that is walked by itself, one that is not dropped.
func asStatement(n ast.Node) ast.Stmt {
	switch n := n.(type) {
	case ast.Stmt:
		return &ast.LabeledStmt{Label: ast.NewIdent("_"), Stmt: n}
	case ast.Expr:
		return &ast.LabeledStmt{Label: ast.NewIdent("_"), Stmt: &ast.ExprStmt{X: n}}
	}
	return &ast.EmptyStmt{}
}

// list drops each statement of a list that can be missed.
func (w *walk) list(statements []ast.Stmt) {
	for _, s := range statements {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if !w.logs(s.X) {
				w.drop(s)
			}
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE && !slices.ContainsFunc(s.Lhs, blank) {
				w.drop(s)
			}
		case *ast.SendStmt, *ast.DeferStmt, *ast.GoStmt, *ast.BranchStmt:
			w.drop(s)
		case *ast.ReturnStmt:
			if len(s.Results) == 0 {
				w.drop(s)
			}
		}
	}
}

func blank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

// logs reports whether an expression calls slog.
func (w *walk) logs(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	selected, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	used := w.target.info.Uses[selected.Sel]
	return used != nil && used.Pkg() != nil && used.Pkg().Path() == "log/slog"
}

// condition lets an if's body never run, and its else.
func (w *walk) condition(n *ast.IfStmt) {
	text := w.text(n.Cond)
	if c, ok := n.Cond.(*ast.BinaryExpr); !ok || !w.passesError(c, n) {
		w.add(n.Cond.Pos(), n.Cond.Pos(), n.Cond.End(), "false && ("+text+")", "if "+text, "if false")
	}
	switch n.Cond.(type) {
	case *ast.BinaryExpr, *ast.UnaryExpr: // their operators are mutated
	default:
		w.replace(n.Cond, "!("+text+")")
	}
	if n.Else != nil {
		w.add(n.Else.Pos(), n.Body.End(), n.Else.End(), "", "else "+w.text(n.Else), "nothing")
	}
}

// passesError reports whether an if only hands an error on. The mutants of what it returns say all there is to say.
func (w *walk) passesError(c *ast.BinaryExpr, n *ast.IfStmt) bool {
	if c.Op != token.NEQ || len(n.Body.List) != 1 {
		return false
	}
	_, returns := n.Body.List[0].(*ast.ReturnStmt)
	return returns && isError(w.target.info.TypeOf(c.X))
}

func isError(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// operators are what each operator becomes.
var operators = map[token.Token][]token.Token{
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.AND: {token.OR}, token.OR: {token.AND}, token.XOR: {token.AND}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN}, token.MUL_ASSIGN: {token.QUO_ASSIGN}, token.QUO_ASSIGN: {token.MUL_ASSIGN},
}

func (w *walk) binary(n *ast.BinaryExpr) {
	if n.Op == token.ADD && isText(w.target.info.TypeOf(n)) {
		if w.target.info.Types[n].Value == nil { // two constants side by side are one text in two lines
			w.replace(n, w.text(n.X))
		}
		return
	}
	for _, other := range operators[n.Op] {
		w.add(n.OpPos, n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other.String(), w.text(n), w.text(n.X)+" "+other.String()+" "+w.text(n.Y))
	}
}

func isText(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}

func (w *walk) assignment(n *ast.AssignStmt) {
	if n.Tok == token.ADD_ASSIGN && isText(w.target.info.TypeOf(n.Lhs[0])) {
		return // dropping it is enough
	}
	for _, other := range operators[n.Tok] {
		w.add(n.TokPos, n.TokPos, n.TokPos+token.Pos(len(n.Tok.String())), other.String(), w.text(n), w.text(n.Lhs[0])+" "+other.String()+" "+w.text(n.Rhs[0]))
	}
}

// literal flips true and false.
func (w *walk) literal(n *ast.Ident) {
	used, ok := w.target.info.Uses[n].(*types.Const)
	if !ok || used.Pkg() != nil || used.Val().Kind() != constant.Bool {
		return
	}
	w.replace(n, map[string]string{"true": "false", "false": "true"}[n.Name])
}

// returned returns a zero value in the place of each result.
func (w *walk) returned(signature *ast.FuncType, n *ast.ReturnStmt) {
	if signature.Results == nil || len(n.Results) == 0 {
		return
	}
	var wanted []ast.Expr
	for _, f := range signature.Results.List {
		for range max(1, len(f.Names)) {
			wanted = append(wanted, f.Type)
		}
	}
	if len(wanted) != len(n.Results) { // one call gives all
		var zeros []string
		for _, t := range wanted {
			zeros = append(zeros, w.zero(t))
		}
		all := "return " + strings.Join(zeros, ", ")
		w.replace(n, all)
		return
	}
	for i, r := range n.Results {
		if isBool(w.target.info.TypeOf(wanted[i])) {
			switch r.(type) {
			case *ast.BinaryExpr, *ast.UnaryExpr, *ast.Ident: // their operators and values are mutated
				if id, ok := r.(*ast.Ident); !ok || id.Name == "true" || id.Name == "false" {
					continue
				}
			}
			w.replaceResult(r, "!("+w.text(r)+")")
			continue
		}
		if zero := w.zero(wanted[i]); !w.isZero(r, zero) {
			w.replaceResult(r, zero)
		}
	}
}

func (w *walk) replaceResult(r ast.Expr, with string) {
	w.add(r.Pos(), r.Pos(), r.End(), with, "return "+w.text(r), "return "+with)
}

func isBool(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsBoolean != 0
}

// zero is the zero value of a type, as code.
func (w *walk) zero(t ast.Expr) string {
	of := w.target.info.TypeOf(t)
	if _, ok := of.(*types.TypeParam); ok {
		return "*new(" + w.text(t) + ")"
	}
	switch u := of.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsString != 0:
			return `""`
		case u.Info()&types.IsBoolean != 0:
			return "false"
		case u.Info()&types.IsNumeric != 0:
			return "0"
		}
	case *types.Struct, *types.Array:
		return "*new(" + w.text(t) + ")"
	}
	return "nil"
}

// isZero reports whether a result is the zero value already.
func (w *walk) isZero(r ast.Expr, zero string) bool {
	switch text := w.text(r); {
	case text == zero:
		return true
	case strings.HasPrefix(zero, "*new("):
		return strings.HasSuffix(text, "{}")
	}
	value := w.target.info.Types[r].Value
	return value != nil && (value.ExactString() == zero)
}
