package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// errorShape says how an operation answers errors beyond those that every operation can meet.
type errorShape struct {
	// plain statuses are answered with one sentence of text, as published; json ones with an ErrorBody.
	plain, json []int
	// text says that the plain statuses are answered with text in every case: else a 400 is not, and a 401 never.
	text bool
	// zod says that invalid input is answered with 422 and a ZodError instead of with 400, and that no other
	// error answer lists issues.
	zod bool
	// published are the json statuses that the contract has, so that they are not marked as ours.
	published []int
}

func plainErrors(statuses ...int) errorShape { return errorShape{plain: statuses} }

// textErrors are those of an operation for which the contract has no JSON for errors at all.
func textErrors(statuses ...int) errorShape { return errorShape{plain: statuses, text: true} }

func jsonErrors(statuses ...int) errorShape { return errorShape{json: statuses} }

// zodErrors are those of the operations for which the contract has a ZodError, with more of ours.
func zodErrors(ours ...int) errorShape {
	published := []int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusUnprocessableEntity, http.StatusInternalServerError,
	}
	return errorShape{json: slices.Concat(published, ours), zod: true, published: published}
}

// unpublished marks all errors as ours, for an operation of which the contract tells success only.
func (e errorShape) unpublished() errorShape {
	e.published = nil
	return e
}

// isPlain reports whether a status is answered with text. 400 is not: only a platform outside the list is text
// there, and bindingError sees to that.
func (e errorShape) isPlain(status int) bool {
	return slices.Contains(e.plain, status) && (e.text || status != http.StatusBadRequest)
}

// metadataShape is where an operation keeps its errorShape.
const metadataShape = "errorShape"

// metadataSchemas is where an operation keeps the registry of the document's schemas.
const metadataSchemas = "schemas"

// commonErrors are the statuses that every operation can answer with.
var commonErrors = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// describeErrors puts the operation's error answers into the document. Those that the published contract
// does not have are marked as ours.
func (s *server) describeErrors(op *huma.Operation, shape errorShape, input reflect.Type) {
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
	if _, ok := input.FieldByName("IdempotencyKey"); ok {
		statuses = append(statuses, http.StatusUnprocessableEntity)
	}
	for _, status := range statuses {
		response := &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/json": {Schema: s.errorSchema(shape, status)}},
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
func (s *server) errorSchema(shape errorShape, status int) *huma.Schema {
	schemas := s.huma.OpenAPI().Components.Schemas
	switch {
	case shape.zod && status == http.StatusUnprocessableEntity:
		return schemas.Schema(reflect.TypeFor[ZodError](), true, "ZodError")
	case shape.zod:
		return schemas.Schema(reflect.TypeFor[Sentence](), true, "Sentence")
	}
	return schemas.Schema(reflect.TypeFor[ErrorBody](), true, "ErrorBody")
}

// markExtensions marks in the document what t, an operation's input or output, has tagged extension:"true".
func (s *server) markExtensions(op *huma.Operation, t reflect.Type) {
	for _, f := range reflect.VisibleFields(t) {
		s.markBody(f.Type)
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
func (s *server) markBody(t reflect.Type) {
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
		s.markBody(f.Type)
		if f.Tag.Get("extension") != "true" {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		for ref, schema := range s.huma.OpenAPI().Components.Schemas.Map() {
			of := s.huma.OpenAPI().Components.Schemas.TypeFromRef("#/components/schemas/" + ref)
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
