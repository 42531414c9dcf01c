// Package connector is what the author of a new platform writes against: the Connector interface,
// and the HTTP call that every connector makes the same way. A connector sees neither the store nor
// the engine; it keeps no state, schedules nothing and retries nothing: all of that is the engine's.
package connector

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"sirocco/hub"
)

// Connector speaks with one kind of CRM. It holds no state: everything it needs comes with each call,
// so one value serves every connection of its platform, concurrently.
type Connector interface {
	// Info describes the platform; it never changes.
	Info() hub.PlatformInfo
	// Check makes the cheapest call that proves the credentials are accepted, and returns whose they are; also with an error, where it
	// knows. It is asked again once an hour: what opens another account by then is neither read nor written to.
	Check(ctx context.Context, s *Session) (Account, error)
	// Fetch reads one page of one model. It makes as few requests as the vendor allows, usually one.
	Fetch(ctx context.Context, s *Session, q Query) (Page, error)
	// WriteNote puts a note on a record. When a note with the same Marker is already there it changes
	// nothing and returns that note's reference, so that a retry never shows twice; unless the note says that it was
	// looked for. Where the connector is no NoteFinder, what became of a lost answer is for a person to find out.
	WriteNote(ctx context.Context, s *Session, n Note) (NoteRef, error)
}

// Account is whose data a connection's credentials open.
type Account struct {
	// ID is the vendor's own id of the account, the same for all credentials of it and for no other account; empty where
	// the vendor does not tell.
	ID string
	// Name is what people call it; empty where the vendor does not tell.
	Name string
	// Note is a sentence for people about what is not in order with the account though its credentials are accepted;
	// usually empty.
	Note string
}

// Authorizer is implemented by connectors whose vendor wants a short-lived access token. The engine
// calls Authorize once when the token is missing or about to expire, keeps the result (encrypted),
// and hands it to every call as Session.Token.
type Authorizer interface {
	Authorize(ctx context.Context, s *Session) (Token, error)
}

// Renewer is implemented by Authorizers whose vendor may give other credentials in the place of those that it was asked with.
type Renewer interface {
	// Renews reports whether asking for a token with the session's credentials may use them up.
	Renews(s *Session) bool
}

// Token is a short-lived access token.
type Token struct {
	Value   string
	Expires time.Time
	// Replace are credentials, by field name, that the vendor gave in the place of those that were used, which are no good
	// any more: the engine keeps them, encrypted, before the token is used. Nil where they stay as they are.
	Replace map[string]string
}

// Session is one connection's access to its CRM for one call.
type Session struct {
	// HTTP obeys the connection's rate limit and counts bytes.
	HTTP *http.Client
	// Timeout bounds one request from its start to the last byte of its answer, a wait for the rate
	// limit within HTTP included; zero means 30 seconds.
	Timeout time.Duration
	// Values are the credentials and settings by field name, defaults filled in.
	Values map[string]string
	// Token is the current access token of an Authorizer's connection.
	Token string
	// ExternalAccountID is the connection's externalAccountId (the vendor's tenant, company or linked account).
	ExternalAccountID string
	// Mapping is the connection's own, of a Mapper's platform; without sources it has none, and the first preset counts.
	Mapping hub.Mapping
	// Now is the hub's clock.
	Now func() time.Time
}

// Query asks for one page.
type Query struct {
	Model hub.Model
	// Since is the vendor's modified time to start at, inclusive; zero means from the beginning.
	// It stays the same for all pages of a run.
	Since time.Time
	// Next is the Next of the page before; empty for a run's first page (unless the model is Durable).
	Next string
	// Limit is how many records a page should have; the connector lowers it to what the vendor allows.
	Limit int
	// Tries counts how often in a row this page was asked for in vain, for one cause: what of it takes requests of its own for each
	// record can be left out where such a request fails each time, so that one record does not hold up all others. See LeavesOut.
	Tries int
	// Kept returns what the hub keeps of the model's records with these ids, and what came with each of them, so that what
	// takes requests of its own for each record need not be read again where nothing changed, and what was a record
	// before is known. What is in quarantine, as not all of it could be read, comes without its ModifiedAt. Nil where it cannot tell.
	Kept func(ctx context.Context, externalIDs []string) ([]hub.Record, error)
}

// enoughTries is how often a page is asked for before what of it always fails is left out.
const enoughTries = 3

// LeavesOut reports whether what one record's own request failed with is left out: the page has been asked for often enough. A vendor
// that asks to be left alone, or does not take the credentials, means all requests.
func (q Query) LeavesOut(err error) bool {
	return q.Tries >= enoughTries-1 && !AsksToWait(err) && !IsKind(err, Unauthorized) && !IsKind(err, RateLimited)
}

// Page is what one Fetch found.
type Page struct {
	// Records in the vendor's order. Records that fail hub validation are quarantined by the engine.
	Records []hub.Record
	// Rejected are items the connector itself could not read as records. One of which it could not read all may be among Records as
	// well, with what is known: it is told of until it comes whole.
	Rejected []Rejected
	// Passed are the ids of items that were read and left out because they are no records of the model: pages of nothing else
	// are not taken for pages that go round, unless they repeat them.
	Passed []string
	// Others are the ids of those that passed of which the vendor says what they are: no records of the model. What was kept as
	// one of it under such an id counts as gone.
	Others []string
	// Listed says of what Find answers that the vendor was asked for its list again, and not for the records by their ids: what
	// the list lacks once more, a moment later, is no more gone than before.
	Listed bool
	// Next asks for the page after this one. It is opaque to the engine, survives a restart, and must
	// change from page to page.
	Next string
	// More says whether there is a page after this one now. A Durable model's last page has More false
	// and a Next to start the following run with.
	More bool
	// Wait is how long the vendor needs before the page after this one is asked for, where it prepares what there is; the
	// page is in by then. A page of a vendor that is still at it may be empty, and may point to its own place.
	Wait time.Duration
	// AsOf is up to when the vendor's changes will all be in once the run ends: its own clock when it answered, or an
	// earlier time where it serves a copy; zero when it does not tell. A vendor that does not page in the order of
	// change can pass over what changes during a run, so the next run's Since is no later than the AsOf of this run's
	// first page.
	AsOf time.Time
	// Note is a sentence for people about what keeps the model from being up to date at the vendor, or about how it is read,
	// usually of a run's first page; a later one's is added to it. Usually empty.
	Note string
}

// MeetsLater reports whether the page can do without the request that failed with err, as it has something already: what was read is
// kept, and the page after it meets the error. A vendor that asks to be left alone is heeded at once.
func (p *Page) MeetsLater(ctx context.Context, err error) bool {
	return err != nil && len(p.Records)+len(p.Rejected) > 0 && ctx.Err() == nil && !AsksToWait(err)
}

// Rejected is one item of a page that is not a readable record.
type Rejected struct {
	// ExternalID is the vendor's id where it could be read, else empty. A page with an item that has none says nothing of
	// what is missing.
	ExternalID string
	// Reason is a sentence for people.
	Reason string
	Raw    json.RawMessage
}

// Note is what a recording's result looks like in the CRM.
type Note struct {
	// Target is the record to put it on.
	Target     hub.Model
	ExternalID string
	Title      string
	Body       string
	// Marker identifies this note for ever; it is part of what is written.
	Marker string
	// Print is a digest of what it says, which stands behind the marker; it may be empty.
	Print string
	// At is when the talk was, in the organization's time zone: its day there is the note's, where a vendor's notes have one.
	At time.Time
	// Looked says that FindNote has just not found it, so that WriteNote need not look again.
	Looked bool
}

// NoteRef identifies a note in the CRM.
type NoteRef struct {
	ExternalID string
	// Existed says that a note with the marker was already there.
	Existed bool
}
