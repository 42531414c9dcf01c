package invented

import (
	"encoding/json"
	"maps"
	"slices"
)

// description is what the kind's vendor would publish of its API, in OpenAPI.
func description(k Kind) []byte {
	type object = map[string]any
	parameter := func(in, name, kind string) object {
		return object{"in": in, "name": name, "required": in == "path", "schema": object{"type": kind}}
	}
	answer := func(status string, schema object) object {
		return object{status: object{"description": "", "content": object{"application/json": object{"schema": schema}}}}
	}
	item := object{"type": "object", "x-open": true}
	pages := []object{parameter("query", "limit", "integer")}
	switch k {
	case Number:
		pages = append(pages, parameter("query", "page", "integer"))
	case Offset:
		pages = append(pages, parameter("query", "offset", "integer"))
	case Cursor, Link:
		pages = append(pages, parameter("query", "cursor", "string"))
	}
	list := object{"type": "object", "required": []string{"items"}, "properties": object{"items": object{"type": "array", "items": item}, "cursor": object{"type": []string{"string", "null"}}}}
	if k == Link {
		list = object{"type": "array", "items": item}
	}
	kind := map[Kind]string{Number: "string", Offset: "integer", Cursor: "integer", Link: "string"}[k]
	listed := slices.Concat(pages, []object{parameter("query", "since", kind)})
	id := parameter("path", "id", "string")
	all := object{
		"/me": object{"get": object{"responses": answer("200", item)}},
		"/deals/{id}/notes": object{
			"get": object{"parameters": append([]object{id}, pages...), "responses": answer("200", list)},
			"post": object{
				"parameters": []object{id}, "responses": answer("201", item),
				"requestBody": object{"required": true, "content": object{"application/json": object{"schema": object{
					"type": "object", "required": []string{"note"},
					"properties": object{"note": object{"type": "object", "required": []string{"text"}, "properties": object{"text": object{"type": "string", "minLength": 1}}}},
				}}}},
			},
		},
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		all["/"+path] = object{"get": object{"parameters": listed, "responses": answer("200", list)}}
		all["/"+path+"/{id}"] = object{"get": object{"parameters": []object{id}, "responses": answer("200", item)}}
		if k == Cursor {
			all["/"+path+"/deleted"] = object{"get": object{"parameters": listed, "responses": answer("200", list)}}
		}
	}
	scheme := map[Kind]object{
		Number: {"type": "apiKey", "in": "header", "name": "X-Api-Key"}, Offset: {"type": "http", "scheme": "basic"},
		Cursor: {"type": "http", "scheme": "bearer"}, Link: {"type": "apiKey", "in": "query", "name": "key"},
	}[k]
	text, err := json.Marshal(object{
		"openapi": "3.1.0", "info": object{"title": "Invented", "version": "1"}, "servers": []object{{"url": "https://api.invented.example" + base}},
		"security": []object{{"key": []string{}}}, "components": object{"securitySchemes": object{"key": scheme}}, "paths": all,
	})
	if err != nil {
		panic("invented: the description is texts: " + err.Error())
	}
	return text
}
