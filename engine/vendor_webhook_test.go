package engine_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/spotio"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedcompanycam "sirocco/simulator/companycam"
	simulatedspotio "sirocco/simulator/spotio"
	"sirocco/store/storetest"
)

// hookVendors are those whose webhooks the hub registers, and where.
var hookVendors = []struct {
	name      string
	connector connector.Connector
	crm       func(simulator.Options) *simulator.Server
	path      string
}{
	{"companycam", struct {
		unhurried
		connector.Finder
		connector.WebhookRegistrar
	}{unhurried{companycam.Connector{}}, companycam.Connector{}, companycam.Connector{}}, simulatedcompanycam.New, "/v2/webhooks"},
	{"spotio", struct {
		unhurried
		connector.Authorizer
		connector.Finder
		connector.WebhookRegistrar
	}{unhurried{spotio.Connector{}}, spotio.Connector{}, spotio.Connector{}, spotio.Connector{}}, simulatedspotio.New, "/api/Webhooks"},
}

func eachHookVendor(t *testing.T, test func(t *testing.T, r *hubRig, path string)) {
	t.Helper()
	t.Parallel()
	for _, v := range hookVendors {
		t.Run(v.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				crm := v.crm(simulator.Options{Seed: 30, Records: 10})
				test(t, newHubRig(t, url, v.connector, crm, func(cfg *engine.Config) { cfg.PublicURL = "https://hub.example.com/" }), v.path)
			})
		})
	}
}

// secret is that of the connection's address.
func (r *hubRig) secret() string {
	r.t.Helper()
	in, err := r.st.InboundOf(r.t.Context(), r.conn.OrganizationID, r.conn.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return in.Secrets()[0]
}

// registered reports whether the vendor posts to the connection's address, once and with its secret.
func (r *hubRig) registered() bool {
	all := r.crm.Hooks.All()
	return len(all) == 1 && all[0].URL == "https://hub.example.com/inbound/"+r.conn.ID && all[0].Secret == r.secret() && all[0].Active && len(all[0].Scopes) > 0
}

// TestWebhooksAreRegistered: a run registers the address, the next one leaves it, one after a new secret brings it up to date,
// and after the connection's deletion it is taken back before the credentials are erased.
func TestWebhooksAreRegistered(t *testing.T) {
	eachHookVendor(t, func(t *testing.T, r *hubRig, path string) {
		run := r.synced("")
		until(t, "the webhook is registered", r.registered)
		run = r.synced(run.ID)
		if !r.registered() {
			t.Errorf("after another run: %+v", r.crm.Hooks.All())
		}
		if _, _, err := r.st.RotateInbound(t.Context(), r.conn.OrganizationID, r.conn.ID); err != nil {
			t.Fatal(err)
		}
		if r.registered() {
			t.Error("a new secret changes nothing")
		}
		r.synced(run.ID)
		until(t, "the vendor has the new secret", r.registered)
		if _, err := r.st.DeleteConnection(t.Context(), r.conn.OrganizationID, r.conn.ID, nil); err != nil {
			t.Fatal(err)
		}
		r.gone(0)
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
	})
}

// gone waits until so many webhooks are left, and the credentials of the connection are erased.
func (r *hubRig) gone(left int) {
	r.t.Helper()
	until(r.t, "the credentials are erased", func() bool {
		_, err := r.st.Credentials(r.t.Context(), r.conn.OrganizationID, r.conn.ID)
		return errors.Is(err, hub.ErrNeedsCredentials)
	})
	if all := r.crm.Hooks.All(); len(all) != left {
		r.t.Errorf("left are %+v", all)
	}
	if _, err := r.st.VendorWebhook(r.t.Context(), r.conn.OrganizationID, r.conn.ID); !errors.Is(err, hub.ErrNotFound) {
		r.t.Errorf("what is known of it: %v", err)
	}
}

// TestRefusedWebhooksAreSaid: where the vendor refuses, runs go on, the sentence says why, and it is asked again hours later.
func TestRefusedWebhooksAreSaid(t *testing.T) {
	eachHookVendor(t, func(t *testing.T, r *hubRig, path string) {
		r.crm.Faults.Random(1, simulator.Fault{Kind: simulator.Forbidden, Match: path})
		run := r.synced("")
		if !strings.Contains(r.sentence(), "webhooks could not be set up") {
			t.Errorf("it says %s", r.sentence())
		}
		r.crm.Faults.Stop()
		run = r.synced(run.ID)
		if len(r.crm.Hooks.All()) > 0 {
			t.Error("it was asked again at once")
		}
		r.ahead.Add(int64(7 * time.Hour))
		r.synced(run.ID)
		until(t, "the webhook is registered", r.registered)
		if strings.Contains(r.sentence(), "webhooks") {
			t.Errorf("it still says %s", r.sentence())
		}
	})
}

// TestLostAnswersOfWebhooks: whatever the vendor made of a request whose answer was lost, there is one webhook in the end, and
// none once the connection is gone, although the vendor fails for a while then.
func TestLostAnswersOfWebhooks(t *testing.T) {
	storetest.Long(t)
	eachHookVendor(t, func(t *testing.T, r *hubRig, path string) {
		run := r.synced("")
		until(t, "the webhook is registered", r.registered)
		// Made, and not known of: as after an answer that was lost, before the vendor was asked whether it is there.
		r.crm.Hooks.Add(simulator.Hook{URL: r.crm.Hooks.All()[0].URL, Scopes: []string{"project.*"}, Secret: "another", Active: true})
		other := r.crm.Hooks.Add(simulator.Hook{URL: "https://elsewhere.example.com/", Active: true})
		if _, _, err := r.st.RotateInbound(t.Context(), r.conn.OrganizationID, r.conn.ID); err != nil {
			t.Fatal(err)
		}
		r.synced(run.ID)
		until(t, "there is one", func() bool {
			all := r.crm.Hooks.All()
			return len(all) == 2 && all[0].Secret == r.secret() && all[1].ID == other.ID
		})
		r.crm.Faults.Random(1, simulator.Fault{Kind: simulator.Unavailable, Match: path})
		if _, err := r.st.DeleteConnection(t.Context(), r.conn.OrganizationID, r.conn.ID, nil); err != nil {
			t.Fatal(err)
		}
		until(t, "the vendor was asked", func() bool { return r.crm.Faults.Taken(simulator.Unavailable) > 0 })
		if _, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID); err != nil {
			t.Errorf("before it is taken back: %v", err)
		}
		r.crm.Faults.Stop()
		r.ahead.Add(int64(10 * time.Minute))
		r.gone(1)
	})
}

// TestWebhooksThatStay: a vendor that refuses to the end keeps its webhook, and the credentials are erased nevertheless.
func TestWebhooksThatStay(t *testing.T) {
	storetest.Long(t)
	eachHookVendor(t, func(t *testing.T, r *hubRig, path string) {
		r.synced("")
		until(t, "the webhook is registered", r.registered)
		r.crm.Faults.Random(1, simulator.Fault{Kind: simulator.Forbidden, Match: path})
		if _, err := r.st.DeleteConnection(t.Context(), r.conn.OrganizationID, r.conn.ID, nil); err != nil {
			t.Fatal(err)
		}
		until(t, "the vendor refused", func() bool { return r.crm.Faults.Taken(simulator.Forbidden) > 0 })
		r.ahead.Add(int64(2 * time.Hour))
		r.gone(1)
	})
}

// TestRegistrarsLoseAnswers breaks the answer to the request that makes a webhook: made again, there is one.
func TestRegistrarsLoseAnswers(t *testing.T) {
	for _, v := range hookVendors {
		t.Run(v.name, func(t *testing.T) {
			crm := v.crm(simulator.Options{Seed: 31, Records: 5})
			server := httptest.NewServer(crm)
			t.Cleanup(server.Close)
			values, err := v.connector.Info().CompleteCredentials(crm.Values(server.URL))
			if err != nil {
				t.Fatal(err)
			}
			s := &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now}
			if a, ok := v.connector.(connector.Authorizer); ok {
				token, err := a.Authorize(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				s.Token = token.Value
			}
			registrar := v.connector.(connector.WebhookRegistrar) //nolint:forcetypeassert // each is
			w := connector.Webhook{URL: "https://hub.example.com/inbound/1", Secret: "s", Header: hub.InboundHeader}
			lost := 0
			for range 6 { // the answer of each request is lost once
				script := make([]simulator.Fault, lost, lost+1)
				crm.Faults.Script(append(script, simulator.Fault{Kind: simulator.Drop})...)
				if err := registrar.RegisterWebhook(t.Context(), s, w); err != nil {
					lost++
				}
			}
			crm.Faults.Stop()
			for range 2 {
				if err := registrar.RegisterWebhook(t.Context(), s, w); err != nil {
					t.Fatal(err)
				}
			}
			if all := crm.Hooks.All(); len(all) != 1 || lost < 2 {
				t.Errorf("%d answers were lost: %+v", lost, all)
			}
			for range 2 {
				if err := registrar.RemoveWebhook(t.Context(), s, w.URL); err != nil {
					t.Fatal(err)
				}
			}
			if all := crm.Hooks.All(); len(all) != 0 {
				t.Errorf("left are %+v", all)
			}
			for _, v := range crm.Violations() {
				t.Error(v)
			}
		})
	}
}
