package hub

import (
	"strings"
	"testing"
)

// TestCallBody: what the audit log keeps of a body is an object, without what is secret or was said, and of a long one its beginning with a word
// about it; of what is no JSON, or too little of it, nothing of it is there.
func TestCallBody(t *testing.T) {
	long := `"` + strings.Repeat("x", callBodyMost) + `"`
	fitting := `{"name":"` + strings.Repeat("x", callBodyMost-len(`{"name":""}`)) + `"}`
	for name, c := range map[string]struct{ endpoint, body, want string }{
		"nothing":                    {"/v1/x", " \n", `{}`},
		"credentials":                {"/v1/connections/c/credentials", `{"key":"k"}`, `{"credentials":"[redacted]"}`},
		"an analysis":                {"/v1/core/recordings/r/analysis", `{"text":"hello"}`, `{"analysis":"[redacted]"}`},
		"an object":                  {"/v1/x", ` { "name" : "Ann" } `, `{"name":"Ann"}`},
		"secrets":                    {"/v1/x", `{"api_key":{"a":[1]},"list":[{"Access-Token":"t","id":7}],"title":"kept"}`, `{"api_key":"[redacted]","list":[{"Access-Token":"[redacted]","id":7}],"title":"kept"}`},
		"a recording's own":          {"/v1/core/recordings/r", `{"title":"A talk","note":null,"id":7}`, `{"title":"[redacted]","note":"[redacted]","id":7}`},
		"a list":                     {"/v1/x", `[1,{"secret":"s"}]`, `{"items":[1,{"secret":"[redacted]"}]}`},
		"a value":                    {"/v1/x", `"text"`, `{"value":"text"}`},
		"no JSON":                    {"/v1/x", `key=secret`, `{"cut":"The body has 10 bytes; this is its beginning.","begin":""}`},
		"no end":                     {"/v1/x", `{"secret":"s"`, `{"cut":"The body has 13 bytes; this is its beginning.","begin":""}`},
		"a secret without an end":    {"/v1/x", `{"secret":"s`, `{"cut":"The body has 12 bytes; this is its beginning.","begin":""}`},
		"as long as it may be":       {"/v1/x", fitting, fitting},
		"long":                       {"/v1/x", long, `{"cut":"The body has 4098 bytes; this is its beginning.","begin":"\"` + strings.Repeat("x", callBodyMost-1) + `"}`},
		"long, within a letter":      {"/v1/x", `"` + strings.Repeat("é", callBodyMost) + `"`, `{"cut":"The body has 8194 bytes; this is its beginning.","begin":"\"` + strings.Repeat("é", callBodyMost/2-1) + `"}`},
		"long, and goes on after it": {"/v1/x", `[` + long + `,{"secret":"s"}]`, `{"cut":"The body has 4115 bytes; this is its beginning.","begin":"[\"` + strings.Repeat("x", callBodyMost-2) + `"}`},
	} {
		if got := CallBody(c.endpoint, []byte(c.body)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}
