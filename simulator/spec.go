package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Spec is a vendor's own API description, in one or several documents. It is read when it is first
// needed, and once.
type Spec struct {
	load func() []*document
}

// document is one document of a description.
type document struct {
	router  routers.Router
	options openapi3filter.Options
}

// NewSpec returns the description that documents make up. A document that is not OpenAPI 3 panics
// when it is first used: it is part of the program.
func NewSpec(documents ...[]byte) *Spec {
	return &Spec{load: sync.OnceValue(func() []*document {
		read := make([]*document, len(documents))
		for i, text := range documents {
			d, err := newDocument(text)
			if err != nil {
				panic("simulator: a vendor's description is not usable: " + err.Error())
			}
			read[i] = d
		}
		return read
	})}
}

func newDocument(text []byte) (*document, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	for _, server := range doc.Servers { // a stand-in listens where it can
		path, err := server.BasePath()
		if err != nil {
			return nil, err
		}
		server.URL, server.Variables = path, nil
	}
	if err := allowNull(doc); err != nil {
		return nil, err
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	d := &document{router: router, options: openapi3filter.Options{
		IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true, MultiError: true,
		AuthenticationFunc: presentsCredentials, SchemaValidationOptions: formats,
	}}
	d.options.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string {
		return "/" + strings.Join(err.JSONPointer(), "/") + ": " + err.Reason
	})
	return d, nil
}

// allowNull lets every value of OpenAPI 3.1 that may be anything be null: the validator reads schemas that refer to
// others as OpenAPI 3.0 had them, where what has no type is not null.
func allowNull(doc *openapi3.T) error {
	if !doc.IsOpenAPI31OrLater() {
		return nil
	}
	return doc.WalkSchemas(func(_ string, s *openapi3.SchemaRef) error {
		if s.Value.Always == nil && s.Value.IsEmpty() {
			s.Value.Type = &openapi3.Types{"array", "boolean", "null", "number", "object", "string"}
		}
		return nil
	})
}

// errNoOperation says that no document has the path and the method of a request.
var errNoOperation = errors.New("it has no such path and method")

// find returns what is needed to check r, from the document that has its path.
func (s *Spec) find(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	for _, d := range s.load() {
		if route, params, err := d.router.FindRoute(r); err == nil {
			return &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &d.options}, nil
		}
	}
	return nil, errNoOperation
}

// request returns what is wrong with r, as a sentence, or nothing.
func (s *Spec) request(r *http.Request, body []byte) string {
	r = r.Clone(r.Context())
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	in, err := s.find(r)
	if err == nil {
		err = errors.Join(openapi3filter.ValidateRequest(r.Context(), in), undeclaredParameters(in))
	}
	if err == nil && in.Route.Operation.RequestBody != nil {
		err = undeclaredIn(in, in.Route.Operation.RequestBody.Value.Content, r.Header, body)
	}
	return sentence("the request "+r.Method+" "+r.URL.Path, err)
}

// answer returns what is wrong with the answer to r, as a sentence, or nothing.
func (s *Spec) answer(r *http.Request, a *httptest.ResponseRecorder) string {
	what := "the answer to " + r.Method + " " + r.URL.Path
	in, err := s.find(r)
	if err != nil {
		return sentence(what, err)
	}
	declared := in.Route.Operation.Responses.Status(a.Code)
	if declared == nil {
		declared = in.Route.Operation.Responses.Default()
	}
	if declared == nil { // for some statuses the validator would not say so
		return sentence(what, fmt.Errorf("the status %d is not declared", a.Code))
	}
	header := a.Result().Header
	err = errors.Join(
		openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: a.Code, Header: header, Body: io.NopCloser(bytes.NewReader(a.Body.Bytes())), Options: in.Options,
		}),
		undeclaredHeaders(declared.Value, header),
	)
	if err == nil {
		err = undeclaredIn(in, declared.Value.Content, header, a.Body.Bytes())
	}
	return sentence(what, err)
}

func sentence(what string, err error) string {
	if err == nil {
		return ""
	}
	return what + " is not as the vendor's description says: " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// undeclaredIn tells of what body has that the schema of its content does not declare. The body is known to be valid.
func undeclaredIn(in *openapi3filter.RequestValidationInput, content openapi3.Content, header http.Header, body []byte) error {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	declared := content.Get(kind)
	if len(body) == 0 || declared == nil || declared.Schema == nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	options := formats
	if in.Route.Spec.IsOpenAPI31OrLater() {
		options = append(slices.Clip(options), openapi3.EnableJSONSchema2020())
	}
	return undeclared(&schemas{options: options}, "", value, declared.Schema.Value)
}

// presentsCredentials refuses a request without credentials of the kind that the description asks for. Whether they
// are good is not for a description to say.
func presentsCredentials(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	r, scheme := in.RequestValidationInput.Request, in.SecurityScheme
	there := true
	switch {
	case scheme.Type == "http":
		kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		there = strings.EqualFold(kind, scheme.Scheme)
	case scheme.Type == "apiKey" && scheme.In == "header":
		there = r.Header.Get(scheme.Name) != ""
	case scheme.Type == "apiKey" && scheme.In == "query":
		there = r.URL.Query().Get(scheme.Name) != ""
	case scheme.Type == "apiKey" && scheme.In == "cookie":
		_, err := r.Cookie(scheme.Name)
		there = err == nil
	}
	if !there {
		return fmt.Errorf("the credentials %s are missing", in.SecuritySchemeName)
	}
	return nil
}
