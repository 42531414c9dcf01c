package connectortest

import (
	"reflect"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// given is a value for a field of each type, and sent what an analysis may have found instead of it.
var given, sent = map[simulator.FieldType]any{
	simulator.TextField: "Slate & tin", simulator.NumberField: 12000.5, simulator.BoolField: true, simulator.ListField: []any{"price", "time"},
}, map[simulator.FieldType]any{
	simulator.TextField: " Slate & tin ", simulator.NumberField: "12000.5", simulator.BoolField: "Yes", simulator.ListField: []any{"price", "time"},
}

// setsFields sets fields one by one, together and again, on each of FieldTargets: exactly those change, and what cannot be set
// is refused.
func setsFields(t *testing.T, c connector.Connector, crm NewCRM) {
	setter, ok := c.(connector.FieldSetter)
	if !ok {
		return
	}
	for _, target := range c.Info().FieldTargets {
		t.Run(string(target), func(t *testing.T) {
			r := newRig(t, c, crm, simulator.Options{Seed: 13, Records: 20})
			setsFieldsOf(t, r, setter, target)
		})
	}
}

func setsFieldsOf(t *testing.T, r *rig, setter connector.FieldSetter, target hub.Model) {
	defined, records := r.crm.Fields.Defined(target), r.crm.Records(target)
	if len(defined) == 0 || len(records) < 3 {
		t.Fatalf("the stand-in has %d fields of %s and %d records", len(defined), target, len(records))
	}
	record, other := records[0].ExternalID, records[1].ExternalID
	set := func(id string, values map[string]any) error {
		return setter.SetFields(t.Context(), r.session, connector.Fields{Target: target, ExternalID: id, Values: values})
	}
	// What people see of a field, somewhere: some vendors tell no more than that.
	for _, d := range defined {
		r.crm.Fields.Set(target, records[2].ExternalID, map[string]any{d.Key: given[d.Type]})
	}
	untouched := r.crm.Fields.Of(target, records[2].ExternalID)
	last := defined[len(defined)-1]
	r.crm.Fields.Set(target, record, map[string]any{last.Key: given[last.Type]})
	for i, d := range defined[:len(defined)-1] {
		name := d.Name
		if i%2 == 1 {
			name = strings.ToUpper(d.Key)
		}
		if err := set(record, map[string]any{name: sent[d.Type]}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	want := map[string]any{}
	all := map[string]any{}
	for _, d := range defined {
		want[d.Key], all[d.Name] = given[d.Type], sent[d.Type]
	}
	if got := r.crm.Fields.Of(target, record); !reflect.DeepEqual(got, want) {
		t.Errorf("one after another: %v, not %v", got, want)
	}
	// The answer is lost, so it is done again.
	r.crm.Faults.Script(simulator.Fault{Kind: simulator.None}, simulator.Fault{Kind: simulator.Drop})
	err := set(other, all)
	for range 5 {
		if err == nil {
			break
		}
		err = set(other, all)
	}
	if got := r.crm.Fields.Of(target, other); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("all at once: %v, not %v: %v", got, want, err)
	}
	refused(t, set(record, map[string]any{"No such field": "x"}), "No such field")
	refused(t, set(missingID(records[0].ExternalID), all), "")
	if got := r.crm.Fields.Of(target, record); !reflect.DeepEqual(got, want) {
		t.Errorf("after what was refused: %v", got)
	}
	if got := r.crm.Fields.Of(target, records[2].ExternalID); !reflect.DeepEqual(got, untouched) {
		t.Errorf("another record: %v", got)
	}
}

func refused(t *testing.T, err error, named string) {
	t.Helper()
	if !connector.IsKind(err, connector.Refused) || !strings.Contains(err.Error(), named) {
		t.Errorf("it answers %v, which is not refused or does not name %q", err, named)
	}
}

// missingID is an id like id that no record has.
func missingID(id string) string { return id[:len(id)-4] + "9999" }
