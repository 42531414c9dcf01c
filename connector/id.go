package connector

import (
	"bytes"
	"encoding/json"
	"strings"
)

// ID reads an id that a vendor may write as a text or as a number; 0, null and an empty text are none.
type ID string

// UnmarshalJSON reads a text or a number.
func (i *ID) UnmarshalJSON(b []byte) error {
	text := string(bytes.TrimSpace(b))
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	} else {
		var n *json.Number
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		text = ""
		if n != nil {
			text = n.String()
		}
	}
	if text == "0" {
		text = ""
	}
	*i = ID(text)
	return nil
}
