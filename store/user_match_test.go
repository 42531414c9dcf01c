package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestBothSidesOfAMatchAgree asks for every CRM user who it is, and for every user which CRM users that is: the
// two, one written in Go and one in SQL, must say the same through all that happens to either side.
func TestBothSidesOfAMatchAgree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		storetest.Connection(t, st, org, hub.PlatformCustomInput)
		user := func(email, first, last string) string {
			u, err := st.CreateUser(ctx, org, hub.User{Email: email, FirstName: first, LastName: last})
			if err != nil {
				t.Fatal(err)
			}
			return u.ID
		}
		push := func(id, email, name string) {
			if _, err := st.Push(ctx, org, []hub.RecordPatch{{Model: hub.ModelUser, ExternalID: id, Create: true, Change: func(r *hub.Record) {
				r.Details.Email, r.Name = email, name
			}}}); err != nil {
				t.Fatal(err)
			}
		}
		crm := func() map[string]store.Record {
			all, err := st.Records(ctx, org, store.RecordFilter{Model: hub.ModelUser, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			byID := map[string]store.Record{}
			for _, r := range all {
				byID[r.ExternalID] = r
			}
			return byID
		}
		users := map[string]string{}
		// agree checks both sides, and that the CRM users are whom and how want says: "user by".
		agree := func(when string, want map[string]string) {
			t.Helper()
			of := map[string]map[string]bool{}
			for name, id := range users {
				keys, err := st.CRMUsersOf(ctx, org, id)
				if err != nil {
					t.Fatal(err)
				}
				of[name] = map[string]bool{}
				for _, k := range keys {
					of[name][k.ExternalID] = true
				}
			}
			recs := slices.Collect(maps.Values(crm()))
			listed, err := st.UserMatches(ctx, org, recs)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range listed {
				if id, by, err := st.MatchOf(ctx, org, recs[i]); err != nil || m.UserID != id || m.By != by {
					t.Errorf("%s: %s is %s (%s), and in a list %s (%s): %v", when, recs[i].ExternalID, id, by, m.UserID, m.By, err)
				}
			}
			for externalID, rec := range crm() {
				id, by, err := st.MatchOf(ctx, org, rec)
				if err != nil {
					t.Fatal(err)
				}
				who := "-"
				for name, userID := range users {
					if userID == id {
						who = name
					}
					if of[name][externalID] != (userID == id) {
						t.Errorf("%s: %s is %s (%s), but %s has %v", when, externalID, id, by, name, of[name])
					}
				}
				if got := fmt.Sprintf("%s %s", who, by); got != want[externalID] {
					t.Errorf("%s: %s is %s, want %s", when, externalID, got, want[externalID])
				}
			}
		}
		push("mail", "ANN@example.com ", "Somebody Else")
		push("name", "private@example.org", "ann  LEE")
		push("office", "office@example.com", "Cleo Ford")
		push("bare", "", "Bob Ray")
		agree("before users", map[string]string{"mail": "- NONE", "name": "- NONE", "bare": "- NONE", "office": "- NONE"})
		users["ann"] = user("ann@example.com", "Ann", "Lee")
		users["bob"] = user("bob@example.com", "Bob", "Ray")
		users["cleo"], users["dan"] = user("office@example.com", "Cleo", "Ford"), user("dan@example.com", "Dan", "Orr")
		agree("with users", map[string]string{"mail": "ann EMAIL", "name": "ann NAME", "bare": "bob NAME", "office": "cleo EMAIL"})
		users["twin"] = user("ann2@example.com", "Ann", "Lee")
		agree("with a namesake", map[string]string{"mail": "ann EMAIL", "name": "- NONE", "bare": "bob NAME", "office": "cleo EMAIL"})
		push("desk", "Office@example.com", "Dan Orr")
		push("van", "office@example.com", "The Van")
		if err := st.SetMatch(ctx, org, crm()["name"], users["twin"]); err != nil {
			t.Fatal(err)
		}
		if err := st.SetMatch(ctx, org, crm()["bare"], ""); err != nil {
			t.Fatal(err)
		}
		agree("by hand", map[string]string{"mail": "ann EMAIL", "name": "twin HAND", "bare": "- HAND", "office": "cleo NAME", "desk": "dan NAME", "van": "- NONE"})
		if err := st.ClearMatch(ctx, org, crm()["bare"]); err != nil {
			t.Fatal(err)
		}
		push("bare", "ann2@example.com", "Bob Ray")
		push("desk", "office@example.com", "Cleo FORD") // the same person, twice
		if _, err := st.ChangeRecord(ctx, org, hub.ModelUser, crm()["van"].ID, func(r *hub.Record) { r.Deleted = true }); err != nil {
			t.Fatal(err)
		}
		agree("with a new address", map[string]string{"mail": "ann EMAIL", "name": "twin HAND", "bare": "twin EMAIL", "office": "cleo EMAIL", "desk": "cleo EMAIL"})
		if _, err := st.ChangeRecord(ctx, org, hub.ModelUser, crm()["mail"].ID, func(r *hub.Record) { r.Deleted = true }); err != nil {
			t.Fatal(err)
		}
		// What they did while they were there is still Ann's.
		if keys, err := st.CRMUsersOf(ctx, org, users["ann"]); err != nil || len(keys) != 1 || keys[0].ExternalID != "mail" {
			t.Errorf("a CRM user who was deactivated is no longer Ann: %v, %v", keys, err)
		}
	})
}

// TestASharedMailboxAsksForAnotherLook lets a second CRM user come with the e-mail address of one who is matched by name from then on: the
// recordings of that one are looked at again, and once more when the second goes.
func TestASharedMailboxAsksForAnotherLook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		storetest.Connection(t, st, org, hub.PlatformCustomInput)
		dan, err := st.CreateUser(t.Context(), org, hub.User{Email: "dan@example.com", FirstName: "Dan", LastName: "Orr"})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Recording(t, st, org, dan.ID, time.Now(), time.Hour)
		for _, c := range []struct {
			id, name string
			deleted  bool
		}{{"desk", "Dan Orr", false}, {"van", "The Van", false}, {"van", "The Van", true}} {
			storetest.Exec(t, st, `DELETE FROM relinks`)
			_, err := st.Push(t.Context(), org, []hub.RecordPatch{{Model: hub.ModelUser, ExternalID: c.id, Create: true, Change: func(r *hub.Record) {
				r.Details.Email, r.Name, r.Deleted = "office@example.com", c.name, c.deleted
			}}})
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE organization_id = $1`, org); err != nil || n != 1 {
				t.Errorf("%d looks are asked for by %+v: %v", n, c, err)
			}
		}
	})
}

// TestWhatOfAUserAsksForAnotherLook changes each thing of a user with a recording: what the CRM's users are matched by asks for another look at
// it, and nothing else does.
func TestWhatOfAUserAsksForAnotherLook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		u, err := st.CreateUser(t.Context(), org, hub.User{Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Recording(t, st, org, u.ID, time.Now(), time.Hour)
		email, first, last, phone, yes := "anna@example.com", "Anna", "Leigh", "+12125550123", true
		for _, c := range []struct {
			patch hub.UserPatch
			asked int
		}{
			{hub.UserPatch{Email: &email}, 1}, {hub.UserPatch{FirstName: &first}, 1}, {hub.UserPatch{LastName: &last}, 1},
			{hub.UserPatch{Phone: &phone}, 0}, {hub.UserPatch{Disabled: &yes}, 0}, {hub.UserPatch{Email: &email}, 0},
		} {
			storetest.Exec(t, st, `DELETE FROM relinks`)
			after, err := st.UpdateUser(t.Context(), org, u.ID, c.patch)
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE organization_id = $1`, org); err != nil || n != c.asked {
				t.Errorf("%d looks are asked for, not %d, by what makes it %+v, %v", n, c.asked, after, err)
			}
		}
	})
}
