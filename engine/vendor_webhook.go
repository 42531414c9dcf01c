package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// registerRetry is how long after a vendor that could not be asked is asked again for webhooks, refusedRetry how long after
	// one that refused.
	registerRetry = 5 * time.Minute
	refusedRetry  = 6 * time.Hour
	// leaveEvery is how often webhooks of deleted connections are looked for, leaveRetry how long after a failure one is tried again,
	// leaveMost for how long. leaveLease is longer than one try takes.
	leaveEvery = 2 * time.Second
	leaveRetry = time.Minute
	leaveMost  = time.Hour
	leaveLease = 5 * time.Minute
)

// inboundURL is where the platform of a connection posts to.
func (e *Engine) inboundURL(connection string) string {
	return strings.TrimSuffix(e.PublicURL, "/") + hub.InboundPath + connection
}

// registerWebhook lets the vendor post its webhooks to the connection's address, once this server knows how it is reached. What
// comes of it never fails the run, as the poll brings the same, unless the CRM asks to be left alone for a while.
func (j *syncJob) registerWebhook(ctx context.Context) error {
	registrar, ok := j.connector.(connector.WebhookRegistrar)
	if !ok || j.engine.PublicURL == "" || j.sched.Retrying {
		return nil
	}
	st, c := j.engine.Store, j.conn
	has, err := st.VendorWebhook(ctx, c.OrganizationID, c.ID)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return err
	}
	if has.RetryAt.After(j.engine.Clock()) {
		return nil
	}
	in, err := st.InboundOf(ctx, c.OrganizationID, c.ID)
	if errors.Is(err, hub.ErrNotFound) {
		in, _, err = st.RotateInbound(ctx, c.OrganizationID, c.ID)
	}
	if err != nil {
		return err
	}
	url := j.engine.inboundURL(c.ID)
	if has.URL == url && has.Generation == in.Generation {
		return nil
	}
	if has.URL != "" && has.URL != url { // this server is reached in another way than before
		if err := guarded(j.log, "the connector", func() error { return registrar.RemoveWebhook(j.requests.of(ctx, ""), &j.session.Session, has.URL) }); err != nil {
			return j.webhookFailed(ctx, err)
		}
	}
	if err := st.PlanVendorWebhook(ctx, j.sched, url); err != nil {
		return err
	}
	w := connector.Webhook{URL: url, Secret: in.Secrets()[0], Header: hub.InboundHeader}
	if err := guarded(j.log, "the connector", func() error { return registrar.RegisterWebhook(j.requests.of(ctx, ""), &j.session.Session, w) }); err != nil {
		return j.webhookFailed(ctx, err)
	}
	return st.VendorWebhookTold(ctx, j.sched, in.Generation, "", time.Time{})
}

// webhookFailed notes why the vendor has no address, and when it is asked again.
func (j *syncJob) webhookFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	j.log.Info("the webhooks of a connection could not be set up", "error", err)
	held := j.leftAlone(ctx, err)
	wait := max(registerRetry, askedWait(err))
	if connector.IsKind(err, connector.Refused) || connector.IsKind(err, connector.Forbidden) || connector.IsKind(err, connector.Malformed) {
		wait = refusedRetry
	}
	if err := j.engine.Store.VendorWebhookTold(ctx, j.sched, 0, keptNote(err.Error()), j.engine.Clock().Add(wait)); err != nil {
		return err
	}
	return held
}

// takeBackWebhooks takes back a webhook of a connection that was deleted, and erases its credentials then; in any case after
// leaveMost.
func (e *Engine) takeBackWebhooks(ctx context.Context) (more bool, err error) {
	v, found, err := e.Store.ClaimLeaving(ctx, leaveLease)
	if err != nil || !found {
		return false, err
	}
	err = e.takeBack(ctx, v)
	if ctx.Err() != nil {
		return false, e.Store.PostponeLeaving(context.WithoutCancel(ctx), v, e.Clock())
	}
	if now := e.Clock(); err != nil && now.Sub(v.LeavingSince) < leaveMost {
		e.Logger.Info("a webhook of a deleted connection is not taken back yet", "connection", v.Connection.ID, "error", err)
		return true, e.Store.PostponeLeaving(ctx, v, now.Add(max(leaveRetry, min(askedWait(err), leaveMost))))
	}
	if err != nil {
		e.Logger.Warn("a webhook of a deleted connection stays at its vendor", "connection", v.Connection.ID, "error", err)
	}
	return true, e.Store.EraseLeft(ctx, v)
}

func (e *Engine) takeBack(ctx context.Context, v store.VendorWebhook) error {
	c, ok := e.Connectors[v.Connection.Platform]
	registrar, registers := c.(connector.WebhookRegistrar)
	if !ok || !registers {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaveLease-time.Minute)
	defer cancel()
	return guarded(e.Logger.With("connection", v.Connection.ID), "the connector", func() error {
		s, err := e.openSession(ctx, c, v.Connection)
		if err != nil {
			if errors.Is(err, hub.ErrNeedsCredentials) { // there is nothing to ask with
				return nil
			}
			return err
		}
		return registrar.RemoveWebhook(ctx, &s.Session, v.URL)
	})
}
