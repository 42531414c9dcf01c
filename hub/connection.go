// Package hub is the domain: what a connection, a token, a record is, the rules they obey and the
// errors they can meet. It imports no other room, does no input or output, and keeps no state.
package hub

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxNameLength is how many characters a name may have.
const MaxNameLength = 256

// Connection is one organization's integration with one CRM account.
type Connection struct {
	ID             string
	OrganizationID string
	Name           string
	// ExternalAccountID is the CRM's own id of the account (a tenant, company or linked account).
	ExternalAccountID string
	Platform          Platform
	// Active says whether the connection really syncs.
	Active bool
	// SyncTranscript says whether a recording's transcript goes into what is written back.
	SyncTranscript bool
	// Retiring says that its account was replaced, and that what was of the one before is still being removed.
	Retiring bool
	// SyncStatus has one entry for each model the platform's connector pulls, in its order.
	SyncStatus []SyncStatus
	CreatedAt  time.Time
	// UpdatedAt grows by at least a millisecond with every change of the fields above, SyncStatus
	// excepted: how far a sync has come has its own times. It is what the ETag is made of.
	UpdatedAt time.Time
}

// SyncState is where the sync of one model stands.
type SyncState string

// The states of the contract.
const (
	SyncStateSyncing  SyncState = "SYNCING"
	SyncStateUpToDate SyncState = "UP_TO_DATE"
	SyncStateError    SyncState = "ERROR"
)

// SyncStatus tells how far the incremental sync of one model has come. The JSON names are those of storage.
type SyncStatus struct {
	ID    string    `json:"id"`
	Model Model     `json:"model"`
	State SyncState `json:"state"`
	// ModifiedAfter is the cursor: everything the CRM changed up to here is in. Zero before the first sync.
	ModifiedAfter time.Time `json:"modifiedAfter,omitzero"`
	CreatedAt     time.Time `json:"createdAt"`
	// UpdatedAt is zero until the entry first changes.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// NewConnection is what a client gives to make a connection.
type NewConnection struct {
	Name              string
	ExternalAccountID string
	Platform          Platform
	Active            bool
	// Models are those the platform's connector pulls; each gets a SyncStatus. Of an inbound platform those that it posts do.
	Models []Model
}

// Validate reports all that is wrong with n, as an *InvalidError, or nil. Names are kept as given.
func (n *NewConnection) Validate() error {
	var issues []Issue
	issues = appendText(issues, "name", n.Name)
	issues = appendText(issues, "externalAccountId", n.ExternalAccountID)
	return invalidOrNil(issues)
}

// Connection returns the connection n describes, new in organization at now.
func (n *NewConnection) Connection(organizationID string, now time.Time) Connection {
	now = now.UTC().Truncate(time.Millisecond)
	c := Connection{
		ID:                NewID(),
		OrganizationID:    organizationID,
		Name:              n.Name,
		ExternalAccountID: n.ExternalAccountID,
		Platform:          n.Platform,
		Active:            n.Active,
		SyncStatus:        make([]SyncStatus, 0, len(n.Models)),
		CreatedAt:         now,
		UpdatedAt:         now,
	}
	models := n.Models
	if n.Platform.Inbound() {
		models = []Model{ModelEngagement}
	}
	for _, m := range models {
		c.SyncStatus = append(c.SyncStatus, SyncStatus{ID: NewID(), Model: m, State: SyncStateSyncing, CreatedAt: now})
	}
	return c
}

// ConnectionPatch is a change to a connection; nil leaves a field as it is.
type ConnectionPatch struct {
	Name           *string
	Active         *bool
	SyncTranscript *bool
	// IfUpdatedAt, when not nil, lists the only UpdatedAt values the change may be made from.
	IfUpdatedAt []time.Time
}

// Validate reports all that is wrong with p, as an *InvalidError, or nil.
func (p *ConnectionPatch) Validate() error {
	var issues []Issue
	if p.Name != nil {
		issues = appendText(issues, "name", *p.Name)
	}
	return invalidOrNil(issues)
}

// Apply changes c as p says, at now. It reports whether anything is different from before; if
// nothing is, UpdatedAt stays too. It returns ErrStale when c is not the version p was made for.
func (p *ConnectionPatch) Apply(c *Connection, now time.Time) (changed bool, err error) {
	if !MatchesVersion(p.IfUpdatedAt, c.UpdatedAt) {
		return false, ErrStale
	}
	changed = set(&c.Name, p.Name) || changed
	changed = set(&c.Active, p.Active) || changed
	changed = set(&c.SyncTranscript, p.SyncTranscript) || changed
	if changed {
		c.UpdatedAt = NextVersion(c.UpdatedAt, now)
	}
	return changed, nil
}

// MatchesVersion reports whether a thing last updated at updatedAt meets a client's precondition; a
// nil precondition is met by every version.
func MatchesVersion(precondition []time.Time, updatedAt time.Time) bool {
	if precondition == nil {
		return true
	}
	for _, t := range precondition {
		if t.Equal(updatedAt) {
			return true
		}
	}
	return false
}

// NextVersion returns the UpdatedAt of a change made at now to something last updated at prev: now in
// whole milliseconds, or a millisecond after prev where the clock has not come that far, so that two
// changes never show the same time.
func NextVersion(prev, now time.Time) time.Time {
	now = now.UTC().Truncate(time.Millisecond)
	if next := prev.Add(time.Millisecond); now.Before(next) {
		return next
	}
	return now
}

func set[T comparable](dst, src *T) bool {
	if src == nil || *dst == *src {
		return false
	}
	*dst = *src
	return true
}

// appendText checks a required text of at most MaxNameLength characters.
func appendText(issues []Issue, field, s string) []Issue {
	want := fmt.Sprintf("a text of 1 to %d characters", MaxNameLength)
	switch n := utf8.RuneCountInString(s); {
	case s == "":
		return append(issues, Issue{Field: field, Problem: "is empty", Want: want})
	case strings.TrimSpace(s) == "":
		return append(issues, Issue{Field: field, Problem: "has only white space", Want: want})
	case n > MaxNameLength:
		return append(issues, Issue{Field: field, Problem: fmt.Sprintf("has %d characters", n), Want: want})
	case strings.ContainsFunc(s, unicode.IsControl):
		return append(issues, Issue{Field: field, Problem: "has a control character", Want: want + " without control characters"})
	case !utf8.ValidString(s):
		return append(issues, Issue{Field: field, Problem: "is not valid UTF-8", Want: want})
	}
	return issues
}

// appendTexts is appendText for each of a list; nil has none.
func appendTexts(issues []Issue, field string, texts *[]string) []Issue {
	if texts == nil {
		return issues
	}
	for i, text := range *texts {
		issues = appendText(issues, fmt.Sprintf("%s[%d]", field, i), text)
	}
	return issues
}

func invalidOrNil(issues []Issue) error {
	if len(issues) == 0 {
		return nil
	}
	return &InvalidError{Issues: issues}
}
