package declared_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"sirocco/connector/declared"
)

// TestWhatIsWrongIsNamedByItsLine changes a good file at one place, which the error must name.
func TestWhatIsWrongIsNamedByItsLine(t *testing.T) {
	good, err := os.ReadFile("testdata/number.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ old, by, want string }{
		"a key that is none":         {"account:", "acount:", "line 15: acount is not known here"},
		"what is missing":            {"rate: {requests: 50, per: 1s}", "", "line 2: missing property 'rate'"},
		"a platform of Sirocco's":    {"platform: INVENTED_NUMBER", "platform: MERGE", "line 2: MERGE is a platform that Sirocco has"},
		"a name in small letters":    {"platform: INVENTED_NUMBER", "platform: invented", "line 2: platform: 'invented' does not match"},
		"a kind of paging":           {"kind: number", "kind: scroll", "line 21: paging/kind: value must be one of 'number'"},
		"a cursor without a next":    {"kind: number", "kind: cursor", "line 21: paging: missing property 'next'"},
		"a time span":                {"per: 1s", "per: 1 second", "line 5: rate/per"},
		"a field that is none":       {"      firstName: item.first", "      givenName: item.first", "line 34: models/0/fields: givenName is not known here"},
		"an expression that ends":    {"name: join([item.first, item.last], \" \")", "name: join([item.first,", "line 33: the expression"},
		"a name that nobody knows":   {"email: lower(item.mail)", "email: lower(itm.mail)", "line 36: the expression \"lower(itm.mail)\": unknown name itm"},
		"a function that is none":    {"email: lower(item.mail)", "email: small(item.mail)", "line 36: the expression"},
		"a secret in a field":        {"email: lower(item.mail)", "email: credentials.apiKey", "line 36: the expression \"credentials.apiKey\": unknown name credentials"},
		"a secret in a path":         {"path: /people\n", "path: /people/${credentials.apiKey}\n", "line 27: the expression"},
		"a template without its end": {"path: /people\n", "path: /people/${account\n", "line 27: \"/people/${account\" has a ${"},
		"a path to elsewhere":        {"path: /me", "path: //other.example/me?x", "line 16: account/path"},
		"a base with a user":         {"https://api.invented.example/api", "https://me:pw@api.invented.example", "line 4: baseURL"},
		"no secret":                  {"    doc: The API key of your Invented account.", "    doc: The API key of your Invented account.\n    setting: true", "line 8: no credential is secret"},
		"a model twice":              {"model: CONTACT", "model: USER", "line 39: USER is there twice"},
		"no id":                      {"      externalId: item.id\n", "", "line 31: the fields lack externalId"},
		"an anchor":                  {"size: {parameter", "size: &a {parameter", "line 23: anchors and aliases cannot be used"},
		"order without since":        {"size: {parameter: limit, most: 50}\n\nmodels:\n  - model: USER\n    path: /people\n    items: answer.items\n    since: {parameter: since}", "size: {parameter: limit, most: 50}\n  order: modified\n\nmodels:\n  - model: USER\n    path: /people\n    items: answer.items", "line 27: a list in the order of change is read by since and modifiedAt"},
		"notes on what is not read":  {"- model: OPPORTUNITY\n      write", "- model: LEAD\n      write", "line 100: LEAD is none of the models"},
		"a page that changes":        {"url: https://app.invented.example/deals/${id}", "url: https://app.invented.example/deals/${id}?at=${now}", "unknown name now"},
		"a page that is a script":    {"url: https://app.invented.example/deals/${id}", "url: javascript:alert(1)", "models/2/url"},
		"no YAML":                    {"account:", "account: [", "line"},
		"a key twice":                {"rate: {requests", "name: Again\nrate: {requests", "number.yaml: line 5: mapping key \"name\" already defined at line 3"},
		"a time span of nothing":     {"per: 1s", "per: 0s", "number.yaml: line 5: \"0s\" is no time span"},
		"a second document":          {"models:\n", "---\nmodels:\n", "number.yaml: line 25: a second document begins"},
		"a second that is no YAML":   {"models:\n", "---\nmodels: [\n", "number.yaml: line 27: did not find"},
		"a model of another's child": {"- model: USER\n", "- model: ENGAGEMENT_USER\n", "number.yaml: line 90: ENGAGEMENT_USER is there twice"},
		"a join without an id":       {"          userId: each.user\n", "          ownerId: each.user\n", "number.yaml: line 94: the fields lack externalId"},
		"a credential twice":         {"    doc: The API key of your Invented account.\n", "    doc: The API key of your Invented account.\n  - name: apiKey\n    doc: It again.\n", "number.yaml: line 10: apiKey is there twice"},
		"a function without a value": {"email: lower(item.mail)", "email: lower()", "line 36: the expression \"lower()\": lower takes 1 argument, not 0"},
		"a function with too much":   {"email: lower(item.mail)", "email: item.mail | replace(\"a\", \"b\", \"c\")", "replace takes 3 arguments, not 4"},
		"two ways to sign":           {"auth:\n", "auth:\n  basic: {user: a, password: b}\n", "line 12: auth: it has 2 keys, where 1 can be"},
		"lists within lists":         {"size: {parameter: limit, most: 50}", "size: " + strings.Repeat("[", 20) + strings.Repeat("]", 20), "line 23: it is nested too deeply"},
		"deletions without a field":  {"    find: {path: \"/people/${id}\"}\n", "    deletions: told\n", "line 37: the vendor tells of deletions, and the fields lack deleted"},
		"a field that is empty":      {"email: lower(item.mail)", "email: \"\"", "line 36: models/0/fields/email: it is empty"},
	} {
		text := strings.Replace(string(good), test.old, test.by, 1)
		if text == string(good) {
			t.Fatalf("%s: %q is not in the file", name, test.old)
		}
		_, err := declared.Parse("number.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "number.yaml: ") {
			t.Errorf("%s: it says %v, and not %q", name, err, test.want)
		}
	}
	if _, err := declared.Parse("x.yaml", []byte(strings.Repeat("# nothing\n", 30_000))); err == nil {
		t.Error("a file of 300 KB was taken")
	}
	if _, err := declared.Parse("x.yaml", nil); err == nil {
		t.Error("an empty file was taken")
	}
}

// TestEverythingWrongIsNamed has several expressions with something wrong, which are all told, by their lines.
func TestEverythingWrongIsNamed(t *testing.T) {
	good, err := os.ReadFile("testdata/number.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("email: lower(item.mail)", "email: small(item.mail)", "firstName: item.first", "firstName: itm.first", `path: "/people/${id}"`, `path: "/people/${}"`, "            text: ${text}", "            text: ${txt}\n            other: [\"${more}\"]").Replace(string(good))
	_, err = declared.Parse("number.yaml", []byte(text))
	if err == nil {
		t.Fatal("it was taken")
	}
	lines, last := strings.Split(strings.TrimPrefix(err.Error(), "number.yaml: "), "\n"), 0
	for _, want := range []string{"small", "unknown name itm", "a ${} has no expression", "unknown name txt", "unknown name more"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing is said of %q:\n%v", want, err)
		}
	}
	for _, line := range lines {
		var number int
		if _, err := fmt.Sscanf(line, "line %d: ", &number); err != nil || number < last {
			t.Errorf("%q does not name a line behind %d: %v", line, last, err)
		}
		last = number
	}
}
