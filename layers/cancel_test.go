package layers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
)

// cancelling is a layer whose blob cancels its reading once so many bytes of it have been read,
// and then goes on.
type cancelling struct {
	v1.Layer
	blob   []byte
	after  int
	cancel func()
}

func (l cancelling) Stored() (io.ReadCloser, v1.Hash, error) {
	return io.NopCloser(&cancellingReader{bytes.NewReader(l.blob), l}), v1.Hash{}, nil
}

func (l cancelling) Size() (int64, error) { return int64(len(l.blob)), nil }

type cancellingReader struct {
	*bytes.Reader
	l cancelling
}

func (r *cancellingReader) Read(b []byte) (int, error) {
	if len(r.l.blob)-r.Len() >= r.l.after {
		r.l.cancel()
	}
	return r.Reader.Read(b[:min(len(b), 10_000)])
}

// Read may be cancelled at any moment, also while the stages of a layer run ahead in goroutines
// of their own.
func TestCancelAnywhere(t *testing.T) {
	text := make([]byte, 16*blockSize)
	for i, r := 0, rand.New(rand.NewPCG(9, 10)); i < len(text); i++ {
		text[i] = "0123456789abcdef"[r.IntN(16)]
	}
	b := archive(t, "a=1", "b="+string(text), "c=2")
	before := runtime.NumGoroutine()
	for name, blob := range map[string][]byte{"gzip": gz(t, b), "zstd": zst(t, b), "none": b} {
		t.Run(name, func(t *testing.T) {
			for after := 0; after < len(blob); after += len(blob) / 24 {
				for _, layers := range []int{1, runtime.GOMAXPROCS(0) + 1} {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					img := layersOf{Image: image(t, make([]stored, layers)...)}
					for range layers {
						img.layers = append(img.layers, cancelling{blob: blob, after: after, cancel: cancel})
					}
					x, err := Read(ctx, img, nil)
					assert.ErrorIs(t, err, context.Canceled, fmt.Sprint(after, layers))
					assert.Nil(t, x)
				}
			}
		})
	}
	noMoreGoroutines(t, before)
}
