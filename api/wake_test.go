package api_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
	"testing"
	"time"

	"sirocco/api"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

func mac(h func() hash.Hash, secret, body string) []byte {
	m := hmac.New(h, []byte(secret))
	m.Write([]byte(body))
	return m.Sum(nil)
}

// syncing is what a test reads of GET .../sync.
type syncing struct {
	Explanation string
	NextAt      *string
	Run         *struct{ WokenBy string }
}

func (c *client) sync(connection string) (s syncing) {
	c.w.t.Helper()
	c.do("GET", connections+"/"+connection+"/sync", "").want(c.w.t, 200).into(c.w.t, &s)
	return s
}

// ran lets the connection's sync run, which must be due, and plans the next one an hour later.
func (w *world) ran(organization, connection string, end store.SyncJobResult) {
	w.t.Helper()
	sched := storetest.Lease(w.t, w.st, organization, connection)
	w.end(sched, end)
}

func (w *world) end(sched store.Schedule, end store.SyncJobResult) {
	w.t.Helper()
	next := w.clock.read().Add(time.Hour)
	end.RunOver, end.Next, end.ModelsDue = true, next, next
	if err := w.st.EndSyncJob(w.t.Context(), sched, end); err != nil {
		w.t.Fatal(err)
	}
}

func TestWebhooksOfVendorsWakeASync(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		const body = `{"event_type":"project.updated","created_at":1772000000,"payload":{"id":"9"},"webhook_id":1}`
		for _, platform := range []struct {
			name    string
			signed  func(secret string) header
			another func(secret string) header
		}{
			{"COMPANY_CAM", func(secret string) header {
				return header{"X-CompanyCam-Signature", base64.StdEncoding.EncodeToString(mac(sha1.New, secret, body))}
			}, func(secret string) header {
				return header{"X-Signature", hex.EncodeToString(mac(sha256.New, secret, body))}
			}},
			{"SPOTIO", func(secret string) header {
				return header{"X-Signature", hex.EncodeToString(mac(sha256.New, secret, body))}
			}, func(secret string) header {
				return header{"X-CompanyCam-Signature", base64.StdEncoding.EncodeToString(mac(sha1.New, secret, body))}
			}},
		} {
			t.Run(platform.name, func(t *testing.T) {
				id := c.create(platform.name).ID
				in := c.rotate(id)
				w.ran(acme.id, id, store.SyncJobResult{})
				planned := c.sync(id)
				if planned.Run == nil || planned.Run.WokenBy != "POLL" || *planned.NextAt != hub.WireTime(w.clock.read().Add(time.Hour)) {
					t.Fatalf("%+v", planned)
				}
				// What is not signed, or by somebody else, or otherwise than this vendor does, wakes nothing.
				for _, h := range []header{{"X-Other", "x"}, platform.signed("wrong"), platform.signed(""), platform.another(in.Secret), {"X-Signature", ""}, {"X-CompanyCam-Signature", ""}} {
					w.post(in, body, h).want(t, 401)
				}
				w.post(in, body+" ", platform.signed(in.Secret)).want(t, 401)
				if s := c.sync(id); *s.NextAt != *planned.NextAt {
					t.Errorf("%+v", s)
				}
				// One that is signed does, at once; what comes meanwhile is of the same run.
				now := w.clock.read()
				for range 3 {
					w.post(in, body, platform.signed(in.Secret)).want(t, 200)
				}
				if s := c.sync(id); *s.NextAt != hub.WireTime(now) {
					t.Errorf("%+v", s)
				}
				sched := storetest.Lease(t, w.st, acme.id, id)
				if s := c.sync(id); s.Run.WokenBy != "WEBHOOK" || sched.Retrying {
					t.Errorf("%+v", s)
				}
				// During the run: another one follows, not sooner than ten seconds after; the secret in the address will do.
				w.post(inbound{URL: in.URL + "?secret=" + in.Secret}, body).want(t, 200)
				w.clock.advance(time.Second)
				w.end(sched, store.SyncJobResult{})
				w.post(in, body, platform.signed(in.Secret)).want(t, 200)
				if s := c.sync(id); *s.NextAt != hub.WireTime(now.Add(10*time.Second)) {
					t.Errorf("%+v", s)
				}
				w.clock.advance(10 * time.Second)
				w.ran(acme.id, id, store.SyncJobResult{})
				if s := c.sync(id); s.Run.WokenBy != "WEBHOOK" || *s.NextAt != hub.WireTime(w.clock.read().Add(time.Hour)) {
					t.Errorf("%+v", s)
				}
				// The poll stays.
				w.clock.advance(time.Hour)
				w.ran(acme.id, id, store.SyncJobResult{})
				if s := c.sync(id); s.Run.WokenBy != "POLL" {
					t.Errorf("%+v", s)
				}
				// Never while the vendor asked to be left alone, nor while it fails.
				w.clock.advance(time.Hour)
				held := w.clock.read().Add(20 * time.Minute)
				w.ran(acme.id, id, store.SyncJobResult{HeldUntil: held, Waiting: "was asked to wait"})
				w.post(in, body, platform.signed(in.Secret)).want(t, 200)
				if s := c.sync(id); *s.NextAt != hub.WireTime(held) || !strings.Contains(s.Explanation, "was asked to wait") {
					t.Errorf("%+v", s)
				}
				w.clock.advance(20 * time.Minute)
				w.ran(acme.id, id, store.SyncJobResult{Failures: 1, FailureCause: "x", Waiting: "needs new credentials"})
				failing := c.sync(id)
				w.post(in, body, platform.signed(in.Secret)).want(t, 200)
				if s := c.sync(id); *s.NextAt != *failing.NextAt {
					t.Errorf("%+v", s)
				}
				// Nor while it is paused; the vendor is told nothing of it.
				c.do("PATCH", connections+"/"+id, `{"isActive":false}`).want(t, 200)
				w.post(in, body, platform.signed(in.Secret)).want(t, 200)
				if s := c.sync(id); s.NextAt != nil {
					t.Errorf("%+v", s)
				}
			})
		}
	})
}

func TestMergeWebhooksWakeTheConnectionOfTheirAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url, func(c *api.Config) { c.MergeWebhookKeys = []string{"old", "new"} })
		acme, other := w.tenant("Acme"), w.tenant("Other")
		mine := acme.token.create("MERGE").ID
		// Acme's account is as its CRM says; the other's as its maker said, since nobody asked yet.
		acme.token.do("PUT", connections+"/"+mine+"/credentials", `{"apiKey":"good","account":"linked-1"}`).want(t, 200)
		w.ran(acme.id, mine, store.SyncJobResult{})
		theirs := other.token.create("MERGE").ID
		w.ran(other.id, theirs, store.SyncJobResult{})
		storetest.Exec(t, w.st, `UPDATE connections SET external_account_id = $2 WHERE id = $1`, theirs, "linked-2")
		storetest.Exec(t, w.st, `UPDATE connections SET external_account_id = $2 WHERE id = $1`, mine, "linked-2") // is not what counts
		later := hub.WireTime(w.clock.read().Add(time.Hour))
		nextOf := func() [2]string { return [2]string{*acme.token.sync(mine).NextAt, *other.token.sync(theirs).NextAt} }
		route := inbound{URL: w.server.URL + "/inbound/merge"}
		post := func(key, account string) answer {
			body := `{"hook":{"event":"LinkedAccount.sync_completed"},"linked_account":{"id":"` + account + `"},"data":{}}`
			return w.post(route, body, header{"X-Merge-Webhook-Signature", base64.URLEncoding.EncodeToString(mac(sha256.New, key, body))})
		}
		post("wrong", "linked-1").want(t, 401)
		w.post(route, `{"linked_account":{"id":"linked-1"}}`).want(t, 401)
		post("old", "nobody").want(t, 200)
		test := `{"response":"ok"}`
		w.post(route, test, header{"X-Merge-Webhook-Signature", base64.RawURLEncoding.EncodeToString(mac(sha256.New, "new", test))}).want(t, 200)
		if got := nextOf(); got != [2]string{later, later} {
			t.Errorf("%v, want nothing sooner than %s", got, later)
		}
		now := hub.WireTime(w.clock.read())
		post("new", "linked-1").want(t, 200)
		if got := nextOf(); got != [2]string{now, later} {
			t.Errorf("%v, want %s for the one of the account alone", got, now)
		}
		post("old", "linked-2").want(t, 200)
		if got := nextOf(); got != [2]string{now, now} {
			t.Errorf("%v, want %s for both", got, now)
		}
		without := newWorld(t, url)
		without.post(inbound{URL: without.server.URL + "/inbound/merge"}, test).want(t, 404)
	})
}
