package salesforce_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
)

// TestHiddenFields keeps fields and objects from the user: what is left is read, and the sentence names what is not.
func TestHiddenFields(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	organization.Hide("Account.Phone", "Account.PersonEmail", "OpportunityTeamMember", "Lead")
	c := salesforce.Connector{}
	page, err := c.Fetch(t.Context(), session, connector.Query{Model: hub.ModelAccount, Limit: 7})
	if err != nil || len(page.Records) != 7 || len(page.Records[0].Details.Phones) != 0 || page.Records[0].Name == "" {
		t.Fatalf("%+v %v", page, err)
	}
	if !strings.Contains(page.Note, "not there: Phone.") {
		t.Errorf("it says %q", page.Note)
	}
	if n := len(read(t, session, connector.Query{Model: hub.ModelAccount, Limit: 7})); n != 20 {
		t.Errorf("%d accounts of 20", n)
	}
	if page, err := c.Fetch(t.Context(), session, connector.Query{Model: hub.ModelOpportunityUser, Limit: 7}); err != nil || len(page.Records) != 0 || page.More {
		t.Errorf("an object that many do not have: %+v %v", page, err)
	}
	if _, err := c.Fetch(t.Context(), session, connector.Query{Model: hub.ModelLead, Limit: 7}); !connector.IsKind(err, connector.Forbidden) || !strings.Contains(err.Error(), "Lead") {
		t.Errorf("an object that all have: %v", err)
	}
	organization.Hide("Contact.SystemModstamp")
	if _, err := c.Fetch(t.Context(), session, connector.Query{Model: hub.ModelContact, Limit: 7}); !connector.IsKind(err, connector.Forbidden) {
		t.Errorf("without the time of change: %v", err)
	}
	organization.Hide()
	if n := len(read(t, session, connector.Query{Model: hub.ModelLead, Limit: 7})); n != 10 {
		t.Errorf("%d leads of 10 once they may be seen", n)
	}
}

// TestDeletions deletes rows: those in the bin come as rows, those that left it by the list of deletions, where that answers.
func TestDeletions(t *testing.T) {
	crm, organization, session := standIn(t, simulator.Options{Records: 60}, nil)
	q := connector.Query{Model: hub.ModelContact, Limit: 10, Since: time.Now().Add(-time.Hour)}
	deleted := map[string]bool{}
	for _, id := range crm.Delete(hub.ModelContact, 12) {
		deleted[id] = true
	}
	found := read(t, session, q)
	if len(found) != len(deleted) {
		t.Errorf("of %d deletions %d are told", len(deleted), len(found))
	}
	for id, r := range found {
		if !r.Deleted || !deleted[id] {
			t.Errorf("%s: %+v", id, r)
		}
	}
	organization.FailDeletions("EXCEEDED_ID_LIMIT")
	if few := read(t, session, q); len(few) == 0 || len(few) >= len(found) {
		t.Errorf("without the list %d of %d deletions are told", len(few), len(found))
	}
	// A time from before the list begins is no mistake of ours.
	organization.FailDeletions("")
	q.Since = time.Now().Add(-90 * 24 * time.Hour)
	if again := read(t, session, q); len(again) != len(found) {
		t.Errorf("from long ago %d of %d deletions are told", len(again), len(found))
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}

// TestMergesAndConversions reads a contact that was merged, which is no deletion, and a lead that became others.
func TestMergesAndConversions(t *testing.T) {
	crm, _, session := standIn(t, simulator.Options{Records: 60}, nil)
	from, into := crm.Merge(hub.ModelContact)
	since := time.Now().Add(-time.Hour)
	if r := read(t, session, connector.Query{Model: hub.ModelContact, Limit: 10, Since: since})[from]; r.MergedInto != into || r.Deleted {
		t.Errorf("the merged one: %+v", r)
	}
	lead := crm.Rows(hub.ModelLead)[0]
	account, contact, opportunity := crm.Rows(hub.ModelAccount)[3], crm.Rows(hub.ModelContact)[5], crm.Rows(hub.ModelOpportunity)[7]
	crm.Change(hub.ModelLead, lead, func(r *hub.Record) {
		r.Refs.Account, r.Refs.Contact, r.Refs.Opportunity = account, contact, opportunity
	})
	refs := read(t, session, connector.Query{Model: hub.ModelLead, Limit: 10, Since: since})[lead].Refs
	if refs.Account != account || refs.Contact != contact || refs.Opportunity != opportunity {
		t.Errorf("the converted one refers to %+v", refs)
	}
	// What is noted of the lead goes to what it became, and is found there.
	c := salesforce.Connector{}
	note := connector.Note{Target: hub.ModelLead, ExternalID: lead, Title: "Talk", Body: "They signed.", Marker: "sirocco:one"}
	for range 2 {
		if _, err := c.WriteNote(t.Context(), session, note); err != nil {
			t.Fatal(err)
		}
	}
	if on := crm.Notes.On(hub.ModelOpportunity, opportunity); len(on) != 1 || len(crm.Notes.All()) != 1 {
		t.Errorf("the opportunity has %d notes, of %d", len(on), len(crm.Notes.All()))
	}
}

// TestBudget lets everybody use the day's calls: from the share on that the connection may see used it waits, and says why.
func TestBudget(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	c, q := salesforce.Connector{}, connector.Query{Model: hub.ModelAccount, Limit: 7}
	for _, at := range []struct {
		used, most int
		budget     string
		waits      bool
	}{{100, 15_000, "80", false}, {11_000, 15_000, "80", false}, {12_000, 15_000, "80", true}, {12_000, 15_000, "90", false}, {15_000, 15_000, "100", true}} {
		organization.Use(at.used, at.most)
		session.Values["budget"] = at.budget
		_, err := c.Fetch(t.Context(), session, q)
		if connector.IsKind(err, connector.RateLimited) != at.waits || err != nil != at.waits {
			t.Errorf("%+v: %v", at, err)
		}
	}
	organization.Use(12_500, 15_000)
	session.Values["budget"] = "80"
	if _, err := c.Fetch(t.Context(), session, q); err == nil || !strings.Contains(err.Error(), "of the 15000 calls") || !strings.Contains(err.Error(), "80 %") {
		t.Errorf("it says %v", err)
	}
	session.Values["budget"] = "all"
	if _, err := c.Check(t.Context(), session); !connector.IsKind(err, connector.Refused) {
		t.Errorf("a budget that is none: %v", err)
	}
}

// TestSessionsEnd ends all sessions: the token is no good, the credentials are.
func TestSessionsEnd(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	organization.EndSessions()
	c := salesforce.Connector{}
	if _, err := c.Check(t.Context(), session); !connector.IsKind(err, connector.Unauthorized) {
		t.Errorf("an ended session: %v", err)
	}
	token, err := c.Authorize(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	session.Token = token.Value
	account, err := c.Check(t.Context(), session)
	if err != nil || account.ID != "00D000000000001EAA" || account.Name != "Acme Roofing" {
		t.Errorf("%+v %v", account, err)
	}
	session.ExternalAccountID = "00D000000000001"
	if _, err := c.Check(t.Context(), session); err != nil {
		t.Errorf("the same organization, in short: %v", err)
	}
	session.ExternalAccountID = "00D000000000002"
	if _, err := c.Check(t.Context(), session); !connector.IsKind(err, connector.Refused) {
		t.Errorf("another organization: %v", err)
	}
}

// TestChildRows turns an event into the row of an invitee: it doubles a meeting, so it counts as deleted until it is none.
func TestChildRows(t *testing.T) {
	crm, _, session := standIn(t, simulator.Options{Records: 20}, nil)
	id := crm.Rows(hub.ModelEngagement)[3]
	for _, disposition := range []string{"CHILD", ""} {
		crm.Change(hub.ModelEngagement, id, func(r *hub.Record) { r.Details.Disposition = disposition })
		if r := read(t, session, connector.Query{Model: hub.ModelEngagement, Limit: 10})[id]; r.ExternalID == "" || r.Deleted != (disposition != "") {
			t.Errorf("with the disposition %q: %+v", disposition, r)
		}
	}
}

// TestEntriesOfWholeDays turns an event into an entry of its whole day, and of three.
func TestEntriesOfWholeDays(t *testing.T) {
	crm, _, session := standIn(t, simulator.Options{Records: 20}, nil)
	id := crm.Rows(hub.ModelEngagement)[3]
	for _, days := range []int{1, 3} {
		crm.Change(hub.ModelEngagement, id, func(r *hub.Record) {
			r.Details.Disposition, r.EndTime = "ALL_DAY", r.StartTime.AddDate(0, 0, days-1)
		})
		if r := read(t, session, connector.Query{Model: hub.ModelEngagement, Limit: 10})[id]; !r.Details.AllDay || r.EndTime.Sub(r.StartTime) != time.Duration(days)*24*time.Hour {
			t.Errorf("of %d days: %+v", days, r)
		}
	}
}

// TestPlaceIsWhereTheWorkIs: where bills go to says nothing of where the visits of an account are, and is shown nevertheless.
func TestPlaceIsWhereTheWorkIs(t *testing.T) {
	crm, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	ids := crm.Rows(hub.ModelAccount)
	both, billed, nowhere := ids[0], ids[1], ids[2]
	north, east, nothing := 30.5, -97.5, 0.0
	at := func(id string, street string, latitude, longitude *float64) {
		crm.Change(hub.ModelAccount, id, func(r *hub.Record) {
			r.Details.Addresses, r.Details.Latitude, r.Details.Longitude = nil, latitude, longitude
			if street != "" {
				r.Details.Addresses = []hub.Address{{Street: street}}
			}
		})
		organization.Bill(id, "1 Bank Street", 41, -74)
	}
	at(both, "2 Roof Road", &north, &east)
	at(billed, "", nil, nil)
	at(nowhere, "3 Roof Road", &nothing, &nothing)
	found := read(t, session, connector.Query{Model: hub.ModelAccount, Limit: 7})
	for id, want := range map[string]struct {
		streets string
		placed  bool
	}{both: {"2 Roof Road, 1 Bank Street", true}, billed: {"1 Bank Street", false}, nowhere: {"3 Roof Road, 1 Bank Street", false}} {
		d := found[id].Details
		var streets []string
		for _, a := range d.Addresses {
			streets = append(streets, a.Street)
		}
		if got := strings.Join(streets, ", "); got != want.streets || (d.Latitude != nil) != want.placed || (d.Longitude != nil) != want.placed || want.placed && (*d.Latitude != north || *d.Longitude != east) {
			t.Errorf("%s, at %v %v, want %+v", got, d.Latitude, d.Longitude, want)
		}
	}
}

// TestFlagsThatAreNotTold keeps from the user who is active, and what is closed: nobody is gone for that, and nothing is open.
func TestFlagsThatAreNotTold(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 40}, nil)
	organization.Hide("User.IsActive", "Opportunity.IsClosed")
	users := read(t, session, connector.Query{Model: hub.ModelUser, Limit: 50})
	if len(users) == 0 {
		t.Error("no user came")
	}
	for id, r := range users {
		if r.Deleted || r.Details.Active != nil {
			t.Errorf("whether %s is active is not told: %+v", id, r)
		}
	}
	for id, r := range read(t, session, connector.Query{Model: hub.ModelOpportunity, Limit: 50}) {
		if r.Details.Disposition != "WON" && (r.Details.Disposition != "" || r.Details.ClosedAt != "") {
			t.Errorf("whether %s is closed is not told: %+v", id, r.Details)
		}
	}
}

// TestRowsBeforeDeletionsThatFail has the list of deletions fail: the rows before it come, and the page after them meets the failure.
func TestRowsBeforeDeletionsThatFail(t *testing.T) {
	crm, _, session := standIn(t, simulator.Options{Records: 20}, nil)
	c := salesforce.Connector{}
	q := connector.Query{Model: hub.ModelContact, Limit: 50, Since: time.Now().Add(-time.Hour)}
	changed := crm.Update(hub.ModelContact, 1)
	crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/deleted"})
	page, err := c.Fetch(t.Context(), session, q)
	if err != nil || len(page.Records) != len(changed) || !page.More {
		t.Fatalf("%d rows of %d came: %v", len(page.Records), len(changed), err)
	}
	q.Next = page.Next
	if again, err := c.Fetch(t.Context(), session, q); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("the page after them: %+v %v", again, err)
	}
	crm.Faults.Stop()
	if again, err := c.Fetch(t.Context(), session, q); err != nil || again.More || len(again.Records) > 0 {
		t.Errorf("when it fails no longer: %+v %v", again, err)
	}
}
