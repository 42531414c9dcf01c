package meaning_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	svix "github.com/svix/svix-webhooks/go"

	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// sent is one event as a receiver got it, and what it was signed with.
type sent struct {
	header http.Header
	body   []byte
	secret string
}

// receive links a recording on a server of its own, whose background runs, and returns what the receiver gets of it, and
// whether it came once more. The receiver answers the statuses in turn, and then the last of them.
func (s *scene) receive(statuses ...int) (first sent, attempts func() int64) {
	s.t.Helper()
	database := storetest.SQLite
	if s.w.onPostgres {
		database = storetest.Postgres
	}
	own := &scene{t: s.t, w: newWorld(s.t, database(s.t), true)}
	got := make(chan sent, 100)
	var n atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(statuses[min(int(n.Add(1)), len(statuses))-1])
		got <- sent{header: r.Header, body: body}
	}))
	s.t.Cleanup(receiver.Close)
	e, err := engine.New(engine.Config{Store: own.w.st, Logger: slog.New(slog.DiscardHandler), Clock: own.w.now, Targets: hub.Targets{Any: true}})
	s.must(err)
	s.must(e.Start(s.t.Context()))
	made := own.org().post("/v1/webhooks/endpoints", `{"url":"`+receiver.URL+`"}`)
	own.endpoint = made.str("id")
	own.linkedTo("Account", "a1")
	first = <-got
	first.secret = made.str("secret")
	return first, func() int64 {
		list := own.org().get("/v1/webhooks/endpoints/" + own.endpoint + "/deliveries?state=SENT")
		for len(list.list("data")) < 2 {
			list = own.org().get("/v1/webhooks/endpoints/" + own.endpoint + "/deliveries?state=SENT")
			if s.t.Context().Err() != nil {
				s.t.Fatal("the events were not sent")
			}
		}
		return n.Load()
	}
}

var _ = resource(oneSurface,
	line{"M-WHK-08", holds, "every status from 200 to 299 counts as received", func(s *scene) {
		_, attempts := s.receive(204, 299)
		s.eq(attempts(), int64(2))
	}},
	line{"M-WHK-09", holds, "events carry no bearer token", func(s *scene) {
		first, _ := s.receive(200)
		s.eq(first.header.Get("Authorization"), "")
	}},
	line{"M-WHK-10", holds, "an event has an id, a time in seconds and a signature over its raw body", func(s *scene) {
		first, _ := s.receive(200)
		for _, name := range []string{"svix-id", "svix-timestamp", "svix-signature"} {
			if first.header.Get(name) == "" || first.header.Get(name) != first.header.Get("webhook-"+name[len("svix-"):]) {
				s.t.Errorf("the header %s is %q", name, first.header.Get(name))
			}
		}
		verifier, err := svix.NewWebhook(first.secret)
		s.must(err)
		s.must(verifier.VerifyIgnoringTimestamp(first.body, first.header))
		if verifier.VerifyIgnoringTimestamp(append(first.body, ' '), first.header) == nil {
			s.t.Error("a changed body verifies")
		}
		s.eq(json.Valid(first.body), true)
	}},
)
