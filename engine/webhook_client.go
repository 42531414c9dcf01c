package engine

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// receiverTimeout is how long a receiver has to answer, all in all.
	receiverTimeout = 15 * time.Second
	// responseKept is how much of an answer is kept, responseDrained how much is read so that the connection can be used again.
	responseKept    = 4 << 10
	responseDrained = 64 << 10
	statusGone      = http.StatusGone
)

// webhookClient is how events get to webhook endpoints.
type webhookClient struct {
	client *http.Client
	clock  hub.Clock
	log    *slog.Logger
}

func newWebhookClient(cfg Config) *webhookClient {
	timeout := cfg.WebhookTimeout
	if timeout == 0 {
		timeout = receiverTimeout
	}
	return &webhookClient{clock: cfg.Clock, log: cfg.Logger, client: &http.Client{
		Timeout: timeout,
		// A redirect is the receiver's answer: where it points to was not checked by anybody.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // and no proxy of the environment
			DialContext:            cfg.dial,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    webhookConcurrency,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: responseDrained,
		},
	}}
}

// send tells a receiver of one event.
func (r *webhookClient) send(ctx context.Context, target store.WebhookTarget, event store.DueEvent) hub.Attempt {
	a := hub.Attempt{At: r.clock()}
	began := time.Now()
	ended := slotOf(ctx).call()
	err := guarded(r.log, "sending the event", func() error { return r.post(ctx, target, event, &a) }) // it is not in the job queue's care
	ended()
	a.Took = time.Since(began)
	if err != nil {
		a.Error = describeFailure(err)
	}
	return a
}

func (r *webhookClient) post(ctx context.Context, target store.WebhookTarget, event store.DueEvent, a *hub.Attempt) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.URL, bytes.NewReader([]byte(event.Payload)))
	if err != nil {
		return err
	}
	if err := sign(req.Header, target.Secrets, "msg_"+event.ID, a.At, []byte(event.Payload)); err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Sirocco-Webhooks")
	res, err := r.client.Do(req)
	slotOf(ctx).asked(ctx, req.URL.Host, err)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	a.Status = res.StatusCode
	if a.Status > 299 {
		a.RetryAfter = connector.RetryAfter(res.Header, r.clock)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, responseKept))
	a.Response = hub.Storable(string(text))
	switch {
	case a.Status >= 300 && a.Status < 400:
		return fmt.Errorf("it answered %d, a redirect, which is not followed: set the endpoint's url to where events shall go", a.Status)
	case a.Status < 200 || a.Status > 299:
		return fmt.Errorf("it answered %d %s", a.Status, http.StatusText(a.Status))
	case err != nil:
		return fmt.Errorf("its answer broke off: %w", err)
	}
	_, _ = io.CopyN(io.Discard, res.Body, responseDrained)
	return nil
}

// sign adds the headers that receivers verify, under the names of both conventions. Each secret signs for itself.
func sign(h http.Header, secrets []string, id string, at time.Time, payload []byte) error {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return err
		}
		if signatures[i], err = signer.Sign(id, at, payload); err != nil {
			return err
		}
	}
	for _, family := range []string{"svix-", "webhook-"} {
		h.Set(family+"id", id)
		h.Set(family+"timestamp", strconv.FormatInt(at.Unix(), 10))
		h.Set(family+"signature", strings.Join(signatures, " "))
	}
	return nil
}

// noAnswer is said of whatever kept an answer over HTTP from coming: an open port is not told from a closed one, nor what
// it is that listens there.
const noAnswer = "No answer came: the host could not be reached, broke the connection off, or took too long."

// describeFailure says for people why no good answer came.
func describeFailure(err error) string {
	if errors.Is(err, errNotPublic) {
		return "Not sent: the host is not at a public address (serve --allow-private or --allow-targets lets it)."
	}
	if unresolved, ok := errors.AsType[*net.DNSError](err); ok {
		return "The host " + unresolved.Name + " could not be resolved: " + unresolved.Err + "."
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "Its certificate is not accepted: " + certificate.Err.Error() + "."
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return noAnswer
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
