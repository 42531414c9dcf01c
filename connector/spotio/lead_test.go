package spotio_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/spotio"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/spotio"
)

// TestDeletionsAreTold deletes leads: an increment tells of them, a whole reading does not ask.
func TestDeletionsAreTold(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Records: 60}))
	since := time.Now().Add(-time.Minute)
	gone := crm.Delete(hub.ModelLead, 5)
	told := pass(t, s, hub.ModelLead, since, nil)
	for _, id := range gone {
		if !told[id].Deleted {
			t.Errorf("%s is gone, and it is not told", id)
		}
	}
	if len(told) > len(gone) {
		t.Errorf("%d records came for %d that are gone", len(told), len(gone))
	}
	asked := crm.Requests()["GET /api/DataObjects/deleted"]
	for id, r := range pass(t, s, hub.ModelLead, time.Time{}, nil) {
		if r.Deleted {
			t.Errorf("%s is gone", id)
		}
	}
	if n := crm.Requests()["GET /api/DataObjects/deleted"]; n != asked {
		t.Errorf("a whole reading asked for what is gone %d times", n-asked)
	}
}

// TestALeadThatWasRestored deletes leads that are kept, of which one shows again without a change of its time: its deletion, which is
// still listed, does not count. Where a page deletes many, none is asked for.
func TestALeadThatWasRestored(t *testing.T) {
	for _, n := range []int{3, 30} {
		crm, s := standIn(t, simulated.New(simulator.Options{Seed: 4, Records: 200}))
		since := time.Now().Add(-time.Minute)
		gone := crm.Delete(hub.ModelLead, n)
		kept := func(_ context.Context, ids []string) ([]hub.Record, error) {
			all := make([]hub.Record, len(ids))
			for i, id := range ids {
				all[i] = hub.Record{Model: hub.ModelLead, ExternalID: id}
			}
			return all, nil
		}
		crm.Undelete(hub.ModelLead, gone[0])
		q, told := connector.Query{Model: hub.ModelLead, Limit: 40, Since: since, Kept: kept}, map[string]bool{}
		for more := true; more; {
			page, err := spotio.Connector{}.Fetch(t.Context(), s, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				told[r.ExternalID] = r.Deleted
			}
			q.Next, more = page.Next, page.More
		}
		if deleted, alone := told[gone[0]], n == 3; deleted == alone || !told[gone[1]] {
			t.Errorf("of %d: the one that was restored is deleted: %t; another: %t", n, deleted, told[gone[1]])
		}
	}
}

// TestDeletionsThatMayNotBeAskedAbout deletes a lead that is kept. Once the list of what was deleted is reached, the role may not read any more
// what it takes to ask for a lead: the list is taken at its word.
func TestDeletionsThatMayNotBeAskedAbout(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Records: 60}))
	q := connector.Query{Model: hub.ModelLead, Limit: 40, Since: time.Now().Add(-time.Minute), Kept: func(_ context.Context, ids []string) ([]hub.Record, error) {
		return []hub.Record{{Model: hub.ModelLead, ExternalID: ids[0]}}, nil
	}}
	crm.Update(hub.ModelLead, 1)
	gone := crm.Delete(hub.ModelLead, 1)[0]
	crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/deleted"})
	page, err := spotio.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || !page.More {
		t.Fatalf("%+v %v", page, err)
	}
	crm.Faults.Always(simulator.Fault{Kind: simulator.Forbidden, Match: "/workflow/"})
	q.Next = page.Next
	page, err = spotio.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || len(page.Records) != 1 || page.Records[0].ExternalID != gone || !page.Records[0].Deleted || page.Note != "" {
		t.Errorf("%+v %v", page, err)
	}
}

// TestLeadsBeforeDeletionsThatFail has the list of what was deleted fail: the leads before it come, and the page after them meets the
// failure. Where the role may not read that list, they come without it, and a sentence says so.
func TestLeadsBeforeDeletionsThatFail(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Records: 60}))
	q := connector.Query{Model: hub.ModelLead, Since: time.Now().Add(-time.Minute), Limit: 50}
	changed := crm.Update(hub.ModelLead, 1)
	crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/deleted"})
	page, err := spotio.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || len(page.Records) != len(changed) || !page.More {
		t.Fatalf("%d leads of %d came: %v", len(page.Records), len(changed), err)
	}
	after := q
	after.Next = page.Next
	if again, err := (spotio.Connector{}).Fetch(t.Context(), s, after); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("the page after them: %+v %v", again, err)
	}
	crm.Faults.Always(simulator.Fault{Kind: simulator.Forbidden, Match: "/deleted"})
	if page, err := (spotio.Connector{}).Fetch(t.Context(), s, q); err != nil || len(page.Records) != len(changed) || page.More || page.Note == "" {
		t.Errorf("without the right: %d leads of %d came, %q: %v", len(page.Records), len(changed), page.Note, err)
	}
}

// TestALeadIsFoundAsTheExportHasIt compares what a lead is alone with what it is in the export.
func TestALeadIsFoundAsTheExportHasIt(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Records: 60}))
	var ids []string
	for _, r := range crm.Records(hub.ModelLead) {
		ids = append(ids, r.ExternalID)
	}
	page, err := spotio.Connector{}.Find(t.Context(), s, hub.ModelLead, ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range simulator.Diff(crm.Records(hub.ModelLead), page.Records) {
		t.Error(problem)
	}
}

// TestWhatTheFieldsMean holds that fields are known by their roles, whatever their ids and names are, and that a workflow
// without types, or with one without its stages, is none.
func TestWhatTheFieldsMean(t *testing.T) {
	workflow := `[{"id":"9","name":"Household","fields":[{"id":"77","name":"Vorname","systemRole":"FirstName"},{"id":"78","name":"Phone","type":"Phone"},
		{"id":"79","name":"Firma","systemRole":"Company"}],"stages":{"active":{"stages":null},"won":{"stages":[{"id":"3","name":"Ja!"}]},"lost":null}}]`
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/api/workflow/dataObjects/full" {
			_, _ = fmt.Fprint(w, workflow)
			return
		}
		_, _ = fmt.Fprint(w, `{"items":[{"id":"a","typeId":9,"stageId":3,"ownerId":0,"name":" ","fields":[{"fieldId":77,"value":"Ada"},{"fieldId":78,"value":"555"},
			{"fieldId":79,"value":"Byte & Co."}],"pin":null,"updatedAt":"2026-05-01T10:00:00Z","createdAt":"0001-01-01T00:00:00Z","lastActivityTime":null}]}`)
	}))
	page, err := spotio.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelLead, Limit: 10})
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("%v %+v", err, page)
	}
	r := page.Records[0]
	if d := r.Details; r.Name != "Byte & Co." || d.FirstName != "Ada" || len(d.Phones) > 0 || d.Disposition != "WON" || d.Status != "Ja!" || d.CreatedAt != "" || r.Refs.Owner != "" {
		t.Errorf("%+v", r)
	}
	for _, workflow = range []string{`[]`, `[{"id":"9","name":"Household","fields":null,"stages":null}]`, `[{"id":"9","name":"Household","fields":[]}]`} {
		if _, err := (spotio.Connector{}).Fetch(t.Context(), s, connector.Query{Model: hub.ModelLead, Limit: 10}); !connector.IsKind(err, connector.Malformed) {
			t.Errorf("of %s it says %v", workflow, err)
		}
	}
}

// TestWhenATokenEnds reads the end of an access token, where it tells.
func TestWhenATokenEnds(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	jwt := func(claims string) string { return "x." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".y" }
	for token, want := range map[string]time.Time{
		jwt(fmt.Sprintf(`{"exp":%d}`, now.Add(time.Hour).Unix())): now.Add(time.Hour), jwt(`{"exp":1}`): now.Add(24 * time.Hour),
		jwt(`{}`): now.Add(24 * time.Hour), "opaque": now.Add(24 * time.Hour), "a.b!.c": now.Add(24 * time.Hour),
	} {
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			simulator.WriteJSON(w, http.StatusOK, map[string]string{"accessToken": token})
		}))
		s.Now = func() time.Time { return now }
		if got, err := (spotio.Connector{}).Authorize(t.Context(), s); err != nil || !got.Expires.Equal(want) {
			t.Errorf("%s ends at %s, not %s: %v", token, got.Expires, want, err)
		}
	}
}
