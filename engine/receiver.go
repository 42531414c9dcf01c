package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

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

// receivers is how events get to webhook endpoints.
type receivers struct {
	client *http.Client
	clock  hub.Clock
}

func newReceivers(cfg Config) *receivers {
	timeout := cfg.WebhookTimeout
	if timeout == 0 {
		timeout = receiverTimeout
	}
	return &receivers{clock: cfg.Clock, client: &http.Client{
		Timeout: timeout,
		// A redirect is the receiver's answer: where it points to was not checked by anybody.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // and no proxy of the environment
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialReceiver(ctx, network, address, cfg.WebhookResolver, cfg.WebhookAllowPrivate)
			},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           1024,
			MaxIdleConnsPerHost:    webhookSide,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: responseDrained,
		},
	}}
}

// notPublicError refuses a receiver whose name resolves to an address within.
type notPublicError struct{ address string }

func (e *notPublicError) Error() string {
	return "the host resolves to " + e.address + ", which is not a public address"
}

// dialReceiver connects to the host of an endpoint's URL. Whether it may is decided of the address that is connected
// to, after the name was resolved, so that no second look-up can tell another.
func dialReceiver(ctx context.Context, network, address string, resolver *net.Resolver, private bool) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	own := hub.LoopbackHost(host)
	dialer := net.Dialer{Resolver: resolver, ControlContext: func(_ context.Context, _, to string, _ syscall.RawConn) error {
		ip, err := hub.AddressOf(to)
		if err != nil {
			return err
		}
		if private || own && ip.Unmap().IsLoopback() || !own && hub.PublicAddress(ip) {
			return nil
		}
		return &notPublicError{ip.String()}
	}}
	return dialer.DialContext(ctx, network, address)
}

// attempt tells a receiver of one event.
func (r *receivers) attempt(ctx context.Context, target store.WebhookTarget, event store.DueEvent) hub.Attempt {
	a := hub.Attempt{At: r.clock()}
	began := time.Now()
	err := r.post(ctx, target, event, &a)
	a.Took = time.Since(began)
	if err != nil {
		a.Error = failure(err)
	}
	return a
}

func (r *receivers) post(ctx context.Context, target store.WebhookTarget, event store.DueEvent, a *hub.Attempt) (err error) {
	defer func() {
		if p := recover(); p != nil { // the attempts side by side are not in the job queue's care
			err = fmt.Errorf("sending it met an error of Sirocco's own: %v", p)
		}
	}()
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
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	a.Status = res.StatusCode
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

// failure says for people why no good answer came.
func failure(err error) string {
	if within, ok := errors.AsType[*notPublicError](err); ok {
		return "Not sent: " + within.Error() + "."
	}
	if unresolved, ok := errors.AsType[*net.DNSError](err); ok {
		return "The host " + unresolved.Name + " could not be resolved: " + unresolved.Err + "."
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if u.Timeout() {
			return "It did not answer in time."
		}
		err = u.Err
	}
	if dialled, ok := errors.AsType[*net.OpError](err); ok && dialled.Op == "dial" && dialled.Addr != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return "Nothing listens at " + dialled.Addr.String() + ": the connection was refused."
		}
		return "No connection to " + dialled.Addr.String() + " could be made."
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return "It broke the connection off before it answered."
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
