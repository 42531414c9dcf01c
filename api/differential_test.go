package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// twins is a server on SQLite and one on PostgreSQL, which are asked the same.
type twins struct {
	sides [2]*world
	// token and user are the same tenant's on both.
	token, user [2]string
	// ids are those that both have given, in the order of their first appearance; at are their places.
	ids [2][]string
	at  [2]map[string]int
}

// TestBothDatabasesAnswerAlike sends the same generated requests to a server on each database, and compares status and
// body. SIROCCO_DIFFERENTIAL is how many, 600 without it; SIROCCO_SEED is the first of their seeds.
func TestBothDatabasesAnswerAlike(t *testing.T) {
	storetest.Needs(t, "postgres")
	storetest.Needs(t, "sqlite")
	count, seed := numberFrom("SIROCCO_DIFFERENTIAL", 600), numberFrom("SIROCCO_SEED", 1)
	tw := &twins{at: [2]map[string]int{{}, {}}}
	for i, database := range []string{storetest.SQLite(t), storetest.Postgres(t)} {
		w := newWorld(t, database)
		tw.sides[i] = w
		o := w.tenant("Acme")
		tw.token[i] = o.group.token
		tw.user[i] = w.user(o, hub.User{FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"}, hub.ScopeWrite).user
		o.token.create("SIRO_CUSTOM_INPUT")
		o.token.create("MERGE")
	}
	g := &generator{rand: rand.New(rand.NewPCG(uint64(seed), 0)), ops: operations(t, tw.sides[0])}
	text := tw.sides[0].client("").do("GET", "/openapi.json", "").body
	if err := json.Unmarshal([]byte(text), &g.doc.root); err != nil {
		t.Fatal(err)
	}
	differences, faults := 0, 0
	for n := range count {
		for _, w := range tw.sides {
			w.clock.advance(time.Second)
		}
		r := g.request(len(tw.ids[0]))
		var answers [2]string
		for i := range tw.sides {
			status, body := tw.ask(t, i, r)
			answers[i] = fmt.Sprintf("%d %s", status, tw.normal(i, body))
			if status >= 500 && status != http.StatusServiceUnavailable || status == http.StatusServiceUnavailable && !strings.Contains(r.path, "/credentials") {
				faults++
				t.Errorf("request %d: %s answered %d: %.500s", n, r, status, body)
			}
		}
		if answers[0] != answers[1] {
			differences++
			if differences <= 10 {
				t.Errorf("request %d: %s\nSQLite:     %.600s\nPostgreSQL: %.600s", n, r, answers[0], answers[1])
			}
		}
	}
	fmt.Printf("differential: %d requests, %d differences, %d answers of 5xx\n", count, differences, faults)
}

func numberFrom(variable string, without int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return without
}

// ask sends a request to one side, with that side's own ids.
func (tw *twins) ask(t *testing.T, i int, r generated) (int, string) {
	t.Helper()
	own := func(s string) string {
		return placeholder.ReplaceAllStringFunc(s, func(p string) string {
			n, _ := strconv.Atoi(strings.Trim(p, "<>"))
			return tw.ids[i][n]
		})
	}
	req, err := http.NewRequest(r.method, tw.sides[i].server.URL+own(r.path), strings.NewReader(own(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.headers {
		req.Header[name] = []string{own(value)}
	}
	if r.user {
		req.Header.Set("x-siro-auth-token", tw.user[i])
	} else {
		req.Header.Set("Authorization", "Bearer "+tw.token[i])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

var (
	placeholder = regexp.MustCompile(`<<\d+>>`)
	// cutID is an id in a text that an error shows the beginning of.
	cutID     = regexp.MustCompile(`[0-9a-f-]{1,35}…`)
	anyID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anySecret = regexp.MustCompile(`sirocco_[A-Za-z0-9_-]{20,}|whsec_[A-Za-z0-9+/=]+|signature=[A-Za-z0-9_-]+|127\.0\.0\.1:\d+|"cursor":"[^"]*"`)
)

// normal is an answer without what is each side's own, and notes the ids that are new in it.
func (tw *twins) normal(i int, body string) string {
	body = cutID.ReplaceAllString(anySecret.ReplaceAllString(body, "OWN"), "OWN…")
	return anyID.ReplaceAllStringFunc(body, func(id string) string {
		n, ok := tw.at[i][id]
		if !ok {
			n = len(tw.ids[i])
			tw.ids[i], tw.at[i][id] = append(tw.ids[i], id), n
		}
		return fmt.Sprintf("<<%d>>", n)
	})
}

// generated is a request, with <<n>> where the nth id goes.
type generated struct {
	method, path, body string
	headers            map[string]string
	user               bool
}

func (r generated) String() string {
	return fmt.Sprintf("%s %.400s %.400s %v", r.method, r.path, r.body, r.headers)
}

// generator makes requests of the document's operations.
type generator struct {
	rand *rand.Rand
	ops  []operation
	doc  document
	ids  int
}

// texts are what is sent where a text goes: the plain, the odd, and what breaks one database or the other.
var texts = []string{
	"a", "b", "Ann", "ann@example.com", "ANN@example.com", "", " ", "a ", "A", "é", "É", "ß", "ẞ", "İ", "ı", "e\u0301", "日本", "😀", "a:b", ":", "a\x1fb", "%", "_", `\`, `'`, `"`, "\n", "\t",
	"NaN", "null", "true", "-1", "1e400", "00000000-0000-0000-0000-000000000000", "\u007f", "\u0080", "\u200b", "\ufeff", "\uffff", "\u2028", "a\u0000b",
	"2026-11-01T00:00:00Z", "2026-11-01t00:00:00.123456789z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-01T00:00:00+24:00", "2026-12-31T23:59:60Z", "1969-12-31T23:59:59Z", "-0001-01-01T00:00:00Z",
	"https://example.com/x", "http://example.com", "audio/mpeg", "audio/x;\n b=c", "+49 30 1234567", strings.Repeat("x", 300), strings.Repeat("é", 600), strings.Repeat("y", 9000),
	noise(300), noise(3000), noise(9000),
}

// noise is a text of so many letters that cannot be made shorter: an index of PostgreSQL takes any text that can.
func noise(n int) string {
	r, text := rand.New(rand.NewPCG(uint64(n), 1)), make([]byte, n)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[r.IntN(64)]
	}
	return string(text)
}

var numbers = []string{"0", "1", "2", "-1", "-0", "1.5", "100", "101", "1000", "1e3", "2147483648", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e300", "1e-300", "0.1", "90.0000001", "-180"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (g *generator) text() string {
	if g.ids > 0 && g.rand.IntN(3) == 0 {
		return fmt.Sprintf("<<%d>>", g.rand.IntN(g.ids))
	}
	if g.rand.IntN(2) == 0 {
		return texts[g.rand.IntN(4)]
	}
	return pick(g.rand, texts)
}

func (g *generator) request(ids int) generated {
	g.ids = ids
	op := pick(g.rand, g.ops)
	r := generated{method: op.method, path: op.path, headers: map[string]string{}, user: surfaceOf(op.doc) == "user"}
	query := url.Values{}
	list, _ := op.doc["parameters"].([]any)
	for _, p := range list {
		p := p.(object)
		name, schema := p["name"].(string), g.doc.resolve(p["schema"].(object))
		value := strings.Trim(g.value(schema, 0), `"`)
		var plain string
		if json.Unmarshal([]byte(g.value(schema, 0)), &plain) == nil {
			value = plain
		}
		switch p["in"] {
		case "path":
			if g.rand.IntN(5) > 0 && g.ids > 0 {
				value = fmt.Sprintf("<<%d>>", g.rand.IntN(g.ids))
			}
			if value == "" || value == "." || value == ".." {
				value = "x"
			}
			escaped := strings.NewReplacer("%3C%3C", "<<", "%3E%3E", ">>").Replace(url.PathEscape(value))
			r.path = strings.ReplaceAll(r.path, "{"+name+"}", escaped)
		case "query":
			if g.rand.IntN(3) == 0 && name != "organizationId" || p["required"] == true {
				query.Set(name, value)
			}
		case "header":
			if g.rand.IntN(4) == 0 && !strings.ContainsFunc(value, unicode.IsControl) {
				r.headers[http.CanonicalHeaderKey(name)] = value
			}
		}
	}
	if len(query) > 0 {
		r.path += "?" + strings.NewReplacer("%3C%3C", "<<", "%3E%3E", ">>").Replace(query.Encode())
	}
	if schema := bodySchema(op.doc["requestBody"]); schema != nil {
		r.body = g.value(schema, 0)
		if g.rand.IntN(20) == 0 && len(r.body) > 2 {
			r.body = r.body[:g.rand.IntN(len(r.body))]
		}
	}
	return r
}

// value is a value for a schema, as JSON; now and then it is another one.
func (g *generator) value(s object, depth int) string {
	s = g.doc.resolve(s)
	if forms, ok := s["anyOf"].([]any); ok {
		return g.value(pick(g.rand, forms).(object), depth)
	}
	kind, null := typeOf(s)
	if null && g.rand.IntN(4) == 0 {
		return "null"
	}
	if g.rand.IntN(25) == 0 {
		kind = pick(g.rand, []string{"string", "integer", "boolean", "array", "null"})
		s = object{}
	}
	switch kind {
	case "object":
		return g.object(s, depth)
	case "array":
		items, _ := s["items"].(object)
		var b bytes.Buffer
		for i := range g.rand.IntN(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(g.value(items, depth+1))
		}
		return "[" + b.String() + "]"
	case "boolean":
		return pick(g.rand, []string{"true", "false"})
	case "integer", "number":
		return pick(g.rand, numbers)
	case "null":
		return "null"
	}
	if enum := enumOf(s); len(enum) > 0 && g.rand.IntN(6) > 0 {
		return strconv.Quote(pick(g.rand, enum))
	}
	if s["format"] == "date-time" && g.rand.IntN(4) > 0 {
		return `"2026-11-0` + strconv.Itoa(1+g.rand.IntN(9)) + `T10:00:00Z"`
	}
	text := &bytes.Buffer{}
	e := json.NewEncoder(text)
	e.SetEscapeHTML(false)
	if err := e.Encode(g.text()); err != nil {
		panic(err)
	}
	return strings.TrimSpace(text.String())
}

func (g *generator) object(s object, depth int) string {
	properties, _ := s["properties"].(object)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !requires(s, name) && (depth > 3 || g.rand.IntN(2) == 0) || g.rand.IntN(40) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, g.value(properties[name].(object), depth+1))
	}
	return "{" + b.String() + "}"
}
