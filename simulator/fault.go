package simulator

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// FaultKind names a way in which a vendor fails.
type FaultKind string

// The faults. Those up to Hang come instead of an answer, before anything is done; the others change
// the answer after the request was carried out.
const (
	// None is no fault: it takes a place in a script.
	None FaultKind = ""
	// Unauthorized and Forbidden are 401 and 403.
	Unauthorized FaultKind = "unauthorized"
	Forbidden    FaultKind = "forbidden"
	// RateLimited is 429 with Fault.RetryAfter, if that is set.
	RateLimited FaultKind = "rate-limited"
	// ServerError and Unavailable are 500 and 503.
	ServerError FaultKind = "server-error"
	Unavailable FaultKind = "unavailable"
	// BadRequest and Gone are 400 and 410: what a vendor says of a place in a list that is too old.
	BadRequest FaultKind = "bad-request"
	Gone       FaultKind = "gone"
	// HTMLPage is 400 with a page for people, as a gateway in front of a vendor answers while that is away.
	HTMLPage FaultKind = "html-page"
	// Conflict, Locked and TooEarly are 409, 423 and 425: somebody else is at it.
	Conflict FaultKind = "conflict"
	Locked   FaultKind = "locked"
	TooEarly FaultKind = "too-early"
	// Hang answers nothing until the client gives up.
	Hang FaultKind = "hang"
	// Drop breaks the connection in the middle of the answer.
	Drop FaultKind = "drop"
	// NoAnswer breaks the connection before a byte of the answer.
	NoAnswer FaultKind = "no-answer"
	// Truncated ends the JSON in the middle of an otherwise whole answer.
	Truncated FaultKind = "truncated"
	// Malformed is JSON with a mistake in it.
	Malformed FaultKind = "malformed"
	// WrongType is the right answer called text/html.
	WrongType FaultKind = "wrong-type"
	// SignInPage sends on to a page to sign in on, instead of the answer.
	SignInPage FaultKind = "sign-in-page"
	// NoRows is 200 with the words of an error in the place of everything else.
	NoRows FaultKind = "no-rows"
	// ErrorBeside is 200 with an empty list and the words of an error beside it; where a list is the whole answer it is NoRows.
	ErrorBeside FaultKind = "error-beside"
	// EmptyList is the right answer without the items of its list.
	EmptyList FaultKind = "empty-list"
	// NullRows is the right answer with null in the place of its rows.
	NullRows FaultKind = "null-rows"
	// RepeatCursor points to the page just asked for as the next one.
	RepeatCursor FaultKind = "repeat-cursor"
	// OddZones writes every time in some zone other than UTC, and the zone in some other way.
	OddZones FaultKind = "odd-zones"
	// BadRecord takes the id from the first item of the next list that has any.
	BadRecord FaultKind = "bad-record"
)

// Fault is one thing that goes wrong.
type Fault struct {
	Kind FaultKind
	// RetryAfter is the header's value with what comes instead of an answer; empty means no header.
	RetryAfter string
	// Match limits the fault to requests whose path contains it; other requests are answered well.
	Match string
}

// Faults decide what goes wrong. All its methods may be used at once.
type Faults struct {
	mu     sync.Mutex
	rng    *rand.Rand
	script []Fault
	always *Fault
	rate   float64
	random []Fault
	taken  map[FaultKind]int
	// statuses are paths of lists that have no records in them.
	statuses []string
}

func newFaults(seed uint64, statuses []string) *Faults {
	return &Faults{rng: rand.New(rand.NewPCG(seed, 2)), taken: map[FaultKind]int{}, statuses: statuses}
}

// Script puts faults on the next requests, one each, after those already scripted.
func (f *Faults) Script(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = append(f.script, faults...)
}

// again puts a fault on the next request, before those scripted.
func (f *Faults) again(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script = append([]Fault{fault}, f.script...)
	f.taken[fault.Kind]--
}

// Always puts the fault on every request that no script covers.
func (f *Faults) Always(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.always = &fault
}

// Random puts one of the faults on a part of the requests, rate of 0 to 1.
func (f *Faults) Random(rate float64, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rate, f.random = rate, slices.Clone(faults)
}

// Stop ends all faults.
func (f *Faults) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script, f.always, f.rate, f.random = nil, nil, 0, nil
}

// Taken returns how often a fault of the kind happened.
func (f *Faults) Taken(kind FaultKind) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.taken[kind]
}

// take returns the fault for a request.
func (f *Faults) take(r *http.Request) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.choose(r.URL.Path)
	f.taken[fault.Kind]++
	return fault
}

func (f *Faults) choose(path string) Fault {
	if len(f.script) > 0 {
		first := f.script[0]
		if !strings.Contains(path, first.Match) || first.Kind == BadRecord && slices.Contains(f.statuses, path) {
			return Fault{}
		}
		f.script = f.script[1:]
		return first
	}
	if f.always != nil && strings.Contains(path, f.always.Match) {
		return *f.always
	}
	if len(f.random) > 0 && f.rng.Float64() < f.rate {
		if fault := f.random[f.rng.IntN(len(f.random))]; strings.Contains(path, fault.Match) {
			return fault
		}
	}
	return Fault{}
}
