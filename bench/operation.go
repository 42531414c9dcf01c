package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// pageSize is how many connections a list asks for.
const pageSize = 100

// target is something that requests can be about. All its texts have fixed lengths, so that a request is
// written by overwriting bytes.
type target struct {
	organization, token, id string
	// after is the id that a list starts after; a whole page follows it.
	after string
}

// operation is one kind of request: its text with marks where a target and a number go.
type operation struct {
	name string
	text string
	// wants is what the answer must contain, with the same marks, so many times.
	wants string
	times int
}

// The marks, each as long as what takes its place.
var (
	markToken  = strings.Repeat("\x01", 57)
	markID     = strings.Repeat("\x02", 36)
	markCursor = strings.Repeat("\x03", base64.RawURLEncoding.EncodedLen(36))
	markNumber = strings.Repeat("\x04", 8)
)

func request(method, path, body string) string {
	head := method + " /v1/core/integrations/connections" + path + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + markToken + "\r\n"
	if body != "" {
		head += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return head + "\r\n" + body
}

// operations are what is measured. A PATCH gives a name that the connection never had: one that changes nothing writes nothing.
var operations = []operation{
	{"patch", request("PATCH", "/"+markID, `{"name":"Bench `+markNumber+`"}`), `"name":"Bench ` + markNumber + `"`, 1},
	{"get", request("GET", "/"+markID, ""), `{"id":"` + markID + `"`, 1},
	{"list", request("GET", "?cursor="+markCursor, ""), `{"id":"`, pageSize},
}

func operationNames() []string {
	names := make([]string, len(operations))
	for i, op := range operations {
		names[i] = op.name
	}
	return names
}

// form is a text with marks, ready to be filled in place again and again.
type form struct {
	text                      []byte
	token, id, cursor, number int // where each goes; -1 is nowhere
}

func newForm(text string) form {
	return form{
		text:  []byte(text),
		token: strings.Index(text, markToken), id: strings.Index(text, markID),
		cursor: strings.Index(text, markCursor), number: strings.Index(text, markNumber),
	}
}

// fill puts the target and the number into the form.
func (f *form) fill(t *target, number uint32) {
	put := func(at int, text string) {
		if at >= 0 {
			copy(f.text[at:], text)
		}
	}
	put(f.token, t.token)
	put(f.id, t.id)
	if f.cursor >= 0 {
		base64.RawURLEncoding.Encode(f.text[f.cursor:f.cursor+len(markCursor)], []byte(t.after))
	}
	if f.number >= 0 {
		const digits = "0123456789abcdef"
		for i := range len(markNumber) {
			f.text[f.number+i] = digits[number>>(4*i)&0xf]
		}
	}
}

// check reports an answer that is not what the operation wants for the target and the number.
func (op operation) check(answer []byte, t *target, number uint32) error {
	wanted := newForm(op.wants)
	wanted.fill(t, number)
	if n := bytes.Count(answer, wanted.text); n != op.times {
		return fmt.Errorf("the answer has %q %d times, not %d: %.300q", wanted.text, n, op.times, answer)
	}
	return nil
}
