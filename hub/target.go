package hub

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Targets is where requests go that users of the API choose: webhooks, and the addresses of CRMs. Public addresses over
// https:// always may be asked, others only where the operator allows them. The zero value allows none.
type Targets struct {
	// Any allows every address, and http:// everywhere.
	Any  bool
	list []target
}

// target is a host, an address or a network that an operator allows, on one port or, with port 0, on all.
type target struct {
	host    string
	network netip.Prefix
	port    uint16
}

// ParseTargets reads what an operator allows: a host, an IP address or a network as in 10.0.0.0/8, each alone or with
// a port.
func ParseTargets(list []string) (Targets, error) {
	var all Targets
	for _, text := range list {
		t, ok := parseTarget(strings.TrimSpace(text))
		if !ok {
			return Targets{}, errors.New(Quoted(text) + " is not a host, an address or a network, alone or with a port, as in crm.internal, 127.0.0.1:8090, [::1]:8090 or 10.0.0.0/8")
		}
		all.list = append(all.list, t)
	}
	return all, nil
}

func parseTarget(text string) (t target, ok bool) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return target{network: network.Masked()}, true
	}
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil && ip.Zone() == "" {
		return target{network: netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen())}, true
	}
	if before, after, ok0 := strings.CutLast(text, ":"); ok0 {
		port, err := strconv.ParseUint(after, 10, 16)
		t, ok = parseTarget(before)
		t.port = uint16(port)
		return t, ok && err == nil && port > 0 && !strings.Contains(before, "/")
	}
	t.host = canonicalHost(text)
	return t, t.host != "" && !strings.ContainsAny(t.host, "/:*@?# ")
}

func canonicalHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// AllowHost reports whether the operator allows a URL's host by its very text, so that it may be asked over http://, too.
func (t Targets) AllowHost(host, port string) bool {
	if t.Any {
		return true
	}
	ip, err := netip.ParseAddr(host)
	for _, one := range t.list {
		if one.port != 0 && strconv.Itoa(int(one.port)) != port {
			continue
		}
		if one.host != "" && one.host == canonicalHost(host) || one.host == "" && err == nil && one.network.Contains(ip.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// AllowAddress reports whether the address may be connected to that a host resolved to. It is asked of the address
// itself, at the moment of connecting, so that a name cannot be one thing when it is checked and another when it is used.
func (t Targets) AllowAddress(host string, to netip.AddrPort) bool {
	port := strconv.Itoa(int(to.Port()))
	return PublicAddress(to.Addr()) || t.AllowHost(host, port) || t.AllowHost(to.Addr().Unmap().WithZone("").String(), port)
}

// portOf is the port of a URL with that scheme.
func portOf(scheme, port string) string {
	switch {
	case port != "":
		return port
	case scheme == "http":
		return "80"
	}
	return "443"
}

// AllowURL reports whether a URL's text has nothing against asking it: http:// and addresses that are not public are
// for what the operator allows. Where its host really is shows when it is dialled.
func (t Targets) AllowURL(scheme, host, port string) bool {
	if t.AllowHost(host, portOf(scheme, port)) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return scheme == "https" && canonicalHost(host) != "localhost" && (err != nil || PublicAddress(ip))
}
