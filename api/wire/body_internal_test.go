package wire

import (
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
)

// fuzzed is a body with fields of every kind that bodies of the contract have, at two depths.
type fuzzed struct {
	ID     string            `json:"id" minLength:"1" maxLength:"8"`
	Degree *float64          `json:"degree,omitempty" minimum:"-90" maximum:"90"`
	Count  int64             `json:"count,omitempty"`
	Kind   Optional[string]  `json:"kind" required:"false" enum:"A,B"`
	At     *time.Time        `json:"at,omitempty"`
	Free   Anything          `json:"free,omitempty"` //nolint:modernize // the tag is what is tested
	Names  map[string]string `json:"names,omitempty"`
	List   []fuzzedInner     `json:"list,omitempty" maxItems:"3" nullable:"false"`

	Nested Optional[fuzzedInner] `json:"nested" required:"false"`
}

type fuzzedInner struct {
	ID     string             `json:"id" minLength:"1" maxLength:"8"`
	Degree Optional[float64]  `json:"degree" required:"false" minimum:"-90" maximum:"90"`
	Flag   bool               `json:"flag,omitempty"`
	Deeper Optional[deepest]  `json:"deeper" required:"false"`
	Texts  Optional[[]string] `json:"texts" required:"false"`
}

type deepest struct {
	Kind string `json:"kind" enum:"A,B"`
}

func schemaOf[T any]() (huma.Registry, *huma.Schema) {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	s := huma.SchemaFromType(schemas, reflect.TypeFor[T]())
	boundArrays(schemas, s, map[*huma.Schema]bool{})
	return schemas, s
}

// FuzzBody holds what was validated of any body against what was bound of it: the same leaves, with the same values,
// and nothing else.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","nested":{"id":"b","ID":"c","degree":1,"DEGREE":9999}}`,
		`{"id":"a","list":[{"id":"x","deeper":{"kind":"A","KIND":"HACK"}}],"Nested":{"id":5}}`,
		`{"id":"a","count":1e3,"at":"2026-12-31t23:59:60z","free":{"a":[1,{"b":null}]},"names":{"a":"b"}}`,
		`{"id":"a","nested":null,"kind":null,"degree":-0}`, `{"id":"a","id":"b"}`, `{"id":"\u0000"}`, `[]`, `{"id":"a"} {}`,
		`{"id":"a","nested":{"id":"b","texts":["\ud83d\ude00"]}}`, `{"id":"a","\u006eested":{"id":"q"}}`, "{\"id\":\"a\",\"\xff\":1}",
	} {
		f.Add(seed)
	}
	schemas, schema := schemaOf[fuzzed]()
	f.Fuzz(func(t *testing.T, text string) {
		for _, exact := range []bool{false, true} {
			wrong, err := validateBody(schemas, schema, []byte(text), exact)
			if err != nil || len(wrong) > 0 {
				continue
			}
			var bound fuzzed
			if err := readBody([]byte(text), &bound); err != nil {
				if !strings.Contains(err.Error(), "out of range") { // numbers beyond their type alone
					t.Fatalf("%q was validated and not bound: %v", text, err)
				}
				continue
			}
			var sent any
			if err := jsonv2.Unmarshal([]byte(text), &sent); err != nil {
				t.Fatalf("%q was bound, and is no JSON: %v", text, err)
			}
			written, err := json.Marshal(bound)
			if err != nil {
				t.Fatal(err)
			}
			var read any
			if err := json.Unmarshal(written, &read); err != nil {
				t.Fatal(err)
			}
			compareBound(t, schemas, schema, "", sent, read)
			if again, err := validateBody(schemas, schema, written, false); err != nil || len(again) > 0 {
				t.Fatalf("%q was bound as %s, which is not valid: %v %v", text, written, again, err)
			}
		}
	})
}

// compareBound holds what was bound against what was sent, by the schema, which is the only thing that both go by.
func compareBound(t *testing.T, schemas huma.Registry, s *huma.Schema, at string, sent, bound any) {
	for s.Ref != "" {
		s = schemas.SchemaFromRef(s.Ref)
	}
	fields, isObject := bound.(map[string]any)
	theirs, wasObject := sent.(map[string]any)
	if !isObject || s.Properties == nil || !wasObject {
		list, isList := bound.([]any)
		items, wasList := sent.([]any)
		if isList && wasList && len(list) == len(items) {
			for i := range list {
				compareBound(t, schemas, s.Items, fmt.Sprint(at, "[", i, "]"), items[i], list[i])
			}
			return
		}
		if !sameLeaf(sent, bound) {
			t.Fatalf("%s was sent as %v and bound as %v", at, sent, bound)
		}
		return
	}
	for name, property := range s.Properties {
		compareBound(t, schemas, property, at+"."+name, theirs[name], fields[name])
	}
}

func sameLeaf(sent, bound any) bool {
	if sent == nil || bound == nil {
		empty := func(v any) bool {
			return v == nil || v == false || v == "" || v == 0.0 || reflect.ValueOf(v).Kind() != reflect.Bool && reflect.ValueOf(v).Kind() != reflect.Float64 && reflect.ValueOf(v).Len() == 0
		}
		return empty(sent) && empty(bound)
	}
	if text, ok := sent.(string); ok {
		if at, err := hub.ParseTime(text); err == nil {
			shown, err := hub.ParseTime(fmt.Sprint(bound))
			return err == nil && at.Equal(shown) || text == bound
		}
	}
	if number, ok := sent.(float64); ok {
		return number == bound // -0 and 0 are one
	}
	return reflect.DeepEqual(sent, bound) || fmt.Sprint(sent) == fmt.Sprint(bound)
}

// TestValidationIsBounded gives it bodies that are all wrong: what it says and what it takes stay within bounds.
func TestValidationIsBounded(t *testing.T) {
	type body struct {
		List  []fuzzedInner `json:"list"`
		Texts []string      `json:"texts"`
	}
	schemas, schema := schemaOf[body]()
	for name, text := range map[string]string{
		"a million objects":       `{"list":[` + strings.Repeat(`{},`, 1_000_000) + `{}]}`,
		"a million numbers":       `{"texts":[` + strings.Repeat(`1,`, 1_000_000) + `1]}`,
		"a thousand wrong ones":   `{"list":[` + strings.Repeat(`{"id":5,"degree":"x"},`, 999) + `{}]}`,
		"as many unknown names":   `{` + manyNames(1_000_000) + `}`,
		"unknown names, nested":   `{"x":{` + manyNames(1_000_000) + `}}`,
		"deep":                    strings.Repeat(`{"x":`, 100_000) + `1` + strings.Repeat(`}`, 100_000),
		"deep lists":              `{"texts":` + strings.Repeat(`[`, 9_000),
		"long texts of long keys": `{"list":[` + strings.Repeat(`{"id":"`+strings.Repeat("x", 10_000)+`"},`, 200) + `{}]}`,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		wrong, err := validateBody(schemas, schema, []byte(text), true)
		runtime.ReadMemStats(&after)
		if len(wrong) == 0 && err == nil || len(wrong) > issuesMost {
			t.Errorf("%s: %d things are wrong, %v", name, len(wrong), err)
		}
		issues := make([]Issue, len(wrong))
		for i, one := range wrong {
			detail, _ := one.(huma.ErrorDetailer)
			issues[i] = bindingIssue(detail.ErrorDetail())
		}
		answer, err := json.Marshal(ErrorShape{}.issuesAnswer(issues))
		if err != nil {
			t.Fatal(err)
		}
		if len(answer) > 64<<10 {
			t.Errorf("%s: the answer has %d bytes", name, len(answer))
		}
		// Bytes ever allocated count, not those in use: they do not depend on when garbage is collected.
		if made := after.TotalAlloc - before.TotalAlloc; made > 2*uint64(len(text))+8<<20 {
			t.Errorf("%s: %d bytes were allocated for %d", name, made, len(text))
		}
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return b.String() + `"end":0`
}

// TestIssuesAreBounded says at most a hundred things within 64 KiB, whatever the domain found.
func TestIssuesAreBounded(t *testing.T) {
	var many hub.InvalidError
	for i := range 100_000 {
		many.Issues = append(many.Issues, hub.Issue{Field: fmt.Sprintf("[%d].x", i), Problem: "is wrong", Want: strings.Repeat("y", 1000)})
	}
	for _, shape := range []ErrorShape{{}, ZodErrors(), TextErrors(400)} {
		answer := shape.issuesAnswer(invalidIssues(&many))
		text, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		if plain, ok := answer.(*textError); ok {
			text = []byte(plain.message)
		}
		if len(text) > 64<<10 || !strings.Contains(string(text), "more") {
			t.Errorf("%d bytes: %.200s", len(text), text)
		}
	}
}

// TestSyntaxErrorsEchoNothing breaks a body with a secret at every byte: no answer has a piece of it.
func TestSyntaxErrorsEchoNothing(t *testing.T) {
	schemas, schema := schemaOf[map[string]string]()
	const whole = `{"apiKey":"SECRET1234","accountToken":"SECRET5678","SECRET9999":"x","SECRET9999":"y"}`
	for i := range len(whole) {
		texts := []string{whole[:i], whole[i:]}
		for _, broken := range []string{"?", `\`, `\q`, `\u`, `\u12`, `\ud800`, `\ud800\u`, `\ud800\ud8`, "\xff", "\x00"} {
			texts = append(texts, whole[:i]+broken+whole[i:])
		}
		for _, text := range texts {
			_, err := validateBody(schemas, schema, []byte(text), false)
			if err == nil {
				continue
			}
			if said := bodyError(err).Error(); strings.Contains(said, "SEC") {
				t.Errorf("%s: %s", text, said)
			}
			var bound map[string]string
			if err := readBody([]byte(text), &bound); err != nil && strings.Contains(err.Error(), "SEC") {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}
