package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

const records = "/v1/integrations"

// pushed is what tests read of an opportunity or engagement.
type pushed struct {
	ID, ExternalID, Name, Subject, Content, Direction, EngagementType, StartTime, EndTime string
	AccountID, OpportunityID, Disposition                                                 string
	Amount                                                                                *float64
	Account                                                                               *struct{ ID, ExternalID, Name string }
	EngagementUsers, OpportunityUsers                                                     []struct {
		ID, UserID, Name string
		AmountPercentage *float64
	}
}

func (c *client) push(path, body string) pushed {
	c.w.t.Helper()
	var answer struct{ Data pushed }
	c.do("PUT", records+path, body).want(c.w.t, 200).into(c.w.t, &answer)
	return answer.Data
}

// pusher is an organization's client with a SIRO_CUSTOM_INPUT connection.
func (w *world) pusher(name string) *client {
	c := w.tenant(name).token
	c.create("SIRO_CUSTOM_INPUT")
	return c
}

const fullEngagement = `{"externalId":"e1","direction":"OUTBOUND","subject":"Visit","content":"Talked","startTime":"2026-03-01T09:00:00-06:00",
	"endTime":"2026-03-01T16:00:00Z","engagementType":{"name":"Site visit","activityType":"APPOINTMENT"},
	"account":{"externalId":"a1","name":"Baker Homes","latitude":1.5,"longitude":2.5,"phoneNumbers":["+1 555"],
		"addresses":[{"country":"US","street":"1 Oak St","city":"Austin","state":"TX","zip":"78701"}]},
	"contact":{"externalId":"c1","name":"Ada Baker","emailAddresses":["ada@example.com"],"account":{"externalId":"a1"}},
	"lead":{"externalId":"l1","firstName":"Ada","lastName":"Baker"},
	"engagementUsers":[{"externalId":"u1","name":"Rep One","email":"one@example.com","shareOfSale":0.25}],
	"opportunity":{"externalId":"o1","name":"New roof","amount":1200.5,"disposition":"OPEN","copyEngagementRelationships":true},
	"unknown":{"x":null}}`

func TestPushEngagement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		e := c.push("/sync/engagements", fullEngagement)
		if e.ExternalID != "e1" || e.Subject != "Visit" || e.EngagementType != "APPOINTMENT" || e.StartTime != "2026-03-01T15:00:00.000Z" ||
			e.Account == nil || e.Account.Name != "Baker Homes" || e.AccountID != e.Account.ID || e.OpportunityID == "" || len(e.EngagementUsers) != 1 || e.EngagementUsers[0].UserID == "" {
			t.Fatalf("%+v", e)
		}
		var o pushed
		c.do("GET", records+"/opportunities/"+e.OpportunityID, "").want(t, 200).into(t, &o)
		if o.Name != "New roof" || o.Account == nil || o.Account.ExternalID != "a1" || len(o.OpportunityUsers) != 1 || *o.OpportunityUsers[0].AmountPercentage != 0.25 {
			t.Errorf("the engagement's relationships were not copied: %+v", o)
		}

		// What is left out stays, what is null goes; the same again changes nothing.
		again := c.push("/sync/engagements", `{"externalId":"e1","subject":"Second visit","content":null}`)
		if again.ID != e.ID || again.Subject != "Second visit" || again.Content != "" || again.Direction != "OUTBOUND" || again.AccountID != e.AccountID {
			t.Errorf("%+v", again)
		}
		if gone := c.push("/sync/engagements", `{"externalId":"e1","account":null,"opportunity":null,"startTime":null,"endTime":null}`); gone.AccountID != "" || gone.OpportunityID != "" || gone.StartTime != "" {
			t.Errorf("%+v", gone)
		}
		// An external id alone points at what is there, and makes nothing that is not.
		if back := c.push("/sync/engagements", `{"externalId":"e1","account":{"externalId":"a1"}}`); back.Account == nil || back.Account.Name != "Baker Homes" {
			t.Errorf("%+v", back)
		}
		if ghost := c.push("/sync/engagements", `{"externalId":"e1","account":{"externalId":"nobody"}}`); ghost.AccountID != "" {
			t.Errorf("%+v", ghost)
		}
		if list := c.do("GET", records+"/accounts", "").want(t, 200); strings.Contains(list.body, "nobody") {
			t.Errorf("an account was made of an external id alone: %s", list.body)
		}

		// Deleted, and brought back.
		c.push("/sync/engagements", `{"externalId":"e1","deletedAt":"2026-03-02T00:00:00Z"}`)
		c.do("GET", records+"/engagements/"+e.ID, "").want(t, 404)
		c.push("/sync/engagements", `{"externalId":"e1","deletedAt":null}`)
		c.do("GET", records+"/engagements/"+e.ID, "").want(t, 200)
		c.do("DELETE", records+"/engagements/e1?idType=external", "").want(t, 200)
		c.do("GET", records+"/engagements/"+e.ID, "").want(t, 404)
		c.do("DELETE", records+"/engagements/e1?idType=external", "").want(t, 404)
	})
}

func TestPushMerges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		one := c.push("/sync/opportunities", `{"externalId":"o1","account":{"externalId":"old","name":"Old"}}`)
		two := c.push("/sync/opportunities", `{"externalId":"o2","account":{"externalId":"new","name":"New","mergedFromExternalIds":["old"]}}`)
		var o pushed
		c.do("GET", records+"/opportunities/"+one.ID, "").want(t, 200).into(t, &o)
		if o.Account == nil || o.Account.ExternalID != "new" || o.AccountID != two.AccountID {
			t.Errorf("the reference did not move: %+v", o)
		}
		c.do("GET", records+"/accounts/"+one.AccountID, "").want(t, 404)
		// The CRM goes on naming the merged account for a while.
		if late := c.push("/sync/opportunities", `{"externalId":"o3","account":{"externalId":"old"}}`); late.AccountID != two.AccountID {
			t.Errorf("%+v", late)
		}
		if a := c.do("PUT", records+"/sync/opportunities", `{"externalId":"o4","account":{"externalId":"x","mergedToExternalId":"x"}}`).want(t, 400); !strings.Contains(a.body, "itself") {
			t.Error(a.body)
		}
		// "new" goes on into "newest", then something into "old": both end there. Back from there is a circle.
		c.push("/sync/opportunities", `{"externalId":"o5","account":{"externalId":"newest","name":"Newest","mergedFromExternalIds":["new"]}}`)
		c.push("/sync/opportunities", `{"externalId":"o6","account":{"externalId":"oldest","mergedToExternalId":"old"}}`)
		if late := c.push("/sync/opportunities", `{"externalId":"o7","account":{"externalId":"oldest"}}`); late.Account == nil || late.Account.ExternalID != "newest" {
			t.Errorf("%+v", late)
		}
		for body, field := range map[string]string{
			`{"externalId":"o8","account":{"externalId":"newest","mergedToExternalId":"oldest"}}`:          "account.mergedToExternalId",
			`{"externalId":"o8","account":{"externalId":"oldest","mergedFromExternalIds":["x","newest"]}}`: "account.mergedFromExternalIds",
		} {
			if a := c.do("PUT", records+"/sync/opportunities", body).want(t, 400); !strings.Contains(a.body, field) || !strings.Contains(a.body, "itself") {
				t.Error(a.body)
			}
		}
	})
}

func TestPushBatchIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		var answer struct{ Data []pushed }
		c.do("PUT", records+"/sync/batch/opportunities", `[{"externalId":"b","name":"B"},{"externalId":"a","name":"A"},{"externalId":"b","amount":7}]`).want(t, 200).into(t, &answer)
		if d := answer.Data; len(d) != 3 || d[0].ExternalID != "b" || d[1].ExternalID != "a" || d[2].ID != d[0].ID || *d[0].Amount != 7 || d[2].Name != "B" {
			t.Errorf("%+v", d)
		}
		c.do("PUT", records+"/sync/batch/opportunities", `[]`).want(t, 200)
		bad := c.do("PUT", records+"/sync/batch/opportunities", `[{"externalId":"c"},{"externalId":"d","closedAt":"soon"}]`).want(t, 400)
		if !strings.Contains(bad.body, "closedAt") {
			t.Error(bad.body)
		}
		bad = c.do("PUT", records+"/sync/batch/opportunities", `[{"externalId":"c"},{"externalId":"d"},{"name":"no id"}]`).want(t, 400)
		if !strings.Contains(bad.body, `"path":[2,"externalId"]`) {
			t.Error(bad.body)
		}
		bad = c.do("PUT", records+"/sync/batch/opportunities", `[{"externalId":"c"},7]`).want(t, 400)
		if !strings.Contains(bad.body, `"path":[1],"message":"expected object, received number"`) {
			t.Error(bad.body)
		}
		bad = c.do("PUT", records+"/sync/batch/engagements", `[{"externalId":"c"},{"externalId":"d","startTime":"2026-03-01T10:00:00Z","endTime":"2026-03-01T09:00:00Z"}]`).want(t, 400)
		if !strings.Contains(bad.body, "endTime is before startTime") {
			t.Error(bad.body)
		}
		for _, list := range []string{"/opportunities?externalId=c", "/engagements?externalId=c"} {
			if a := c.do("GET", records+list, "").want(t, 200); strings.Contains(a.body, `"externalId":"c"`) {
				t.Errorf("half a batch came in: %s", a.body)
			}
		}
		c.do("PUT", records+"/sync/opportunities", `{"externalId":"x","accountId":"nobody"}`).want(t, 400)
		c.do("PUT", records+"/sync/opportunities", `{"name":"no id"}`).want(t, 400)
		c.do("PUT", records+"/sync/opportunities", `{"externalId":"x","name":null}`).want(t, 400)
		c.do("PUT", records+"/sync/opportunities", `{"externalId":"x","disposition":"MAYBE"}`).want(t, 400)
		c.do("PUT", records+"/sync/opportunities", `{"externalId":"x","opportunityUsers":[{"externalId":"u","shareOfSale":25}]}`).want(t, 400)
	})
}

func TestSoftDeleteRemoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		var all []string
		for i := range 6 {
			all = append(all, fmt.Sprintf(`{"externalId":"e%d","startTime":"2026-03-0%dT00:00:00Z"}`, i, i+1))
		}
		c.do("PUT", records+"/sync/batch/engagements", "["+strings.Join(all, ",")+"]").want(t, 200)
		a := c.do("POST", records+"/sync/engagements/soft-delete-removed", `{"validExternalIds":["e2"],"fromTime":"2026-03-02T00:00:00Z","toTime":"2026-03-05T00:00:00Z"}`).want(t, 200)
		if !strings.Contains(a.body, `"success":true`) || !strings.Contains(a.body, `"deleted":3`) {
			t.Error(a.body)
		}
		var left struct{ Data []pushed }
		c.do("GET", records+"/engagements", "").want(t, 200).into(t, &left)
		var ids []string
		for _, e := range left.Data {
			ids = append(ids, e.ExternalID)
		}
		if fmt.Sprint(ids) != "[e0 e2 e5]" {
			t.Errorf("left are %v", ids)
		}
		c.do("POST", records+"/sync/engagements/soft-delete-removed", `{"validExternalIds":[],"fromTime":"2026-03-05T00:00:00Z","toTime":"2026-03-02T00:00:00Z"}`).want(t, 400)
	})
}

func TestAccountsAndUsers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		var a struct {
			ID, ExternalID, Name string
			Addresses            []struct{ City string }
			PhoneNumbers         []string
		}
		c.do("POST", records+"/accounts", `{"externalId":"a1"}`).want(t, 400)
		c.do("POST", records+"/accounts", `{"externalId":"a1","name":"Baker","latitude":1,"longitude":2}`).want(t, 200).into(t, &a)
		c.do("PUT", records+"/accounts/"+a.ID, `{"phoneNumbers":["1"],"addresses":[{"country":"US","street":"s","city":"Austin","state":"TX","zip":"1"}]}`).want(t, 200).into(t, &a)
		c.do("GET", records+"/accounts/"+a.ID, "").want(t, 200).into(t, &a)
		if a.Name != "Baker" || len(a.Addresses) != 1 || a.Addresses[0].City != "Austin" || len(a.PhoneNumbers) != 1 {
			t.Errorf("%+v", a)
		}
		e := c.push("/sync/engagements", fullEngagement)
		user := e.EngagementUsers[0].UserID
		var list []pushed
		c.do("GET", records+"/users/"+user+"/engagements?limit=5&startingAfter=2026-03-01T15:00:00Z&startingBefore=2026-04-01T00:00:00Z", "").want(t, 200).into(t, &list)
		if len(list) != 1 || list[0].ID != e.ID {
			t.Errorf("%+v", list)
		}
		c.do("GET", records+"/users/"+user+"/engagements?startingAfter=2026-03-01T15:00:01Z", "").want(t, 200).into(t, &list)
		if len(list) != 0 {
			t.Errorf("%+v", list)
		}
		if a := c.do("GET", records+"/users?pageSize=1", "").want(t, 200); !strings.Contains(a.body, "one@example.com") {
			t.Error(a.body)
		}
		c.do("GET", records+"/users?pageSize=many", "").want(t, 400)
		c.do("GET", records+"/users/"+user, "").want(t, 200)

		for _, kind := range []struct{ path, side, id string }{
			{"/opportunity-users", "opportunityId", e.OpportunityID}, {"/engagement-users", "engagementId", e.ID},
		} {
			var joined []struct{ ID, UserID string }
			c.do("GET", records+kind.path+"?"+kind.side+"="+kind.id+"&userId="+user, "").want(t, 200).into(t, &joined)
			if len(joined) != 1 || joined[0].UserID != user {
				t.Fatalf("%s: %+v", kind.path, joined)
			}
			c.do("PUT", records+kind.path+"/"+joined[0].ID, `{"name":"Rep 1"}`).want(t, 200)
			if a := c.do("GET", records+kind.path+"/"+joined[0].ID, "").want(t, 200); !strings.Contains(a.body, `"name":"Rep 1"`) {
				t.Error(a.body)
			}
			c.do("DELETE", records+kind.path+"/"+joined[0].ID, "").want(t, 200)
			c.do("GET", records+kind.path+"/"+joined[0].ID, "").want(t, 404)
			c.do("POST", records+kind.path, `{"userId":"`+user+`"}`).want(t, 400)
			body, _ := json.Marshal(map[string]string{kind.side: kind.id, "userId": user, "name": "back"})
			c.do("POST", records+kind.path, string(body)).want(t, 200)
		}
		c.do("DELETE", records+"/accounts/"+a.ID, "").want(t, 200)
		c.do("GET", records+"/accounts/"+a.ID, "").want(t, 404)
		c.do("DELETE", records+"/opportunities/"+e.OpportunityID, "").want(t, 200)
	})
}

func TestPushNeedsItsConnection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		if a := c.do("PUT", records+"/sync/opportunities", `{"externalId":"o"}`).want(t, 409); !strings.Contains(a.body, "create one") {
			t.Error(a.body)
		}
		conn := c.create("SIRO_CUSTOM_INPUT")
		c.push("/sync/opportunities", `{"externalId":"o"}`)
		c.do("PATCH", connections+"/"+conn.ID, `{"isActive":false}`).want(t, 200)
		if a := c.do("PUT", records+"/sync/opportunities", `{"externalId":"o"}`).want(t, 409); !strings.Contains(a.body, "paused") {
			t.Error(a.body)
		}
		c.do("DELETE", connections+"/"+conn.ID, "").want(t, 200)
		if a := c.do("GET", records+"/opportunities", "").want(t, 200); strings.Contains(a.body, `"externalId":"o"`) {
			t.Errorf("the rows of a deleted connection are still shown: %s", a.body)
		}
	})
}

// TestRecordPages walks the lists page by page.
func TestRecordPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		var all []string
		for i := range 25 {
			all = append(all, fmt.Sprintf(`{"externalId":"o%d","account":{"externalId":"a%d","name":"n"}}`, i, i))
		}
		c.do("PUT", records+"/sync/batch/opportunities", "["+strings.Join(all, ",")+"]").want(t, 200)
		seen := map[string]bool{}
		for cursor := ""; ; {
			var page struct {
				Data        []pushed
				Cursor      *string
				HasNextPage bool
			}
			c.do("GET", records+"/opportunities?pageSize=10&cursor="+cursor, "").want(t, 200).into(t, &page)
			for _, o := range page.Data {
				seen[o.ID] = true
			}
			if page.HasNextPage != (page.Cursor != nil) {
				t.Errorf("%+v", page)
			}
			if page.Cursor == nil {
				break
			}
			cursor = *page.Cursor
		}
		accounts := 0
		for cursor := ""; ; {
			a := c.do("GET", records+"/accounts?pageSize=10&cursor="+cursor, "").want(t, 200)
			accounts += strings.Count(a.body, `"externalId"`)
			if cursor = a.header.Get("Next-Cursor"); cursor == "" {
				break
			}
		}
		if len(seen) != 25 || accounts != 25 {
			t.Errorf("%d opportunities and %d accounts", len(seen), accounts)
		}
	})
}

// TestConnectionsAreKeptApart has the same external ids on two connections, one of them pulled.
func TestConnectionsAreKeptApart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		pulledConnection := c.create("SIRO_CUSTOM_INPUT").ID
		pulled := c.push("/sync/engagements", fullEngagement)
		storetest.Exec(t, w.st, `UPDATE connections SET platform = 'MERGE' WHERE id = $1`, pulledConnection)
		c.create("SIRO_CUSTOM_INPUT")
		own := c.push("/sync/engagements", fullEngagement)
		pulledUser, ownUser := pulled.EngagementUsers[0].UserID, own.EngagementUsers[0].UserID
		if own.ID == pulled.ID || ownUser == pulledUser || own.OpportunityID == pulled.OpportunityID {
			t.Fatal("the two connections share records")
		}

		for _, q := range []string{
			"/opportunity-users?opportunityId=" + pulled.OpportunityID + "&userId=" + ownUser, "/engagement-users?engagementId=" + own.ID + "&userId=" + pulledUser,
		} {
			if a := c.do("GET", records+q, "").want(t, 200); strings.TrimSpace(a.body) != "[]" {
				t.Errorf("%s joins across connections: %s", q, a.body)
			}
		}
		if a := c.do("GET", records+"/opportunity-users?opportunityId="+pulled.OpportunityID+"&userId="+pulledUser, "").want(t, 200); !strings.Contains(a.body, pulledUser) {
			t.Errorf("within a connection: %s", a.body)
		}
		joined := c.do("GET", records+"/opportunity-users?opportunityId="+own.OpportunityID+"&userId="+ownUser, "").want(t, 200)
		var one []struct{ ID string }
		joined.into(t, &one)
		for _, wrong := range [][3]string{
			{"PUT", "/sync/opportunities", `{"externalId":"o2","accountId":"` + pulled.AccountID + `"}`},
			{"POST", "/opportunity-users", `{"opportunityId":"` + pulled.OpportunityID + `","userId":"` + ownUser + `"}`},
			{"POST", "/engagement-users", `{"engagementId":"` + own.ID + `","userId":"` + pulledUser + `"}`},
			{"PUT", "/opportunity-users/" + one[0].ID, `{"userId":"` + pulledUser + `"}`},
		} {
			if a := c.do(wrong[0], records+wrong[1], wrong[2]).want(t, 400); !strings.Contains(a.body, "of the connection that is pushed over") {
				t.Errorf("%v: %s", wrong, a.body)
			}
		}
		if o := c.push("/sync/opportunities", `{"externalId":"o2","accountId":"`+own.AccountID+`"}`); o.AccountID != own.AccountID {
			t.Errorf("the account of the same connection is not taken: %+v", o)
		}
	})
}

// TestContactOfAnOpportunity pushes contacts of which none, or another one each time, is primary.
func TestContactOfAnOpportunity(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		for _, push := range []struct{ contacts, contact string }{
			{`{"externalId":"c1"},{"externalId":"c2","isPrimary":false}`, "c1"},
			{`{"externalId":"c2","isPrimary":false}`, "c2"}, // all of them: c1 is no contact of it any more
			{`{"externalId":"c1"},{"externalId":"c2","isPrimary":true}`, "c2"},
		} {
			c.push("/sync/opportunities", `{"externalId":"o1","opportunityContacts":[`+push.contacts+`]}`)
			if storetest.Count(t, w.st, `SELECT COUNT(*) FROM records WHERE external_id = 'o1' AND contact_ref = $1`, push.contact) != 1 {
				t.Errorf("%s: the opportunity's contact is not %s", push.contacts, push.contact)
			}
		}
	})
}

func TestPlacesAreOnEarth(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	c := w.pusher("Acme")
	for _, place := range []string{`"latitude":1e308,"longitude":1`, `"latitude":1,"longitude":-180.5`} {
		c.do("PUT", records+"/sync/opportunities", `{"externalId":"o","account":{"externalId":"a",`+place+`}}`).want(t, 400)
		c.do("POST", records+"/accounts", `{"externalId":"a",`+place+`}`).want(t, 400)
	}
}

// TestNestedNamesCountAsTheyAreSpelled pushes fields that only case tells from others: nested objects are read as
// strictly as the body around them.
func TestNestedNamesCountAsTheyAreSpelled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		c := newWorld(t, url).tenant("Acme").token
		c.create("SIRO_CUSTOM_INPUT")
		c.do("PUT", records+"/sync/engagements",
			`{"externalId":"x","account":{"externalId":"a","EXTERNALID":"b","name":"Right","NAME":"Wrong","latitude":1.5,"LATITUDE":"north"}}`).want(t, 200)
		var accounts []struct {
			ExternalID, Name string
			Latitude         float64
		}
		c.do("GET", records+"/accounts", "").want(t, 200).into(t, &accounts)
		if len(accounts) != 1 || accounts[0].ExternalID != "a" || accounts[0].Name != "Right" || accounts[0].Latitude != 1.5 {
			t.Errorf("the account is %+v", accounts)
		}
		twice := c.do("PUT", records+"/sync/engagements", `{"externalId":"x","account":{"externalId":"a","externalId":"b"}}`).want(t, 400)
		if !strings.Contains(twice.body, "duplicate") {
			t.Errorf("a name that comes twice: %s", twice.body)
		}
	})
}

// TestPushOfLongTexts pushes ids, names and addresses that no index takes: the field is named, on both databases alike.
func TestPushOfLongTexts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		id, text := strings.Repeat("é", 300), strings.Repeat("x", 9000)
		for _, is := range []struct{ path, body, field string }{
			{"opportunities", `{"externalId":"` + id + `"}`, "externalId"},
			{"opportunities", `{"externalId":"o","account":{"externalId":"` + id + `"}}`, "account.externalId"},
			{"opportunities", `{"externalId":"o","account":{"externalId":"a","mergedToExternalId":"` + text + `"}}`, "account.mergedToExternalId"},
			{"opportunities", `{"externalId":"o","contact":{"externalId":"a","mergedFromExternalIds":["b","` + text + `"]}}`, "contact.mergedFromExternalIds[1]"},
			{"opportunities", `{"externalId":"o","account":{"externalId":"a","owner":{"externalId":"` + id + `"}}}`, "account.owner.externalId"},
			{"batch/opportunities", `[{"externalId":"n"},{"externalId":"o","opportunityUsers":[{"externalId":"u","email":"` + text + `"}]}]`, "[1].opportunityUsers[0].email"},
			{"engagements", `{"externalId":"e","engagementUsers":[{"externalId":"u","name":"` + text + `"}]}`, "engagementUsers[0].name"},
			{"engagements", `{"externalId":"e","lead":{"externalId":"l","mergedToExternalId":"` + text + `"}}`, "lead.mergedToExternalId"},
			{"engagements", `{"externalId":"e","engagementType":{"activityType":"MEETING","name":"` + text + `"}}`, "engagementType.name"},
		} {
			if a := c.do("PUT", records+"/sync/"+is.path, is.body).want(t, 400); !strings.Contains(a.body, is.field) {
				t.Errorf("%s is not named: %.300s", is.field, a.body)
			}
		}
		// J + K:L and J:K + L are two.
		c.push("/sync/engagements", `{"externalId":"J","engagementUsers":[{"externalId":"K:L","name":"One"}]}`)
		c.push("/sync/engagements", `{"externalId":"J:K","engagementUsers":[{"externalId":"L","name":"Two"}]}`)
		if again := c.push("/sync/engagements", `{"externalId":"J"}`); len(again.EngagementUsers) != 1 {
			t.Errorf("the user of J is gone: %+v", again)
		}
		// A type without an id of its own is not the one that has such an id.
		c.push("/sync/engagements", `{"externalId":"e1","engagementType":{"externalId":"MEETING:Visit","activityType":"CALL","name":"Call"}}`)
		c.push("/sync/engagements", `{"externalId":"e2","engagementType":{"activityType":"MEETING","name":"Visit"}}`)
		if again := c.push("/sync/engagements", `{"externalId":"e1"}`); again.EngagementType != "CALL" {
			t.Errorf("e1 is a %s", again.EngagementType)
		}
	})
}
