package main

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"sirocco/hub"
	"sirocco/store"
)

const endpointsPath = "/v1/webhooks/endpoints"

// subscriber is a receiver of webhooks that fails at random. Armed, it kills the nodes while it answers.
type subscriber struct {
	endpoint string
	webhook  *standardwebhooks.Webhook
	cluster  *cluster
	failing  atomic.Bool
	armed    atomic.Bool
	done     atomic.Int64

	mu     sync.Mutex
	random *rand.Rand
	// bodies are the events by their message ids; kept says of which it acknowledged.
	bodies map[string]string
	kept   map[string]bool
	wrong  []error
}

// subscribe starts a receiver and makes it an endpoint of the organization.
func (s *soaking) subscribe(seed uint64) {
	s.t.Helper()
	v := &subscriber{cluster: s.cluster, random: rand.New(rand.NewPCG(seed, 10)), bodies: map[string]string{}, kept: map[string]bool{}}
	server := httptest.NewServer(v)
	s.t.Cleanup(server.CloseClientConnections)
	var made struct{ ID, Secret string }
	s.must("POST", endpointsPath, s.token, map[string]any{"url": server.URL}, &made)
	var err error
	if v.webhook, err = standardwebhooks.NewWebhook(made.Secret); err != nil {
		s.t.Fatal(err)
	}
	v.endpoint = made.ID
	v.failing.Store(true)
	v.armed.Store(true)
	s.subscriber = v
}

func (v *subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender is gone
	}
	id := r.Header.Get("Svix-Id")
	dice := v.take(id, string(body), r.Header)
	switch {
	case v.armed.CompareAndSwap(true, false):
		w.WriteHeader(http.StatusOK) // which does not get there
		v.cluster.killAll()
		v.done.Add(1)
		panic(http.ErrAbortHandler)
	case !v.failing.Load() || dice >= 5:
	case dice == 0:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case dice == 1:
		panic(http.ErrAbortHandler)
	case dice == 2:
		w.WriteHeader(http.StatusTooManyRequests)
		return
	default: // slow
		select {
		case <-time.After(time.Duration(dice-2) * 300 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept[id] = true
}

// take verifies an event, and throws a dice of ten for what becomes of it.
func (v *subscriber) take(id, body string, header http.Header) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.webhook.Verify([]byte(body), header)
	if before, ok := v.bodies[id]; ok && before != body {
		err = errors.Join(err, errors.New("two events have the message id "+id))
	}
	if id != header.Get("Webhook-Id") {
		err = errors.Join(err, errors.New("the message has two ids"))
	}
	if err != nil {
		v.wrong = append(v.wrong, err)
	}
	v.bodies[id] = body
	return v.random.IntN(10)
}

// told lets what still waits be sent at once, and until nothing does.
func (s *soaking) told() {
	s.t.Helper()
	replayed := map[string]time.Time{}
	s.until("every event is sent", func() bool {
		waiting := 0
		for _, d := range s.events(hub.DeliveryPending) {
			waiting++
			if d.DueAt.After(time.Now().Add(5*time.Second)) && time.Since(replayed[d.Event.ID]) > 5*time.Second {
				replayed[d.Event.ID] = time.Now()
				s.must("POST", endpointsPath+"/"+s.subscriber.endpoint+"/deliveries/"+d.Event.ID+"/replay", s.token, struct{}{}, nil)
			}
		}
		return waiting == 0 && s.count(`SELECT COUNT(*) FROM events WHERE fanned_out_at IS NULL`) == 0
	})
}

// events lists what the subscriber was to be told; an empty state is all.
func (s *soaking) events(state hub.DeliveryState) []store.EventDelivery {
	s.t.Helper()
	var all []store.EventDelivery
	for before := ""; ; before = all[len(all)-1].Event.ID {
		page, err := s.st.EventDeliveries(s.t.Context(), s.organization, s.subscriber.endpoint, store.EventDeliveryFilter{State: state, Before: before, Limit: 200})
		if err != nil {
			s.t.Fatal(err)
		}
		if all = append(all, page...); len(page) == 0 {
			return all
		}
	}
}

// checkEvents compares what was planned, what was received, and what happened.
func (s *soaking) checkEvents(recordings map[string]hub.Recording) {
	s.t.Helper()
	v := s.subscriber
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, err := range v.wrong {
		s.t.Error(err)
	}
	type about struct {
		recording string
		event     hub.EventType
	}
	told, planned := map[about]int{}, map[string]bool{}
	for _, d := range s.events("") {
		id := "msg_" + d.Event.ID
		planned[id] = true
		told[about{d.Event.RecordingID, d.Event.Type}]++
		if d.State != hub.DeliverySent || !v.kept[id] || v.bodies[id] != d.Event.Payload {
			s.t.Errorf("event %s is %s, received %v, as planned: %v", d.Event.ID, d.State, v.kept[id], v.bodies[id] == d.Event.Payload)
		}
		var body demoEvent
		if err := json.Unmarshal([]byte(d.Event.Payload), &body); err != nil || body.RecordingID != d.Event.RecordingID || body.EventType != string(d.Event.Type) {
			s.t.Errorf("%v: event %s about recording %s is %s", err, d.Event.Type, d.Event.RecordingID, d.Event.Payload)
		}
	}
	for id := range v.bodies {
		if !planned[id] {
			s.t.Errorf("%s was received and never planned", id)
		}
	}
	for id, rec := range recordings {
		processed, linked := told[about{id, hub.EventRecordingProcessed}], told[about{id, hub.EventRecordingLinked}]
		if processed != min(s.analysed[id], 1) {
			s.t.Errorf("recording %s was analysed %d times; it was told %d times", id, s.analysed[id], processed)
		}
		if rec.Linked() && linked == 0 {
			s.t.Errorf("recording %s is linked, and nobody was told", id)
		}
	}
	s.t.Logf("%d events told, nodes killed during %d of them", len(planned), v.done.Load())
}
