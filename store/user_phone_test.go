package store_test

import (
	"errors"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// uploadFor makes a recording for whom a telephone number names.
func uploadFor(t *testing.T, st *store.Store, organization, phone string) (hub.Recording, error) {
	t.Helper()
	u, err := st.CreateUpload(t.Context(), organization, "audio/mpeg", 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.StoreUpload(t.Context(), organization, u.Blob, 4); err != nil {
		t.Fatal(err)
	}
	return st.CreateRecording(t.Context(), organization, hub.NewRecording{By: hub.Viewer{Admin: true}, Blob: u.Blob, FileType: "audio/mpeg", UserPhone: phone})
}

// TestUploadsNameUsersByTelephone uploads for users by numbers as people write them: with a country and without, in the region that
// the organization is of, before and after that is set.
func TestUploadsNameUsersByTelephone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		user := func(email, phone string) hub.User {
			u, err := st.CreateUser(ctx, org, hub.User{Email: email, Phone: phone})
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		american, german := user("ann@example.com", "(415) 555-0102 ext. 7"), user("bo@example.com", "030 901 8200")
		names := func(phone string, want *hub.User) {
			t.Helper()
			r, err := uploadFor(t, st, org, phone)
			var invalid *hub.InvalidError
			switch {
			case want == nil && !errors.As(err, &invalid):
				t.Errorf("%q is of %s, %v; want nobody", phone, r.UserID, err)
			case want != nil && (err != nil || r.UserID != want.ID):
				t.Errorf("%q is of %q, %v; want %s", phone, r.UserID, err, want.ID)
			}
		}
		for _, phone := range []string{"+1 415 555 0102", "4155550102", "1-415-555-0102 x12", "011 1 415 555 0102", "001 415 5550102", "tel:+1-415-555-0102"} {
			names(phone, &american)
		}
		for _, phone := range []string{"+49 30 9018200", "none", "415 555 0103"} {
			names(phone, nil)
		}
		region := "DE"
		if _, err := st.UpdateOrganization(ctx, org, "", hub.OrganizationPatch{PhoneRegion: &region}); err != nil {
			t.Fatal(err)
		}
		for _, phone := range []string{"+49 30 9018200", "0049 30 9018200", "(030) 90 18-200", "+49 (0)30 901 8200"} {
			names(phone, &german)
		}
		names("+1 415 555 0102", nil) // without a country it is a German number now
		abroad := "+1 415 555 0102"
		if _, err := st.UpdateUser(ctx, org, american.ID, hub.UserPatch{Phone: &abroad}); err != nil {
			t.Fatal(err)
		}
		names("001 (415) 555-0102", &american)
		if u, err := st.UserByPhone(ctx, org, "+14155550102"); err != nil || u.ID != american.ID {
			t.Errorf("%s, %v", u.ID, err)
		}
	})
}

// TestAContactsTelephoneIsOfTheRegion uploads with a customer's number as it is written in the organization's region: it is that of
// the appointment whose customer the CRM has with its country.
func TestAContactsTelephoneIsOfTheRegion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		rep, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Connection(t, st, org, hub.PlatformCustomInput)
		began := time.Now().UTC().Truncate(time.Second).Add(-24 * time.Hour)
		patches := []hub.RecordPatch{{Model: hub.ModelUser, ExternalID: "u", Create: true, Change: func(u *hub.Record) { u.Details.Email = rep.Email }}}
		for id, phone := range map[string]string{"one": "+49 30 9018200", "other": "+49 30 9018299"} {
			patches = append(patches,
				hub.RecordPatch{Model: hub.ModelAccount, ExternalID: "a-" + id, Create: true, Change: func(a *hub.Record) { a.Details.Phones = []string{phone} }},
				hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: id, Create: true, Change: func(e *hub.Record) {
					e.StartTime, e.EndTime, e.Refs.Owner, e.Refs.Account, e.Details.ActivityType = began, began.Add(time.Hour), "u", "a-"+id, "MEETING"
				}})
		}
		if _, err := st.Push(ctx, org, patches); err != nil {
			t.Fatal(err)
		}
		id := storetest.Recording(t, st, org, rep.ID, began, 50*time.Minute)
		storetest.Exec(t, st, `UPDATE recordings SET contact_phone = $1 WHERE id = $2`, "(030) 90 18-299", id)
		r, err := st.Recording(ctx, org, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, region := range []string{"", "DE"} {
			if _, err := st.UpdateOrganization(ctx, org, "", hub.OrganizationPatch{PhoneRegion: &region}); err != nil {
				t.Fatal(err)
			}
			v, err := st.Verdict(ctx, r)
			if err != nil || v.Linked != (region == "DE") || v.Linked && v.Choices[0].Appointment.ExternalID != "other" {
				t.Errorf("region %q: %v, %+v", region, err, v)
			}
		}
	})
}

// TestTelephoneKeysAreUpgraded upgrades a database whose users were found by the digits of their numbers alone.
func TestTelephoneKeysAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 29); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at, details) VALUES ('us', 'A', 0, '{}'), ('de', 'B', 0, '{"phoneRegion":"DE"}')`,
			`INSERT INTO users (organization_id, id, email, email_key, phone, phone_key, is_admin, disabled, billable, created_at, updated_at) VALUES
				('us', 'a', 'a@example.com', 'a@example.com', '415 555 0102 x7', '41555501027', FALSE, FALSE, FALSE, 1, 1),
				('us', 'n', 'n@example.com', 'n@example.com', NULL, NULL, FALSE, FALSE, FALSE, 1, 1),
				('de', 'b', 'b@example.com', 'b@example.com', '030 901 8200', '0309018200', FALSE, FALSE, FALSE, 1, 1)`,
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		for _, c := range [][3]string{{"us", "+1 415 555 0102", "a"}, {"de", "+49 30 9018200", "b"}} {
			if u, err := st.UserByPhone(t.Context(), c[0], c[1]); err != nil || u.ID != c[2] {
				t.Errorf("%s: %q, %v", c[1], u.ID, err)
			}
		}
	})
}
