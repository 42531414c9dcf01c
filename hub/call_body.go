package hub

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// callBodyMost is how many bytes of a request's body the audit log keeps.
	callBodyMost = 4 << 10
	// Redacted stands for what the audit log does not keep.
	Redacted = "[redacted]"
)

// CallBody is what the audit log keeps of a request's body, as a JSON object: secrets and what was said in recordings are
// replaced, and of a long one the beginning is kept with a word about it. It reads no more of the body than it keeps.
func CallBody(endpoint string, body []byte) string {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return "{}"
	case strings.HasSuffix(endpoint, "/credentials"), strings.HasSuffix(endpoint, "/integrations/salesforce"):
		return `{"credentials":"` + Redacted + `"}`
	case strings.HasSuffix(endpoint, "/analysis"):
		return `{"analysis":"` + Redacted + `"}`
	}
	kept, whole := redactBody(body, isRecording(endpoint))
	if whole {
		return kept
	}
	for len(kept) > 0 && !utf8.ValidString(kept[max(0, len(kept)-utf8.UTFMax):]) {
		kept = kept[:len(kept)-1]
	}
	text, err := json.Marshal(struct {
		Cut   string `json:"cut"`
		Begin string `json:"begin"`
	}{fmt.Sprintf("The body has %d bytes; this is its beginning.", len(body)), kept})
	if err != nil {
		return "{}"
	}
	return string(text)
}

// secretFields are the fields, in lower case and without marks between the words, whose values are secrets: what opens
// something, URLs that are signed among them.
var secretFields = map[string]bool{
	"clientsecret": true, "secret": true, "token": true, "apikey": true, "accesstoken": true, "refreshtoken": true, "accounttoken": true, "password": true, "privatekey": true,
	"appkey": true, "downloadurl": true, "audiourl": true, "fileurl": true, "url": true, "fullurl": true, "authorization": true, "signingsecret": true,
}

// recordingFields are the texts of a recording's own.
var recordingFields = map[string]bool{"title": true, "contactname": true, "contactphone": true, "note": true, "description": true}

func isRecording(endpoint string) bool {
	return strings.HasPrefix(endpoint, "/v1/core/recordings") || strings.HasPrefix(endpoint, "/v1/core/followups")
}

// redactBody copies a body without its secrets until callBodyMost bytes are there, and reports whether that is all of it.
// A list becomes the items of an object.
func redactBody(body []byte, ofRecording bool) (kept string, whole bool) {
	var out bytes.Buffer
	in := jsontext.NewDecoder(bytes.NewReader(body))
	to := jsontext.NewEncoder(&out)
	list := in.PeekKind() == '['
	for out.Len() <= callBodyMost+1 {
		if kind, n := in.StackIndex(in.StackDepth()); kind == '{' && n%2 == 1 { // a value: what is its name?
			name := plainName(in.StackPointer().LastToken())
			if secretFields[name] || ofRecording && recordingFields[name] {
				if in.SkipValue() != nil || to.WriteToken(jsontext.String(Redacted)) != nil {
					return "", false
				}
				continue
			}
		}
		token, err := in.ReadToken()
		if err != nil || to.WriteToken(token) != nil {
			return "", false
		}
		if in.StackDepth() == 0 {
			break
		}
	}
	text := strings.TrimSpace(out.String())
	if len(text) > callBodyMost || in.StackDepth() > 0 {
		return text[:min(len(text), callBodyMost)], false
	}
	switch {
	case list:
		return `{"items":` + text + `}`, true
	case !strings.HasPrefix(text, "{"):
		return `{"value":` + text + `}`, true
	}
	return text, true
}

// plainName is the name of a field however its words are parted.
func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}
