package salesforce

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// soqlError is why a query is not answered.
type soqlError struct{ code, message string }

func (e *soqlError) Error() string { return e.code + ": " + e.message }

func malformed(format string, args ...any) error {
	return &soqlError{"MALFORMED_QUERY", fmt.Sprintf(format, args...)}
}

// statement is a query: SELECT fields, or COUNT(), FROM object [WHERE condition] [ORDER BY fields] [LIMIT n], which is all that is spoken
// here of the vendor's language.
type statement struct {
	fields []string
	// count asks for the number of rows alone.
	count  bool
	object string
	where  condition
	order  []string
	limit  int
}

// condition is what rows have to meet.
type condition interface {
	// holds reports whether a row meets it.
	holds(row map[string]any) bool
	// each visits the comparisons in it.
	each(visit func(*comparison) error) error
	// since is a time before which no row meets it that changed last then; zero where there is none.
	since() time.Time
}

// all and some are conditions of which each, or one, has to be met.
type (
	all  []condition
	some []condition
)

func (c all) holds(row map[string]any) bool {
	return !slices.ContainsFunc(c, func(one condition) bool { return !one.holds(row) })
}

func (c some) holds(row map[string]any) bool {
	return slices.ContainsFunc(c, func(one condition) bool { return one.holds(row) })
}

func visitEach(of []condition, visit func(*comparison) error) error {
	for _, one := range of {
		if err := one.each(visit); err != nil {
			return err
		}
	}
	return nil
}

func (c all) each(visit func(*comparison) error) error  { return visitEach(c, visit) }
func (c some) each(visit func(*comparison) error) error { return visitEach(c, visit) }

func (c all) since() time.Time {
	var latest time.Time
	for _, one := range c {
		if at := one.since(); at.After(latest) {
			latest = at
		}
	}
	return latest
}

func (c some) since() time.Time {
	earliest := c[0].since()
	for _, one := range c {
		if at := one.since(); at.Before(earliest) {
			earliest = at
		}
	}
	return earliest
}

// comparison compares a field with one value, or with several.
type comparison struct {
	field, operator string
	values          []any
}

func (c *comparison) each(visit func(*comparison) error) error { return visit(c) }

func (c *comparison) since() time.Time {
	at, ok := c.values[0].(time.Time)
	if c.field != "SystemModstamp" || !ok || strings.HasPrefix(c.operator, "<") || c.operator == "!=" {
		return time.Time{}
	}
	return at
}

func (c *comparison) holds(row map[string]any) bool {
	has := row[c.field]
	if c.operator == "IN" {
		return slices.ContainsFunc(c.values, func(v any) bool { return compare(has, v) == 0 })
	}
	value := c.values[0]
	if c.operator == "LIKE" {
		text, _ := has.(string)
		pattern, _ := value.(string)
		return like(pattern).MatchString(text)
	}
	if has == nil || value == nil {
		return (has == nil && value == nil) == (c.operator == "=")
	}
	n := compare(has, value)
	switch c.operator {
	case "=":
		return n == 0
	case "!=":
		return n != 0
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	}
	return n >= 0
}

// compare orders two values of a field; those that cannot be compared are different.
func compare(has, value any) int {
	switch v := value.(type) {
	case time.Time:
		text, _ := has.(string)
		at, err := time.Parse(stampLayout, text)
		if err != nil {
			return -1
		}
		return at.Compare(v)
	case bool:
		if b, ok := has.(bool); ok && b == v {
			return 0
		}
		return 1
	case float64:
		switch n := has.(type) {
		case float64:
			return int(n - v)
		case int:
			return n - int(v)
		}
		return 1
	}
	text, ok := has.(string)
	wanted, okay := value.(string)
	if !ok || !okay {
		return 1
	}
	return strings.Compare(text, wanted)
}

// like is a pattern as an expression; what is escaped stands for itself, and case does not count.
func like(pattern string) *regexp.Regexp {
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile(`(?is)^` + b.String() + `$`)
}

// word is a piece of a query: a text in quotes, an operator, or anything else up to a blank.
var word = regexp.MustCompile(`^\s*('(?:[^'\\]|\\.)*'|[(),]|<=|>=|!=|[=<>]|[^\s(),=<>!']+)`)

type parser struct {
	words []string
	at    int
}

func parse(soql string) (statement, error) {
	p := &parser{}
	for rest := strings.TrimSpace(soql); rest != ""; rest = strings.TrimSpace(rest) {
		found := word.FindStringSubmatch(rest)
		if found == nil {
			return statement{}, malformed("unexpected token: %.20q", rest)
		}
		p.words, rest = append(p.words, found[1]), rest[len(found[0]):]
	}
	return p.statement()
}

// is takes a keyword if it comes next.
func (p *parser) is(keyword string) bool {
	if p.at < len(p.words) && strings.EqualFold(p.words[p.at], keyword) {
		p.at++
		return true
	}
	return false
}

func (p *parser) next() string {
	if p.at >= len(p.words) {
		return ""
	}
	p.at++
	return p.words[p.at-1]
}

var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

func (p *parser) names() ([]string, error) {
	var found []string
	for {
		n := p.next()
		if !name.MatchString(n) {
			return nil, malformed("unexpected token: %q", n)
		}
		found = append(found, n)
		if !p.is(",") {
			return found, nil
		}
	}
}

func (p *parser) statement() (statement, error) {
	var s statement
	var err error
	if !p.is("SELECT") {
		return s, malformed("a query begins with SELECT")
	}
	if p.at+2 < len(p.words) && p.is("COUNT") {
		if s.count = p.is("(") && p.is(")"); !s.count {
			return s, malformed("unexpected token: %q", p.next())
		}
	} else if s.fields, err = p.names(); err != nil {
		return s, err
	}
	if !p.is("FROM") {
		return s, malformed("unexpected token: %q, expecting FROM", p.next())
	}
	if s.object = p.next(); !name.MatchString(s.object) {
		return s, malformed("unexpected token: %q", s.object)
	}
	if p.is("WHERE") {
		if s.where, err = p.condition(); err != nil {
			return s, err
		}
	}
	if p.is("ORDER") {
		if !p.is("BY") {
			return s, malformed("unexpected token: %q, expecting BY", p.next())
		}
		if s.order, err = p.names(); err != nil {
			return s, err
		}
		p.is("ASC")
	}
	if p.is("LIMIT") {
		if s.limit, err = strconv.Atoi(p.next()); err != nil || s.limit < 1 {
			return s, malformed("LIMIT wants a number")
		}
	}
	if p.at < len(p.words) {
		return s, malformed("unexpected token: %q", p.words[p.at])
	}
	return s, nil
}

// condition reads comparisons joined by AND, or by OR; a mix of the two wants parentheses, as it does at the vendor.
func (p *parser) condition() (condition, error) {
	first, err := p.operand()
	if err != nil {
		return nil, err
	}
	joined := []condition{first}
	joint := ""
	for {
		switch {
		case joint != "OR" && p.is("AND"):
			joint = "AND"
		case joint != "AND" && p.is("OR"):
			joint = "OR"
		case p.at < len(p.words) && (strings.EqualFold(p.words[p.at], "AND") || strings.EqualFold(p.words[p.at], "OR")):
			return nil, malformed("unexpected token: %q", p.words[p.at])
		case joint == "OR":
			return some(joined), nil
		default:
			return all(joined), nil
		}
		one, err := p.operand()
		if err != nil {
			return nil, err
		}
		joined = append(joined, one)
	}
}

func (p *parser) operand() (condition, error) {
	if p.is("(") {
		c, err := p.condition()
		if err == nil && !p.is(")") {
			err = malformed("unexpected token: %q, expecting )", p.next())
		}
		return c, err
	}
	c := &comparison{field: p.next(), operator: strings.ToUpper(p.next())}
	if !name.MatchString(c.field) {
		return nil, malformed("unexpected token: %q", c.field)
	}
	switch c.operator {
	case "=", "!=", "<", "<=", ">", ">=", "LIKE":
		v, err := literal(p.next())
		c.values = []any{v}
		return c, err
	case "IN":
		if !p.is("(") {
			return nil, malformed("unexpected token: %q, expecting (", p.next())
		}
		for {
			v, err := literal(p.next())
			if err != nil {
				return nil, err
			}
			c.values = append(c.values, v)
			if p.is(")") {
				return c, nil
			}
			if !p.is(",") {
				return nil, malformed("unexpected token: %q", p.next())
			}
		}
	}
	return nil, malformed("unexpected token: %q", c.operator)
}

var escapes = regexp.MustCompile(`\\(.)`)

// literal reads a value: texts are in quotes, times are not. In a pattern an escaped sign of patterns stays escaped.
func literal(text string) (any, error) {
	if len(text) >= 2 && text[0] == '\'' {
		return escapes.ReplaceAllStringFunc(text[1:len(text)-1], func(e string) string {
			switch e[1] {
			case 'n':
				return "\n"
			case 'r':
				return "\r"
			case 't':
				return "\t"
			case '%', '_':
				return e
			}
			return e[1:]
		}), nil
	}
	switch strings.ToLower(text) {
	case "null":
		return nil, nil //nolint:nilnil // it is a value
	case "true", "false":
		return strings.EqualFold(text, "true"), nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return nil, malformed("unexpected token: %q", text)
}
