package connector

import (
	"encoding/json"
	"net/http"
)

// WritePlace is where a reading is, as the Next of a page. A place is a struct of texts and numbers.
func WritePlace(place any) string {
	text, err := json.Marshal(place)
	if err != nil {
		panic("connector: a place is texts and numbers: " + err.Error())
	}
	return string(text)
}

// ReadPlace reads a Next that WritePlace wrote; it is begin where next is empty. What is no place, or not a valid one, is
// Refused with the status 400, as by a vendor that does not know its cursor any more.
func ReadPlace[P any](service, next string, begin P, valid func(P) bool) (P, error) {
	if next == "" {
		return begin, nil
	}
	var at P
	if err := json.Unmarshal([]byte(next), &at); err != nil || !valid(at) {
		e := Fail(Refused, service, "the place to go on at is none that can be read")
		e.Status = http.StatusBadRequest
		return begin, e
	}
	return at, nil
}
