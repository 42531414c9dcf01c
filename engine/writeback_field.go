package engine

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// setFields sets the fields of the CRM that values of the recording are mapped to, where the platform has fields. A
// field that cannot be set holds up nothing, as its value stands in the note: unset says, for people, which and why.
// synced are the extractions all of whose mapped values are in their fields. The note is on a record that what is linked may
// no longer refer to: then its other records are somebody else's.
func (s *deliveryAttempt) setFields(ctx context.Context, c connector.Connector, r *hub.Recording, crm *hub.LinkedCRM, on hub.RecordRef) (synced []hub.EntityExtraction, unset string, err error) {
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
	reached := s.targetIDs(crm)
	if reached[on.Model] != on.ExternalID {
		reached = map[hub.Model]string{s.delivery.Model: s.delivery.ExternalID, on.Model: on.ExternalID}
	}
	problems := map[string]string{} // by the field's name with its model
	for model, some := range values {
		f := connector.Fields{Target: model, ExternalID: reached[model], Values: some}
		switch {
		case !slices.Contains(c.Info().FieldTargets, model):
			addProblems(problems, f, fmt.Sprintf("%s has no fields of %s that can be set", c.Info().Name, model))
		case f.ExternalID == "":
			addProblems(problems, f, fmt.Sprintf("no %s is known that the recording belongs to", model))
		default:
			if err := s.setOrSplit(ctx, setter, f, s.engine.Clock().Add(fieldsTimeout), problems); err != nil {
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

// fieldsTimeout is how long the fields of a record may take in one attempt: many that are refused, one by one, at a slow
// rate limit.
const fieldsTimeout = 4 * time.Minute

// setOrSplit sets the fields together, or half of them at a time where the CRM refuses them together.
func (s *deliveryAttempt) setOrSplit(ctx context.Context, setter connector.FieldSetter, f connector.Fields, until time.Time, problems map[string]string) error {
	var err error
	if s.engine.Clock().Before(until) {
		err = setter.SetFields(s.requests.of(ctx, f.Target), &s.session.Session, f)
	} else {
		err = connector.Fail(connector.Temporary, string(s.conn.Platform), "the fields were not set within %s", fieldsTimeout)
	}
	switch {
	case s.givesUp(err), isPermanent(err) && (len(f.Values) == 1 || refusesRecord(err)):
		addProblems(problems, f, err.Error())
		return nil
	case !isPermanent(err):
		return err
	}
	names := slices.Sorted(maps.Keys(f.Values))
	for _, half := range [][]string{names[:len(names)/2], names[len(names)/2:]} {
		some := connector.Fields{Target: f.Target, ExternalID: f.ExternalID, Values: map[string]any{}}
		for _, name := range half {
			some.Values[name] = f.Values[name]
		}
		if err := s.setOrSplit(ctx, setter, some, until, problems); err != nil {
			return err
		}
	}
	return nil
}

// givesUp reports whether an error that another attempt might not meet has met the last one: the note is there, and
// the fields are given up.
func (s *deliveryAttempt) givesUp(err error) bool {
	again := connector.IsKind(err, connector.Temporary) || connector.IsKind(err, connector.Malformed) || connector.IsKind(err, connector.Refused) && connector.AsksToWait(err)
	return again && s.lastAttempt()
}

// isPermanent reports whether the CRM will never do what it was asked, which the credentials may not allow. One that says when to come
// again may do it then.
func isPermanent(err error) bool {
	return (connector.IsKind(err, connector.Refused) || connector.IsKind(err, connector.Forbidden)) && !connector.AsksToWait(err)
}

// refusesRecord reports whether a refusal is of the record as a whole, whatever is to be set: it is not there, or may not
// be changed.
func refusesRecord(err error) bool {
	return connector.IsKind(err, connector.Forbidden) || connector.Status(err) == http.StatusNotFound
}

func addProblems(problems map[string]string, f connector.Fields, why string) {
	for name := range f.Values {
		problems[fieldName(f.Target, name)] = why
	}
}

// fieldName is a field as people read of it.
func fieldName(m hub.Model, field string) string { return string(m) + "." + field }
