package simulator

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"uuid"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// formats are those that descriptions use and the validator knows only the names of. It knows dates and whole numbers.
var formats = []openapi3.SchemaValidationOption{
	openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"uuid": openapi3.NewCallbackValidator(func(text string) error {
			if _, err := uuid.Parse(text); err != nil || len(text) != 36 {
				return errors.New("is not a UUID")
			}
			return nil
		}),
		"uri": openapi3.NewCallbackValidator(func(text string) error {
			if u, err := url.Parse(text); err != nil || !u.IsAbs() {
				return errors.New("is not an absolute URI")
			}
			return nil
		}),
		"email": openapi3.NewCallbackValidator(func(text string) error {
			if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
				return errors.New("is not an email address")
			}
			return nil
		}),
	}),
}

// undeclaredParameters tells of query parameters, headers and cookies of a request that its operation does not declare.
func undeclaredParameters(in *openapi3filter.RequestValidationInput) error {
	declared := func(place, name string) bool {
		for _, list := range []openapi3.Parameters{in.Route.Operation.Parameters, in.Route.PathItem.Parameters} {
			if list.GetByInAndName(place, name) != nil || place == "header" && slices.ContainsFunc(list, func(p *openapi3.ParameterRef) bool {
				return p.Value.In == place && strings.EqualFold(p.Value.Name, name)
			}) {
				return true
			}
		}
		if c := in.Route.Spec.Components; c != nil {
			for _, scheme := range c.SecuritySchemes {
				if s := scheme.Value; s.Type == "apiKey" && s.In == place && strings.EqualFold(s.Name, name) {
					return true
				}
			}
		}
		return false
	}
	var problems []error
	tell := func(place, name string) {
		if !declared(place, name) {
			problems = append(problems, fmt.Errorf("the %s parameter %s is not declared", place, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.Request.URL.Query())) {
		tell("query", name)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Request.Header)) {
		if !ordinary[name] {
			tell("header", name)
		}
	}
	for _, cookie := range in.Request.Cookies() {
		tell("cookie", cookie.Name)
	}
	return errors.Join(problems...)
}

// undeclaredHeaders tells of headers of an answer that are not declared, where any are.
func undeclaredHeaders(declared *openapi3.Response, header http.Header) error {
	if len(declared.Headers) == 0 {
		return nil
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if !ordinary[name] && name != "Set-Cookie" && !slices.ContainsFunc(slices.Collect(maps.Keys(declared.Headers)), func(d string) bool { return strings.EqualFold(d, name) }) {
			problems = append(problems, fmt.Errorf("the header %s is not declared", name))
		}
	}
	return errors.Join(problems...)
}

// ordinary are the headers that belong to HTTP and its intermediaries, which no description declares.
var ordinary = func() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(`Accept Accept-Encoding Accept-Language Authorization Cache-Control Connection Content-Length
		Content-Type Cookie Date Etag Expires Host If-Match If-Modified-Since If-None-Match Last-Modified Origin Pragma Referer
		Transfer-Encoding User-Agent Vary X-Forwarded-For X-Forwarded-Proto X-Real-Ip X-Request-Id`) {
		known[name] = true
	}
	return known
}()

// schemas knows which schemas speak of a value.
type schemas struct {
	options []openapi3.SchemaValidationOption
}

// openMark marks a schema whose properties are for each organization to say, so that none is undeclared.
const openMark = "x-open"

// undeclared tells of the properties of value, and of all that is in it, that none of the schemas that speak of it
// declares: also where a schema allows additional ones, since what no one declares no one reads. The value is known
// to be valid; where names it.
func undeclared(s *schemas, where string, value any, of ...*openapi3.Schema) error {
	var problems []error
	switch v := value.(type) {
	case []any:
		of = s.speaking(value, of)
		for i, item := range v {
			var items []*openapi3.Schema
			for _, schema := range of {
				switch {
				case i < len(schema.PrefixItems):
					items = append(items, schema.PrefixItems[i].Value)
				case schema.Items != nil:
					items = append(items, schema.Items.Value)
				}
			}
			problems = append(problems, undeclared(s, where+"/"+strconv.Itoa(i), item, items...))
		}
	case map[string]any:
		of = s.speaking(value, of)
		if slices.ContainsFunc(of, func(schema *openapi3.Schema) bool { return schema.Extensions[openMark] == true }) {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			declared := declaring(name, of)
			if len(declared) == 0 {
				problems = append(problems, fmt.Errorf("the property %s/%s is not declared", where, name))
				continue
			}
			problems = append(problems, undeclared(s, where+"/"+name, v[name], declared...))
		}
	}
	return errors.Join(problems...)
}

// declaring returns the schemas that of have for a property of the name.
func declaring(name string, of []*openapi3.Schema) []*openapi3.Schema {
	var found []*openapi3.Schema
	for _, schema := range of {
		if p := schema.Properties[name]; p != nil {
			found = append(found, p.Value)
		}
		for pattern, p := range schema.PatternProperties {
			if matches, err := regexp.MatchString(pattern, name); err == nil && matches {
				found = append(found, p.Value)
			}
		}
	}
	return found
}

// speaking returns given and the schemas that they are made of, as far as value is such.
func (s *schemas) speaking(value any, given []*openapi3.Schema) []*openapi3.Schema {
	var found []*openapi3.Schema
	var add func(schema *openapi3.Schema)
	add = func(schema *openapi3.Schema) {
		if schema == nil || slices.Contains(found, schema) {
			return
		}
		found = append(found, schema)
		for _, part := range schema.AllOf {
			add(part.Value)
		}
		for _, part := range slices.Concat(schema.OneOf, schema.AnyOf) {
			if s.is(value, part) {
				add(part.Value)
			}
		}
		if schema.If != nil {
			branch := schema.Else
			if s.is(value, schema.If) {
				add(schema.If.Value)
				branch = schema.Then
			}
			if branch != nil {
				add(branch.Value)
			}
		}
		properties, _ := value.(map[string]any)
		for name, part := range schema.DependentSchemas {
			if _, there := properties[name]; there {
				add(part.Value)
			}
		}
	}
	for _, schema := range given {
		add(schema)
	}
	return found
}

// is reports whether value is valid against the schema.
func (s *schemas) is(value any, schema *openapi3.SchemaRef) bool {
	return schema.Value.VisitJSON(value, s.options...) == nil
}
