package wire

import (
	"net/http"
	"net/netip"
	"time"

	"sirocco/hub"
)

// AddressLimit bounds what each address may ask without a token that counts, on this node.
type AddressLimit struct {
	limiter *rateLimiter
	proxies Proxies
}

// NewAddressLimit lets an address ask perMinute times a minute; 0 is no limit. Behind the proxies an address is the one
// that they ask for.
func NewAddressLimit(perMinute int, proxies Proxies, clock hub.Clock) *AddressLimit {
	return &AddressLimit{limiter: newRateLimiter(perMinute, clock), proxies: proxies}
}

// Allow counts a request by its address, or says how long that has to wait. A proxy that is trusted and does not say for
// whom it asks is not counted: it asks for everybody.
func (l *AddressLimit) Allow(hr *http.Request) (wait time.Duration, ok bool) {
	address, ok := l.addressOf(hr)
	if !ok {
		return 0, true
	}
	return l.limiter.allow(nil, address)
}

// addressOf is what is counted by: an address, or for IPv6 the /64 that one subscriber has.
func (l *AddressLimit) addressOf(hr *http.Request) (string, bool) {
	ip, ok := l.proxies.Client(hr)
	if !ok {
		return "", false
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String(), true
	}
	return netip.PrefixFrom(ip, 64).Masked().String(), true
}

// AdmitStranger counts a request whose token is unknown so far, or that has none, by its address, and answers one too
// many.
func (a *API) AdmitStranger(w http.ResponseWriter, hr *http.Request) bool {
	wait, ok := a.strangers.Allow(hr)
	if !ok {
		refuseForNow(w, wait, "Too many requests without a token that counts came from this address: wait as long as Retry-After says.")
	}
	return ok
}
