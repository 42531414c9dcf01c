package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

type offers struct {
	Data []struct {
		RecordingID string
		Link        struct {
			State      string
			Candidates []struct {
				ID, ExternalID string
				Probability    float64
			}
		}
	}
	Cursor *string
}

// TestOffersAreListedAndTaken offers recordings of two visits at the same time, lists them by pages, and takes one, and none.
func TestOffersAreListedAndTaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		mine, other := w.tenant("Mine"), w.tenant("Other")
		connection, unrelated := mine.token.create("SIRO_CUSTOM_INPUT").ID, mine.token.create("MERGE").ID
		rep, err := w.st.CreateUser(t.Context(), mine.id, hub.User{Email: "rep@mine.example"})
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		for _, id := range []string{"one", "two"} {
			mine.token.push("/sync/engagements", fmt.Sprintf(`{"externalId":%q,"subject":"Visit","startTime":%q,"endTime":%q,"engagementType":{"name":"Visit","activityType":"MEETING"},
				"engagementUsers":[{"externalId":"u1","name":"Rep","email":"rep@mine.example"}]}`, id, day.Format(time.RFC3339), day.Add(time.Hour).Format(time.RFC3339)))
		}
		var recorded []string
		for i := range 3 {
			id := storetest.Recording(t, w.st, mine.id, rep.ID, day.Add(time.Duration(i)*time.Minute), 50*time.Minute)
			storetest.Exec(t, w.st, `UPDATE recordings SET link_by = 'OFFERED', link_connection_id = $1 WHERE id = $2`, connection, id)
			recorded = append(recorded, id)
		}
		list := func(c *client, path string) offers {
			t.Helper()
			var page offers
			c.do("GET", path, "").want(t, http.StatusOK).into(t, &page)
			return page
		}
		first := list(mine.token, "/v1/offers?pageSize=2")
		if len(first.Data) != 2 || first.Cursor == nil || first.Data[0].RecordingID != recorded[0] || first.Data[0].Link.State != "OFFERED" || len(first.Data[0].Link.Candidates) != 2 {
			t.Fatalf("%+v", first)
		}
		if rest := list(mine.token, "/v1/offers?pageSize=2&cursor="+*first.Cursor); len(rest.Data) != 1 || rest.Cursor != nil || rest.Data[0].RecordingID != recorded[2] {
			t.Errorf("%+v", rest)
		}
		if of := list(mine.group, connections+"/"+connection+"/offers"); len(of.Data) != 3 {
			t.Errorf("%+v", of)
		}
		if none := list(mine.token, connections+"/"+unrelated+"/offers"); len(none.Data) != 0 {
			t.Errorf("%+v", none)
		}
		if none := list(other.token, "/v1/offers"); len(none.Data) != 0 {
			t.Errorf("another organization sees %+v", none)
		}
		candidate := first.Data[0].Link.Candidates[0]
		take := func(c *client, recording, body string) answer {
			t.Helper()
			return c.do("POST", recordings+"/"+recording+"/offer/take", body)
		}
		one := fmt.Sprintf(`{"candidateId":%q}`, candidate.ID)
		take(other.token, recorded[0], one).want(t, http.StatusNotFound)
		take(mine.token, recorded[0], `{"candidateId":"`+hub.NewID()+`"}`).want(t, http.StatusBadRequest)
		// Another rep's appointment of the same hour is no candidate, and one that is deleted is none any more.
		for of, email := range map[string]string{"u1": "rep@mine.example", "u2": "other@mine.example"} {
			mine.token.push("/sync/engagements", fmt.Sprintf(`{"externalId":%q,"subject":"Visit","startTime":%q,"endTime":%q,"engagementType":{"name":"Visit","activityType":"MEETING"},
				"engagementUsers":[{"externalId":%q,"name":"Rep","email":%q}]}`, "of "+of, day.Format(time.RFC3339), day.Add(time.Hour).Format(time.RFC3339), of, email))
		}
		for _, externalID := range []string{"of u2", "of u1"} {
			found, err := w.st.FindRecord(t.Context(), mine.id, store.RecordTarget{Model: hub.ModelEngagement, ExternalID: externalID})
			if err != nil {
				t.Fatal(err)
			}
			if externalID == "of u1" {
				storetest.Exec(t, w.st, `UPDATE records SET deleted_at = 1 WHERE organization_id = $1 AND id = $2`, mine.id, found.ID)
			}
			if a := take(mine.token, recorded[0], fmt.Sprintf(`{"candidateId":%q}`, found.ID)).want(t, http.StatusBadRequest); !strings.Contains(a.body, "names no candidate") {
				t.Errorf("%s: %s", externalID, a.body)
			}
		}
		var taken struct {
			State, By string
			Record    struct{ ExternalID, DataType, IntegrationConnectionID string }
		}
		take(mine.token, recorded[0], one).want(t, http.StatusOK).into(t, &taken)
		if taken.State != "LINKED" || taken.By != "HAND" || taken.Record.ExternalID != candidate.ExternalID || taken.Record.DataType != "ENGAGEMENT" || taken.Record.IntegrationConnectionID != connection {
			t.Errorf("%+v", taken)
		}
		take(mine.token, recorded[0], one).want(t, http.StatusOK) // said again
		take(mine.token, recorded[0], `{"candidateId":null}`).want(t, http.StatusConflict)
		if a := take(mine.token, recorded[1], `{"candidateId":null}`).want(t, http.StatusOK); !strings.Contains(a.body, `"UNLINKED"`) || !strings.Contains(a.body, `"HAND"`) {
			t.Errorf("%s", a.body)
		}
		if left := list(mine.token, "/v1/offers"); len(left.Data) != 1 || left.Data[0].RecordingID != recorded[2] {
			t.Errorf("%+v", left)
		}
		log := mine.token.audit("?pageSize=2").Data
		if log[0].Action != "unlink" || log[0].ObjectID != recorded[1] || log[1].Action != "link" || log[1].ObjectID != recorded[0] || log[1].Actor.Kind == "" {
			t.Errorf("%+v", log)
		}
	})
}

// TestOrganizationSettings sets where an organization's days begin and its telephone numbers are from.
func TestOrganizationSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		mine := w.tenant("Mine")
		path := organizations + "/" + mine.id + "/settings"
		is := func(a answer, zone, region string) {
			t.Helper()
			var got struct{ TimeZone, PhoneRegion string }
			if a.want(t, http.StatusOK).into(t, &got); got.TimeZone != zone || got.PhoneRegion != region {
				t.Errorf("%+v", got)
			}
		}
		is(mine.token.do("GET", path, ""), "UTC", "US")
		is(mine.token.do("PATCH", path, `{"timeZone":"America/Chicago"}`), "America/Chicago", "US")
		is(mine.token.do("PATCH", path, `{"phoneRegion":"DE"}`), "America/Chicago", "DE")
		for _, wrong := range []string{`{"timeZone":"Mars/Olympus"}`, `{"timeZone":"Local"}`, `{"timeZone":"../etc/passwd"}`, `{"phoneRegion":"XX"}`, `{"phoneRegion":"de"}`} {
			mine.token.do("PATCH", path, wrong).want(t, http.StatusBadRequest)
		}
		is(mine.group.do("GET", path, ""), "America/Chicago", "DE")
		if e := mine.token.audit("?pageSize=1").Data[0]; e.ObjectKind != "organization" || e.Changes["phoneRegion"] != "DE" {
			t.Errorf("%+v", e)
		}
		is(mine.token.do("PATCH", path, `{"timeZone":"","phoneRegion":""}`), "UTC", "US")
	})
}
