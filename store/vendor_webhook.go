package store

import (
	"context"
	"errors"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// VendorWebhook is where the hub let a vendor post its webhooks of a connection.
type VendorWebhook struct {
	// Connection is as it was when the vendor was asked; of one that was deleted it is all there is.
	Connection hub.Connection
	URL        string
	// Generation is that of the address's secret that the vendor has; 0 before it has one.
	Generation int64
	// Failed is why the vendor does not take it, for people; empty where it does. RetryAt is when it is asked again.
	Failed  string
	RetryAt time.Time
	// LeavingSince is when the connection was deleted; zero where it was not.
	LeavingSince time.Time
}

const vendorWebhookQuery = `SELECT organization_id, connection_id, platform, external_account_id, url, generation, failed, retry_at, leaving_since FROM vendor_webhooks `

func scanVendorWebhook(r database.Row) (VendorWebhook, error) {
	var v VendorWebhook
	var retry, leaving *int64
	err := r.Scan(&v.Connection.OrganizationID, &v.Connection.ID, &v.Connection.Platform, &v.Connection.ExternalAccountID, &v.URL, &v.Generation, &v.Failed, &retry, &leaving)
	v.RetryAt, v.LeavingSince = fromOptionalMicros(retry), fromOptionalMicros(leaving)
	return v, err
}

// VendorWebhook returns what the vendor of a connection was asked for; hub.ErrNotFound where it was for nothing.
func (s *Store) VendorWebhook(ctx context.Context, organization, connection string) (VendorWebhook, error) {
	return queryOne(ctx, s.db, scanVendorWebhook, vendorWebhookQuery+`WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
}

// PlanVendorWebhook notes that the vendor is about to be asked to post to the URL, so that it is taken back whatever becomes of
// the answer. Its error may be one of RenewLease's.
func (s *Store) PlanVendorWebhook(ctx context.Context, sched Schedule, url string) error {
	return s.write(ctx, func(tx Tx) error {
		c, err := holdLease(ctx, tx, sched)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO vendor_webhooks (organization_id, connection_id, platform, external_account_id, url, generation) VALUES ($1, $2, $3, $4, $5, 0)
			ON CONFLICT (organization_id, connection_id) DO UPDATE SET url = excluded.url, generation = 0, external_account_id = excluded.external_account_id`,
			c.OrganizationID, c.ID, string(c.Platform), c.ExternalAccountID, url)
		return err
	})
}

// VendorWebhookTold notes what the vendor said: that it has the secret of the generation, or why it does not take it and when it is
// asked again.
func (s *Store) VendorWebhookTold(ctx context.Context, sched Schedule, generation int64, failed string, retryAt time.Time) error {
	_, err := s.db.Exec(ctx, `UPDATE vendor_webhooks SET generation = $3, failed = $4, retry_at = $5 WHERE organization_id = $1 AND connection_id = $2 AND leaving_since IS NULL`,
		sched.OrganizationID, sched.ConnectionID, generation, failed, optionalMicros(retryAt))
	return domainError(err)
}

// leaveVendorWebhook lets a webhook of a connection that is being deleted be taken back, and reports whether there is one. Its
// credentials stay for that.
func leaveVendorWebhook(ctx context.Context, tx Tx, organization, connection string, now time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE vendor_webhooks SET leaving_since = $3, retry_at = $3 WHERE organization_id = $1 AND connection_id = $2
		AND EXISTS (SELECT 1 FROM credentials k WHERE k.organization_id = $1 AND k.connection_id = $2)`, organization, connection, micros(now))
	return n > 0, err
}

// ClaimLeaving takes one webhook that is to be taken back, which nobody else does until lease has passed; found is false where
// none is due. It looks across organizations, as the engine's clock.
func (s *Store) ClaimLeaving(ctx context.Context, lease time.Duration) (v VendorWebhook, found bool, err error) {
	now := micros(s.clock())
	const due = `WHERE leaving_since IS NOT NULL AND retry_at <= $1 ORDER BY retry_at LIMIT 1`
	v, err = queryOne(ctx, s.db, scanVendorWebhook, vendorWebhookQuery+due, now)
	if err != nil {
		return v, false, ignoreNotFound(err)
	}
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE vendor_webhooks SET retry_at = $3 WHERE organization_id = $1 AND connection_id = $2 AND leaving_since IS NOT NULL AND retry_at <= $4`,
			v.Connection.OrganizationID, v.Connection.ID, micros(s.clock().Add(lease)), now)
		found = n == 1
		return err
	})
	return v, found, err
}

// PostponeLeaving lets a webhook be taken back another time.
func (s *Store) PostponeLeaving(ctx context.Context, v VendorWebhook, at time.Time) error {
	_, err := s.db.Exec(ctx, `UPDATE vendor_webhooks SET retry_at = $3 WHERE organization_id = $1 AND connection_id = $2 AND leaving_since IS NOT NULL`,
		v.Connection.OrganizationID, v.Connection.ID, micros(at))
	return domainError(err)
}

// EraseLeft forgets a webhook that was taken back, or that the vendor does not take back, and erases the credentials of its
// connection.
func (s *Store) EraseLeft(ctx context.Context, v VendorWebhook) error {
	return s.write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM vendor_webhooks WHERE organization_id = $1 AND connection_id = $2`, v.Connection.OrganizationID, v.Connection.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM credentials WHERE organization_id = $1 AND connection_id = $2`, v.Connection.OrganizationID, v.Connection.ID)
		return err
	})
}

// webhookNotes say why the vendor of a connection takes no address for its webhooks, where it does not.
func webhookNotes(ctx context.Context, q database.Querier, organization, connection string) ([]string, error) {
	failed, err := queryOne(ctx, q, scanText, `SELECT failed FROM vendor_webhooks WHERE organization_id = $1 AND connection_id = $2 AND failed <> ''`, organization, connection)
	if err != nil {
		if errors.Is(err, hub.ErrNotFound) {
			err = nil
		}
		return nil, err
	}
	return []string{"Its webhooks could not be set up, so that changes wait for the next sync: " + failed}, nil
}
