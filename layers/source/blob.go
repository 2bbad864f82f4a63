package source

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// blob is an open run of bytes.
type blob struct {
	io.ReadCloser
	size int64 // -1: not known before the end
}

// store holds named members: an indexed tar, or a directory.
type store interface {
	// open gives a member that is, or links to, a regular file.
	open(name string) (blob, error)
	has(name string) bool
}

// backend is where manifests and what they describe come from.
type backend interface {
	manifest(ctx context.Context, d v1.Descriptor) (blob, error)
	blob(ctx context.Context, d v1.Descriptor) (blob, error)
}

// readLimited reads b whole and closes it.
func readLimited(b blob, limit int64, what string) ([]byte, error) {
	defer b.Close()
	if b.size > limit {
		return nil, tooLarge(what, b.size, limit)
	}
	raw, err := io.ReadAll(io.LimitReader(b, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if int64(len(raw)) > limit {
		return nil, tooLarge(what, int64(len(raw)), limit)
	}
	return raw, nil
}

func tooLarge(what string, size, limit int64) error {
	return explainf(because(ErrLimit), "%s: %d bytes or more are over the limit of %d", what, size, limit)
}

// readVerified reads what d describes, opened by open, and compares it with d.
func readVerified(d v1.Descriptor, limit int64, what string, open func() (blob, error)) ([]byte, error) {
	what = fmt.Sprintf("%s %s", what, d.Digest)
	if d.Size > limit {
		return nil, tooLarge(what, d.Size, limit)
	}
	b, err := open()
	if err != nil {
		return nil, err
	}
	raw, err := readLimited(b, limit, what)
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) != d.Size {
		return nil, sizeError(what, int64(len(raw)), d.Size)
	}
	return raw, verify(raw, d.Digest, what)
}

func verify(raw []byte, want v1.Hash, what string) error {
	h, err := v1.Hasher(want.Algorithm)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	h.Write(raw)
	if got := hex.EncodeToString(h.Sum(nil)); got != want.Hex {
		return fmt.Errorf("%s: the bytes have the digest %s:%s", what, want.Algorithm, got)
	}
	return nil
}

func sizeError(what string, got, want int64) error {
	return fmt.Errorf("%s: has %d bytes, its descriptor says %d", what, got, want)
}

// openDescribed opens what d describes for a layer: its size is compared before
// the first byte where it is known, or else on the way.
func openDescribed(d v1.Descriptor, open func() (blob, error)) (io.ReadCloser, error) {
	b, err := open()
	if err != nil {
		return nil, err
	}
	if b.size >= 0 && b.size != d.Size {
		return nil, errors.Join(sizeError("blob "+d.Digest.String(), b.size, d.Size), b.Close())
	}
	if b.size >= 0 {
		return b.ReadCloser, nil
	}
	return &sized{ReadCloser: b.ReadCloser, d: d}, nil
}

// sized ends a stream with an error unless it has as many bytes as d says, and
// puts the blob's name before the stream's own errors.
type sized struct {
	io.ReadCloser
	d    v1.Descriptor
	read int64
}

func (s *sized) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.read += int64(n)
	switch {
	case s.read > s.d.Size:
		return n, sizeError("blob "+s.d.Digest.String(), s.read, s.d.Size)
	case err == io.EOF && s.read < s.d.Size:
		return n, explainf(because(io.ErrUnexpectedEOF), "blob %s: ends after %d of %d bytes", s.d.Digest, s.read, s.d.Size)
	case err != nil && err != io.EOF:
		return n, fmt.Errorf("blob %s: %w", s.d.Digest, err)
	}
	return n, err
}

// inline gives the bytes that a descriptor carries itself, if it does.
func inline(d v1.Descriptor) (blob, bool) {
	if d.Data == nil || int64(len(d.Data)) != d.Size {
		return blob{}, false
	}
	return blob{ReadCloser: io.NopCloser(bytes.NewReader(d.Data)), size: d.Size}, true
}
