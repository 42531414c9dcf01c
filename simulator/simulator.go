// Package simulator stands in for CRMs, so that connectors, the engine and the demo meet a vendor that
// keeps a large and changing set of records, answers as its published description says, and fails in
// every way vendors fail. Each platform's own package says how its vendor looks; this one holds what
// they share. It is no mock: it keeps state, and it checks every request and answer against the
// vendor's description. It never sees a connector, the engine or the store.
package simulator

import (
	"bytes"
	"cmp"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sirocco/hub"
)

// Options say what a simulator holds. The zero value is useful.
type Options struct {
	// Seed decides all that looks random; the same seed gives the same records.
	Seed uint64
	// Records is how many accounts there are, and sets the number of the other models; zero means 100.
	Records int
	// Counts overrides the number of records of single models.
	Counts map[hub.Model]int
	// Around makes the records those of a sales team at work at that time: rows were changed in the weeks before, visits are made in
	// its hours, and some are still to come. When it is zero, rows were changed in the two years before March 2026, and what they say
	// goes together as chance has it.
	Around time.Time
	// Now is the vendor's clock; nil means the real time.
	Now hub.Clock
	// ValidateEvery says which exchanges are checked against the vendor's description: each n-th, all
	// when zero, none when negative. Checking a page of 100 records takes a few milliseconds.
	ValidateEvery int
}

// Platform is what one vendor's package tells of it.
type Platform struct {
	Name hub.Platform
	// Spec is the vendor's own description.
	Spec *Spec
	// Unspecified are paths that are not in the description, such as a token endpoint.
	Unspecified []string
	// Statuses are paths of lists that tell of the vendor's own state, and have no records in them.
	Statuses []string
	// Models are the kinds of rows that the dataset has and the hub keeps records of.
	Models []hub.Model
	// Others are the kinds of rows that say something about records of other rows only.
	Others []hub.Model
	// Turning are those of the models whose rows may turn into something that no hub keeps as a record; Dataset.Turn does it.
	Turning []hub.Model
	// IDs is how the vendor's ids look.
	IDs IDs
	// Fields are the fields that the CRM's people have made; their ids are given by the simulator.
	Fields []Field
	// Values returns credentials that are accepted, with the base URL of a simulator listening at
	// origin, by the field names of the platform's connector.
	Values func(origin string) map[string]string
	// Refuses returns the status for a request whose credentials are not accepted, and 0 for a good one.
	Refuses func(r *http.Request) int
	// Refusal is the body of the answer with that status, where the vendor says something of its own; it may be nil.
	Refusal func(r *http.Request, status int) any
	// Denied is the body of a 403 that stands for a right that is missing, where the vendor says something of its own; it may
	// be nil.
	Denied func(r *http.Request) any
	// Routes registers the handlers. They are honest: faults are put on what they answer.
	Routes func(mux *http.ServeMux, s *Server)
	// Held returns what a hub should hold of a row: itself, less what the vendor does not tell, and the
	// records that come with it.
	Held func(row hub.Record) []hub.Record
	// Items is the field of a list answer that holds its items; empty when the answer is the array.
	Items string
	// OtherItems are the names that lists have which do not have Items.
	OtherItems []string
	// ID is the field of an item that holds its id, "id" when empty; or the fields, with blanks between them, where items of
	// different lists have different ones.
	ID string
	// Repeat changes a list answer so that it points to the page just asked for.
	Repeat func(r *http.Request, answer map[string]any)
}

// Server is a running stand-in: an http.Handler, and the methods that change what it holds and how it behaves.
type Server struct {
	*Dataset
	// Faults are what goes wrong.
	Faults *Faults
	// Notes are what was written back, Fields what is in the fields that the CRM's people made.
	Notes *Notes
	// Hooks are the webhooks that somebody made here.
	Hooks  Hooks
	Fields *Fields

	platform Platform
	every    int
	offset   *atomic.Int64
	mux      *http.ServeMux
	hook     atomic.Pointer[func(*http.Request)]

	mu         sync.Mutex
	requests   map[string]int
	total      int
	violations []string
}

// New returns a stand-in for p. A platform's own package calls it.
func New(p Platform, o Options) *Server {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	offset := new(atomic.Int64)
	clock := func() time.Time { return now().Add(time.Duration(offset.Load())).UTC() }
	s := &Server{
		Dataset:  newDataset(p, o, clock),
		Faults:   newFaults(o.Seed, p.Statuses),
		Notes:    newNotes(p.IDs, clock),
		Fields:   newFields(p.IDs, p.Fields),
		platform: p,
		every:    max(o.ValidateEvery, 1),
		offset:   offset,
		mux:      http.NewServeMux(),
		requests: map[string]int{},
	}
	if o.ValidateEvery < 0 {
		s.every = 0
	}
	p.Routes(s.mux, s)
	return s
}

// Platform names what s stands in for.
func (s *Server) Platform() hub.Platform { return s.platform.Name }

// IDFields are the fields of items that hold their ids.
func (s *Server) IDFields() []string { return strings.Fields(cmp.Or(s.platform.ID, "id")) }

// Values returns credentials and settings that s accepts when it listens at origin ("http://host:port").
func (s *Server) Values(origin string) map[string]string { return s.platform.Values(origin) }

// Turning are the models whose rows may turn into something that no hub keeps as a record.
func (s *Server) Turning() []hub.Model { return s.platform.Turning }

// SetClockOffset moves the vendor's clock: a negative offset puts it behind ours.
func (s *Server) SetClockOffset(d time.Duration) { s.offset.Store(int64(d)) }

// Before sets a function that is called before each request is answered, so that rows can change
// while someone pages through them; nil ends it. The function may use every method of s.
func (s *Server) Before(f func(*http.Request)) {
	if f == nil {
		s.hook.Store(nil)
		return
	}
	s.hook.Store(&f)
}

// Requests returns how often each "METHOD /path" was asked for.
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// Violations returns, as sentences, every exchange that was not what the vendor's description allows.
// One in a request is the connector's mistake, one in an answer is the simulator's.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

func (s *Server) violation(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, text)
}

// Models returns every model a hub should hold records of, the derived ones included.
func (s *Server) Models() []hub.Model {
	var models []hub.Model
	for _, source := range s.platform.Models {
		for _, m := range s.derived(source) {
			if !slices.Contains(models, m) {
				models = append(models, m)
			}
		}
	}
	return models
}

// derived are the models of what a hub should hold of a model's rows. Not every row has all of them, but some of the
// first rows do.
func (s *Server) derived(source hub.Model) []hub.Model {
	var models []hub.Model
	for n := range 64 {
		for _, r := range s.platform.Held(s.generate(source, n, s.clock())) {
			if !slices.Contains(models, r.Model) {
				models = append(models, r.Model)
			}
		}
	}
	return models
}

// Row returns the row that tells of a record, by its model and id: the record's own, or that of another model in which it
// comes. It panics when there is none: only tests name records.
func (s *Server) Row(m hub.Model, externalID string) (of hub.Model, id string) {
	if slices.Contains(s.platform.Models, m) {
		return m, externalID
	}
	for _, source := range s.platform.Models {
		if !slices.Contains(s.derived(source), m) {
			continue
		}
		for _, row := range s.rows(source) {
			if slices.ContainsFunc(s.platform.Held(row), func(r hub.Record) bool { return r.Model == m && r.ExternalID == externalID }) {
				return source, row.ExternalID
			}
		}
	}
	panic("simulator: nothing tells of the " + string(m) + " " + externalID)
}

// Records returns what a hub should hold of a model, by external id. Those the CRM deleted are among
// them as Deleted; a hub that never saw one need not have it.
func (s *Server) Records(m hub.Model) []hub.Record {
	var records []hub.Record
	for _, source := range s.platform.Models {
		if !slices.Contains(s.derived(source), m) {
			continue
		}
		for _, row := range s.rows(source) {
			for _, r := range s.platform.Held(row) {
				if r.Model == m {
					records = append(records, r)
				}
			}
		}
	}
	slices.SortFunc(records, func(a, b hub.Record) int { return compareIDs(a.ExternalID, b.ExternalID) })
	return records
}

// ServeHTTP answers as the vendor would, or as the next fault says.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	check := s.count(r)
	if hook := s.hook.Load(); hook != nil {
		(*hook)(r)
	}
	fault := s.Faults.take(r)
	w.Header().Set("Date", s.clock().Format(http.TimeFormat))
	if s.answerInstead(w, r, fault) {
		return
	}
	if status := s.platform.Refuses(r); status != 0 {
		if s.platform.Refusal != nil {
			WriteJSON(w, status, s.platform.Refusal(r, status))
		} else {
			writeError(w, status)
		}
		return
	}
	if check {
		if problem := s.platform.Spec.request(r, body); problem != "" {
			s.violation(problem)
			writeError(w, http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	answer := httptest.NewRecorder()
	s.mux.ServeHTTP(answer, r)
	if check && answer.Code < 300 {
		if problem := s.platform.Spec.answer(r, answer); problem != "" {
			s.violation(problem)
		}
	}
	s.send(w, r, fault, answer)
}

// count notes the request and reports whether the exchange is to be checked.
func (s *Server) count(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[r.Method+" "+r.URL.Path]++
	s.total++
	return s.every > 0 && s.total%s.every == 0 && !slices.Contains(s.platform.Unspecified, r.URL.Path)
}
