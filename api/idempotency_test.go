package api_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// attempt is a request that makes something, and its body as another one.
type attempt struct {
	c          *client
	path, body string
	other      string
	// secret is the field that only the first answer has.
	secret string
}

// TestEveryPOSTIsMadeOnce walks every POST of the document that takes an Idempotency-Key, which is all but those that make
// nothing, and sends each twice: the second makes nothing, and is answered as the first was but for what is secret.
func TestEveryPOSTIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		crm := o.token.create("MERGE").ID
		o.token.create("SIRO_CUSTOM_INPUT")
		engagement := o.token.push("/sync/engagements", fullEngagement)
		second := o.token.push("/sync/engagements", `{"externalId":"e2","startTime":"2026-03-01T09:00:00Z","endTime":"2026-03-01T10:00:00Z","opportunity":{"externalId":"o2","name":"n"},
			"engagementUsers":[{"externalId":"u2","name":"Rep Two"}]}`)
		ann := o.people()
		rep := w.user(o, hub.User{Email: "rep@acme.example"}, hub.ScopeWrite)
		delivery := w.delivery(o.id, crm, rep.record("audio", `"userEmail":"rep@acme.example"`))
		var hook struct{ ID string }
		o.token.do("POST", endpoints, `{"url":"https://example.com/"}`).want(t, 201).into(t, &hook)
		var event struct{ EventID string }
		o.token.do("POST", endpoints+"/"+hook.ID+"/test", `{}`).want(t, 202).into(t, &event)
		platform := o.token.create("COMPANY_CAM").ID
		user := second.EngagementUsers[0].UserID
		audio := rep.upload("more audio")

		attempts := map[string]attempt{ // by operationId
			"createConnection":      {o.token, connections, `{"name":"n","integrationPlatform":"SERVICE_TITAN","externalAccountId":"a"}`, `{"name":"m","integrationPlatform":"SERVICE_TITAN","externalAccountId":"a"}`, ""},
			"createWebhookEndpoint": {o.token, endpoints, `{"url":"https://example.com/once"}`, `{"url":"https://example.com/twice"}`, "secret"},
			"rotateWebhookSecret":   {o.token, endpoints + "/" + hook.ID + "/rotate-secret", "", "", "secret"},
			"testWebhookEndpoint":   {o.token, endpoints + "/" + hook.ID + "/test", `{}`, `{"eventType":"integrations.recordingLinked"}`, ""},
			"replayEvent":           {o.token, endpoints + "/" + hook.ID + "/deliveries/" + event.EventID + "/replay", "", "", ""},
			"replayDelivery":        {o.token, "/v1/deliveries/" + delivery + "/replay", "", "", ""},
			"startSync":             {o.token, connections + "/" + crm + "/sync", `{}`, `{"models":["USER"]}`, ""},
			"rotateInboundSecret":   {o.token, connections + "/" + platform + "/inbound/rotate-secret", "", "", "secret"},
			"createToken":           {o.group, tokens, `{"tokenName":"n","organizationId":"` + o.id + `"}`, `{"tokenName":"m","organizationId":"` + o.id + `"}`, "token"},
			"createOrganization":    {o.group, organizations, `{"name":"n","orgGroupIds":[` + o.group.spanned() + `]}`, `{"name":"m","orgGroupIds":[` + o.group.spanned() + `]}`, ""},
			"createTeam":            {o.token, organizations + "/" + o.id + "/teams", `{"name":"n"}`, `{"name":"m"}`, ""},
			"createUser":            {o.token, users, `{"email":"once@example.com","organizationId":"` + o.id + `"}`, `{"email":"twice@example.com","organizationId":"` + o.id + `"}`, ""},
			"createOAuthApp":        {o.token, apps, `{"appName":"n","owner":"ops","organizationId":"` + o.id + `"}`, `{"appName":"m","owner":"ops","organizationId":"` + o.id + `"}`, "clientSecret"},
			"createAccessToken": {
				o.token, apps + "/" + ann.app + "/access-token", `{"clientSecret":"` + ann.secret + `","userId":"` + ann.user + `","scope":"read"}`,
				`{"clientSecret":"` + ann.secret + `","userId":"` + ann.user + `","scope":"write"}`, "accessToken",
			},
			"createAccount":         {o.token, records + "/accounts", `{"externalId":"once","latitude":1,"longitude":2}`, `{"externalId":"twice","latitude":1,"longitude":2}`, ""},
			"createEngagementUser":  {o.token, records + "/engagement-users", `{"engagementId":"` + engagement.ID + `","userId":"` + user + `"}`, `{"engagementId":"` + second.ID + `","userId":"` + user + `"}`, ""},
			"createOpportunityUser": {o.token, records + "/opportunity-users", `{"opportunityId":"` + engagement.OpportunityID + `","userId":"` + user + `"}`, `{"opportunityId":"` + second.OpportunityID + `","userId":"` + user + `"}`, ""},
			"createMobileEvent":     {rep, "/v1/core/mobile-events", `{"eventCode":"deeplinkReceived","event":{"fullUrl":"https://app.example.com/record"}}`, `{"eventCode":"deeplinkReceived","event":{"fullUrl":"https://app.example.com/"}}`, ""},
			"createSignedUrls":      {rep, recordings + "/signed-urls", `{"fileType":"mp3","fileSize":10}`, `{"fileType":"mp3","fileSize":11}`, ""},
			"uploadRecording": {
				rep, recordings + "/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rep@acme.example"}`, audio, mp3),
				fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rep@acme.example","title":"t"}`, audio, mp3), "",
			},
		}
		repeatable := map[string]bool{"createSignedUrl": true, "deleteRemovedEngagements": true, "decideDeletions": true, "retryQuarantine": true, "settleDelivery": true, "takeOffer": true, "replayFailedEvents": true}
		made := func() (n int) { // whatever makes something is in one of them
			for _, table := range []string{"audit", "uploads", "recordings", "records", "events", "sync_runs", "mobile_events"} {
				n += storetest.Count(t, w.st, `SELECT COUNT(*) FROM `+table)
			}
			return n
		}
		for _, op := range operations(t, w) {
			if op.method != "POST" {
				continue
			}
			id, _ := op.doc["operationId"].(string)
			if taken := strings.Contains(fmt.Sprint(op.doc["parameters"]), "Idempotency-Key"); taken == repeatable[id] {
				t.Errorf("%s takes an Idempotency-Key: %v", id, taken)
			}
			if repeatable[id] {
				continue
			}
			a, ok := attempts[id]
			if !ok {
				t.Errorf("%s: the test knows no request for it", id)
				continue
			}
			w.clock.advance(1e9)
			key := header{"Idempotency-Key", "key of " + id}
			before := made()
			first := a.c.do("POST", a.path, a.body, key)
			if first.status >= 300 || first.header.Get("Idempotency-Replayed") != "" {
				t.Errorf("%s answered %d %s", id, first.status, first.body)
				continue
			}
			after := made()
			w.clock.advance(1e9)
			spaced := a.body
			if spaced != "" {
				spaced = " " + spaced // the same, written otherwise
			}
			again := a.c.do("POST", a.path, spaced, key)
			if after == before || made() != after {
				t.Errorf("%s made %d, and then %d", id, after-before, made()-after)
			}
			for _, signature := range regexp.MustCompile(`signature=([A-Za-z0-9_-]+)`).FindAllStringSubmatch(first.body, -1) {
				if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM idempotency_keys WHERE answer LIKE '%'||$1||'%'`, signature[1]); n != 0 {
					t.Errorf("%s: a signature is kept", id)
				}
			}
			want := first.body
			if a.secret != "" {
				var shown map[string]any
				first.into(t, &shown)
				secret, _ := shown[a.secret].(string)
				if secret == "" || strings.Contains(again.body, secret) {
					t.Errorf("%s shows a secret: %s, then %s", id, first.body, again.body)
				}
				if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM idempotency_keys WHERE answer LIKE '%'||$1||'%'`, secret); n != 0 {
					t.Errorf("%s: its secret is kept", id)
				}
				var repeated map[string]any
				again.into(t, &repeated)
				if left, _ := repeated[a.secret].(string); left != "" {
					t.Errorf("%s makes another secret: %s", id, again.body)
				}
				delete(shown, a.secret)
				delete(repeated, a.secret)
				want = fmt.Sprint(shown)
				again.body = fmt.Sprint(repeated)
			}
			if again.status != first.status || strings.TrimSpace(again.body) != strings.TrimSpace(want) || again.header.Get("ETag") != first.header.Get("ETag") || again.header.Get("Idempotency-Replayed") != "true" {
				t.Errorf("%s answered %d %s, then %d %s %v", id, first.status, want, again.status, again.body, again.header)
			}
			if a.other != "" {
				if other := a.c.do("POST", a.path, a.other, key); other.status != 422 {
					t.Errorf("%s with another body: %d %s", id, other.status, other.body)
				}
			}
		}
	})
}

// TestRefusedRequestsKeepNoKey sends a request that is refused, and again when it is not: it is made then.
func TestRefusedRequestsKeepNoKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		key := header{"Idempotency-Key", "k"}
		body := `{"externalId":"a","latitude":1,"longitude":2}`
		o.token.do("POST", records+"/accounts", body, key).want(t, 409) // there is nothing to push to
		o.token.create("SIRO_CUSTOM_INPUT")
		if a := o.token.do("POST", records+"/accounts", body, key).want(t, 200); a.header.Get("Idempotency-Replayed") != "" {
			t.Error("the refusal was kept")
		}
		o.token.do("POST", records+"/accounts", body, header{"Idempotency-Key", strings.Repeat("k", 256)}).want(t, 400)
	})
}
