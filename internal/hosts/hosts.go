// Package hosts tells hosts of one's own network from those of the internet. Who wrote an
// image, or a document about one, must not choose which of the former are asked.
package hosts

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// IsLocal reports whether a host, with a port or without, may be one of the local network: an
// address that is not public, in any way to write it; a name without a dot, or with an ending
// for such; or what is no name at all. No name is looked up: a public name can have a local
// address, and is not local here.
func IsLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		return !isPublic(ip.Unmap())
	}
	if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return true
	}
	dot := strings.LastIndexByte(host, '.')
	last := host[dot+1:]
	// Resolvers read 127.1, 0x7f.1 and 0177.0.0.1 as addresses; no name ends in a number.
	number := strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
	return dot < 0 || number || slices.Contains(localEndings(), last)
}

// localEndings are those that no public name has: of RFC 6761, 6762 (appendix G) and 8375
// (home.arpa), and .internal, which ICANN reserved.
func localEndings() []string {
	return []string{"localhost", "localdomain", "local", "internal", "intranet", "private", "lan", "home", "corp", "arpa"}
}

// isPublic reports whether an address is one of the internet.
func isPublic(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	if ip.Is6() { // what is given out; 6to4 and Teredo hide an IPv4 address
		return within(ip, "2000::/3") && !within(ip, "2002::/16", "2001::/32")
	}
	// https://www.iana.org/assignments/iana-ipv4-special-registry
	return !within(ip, "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4")
}

func within(ip netip.Addr, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return netip.MustParsePrefix(p).Contains(ip) })
}
