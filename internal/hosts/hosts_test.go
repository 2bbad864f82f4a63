package hosts

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsLocal(t *testing.T) {
	for _, host := range []string{
		"", "localhost", "localhost:5000", "registry", "registry:5000", "LOCALHOST", "app.localhost",
		"127.0.0.1", "127.0.0.1:5000", "10.0.0.1", "172.16.0.1", "192.168.1.1:5000", "169.254.169.254", "0.0.0.0", "0.1.2.3",
		"100.64.0.1", "100.127.255.254:5000", "198.18.0.1", "192.0.0.8", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"127.1", "127.1:80", "0x7f.1", "0x7f000001", "0177.0.0.1", "0X7F.0.0.0x1", "2130706433", "2130706433:80", "127.0.0.1.", "8.8.0x8",
		"[::1]", "[::1]:5000", "::1", "::", "[fd00::1]:5000", "[fc00::1]", "[fe80::1]", "[fe80::1%eth0]:80", "[ff02::1]",
		"[::ffff:127.0.0.1]:5000", "[::ffff:7f00:1]", "[::ffff:100.64.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:1::]",
		"nas.local", "nas.local.", "vault.internal:443", "metadata.google.internal", "registry.corp", "printer.home", "box.lan",
		"registry.home.arpa", "REGISTRY.CORP", "db.intranet", "db.private", "host.localdomain",
		"127。0。0。1", "registry.example.org/x", "user@registry.example.org", "[::1", "a:b:c",
	} {
		assert.True(t, IsLocal(host), host)
	}
	for _, host := range []string{
		"docker.io", "ghcr.io", "registry.example.org:5000", "GHCR.IO", "ghcr.io.", "1.example.org", "0x7f.example.org", "xn--bcher-kva.example",
		"corp.example.org", "local.example.org", "registry.homes", "8.8.8.8", "8.8.8.8:5000", "100.63.255.255", "100.128.0.1", "172.32.0.1",
		"[2606:4700::1111]:443", "2606:4700::1111", "[::ffff:8.8.8.8]",
	} {
		assert.False(t, IsLocal(host), host)
	}
}
