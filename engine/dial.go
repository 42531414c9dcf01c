package engine

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// notPublicError refuses a host whose name resolves to an address within.
type notPublicError struct{ address string }

func (e *notPublicError) Error() string { return "the host " + e.reason() }

func (e *notPublicError) reason() string {
	return "resolves to " + e.address + ", which is not a public address"
}

// dial connects to a host that a user of the API named. Whether it may is decided of the address that is connected to,
// after the name was resolved, so that no second look-up can tell another.
func (c *Config) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	own := hub.LoopbackHost(host)
	dialer := net.Dialer{Resolver: c.Resolver, ControlContext: func(_ context.Context, _, to string, _ syscall.RawConn) error {
		ip, err := hub.AddressOf(to)
		if err != nil {
			return err
		}
		if c.AllowPrivate || own && ip.Unmap().IsLoopback() || !own && hub.PublicAddress(ip) {
			return nil
		}
		return &notPublicError{ip.String()}
	}}
	return dialer.DialContext(ctx, network, address)
}

// vendorTransport is how every connector reaches its CRM, whose address may be one that a user of the API named with the
// credentials. Connections are kept and shared. What goes through a proxy of the environment may go where the proxy lets it.
type vendorTransport struct {
	direct, proxied *http.Transport
	allowPrivate    bool
}

func newVendorTransport(cfg Config) *vendorTransport {
	direct := &http.Transport{
		DialContext:           cfg.dial,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 0, // each request has its own deadline
	}
	proxied := direct.Clone()
	proxied.DialContext, proxied.Proxy = nil, http.ProxyFromEnvironment
	return &vendorTransport{direct: direct, proxied: proxied, allowPrivate: cfg.AllowPrivate}
}

// RoundTrip implements http.RoundTripper. An address that may not be reached is a *connector.Error.
func (v *vendorTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	if r.URL.Scheme != "https" && !v.allowPrivate && !hub.LoopbackHost(host) {
		return nil, addressRefused("http://" + host + " is not asked: credentials go to https:// alone, except on this machine")
	}
	if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
		return v.proxied.RoundTrip(r)
	}
	resp, err := v.direct.RoundTrip(r)
	if within, ok := errors.AsType[*notPublicError](err); ok {
		return nil, addressRefused("the host " + host + " " + within.reason())
	}
	return resp, err
}

func addressRefused(what string) *connector.Error {
	return &connector.Error{Kind: connector.Refused, Message: what + " (serve --allow-private lets it)"}
}
