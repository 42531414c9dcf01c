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
// synced are the extractions all of whose mapped values are in their fields.
func (s *sending) setFields(ctx context.Context, c connector.Connector, r *hub.Recording, crm *hub.LinkedCRM) (synced []hub.EntityExtraction, unset string, err error) {
	setter, ok := c.(connector.FieldSetter)
	if !ok {
		return nil, "", nil
	}
	mapped := r.MappedValues()
	values := map[hub.Model]map[string]any{}
	for _, v := range mapped {
		if values[v.Model] == nil {
			values[v.Model] = map[string]any{}
		}
		values[v.Model][v.Field] = v.Value
	}
	reached := s.reached(crm)
	problems := map[string]string{} // by the field's name with its model
	for model, some := range values {
		f := connector.Fields{Target: model, ExternalID: reached[model], Values: some}
		switch {
		case !slices.Contains(c.Info().FieldTargets, model):
			noteProblem(problems, f, fmt.Sprintf("%s has no fields of %s that can be set", c.Info().Name, model))
		case f.ExternalID == "":
			noteProblem(problems, f, fmt.Sprintf("no %s is known that the recording belongs to", model))
		default:
			if err := s.setEach(ctx, setter, f, problems); err != nil {
				return nil, "", err
			}
		}
	}
	for _, e := range r.Analysis.Extractions {
		of := func(v hub.MappedValue) bool { return v.Extraction == e.ID }
		failed := func(v hub.MappedValue) bool { return of(v) && problems[fieldName(v.Model, v.Field)] != "" }
		if slices.ContainsFunc(mapped, of) && !slices.ContainsFunc(mapped, failed) {
			synced = append(synced, e)
		}
	}
	if len(problems) == 0 {
		return synced, "", nil
	}
	sentences := []string{"The note was written, but not these fields."}
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		sentences = append(sentences, name+": "+strings.TrimSuffix(problems[name], ".")+".")
	}
	return synced, strings.Join(sentences, " "), nil
}

// setEach sets the fields together, or each alone when the CRM refuses them together.
func (s *sending) setEach(ctx context.Context, setter connector.FieldSetter, f connector.Fields, problems map[string]string) error {
	err := setter.SetFields(ctx, &s.session.Session, f)
	if !refuses(err) {
		return err
	}
	if len(f.Values) == 1 {
		noteProblem(problems, f, err.Error())
		return nil
	}
	for name, value := range f.Values {
		alone := connector.Fields{Target: f.Target, ExternalID: f.ExternalID, Values: map[string]any{name: value}}
		if err := s.setEach(ctx, setter, alone, problems); err != nil {
			return err
		}
	}
	return nil
}

// refuses reports whether the CRM will never do what it was asked. An answer of 403 is among that: the credentials
// are good, as the note was taken, but they do not allow it.
func refuses(err error) bool {
	var ce *connector.Error
	return errors.As(err, &ce) && (ce.Kind == connector.Refused || ce.Status == http.StatusForbidden)
}

func noteProblem(problems map[string]string, f connector.Fields, why string) {
	for name := range f.Values {
		problems[fieldName(f.Target, name)] = why
	}
}

// fieldName is a field as people read of it.
func fieldName(m hub.Model, field string) string { return string(m) + "." + field }
