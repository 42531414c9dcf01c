package merge

import (
	"encoding/json"

	"sirocco/connector"
)

// kinds are what the vendor's problem types ask for, of those that are more than a refusal, in words for people. Where the
// link to the CRM is broken, Merge's copy is still to be read: it is no matter of the connection's own credentials.
var kinds = map[string]struct {
	kind  connector.Kind
	words string
}{
	"RELINK_NEEDED":             {connector.Forbidden, "the linked account must be linked again at Merge"},
	"CREDENTIAL_REFRESH_FAILED": {connector.Forbidden, "Merge's own access to the CRM has ended; the account must be linked again there"},
	"DISABLED_MODEL_WRITE":      {connector.Forbidden, "writing this model is switched off at Merge"},
}

// problems are what an answer says of the CRM behind: with any errors in it, nothing was written there.
type problems struct {
	Errors []struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Type   string `json:"problem_type"`
	} `json:"errors"`
}

// refusal returns what the problems in an answer of 2xx mean; nil where there are none.
func (p problems) refusal(what string) error {
	if len(p.Errors) == 0 {
		return nil
	}
	first := p.Errors[0]
	if known, ok := kinds[first.Type]; ok {
		return connector.Fail(known.kind, service, "%s was not taken: %s", what, known.words)
	}
	e := connector.Fail(connector.Refused, service, "the CRM behind it did not take %s: %s", what, first.Title)
	e.Says(first.Title + " " + first.Detail)
	return e
}

// problem reads the problems in an answer that is not 2xx.
func problem(status int, body []byte) (connector.Kind, string) {
	var p problems
	if status < 400 || status >= 500 || json.Unmarshal(body, &p) != nil {
		return "", ""
	}
	for _, e := range p.Errors {
		if known, ok := kinds[e.Type]; ok {
			return known.kind, known.words
		}
	}
	return "", ""
}
