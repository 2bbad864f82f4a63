package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
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
	host   dockerHost
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
		if hasUpperCase(where.name) {
			return nil, explainf(because(err), "no legal image reference: the names of repositories are lower case")
		}
		return nil, explainf(because(err), "no legal image reference or ID: %v", err)
	}
	host, err := daemonHost(o.DockerHost)
	if err != nil {
		return nil, err
	}
	client, base, err := host.dial()
	if err != nil {
		return nil, err
	}
	o.Waiting("the docker daemon at " + host.address)
	defer client.CloseIdleConnections()
	d := &daemon{client: client, base: base, host: host}
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
		return nil, explainf(because(ErrNotFound), "docker: the daemon has no image %s%s%s", where.name, assumedTag(where.name), schemeHint(where))
	}
	return nil, explainf(nil, "docker: the daemon answers %d %s: %s", resp.StatusCode, http.StatusText(resp.StatusCode), oneLine(said.Message, 200))
}

// assumedTag says what a name without a tag was taken for.
func assumedTag(s string) string {
	ref, err := parseName(s)
	if tag, ok := ref.(name.Tag); err == nil && ok && !strings.HasSuffix(s, ":"+tag.TagStr()) {
		return ":" + tag.TagStr() + " (no tag was given, so " + tag.TagStr() + " was assumed)"
	}
	return ""
}

func (d *daemon) unreachable(err error) error {
	of := ""
	if d.host.context != "" {
		of = fmt.Sprintf(" of context %q", d.host.context)
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrPermission):
		return explainf(because(err), "docker: no permission to use the socket of the daemon%s: %v", of, innermost(err))
	}
	return explainf(because(err), "docker: the daemon%s cannot be reached: %v", of, innermost(err))
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
