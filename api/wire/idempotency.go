package wire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"sirocco/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotency-Replayed"
	// keyMost is how many characters a key may have.
	keyMost = 255
)

// metadataRepeatable marks an operation that takes no Idempotency-Key.
const metadataRepeatable = "repeatable"

// Repeatable marks a POST that makes nothing, or that does no more when it comes again: it takes no Idempotency-Key. All others do.
func Repeatable(op Operation) Operation {
	op.Metadata = map[string]any{metadataRepeatable: true}
	return op
}

// metadataKept is where an operation says how its answers are kept.
const metadataKept = "kept"

type keeping struct {
	keep func(body []byte) []byte
	give func(r *Request, body []byte) ([]byte, error)
}

// Keeping makes an operation keep of an answer's body what keep leaves, and give of that what give makes of it.
func Keeping(op Operation, keep func([]byte) []byte, give func(*Request, []byte) ([]byte, error)) Operation {
	op.Metadata = map[string]any{metadataKept: keeping{keep, give}}
	return op
}

// takesKey reports whether an operation takes an Idempotency-Key.
func takesKey(op *huma.Operation) bool {
	return op.Method == http.MethodPost && op.Metadata[metadataRepeatable] == nil
}

// errNotMade undoes what a request began that was answered with an error.
var errNotMade = errors.New("the request was refused")

// keptAnswer is the answer to a request, as it is kept for one that repeats it.
type keptAnswer struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	ETag        string `json:"etag,omitempty"`
	Body        string `json:"body"`
}

func (k *keptAnswer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", k.ContentType)
	if k.ETag != "" {
		w.Header().Set("ETag", k.ETag)
	}
	w.WriteHeader(k.Status)
	_, _ = io.WriteString(w, k.Body) // the client is gone, or it is written
}

// heldAnswer is an answer that is not sent before what it tells of is certain.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header { return h.header }

func (h *heldAnswer) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *heldAnswer) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(b)
}

func (h *heldAnswer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), h.header)
	w.WriteHeader(max(h.status, http.StatusOK))
	_, _ = w.Write(h.body.Bytes()) // the client is gone, or it is written
}

// once is the middleware of operations that make something: with an Idempotency-Key what is made and its answer are
// committed together, and the same request again is answered from what was kept. secrets are the names of what is left
// out of that.
func (a *API) once(shape ErrorShape, secrets map[string]bool) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		hr, w := humago.Unwrap(ctx)
		key := hr.Header.Get(idempotencyHeader)
		if key == "" {
			next(ctx)
			return
		}
		if len(key) > keyMost {
			WriteError(w, bindingError(ctx, http.StatusUnprocessableEntity, "", &huma.ErrorDetail{
				Location: "header." + idempotencyHeader, Message: "expected length <= " + strconv.Itoa(keyMost), Value: key,
			}))
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, ctx.Operation().MaxBodyBytes))
		if err != nil {
			a.failBody(ctx, w, err)
			return
		}
		r := RequestOf(hr.Context())
		outer := r.Context
		own, special := ctx.Operation().Metadata[metadataKept].(keeping)
		var held *heldAnswer
		kept, replayed, err := a.Store.Once(outer, r.Token.OrganizationID+r.User.OrganizationID, idempotencyKey(r, ctx.Operation().OperationID, key, hr, body), func(within context.Context) (string, error) {
			// A request is its own context: what its handler does belongs to the transaction.
			held, r.failed, r.Context = &heldAnswer{header: http.Header{}}, nil, within
			defer func() { r.Context = outer }()
			again := hr.Clone(r)
			again.Body = io.NopCloser(bytes.NewReader(body))
			next(humago.NewContext(ctx.Operation(), again, held))
			if r.failed != nil {
				return "", r.failed
			}
			if held.status >= http.StatusBadRequest {
				return "", errNotMade
			}
			body := without(held.body.Bytes(), secrets)
			if special {
				body = own.keep(body)
			}
			text, err := json.Marshal(keptAnswer{held.status, held.header.Get("Content-Type"), held.header.Get("ETag"), string(body)})
			return string(text), err
		})
		switch {
		case err == nil && !replayed:
			held.send(w)
		case err == nil:
			var answer keptAnswer
			err := json.Unmarshal([]byte(kept), &answer)
			if err == nil && special {
				var body []byte
				body, err = own.give(r, []byte(answer.Body))
				answer.Body = string(body)
			}
			if err != nil {
				WriteError(w, statusError(r, shape, err))
				return
			}
			w.Header().Set(replayedHeader, "true")
			answer.write(w)
		case held != nil && held.status >= http.StatusBadRequest && held.status < http.StatusInternalServerError:
			held.send(w)
		default:
			WriteError(w, statusError(r, shape, err))
		}
	}
}

// idempotencyKey ties a client's key to what it asked for: the same key is another one on another path, for another
// organization, or of somebody who may see other things.
func idempotencyKey(r *Request, operation, key string, hr *http.Request, body []byte) store.IdempotencyKey {
	asked := hashOf(hr.URL.EscapedPath(), hr.URL.RawQuery, r.Token.GroupID, r.User.UserID)
	canonical := jsontext.Value(slices.Clone(body))
	if canonical.Canonicalize() != nil { // what is no JSON is compared as it is
		canonical = body
	}
	return store.IdempotencyKey{Operation: operation + " " + asked, Key: key, RequestHash: hashOf(string(canonical))}
}

// hashOf tells texts apart, each with its length before it.
func hashOf(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		_, _ = io.WriteString(h, strconv.Itoa(len(text))+":"+text) // a hash takes all
	}
	return hex.EncodeToString(h.Sum(nil))
}

// secretsOf are the names of the fields of an answer's body that are tagged secret, and whether they are to be empty, as the
// published contract wants them there, rather than left out.
func secretsOf(answer reflect.Type) map[string]bool {
	body, ok := answer.FieldByName("Body")
	if !ok || body.Type.Kind() != reflect.Struct {
		return nil
	}
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(body.Type) {
		if how := f.Tag.Get("secret"); how != "" {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names[name] = how == "empty"
		}
	}
	return names
}

// without is a JSON object without some of its fields, or with an empty text for them.
func without(body []byte, names map[string]bool) []byte {
	if len(names) == 0 {
		return body
	}
	in := jsontext.NewDecoder(bytes.NewReader(body))
	var b bytes.Buffer
	out := jsontext.NewEncoder(&b)
	copied := func() error {
		begin, err := in.ReadToken()
		if err != nil {
			return err
		}
		if err := out.WriteToken(begin); err != nil {
			return err
		}
		for in.PeekKind() == '"' {
			name, err := in.ReadValue()
			if err != nil {
				return err
			}
			name = name.Clone()
			value, err := in.ReadValue()
			if err != nil {
				return err
			}
			text, _ := jsontext.AppendUnquote(nil, name)
			if empty, secret := names[string(text)]; secret && !empty {
				continue
			} else if secret {
				value = jsontext.Value(`""`)
			}
			if err := errors.Join(out.WriteValue(name), out.WriteValue(value)); err != nil {
				return err
			}
		}
		return out.WriteToken(jsontext.EndObject)
	}
	if copied() != nil {
		return []byte("{}") // rather nothing than a secret
	}
	return b.Bytes()
}

// describeKey puts the header, and the one of an answer that is given again, into the document.
func describeKey(op *huma.Operation) {
	most := keyMost
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: idempotencyHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &most}, Extensions: map[string]any{extensionKey: true},
		Description: "Any text that identifies this attempt. The same request with the same key within a day gets the same answer, without its secrets, and makes nothing; another body under the same key gets 422.",
	})
	for status, response := range op.Responses {
		if strings.HasPrefix(status, "2") {
			if response.Headers == nil {
				response.Headers = map[string]*huma.Param{}
			}
			response.Headers[replayedHeader] = &huma.Param{
				Schema: &huma.Schema{Type: huma.TypeString}, Extensions: map[string]any{extensionKey: true},
				Description: "true when this is the answer to an earlier request with the same Idempotency-Key.",
			}
		}
	}
}
