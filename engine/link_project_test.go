package engine_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestARecordingLinksToAProject records at a project of a platform without appointments, of which the rep is a user: it links
// to the project, until an appointment of another connection fits.
func TestARecordingLinksToAProject(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 46, Records: 30, ValidateEvery: -1}))
		org := r.conn.OrganizationID
		user, _ := r.rep()
		r.synced("")
		var at *hub.Record
		for _, p := range r.crm.Records(hub.ModelOpportunity) {
			if kept, err := r.st.FindRecord(t.Context(), org, store.RecordTarget{Model: hub.ModelOpportunity, ConnectionID: r.conn.ID, ExternalID: p.ExternalID}); err == nil && kept.Details.Latitude != nil && (kept.Details.Archived == nil || !*kept.Details.Archived) {
				at = &kept.Record
			}
		}
		if at == nil {
			t.Fatal("no project has a place")
		}
		began, length := at.ModifiedAt.Add(time.Minute), 40*time.Minute
		first := storetest.Recording(t, r.st, org, user.ID, began, length)
		storetest.Exec(t, r.st, `UPDATE recordings SET latitude = $1, longitude = $2 WHERE id = $3`, *at.Details.Latitude+0.0001, *at.Details.Longitude, first)
		r.looks(began, began.Add(length)) // not before it has its place
		r.comes(first, at.ExternalID, "It is of the project “")
		if l := r.recording(first).Link; l.Model != hub.ModelOpportunity || l.By != hub.LinkedByMatching || l.ConnectionID != r.conn.ID || l.Trigger != "FUZZY_MATCH_OPPORTUNITIES_FOR_RECORDING" {
			t.Errorf("%+v", l)
		}

		storetest.Connection(t, r.st, org, hub.PlatformCustomInput)
		start := at.ModifiedAt
		if _, err := r.st.Push(t.Context(), org, []hub.RecordPatch{
			{Model: hub.ModelUser, ExternalID: "u", Create: true, Change: func(u *hub.Record) { u.Details.Email = user.Email }},
			{Model: hub.ModelEngagement, ExternalID: "visit", Create: true, Change: func(e *hub.Record) {
				e.StartTime, e.EndTime, e.Refs.Owner, e.Details.ActivityType = start, start.Add(45*time.Minute), "u", "MEETING"
			}},
		}); err != nil {
			t.Fatal(err)
		}
		r.comes(first, "visit", "It is of the appointment")
	})
}

// TestAProjectThatChangesAsksForAnotherLook records at projects three weeks ago, each of which the CRM then has right but for one
// thing: its place, whom it is for, or who is assigned to it. Once that is put right the recordings link themselves.
func TestAProjectThatChangesAsksForAnotherLook(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		began := time.Now().Truncate(time.Second)
		behind := time.Hour // the CRM tells times in seconds: no two changes are in the same
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 46, Records: 12, ValidateEvery: -1}))
		org := r.conn.OrganizationID
		user, crmUser := r.rep()
		other := r.crm.Records(hub.ModelUser)[1].ExternalID
		projects := r.crm.Records(hub.ModelOpportunity)
		change := func(i int, f func(p *hub.Record)) string {
			behind -= time.Minute
			r.crm.SetClockOffset(-behind)
			r.crm.Change(hub.ModelOpportunity, projects[i].ExternalID, f)
			return projects[i].ExternalID
		}
		at := func(north float64) func(p *hub.Record) {
			return func(p *hub.Record) {
				east, amount := 10.0, 500.0+50*1000*11 // a project that is not archived
				p.Details.Latitude, p.Details.Longitude, p.Details.Amount = &north, &east, &amount
				p.Details.CreatedAt, p.Refs.Owner, p.Refs.User = hub.WireTime(began.AddDate(0, -6, 0)), "", other
			}
		}
		placed, met, mine, theirs := change(0, at(20)), change(1, at(30)), change(2, at(40)), change(3, at(40))
		change(1, func(p *hub.Record) { p.Details.Phones, p.Refs.User = []string{"+1 303 555 0111"}, crmUser })
		if err := r.st.SetThresholds(ctx, org, r.conn.ID, hub.Thresholds{Place: 0.9}); err != nil {
			t.Fatal(err)
		}
		r.pulled()

		record := func(days int, set string, args ...any) string {
			start := began.AddDate(0, 0, -days)
			id := storetest.Recording(t, r.st, org, user.ID, start, 40*time.Minute)
			storetest.Exec(t, r.st, `UPDATE recordings SET `+set+` WHERE id = $1`, append([]any{id}, args...)...)
			r.looks(start, start.Add(40*time.Minute))
			return id
		}
		there := record(21, `latitude = $2, longitude = 10`, 21.0001)
		r.comes(there, "", "The rep has no appointment")
		named := record(24, `contact_name = $2, contact_phone = '(303) 555-0122'`, "Customer of "+met)
		r.comes(named, "", "No project fits it")
		between := record(27, `latitude = $2, longitude = 10`, 40.0001)
		r.comes(between, "", "It may be of the project")

		change(0, func(p *hub.Record) { north := 21.0; p.Details.Latitude = &north })
		r.pulled()
		r.comes(there, placed, "its place is")
		if l := r.recording(between).Link; l.ExternalID != "" {
			t.Errorf("linked to %s of %s and %s", l.ExternalID, mine, theirs)
		}

		change(1, func(p *hub.Record) { p.Details.Phones = []string{"+1 303 555 0122"} })
		r.pulled()
		r.comes(named, met, "the telephone number is the one given")

		change(2, func(p *hub.Record) { p.Refs.User = crmUser })
		r.pulled()
		r.comes(between, mine, "the rep is assigned to it")

		// A link of the rule goes where its project does; one of a person stays.
		if _, err := r.st.SetLink(ctx, org, named, hub.Link{ConnectionID: r.conn.ID, Model: hub.ModelOpportunity, ExternalID: met}); err != nil {
			t.Fatal(err)
		}
		change(0, func(p *hub.Record) { north := 50.0; p.Details.Latitude = &north })
		change(1, func(p *hub.Record) { p.Details.Phones = []string{"+1 303 555 0133"} })
		r.pulled()
		r.comes(there, "", "The rep has no appointment")
		if l := r.recording(named).Link; l.ExternalID != met || l.By != hub.LinkedByHand {
			t.Errorf("%+v", l)
		}
	})
}
