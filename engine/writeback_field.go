package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// setFields sets the fields of the CRM that values of the recording are mapped to, where the platform has fields. A
// field that cannot be set holds up nothing, as its value stands in the note: unset says, for people, which and why.
func (s *sending) setFields(ctx context.Context, c connector.Connector, r *hub.Recording, crm *hub.LinkedCRM) (unset string, err error) {
	setter, ok := c.(connector.FieldSetter)
	if !ok {
		return "", nil
	}
	values := map[hub.Model]map[string]any{}
	for _, v := range r.MappedValues() {
		if values[v.Model] == nil {
			values[v.Model] = map[string]any{}
		}
		values[v.Model][v.Field] = v.Value
	}
	reached := s.reached(crm)
	var problems []string
	for _, model := range slices.Sorted(maps.Keys(values)) {
		f := connector.Fields{Target: model, ExternalID: reached[model], Values: values[model]}
		switch {
		case !slices.Contains(c.Info().FieldTargets, model):
			problems = append(problems, fmt.Sprintf("%s: %s has no fields of %s that can be set.", names(f), c.Info().Name, model))
		case f.ExternalID == "":
			problems = append(problems, fmt.Sprintf("%s: no %s is known that the recording belongs to.", names(f), model))
		default:
			refused, err := s.setEach(ctx, setter, f)
			if err != nil {
				return "", err
			}
			problems = append(problems, refused...)
		}
	}
	if len(problems) == 0 {
		return "", nil
	}
	return "The note was written, but not these fields. " + strings.Join(problems, " "), nil
}

// setEach sets the fields together, or each alone when the CRM refuses them together.
func (s *sending) setEach(ctx context.Context, setter connector.FieldSetter, f connector.Fields) (refused []string, err error) {
	err = setter.SetFields(ctx, &s.session.Session, f)
	if !refuses(err) {
		return nil, err
	}
	if len(f.Values) == 1 {
		return []string{fmt.Sprintf("%s: %s.", names(f), strings.TrimSuffix(err.Error(), "."))}, nil
	}
	for _, name := range slices.Sorted(maps.Keys(f.Values)) {
		one, err := s.setEach(ctx, setter, connector.Fields{Target: f.Target, ExternalID: f.ExternalID, Values: map[string]any{name: f.Values[name]}})
		if err != nil {
			return nil, err
		}
		refused = append(refused, one...)
	}
	return refused, nil
}

// refuses reports whether the CRM will never do what it was asked. An answer of 403 is among that: the credentials
// are good, as the note was taken, but they do not allow it.
func refuses(err error) bool {
	var ce *connector.Error
	return errors.As(err, &ce) && (ce.Kind == connector.Refused || ce.Status == http.StatusForbidden)
}

// names are the fields as a mapping writes them.
func names(f connector.Fields) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f.Values)) {
		all = append(all, string(f.Target)+"."+name)
	}
	return strings.Join(all, ", ")
}
