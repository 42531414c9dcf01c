package engine_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	svix "github.com/svix/svix-webhooks/go"
	"golang.org/x/net/dns/dnsmessage"

	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// hooks is a store with an organization whose events are told, on a clock that stands unless it is moved.
type hooks struct {
	t   *testing.T
	st  *store.Store
	org string

	mu  sync.Mutex
	now time.Time
}

func newHooks(t *testing.T, url string) *hooks {
	t.Helper()
	h := &hooks{t: t, now: time.Now().UTC().Truncate(time.Second)}
	h.st = storetest.Open(t, url, h.clock)
	h.org = storetest.Organization(t, h.st)
	return h
}

func (h *hooks) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hooks) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// moveTo sets the clock forward, once no job of a task goes on that a jump would take the lease of.
func (h *hooks) moveTo(at time.Time) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if at.After(h.now) {
		h.now = at
	}
}

func (h *hooks) start(configure ...func(*engine.Config)) *engine.Engine {
	h.t.Helper()
	cfg := engine.Config{Store: h.st, Logger: slog.New(slog.NewTextHandler(h.t.Output(), nil)), Clock: h.clock, Targets: hub.Targets{Any: true}}
	for _, c := range configure {
		c(&cfg)
	}
	e, err := engine.New(cfg)
	h.must(err)
	h.must(e.Start(h.t.Context()))
	return e
}

func (h *hooks) endpoint(url string, types ...hub.EventType) (hub.WebhookEndpoint, string) {
	h.t.Helper()
	w, secret, err := h.st.CreateEndpoint(h.t.Context(), h.org, hub.WebhookPatch{URL: &url, EventTypes: &types})
	h.must(err)
	return w, secret
}

// emit tells of a recording that is processed and linked to nothing, and returns its id.
func (h *hooks) emit(event hub.EventType) string {
	h.t.Helper()
	r := hub.Recording{ID: hub.NewID(), OrganizationID: h.org, UserID: hub.NewID(), ProcessedAt: h.clock()}
	h.must(h.st.Emit(h.t.Context(), r, event))
	return r.ID
}

func (h *hooks) deliveries(endpoint string) []store.EventDelivery {
	h.t.Helper()
	ds, err := h.st.EventDeliveries(context.Background(), h.org, endpoint, store.EventDeliveryFilter{Limit: 1000})
	h.must(err)
	return ds
}

// attempted waits until the endpoint's only event has had n attempts.
func (h *hooks) attempted(endpoint string, n int) store.EventDelivery {
	h.t.Helper()
	var d store.EventDelivery
	until(h.t, "the attempt was kept", func() bool {
		ds := h.deliveries(endpoint)
		if len(ds) == 1 {
			d = ds[0]
		}
		return d.Attempts >= n
	})
	if d.Attempts != n || len(d.Tries) != n {
		h.t.Fatalf("%d attempts and %d tries, want %d", d.Attempts, len(d.Tries), n)
	}
	return d
}

// received is a request that a receiver got.
type received struct {
	header http.Header
	body   []byte
}

// receiver answers as it is told and passes on what it got.
func receiver(t *testing.T, answer func(http.ResponseWriter, *http.Request)) (url string, got chan received) {
	t.Helper()
	got = make(chan received, 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Header, body}
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

func next(t *testing.T, got chan received) received {
	t.Helper()
	var r received
	until(t, "something is received", func() bool {
		select {
		case r = <-got:
			return true
		default:
			return false
		}
	})
	return r
}

func TestWebhookIsSignedForThePublicLibraries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		to, got := receiver(t, nil)
		w, secret := h.endpoint(to)
		h.endpoint(to, hub.EventRecordingLinked) // is not told of this one
		defer stop(t, h.start())
		verify := func(r received, secret string) error {
			a, err := svix.NewWebhook(secret)
			h.must(err)
			b, err := standardwebhooks.NewWebhook(secret)
			h.must(err)
			if x, y := a.VerifyIgnoringTimestamp(r.body, r.header), b.VerifyIgnoringTimestamp(r.body, r.header); x != nil || y != nil {
				if x == nil || y == nil {
					t.Errorf("the libraries do not agree: %v, %v", x, y)
				}
				return x
			}
			return nil
		}
		seen := map[string]bool{}
		fresh := func() received { // a jump of the clock ends a job's lease, and what it sent comes again
			r := next(t, got)
			for seen[r.header.Get("Svix-Id")] {
				r = next(t, got)
			}
			seen[r.header.Get("Svix-Id")] = true
			return r
		}
		recording := h.emit(hub.EventRecordingProcessed)
		r := fresh()
		h.must(verify(r, secret))
		for _, name := range []string{"id", "timestamp", "signature"} {
			if a, b := r.header.Get("Svix-"+name), r.header.Get("Webhook-"+name); a == "" || a != b {
				t.Errorf("%s: %q and %q", name, a, b)
			}
		}
		var payload map[string]any
		h.must(json.Unmarshal(r.body, &payload))
		if at, err := time.Parse(time.RFC3339, fmt.Sprint(payload["occurredAt"])); err != nil || !at.Equal(h.clock()) || payload["sequence"] != 1.0 {
			t.Errorf("when and which: %v, %v", payload["occurredAt"], payload["sequence"])
		}
		delete(payload, "occurredAt")
		delete(payload, "sequence")
		user := payload["siroUserId"]
		want := map[string]any{"recordingId": recording, "siroUserId": user, "recordingProcessed": true, "recordingLinked": false, "eventType": "integrations.recordingProcessed"}
		if diff := cmp.Diff(want, payload); diff != "" || user == "" {
			t.Error(diff)
		}
		// Within the overlap of a rotation both secrets verify, after it the new one alone.
		_, newer, err := h.st.RotateSecret(t.Context(), h.org, w.ID)
		h.must(err)
		h.emit(hub.EventRecordingProcessed)
		r = fresh()
		h.must(verify(r, secret))
		h.must(verify(r, newer))
		// Another rotation takes nothing from what the first one promised.
		h.moveTo(h.clock().Add(hub.SecretOverlap / 2))
		between := newer
		_, newer, err = h.st.RotateSecret(t.Context(), h.org, w.ID)
		h.must(err)
		h.emit(hub.EventRecordingProcessed)
		r = fresh()
		for _, s := range []string{secret, between, newer} {
			h.must(verify(r, s))
		}
		h.moveTo(h.clock().Add(hub.SecretOverlap))
		h.emit(hub.EventRecordingProcessed)
		r = fresh()
		h.must(verify(r, newer))
		if verify(r, secret) == nil {
			t.Error("the old secret still signs")
		}
		r.body[0]++
		if verify(r, newer) == nil {
			t.Error("a changed body verifies")
		}
	})
}

func TestWebhookIsRetriedForADayThenReplayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		var mu sync.Mutex
		status := http.StatusInternalServerError
		to, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, strings.Repeat("ä", 4096))
		})
		w, _ := h.endpoint(to)
		defer stop(t, h.start())
		began := h.clock()
		h.emit(hub.EventRecordingLinked)
		id := ""
		attempts := 0
		for last := time.Duration(0); ; {
			r := next(t, got)
			if id == "" {
				id = r.header.Get("Svix-Id")
			}
			if r.header.Get("Svix-Id") != id {
				t.Error("a retry has another id")
			}
			attempts++
			d := h.attempted(w.ID, attempts)
			if try := d.Tries[attempts-1]; try.Status != 500 || len(try.Response) > 4<<10+2 || try.Error != "It answered 500 Internal Server Error." {
				t.Errorf("%d %q, %d bytes kept", try.Status, try.Error, len(try.Response))
			}
			if d.State == hub.DeliveryFailed {
				break
			}
			if wait := d.DueAt.Sub(h.clock()); wait <= last/2 {
				t.Errorf("wait %s after %s", wait, last)
			} else {
				last = wait
			}
			h.moveTo(d.DueAt)
		}
		if took := h.clock().Sub(began); took < 16*time.Hour || took > 32*time.Hour || attempts < 7 {
			t.Errorf("given up after %d attempts in %s", attempts, took)
		}
		mu.Lock()
		status = http.StatusNoContent
		mu.Unlock()
		h.must(h.st.ReplayEvent(t.Context(), h.org, w.ID, strings.TrimPrefix(id, "msg_")))
		if r := next(t, got); r.header.Get("Svix-Id") != id {
			t.Error("the replay has another id")
		}
		if d := h.attempted(w.ID, attempts+1); d.State != hub.DeliverySent || !d.DueAt.IsZero() {
			t.Errorf("after the replay: %+v", d)
		}
	})
}

func TestWebhookRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		elsewhere, reached := receiver(t, nil)
		redirecting, _ := receiver(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		})
		gone, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
		closed := notHTTP(t)
		port := elsewhere[strings.LastIndex(elsewhere, ":"):]
		want := map[string]string{
			redirecting:                        "a redirect, which is not followed",
			gone:                               "It answered 410 Gone.",
			"http://loopback.example" + port:   "the host is not at a public address",
			"http://metadata.example" + port:   "the host is not at a public address",
			"http://private.example" + port:    "the host is not at a public address",
			"http://nat64.example" + port:      "the host is not at a public address",
			"http://nowhere.example" + port:    "could not be resolved",
			"http://127.0.0.1:1/":              "No answer came",
			"http://127.0.0.2:1":               "the host is not at a public address",
			"http://[::ffff:127.0.0.1]" + port: "the host is not at a public address",
			strings.Replace(elsewhere, "127.0.0.1", "localhost", 1): "", // which the operator allows by its name
			closed: "No answer came",
		}
		ids := map[string]string{}
		for to := range want {
			w, _ := h.endpoint(to)
			ids[to] = w.ID
		}
		allowed := []string{"localhost", "127.0.0.1:1"}
		for _, to := range []string{redirecting, gone, closed} {
			allowed = append(allowed, strings.TrimPrefix(to, "http://"))
		}
		targets, err := hub.ParseTargets(allowed)
		h.must(err)
		defer stop(t, h.start(func(cfg *engine.Config) {
			cfg.Targets = targets
			cfg.Resolver = resolver(map[string]string{
				"loopback.example.": "127.0.0.1", "metadata.example.": "169.254.169.254", "private.example.": "10.0.0.1", "nat64.example.": "64:ff9b::7f00:1",
				"localhost.": "127.0.0.1",
			})
		}))
		h.emit(hub.EventRecordingProcessed)
		for to, sentence := range want {
			d := h.attempted(ids[to], 1)
			if got := d.Tries[0].Error; (sentence == "") != (got == "") || !strings.Contains(got, sentence) {
				t.Errorf("%s: %q, want %q", to, got, sentence)
			}
		}
		next(t, reached) // by its own name, and by no other
		if len(reached) != 0 {
			t.Errorf("it was reached %d times more", len(reached))
		}
		if a, b := h.attempted(ids["http://127.0.0.1:1/"], 1).Tries[0], h.attempted(ids[closed], 1).Tries[0]; a.Error != b.Error || a.Response != b.Response {
			t.Errorf("an open port is told from a closed one: %+v, %+v", a, b)
		}
		w, err := h.st.Endpoint(t.Context(), h.org, ids[gone])
		h.must(err)
		if w.DisabledAt.IsZero() || w.DisabledReason != "It answered 410 Gone." {
			t.Errorf("after 410: %+v", w)
		}
	})
}

// notHTTP is the URL of something that speaks another protocol.
func notHTTP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-of-the-machine\r\n"))
			_ = conn.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// resolver answers look-ups out of a table.
func resolver(table map[string]string) *net.Resolver {
	serve := func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		for {
			var size [2]byte
			if _, err := io.ReadFull(conn, size[:]); err != nil {
				return
			}
			text := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(conn, text); err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(text) != nil {
				return
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			ip := net.ParseIP(table[q.Name.String()])
			header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			switch {
			case ip == nil:
				m.RCode = dnsmessage.RCodeNameError
			case ip.To4() != nil && q.Type == dnsmessage.TypeA:
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: [4]byte(ip.To4())}}}
			case ip.To4() == nil && q.Type == dnsmessage.TypeAAAA:
				m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: [16]byte(ip)}}}
			}
			packed, err := m.Pack()
			if err != nil {
				return
			}
			if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)); err != nil {
				return
			}
		}
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go serve(there)
		return here, nil
	}}
}

func TestSlowReceiverDelaysNobodyElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		release := make(chan struct{})
		slow, asked := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
		quick, got := receiver(t, nil)
		defer close(release)
		hanging, _ := h.endpoint(slow)
		h.endpoint(quick)
		e := h.start()
		defer stop(t, e)
		h.emit(hub.EventRecordingProcessed)
		next(t, asked) // it hangs from now on
		next(t, got)
		seen := map[string]bool{}
		for range 300 {
			h.emit(hub.EventRecordingProcessed)
		}
		for range 300 {
			seen[next(t, got).header.Get("Svix-Id")] = true
		}
		if len(seen) != 300 {
			t.Errorf("%d different events came", len(seen))
		}
		for _, d := range h.deliveries(hanging.ID) {
			if d.State != hub.DeliveryPending {
				t.Errorf("the hanging receiver's is %s", d.State)
			}
		}
	})
}

// TestReceiverThatTimesOutDelaysNobodyElse has an endpoint that never answers in time, with many events waiting that
// are tried one at a time. The others' events come meanwhile.
func TestReceiverThatTimesOutDelaysNobodyElse(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		late, asked := receiver(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		quick, got := receiver(t, nil)
		never, _ := h.endpoint(late)
		h.endpoint(quick)
		defer stop(t, h.start(func(c *engine.Config) { c.WebhookTimeout = 3 * time.Second }))
		h.emit(hub.EventRecordingProcessed)
		next(t, got)
		next(t, asked)
		if d := h.attempted(never.ID, 1); d.State != hub.DeliveryPending || !strings.HasPrefix(d.Tries[0].Error, "No answer came") {
			t.Fatalf("%+v", d)
		}
		const events = 100
		for range events {
			h.emit(hub.EventRecordingProcessed)
		}
		for range events {
			next(t, got)
		}
		next(t, asked) // it is still tried
		if !slices.ContainsFunc(h.deliveries(never.ID), func(d store.EventDelivery) bool { return d.Attempts == 0 }) {
			t.Error("the others' events came only after all of those of the endpoint that takes seconds for each")
		}
	})
}

func TestEventIsSentAgainWhenTheNodeDiesBeforeItKnows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		hang := make(chan bool, 2)
		hang <- true
		hang <- false
		to, got := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
			if <-hang {
				<-r.Context().Done()
			}
		})
		w, _ := h.endpoint(to)
		first := h.start()
		h.emit(hub.EventRecordingProcessed)
		a := next(t, got)
		stop(t, first) // the receiver has it, and nobody here knows
		if d := h.attempted(w.ID, 0); d.State != hub.DeliveryPending {
			t.Fatalf("%+v", d)
		}
		defer stop(t, h.start())
		if b := next(t, got); b.header.Get("Svix-Id") != a.header.Get("Svix-Id") || string(a.body) != string(b.body) {
			t.Errorf("it came as another event: %s, %s", a.header.Get("Svix-Id"), b.header.Get("Svix-Id"))
		}
		if d := h.attempted(w.ID, 1); d.State != hub.DeliverySent {
			t.Errorf("%+v", d)
		}
	})
}

func TestEndpointThatFailsForDaysIsDisabled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		var mu sync.Mutex
		status := http.StatusServiceUnavailable
		to, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			w.WriteHeader(status)
		})
		w, _ := h.endpoint(to)
		defer stop(t, h.start())
		h.emit(hub.EventRecordingProcessed)
		next(t, got)
		h.attempted(w.ID, 1)
		h.moveTo(h.clock().Add(hub.WebhookPatience))
		next(t, got)
		until(t, "it is disabled", func() bool {
			now, err := h.st.Endpoint(t.Context(), h.org, w.ID)
			h.must(err)
			return !now.DisabledAt.IsZero() && strings.Contains(now.DisabledReason, "503")
		})
		log, err := h.st.Audit(t.Context(), h.org, store.AuditFilter{ObjectID: w.ID, Limit: 1})
		h.must(err)
		if len(log) != 1 || log[0].Action != "disable" || log[0].Actor.Kind != hub.ActorSirocco || !strings.Contains(log[0].Changes, "503") {
			t.Errorf("the audit log: %+v", log)
		}
		h.emit(hub.EventRecordingProcessed)
		mu.Lock()
		status = http.StatusOK
		mu.Unlock()
		on := false
		_, err = h.st.PatchEndpoint(t.Context(), h.org, w.ID, hub.WebhookPatch{Disabled: &on})
		h.must(err)
		h.emit(hub.EventRecordingProcessed)
		next(t, got)
		until(t, "the later one is sent", func() bool { return h.deliveries(w.ID)[0].State == hub.DeliverySent })
		if n := len(h.deliveries(w.ID)); n != 2 {
			t.Errorf("%d deliveries: a disabled endpoint was told", n)
		}
		now, err := h.st.Endpoint(t.Context(), h.org, w.ID)
		h.must(err)
		if !now.FailingSince.IsZero() {
			t.Errorf("failing since %s after a success", now.FailingSince)
		}
	})
}

func TestBothEventsOfARecording(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		to, got := receiver(t, nil)
		w, secret, err := r.st.CreateEndpoint(t.Context(), r.conn.OrganizationID, hub.WebhookPatch{URL: &to})
		if err != nil {
			t.Fatal(err)
		}
		user, crmUser := r.rep()
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
		r.synced("")
		meeting := r.meets(0, crmUser, "MEETING", day, 60)
		r.pulled()
		recording := r.record(user, day.Add(5*time.Minute), 40)
		told := func() (e hub.RecordingEvent) {
			t.Helper()
			came := next(t, got)
			signed, err := svix.NewWebhook(secret)
			if err == nil {
				err = signed.VerifyIgnoringTimestamp(came.body, came.header)
			}
			if err == nil {
				err = json.Unmarshal(came.body, &e)
			}
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		shown := func(id string) string { return "crm-" + id[:8] } // the id that the CRM behind Merge has for a record
		e := told()
		if e.EventType != hub.EventRecordingLinked || e.RecordingID != recording || e.SiroUserID != user.ID || e.RecordingProcessed || !e.RecordingLinked {
			t.Errorf("linked: %+v", e)
		}
		for range 2 { // the second time nothing is new
			if _, err := r.st.PutAnalysis(t.Context(), r.conn.OrganizationID, recording, hub.AnalysisResult{Utterances: []hub.Utterance{{Speaker: "a", Text: "Hello", End: 10}}}); err != nil {
				t.Fatal(err)
			}
		}
		e = told()
		if e.EventType != hub.EventRecordingProcessed || e.RecordingID != recording || !e.RecordingProcessed || !e.RecordingLinked {
			t.Errorf("processed: %+v", e)
		}
		if c := e.CRM; c == nil || c.IntegrationConnectionID != r.conn.ID || c.Engagement == nil || c.Engagement.ExternalID != shown(meeting) || c.Engagement.ID == "" ||
			len(c.Users) != 1 || c.Users[0].ExternalID != shown(crmUser) {
			t.Errorf("the CRM's side: %+v", c)
		}
		until(t, "both are sent, and nothing else", func() bool {
			ds, err := r.st.EventDeliveries(t.Context(), r.conn.OrganizationID, w.ID, store.EventDeliveryFilter{State: hub.DeliverySent, Limit: 10})
			return err == nil && len(ds) == 2
		})
		if n, err := r.st.FanOut(t.Context(), 10); n != 0 || err != nil {
			t.Errorf("%d events more: %v", n, err)
		}
	})
}

// TestReplayDoesNotWaitForTheNextAttempt mends a receiver whose event waits for its next attempt.
func TestReplayDoesNotWaitForTheNextAttempt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		var broken atomic.Bool
		broken.Store(true)
		to, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		w, _ := h.endpoint(to)
		defer stop(t, h.start())
		h.emit(hub.EventRecordingLinked)
		next(t, got)
		h.attempted(w.ID, 1)
		broken.Store(false)
		n, err := h.st.ReplayFailed(t.Context(), h.org, w.ID, h.clock().Add(-time.Hour))
		if err != nil || n != 1 {
			t.Fatalf("%d are sent again: %v", n, err)
		}
		next(t, got)
		until(t, "it was sent", func() bool { return h.deliveries(w.ID)[0].State == hub.DeliverySent })
		if n, err := h.st.ReplayFailed(t.Context(), h.org, w.ID, h.clock().Add(-time.Hour)); err != nil || n != 0 {
			t.Errorf("%d more are sent again: %v", n, err)
		}
	})
}

// TestEventsThatCannotBePlannedHoldUpNoTask has an event whose endpoint cannot be read.
func TestEventsThatCannotBePlannedHoldUpNoTask(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		h.endpoint("https://example.com/hook")
		h.emit(hub.EventRecordingProcessed)
		storetest.Exec(t, h.st, `UPDATE webhook_endpoints SET event_types = 'odd'`)
		if _, err := h.st.FanOut(t.Context(), 10); err == nil {
			t.Fatal("it can be planned")
		}
		other := storetest.Organization(t, h.st)
		storetest.Exec(t, h.st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'LINK', $1, 0, 0)`, other)
		defer stop(t, h.start())
		until(t, "the other organization's task has a turn", func() bool {
			return storetest.Count(t, h.st, `SELECT turn FROM tasks WHERE organization_id = $1`, other) > 0
		})
	})
}

// TestEventThatWaitedForDaysHasAllItsAttempts has an event wait for its endpoint, which is disabled, and then fails.
func TestEventThatWaitedForDaysHasAllItsAttempts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		h := newHooks(t, url)
		to, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		w, _ := h.endpoint(to)
		h.emit(hub.EventRecordingProcessed)
		if n, err := h.st.FanOut(t.Context(), 1); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		for _, disabled := range []bool{true, false} {
			_, err := h.st.PatchEndpoint(t.Context(), h.org, w.ID, hub.WebhookPatch{Disabled: &disabled})
			h.must(err)
			h.moveTo(h.clock().Add(48 * time.Hour))
		}
		defer stop(t, h.start())
		if d := h.attempted(w.ID, 1); d.State != hub.DeliveryPending || d.DueAt.IsZero() {
			t.Errorf("after the first attempt it is %s", d.State)
		}
	})
}
