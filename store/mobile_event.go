package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const mobileEventColumns = `organization_id, id, user_id, recording_id, opportunities, code, event, occurred_at, created_at`

func scanMobileEvent(r database.Row) (hub.MobileEvent, error) {
	var e hub.MobileEvent
	var recording *string
	var opportunities, event string
	var occurred, created int64
	err := r.Scan(&e.OrganizationID, &e.ID, &e.UserID, &recording, &opportunities, &e.Code, &event, &occurred, &created)
	if err != nil {
		return e, err
	}
	e.RecordingID, e.OccurredAt, e.CreatedAt = deref(recording), fromMicros(occurred), fromMicros(created)
	for text, to := range map[string]any{opportunities: &e.OpportunityIDs, event: &e.Event} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return e, fmt.Errorf("mobile event %s: %w", e.ID, err)
		}
	}
	return e, nil
}

// CreateMobileEvent keeps an event of the user's app. One that has the id of another one of the user's, and says the same, is
// that one, and is returned as it was kept. What is wrong is a *hub.InvalidError.
func (s *Store) CreateMobileEvent(ctx context.Context, e hub.MobileEvent) (hub.MobileEvent, error) {
	e.CreatedAt = s.nowMillis()
	if err := e.Validate(e.CreatedAt); err != nil {
		return e, err
	}
	told := e
	if e.OccurredAt.IsZero() {
		e.OccurredAt = e.CreatedAt
	}
	if e.ID == "" {
		e.ID = s.newID()
	}
	if e.OpportunityIDs == nil {
		e.OpportunityIDs = []string{}
	}
	opportunities, err := json.Marshal(e.OpportunityIDs)
	if err != nil {
		return e, err
	}
	event, err := json.Marshal(e.Event)
	if err != nil {
		return e, err
	}
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO mobile_events (`+mobileEventColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (organization_id, id) DO NOTHING`,
			e.OrganizationID, e.ID, e.UserID, optional(e.RecordingID), string(opportunities), string(e.Code), string(event), micros(e.OccurredAt), micros(e.CreatedAt))
		if err != nil || n > 0 {
			return err
		}
		known, err := mobileEvent(ctx, tx, e.OrganizationID, e.ID)
		if err != nil {
			return err
		}
		if !told.Repeats(&known) {
			return errOtherMobileEvent
		}
		e = known
		return nil
	})
	return e, err
}

// errOtherMobileEvent says that an app calls two events by one name.
var errOtherMobileEvent = hub.Invalid("clientEventId", "is that of another event", "a name of its own for each event; the same event may come again")

// MobileEvent returns one event of the organization.
func (s *Store) MobileEvent(ctx context.Context, organization, id string) (hub.MobileEvent, error) {
	e, err := mobileEvent(ctx, s.db, organization, id)
	return e, err
}

func mobileEvent(ctx context.Context, q database.Querier, organization, id string) (hub.MobileEvent, error) {
	return queryOne(ctx, q, scanMobileEvent, `SELECT `+mobileEventColumns+` FROM mobile_events WHERE organization_id = $1 AND id = $2`, organization, id)
}

// MobileEventFilter chooses mobile events. Empty fields choose all.
type MobileEventFilter struct {
	// From and Until bound when they came; both are excluded.
	From, Until         time.Time
	Codes               []string
	UserID, RecordingID string
	After               ListPlace
	Limit               int
}

// MobileEvents lists the organization's events, the newest last: who goes on from the last one misses none.
func (s *Store) MobileEvents(ctx context.Context, organization string, f MobileEventFilter) ([]hub.MobileEvent, error) {
	c := conditions{args: []any{organization}}
	if !f.From.IsZero() {
		c.and("created_at > %s", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("created_at < %s", micros(f.Until))
	}
	if len(f.Codes) > 0 {
		c.text += " AND " + c.in(s.db, "code", f.Codes)
	}
	if f.UserID != "" {
		c.and("user_id = %s", f.UserID)
	}
	if f.RecordingID != "" {
		c.and("recording_id = %s", f.RecordingID)
	}
	if f.After.ID != "" {
		c.and("(created_at, id) > (%s, %s)", micros(f.After.At), f.After.ID)
	}
	return queryPage(ctx, s.db, scanMobileEvent, `SELECT `+mobileEventColumns+` FROM mobile_events WHERE organization_id = $1`+c.text+
		` ORDER BY created_at, id LIMIT `+c.arg(f.Limit), c.args...)
}
