// Command trimspec reads a vendor's OpenAPI description and writes, as JSON, the part a simulator
// needs: the named operations and the schemas they refer to. Prose and examples are left out; what
// decides whether a request or an answer is valid is not touched, except for properties named by -any, which
// the description is known to type wrongly: every value is valid there.
//
//	go run ./simulator/internal/trimspec -in crm.yaml -out crm.json -any RemoteField.value 'GET /accounts' 'POST /notes'
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"log"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

func main() {
	in := flag.String("in", "", "the vendor's description, YAML or JSON")
	out := flag.String("out", "", "the file to write")
	public := flag.String("public", "", "operations that take no credentials though the description says so, as METHOD /path, with commas")
	anything := flag.String("any", "", "properties of any type, as Schema.property, with commas")
	free := flag.String("open", "", "schemas whose properties each customer of the vendor has of their own, with commas")
	flag.Parse()
	text, err := os.ReadFile(*in)
	if err != nil {
		log.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		log.Fatalf("%s is not YAML or JSON: %v", *in, err)
	}
	trimmed := trim(doc, flag.Args())
	for name := range strings.SplitSeq(*anything, ",") {
		if name != "" {
			allowAnything(trimmed, name)
		}
	}
	for operation := range strings.SplitSeq(*public, ",") {
		if operation != "" {
			open(trimmed, operation)
		}
	}
	for name := range strings.SplitSeq(*free, ",") {
		if name != "" {
			leaveOpen(trimmed, name)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(trimmed); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// trim returns doc with the operations alone, each written as "METHOD /path", and what they refer to.
func trim(doc map[string]any, operations []string) map[string]any {
	all, _ := doc["paths"].(map[string]any)
	paths := map[string]any{}
	for _, operation := range operations {
		method, path, _ := strings.Cut(operation, " ")
		item, _ := all[path].(map[string]any)
		op, ok := item[strings.ToLower(method)]
		if !ok {
			log.Fatalf("the description has no operation %s", operation)
		}
		kept, ok := paths[path].(map[string]any)
		if !ok {
			kept = map[string]any{}
			paths[path] = kept
		}
		kept[strings.ToLower(method)] = op
		if shared, ok := item["parameters"]; ok {
			kept["parameters"] = shared
		}
	}
	components := map[string]any{}
	result := map[string]any{
		"openapi": doc["openapi"], "info": map[string]any{"title": "trimmed", "version": "1"},
		"servers": doc["servers"], "paths": withoutProse(paths, false), "components": components,
	}
	if security, ok := doc["security"]; ok {
		result["security"] = security
	}
	given, _ := doc["components"].(map[string]any)
	if schemes, ok := given["securitySchemes"]; ok {
		components["securitySchemes"] = withoutProse(schemes, true)
	}
	follow(result["paths"], given, components)
	return result
}

// open takes the credentials off an operation, written as "METHOD /path".
func open(doc map[string]any, operation string) {
	method, path, _ := strings.Cut(operation, " ")
	paths, _ := doc["paths"].(map[string]any)
	item, _ := paths[path].(map[string]any)
	op, ok := item[strings.ToLower(method)].(map[string]any)
	if !ok {
		log.Fatalf("what is kept of the description has no operation %s", operation)
	}
	op["security"] = []any{}
}

// allowAnything takes the type off a property, named Schema.property.
func allowAnything(doc map[string]any, name string) {
	schema, property, _ := strings.Cut(name, ".")
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	found, _ := schemas[schema].(map[string]any)
	properties, _ := found["properties"].(map[string]any)
	if _, ok := properties[property]; !ok {
		log.Fatalf("what is kept of the description has no property %s", name)
	}
	properties[property] = map[string]any{}
}

// leaveOpen marks a schema as one whose properties the description cannot name.
func leaveOpen(doc map[string]any, name string) {
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	found, ok := schemas[name].(map[string]any)
	if !ok {
		log.Fatalf("what is kept of the description has no schema %s", name)
	}
	found["x-open"] = true
}

// follow copies what node refers to from given to kept, and what that refers to.
func follow(node any, given, kept map[string]any) {
	switch n := node.(type) {
	case []any:
		for _, v := range n {
			follow(v, given, kept)
		}
	case map[string]any:
		for _, v := range n {
			follow(v, given, kept)
		}
		ref, _ := n["$ref"].(string)
		parts := strings.Split(strings.TrimPrefix(ref, "#/components/"), "/")
		if ref == "" || len(parts) != 2 {
			return
		}
		group, ok := kept[parts[0]].(map[string]any)
		if !ok {
			group = map[string]any{}
			kept[parts[0]] = group
		}
		if _, done := group[parts[1]]; done {
			return
		}
		from, _ := given[parts[0]].(map[string]any)
		group[parts[1]] = withoutProse(from[parts[1]], false)
		follow(group[parts[1]], given, kept)
	}
}

// withoutProse drops what people read. names says that the keys of node are names of the vendor's own
// (its properties, its paths), which may well be "description".
func withoutProse(node any, names bool) any {
	switch n := node.(type) {
	case []any:
		kept := make([]any, len(n))
		for i, v := range n {
			kept[i] = withoutProse(v, false)
		}
		return kept
	case map[string]any:
		kept := map[string]any{}
		for k, v := range n {
			if !names && prose(k) {
				continue
			}
			own := !names && (k == "properties" || k == "responses" || k == "headers")
			kept[k] = withoutProse(v, own)
		}
		_, answer := n["content"]
		_, headed := n["headers"]
		_, described := n["description"]
		if !names && (answer || described && (headed || len(n) == 1)) {
			kept["description"] = "" // an answer must have one, be it all that it has
		}
		return kept
	}
	return node
}

func prose(key string) bool {
	switch key {
	case "description", "summary", "example", "examples", "title", "tags", "externalDocs", "operationId":
		return true
	}
	return strings.HasPrefix(key, "x-") && key != "x-scope" // what an app must be allowed decides, too
}
