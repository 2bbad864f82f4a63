package source

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const defaultDockerHost = "unix:///var/run/docker.sock"

// dockerHost is the address of a daemon in the form of DOCKER_HOST.
type dockerHost struct {
	address string
	context string // of the docker command, which it is from; "" if it is from none
	tls     string // the context's directory of certificates; "" if it has none
}

// String names the address in a message.
func (h dockerHost) String() string {
	if h.context != "" {
		return fmt.Sprintf("docker context %q, host %s", h.context, h.address)
	}
	return "docker host " + h.address
}

// daemonHost returns the daemon's address as the docker command finds it: what is given,
// DOCKER_HOST, that of the context in DOCKER_CONTEXT, that of currentContext in
// config.json, or else the usual socket.
func daemonHost(given string) (dockerHost, error) {
	if host := cmp.Or(given, os.Getenv("DOCKER_HOST")); host != "" {
		return dockerHost{address: host}, nil
	}
	dir := os.Getenv("DOCKER_CONFIG")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return dockerHost{address: defaultDockerHost}, nil
		}
		dir = filepath.Join(home, ".docker")
	}
	name := os.Getenv("DOCKER_CONTEXT")
	if name == "" {
		var config struct{ CurrentContext string }
		if err := readDockerJSON(filepath.Join(dir, "config.json"), &config); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return dockerHost{}, err
		}
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return dockerHost{address: defaultDockerHost}, nil
	}
	return contextHost(dir, name)
}

// contextHost returns the address of a context. Docker keeps each in a directory that is
// named by the SHA-256 of the context's name.
func contextHost(dir, name string) (dockerHost, error) {
	id := fmt.Sprintf("%x", sha256.Sum256([]byte(name)))
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	err := readDockerJSON(filepath.Join(dir, "contexts", "meta", id, "meta.json"), &meta)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return dockerHost{}, explainf(because(err), "docker context %q: there is none of that name in %s; set DOCKER_HOST to use a daemon without one", name, dir)
	case err != nil:
		return dockerHost{}, explainf(because(err), "docker context %q: %v", name, err)
	}
	host := dockerHost{address: meta.Endpoints["docker"].Host, context: name}
	if host.address == "" {
		host.address = defaultDockerHost // as the docker command takes it
	}
	if certs := filepath.Join(dir, "contexts", "tls", id, "docker"); isDirectory(certs) {
		host.tls = certs
	}
	return host, nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// maxDockerJSON bounds a file of the docker command's configuration, in bytes.
const maxDockerJSON = 4 << 20

// readDockerJSON reads a file of the docker command's configuration. The error names it.
func readDockerJSON(file string, into any) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxDockerJSON)).Decode(into); err != nil {
		return explainf(because(err), "docker's configuration %s cannot be read: %v", file, err)
	}
	return nil
}

// dial returns a client for the daemon, and the base of the URLs of its API.
func (h dockerHost) dial() (*http.Client, string, error) {
	scheme, address, ok := strings.Cut(h.address, "://")
	if !ok || address == "" {
		return nil, "", explainf(nil, "docker host %q: write unix://PATH or tcp://HOST:PORT", h.address)
	}
	// There is no proxy, because DOCKER_HOST is not a name on the web.
	t := &http.Transport{DisableCompression: true}
	switch scheme {
	case "unix":
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", address)
		}
		return &http.Client{Transport: t}, "http://docker", nil
	case "tcp", "http", "https":
		base, err := h.tcpBase(scheme, address, t)
		return &http.Client{Transport: t}, base, err
	case "ssh":
		return nil, "", explainf(nil, "%s: ssh is not supported: forward the socket (ssh -L ./docker.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix://./docker.sock", h)
	}
	return nil, "", explainf(nil, "%s: %s is not supported: write unix://PATH or tcp://HOST:PORT", h, scheme)
}

// tcpBase returns the base URL of a daemon on the network. The environment decides
// about TLS, as for the docker command.
func (h dockerHost) tcpBase(scheme, address string, t *http.Transport) (string, error) {
	u, err := url.Parse("//" + address)
	if err != nil || u.Host == "" {
		return "", explainf(nil, "%s: no legal address", h)
	}
	secure := scheme == "https" || scheme == "tcp" && (h.tls != "" || os.Getenv("DOCKER_TLS_VERIFY") != "")
	if !secure {
		return "http://" + u.Host + strings.TrimSuffix(u.Path, "/"), nil
	}
	dir := cmp.Or(h.tls, os.Getenv("DOCKER_CERT_PATH"))
	if dir == "" {
		home, _ := os.UserHomeDir()
		dir = filepath.Join(home, ".docker")
	}
	if t.TLSClientConfig, err = daemonTLS(dir); err != nil {
		return "", fmt.Errorf("%s: %w", h, err)
	}
	return "https://" + u.Host + strings.TrimSuffix(u.Path, "/"), nil
}

// daemonTLS uses ca.pem, cert.pem and key.pem of a directory, as far as they are there.
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
