package engine_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// engagementOf is an engagement of the CRM that refers to a record of the model, and that record's id.
func (r *hubRig) engagementOf(ref func(hub.Refs) string) (engagement, id string) {
	r.t.Helper()
	for _, e := range r.crm.Records(hub.ModelEngagement) {
		if id := ref(e.Refs); id != "" && !e.Deleted {
			return e.ExternalID, id
		}
	}
	r.t.Fatal("no engagement refers to one")
	return "", ""
}

// TestFieldsAreSet maps values to fields of the linked record and of one that it refers to, with two that cannot be set.
func TestFieldsAreSet(t *testing.T) {
	storetest.Long(t)
	tests := map[hub.Platform]struct {
		model hub.Model
		ref   func(hub.Refs) string
		want  string
	}{
		hub.PlatformMerge:        {hub.ModelAccount, func(r hub.Refs) string { return r.Account }, "map[segment__c:Private]"},
		hub.PlatformServiceTitan: {hub.ModelOpportunity, func(r hub.Refs) string { return r.Opportunity }, "map[Budget:12000 Wants financing:yes]"},
	}
	eachConnector(t, simulator.Options{Seed: 41, Records: 60}, func(t *testing.T, r *hubRig) {
		test, ok := tests[r.crm.Platform()]
		if !ok {
			return // it has no fields
		}
		r.quiet()
		user, _ := r.rep()
		for _, f := range r.crm.Fields.Defined(test.model) { // a name that is seen nowhere is not known
			r.crm.Fields.Set(test.model, r.crm.Records(test.model)[0].ExternalID, map[string]any{f.Key: "x"})
		}
		engagement, id := r.engagementOf(test.ref)
		before := r.crm.Fields.Of(test.model, id)
		to := func(field string) string {
			return fmt.Sprintf(`"mappings":[{"model":%q,"field":%q}]`, strings.ToLower(string(test.model)), field)
		}
		recording := r.analyzed(user, "Mapped talk", hub.ModelEngagement, engagement, `[
				{"name":"Budget","value":12000,`+to("Budget")+`}, {"name":"Segment","value":"Private",`+to("segment")+`},
				{"name":"Financing","value":true,`+to("Wants financing")+`}, {"name":"Nobody's","value":"x","mappings":[{"model":"INVOICE","field":"Total"}]},
				{"name":"Nothing","value":null,`+to("Roof type")+`}]`)
		d := r.reaches(recording, hub.DeliverySent)
		got := r.crm.Fields.Of(test.model, id)
		maps.DeleteFunc(got, func(k string, v any) bool { return before[k] == v })
		if fmt.Sprint(got) != test.want {
			t.Errorf("the fields are %v, not %s", got, test.want)
		}
		for _, text := range []string{"The note was written, but not these fields.", "INVOICE.Total: ", string(test.model) + "."} {
			if !strings.Contains(d.Error, text) {
				t.Errorf("%q is not in %q", text, d.Error)
			}
		}
		if n := r.crm.Notes.Count(d.Note.Marker); n != 1 || d.Attempts != 1 {
			t.Errorf("the note is there %d times after %d attempts", n, d.Attempts)
		}
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// TestFieldsWaitForTheCRM lets the CRM fail between the note and the fields.
func TestFieldsWaitForTheCRM(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		opportunity := r.crm.Records(hub.ModelOpportunity)[0].ExternalID
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.ServerError, Match: "/opportunities/"})
		r.patch(hub.ConnectionPatch{SyncTranscript: &yes})
		id := r.analyzed(user, "Mapped talk", hub.ModelOpportunity, opportunity, `[{"name":"Amount","value":4200,"mappings":[{"model":"OPPORTUNITY","field":"amount"}]}]`)
		until(t, "the first attempt failed", func() bool { return r.delivery(id).Attempts == 1 })
		if d := r.delivery(id); d.State != hub.DeliveryPending || !strings.Contains(d.Error, "PATCH") {
			t.Errorf("%+v", d)
		} else if rec := r.recording(id); d.NoteID == "" || d.SentAt.IsZero() || rec.WrittenAt.IsZero() {
			t.Errorf("the note is there, but not known of: %+v", d)
		}
		r.patch(hub.ConnectionPatch{SyncTranscript: &no}) // the note that is there has it
		r.ahead.Store(int64(time.Minute))
		d := r.reaches(id, hub.DeliverySent)
		if d.Transcript == nil || !*d.Transcript {
			t.Errorf("the transcript is in the note: %+v", d)
		}
		row, _ := r.crm.Get(hub.ModelOpportunity, opportunity)
		if row.Details.Amount == nil || *row.Details.Amount != 4200 || d.Error != "" {
			t.Errorf("amount %v, %q", row.Details.Amount, d.Error)
		}
		if n := r.crm.Notes.Count(d.Note.Marker); n != 1 {
			t.Errorf("the note is there %d times", n)
		}
		if status := r.recording(id).Analysis.Extractions[0].Status; status != hub.ExtractionSynced {
			t.Errorf("the extraction is %s", status)
		}
	})
}

// TestWritingMayBeForbidden answers 403 to the note: the credentials stay good for syncing.
func TestWritingMayBeForbidden(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.Forbidden, Match: "/notes"})
		id := r.processed(user, "Forbidden talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID)
		until(t, "the first attempt failed", func() bool { return r.delivery(id).Attempts == 1 })
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if d := r.delivery(id); err != nil || d.State != hub.DeliveryPending || !creds.RejectedAt.IsZero() {
			t.Errorf("%+v, credentials refused at %s, %v", d, creds.RejectedAt, err)
		}
		r.ahead.Store(int64(time.Minute))
		r.reaches(id, hub.DeliverySent)
	})
}

// TestFieldsAreGivenUpAtLast lets the CRM fail whenever fields are set: the note is there, and so the delivery is sent.
func TestFieldsAreGivenUpAtLast(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/opportunities/"})
		id := r.analyzed(user, "Mapped talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID,
			`[{"name":"Amount","value":4200,"mappings":[{"model":"OPPORTUNITY","field":"amount"}]}]`)
		until(t, "its attempts are used up", func() bool {
			r.pass(time.Hour)
			return r.delivery(id).State == hub.DeliverySent
		})
		if d := r.delivery(id); d.State != hub.DeliverySent || !strings.Contains(d.Error, "but not these fields. OPPORTUNITY.amount: ") || d.Attempts < 5 {
			t.Errorf("%+v", d)
		}
	})
}
