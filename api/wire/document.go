package wire

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// metadataShape is where an operation keeps its errorShape.
const metadataShape = "errorShape"

// describeErrors puts the operation's error answers into the document. Those that the published contract
// does not have are marked as ours.
func (a *API) describeErrors(op *huma.Operation, shape ErrorShape, input reflect.Type) {
	op.Responses = map[string]*huma.Response{}
	statuses := slices.Concat(commonErrors, shape.json)
	if _, ok := input.FieldByName("Body"); ok {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if _, ok := input.FieldByName("Organization"); ok && !shape.isPlain(http.StatusNotFound) {
		statuses = append(statuses, http.StatusNotFound)
	}
	if _, ok := input.FieldByName("IfMatch"); ok {
		statuses = append(statuses, http.StatusPreconditionFailed)
	}
	if takesKey(op) {
		statuses = append(statuses, http.StatusUnprocessableEntity)
	}
	for _, status := range statuses {
		response := &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/json": {Schema: a.errorSchema(shape, status)}},
		}
		if !slices.Contains(shape.published, status) {
			response.Extensions = map[string]any{extensionKey: true}
		}
		op.Responses[strconv.Itoa(status)] = response
	}
	for _, status := range shape.plain {
		response := op.Responses[strconv.Itoa(status)]
		if response == nil {
			response = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{}}
			op.Responses[strconv.Itoa(status)] = response
		}
		response.Extensions = nil
		if shape.text {
			response.Content = map[string]*huma.MediaType{}
		}
		response.Content["text/plain"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
}

// errorSchema is the schema of the JSON that the operation answers the status with.
func (a *API) errorSchema(shape ErrorShape, status int) *huma.Schema {
	schemas := a.huma.OpenAPI().Components.Schemas
	switch {
	case shape.zod && status == http.StatusUnprocessableEntity:
		return schemas.Schema(reflect.TypeFor[ZodError](), true, "ZodError")
	case shape.zod:
		return schemas.Schema(reflect.TypeFor[Sentence](), true, "Sentence")
	}
	return schemas.Schema(reflect.TypeFor[ErrorBody](), true, "ErrorBody")
}

// markExtensions marks in the document what t, an operation's input or output, has tagged extension:"true".
func (a *API) markExtensions(op *huma.Operation, t reflect.Type) {
	for _, f := range reflect.VisibleFields(t) {
		a.markBody(f.Type)
		if f.Tag.Get("extension") != "true" {
			continue
		}
		for _, p := range op.Parameters {
			if p.Name == f.Tag.Get("query") && p.In == "query" || p.Name == f.Tag.Get("header") && p.In == "header" {
				p.Extensions = map[string]any{extensionKey: true}
			}
		}
		for _, response := range op.Responses {
			if h := response.Headers[f.Tag.Get("header")]; h != nil {
				h.Extensions = map[string]any{extensionKey: true}
			}
		}
	}
}

// markBody marks the properties of the schema of t, and of all it contains, that are tagged extension:"true".
func (a *API) markBody(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() || f.Type == t {
			continue
		}
		a.markBody(f.Type)
		if f.Tag.Get("extension") != "true" {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		for ref, schema := range a.huma.OpenAPI().Components.Schemas.Map() {
			of := a.huma.OpenAPI().Components.Schemas.TypeFromRef("#/components/schemas/" + ref)
			if property := schema.Properties[name]; property != nil && holds(of, f) {
				property.Extensions = map[string]any{extensionKey: true}
			}
		}
	}
}

// holds reports whether the struct t, or one embedded in it, declares f.
func holds(t reflect.Type, f reflect.StructField) bool {
	if t == nil || t.Kind() != reflect.Struct {
		return false
	}
	for _, g := range reflect.VisibleFields(t) {
		if g.Name == f.Name && g.Tag == f.Tag && g.Type == f.Type {
			return true
		}
	}
	return false
}

// operationsOf returns the operations of a path by method.
func operationsOf(item *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put,
		http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}
	for method, op := range all {
		if op == nil {
			delete(all, method)
		}
	}
	return all
}

// DescribeEvent puts an event that webhook endpoints are sent into the document.
func (a *API) DescribeEvent(name, summary, description string, payload reflect.Type) {
	doc := a.huma.OpenAPI()
	if doc.Webhooks == nil {
		doc.Webhooks = map[string]*huma.PathItem{}
	}
	schema := doc.Components.Schemas.Schema(payload, true, "")
	a.markBody(payload)
	doc.Webhooks[name] = &huma.PathItem{Post: &huma.Operation{
		OperationID: name, Summary: summary, Tags: []string{"Webhooks"}, Description: description,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}},
		Responses:   map[string]*huma.Response{"2XX": {Description: "It was received."}},
		Security:    []map[string][]string{},
	}}
}
