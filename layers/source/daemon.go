package source

import (
	"context"
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
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxInspect bounds a daemon's answer about one image, in bytes.
const maxInspect = 32 << 20

// daemon is a Docker Engine, or Podman, which serves the same API. Requests have no
// version in their paths, and so get the engine's own.
type daemon struct {
	client *http.Client
	base   string // of the URLs
}

// imageInfo is what is used of the engine's answer about an image.
type imageInfo struct {
	RepoTags     []string
	RepoDigests  []string
	Os           string
	Architecture string
	Variant      string
	OsVersion    string
}

var imageID = regexp.MustCompile(`^(sha256:)?[0-9a-f]{4,64}$`)

// openDaemon opens an image of the daemon, from a temporary copy.
func openDaemon(ctx context.Context, where reference, o *Options) (*Image, error) {
	if _, err := parseName(where.name); err != nil && !imageID.MatchString(where.name) {
		return nil, explainf(because(err), "no legal image reference or ID: %v", err)
	}
	client, base, err := dialDaemon(o.DockerHost)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	d := &daemon{client: client, base: base}
	info, err := d.inspect(ctx, where)
	if err != nil {
		return nil, err
	}
	copied, err := d.export(ctx, where)
	if err != nil {
		return nil, err
	}
	img, err := openCopy(ctx, copied, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("docker: the exported archive: %w", err), copied.Close())
	}
	img.addInfo(info, where)
	return img, nil
}

func openCopy(ctx context.Context, copied *tempFile, o *Options) (*Image, error) {
	info, err := copied.Stat()
	if err != nil {
		return nil, err
	}
	a, err := indexArchive(ctx, copied, info.Size(), o.Limits.Members)
	if err != nil {
		return nil, err
	}
	a.closer = copied
	return openFromArchive(ctx, a, reference{}, o)
}

// addInfo adds what the daemon knows and its archive does not say.
func (img *Image) addInfo(info imageInfo, where reference) {
	img.Scheme = schemeDocker
	img.Tags = fullNames(append(info.RepoTags, img.Tags...))
	for _, s := range info.RepoDigests {
		ref, err := parseName(s)
		if _, digested := ref.(name.Digest); err == nil && digested {
			img.RepoDigests = append(img.RepoDigests, familiarReference(ref))
		}
	}
	if img.Platform.OS == "" {
		img.Platform = v1.Platform{OS: info.Os, Architecture: info.Architecture, Variant: info.Variant, OSVersion: info.OsVersion}
	}
	short := familiar(where.name)
	switch {
	case !imageID.MatchString(where.name), slices.Contains(img.Tags, short):
		img.Name = short
	case len(img.Tags) > 0:
		img.Name = img.Tags[0]
	default:
		img.Name = where.name
	}
}

// get sends a request about the image that where names.
func (d *daemon) get(ctx context.Context, where reference, what string) (*http.Response, error) {
	u := d.base + (&url.URL{Path: "/images/" + where.name + "/" + what}).EscapedPath()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, d.unreachable(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var said struct {
		Message string `json:"message"`
	}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&said) // it is an error without the message, too
	if resp.StatusCode == http.StatusNotFound {
		return nil, explainf(because(ErrNotFound), "docker: the daemon has no image %s%s", where.name, schemeHint(where))
	}
	return nil, explainf(nil, "docker: the daemon answers %d %s: %s", resp.StatusCode, http.StatusText(resp.StatusCode), oneLine(said.Message, 200))
}

func (d *daemon) unreachable(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrPermission):
		return explainf(because(err), "docker: no permission to use the daemon's socket: %v", innermost(err))
	}
	return explainf(because(err), "docker: the daemon cannot be reached: %v", innermost(err))
}

func (d *daemon) inspect(ctx context.Context, where reference) (info imageInfo, err error) {
	resp, err := d.get(ctx, where, "json")
	if err != nil {
		return info, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxInspect)).Decode(&info); err != nil {
		return info, fmt.Errorf("docker: the daemon's answer about the image: %w", err)
	}
	return info, nil
}

// export copies the image to a temporary file.
func (d *daemon) export(ctx context.Context, where reference) (*tempFile, error) {
	resp, err := d.get(ctx, where, "get")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	copied, err := newTempFile()
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(copied.File, resp.Body); err != nil {
		return nil, errors.Join(fmt.Errorf("docker: copying the image to a temporary file: %w", err), copied.Close())
	}
	return copied, nil
}

// tempFile is a temporary file that is gone once it is closed.
type tempFile struct {
	*os.File
	linked bool // it still has a name
}

// newTempFile unlinks the file at once, if the system can do that to an open file, so
// that not even a crash leaves it behind.
func newTempFile() (*tempFile, error) {
	f, err := os.CreateTemp("", "stemma-*.tar")
	if err != nil {
		return nil, err
	}
	return &tempFile{File: f, linked: os.Remove(f.Name()) != nil}, nil
}

func (f *tempFile) Close() error {
	err := f.File.Close()
	if f.linked {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

const defaultDockerHost = "unix:///var/run/docker.sock"

// dialDaemon returns a client for the daemon at an address in the form of DOCKER_HOST,
// and the base of the URLs of its API.
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
	// There is no proxy, because DOCKER_HOST is not a name on the web.
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

// tcpBase returns the base URL of a daemon on the network. The environment decides
// about TLS, as for the docker command.
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
