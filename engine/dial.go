package engine

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// errNotPublic refuses a host that is at an address which is not public. It does not tell the address: who named the host
// may be somebody who is not to know what the network's own names mean.
var errNotPublic = errors.New("the host is not at a public address")

// dial connects to a host that a user of the API named. Whether it may is decided of the address that is connected to,
// after the name was resolved, so that no second look-up can tell another.
func (c *Config) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Resolver: c.Resolver, ControlContext: func(_ context.Context, _, to string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(to)
		if err != nil {
			return err
		}
		if !c.Targets.AllowAddress(host, at) {
			return errNotPublic
		}
		return nil
	}}
	return dialer.DialContext(ctx, network, address)
}

// vendorTransport is how every connector reaches its CRM, whose address may be one that a user of the API named with the
// credentials. Connections are kept and shared. What goes through a proxy of the environment may go where the proxy lets it.
type vendorTransport struct {
	direct, proxied *http.Transport
	targets         hub.Targets
}

// VendorTransport is how requests reach CRMs, by the rules of addresses: for a check of a connector outside of the engine.
func VendorTransport(targets hub.Targets) http.RoundTripper {
	return newVendorTransport(Config{Targets: targets})
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
	return &vendorTransport{direct: direct, proxied: proxied, targets: cfg.Targets}
}

// RoundTrip implements http.RoundTripper. An address that may not be reached is a *connector.Error.
func (v *vendorTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	if !v.targets.AllowURL(r.URL.Scheme, host, r.URL.Port()) {
		if r.URL.Scheme != "https" {
			return nil, addressRefused("http://" + host + " is not asked: credentials go to https:// alone")
		}
		return nil, addressRefused("the host " + host + " is not at a public address")
	}
	if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
		return v.proxied.RoundTrip(r)
	}
	resp, err := v.direct.RoundTrip(r)
	if errors.Is(err, errNotPublic) {
		return nil, addressRefused("the host " + host + " is not at a public address")
	}
	return resp, err
}

func addressRefused(what string) *connector.Error {
	return &connector.Error{Kind: connector.Refused, Message: what + ", unless the operator allows it (--allow-private or --allow-targets)"}
}
