package engine_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// The secrets of TestRequestsAreKeptWithoutSecrets: in credentials, in the address, and what looks like a token.
const (
	keySecret  = "correct/horse battery"
	userSecret = "hunter-of-the-address"
	baseSecret = "only-in-the-base"
	madeSecret = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
)

// leaky is a connector that puts secrets wherever a URL has room, and meets an answer, a failure and a broken one.
type leaky struct {
	*crm
	// arrived is told of each request that hangs once it is there.
	arrived <-chan struct{}
}

func (l leaky) Info() hub.PlatformInfo {
	info := l.crm.Info()
	info.Credentials = []hub.CredentialField{{Name: "apiKey", Secret: true}, {Name: "baseURL"}}
	return info
}

func (l leaky) Fetch(ctx context.Context, s *connector.Session, _ connector.Query) (connector.Page, error) {
	base, err := url.Parse(s.Values["baseURL"])
	if err != nil {
		return connector.Page{}, err
	}
	base.User = url.UserPassword("ops", userSecret)
	key := s.Values["apiKey"]
	for _, rest := range []string{
		"/accounts/17/" + url.PathEscape(key) + "/" + madeSecret + "?modified_after=" + url.QueryEscape(key) + "&cursor=" + madeSecret + "&" + madeSecret + "&" + url.QueryEscape(key) + "=1",
		"/" + key + "/hangs", "/short", "/fails",
	} {
		ctx, cancel := context.WithCancel(ctx)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base.String()+strings.ReplaceAll(rest, " ", "%20"), strings.NewReader("a body with "+keySecret))
		if err != nil {
			cancel()
			return connector.Page{}, err
		}
		req.Header.Set("Authorization", "Bearer "+key)
		if strings.HasSuffix(rest, "hangs") {
			go func() {
				<-l.arrived
				cancel()
			}()
		}
		if resp, err := s.HTTP.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		cancel()
	}
	return connector.Page{}, nil
}

// TestRequestsAreKeptWithoutSecrets syncs with a connector that leaks: what was sent is kept, with how it went, and no secret
// is anywhere in the database's rows of it.
func TestRequestsAreKeptWithoutSecrets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		arrived := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then it notices a hang-up
			switch {
			case strings.HasSuffix(r.URL.Path, "hangs"):
				arrived <- struct{}{}
				<-r.Context().Done()
			case strings.HasSuffix(r.URL.Path, "short"):
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, "half")
			case strings.HasSuffix(r.URL.Path, "fails"):
				http.Error(w, "no", http.StatusTeapot)
			default:
				_, _ = io.WriteString(w, `{"secret":"`+keySecret+`"}`)
			}
		}))
		defer server.Close()
		f := newFixture(t, databaseURL, newCRM(0))
		values := map[string]string{"apiKey": keySecret, "baseURL": server.URL + "/" + baseSecret + "/api"}
		if err := f.st.PutCredentials(t.Context(), f.org, f.conn.ID, values); err != nil {
			t.Fatal(err)
		}
		defer stop(t, startWith(t, f, leaky{f.crm, arrived}))
		f.upToDate(t)
		run := f.runs(t)[0]
		requests, err := f.st.CRMRequests(t.Context(), f.org, f.conn.ID, store.CRMRequestFilter{RunID: run.ID, Limit: 10})
		if err != nil || len(requests) != 4 {
			t.Fatalf("%v, %d are kept: %+v", err, len(requests), requests)
		}
		for i, want := range []struct {
			path    string
			status  int
			failure string
		}{
			{"/fails", http.StatusTeapot, ""}, {"/short", http.StatusOK, "broken off"}, {"/***/hangs", 0, "canceled"},
			{"/accounts/17/***/***?modified_after&cursor&***", http.StatusOK, ""},
		} {
			q := requests[i]
			if q.Path != want.path || q.Status != want.status || q.Failure != want.failure || q.Method != http.MethodGet || q.Model != hub.ModelAccount || q.SentAt.Before(run.StartedAt) {
				t.Errorf("%+v, want %+v", q, want)
			}
		}
		if requests[2].Took <= 0 || requests[1].Bytes != 4 {
			t.Errorf("%+v", requests)
		}
		all := fmt.Sprintf("%+v", requests)
		for _, secret := range []string{keySecret, url.QueryEscape(keySecret), url.PathEscape(keySecret), "horse", userSecret, baseSecret, madeSecret, "Bearer"} {
			if strings.Contains(all, secret) {
				t.Errorf("%q is in %s", secret, all)
			}
		}
	})
}

// TestWriteBackKeepsItsRequests writes a note: what was sent for it is kept, and is of no run.
func TestWriteBackKeepsItsRequests(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		r.reaches(r.processed(user, "A talk", hub.ModelOpportunity, r.crm.Records(hub.ModelOpportunity)[0].ExternalID), hub.DeliverySent)
		r.keeps(func(q store.CRMRequest) bool {
			return q.Method == http.MethodPost && strings.HasSuffix(q.Path, "/notes") && q.Status == http.StatusCreated && q.Model == hub.ModelOpportunity
		})
	})
}

// keeps waits until one of the requests that are of no run is such.
func (r *hubRig) keeps(such func(store.CRMRequest) bool) {
	r.t.Helper()
	until(r.t, "its requests are kept", func() bool {
		found, err := r.st.CRMRequests(r.t.Context(), r.conn.OrganizationID, r.conn.ID, store.CRMRequestFilter{Limit: 1000})
		if err != nil {
			r.t.Fatal(err)
		}
		return slices.ContainsFunc(found, func(q store.CRMRequest) bool { return q.RunID == "" && such(q) })
	})
}

// TestQuestionsAboutALinkAreKept writes a note over a link that the rule made: what was asked about that before is kept.
func TestQuestionsAboutALinkAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		_, recording, _, _ := visited(t, r)
		r.analyze(recording)
		r.reaches(recording, hub.DeliverySent)
		r.keeps(func(q store.CRMRequest) bool {
			return strings.Contains(q.Path, "/appointment-assignments") && q.Status == http.StatusOK && q.Model == hub.ModelEngagement
		})
	})
}

// TestTakingANoteBackIsKept lets a recording's link move while nobody knows whether its note was written: that the note was
// taken back is among the requests.
func TestTakingANoteBackIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[1].connector, pulled[1].crm(simulator.Options{Seed: 45, Records: 40, ValidateEvery: -1}))
		r.quiet()
		user, _ := r.rep()
		customers := r.crm.Records(hub.ModelAccount)
		id := r.lost(user, hub.ModelAccount, customers[0].ExternalID)
		r.link(id, hub.ModelAccount, customers[1].ExternalID)
		until(t, "it is taken back", func() bool {
			d := r.deliveries(id)[0]
			if wait := d.DueAt.Sub(r.now()); wait > 0 { // no longer than it waits: requests are kept for a day
				r.pass(wait)
			}
			return d.State == hub.DeliveryCanceled
		})
		r.keeps(func(q store.CRMRequest) bool {
			return q.Method == http.MethodDelete && q.Status == http.StatusOK && q.Model == hub.ModelAccount
		})
	})
}
