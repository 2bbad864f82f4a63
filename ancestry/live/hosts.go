package live

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// refuses says why the registry of a repository is not asked; "" if it is. asked is the
// reference under which the image itself was asked for.
func (o *Options) refuses(repository, asked string) string {
	host := hostOf(repository)
	switch {
	case host == "":
		return "its name is no image's"
	case o.Hosts != nil && slices.Contains(o.Hosts, host):
		return ""
	case o.Hosts != nil:
		return fmt.Sprintf("registry %s is not among those that may be asked (Options.Hosts)", host)
	case isLocal(host) && host != hostOf(strings.TrimPrefix(asked, "registry:")):
		return fmt.Sprintf("registry %s is one of the local network, which must be allowed for it (Options.Hosts)", host)
	}
	return ""
}

// hostOf returns the registry of a name, "" if it is none.
func hostOf(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return ""
	}
	return reference.Domain(named)
}

// isLocal reports whether a host may be one of the local network: an address that is not
// public, in any way to write it, or a name without a dot or with an ending for such.
func isLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(strings.TrimSuffix(host, "."), "[]"))
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()
	}
	dot := strings.LastIndexByte(host, '.')
	last := host[dot+1:]
	return dot < 0 || slices.Contains([]string{"localhost", "local", "internal", "lan", "home", "corp", "arpa"}, last) ||
		strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x")
}
