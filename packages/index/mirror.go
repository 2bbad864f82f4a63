package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// isURL reports whether a place is on a server.
func isURL(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

// shown are places as errors name them: without passwords.
func shown(places []string) []string {
	list := slices.Clone(places)
	for i, p := range list {
		if u, err := url.Parse(p); isURL(p) && err == nil {
			list[i] = u.Redacted()
		}
	}
	return list
}

// patience is how long a server may take for one file.
const patience = 10 * time.Minute

// mirror reads the indexes of the release from a server.
func (l *loader) mirror(ctx context.Context, root string) error {
	u, err := url.Parse(root)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("not the URL of a mirror: a user name and a password may be in it, a query may not")
	}
	return l.form.remote(ctx, l, strings.TrimRight(root, "/"))
}

// get asks for a file. Its error is fs.ErrNotExist where the server does not have it. User
// names and passwords of the URL stay out of errors.
func (l *loader) get(ctx context.Context, at string, use func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return errors.New("not the URL of a mirror")
	}
	shown := req.URL.Redacted()
	client := l.client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("%s: %w", shown, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return fmt.Errorf("%s: %w", shown, fs.ErrNotExist)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: the server answers %d", shown, resp.StatusCode)
	}
	if err := use(resp.Body); err != nil {
		return fmt.Errorf("%s: %w", shown, err)
	}
	return nil
}

// fetch reads an index from a server. sum is its SHA-256 in hexadecimal digits, "" if it is
// not known. What was read of an index with another sum is an error of Open, so that nothing
// of it is used.
func (l *loader) fetch(ctx context.Context, at, sum string, use func(io.Reader) error) error {
	return l.get(ctx, at, func(body io.Reader) error {
		s := &summed{r: body, h: sha256.New()}
		if err := l.unpacked(s, use); err != nil {
			return err
		}
		rest := &limited{r: s, left: maxStored, most: maxStored, what: "bytes as stored"}
		if _, err := io.Copy(io.Discard, rest); err != nil {
			return err
		}
		if got := hex.EncodeToString(s.h.Sum(nil)); sum != "" && got != sum {
			return fmt.Errorf("its SHA-256 is %s, and the Release says %s", got, clip(sum))
		}
		return nil
	})
}

// A summed reader sums what is read.
type summed struct {
	r io.Reader
	h hash.Hash
}

func (s *summed) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.h.Write(b[:n])
	return n, err
}
