package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const defaultDockerHost = "unix:///var/run/docker.sock"

// dialDaemon makes a client for the daemon at an address in the form of
// DOCKER_HOST, and gives the base of the URLs of its API.
func dialDaemon(host string) (*http.Client, string, error) {
	if host == "" {
		host = os.Getenv("DOCKER_HOST")
	}
	if host == "" {
		host = defaultDockerHost
	}
	scheme, address, ok := strings.Cut(host, "://")
	if !ok || address == "" {
		return nil, "", explainf(nil, "docker host %q: write unix://PATH or tcp://HOST:PORT", host)
	}
	// No proxy: DOCKER_HOST is an address, not a name on the web.
	t := &http.Transport{DisableCompression: true}
	switch scheme {
	case "unix":
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", address)
		}
		return &http.Client{Transport: t}, "http://docker", nil
	case "tcp", "http", "https":
		base, err := tcpBase(scheme, address, t)
		return &http.Client{Transport: t}, base, err
	case "ssh":
		return nil, "", explainf(nil, "docker host %s: ssh is not supported: forward the socket (ssh -L ./docker.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix://./docker.sock", host)
	}
	return nil, "", explainf(nil, "docker host %s: %s is not supported: write unix://PATH or tcp://HOST:PORT", host, scheme)
}

// tcpBase is the base URL of a daemon on the network, with TLS as the
// environment tells the docker command.
func tcpBase(scheme, address string, t *http.Transport) (string, error) {
	u, err := url.Parse("//" + address)
	if err != nil || u.Host == "" {
		return "", explainf(nil, "docker host %s://%s: no legal address", scheme, address)
	}
	secure := scheme == "https" || scheme == "tcp" && os.Getenv("DOCKER_TLS_VERIFY") != ""
	if !secure {
		return "http://" + u.Host + strings.TrimSuffix(u.Path, "/"), nil
	}
	dir := os.Getenv("DOCKER_CERT_PATH")
	if dir == "" {
		home, _ := os.UserHomeDir()
		dir = filepath.Join(home, ".docker")
	}
	if t.TLSClientConfig, err = daemonTLS(dir); err != nil {
		return "", fmt.Errorf("docker host %s://%s: %w", scheme, address, err)
	}
	return "https://" + u.Host + strings.TrimSuffix(u.Path, "/"), nil
}

// daemonTLS takes ca.pem, cert.pem and key.pem of a directory, those that there are.
func daemonTLS(dir string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca, err := os.ReadFile(filepath.Join(dir, "ca.pem")); err == nil {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(ca) {
			return nil, fmt.Errorf("%s holds no certificate", filepath.Join(dir, "ca.pem"))
		}
	}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if _, err := os.Stat(cert); err != nil {
		return cfg, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	cfg.Certificates = []tls.Certificate{pair}
	return cfg, nil
}
