package declared_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/declared"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/simulator/invented"
)

// against is the connector of a file, changed at some places, and a session with a handler that stands for its vendor.
func against(t *testing.T, file string, h http.Handler, changes ...string) (connector.Connector, *connector.Session) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := declared.Parse(file, []byte(strings.NewReplacer(changes...).Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	values := map[string]string{"baseURL": server.URL + "/api", "apiKey": "s3cret-key", "user": "u", "password": "s3cret-word"}
	return p.Connector(), &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now}
}

// people answers with a list of as many users, in pages of most, whatever is asked for.
func people(n, most int, of func(r *http.Request) int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		items := []map[string]any{}
		for i := of(r); i < n && len(items) < most; i++ {
			items = append(items, map[string]any{"id": 1000 + i, "changed": 1772352000000 + i, "mail": "x@example.com"})
		}
		answer(w, map[string]any{"items": items})
	}
}

func answer(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}

// read reads a model to its end.
func read(t *testing.T, c connector.Connector, s *connector.Session, m hub.Model) (map[string]hub.Record, error) {
	t.Helper()
	found := map[string]hub.Record{}
	q := connector.Query{Model: m, Limit: 50}
	for range 300 {
		page, err := c.Fetch(t.Context(), s, q)
		if err != nil {
			return found, err
		}
		for _, r := range page.Records {
			found[r.ExternalID] = r
		}
		if !page.More {
			return found, nil
		}
		q.Next = page.Next
	}
	t.Fatal("its pages never end")
	return nil, nil
}

// TestAShortPageIsNotTheLast reads from vendors that give fewer rows than they are asked for.
func TestAShortPageIsNotTheLast(t *testing.T) {
	number := func(r *http.Request, name string) int {
		n, _ := strconv.Atoi(r.URL.Query().Get(name))
		return n
	}
	for _, test := range []struct {
		file    string
		at      func(*http.Request) int
		changes []string
	}{
		{"number", func(r *http.Request) int { return (number(r, "page") - 1) * 7 }, []string{"time(item.changed)", "millis(item.changed)"}},
		{"offset", func(r *http.Request) int { return number(r, "offset") }, []string{"  order: modified\n", ""}},
	} {
		c, s := against(t, test.file, people(100, 7, test.at), test.changes...)
		if found, err := read(t, c, s, hub.ModelUser); err != nil || len(found) != 100 {
			t.Errorf("%s: of 100 rows %d were read: %v", test.file, len(found), err)
		}
	}
}

// TestARowThatMovesBackIsRead deletes a row of a page that was read, before the next one is.
func TestARowThatMovesBackIsRead(t *testing.T) {
	for file, changes := range map[string][]string{"number": {"time(item.changed)", "millis(item.changed)"}, "offset": {"  order: modified\n", ""}} {
		gone := 0
		c, s := against(t, file, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			page, _ := strconv.Atoi(q.Get("page"))
			offset, _ := strconv.Atoi(q.Get("offset"))
			if page > 0 {
				offset = (page - 1) * 50
			}
			if offset > 0 {
				gone = 2
			}
			people(120-gone, 50, func(*http.Request) int { return offset })(&shift{w, gone}, r)
		}), changes...)
		found, err := read(t, c, s, hub.ModelUser)
		if err != nil {
			t.Fatal(err)
		}
		for i := gone; i < 120; i++ {
			if _, ok := found[strconv.Itoa(1000+i)]; !ok {
				t.Errorf("%s: row %d is missing", file, i)
			}
		}
	}
}

// shift adds to the ids of an answer, as where the first rows are gone.
type shift struct {
	http.ResponseWriter
	by int
}

// Write implements io.Writer.
func (s *shift) Write(b []byte) (int, error) {
	var v struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return 0, err
	}
	for _, item := range v.Items {
		item["id"] = item["id"].(float64) + float64(s.by)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	if _, err := s.ResponseWriter.Write(text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// TestWhatIsLeftOutHasAnID leaves items out by what the file says, unless they have no id that can be read: then they may be any,
// and what was asked for by its id is not gone.
func TestWhatIsLeftOutHasAnID(t *testing.T) {
	one := `{}`
	c, s := against(t, "offset", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path != "/api/meetings":
			_, _ = w.Write([]byte(one))
		case r.URL.Query().Get("offset") == "0":
			_, _ = w.Write([]byte(`{"items":[{"id":1,"title":"A visit","begins":1772352000000},{"id":2,"title":"To do"},{},null,{"id":true}]}`))
		default:
			_, _ = w.Write([]byte(`{"items":[]}`))
		}
	}), "    path: /meetings\n", "    path: /meetings\n    keep: item.begins != nil\n")
	page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 50})
	if err != nil || len(page.Records) != 1 || len(page.Passed) != 1 || len(page.Rejected) != 3 {
		t.Errorf("%+v %v", page, err)
	}
	finder, _ := c.(connector.Finder)
	for _, test := range []struct {
		answer string
		gone   bool
	}{{`{}`, false}, {`null`, false}, {`[]`, false}, {`{"id":3,"title":"Another"}`, false}, {`{"id":2,"title":"To do"}`, true}} {
		one = test.answer
		page, err := finder.Find(t.Context(), s, hub.ModelEngagement, []string{"2"})
		if gone := err == nil && len(page.Records) == 0 && len(page.Rejected) == 0; gone != test.gone {
			t.Errorf("%s: gone %v, %+v %v", test.answer, gone, page, err)
		}
	}
}

// TestAListThatIsNotInItsOrder holds that a vendor that ignores what it is asked for is told of, and not read for ever.
func TestAListThatIsNotInItsOrder(t *testing.T) {
	c, s := against(t, "offset", people(100, 50, func(*http.Request) int { return 0 }))
	q := connector.Query{Model: hub.ModelUser, Limit: 50, Since: time.Now()}
	if _, err := c.Fetch(t.Context(), s, q); !connector.IsKind(err, connector.Malformed) {
		t.Errorf("a list of what changed long ago: %v", err)
	}
}

// TestAListThatFalls holds that a vendor which ignores the order that it is asked for is told of: what is older than its first page
// would never be read, and count as gone.
func TestAListThatFalls(t *testing.T) {
	c, s := against(t, "offset", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		items := []map[string]any{}
		for i := offset; i < 100 && len(items) < 50; i++ {
			items = append(items, map[string]any{"id": 1000 + i, "changed": 1772352000000 - i, "mail": "x@example.com"})
		}
		answer(w, map[string]any{"items": items})
	}))
	found, err := read(t, c, s, hub.ModelUser)
	if !connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), "a page ends with what changed before it begins: the list is not in the order of change") || len(found) != 0 {
		t.Errorf("%d of 100 rows were read: %v", len(found), err)
	}
}

// TestMoreWithoutAWhere has vendors that say that there is more, and do not say where; some that say nothing of it, where there is none; and one
// whose page is empty and not the last.
func TestMoreWithoutAWhere(t *testing.T) {
	for _, test := range []struct {
		file    string
		answer  map[string]any
		changes []string
		want    string
	}{
		{"cursor", map[string]any{"items": []any{}, "more": true, "cursor": nil}, []string{"  next: answer.cursor\n", "  next: answer.cursor\n  more: answer.more\n"}, "says that there is more, but not where"},
		{"link", map[string]any{"items": []any{}, "more": true}, []string{"  kind: link\n", "  kind: link\n  more: answer.more\n", "items: answer\n", "items: answer.items\n"}, "says that there is more, but not where"},
		{"offset", map[string]any{"items": []any{}, "more": true}, []string{"  order: modified\n", "  more: answer.more\n"}, "says that there is more, but not where"},
		{"cursor", map[string]any{"items": []any{}, "more": false, "cursor": "x"}, []string{"  next: answer.cursor\n", "  next: answer.cursor\n  more: answer.more\n"}, ""},
		{"cursor", map[string]any{"items": []any{}}, []string{"  next: answer.cursor\n", "  next: answer.cursor\n  more: answer.more\n"}, ""},
		{"cursor", map[string]any{"items": []any{}, "cursor": "x"}, []string{"  next: answer.cursor\n", "  next: answer.cursor\n  more: answer.more\n"}, ""},
	} {
		c, s := against(t, test.file, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, test.answer) }), test.changes...)
		page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 10})
		if test.want == "" && (err != nil || page.More) || test.want != "" && (!connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, and there is more: %t", test.file, err, page.More)
		}
	}
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		items := []any{}
		if r.URL.Query().Get("page") == "3" {
			items = append(items, map[string]any{"id": 7, "mail": "x@example.com"})
		}
		answer(w, map[string]any{"items": items, "more": r.URL.Query().Get("page") < "3"})
	}), "  parameter: page\n", "  parameter: page\n  more: answer.more\n")
	if found, err := read(t, c, s, hub.ModelUser); err != nil || len(found) != 1 {
		t.Errorf("behind empty pages %d rows were read: %v", len(found), err)
	}
}

// TestLinksAsPeopleWriteThem reads the header Link as RFC 8288 allows it.
func TestLinksAsPeopleWriteThem(t *testing.T) {
	for header, want := range map[string]string{
		`</api/people?fields=id,name&page=2>; rel="next"`:                                   "fields=id%2Cname&page=2",
		`</api/people?page=1>; rel="prev", </api/people?ids=1,2;3>; title="a, b"; rel=next`: "ids=1%2C2%3B3",
		`</api/people?page=9>; rel="last next"`:                                             "page=9",
		`</api/people?page=9>; title="rel=next; no"; REL = "Next"`:                          "page=9",
		`</api/people?page=9>; rel="prev"; rel="next"`:                                      "",
		`</api/people?page=9>; title="a \"quoted\" <one>, "; rel="last"`:                    "",
		`</api/people?page=9>; title="a \"b\" c"; rel="next"`:                               "page=9",
		`</api/people?page=9>; title="a\"; rel=next; b=\""; rel="last"`:                     "",
		`</api/people?page=9`: "",
	} {
		c, s := against(t, "link", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", header)
			answer(w, []map[string]any{{"id": "a", "changed": "2026-03-01T00:00:00Z"}})
		}))
		page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 10})
		if err != nil || page.More != (want != "") || !strings.Contains(strings.ReplaceAll(page.Next, `\u0026`, "&"), want) {
			t.Errorf("%s goes on at %q: %v", header, page.Next, err)
		}
	}
}

// TestLinksLeadNowhereElse holds that no credentials go to where a vendor's answer points, and that none is kept with a place.
func TestLinksLeadNowhereElse(t *testing.T) {
	var link string
	asked := 0
	c, s := against(t, "link", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.URL.Query().Get("key") != "s3cret-key" {
			t.Errorf("%s is asked without the key", r.URL)
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, link))
		answer(w, []map[string]any{{"id": "a", "changed": "2026-03-01T00:00:00Z"}})
	}))
	for _, away := range []string{"https://elsewhere.example/api/people?x=1", "//elsewhere.example/api/people", "/other/people", "/api/../admin", "http://u:p@" + strings.TrimPrefix(s.Values["baseURL"], "http://"), "ftp://x/api/y", "http://[::1", "/api/" + strings.Repeat("x", 9000)} {
		link, asked = away, 0
		if _, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 10}); !connector.IsKind(err, connector.Malformed) || asked != 1 {
			t.Errorf("a link to %.60s: %v, after %d requests", away, err, asked)
		}
	}
	link = s.Values["baseURL"] + "/people?cursor=7&key=s3cret-key"
	page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 10})
	if err != nil || !page.More || strings.Contains(page.Next, "s3cret") || !strings.Contains(page.Next, "cursor=7") {
		t.Errorf("a good link: %+v %v", page, err)
	}
	for _, forged := range []string{`{"link":"//elsewhere.example/api"}`, `{"link":"/../../admin"}`} {
		asked = 0
		_, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 10, Next: forged})
		if err == nil && asked == 0 {
			t.Errorf("the place %s went elsewhere", forged)
		}
	}
}

// TestIdsStayWithinTheirPath asks for records whose ids would lead elsewhere.
func TestIdsStayWithinTheirPath(t *testing.T) {
	var paths []string
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.EscapedPath())
		http.NotFound(w, r)
	}))
	finder := c.(connector.Finder)
	for id, want := range map[string]string{"..": "", ".": "", "": "", "../../admin": "/api/people/..%2F..%2Fadmin", "a?b=c": "/api/people/a%3Fb=c", "a b": "/api/people/a%20b"} {
		paths = nil
		_, err := finder.Find(t.Context(), s, hub.ModelUser, []string{id})
		if want == "" && (!connector.IsKind(err, connector.Refused) || len(paths) > 0) || want != "" && (err != nil || len(paths) != 1 || paths[0] != want) {
			t.Errorf("%q asks for %q: %v", id, paths, err)
		}
	}
}

// TestRecordURL fills a record's page with its id, the account and settings; where one of them has no value there is none.
func TestRecordURL(t *testing.T) {
	people := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		item := map[string]any{"id": "a/b", "mail": "a@example.com"}
		if strings.Contains(r.URL.Path, "/people/") {
			answer(w, item)
			return
		}
		answer(w, map[string]any{"items": []any{item}})
	})
	c, s := against(t, "number", people, "    find: {path: \"/people/${id}\"}\n", "    find: {path: \"/people/${id}\"}\n    url: https://${account}.invented.example/#/people/${id}\n",
		"  kind: number\n  parameter: page\n  size: {parameter: limit, most: 50}", "  kind: none")
	for account, want := range map[string]string{"acme": "https://acme.invented.example/#/people/a%2Fb", "": ""} {
		s.ExternalAccountID = account
		page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50})
		found, foundErr := c.(connector.Finder).Find(t.Context(), s, hub.ModelUser, []string{"a/b"})
		if err != nil || foundErr != nil || len(page.Records) != 1 || len(found.Records) != 1 {
			t.Fatal(page, err, found, foundErr)
		}
		if listed, alone := page.Records[0].Details.URL, found.Records[0].Details.URL; listed != want || alone != want {
			t.Errorf("of the account %q: %q in the list, %q alone", account, listed, alone)
		}
	}
}

// TestAListLookedUpAgainIsListed asks for users of whom there is one list: that it lacks one says no more than the reading did.
func TestAListLookedUpAgainIsListed(t *testing.T) {
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"items": []any{map[string]any{"id": 1}, map[string]any{"id": 2}}})
	}), "  kind: number\n  parameter: page\n  size: {parameter: limit, most: 50}", "  kind: none", "    find: {path: \"/people/${id}\"}\n", "")
	page, err := c.(connector.Finder).Find(t.Context(), s, hub.ModelUser, []string{"2", "3"})
	if err != nil || !page.Listed || len(page.Records) != 1 || page.Records[0].ExternalID != "2" {
		t.Errorf("%+v %v", page, err)
	}
}

// TestItemsAreBounded holds that an item which is too large, or which an expression fails on, keeps no other from coming.
func TestItemsAreBounded(t *testing.T) {
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"items": []any{
			map[string]any{"id": 1, "mail": "a@example.com"}, map[string]any{"id": 2, "mail": strings.Repeat("x", 2<<20)}, map[string]any{"id": 3, "mail": []int{1}},
			"a text", nil, map[string]any{"mail": "nobody@example.com"}, map[string]any{"id": 9007199254740993, "changed": "yesterday"}, map[string]any{"id": 8, "first": "A\x00"},
		}})
	}), "  kind: number\n  parameter: page\n  size: {parameter: limit, most: 50}", "  kind: none")
	page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50})
	if err != nil || len(page.Records) != 2 || len(page.Rejected) != 7 {
		t.Fatalf("%d records, %d rejected: %v", len(page.Records), len(page.Rejected), err)
	}
	for i, want := range []struct{ id, reason string }{
		{"2", "more than 1 MiB"}, {"3", "email: line 34: a list is no text"}, {"", "a text has no parts"}, {"", "externalId is empty"}, {"", "externalId is empty"},
		{"9007199254740993", "modifiedAt: line 30: a time has a form that is not known"}, {"8", "NUL"},
	} {
		if got := page.Rejected[i]; got.ExternalID != want.id || !strings.Contains(got.Reason, want.reason) || len(got.Raw) > 1<<20 {
			t.Errorf("%d: %q %q, and not %q", i, got.ExternalID, got.Reason, want.reason)
		}
	}
}

// TestStampsThatAreNone lets a vendor write when a record was made or changed in a way that the file does not know: the record is kept,
// that time is not known, and the author is told; and it is there where it is asked for.
func TestStampsThatAreNone(t *testing.T) {
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/1") {
			answer(w, map[string]any{"id": 1, "changed": "yesterday", "mail": "a@example.com"})
			return
		}
		answer(w, map[string]any{"items": []any{
			map[string]any{"id": 1, "changed": "yesterday", "mail": "a@example.com"}, map[string]any{"id": 2, "changed": "2026-03-01T00:00:00Z", "mail": "b@example.com"}, map[string]any{"id": 3, "changed": []int{1}},
		}})
	}), "  kind: number\n  parameter: page\n  size: {parameter: limit, most: 50}", "  kind: none")
	page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50})
	if err != nil || len(page.Records) != 3 || len(page.Rejected) != 2 {
		t.Fatalf("%+v %v", page, err)
	}
	for i, r := range page.Records {
		if isKnown := !r.ModifiedAt.IsZero(); isKnown != (i == 1) {
			t.Errorf("%+v", r)
		}
	}
	for i, id := range []string{"1", "3"} {
		if got := page.Rejected[i]; got.ExternalID != id || !strings.Contains(got.Reason, "modifiedAt: line ") {
			t.Errorf("%+v", got)
		}
	}
	found, err := c.(connector.Finder).Find(t.Context(), s, hub.ModelUser, []string{"1"})
	if err != nil || len(found.Records) != 1 || len(found.Rejected) != 0 {
		t.Errorf("%+v %v", found, err)
	}
}

// TestNumbersThatAreNone divides by what a vendor has 0 in: the item is put into quarantine, and the others come.
func TestNumbersThatAreNone(t *testing.T) {
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"items": []any{map[string]any{"id": 1, "worth": 10, "parts": 4}, map[string]any{"id": 2, "worth": 0, "parts": 0}, map[string]any{"id": 3, "worth": 5, "parts": 0}}})
	}), "  kind: number\n  parameter: page\n  size: {parameter: limit, most: 50}", "  kind: none", "amount: item.worth", "amount: item.worth / item.parts")
	page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelOpportunity, Limit: 50})
	if err != nil || len(page.Records) != 1 || *page.Records[0].Details.Amount != 2.5 || len(page.Rejected) != 2 || !strings.Contains(page.Rejected[0].Reason, "amount is NaN") {
		t.Errorf("%+v %v", page, err)
	}
}

// TestNoErrorShowsASecret lets everything fail that a connector asks for.
func TestNoErrorShowsASecret(t *testing.T) {
	for _, file := range []string{"number", "offset", "cursor", "link"} {
		c, s := against(t, file, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.URL.String()+fmt.Sprint(r.Header), http.StatusTeapot)
		}))
		s.Values["clientId"], s.Values["clientSecret"], s.Token = "c", "s3cret-client", "s3cret-token"
		var errs []error
		try := func(s *connector.Session) {
			_, err := c.Check(t.Context(), s)
			_, fetched := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 10})
			_, wrote := c.WriteNote(t.Context(), s, connector.Note{Target: hub.ModelOpportunity, ExternalID: "1", Marker: "m"})
			errs = append(errs, err, fetched, wrote)
			if a, ok := c.(connector.Authorizer); ok {
				_, err := a.Authorize(t.Context(), s)
				errs = append(errs, err)
			}
		}
		try(s)
		away := *s
		away.HTTP = &http.Client{Transport: refusing{}}
		try(&away)
		for _, err := range errs {
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// refusing fails with all that a request has.
type refusing struct{}

// RoundTrip implements http.RoundTripper.
func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("dial %s: %w", r.URL.Host, context.DeadlineExceeded)
}

// TestSomeModelsCanBeAskedFor has a file in which contacts cannot be asked for one by one: engagements still are, before a note is
// sent, and what cannot be asked for is said to be so.
func TestSomeModelsCanBeAskedFor(t *testing.T) {
	text, err := os.ReadFile("testdata/link.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "  - model: CONTACT\n")
	contact, after, ended := strings.Cut(rest, "  - model: ")
	if !found || !ended {
		t.Fatal("the file has no contacts between other models")
	}
	lines := slices.DeleteFunc(strings.Split(contact, "\n"), func(line string) bool { return strings.HasPrefix(line, "    find:") })
	p, err := declared.Parse("some.yaml", []byte(before+"  - model: CONTACT\n"+strings.Join(lines, "\n")+"  - model: "+after))
	if err != nil {
		t.Fatal(err)
	}
	crm := invented.New(invented.Link)(simulator.Options{Seed: 5, Records: 20})
	server := httptest.NewServer(crm)
	defer server.Close()
	values, err := p.Info().CompleteCredentials(crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	s := &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now}
	confirmer, asks := p.Connector().(connector.Confirmer)
	if !asks {
		t.Fatal("nothing can be asked for")
	}
	visit := hub.RecordRef{Model: hub.ModelEngagement, ExternalID: crm.Records(hub.ModelEngagement)[0].ExternalID}
	if got, err := confirmer.Confirm(t.Context(), s, visit); err != nil || !got.Has(visit) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := confirmer.Confirm(t.Context(), s, hub.RecordRef{Model: hub.ModelContact, ExternalID: "1"}); !errors.Is(err, connector.ErrCannotAsk) {
		t.Errorf("a contact: %v", err)
	}
	if _, err := p.Connector().(connector.Finder).Find(t.Context(), s, hub.ModelContact, []string{"1"}); !connector.IsKind(err, connector.Refused) {
		t.Errorf("contacts are found: %v", err)
	}
}

// TestDeletionsThatAreListed reads a list of deletions: each is of its record, and of its time where the file says where that is. What
// cannot be read is told of, and no deletion.
func TestDeletionsThatAreListed(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		changes  []string
		at       time.Time
		rejected []string
	}{
		{nil, at, []string{"8", ""}},
		{[]string{"      at: unix(item.deleted)\n", ""}, time.Time{}, []string{""}},
	} {
		c, s := against(t, "cursor", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			items := []any{}
			if strings.HasSuffix(r.URL.Path, "/deleted") {
				items = append(items, map[string]any{"id": 7, "deleted": at.Unix()}, map[string]any{"id": 8, "deleted": "soon"}, map[string]any{"deleted": at.Unix()})
			}
			answer(w, map[string]any{"items": items})
		}), test.changes...)
		page, err := c.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50, Since: at.Add(-time.Hour)})
		if err != nil || page.More || len(page.Records)+len(page.Rejected) != 3 || len(page.Rejected) != len(test.rejected) {
			t.Fatalf("%q: %+v %v", test.changes, page, err)
		}
		if r := page.Records[0]; r.Model != hub.ModelUser || r.ExternalID != "7" || !r.Deleted || !r.ModifiedAt.Equal(test.at) {
			t.Errorf("%q: %+v", test.changes, r)
		}
		for i, id := range test.rejected {
			if got := page.Rejected[i]; got.ExternalID != id || len(got.Raw) == 0 || !strings.HasPrefix(got.Reason, "the CRM sent a deletion that cannot be read: ") {
				t.Errorf("%q: %+v", test.changes, got)
			}
		}
	}
}

// TestADeletionOfWhatWasRestored lists deletions of records that are kept: one that is there when it is asked for stays, and so does one
// that may not be seen. A failure to ask is the page's; where it is refused, the list is taken at its word.
func TestADeletionOfWhatWasRestored(t *testing.T) {
	status := http.StatusNotFound
	c, s := against(t, "cursor", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/deleted"):
			var items []any
			for id := range 4 {
				items = append(items, map[string]any{"id": id + 1, "deleted": time.Now().Unix()})
			}
			answer(w, map[string]any{"items": items})
		case strings.HasSuffix(r.URL.Path, "/1"):
			answer(w, map[string]any{"id": 1})
		case strings.HasSuffix(r.URL.Path, "/2"):
			http.Error(w, "{}", http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "/3"):
			http.Error(w, "{}", status)
		case strings.HasSuffix(r.URL.Path, "/4"):
			t.Error("what is not kept is asked for")
		default:
			answer(w, map[string]any{"items": []any{}})
		}
	}))
	kept := func(_ context.Context, ids []string) ([]hub.Record, error) {
		var kept []hub.Record
		for _, id := range ids {
			if id != "4" {
				kept = append(kept, hub.Record{Model: hub.ModelUser, ExternalID: id})
			}
		}
		return kept, nil
	}
	q := connector.Query{Model: hub.ModelUser, Limit: 50, Since: time.Now().Add(-time.Hour), Kept: kept}
	for _, test := range []struct {
		status int
		want   []string
	}{{http.StatusNotFound, []string{"3", "4"}}, {http.StatusBadRequest, []string{"1", "2", "3", "4"}}} {
		status = test.status
		page, err := c.Fetch(t.Context(), s, q)
		var gone []string
		for _, r := range page.Records {
			if r.Deleted {
				gone = append(gone, r.ExternalID)
			}
		}
		if err != nil || !slices.Equal(gone, test.want) {
			t.Errorf("with status %d: deleted: %q, %v", test.status, gone, err)
		}
	}
	status = http.StatusInternalServerError
	if _, err := c.Fetch(t.Context(), s, q); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("without an answer: %v", err)
	}
}

// TestWhatBecomesOfEachIDThatIsAskedFor asks for several users by their ids: one that is gone is not there, one that may not be seen
// is no reason to take it for gone, and what is no answer for one is none for any.
func TestWhatBecomesOfEachIDThatIsAskedFor(t *testing.T) {
	there := map[string]any{"id": "there", "mail": "a@example.com"}
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; id {
		case "there":
			answer(w, there)
		case "another":
			answer(w, map[string]any{"id": "the other", "mail": "b@example.com"})
		default:
			status, _ := strconv.Atoi(id)
			http.Error(w, "{}", status)
		}
	}))
	for _, test := range []struct {
		ids             []string
		found, rejected string
		kind            connector.Kind
	}{
		{[]string{"there", "404", "410"}, "there", "", ""},
		{[]string{"403", "there", "another"}, "there", "403 another", ""},
		{[]string{"there", "500"}, "", "", connector.Temporary},
		{[]string{"401", "there"}, "", "", connector.Unauthorized},
	} {
		page, err := c.(connector.Finder).Find(t.Context(), s, hub.ModelUser, test.ids)
		var found, rejected []string
		for _, r := range page.Records {
			found = append(found, r.ExternalID)
		}
		for _, r := range page.Rejected {
			rejected = append(rejected, r.ExternalID)
		}
		if strings.Join(found, " ") != test.found || strings.Join(rejected, " ") != test.rejected || (err == nil) != (test.kind == "") || err != nil && !connector.IsKind(err, test.kind) {
			t.Errorf("%q: found %q, rejected %q: %v", test.ids, found, rejected, err)
		}
	}
}

// TestTheRecordInAnAnswer has a file that says in which part of an answer a record is: without that part nobody knows what there is.
func TestTheRecordInAnAnswer(t *testing.T) {
	var body string
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}), "    find: {path: \"/people/${id}\"}\n", "    find: {path: \"/people/${id}\", item: answer.person}\n")
	for _, test := range []struct {
		answer string
		found  int
		kind   connector.Kind
	}{
		{`{"person":{"id":"a","mail":"a@example.com"}}`, 1, ""},
		{`{"person":false}`, 0, ""}, // there is none, as the vendor says
		{`{"person":null}`, 0, connector.Malformed},
		{`{}`, 0, connector.Malformed},
		{`[]`, 0, connector.Malformed}, // a list has no such part
	} {
		body = test.answer
		page, err := c.(connector.Finder).Find(t.Context(), s, hub.ModelUser, []string{"a"})
		if len(page.Records) != test.found || (err == nil) != (test.kind == "") || err != nil && !connector.IsKind(err, test.kind) {
			t.Errorf("%s: %+v %v", test.answer, page, err)
		}
	}
}

// TestNotesThatCannotBeLookedFor tells where notes are not kept, and a list with one that has no id: neither says that there is none.
func TestNotesThatCannotBeLookedFor(t *testing.T) {
	var notes []any
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{"items": notes}) }))
	for _, test := range []struct {
		on    hub.Model
		notes []any
		want  connector.FoundNote
		kind  connector.Kind
		says  string
	}{
		{hub.ModelOpportunity, []any{}, connector.FoundNote{}, "", ""},
		{hub.ModelOpportunity, []any{map[string]any{"id": "1", "text": "else"}, map[string]any{"id": 2, "text": "Talk m-1"}}, connector.FoundNote{ExternalID: "2", Marker: "m-1", Text: "Talk m-1"}, "", ""},
		{hub.ModelOpportunity, []any{map[string]any{"text": "else"}}, connector.FoundNote{}, connector.Malformed, "has no id"},
		{hub.ModelOpportunity, []any{map[string]any{"id": []any{}, "text": "else"}}, connector.FoundNote{}, connector.Malformed, "a list is no text"},
		{hub.ModelOpportunity, []any{map[string]any{"id": "1", "text": []any{}}}, connector.FoundNote{}, connector.Malformed, "a list is no text"},
		{hub.ModelUser, []any{}, connector.FoundNote{}, connector.Refused, "USER"},
	} {
		notes = test.notes
		found, err := c.(connector.NoteFinder).FindNote(t.Context(), s, connector.NoteQuery{Target: test.on, ExternalID: "7", Markers: []string{"m-1"}})
		if found != test.want || (err == nil) != (test.kind == "") || err != nil && (!connector.IsKind(err, test.kind) || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s with %v: %+v %v", test.on, test.notes, found, err)
		}
	}
}

// TestNotesWithoutAnEnd lists notes on pages of which none is the last: whether the note is there is not known.
func TestNotesWithoutAnEnd(t *testing.T) {
	for file, want := range map[string]string{
		"number": "there are more than 500 pages of notes, so whether the note is there is not known", "cursor": "the pages of notes go round, so whether the note is there is not known",
	} {
		c, s := against(t, file, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(w, map[string]any{"items": []any{map[string]any{"id": "1", "text": "else"}}, "cursor": "on"})
		}))
		found, err := c.(connector.NoteFinder).FindNote(t.Context(), s, connector.NoteQuery{Target: hub.ModelOpportunity, ExternalID: "7", Markers: []string{"m-1"}})
		if found != (connector.FoundNote{}) || !connector.IsKind(err, connector.Malformed) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %+v %v", file, found, err)
		}
	}
}

// TestWhatAConnectorCan leaves out of a file what it takes to sign in, to ask for single records, to look for notes: the connector can what is
// left, and nothing else.
func TestWhatAConnectorCan(t *testing.T) {
	token := []string{
		"  token:\n    path: /oauth/token\n    form:\n      grant_type: client_credentials\n      client_id: ${settings.clientId}\n      client_secret: ${credentials.clientSecret}\n    value: answer.access_token\n    seconds: answer.expires_in\n",
		"  headers:\n    X-Api-Key: ${credentials.clientSecret}\n",
	}
	var find []string
	for _, list := range []string{"people", "customers", "deals", "meetings"} {
		find = append(find, "    find: {path: \"/"+list+"/${id}\"}\n", "")
	}
	look := []string{"      find:\n        path: /deals/${id}/notes\n        items: answer.items\n        id: item.id\n        text: item.text\n", ""}
	for i := range 8 {
		signs, finds, looks := i&1 == 0, i&2 == 0, i&4 == 0
		var changes []string
		for _, part := range []struct {
			stays   bool
			without []string
		}{{signs, token}, {finds, find}, {looks, look}} {
			if !part.stays {
				changes = append(changes, part.without...)
			}
		}
		c, _ := against(t, "cursor", http.NotFoundHandler(), changes...)
		_, authorizer := c.(connector.Authorizer)
		_, finder := c.(connector.Finder)
		_, confirmer := c.(connector.Confirmer)
		_, noteFinder := c.(connector.NoteFinder)
		if c == nil || authorizer != signs || finder != finds || confirmer != finds || noteFinder != looks {
			t.Errorf("signing in %t, finding %t, looking for notes %t: it is an Authorizer %t, a Finder %t, a Confirmer %t, a NoteFinder %t", signs, finds, looks, authorizer, finder, confirmer, noteFinder)
		}
	}
}

// TestOpportunitiesThatCannotBeAskedFor confirms other records all the same, an engagement without what it is about.
func TestOpportunitiesThatCannotBeAskedFor(t *testing.T) {
	c, s := against(t, "number", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/deals") {
			t.Errorf("it asks for %s", r.URL)
		}
		answer(w, map[string]any{"id": "7", "begins": "2026-03-01T09:00:00Z", "deal": "9", "people": []any{map[string]any{"user": "3"}}})
	}), "    find: {path: \"/deals/${id}\"}\n", "")
	for m, want := range map[hub.Model]struct {
		records  int
		children []hub.Model
	}{hub.ModelUser: {1, nil}, hub.ModelContact: {1, nil}, hub.ModelEngagement: {2, []hub.Model{hub.ModelEngagementUser}}} {
		of := hub.RecordRef{Model: m, ExternalID: "7"}
		found, err := c.(connector.Confirmer).Confirm(t.Context(), s, of)
		if err != nil || !found.Has(of) || len(found.Records) != want.records || !slices.Equal(found.Children, want.children) || len(found.Absent) > 0 {
			t.Errorf("%s: %+v %v", m, found, err)
		}
	}
	if _, err := c.(connector.Confirmer).Confirm(t.Context(), s, hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: "9"}); !errors.Is(err, connector.ErrCannotAsk) {
		t.Errorf("an opportunity: %v", err)
	}
}
