package declared

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// item is what the expressions of these tests see.
var item = map[string]any{
	"name": "Ada", "blank": "", "n": 7, "id": 9007199254740993, "big": strings.Repeat("x", 100_000), "at": "2026-03-01T10:00:00+02:00", "never": "0001-01-01T00:00:00Z",
	"list": []any{map[string]any{"kind": "a", "v": "1"}, map[string]any{"kind": "b", "v": "2"}}, "many": make([]any, 10_000), "deep": map[string]any{"er": map[string]any{"x": 1.5}},
}

func evaluated(t *testing.T, text string) (any, error) {
	t.Helper()
	e := &expression{text: text, line: 3}
	if err := e.compile(seesItem); err != nil {
		return nil, err
	}
	return e.eval(newScope(map[string]any{"item": item}))
}

func TestExpressions(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]any{
		`item.name`: "Ada", `item.none`: nil, `item.none.at.all`: nil, `item.deep.er.x`: 1.5, `item.list[1].v`: "2", `item.list[-1].v`: "2", `item.list[7].v`: nil,
		`item["name"]`: "Ada", `text(item.id)`: "9007199254740993", `text(item.deep.er.x)`: "1.5", `text(nil)`: "", `item.name + " L"`: "Ada L", `item.n + 1`: 8,
		`join([item.name, item.blank, "L"], " ")`: "Ada L", `either(item.blank, item.none, 0, item.name)`: "Ada", `upper(item.name)`: "ADA",
		`map(filter(item.list, .kind == "b"), .v)`: []any{"2"}, `map(item.none, .v)`: []any{}, `len(item.none)`: 0, `first(item.list).v`: "1", `item.n > 5 ? "much" : "little"`: "much",
		`time(item.at)`: at, `time(item.never)`: nil, `time(item.blank)`: nil, `unix(1772352000)`: at, `millis("1772352000000")`: at, `unix(0)`: nil, `unix(nil)`: nil,
		`toUnix(item.at)`: 1772352000, `toMillis(time(item.at))`: 1772352000000, `toDate(item.at)`: "2026-03-01", `toRFC3339(item.at)`: "2026-03-01T08:00:00Z", `toUnix(nil)`: nil,
		`unix(" ")`: nil, `number(" 12.5 ")`: 12.5, `number("x")`: nil, `split("a, b,,c", ",")`: []any{"a", "b", "c"}, `replace("a-b", "-", " ")`: "a b", `trim(" a ")`: "a",
		`json({"must": [item.n]})`: `{"must":[7]}`, `item.name matches "^A"`: true, `item.none ?? "x"`: "x", `item.name contains "d"`: true,
	} {
		got, err := evaluated(t, text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

// TestWhatAValueIsAs puts values into the places of a record: what is nothing leaves one empty, and what is of another kind is told and left out.
func TestWhatAValueIsAs(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		place, value, want any
		says               string
	}{
		{new(string), 7, "7", ""}, {new(string), nil, "", ""}, {new(string), []any{"a"}, "", "a list is no text"},
		{new(time.Time), at, at, ""}, {new(time.Time), nil, time.Time{}, ""}, {new(time.Time), "soon", time.Time{}, "a time has a form that is not known"},
		{new(wire), at, wire("2026-03-01T08:00:00.000Z"), ""}, {new(wire), nil, wire(""), ""}, {new(wire), 7, wire(""), "a number is no time: unix(...) or millis(...) says what it counts"},
		{new(bool), true, true, ""}, {new(bool), nil, false, ""}, {new(bool), 7, false, "a number is neither true nor false"}, {new(bool), "yes", false, "a text is neither true nor false"},
		{new(*bool), false, new(bool), ""}, {new(*bool), nil, (*bool)(nil), ""}, {new(*bool), []any{}, new(bool), "a list is neither true nor false"},
		{new(*float64), "1.5", new(1.5), ""}, {new(*float64), 2, new(2.0), ""}, {new(*float64), "soon", (*float64)(nil), ""}, {new(*float64), nil, (*float64)(nil), ""},
		{new([]string), []any{"a", "", 7, nil}, []string{"a", "7"}, ""}, {new([]string), "a", []string{"a"}, ""}, {new([]string), nil, []string(nil), ""},
		{new([]string), []any{"a", []any{"b"}}, []string(nil), "a list is no text"}, {new([]string), map[string]any{}, []string(nil), "an object is no text"},
	} {
		err := put(test.place, test.value)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if diff := cmp.Diff(test.want, reflect.ValueOf(test.place).Elem().Interface()); diff != "" || said != test.says {
			t.Errorf("%v as a %T: it says %q, and not %q: %s", test.value, test.want, said, test.says, diff)
		}
	}
}

// TestWholeNumbersStayAsTheyAre reads ids that no integer of 64 bits and no float can hold: as floats both would be one.
func TestWholeNumbersStayAsTheyAre(t *testing.T) {
	var v jsonValue
	if err := v.UnmarshalJSON([]byte(`[18446744073709551614, 18446744073709551615, 9223372036854775807, -7, 1.50, 1e3]`)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"18446744073709551614", "18446744073709551615", "9223372036854775807", "-7", "1.5", "1000"} {
		if got, err := textOf(member(v.value, i)); err != nil || got != want {
			t.Errorf("%q, and not %q: %v", got, want, err)
		}
	}
}

// TestBracesWithinTexts has templates whose expressions have braces and quotes in texts.
func TestBracesWithinTexts(t *testing.T) {
	for text, want := range map[string]string{`${"}"}`: `"}"`, `${replace(id, "\"", "}")}`: `replace(id, "\"", "}")`, "${replace(id, `\\`, '}')}": "replace(id, `\\`, '}')", `${json({"a": 1})}`: `json({"a": 1})`} {
		end := closing(text[2:])
		if end < 0 || text[2:2+end] != want {
			t.Errorf("%s ends at %d", text, end)
		}
	}
}

// TestExpressionsAreBounded holds that an expression neither reaches outside nor makes much of little: it is refused as it is
// read, or ends as it is evaluated.
func TestExpressionsAreBounded(t *testing.T) {
	for text, want := range map[string]string{
		`$env.item`: "cannot be used", `1..1000000000`: "cannot be used", `2 ** 99999999`: "cannot be used", `repeat(item.big, 100000)`: "repeat", `reduce(item.many, #acc + #acc, "x")`: "reduce",
		`map(item.many, map(item.many, #))`: "within another", `item.name.Format("x")`: "no functions of their own", `now.AddDate(1, 0, 0)`: "no functions of their own",
		`fromJSON(item.big)`: "fromJSON", `item.name matches item.big`: "has to stand in the expression", `groupBy(item.many, #)`: "groupBy", `toJSON(item)`: "toJSON",
		strings.Repeat("1 + ", 300) + "1": "nodes", `map(item.many, item.big + "x")`: "more than 1 MiB", `join(map(item.many, item.big), "")`: "a text has more than 1 MiB",
		`join(item.many, item.big)`: "", `join(map(item.many, "x"), item.big)`: "a text has more than 1 MiB", `replace(item.big, "x", item.big)`: "a text has more than 1 MiB", `map(item.many, upper(item.big))`: "more than 1 MiB",
		`let a = item.big + item.big; let b = a + a; let c = b + b; let d = c + c; d + d`: "more than 1 MiB", `map(item.many, [#, #, #, #, #, #, #, #, #, #, #])`: "memory",
		`map(item.many, json(item))`: "more than 1 MiB", `item.name.x`: "a text has no parts", `unix(item.list)`: "a list is no count", `millis("yesterday")`: "a text is no count", `unix(1e300)`: "beyond the calendar", `unix(0.0 / 0.0)`: "beyond the calendar",
		`json({"a": 0.0 / 0.0})`: "cannot be written as JSON", `time(7)`: "a number is no time", `text(item.list)`: "a list is no text", `lower()`: "takes 1 argument", `replace("a", "", "b")`: "cannot be replaced", `list(1, 2)`: "",
	} {
		got, err := evaluated(t, text)
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, and not %q", text, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: %v does not name the line", text, err)
		}
		if s, ok := got.(string); ok && len(s) > maxMade {
			t.Errorf("%s made %d bytes", text, len(s))
		}
	}
}

// TestPartsOfThings takes parts by their names and their numbers, and refuses those that are named by something else.
func TestPartsOfThings(t *testing.T) {
	object, texts, list := map[string]any{"a": 1}, map[string]string{"a": "1"}, []any{"x", "y"}
	for _, test := range []struct {
		of, key, want any
		says          string
	}{
		{nil, "a", nil, ""}, {nil, 0, nil, ""},
		{object, "a", 1, ""}, {object, "b", nil, ""}, {object, 0, nil, "a part of an object is named by a text"},
		{texts, "a", "1", ""}, {texts, "b", nil, ""}, {texts, 0, nil, "a part of an object is named by a text"},
		{list, 0, "x", ""}, {list, 1, "y", ""}, {list, -2, "x", ""}, {list, 2, nil, ""}, {list, -3, nil, ""}, {list, "a", nil, "a part of a list is named by a number"},
		{"Ada", "a", nil, "a text has no parts"},
	} {
		var said any
		got := func() (got any) {
			defer func() { said = recover() }()
			return member(test.of, test.key)
		}()
		if got != test.want || (said == nil) != (test.says == "") || said != nil && said != test.says {
			t.Errorf("%v of %v is %v: %v", test.key, test.of, got, said)
		}
	}
}

// TestWhatValuesWeigh counts the texts of a value, those that name its parts too, and a little for each part.
func TestWhatValuesWeigh(t *testing.T) {
	for _, test := range []struct {
		value any
		want  int
	}{{nil, 8}, {7, 8}, {"Ada", 11}, {[]any{}, 8}, {[]any{"Ada", 7}, 8 + 11 + 8}, {map[string]any{"name": "Ada", "n": 7}, 8 + 4 + 11 + 1 + 8}, {[]any{[]any{"Ada"}}, 8 + 8 + 11}} {
		if got := weight(test.value); got != test.want {
			t.Errorf("%v weighs %d, and not %d", test.value, got, test.want)
		}
	}
}

// TestConditionsThatSayNothing takes what the file says where there is no condition, nothing for false, and names the line of what is neither
// true nor false.
func TestConditionsThatSayNothing(t *testing.T) {
	for _, test := range []struct {
		text     string
		standard bool
		want     bool
		says     string
	}{
		{"", true, true, ""}, {"", false, false, ""}, {"item.none", true, false, ""}, {"item.n == 7", false, true, ""}, {"item.n == 8", true, false, ""},
		{"item.n", true, false, "line 3: a number is neither true nor false"}, {"time(7)", true, false, "line 3: "},
	} {
		var e *expression
		if test.text != "" {
			e = &expression{text: test.text, line: 3}
			if err := e.compile(seesItem); err != nil {
				t.Fatal(err)
			}
		}
		is, err := e.isTrue(newScope(map[string]any{"item": item}), test.standard)
		said := ""
		if err != nil {
			said = err.Error()
		}
		if is != test.want || (said == "") != (test.says == "") || !strings.HasPrefix(said, test.says) {
			t.Errorf("%q is %t: %q", test.text, is, said)
		}
	}
}
