package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// mappedCRM is notingCRM with a mapping.
type mappedCRM struct{ notingCRM }

func (c *mappedCRM) Info() hub.PlatformInfo {
	info := c.notingCRM.Info()
	info.Mapping = &hub.MappingInfo{}
	return info
}

// TestWhatASessionNeeds opens no session where something that it goes by cannot be read.
func TestWhatASessionNeeds(t *testing.T) {
	crm := &mappedCRM{notingCRM{accounts: 1}}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		if s, err := l.e.openSession(t.Context(), crm, c); err != nil || s == nil {
			t.Errorf("without a mapping: %v %v", s, err)
		}
		storetest.Exec(t, l.st, `INSERT INTO mappings (organization_id, connection_id, mapping, updated_at) VALUES ($1, $2, 'torn', 0)`, c.OrganizationID, c.ID)
		if s, err := l.e.openSession(t.Context(), crm, c); err == nil || s != nil {
			t.Errorf("with a mapping that cannot be read: %v %v", s, err)
		}
		storetest.Exec(t, l.st, `DELETE FROM credentials`)
		if s, err := l.e.openSession(t.Context(), crm, c); !errors.Is(err, hub.ErrNeedsCredentials) || s != nil {
			t.Errorf("without credentials: %v %v", s, err)
		}
	})
}

// TestCredentialsOfAClockThatIsAhead opens sessions with credentials that were set by a node whose clock is ahead, or behind: a wait that the
// CRM asks for holds these credentials, and not those that are set after the session was opened.
func TestCredentialsOfAClockThatIsAhead(t *testing.T) {
	crm := &notingCRM{accounts: 1}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		for _, ahead := range []time.Duration{-time.Minute, 0, time.Minute} {
			c := l.connect(crm.Info(), map[string]string{})
			now := time.Now()
			set := now.Add(ahead)
			storetest.Exec(t, l.st, `UPDATE credentials SET updated_at = $2 WHERE connection_id = $1`, c.ID, set.UnixMicro())
			s, err := l.e.openSession(t.Context(), crm, c)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.transport.hold(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
			if wait := s.transport.heldFor(); wait != time.Hour {
				t.Errorf("credentials that were set %s ahead are held for %s", ahead, wait)
			}
			if wait := s.transport.limiter.heldFor(now.Add(max(ahead, 0)+time.Second), now); wait != 0 {
				t.Errorf("those that were set after them are held for %s", wait)
			}
		}
	})
}

// TestWhatKeepsANoteFromASession opens none for a note where the CRM asked to be left alone, or does not take the credentials, and says when it
// may be tried again.
func TestWhatKeepsANoteFromASession(t *testing.T) {
	crm := &notingCRM{accounts: 9}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		for name, test := range map[string]struct {
			change string
			holds  func(err error, now time.Time) bool
		}{
			"all is well": {`UPDATE credentials SET refusals = 0 WHERE connection_id = $1`, func(err error, _ time.Time) bool { return err == nil }},
			"held": {fmt.Sprintf(`UPDATE schedules SET held_until = %d WHERE connection_id = $1`, time.Now().Add(time.Hour).UnixMicro()), func(err error, _ time.Time) bool {
				e, ok := errors.AsType[*connector.Error](err)
				return ok && e.Kind == connector.RateLimited && e.Status == 0 && e.RetryAfter > 0 && e.RetryAfter <= time.Hour
			}},
			"no credentials": {`DELETE FROM credentials WHERE connection_id = $1`, func(err error, _ time.Time) bool { return errors.Is(err, hub.ErrNeedsCredentials) }},
			"no connection":  {`DELETE FROM schedules WHERE connection_id = $1`, func(err error, _ time.Time) bool { return errors.Is(err, hub.ErrNotFound) }},
			"another account": {`UPDATE credentials SET wrong_account = 'They are of Acme' WHERE connection_id = $1`, func(err error, _ time.Time) bool {
				e, ok := errors.AsType[*wrongAccountError](err)
				return ok && e.reason == "They are of Acme"
			}},
			"refused": {fmt.Sprintf(`UPDATE credentials SET refusals = 1, refused_at = %d WHERE connection_id = $1`, time.Now().UnixMicro()), func(err error, now time.Time) bool {
				e, ok := errors.AsType[*refusedError](err)
				return ok && within(e.again, now, time.Minute)
			}},
			"refused long ago": {fmt.Sprintf(`UPDATE credentials SET refusals = 1, refused_at = %d WHERE connection_id = $1`, time.Now().Add(-time.Hour).UnixMicro()), func(err error, _ time.Time) bool { return err == nil }},
		} {
			c := l.connect(crm.Info(), map[string]string{})
			storetest.Exec(t, l.st, test.change, c.ID)
			s := &deliveryAttempt{deliveryWorker: l.notes(c), conn: c}
			if err := s.open(t.Context(), crm); !test.holds(err, time.Now()) || (err == nil) != (s.session != nil) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// hookedCRM is notingCRM with webhooks, which does with the taking back of one as it is told.
type hookedCRM struct {
	notingCRM
	remove func(to string) error
}

func (c *hookedCRM) RegisterWebhook(context.Context, *connector.Session, connector.Webhook) error {
	return nil
}

func (c *hookedCRM) RemoveWebhook(_ context.Context, _ *connector.Session, to string) error {
	return c.remove(to)
}

// TestAWebhookIsTakenBackOnce takes back the webhooks of connections that were deleted: without one there is nothing to do, a connector's mistake
// is tried again until it is given up, and the credentials go with the webhook.
func TestAWebhookIsTakenBackOnce(t *testing.T) {
	crm := &hookedCRM{accounts: 1}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		if more, err := l.e.takeBackWebhooks(t.Context()); more || err != nil {
			t.Errorf("with no connection: %t, %v", more, err)
		}
		for name, test := range map[string]struct {
			remove func(string) error
			tries  int // until it is given up
		}{
			"it is taken back":           {func(string) error { return nil }, 1},
			"a mistake of the connector": {func(string) error { panic("no such case") }, int(leaveMost/leaveRetry) + 1},
			"a vendor that refuses":      {func(string) error { return connector.Fail(connector.Forbidden, "Noting CRM", "no") }, int(leaveMost/leaveRetry) + 1},
		} {
			c := l.connect(crm.Info(), map[string]string{})
			const ours = "https://hub.example.com/inbound/1"
			storetest.Exec(t, l.st, `INSERT INTO vendor_webhooks (organization_id, connection_id, platform, external_account_id, url, generation) VALUES ($1, $2, $3, '', $4, 1)`, c.OrganizationID, c.ID, string(c.Platform), ours)
			tries := 0
			crm.remove = func(to string) error {
				tries++
				if to != ours {
					t.Errorf("%s: asked for %s", name, to)
				}
				return test.remove(to)
			}
			if _, err := l.st.DeleteConnection(t.Context(), c.OrganizationID, c.ID, nil); err != nil {
				t.Fatal(err)
			}
			l.conns = nil
			for {
				more, err := l.e.takeBackWebhooks(t.Context())
				if err != nil || !more {
					t.Fatalf("%s: after %d tries: %t, %v", name, tries, more, err)
				}
				if storetest.Count(t, l.st, `SELECT COUNT(*) FROM vendor_webhooks`) == 0 {
					break
				}
				if n := storetest.Count(t, l.st, `SELECT COUNT(*) FROM credentials`); n != 1 || tries > test.tries {
					t.Fatalf("%s: after %d tries there are %d credentials", name, tries, n)
				}
				if more, err := l.e.takeBackWebhooks(t.Context()); more || err != nil {
					t.Errorf("%s: it is tried again at once: %t, %v", name, more, err)
				}
				time.Sleep(leaveRetry)
			}
			if n := storetest.Count(t, l.st, `SELECT COUNT(*) FROM credentials`); n != 0 || tries != test.tries {
				t.Errorf("%s: after %d tries, and not %d, there are %d credentials", name, tries, test.tries, n)
			}
		}
	})
}
