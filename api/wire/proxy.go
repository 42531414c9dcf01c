package wire

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the addresses that an operator's own proxies ask from: what those say of a request's client counts.
type Proxies struct{ networks []netip.Prefix }

// ParseProxies reads addresses and networks, as in 127.0.0.1 or 10.0.0.0/8.
func ParseProxies(list []string) (Proxies, error) {
	var p Proxies
	for _, text := range list {
		text = strings.TrimSpace(text)
		network, err := netip.ParsePrefix(text)
		if err != nil {
			ip, err := netip.ParseAddr(text)
			if err != nil {
				return Proxies{}, fmt.Errorf("%q is neither an address nor a network, as in 127.0.0.1 or 10.0.0.0/8", text)
			}
			network = netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen())
		}
		p.networks = append(p.networks, network.Masked())
	}
	return p, nil
}

func (p Proxies) none() bool { return len(p.networks) == 0 }

func (p Proxies) has(ip netip.Addr) bool {
	for _, network := range p.networks {
		if network.Contains(ip.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// Trust reports whether a request comes from one of the proxies.
func (p Proxies) Trust(hr *http.Request) bool {
	ip, ok := peerOf(hr)
	return ok && p.has(ip)
}

// Client is the address that a request is from: that of the peer, or, behind proxies that are trusted, the last one in
// X-Forwarded-For that is none of them. It is false where that is not known.
func (p Proxies) Client(hr *http.Request) (netip.Addr, bool) {
	ip, ok := peerOf(hr)
	if !ok || !p.has(ip) {
		return ip, ok
	}
	hops := strings.Split(strings.Join(hr.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop := strings.TrimSpace(hop)
		if host, _, err := net.SplitHostPort(hop); err == nil {
			hop = host
		}
		from, err := netip.ParseAddr(strings.Trim(hop, "[]"))
		if err != nil {
			return netip.Addr{}, false
		}
		if !p.has(from) {
			return from, true
		}
	}
	return netip.Addr{}, false // the proxy itself asks, or does not say for whom
}

func peerOf(hr *http.Request) (netip.Addr, bool) {
	at, err := netip.ParseAddrPort(hr.RemoteAddr)
	return at.Addr(), err == nil
}

// forwardedOrigin is how a proxy that is trusted says that it was asked.
func forwardedOrigin(hr *http.Request) string {
	scheme, host := "http", hr.Host
	if hr.TLS != nil || strings.EqualFold(lastOf(hr, "X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	if forwarded := lastOf(hr, "X-Forwarded-Host"); forwarded != "" && !strings.ContainsAny(forwarded, "/@?# ") {
		host = forwarded
	}
	return scheme + "://" + host
}

// lastOf is the last value of a header of proxies: the one that the nearest of them added.
func lastOf(hr *http.Request, name string) string {
	values := strings.Split(strings.Join(hr.Header.Values(name), ","), ",")
	return strings.TrimSpace(values[len(values)-1])
}
