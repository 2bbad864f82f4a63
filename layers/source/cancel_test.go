package source

import (
	"context"
	"io"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
)

// TestCancelled ends the reading of an image in every state a download may be in,
// by the context of the reader, by that of Open, and by Close.
func TestCancelled(t *testing.T) {
	src, digests := largeImage(t, 3, 100_000)
	before := runtime.NumGoroutine()
	for what, f := range map[string]fault{
		"waiting for the answer": silent,
		"waiting for bytes":      stalled(50_000),
		"in a pause":             refused(503, ""),
		"in a long pause":        refused(503, "50"),
		"skipping":               rangeless(stalled(50_000)),
	} {
		t.Run(what, func(t *testing.T) {
			own := &http.Transport{}
			defer own.CloseIdleConnections()
			o := &Options{Transport: own, pause: time.Minute}
			faults := []fault{f}
			if what == "skipping" {
				o.pause, faults = time.Microsecond, []fault{dropped(60_000), f}
			}
			ref, _ := behind(t, src, digests[1], faults...)
			opening, cancelOpen := context.WithCancel(t.Context())
			defer cancelOpen()
			img, err := Open(opening, ref, o)
			require.NoError(t, err)
			reading, cancel := context.WithCancel(t.Context())
			time.AfterFunc(30*time.Millisecond, cancel)
			start := time.Now()
			_, err = layers.Read(reading, img, nil)
			assert.ErrorIs(t, err, context.Canceled)
			assert.Less(t, time.Since(start), 20*time.Second)

			all, err := img.Layers()
			require.NoError(t, err)
			rc, err := all[1].Compressed()
			require.NoError(t, err)
			time.AfterFunc(30*time.Millisecond, func() { _ = rc.Close() })
			_, err = io.Copy(io.Discard, rc)
			assert.ErrorIs(t, err, os.ErrClosed)

			time.AfterFunc(30*time.Millisecond, cancelOpen)
			rc, err = all[1].Compressed()
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, rc)
			assert.ErrorIs(t, err, context.Canceled)
			assert.NoError(t, rc.Close())
			assert.Less(t, time.Since(start), 25*time.Second)
			require.NoError(t, img.Close())
		})
	}
	for range 3000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Fatalf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
}
