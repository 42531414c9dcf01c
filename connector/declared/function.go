package declared

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// addFunctions gives the scope the functions of the language. A function that cannot do what it is asked for panics with a
// sentence, which the machine of expressions makes an error.
func (s *scope) addFunctions() {
	text := func(v any) string { return s.make(mustText(v)) }
	for name, f := range map[string]func(args ...any) any{
		"member": func(args ...any) any { return member(args[0], args[1]) },
		"add":    func(args ...any) any { return s.add(args[0], args[1]) },
		"list":   func(args ...any) any { return listOf(args[0]) },
		"text":   one(func(v any) any { return text(v) }),
		"lower":  one(func(v any) any { return s.make(strings.ToLower(mustText(v))) }),
		"upper":  one(func(v any) any { return s.make(strings.ToUpper(mustText(v))) }),
		"trim":   one(func(v any) any { return strings.TrimSpace(mustText(v)) }),
		"json":   one(func(v any) any { return s.json(v) }),
		"number": one(number),
		"time":   one(func(v any) any { return timeValue(v) }),
		"unix":   one(func(v any) any { return fromUnix(v, time.Second) }),
		"millis": one(func(v any) any { return fromUnix(v, time.Millisecond) }),

		"toUnix":   one(func(v any) any { return toUnix(v, time.Second) }),
		"toMillis": one(func(v any) any { return toUnix(v, time.Millisecond) }),
		"toRFC3339": one(func(v any) any {
			if at := mustTime(v); !at.IsZero() {
				return at.Format("2006-01-02T15:04:05.999999Z07:00")
			}
			return nil
		}),
		"toDate": one(func(v any) any {
			if at := mustTime(v); !at.IsZero() {
				return at.Format(time.DateOnly)
			}
			return nil
		}),
		"either":  either,
		"split":   func(args ...any) any { return split(args) },
		"join":    func(args ...any) any { return s.join(args) },
		"replace": func(args ...any) any { return s.replace(args) },
	} {
		s.values[name] = f
	}
}

// takes are how many arguments each function has that has a certain number of them.
var takes = map[string]int{
	"member": 2, "add": 2, "list": 1, "text": 1, "lower": 1, "upper": 1, "trim": 1, "json": 1, "number": 1, "time": 1, "unix": 1, "millis": 1,
	"toUnix": 1, "toMillis": 1, "toRFC3339": 1, "toDate": 1, "split": 2, "join": 2, "replace": 3,
}

// arguments says how many there are.
func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// one is a function of one argument.
func one(f func(any) any) func(args ...any) any {
	return func(args ...any) any {
		need(args, 1)
		return f(args[0])
	}
}

func need(args []any, n int) {
	if len(args) != n {
		panic(fmt.Sprintf("the function takes %s, not %d", arguments(n), len(args)))
	}
}

// make counts text that was made, and ends what makes too much of it.
func (s *scope) make(made string) string {
	if s.made += len(made); s.made > maxMade {
		panic("the expressions of one item make more than 1 MiB of text")
	}
	return made
}

// member is a part of an object or a list; nil where there is none.
func member(of, key any) any {
	switch of := of.(type) {
	case nil:
		return nil
	case map[string]any:
		name, ok := key.(string)
		if !ok {
			panic("a part of an object is named by a text")
		}
		return of[name]
	case map[string]string:
		name, ok := key.(string)
		if !ok {
			panic("a part of an object is named by a text")
		}
		if value, ok := of[name]; ok {
			return value
		}
		return nil
	case []any:
		i, ok := key.(int)
		if !ok {
			panic("a part of a list is named by a number")
		}
		if i < 0 {
			i += len(of)
		}
		if i < 0 || i >= len(of) {
			return nil
		}
		return of[i]
	}
	panic(kind(of) + " has no parts")
}

// kind is what a value is, for people.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
	case int, float64:
		return "a number"
	case bool:
		return "true or false"
	case time.Time:
		return "a time"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "something else"
}

func (s *scope) add(a, b any) any {
	if x, ok := a.(int); ok {
		if y, ok := b.(int); ok {
			return x + y
		}
	}
	x, isNumber := float(a)
	y, alsoNumber := float(b)
	if isNumber && alsoNumber {
		return x + y
	}
	return s.make(mustText(a) + mustText(b))
}

func float(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// listOf is v, and an empty list where there is none.
func listOf(v any) any {
	if v == nil {
		return []any{}
	}
	return v
}

// mustText is a value as text: nothing is empty.
func mustText(v any) string {
	text, err := textOf(v)
	if err != nil {
		panic(err.Error())
	}
	return text
}

// textOf is a value as text: a number as it is written, a time in RFC 3339, nothing as no text.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	case time.Time:
		return hub.WireTime(v), nil
	}
	return "", fmt.Errorf("%s is no text", kind(v))
}

// number is a text as a number; nothing where it is none.
func number(v any) any {
	text, ok := v.(string)
	if !ok {
		if _, is := float(v); is {
			return v
		}
		return nil
	}
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && hub.IsFinite(f) {
		return f
	}
	return nil
}

// timeValue is a text as a time; nothing where it is empty, or says that there is none as vendors do, by the year 1.
func timeValue(v any) any {
	at := mustTime(v)
	if at.IsZero() {
		return nil
	}
	return at
}

// mustTime is a value as a time; the zero time for nothing.
func mustTime(v any) time.Time {
	at, err := timeOf(v)
	if err != nil {
		panic(err.Error())
	}
	return at
}

// timeOf is a value as a time. A number is none: whether it counts seconds the file has to say.
func timeOf(v any) (time.Time, error) {
	switch v := v.(type) {
	case nil:
		return time.Time{}, nil
	case time.Time:
		return v, nil
	case string:
		if strings.TrimSpace(v) == "" {
			return time.Time{}, nil
		}
		at, err := connector.ParseTime(v)
		if err == nil && at.Year() <= 1 {
			return time.Time{}, nil
		}
		return at, err
	case int, float64:
		return time.Time{}, fmt.Errorf("a number is no time: unix(...) or millis(...) says what it counts")
	}
	return time.Time{}, fmt.Errorf("%s is no time", kind(v))
}

// maxUnix is the last second of the year 9999.
const maxUnix = 253402300799

// fromUnix is a count of units since 1970 as a time; nothing for 0, as vendors say that there is none.
func fromUnix(v any, unit time.Duration) any {
	if text, ok := v.(string); ok {
		if v = number(text); v == nil && strings.TrimSpace(text) != "" {
			panic("a text is no count of seconds")
		}
	}
	n, ok := float(v)
	switch {
	case v == nil || n == 0 && ok:
		return nil
	case !ok:
		panic(kind(v) + " is no count of seconds")
	}
	perSecond := float64(time.Second / unit)
	if !(n >= 0 && n/perSecond <= maxUnix) {
		panic("a count of seconds is beyond the calendar")
	}
	if whole, ok := v.(int); ok && unit == time.Millisecond {
		return time.UnixMilli(int64(whole)).UTC()
	} else if ok {
		return time.Unix(int64(whole), 0).UTC()
	}
	seconds, fraction := math.Modf(n / perSecond)
	return time.Unix(int64(seconds), int64(fraction*1e6)*1000).UTC()
}

// toUnix is the time as a count of whole units since 1970; nothing for none.
func toUnix(v any, unit time.Duration) any {
	at := mustTime(v)
	switch {
	case at.IsZero():
		return nil
	case unit == time.Millisecond:
		return int(at.UnixMilli())
	}
	return int(at.Unix())
}

// either is the first of the values that says something: neither nothing, an empty text, 0 nor false.
func either(args ...any) any {
	for _, v := range args {
		switch v {
		case nil, "", 0, 0.0, false:
		default:
			return v
		}
	}
	return nil
}

// split is the parts of a text between separators, without white space around them and without empty ones.
func split(args []any) any {
	need(args, 2)
	parts := []any{}
	for part := range strings.SplitSeq(mustText(args[0]), mustText(args[1])) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) > maxElements {
		panic("a text has too many parts")
	}
	return parts
}

// join is the texts of a list with a separator between them, without empty ones.
func (s *scope) join(args []any) any {
	need(args, 2)
	items, ok := listOf(args[0]).([]any)
	if !ok {
		panic(kind(args[0]) + " is no list")
	}
	var parts []string
	size := 0
	for _, item := range items {
		part := strings.TrimSpace(mustText(item))
		if size += len(part); size > maxMade {
			panic("a text has more than 1 MiB")
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	between := mustText(args[1])
	if size+len(parts)*len(between) > maxMade {
		panic("a text has more than 1 MiB")
	}
	return s.make(strings.Join(parts, between))
}

// replace is a text with another in the place of each that is named.
func (s *scope) replace(args []any) any {
	need(args, 3)
	text, old, by := mustText(args[0]), mustText(args[1]), mustText(args[2])
	if old == "" {
		panic("nothing cannot be replaced")
	}
	if strings.Count(text, old)*len(by) > maxMade {
		panic("a text has more than 1 MiB")
	}
	return s.make(strings.ReplaceAll(text, old, by))
}

func (s *scope) json(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(kind(v) + " cannot be written as JSON")
	}
	return s.make(string(text))
}
