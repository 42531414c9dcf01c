package salesforce

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
)

// TestProblems holds what the vendor's errors mean, and that of its words only the code and the first names of fields are shown.
func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		body    string
		kind    connector.Kind
		meaning string
	}{
		"a code that has a meaning":        {400, `[{"errorCode":"STRING_TOO_LONG","fields":["Name"]}]`, connector.Refused, "a text is too long (STRING_TOO_LONG, Name)"},
		"the beginning of one":             {400, `[{"errorCode":"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"}]`, connector.Forbidden, "the user may not do it (INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY)"},
		"a code that nobody knows":         {400, `[{"errorCode":"ODD"}]`, connector.Refused, "the request is not accepted (ODD)"},
		"a 403 of another kind":            {403, `[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]`, connector.RateLimited, "the organization has used up its calls (REQUEST_LIMIT_EXCEEDED)"},
		"a 403":                            {403, `[{"errorCode":"API_DISABLED_FOR_ORG"}]`, connector.Forbidden, "the organization has no access to the API (API_DISABLED_FOR_ORG)"},
		"no room, until there is some":     {400, `[{"errorCode":"STORAGE_LIMIT_EXCEEDED"}]`, connector.Temporary, "the organization has no room left for data (STORAGE_LIMIT_EXCEEDED)"},
		"a lock, whatever its status":      {400, `[{"errorCode":"UNABLE_TO_LOCK_ROW"}]`, connector.Busy, "somebody else is changing the record (UNABLE_TO_LOCK_ROW)"},
		"what is not there":                {404, `[{"errorCode":"NOT_FOUND"}]`, connector.Refused, "there is no such thing, or the user may not see it (NOT_FOUND)"},
		"several of one id":                {300, `[{"errorCode":"ODD"}]`, connector.Refused, "the request is not accepted (ODD)"},
		"five fields of six":               {400, `[{"errorCode":"INVALID_FIELD","fields":["A","B","C","D","E","F"]}]`, connector.Refused, "a field is not there, or the user may not see it (INVALID_FIELD, A, B, C, D, E)"},
		"fields that may be what was sent": {400, `[{"errorCode":"ODD","fields":["a b","<b>","Name__c"]}]`, connector.Refused, "the request is not accepted (ODD, Name__c)"},
		"a code that may be what was sent": {400, `[{"errorCode":"no such thing"}]`, "", ""},
		"a 500, which says enough":         {500, `[{"errorCode":"ODD"}]`, "", ""},
		"no error":                         {400, `[]`, "", ""},
		"no list":                          {400, `<html>`, "", ""},
	} {
		if kind, meaning := problem(test.status, []byte(test.body)); kind != test.kind || meaning != test.meaning {
			t.Errorf("%s: %q, %q", name, kind, meaning)
		}
	}
}

// TestBudgets takes a share of the calls from 1 to 100 per cent.
func TestBudgets(t *testing.T) {
	for text, want := range map[string]int{ // 0 is refused
		"1": 1, "80": 80, " 80% ": 80, "100": 100, "0": 0, "101": 0, "-1": 0, "80.5": 0, "all": 0, "": 0,
	} {
		share, err := budgetOf(&connector.Session{Values: map[string]string{"budget": text}})
		if share != want || (want == 0) != connector.IsKind(err, connector.Refused) {
			t.Errorf("%q is %d: %v", text, share, err)
		}
	}
}

// TestUsage counts calls against the share that may be used; where the vendor tells no number, nothing waits.
func TestUsage(t *testing.T) {
	s := &connector.Session{Values: map[string]string{"budget": "80"}}
	for name, test := range map[string]struct {
		of    usage
		waits bool
	}{
		"below": {usage{79, 100}, false}, "at it": {usage{80, 100}, true}, "above": {usage{81, 100}, true}, "not told": {usage{}, false}, "no limit": {usage{80, 0}, false},
	} {
		if err := test.of.within(s); connector.IsKind(err, connector.RateLimited) != test.waits || connector.AsksToWait(err) != test.waits {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestIDsThatAreNone holds which ids the vendor could have given.
func TestIDsThatAreNone(t *testing.T) {
	good := []string{"006000000000001", "006000000000001AAA", "00Qxyz000000ZZZ"}
	bad := []string{"", "1", "00600000000001", "0060000000000011", "0060000000000011AAAA", "00600000000000'", "0060000000 0001", strings.Repeat("ä", 15)}
	if got := plainIDs(append(bad, good...)); strings.Join(got, " ") != strings.Join(good, " ") {
		t.Errorf("%q", got)
	}
}

// answered is a session with a vendor that gives one answer, and says what is used of the day's calls.
func answered(t *testing.T, body string) *connector.Session {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Sforce-Limit-Info", "api-usage=70/100")
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return &connector.Session{HTTP: server.Client(), Token: "t", Now: time.Now, Values: map[string]string{"baseURL": server.URL, "budget": "80"}}
}

// TestWhatAQueryTells reads what an answer has: its rows, how many there are, whether it has more of them, and what is used of the day's calls.
func TestWhatAQueryTells(t *testing.T) {
	got, used, err := query(t.Context(), answered(t, `{"totalSize":2,"done":false,"records":[{"Id":"1"}]}`), "query", "SELECT Id FROM Account")
	if err != nil || len(got.records) != 1 || string(got.records[0]) != `{"Id":"1"}` || got.total != 2 || !got.more || got.date.IsZero() || used != (usage{70, 100}) {
		t.Errorf("%+v %+v %v", got, used, err)
	}
}

// TestAnswersThatAreNoList: an answer says whether there is more, and where it counts rows it has some, unless only their number was asked for.
func TestAnswersThatAreNoList(t *testing.T) {
	const list, count = "SELECT Id FROM Account", "SELECT COUNT() FROM Account"
	for _, c := range []struct{ soql, body, says string }{
		{list, `{"totalSize":0,"done":true,"records":[]}`, ""},
		{list, `{"done":true,"records":[]}`, ""},
		{count, `{"totalSize":7,"done":true,"records":[]}`, ""},
		{list, `{"totalSize":7,"done":true,"records":[]}`, "was answered with 7 rows of which none is there"},
		{list, `{"totalSize":1,"records":[{"Id":"1"}]}`, "without saying whether there is more"},
		{list, `{"totalSize":1,"done":"no","records":[{"Id":"1"}]}`, "without saying whether there is more"},
		{list, `{"totalSize":1,"done":null,"records":[{"Id":"1"}]}`, "without saying whether there is more"},
	} {
		_, _, err := query(t.Context(), answered(t, c.body), "query", c.soql)
		if (err == nil) != (c.says == "") || err != nil && (!connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s is answered %s: %v", c.soql, c.body, err)
		}
	}
}

// TestWhatADescriptionTells reads the fields of an object that can be read and have a name, and no others.
func TestWhatADescriptionTells(t *testing.T) {
	d, err := describe(t.Context(), answered(t, `{"name":"Account","replicateable":true,"fields":[
		{"name":"Id","type":"id","length":18},{"name":"Odd","length":"long"},{"name":""},{"label":"Nameless"},7]}`), "account")
	want := description{name: "Account", replicateable: true, fields: []field{{Name: "Id", Type: "id", Length: 18}}}
	if diff := cmp.Diff(want, d, cmp.AllowUnexported(description{})); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
