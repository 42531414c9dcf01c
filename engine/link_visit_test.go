package engine_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// TestWhereAndWhoseAVisitIs pulls a visit of a job: it is where the job's location says, not where the bill goes, and it is
// of whoever is assigned to it now, though nothing but the assignment or the location changed.
func TestWhereAndWhoseAVisitIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		ann, bo := r.crm.Records(hub.ModelUser)[0].ExternalID, r.crm.Records(hub.ModelUser)[1].ExternalID
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC) // nothing of the CRM's first records is then
		var visit, job, assignment, place hub.Record
		for _, a := range r.crm.Records(hub.ModelEngagementUser) {
			visit, _ = r.crm.Get(hub.ModelEngagement, a.Refs.Engagement)
			job, _ = r.crm.Get(hub.ModelOpportunity, visit.Refs.Opportunity)
			if assignment = a; job.ExternalID != "" && visit.Details.Disposition != "LOST" {
				break
			}
		}
		for _, id := range r.crm.Rows(simulator.Location) {
			if id[len(id)-4:] == job.Refs.Account[len(job.Refs.Account)-4:] {
				place, _ = r.crm.Get(simulator.Location, id)
			}
		}
		r.crm.Change(hub.ModelEngagement, visit.ExternalID, func(e *hub.Record) { e.StartTime, e.EndTime = day, day.Add(time.Hour) })
		r.crm.Change(hub.ModelEngagementUser, assignment.ExternalID, func(a *hub.Record) { a.Refs.User = ann })
		r.synced("")
		of := func(technician string) *hub.Appointment {
			t.Helper()
			found, err := r.st.Appointments(t.Context(), r.conn.OrganizationID, []hub.CRMUser{{ConnectionID: r.conn.ID, ExternalID: technician}}, day, day.Add(time.Hour))
			if err != nil || len(found) > 1 {
				t.Fatalf("%+v %v", found, err)
			}
			if len(found) == 0 {
				return nil
			}
			return &found[0]
		}
		if a := of(ann); a == nil || a.ExternalID != visit.ExternalID || a.Latitude == nil || *a.Latitude != *place.Details.Latitude || *a.Longitude != *place.Details.Longitude {
			t.Fatalf("it is %+v, and at %v %v", a, *place.Details.Latitude, *place.Details.Longitude)
		}
		north := 12.5
		r.crm.Change(simulator.Location, place.ExternalID, func(l *hub.Record) { l.Details.Latitude = &north })
		r.crm.Change(hub.ModelEngagementUser, assignment.ExternalID, func(a *hub.Record) { a.Deleted = true })
		r.crm.Change(hub.ModelEngagementUser, r.crm.Insert(hub.ModelEngagementUser, 1)[0], func(a *hub.Record) {
			a.Refs = hub.Refs{Engagement: visit.ExternalID, User: bo}
		})
		r.pulled()
		if a := of(ann); a != nil {
			t.Errorf("it is still of who had it: %+v", a)
		}
		if a := of(bo); a == nil || a.ExternalID != visit.ExternalID || a.Latitude == nil || *a.Latitude != north {
			t.Errorf("of who has it now is %+v", a)
		}
	})
}
