package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// WriteJSON answers with a value; platforms use it.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("simulator: an answer cannot be written as JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Part returns at most size of all items from a place on, where the part after it begins, and whether there is one.
func Part[T any](all []T, from, size int) (part []T, next int, more bool) {
	from = min(max(from, 0), len(all))
	next = min(from+size, len(all))
	return all[from:next], next, next < len(all)
}

func writeError(w http.ResponseWriter, status int) {
	WriteJSON(w, status, map[string]string{"detail": http.StatusText(status)})
}

// answerInstead answers for the faults that come before anything is done, and reports whether it did.
func (s *Server) answerInstead(w http.ResponseWriter, r *http.Request, f Fault) bool {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	switch f.Kind {
	case Unauthorized:
		writeError(w, http.StatusUnauthorized)
	case Forbidden:
		if s.platform.Denied != nil {
			WriteJSON(w, http.StatusForbidden, s.platform.Denied(r))
		} else {
			writeError(w, http.StatusForbidden)
		}
	case RateLimited:
		writeError(w, http.StatusTooManyRequests)
	case ServerError:
		writeError(w, http.StatusInternalServerError)
	case Conflict:
		writeError(w, http.StatusConflict)
	case Locked:
		writeError(w, http.StatusLocked)
	case TooEarly:
		writeError(w, http.StatusTooEarly)
	case Unavailable:
		writeError(w, http.StatusServiceUnavailable)
	case BadRequest:
		writeError(w, http.StatusBadRequest)
	case Gone:
		writeError(w, http.StatusGone)
	case HTMLPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "<html><body>Bad Request</body></html>")
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

// send writes the honest answer with the fault put on it.
func (s *Server) send(w http.ResponseWriter, r *http.Request, f Fault, a *httptest.ResponseRecorder) {
	body := a.Body.Bytes()
	maps.Copy(w.Header(), a.Header())
	switch f.Kind {
	case NoAnswer:
		panic(http.ErrAbortHandler)
	case Truncated:
		body = body[:len(body)/2]
	case Malformed:
		if len(body) == 0 { // the next answer may have one
			s.Faults.again(f)
			break
		}
		body = append(bytes.Clone(body[:len(body)-1]), `,,"x":]}`...)
	case WrongType:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	case SignInPage:
		w.Header().Set("Location", "/login")
		body, a.Code = nil, http.StatusFound
	case OddZones:
		body = oddZones(body)
	case RepeatCursor:
		body = editObject(body, func(answer map[string]any) { s.platform.Repeat(r, answer) })
	case NoRows:
		body = encode(map[string]string{"error": "something went wrong"})
	case ErrorBeside:
		body = s.withErrorBeside(body)
	case EmptyList:
		body = s.withoutItems(body)
	case NullRows:
		body = s.withNullRows(body)
	case BadRecord:
		if !s.hasItems(body) { // the next list may have one
			s.Faults.again(f)
		}
		body = s.withoutFirstID(body)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.Code)
	if f.Kind == Drop {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

func editObject(body []byte, edit func(map[string]any)) []byte {
	var answer map[string]any
	if json.Unmarshal(body, &answer) != nil {
		return body
	}
	edit(answer)
	return encode(answer)
}

// hasItems reports whether an answer is a list with items in it.
func (s *Server) hasItems(body []byte) bool {
	var list []json.RawMessage
	if s.platform.Items == "" {
		return json.Unmarshal(body, &list) == nil && len(list) > 0
	}
	var answer map[string]json.RawMessage
	return json.Unmarshal(body, &answer) == nil && json.Unmarshal(answer[s.platform.Items], &list) == nil && len(list) > 0
}

// withoutFirstID takes the id from the first item of a list; an answer without items stays as it is.
func (s *Server) withoutFirstID(body []byte) []byte {
	strip := func(items any) {
		if list, ok := items.([]any); ok && len(list) > 0 {
			if first, ok := list[0].(map[string]any); ok {
				for _, name := range s.IDFields() {
					delete(first, name)
				}
			}
		}
	}
	if s.platform.Items != "" {
		return editObject(body, func(answer map[string]any) { strip(answer[s.itemsOf(answer)]) })
	}
	var list []any
	if json.Unmarshal(body, &list) != nil {
		return body
	}
	strip(list)
	return encode(list)
}

// withErrorBeside takes the items from a list, and says that something went wrong.
func (s *Server) withErrorBeside(body []byte) []byte {
	const said = "something went wrong"
	if s.platform.Items == "" {
		return encode(map[string]string{"error": said})
	}
	return editObject(body, func(answer map[string]any) { answer[s.itemsOf(answer)], answer["error"] = []any{}, said })
}

// withoutItems takes the items from a list.
func (s *Server) withoutItems(body []byte) []byte {
	if !s.hasItems(body) {
		return body
	}
	if s.platform.Items == "" {
		return []byte("[]")
	}
	return editObject(body, func(answer map[string]any) { answer[s.itemsOf(answer)] = []any{} })
}

// withNullRows puts null in the place of a list's items.
func (s *Server) withNullRows(body []byte) []byte {
	if s.platform.Items == "" {
		return []byte("null")
	}
	return editObject(body, func(answer map[string]any) { answer[s.itemsOf(answer)] = nil })
}

// itemsOf is the name that the items of an answer have.
func (s *Server) itemsOf(answer map[string]any) string {
	for _, name := range s.platform.OtherItems {
		if _, has := answer[name]; has {
			return name
		}
	}
	return s.platform.Items
}

// encode is for what was JSON before.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

var instant = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+0000)"`)

// oddZones writes every UTC time of the body as the same instant in another zone or spelling, in turn.
func oddZones(body []byte) []byte {
	n := 0
	return instant.ReplaceAllFunc(body, func(text []byte) []byte {
		at, err := time.Parse(`"`+time.RFC3339Nano+`"`, strings.Replace(string(text), "+0000", "Z", 1))
		if err != nil {
			return text
		}
		n++
		zone := []int{5*3600 + 45*60, -(3*3600 + 30*60), 14 * 3600, -12 * 3600, 0, 0, 3600}[n%7]
		in := at.In(time.FixedZone("", zone))
		switch n % 7 {
		case 4:
			return bytes.ToLower(text)
		case 5:
			return fmt.Appendf(nil, `"%s-00:00"`, at.Format("2006-01-02T15:04:05.999999999"))
		case 6:
			return fmt.Appendf(nil, `"%s"`, in.Format("2006-01-02T15:04:05.999999999-0700"))
		}
		return fmt.Appendf(nil, `"%s"`, in.Format(time.RFC3339Nano))
	})
}
